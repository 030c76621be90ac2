"""The frame: places header, banners, the screen that is shown, and the alarms line. Knows no network."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLayout, QStackedWidget, QVBoxLayout, QWidget

from app.console.frame.alarms_line import AlarmsLine
from app.console.frame.banners import bypass_banner, simulated_banner, stale_banner
from app.console.frame.header import Header
from app.console.frame.menu import Menu
from app.console.frame.pad import SignInPad
from app.console.screens.run.model.shown import RunView
from app.console.screens.run.model.state import Contact
from app.console.screens.run.screen import RunScreen
from app.console.screens.screen import Screen
from app.console.widgets.theme import DESK, LEAST_SIZE, Theme, style_sheet
from app.console.words.words import ScreenName, Words

_GAP_PX = 10
_SIDE_PX = 12

Making = Callable[[Theme, Words], Screen]
"""Makes a screen at the frame's scale."""


class Frame(QWidget):
    """Everything that is seen.

    Args:
        words: In which it speaks from the beginning.
        making: What makes each screen beside the Run screen, when it is shown first; in the menu's order.
    """

    screen_touched = Signal(ScreenName)
    """That screen is wanted."""
    language_touched = Signal()
    station_touched = Signal()
    """The header was touched: all of the station is wanted."""
    alarms_touched = Signal()

    def __init__(self, words: Words, making: Mapping[ScreenName, Making]) -> None:
        super().__init__()
        self.theme = Theme()
        self.words = words
        self.name = ScreenName.RUN
        self.header = Header(self.theme)
        self.stale = stale_banner(self.theme)
        self.bypassed = bypass_banner(self.theme)
        self.simulated = simulated_banner(self.theme)
        self.run = RunScreen(self.theme, words)
        self.alarms = AlarmsLine(self.theme)
        self._making = making
        self._screens: dict[ScreenName, Screen] = {ScreenName.RUN: self.run}
        self._stack = QStackedWidget()
        self._stack.addWidget(self.run)
        self._place()
        self.menu = Menu(self.theme, (ScreenName.RUN, *making))
        self.menu.setParent(self)
        self.pad = SignInPad(self.theme)
        self.pad.setParent(self)
        self._connect()
        self._rescale()

    def _place(self) -> None:
        self._column = QVBoxLayout(self)
        # what is in the window must never make it larger than the panel
        self._column.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self.setMinimumSize(*LEAST_SIZE)
        self._column.addWidget(self.header)
        self._column.addWidget(self.stale)
        self._conditions = QHBoxLayout()  # side by side: two rows more would leave the decision no room
        self._conditions.addWidget(self.bypassed, 1)
        self._conditions.addWidget(self.simulated, 1)
        self._column.addLayout(self._conditions)
        self._column.addWidget(self._stack, 1)
        self._column.addWidget(self.alarms)

    def _connect(self) -> None:
        self.header.menu_touched.connect(self._turn_menu)
        self.header.touched.connect(self.station_touched)
        self.alarms.touched.connect(self.alarms_touched)
        self.menu.closed.connect(self.menu.hide)
        self.menu.screen_touched.connect(self.screen_touched)
        self.menu.language_touched.connect(self.language_touched)

    @property
    def shown(self) -> Screen:
        """The one that is shown."""
        return self._screens[self.name]

    def go_to(self, name: ScreenName) -> None:
        """Show this screen, and close the menu."""
        self.menu.hide()
        if name is self.name:
            return
        self.shown.left()
        if name not in self._screens:
            made = self._screens[name] = self._making[name](self.theme, self.words)
            self._stack.addWidget(made)
            self.theme.dress_texts(made)
            made.rescale()
        self.name = name
        self._stack.setCurrentWidget(self.shown)
        self.shown.entered()

    def speak(self, words: Words) -> None:
        """Say everything in this language from now on."""
        self.words = words
        for screen in self._screens.values():
            screen.speak(words)
        self.menu.show_words(words, current=self.name)
        self.pad.show_words(words)

    def open_pad(self, *, title: str, why: str, somebody: bool) -> None:
        """Ask who is there, over everything but header and banners."""
        self.menu.hide()
        self.pad.setGeometry(self._stack.geometry().united(self.alarms.geometry()))
        self.pad.show_words(self.words)
        self.pad.open(title=title, why=why, somebody=somebody)

    def show_view(self, view: RunView) -> None:
        """Paint what is around the screens, and the Run screen where it is shown."""
        self.header.show_view(view.header, self.words)
        self.stale.show_text(view.stale_banner)
        self.bypassed.show_text(view.bypass_banner)
        self.simulated.show_text(view.simulated_banner)
        self.alarms.show_view(view.alarms)
        self.alarms.set_stale(view.contact is not Contact.FRESH)
        if self.name is ScreenName.RUN:
            self.run.show_view(view, self.words)

    def escape(self) -> bool:
        """Lead one step back: out of the menu, within the screen, to the Run screen; False: on it already."""
        if not self.pad.isHidden():
            self.pad.closed.emit()
        elif not self.menu.isHidden():
            self.menu.hide()
        elif self.shown.escape():
            pass
        elif self.name is not ScreenName.RUN:
            self.go_to(ScreenName.RUN)
        else:
            return False
        return True

    def _turn_menu(self) -> None:
        if self.menu.isHidden():
            self.menu.show_words(self.words, current=self.name)
            self.menu.setGeometry(self._stack.geometry())
            self.menu.raise_()
        self.menu.setVisible(self.menu.isHidden())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """All sizes follow the window."""
        if self.theme.fit(event.size().width(), event.size().height()):
            self._rescale()
        self.menu.hide()
        if not self.pad.isHidden():
            self.pad.closed.emit()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """The desk on which the cards lie."""
        QPainter(self).fillRect(self.rect(), DESK)

    def _rescale(self) -> None:
        self.setStyleSheet(style_sheet(self.theme))
        self.theme.dress_texts(self)
        gap, side = self.theme.px(_GAP_PX), self.theme.px(_SIDE_PX)
        self._column.setContentsMargins(side, gap, side, gap)
        self._column.setSpacing(gap)
        self._conditions.setSpacing(gap)
        for piece in (self.header, self.stale, self.bypassed, self.simulated, self.alarms):
            piece.rescale()
        for over in (self.menu, self.pad):
            over.rescale()
        for screen in self._screens.values():
            screen.rescale()
