"""The Run screen: places the pieces on the grid, and tells what was touched. Knows no network."""

from typing import Protocol

from PySide6.QtCore import Signal
from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLayout, QSizePolicy, QVBoxLayout

from app.console.client.replies import PictureReply
from app.console.screens.run.model.details import (
    CountsTopic,
    Details,
    NoticeTopic,
    PartTopic,
    TileTopic,
    Topic,
)
from app.console.screens.run.model.room import Piece, kept
from app.console.screens.run.model.shown import RunView
from app.console.screens.run.model.state import Contact
from app.console.screens.run.panels.pane import DetailsPane
from app.console.screens.run.panels.part import PartCard
from app.console.screens.run.panels.picture import PictureView
from app.console.screens.run.panels.production import ProductionCard
from app.console.screens.run.panels.station import CommandsCard, TileCard
from app.console.screens.run.panels.strip import Strip
from app.console.screens.screen import Screen
from app.console.widgets.basics import Card
from app.console.widgets.theme import Theme
from app.console.words.words import Words
from inspection.status import Command, Subsystem

_GAP_PX = 10
_WANTED = (Piece.REASON, Piece.ACTIONS, Piece.LATENCY, Piece.OUTCOMES, Piece.MORE_REASON)
"""The most wanted first."""


class Scaled(Protocol):
    """A piece whose sizes follow the theme's scale."""

    def rescale(self) -> None:
        """Take the theme's scale."""


class RunScreen(Screen):
    """The line as it runs: the part of now, the last parts, counts, subsystems, commands."""

    command_touched = Signal(Command)
    part_touched = Signal(str)
    live_touched = Signal()
    topic_touched = Signal(object)
    """A Topic: its full text is wanted."""
    pane_closed = Signal()
    view_touched = Signal()
    """The picture was touched: the next view of the part is wanted."""

    def __init__(self, theme: Theme, words: Words) -> None:
        super().__init__(theme, words)
        self.picture = PictureView(self.theme)
        self.pane = DetailsPane(self.theme)
        self.part = PartCard(self.theme)
        self.strip = Strip(self.theme)
        self.production = ProductionCard(self.theme)
        self.tiles = {subsystem: TileCard(self.theme) for subsystem in Subsystem}
        self.commands = CommandsCard(self.theme)
        self._place()
        self._connect()

    def _place(self) -> None:
        """Two columns, 7 to 6: left what the camera saw, right what was made of it, read from afar."""
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        # what is in the window must never make it larger than the panel
        self._grid.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        left = QVBoxLayout()
        left.addWidget(self.picture, 1)
        left.addWidget(self.pane, 1)
        left.addWidget(self.strip)
        right = QVBoxLayout()
        right.addWidget(self.part, 1)
        right.addWidget(self.production)
        tiles = QHBoxLayout()
        for tile in self.tiles.values():
            tiles.addWidget(tile, 1)
        self._grid.addLayout(left, 0, 0)
        self._grid.addLayout(right, 0, 1)
        self._grid.addLayout(tiles, 1, 0)
        self._grid.addWidget(self.commands, 1, 1)
        for card in (self.part, self.production, self.commands, *self.tiles.values()):
            # a long word in a card must not move the columns
            card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._grid.setColumnStretch(0, 7)
        self._grid.setColumnStretch(1, 6)
        self._grid.setRowStretch(0, 1)
        self._rows = (left, right, tiles)

    def _connect(self) -> None:
        self.strip.part_touched.connect(self.part_touched)
        self.strip.live_touched.connect(self.live_touched)
        self.commands.command_touched.connect(self.command_touched)
        self.picture.touched.connect(self.view_touched)
        self.pane.closed.connect(self.pane_closed)
        self._open(self.part, PartTopic())
        self._open(self.production, CountsTopic())
        self._open(self.commands, NoticeTopic())
        for subsystem, tile in self.tiles.items():
            self._open(tile, TileTopic(subsystem))

    def _open(self, card: Card, topic: Topic) -> None:
        card.touched.connect(lambda: self.topic_touched.emit(topic))

    def show_view(self, view: RunView, words: Words) -> None:
        """Paint the whole screen at this moment; the picture comes by :meth:`show_picture`."""
        self.part.show_part(view.part, empty=view.no_part, words=words)
        self.strip.show_view(view.strip, live_label=view.live_label, looking_back=view.looking_back)
        self.production.show_view(view.production)
        for tile in view.tiles:
            self.tiles[tile.subsystem].show_view(tile)
        self.commands.show_view(view.commands, notice=view.notice, tone=view.notice_tone)
        old = view.contact is not Contact.FRESH
        for card in (self.part, self.strip, self.production, *self.tiles.values()):
            card.set_stale(old)
        self._make_room()

    def _make_room(self) -> None:
        """The decision keeps its size: what the frame's banners take, other pieces give."""
        gap = self.theme.px(_GAP_PX)
        least = self.part.least_height() + gap + self.production.least_height()
        heights = self.part.wishes() | self.production.wishes()
        room = self.height() - self.commands.minimumHeight() - gap - least
        pieces = kept(room, [(piece, heights[piece]) for piece in _WANTED])
        self.part.keep(pieces)
        self.production.keep(pieces)

    def show_picture(
        self, view: RunView, reply: PictureReply | None, *, view_number: int, words: Words
    ) -> None:
        """Paint the picture of the part that ``view`` shows. ``reply`` None: it is still being fetched."""
        part = view.part
        image: QImage | None = None
        note = ""
        if part is None:
            message = view.no_part
        elif not part.pictures:
            message = words.picture_none
        elif reply is None:
            message = words.picture_loading
        else:
            image = reply.image
            message = "" if reply.problem is None else words.picture_problems[reply.problem]
        boxes = () if part is None else part.boxes
        if part is not None and len(part.pictures) > 1:
            # an inspection does not say which view each picture is: a box might be drawn on the wrong one
            note = words.picture_several.format(n=view_number + 1, total=len(part.pictures))
            boxes = ()
        self.picture.show_picture(image, boxes=boxes, message=message)
        banner = "" if part is None else part.banner
        self.picture.mark(banner=banner, note=note, stale=view.contact is not Contact.FRESH)

    def show_details(self, details: Details | None, *, close: str) -> None:
        """Open the pane with these, or close it."""
        if details is not None:
            self.pane.show_details(details, close=close)
        self.pane.setVisible(details is not None)
        self.picture.setVisible(details is None)

    def resizeEvent(self, _event: QResizeEvent) -> None:  # noqa: N802
        """More room, or less."""
        self._make_room()

    def rescale(self) -> None:
        """Take the theme's scale."""
        gap = self.theme.px(_GAP_PX)
        self._grid.setSpacing(gap)
        for row in self._rows:
            row.setSpacing(gap)
        pieces: tuple[Scaled, ...] = (
            self.pane,
            self.part,
            self.strip,
            self.production,
            *self.tiles.values(),
            self.commands,
        )
        for piece in pieces:
            piece.rescale()
