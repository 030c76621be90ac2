"""The menu: every screen as a button that a gloved hand finds, and the language."""

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout

from app.console.widgets.basics import Card, set_marked
from app.console.widgets.theme import COMMAND_PX, DESK, TOUCH_PX, Theme
from app.console.words.words import ScreenName, Words

_IN_A_ROW: Final = 4


class Menu(Card):
    """Lies over the screen until something of it is touched. The line is not touched by it.

    Args:
        theme: The window's scale.
        names: The screens that there are, in this order.
    """

    screen_touched = Signal(ScreenName)
    language_touched = Signal()
    closed = Signal()

    def __init__(self, theme: Theme, names: tuple[ScreenName, ...]) -> None:
        super().__init__(theme)
        self.screens = {name: QPushButton() for name in names}
        self.language = QPushButton()
        self.close_button = QPushButton()
        self._waiting: dict[ScreenName, int] = {}
        self._grid = QGridLayout()
        for place, (name, button) in enumerate(self.screens.items()):
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
            button.clicked.connect(lambda _checked=False, wanted=name: self.screen_touched.emit(wanted))
            self._grid.addWidget(button, *divmod(place, _IN_A_ROW))
        for column in range(_IN_A_ROW):
            self._grid.setColumnStretch(column, 1)
        self.language.clicked.connect(self.language_touched)
        self.close_button.clicked.connect(self.closed)
        self._last = QHBoxLayout()
        self._last.addWidget(self.language)
        self._last.addStretch(1)
        self._last.addWidget(self.close_button)
        self._column = QVBoxLayout(self)
        self._column.addLayout(self._grid)
        self._column.addStretch(1)
        self._column.addLayout(self._last)
        self.hide()

    def wait_for(self, name: ScreenName, number: int) -> None:
        """So many things wait for a person on that screen: its button says so."""
        self._waiting[name] = number

    def show_words(self, words: Words, *, current: ScreenName) -> None:
        """Say this, and mark the screen that lies below."""
        for name, button in self.screens.items():
            said = words.screens[name]
            if number := self._waiting.get(name, 0):
                said += "\n" + words.waiting_there.format(n=number)
            button.setText(said)
            set_marked(button, name is current)
        self.language.setText(words.other_language)
        self.close_button.setText(words.close)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Nothing of what lies below shows at the corners."""
        QPainter(self).fillRect(self.rect(), DESK)
        super().paintEvent(event)

    def rescale(self) -> None:
        """Take the theme's scale."""
        px = self.theme.px
        self._column.setContentsMargins(px(16), px(16), px(16), px(16))
        self._column.setSpacing(px(12))
        self._grid.setSpacing(px(12))
        for row in range(self._grid.rowCount()):  # the style sheet has the buttons' own least height
            self._grid.setRowMinimumHeight(row, px(COMMAND_PX))
        self.language.setFixedSize(px(160), px(TOUCH_PX))
        self.close_button.setFixedSize(px(160), px(TOUCH_PX))
