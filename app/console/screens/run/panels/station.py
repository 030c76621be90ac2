"""What surrounds the parts: the subsystems' tiles, the commands."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout

from app.console.screens.run.model.shown import CommandView, TileView
from app.console.widgets.basics import Card, ElidedLabel, SignView, caption, set_ink
from app.console.widgets.signs import Tone
from app.console.widgets.theme import COMMAND_PX, Theme, tone_ink
from inspection.status import Command


class TileCard(Card):
    """One subsystem: its health, what runs, how old that is."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.title = ElidedLabel(role="caption")
        self.health = SignView(theme, edge=20)
        self.text = ElidedLabel(lines=2, role="note")
        self.age = caption()
        self._column = QVBoxLayout(self)
        self._head = QHBoxLayout()
        self._head.addWidget(self.title, 1)
        self._head.addWidget(self.age)
        self._column.addLayout(self._head)
        self._column.addWidget(self.health)
        self._column.addWidget(self.text)

    def show_view(self, view: TileView) -> None:
        """Paint this."""
        self.title.setText(view.title)
        self.health.show_sign(view.health)
        self.text.setText(view.text)
        self.age.setText(view.age)

    def rescale(self) -> None:
        """Take the theme's scale."""
        px = self.theme.px
        self.setFixedHeight(px(112))
        self._column.setContentsMargins(px(12), px(8), px(12), px(8))
        self._column.setSpacing(px(2))
        self._head.setSpacing(px(8))
        self.health.rescale()


class CommandsCard(Card):
    """Start, Hold, Reset, and beside them how the last of them ended: no button ever moves under a finger."""

    command_touched = Signal(Command)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.buttons = {command: QPushButton() for command in Command}
        self.notice = ElidedLabel(lines=5, role="caption", middle=True)
        self._row = QHBoxLayout(self)
        for command, button in self.buttons.items():
            # a held finger must not repeat a command, and the keyboard's focus must not fire one
            button.setAutoRepeat(False)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(lambda _checked=False, wanted=command: self.command_touched.emit(wanted))
            self._row.addWidget(button)
        self._row.addWidget(self.notice, 1)

    def show_view(self, commands: tuple[CommandView, ...], *, notice: str, tone: Tone) -> None:
        """Paint this."""
        for view in commands:
            button = self.buttons[view.command]
            button.setText(view.label)
            button.setEnabled(view.enabled)
        self.notice.setText(notice)
        set_ink(self.notice, tone_ink(tone))

    def rescale(self) -> None:
        """Take the theme's scale."""
        px = self.theme.px
        self.setFixedHeight(px(112))
        self._row.setContentsMargins(px(8), px(8), px(8), px(8))
        self._row.setSpacing(px(10))
        for button in self.buttons.values():
            button.setFixedSize(px(116), px(COMMAND_PX))
