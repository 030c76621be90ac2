"""The pane in which an alarm is shelved: for how long, and why, by touch."""

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout

from app.console.widgets.basics import Card, ElidedLabel, caption, set_marked
from app.console.widgets.theme import COMMAND_PX, TOUCH_PX, Theme
from app.console.words.alarms import ALARMS_EN, AlarmWords

MINUTES: Final = (5, 15, 30, 60, 120, 240, 480)
_IN_A_ROW: Final = 4


class ShelvingCard(Card):
    """Nothing is asked of the engine before both are chosen and Shelve is touched."""

    shelved = Signal(int, str)
    """For so many minutes, for that reason."""
    closed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.key = ""
        """Of the alarm that is to be shelved."""
        self._minutes: int | None = None
        self._reason: int | None = None
        self._most = 0
        self._words = ALARMS_EN
        self.title = ElidedLabel(lines=2, role="strong")
        self.how_long, self.why = caption(), caption()
        self.times = {minutes: QPushButton() for minutes in MINUTES}
        self.reasons = tuple(QPushButton() for _ in ALARMS_EN.reasons)
        self.shelve, self.back = QPushButton(), QPushButton()
        self._column = QVBoxLayout(self)
        self._column.addWidget(self.title)
        self._column.addWidget(self.how_long)
        self._grid = QGridLayout()
        for place, (minutes, button) in enumerate(self.times.items()):
            button.clicked.connect(lambda _checked=False, chosen=minutes: self._choose_time(chosen))
            self._grid.addWidget(button, *divmod(place, _IN_A_ROW))
        self._column.addLayout(self._grid)
        self._column.addWidget(self.why)
        self._reasons = QVBoxLayout()
        for number, button in enumerate(self.reasons):
            button.clicked.connect(lambda _checked=False, chosen=number: self._choose_reason(chosen))
            self._reasons.addWidget(button)
        self._column.addLayout(self._reasons)
        self._column.addStretch(1)
        self._row = QHBoxLayout()
        self._row.addWidget(self.back, 1)
        self._row.addWidget(self.shelve, 1)
        self._column.addLayout(self._row)
        self.back.clicked.connect(self.closed)
        self.shelve.clicked.connect(self._done)
        self.hide()

    def begin(self, key: str, text: str, *, most: int) -> None:
        """For this alarm, for so many minutes at most; nothing is chosen yet."""
        self.key, self._most = key, most
        self._minutes = self._reason = None
        self.title.setText(text)
        self._paint()

    def speak(self, words: AlarmWords) -> None:
        """Say everything in this language."""
        self._words = words
        self.how_long.setText(words.how_long)
        self.why.setText(words.why)
        self.back.setText(words.back)
        self.shelve.setText(words.shelve)
        for minutes, button in self.times.items():
            whole_hours = minutes >= 60
            form = words.hours if whole_hours else words.minutes
            button.setText(form.format(n=minutes // 60 if whole_hours else minutes))
        for button, reason in zip(self.reasons, words.reasons, strict=True):
            button.setText(reason)

    def _choose_time(self, minutes: int) -> None:
        self._minutes = minutes
        self._paint()

    def _choose_reason(self, number: int) -> None:
        self._reason = number
        self._paint()

    def _done(self) -> None:
        if self._minutes is not None and self._reason is not None:
            self.shelved.emit(self._minutes, self._words.reasons[self._reason])

    def _paint(self) -> None:
        for minutes, button in self.times.items():
            button.setEnabled(minutes <= self._most)
            set_marked(button, minutes == self._minutes)
        for number, button in enumerate(self.reasons):
            set_marked(button, number == self._reason)
        self.shelve.setEnabled(self._minutes is not None and self._reason is not None)

    def rescale(self) -> None:
        """Take the theme's scale."""
        px = self.theme.px
        self._column.setContentsMargins(px(16), px(12), px(12), px(12))
        self._column.setSpacing(px(8))
        for layout in (self._grid, self._row, self._reasons):
            layout.setSpacing(px(8))
        for button in (*self.times.values(), *self.reasons):
            button.setFixedHeight(px(TOUCH_PX))
        for button in (self.back, self.shelve):
            button.setFixedHeight(px(COMMAND_PX - 20))
