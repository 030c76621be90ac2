"""Where somebody signs: his name, what he says by it, and his password, each time."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout

from app.console.widgets.basics import Card, ElidedLabel, caption, set_marked
from app.console.widgets.theme import BODY_PX, TOUCH_PX, Theme
from app.console.words.reports import ReportWords
from inspection.access.rights import Meaning
from inspection.signing.shown import MOST_REASON, ShiftShown, SignOrder


class SigningCard(Card):
    """Covers the pages while somebody signs. The password is gone as soon as it was sent."""

    signed = Signal(SignOrder)
    closed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.shift: ShiftShown | None = None
        self._meaning = Meaning.WRITTEN
        self._words: ReportWords | None = None
        self.who_caption, self.password_caption, self.reason_caption = caption(), caption(), caption()
        self.who, self.password, self.reason = QLineEdit(), QLineEdit(), QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.who.setMaxLength(256)
        self.password.setMaxLength(256)
        self.reason.setMaxLength(MOST_REASON)
        self.meanings = {meaning: QPushButton() for meaning in Meaning}
        self.says = ElidedLabel()
        self.message = ElidedLabel(lines=2, role="strong", keep_end=True)
        self.put, self.back = QPushButton(), QPushButton()
        self._place()
        self._connect()
        self.hide()

    def _place(self) -> None:
        self._column = QVBoxLayout(self)
        self._row = QHBoxLayout()
        for button in self.meanings.values():
            self._row.addWidget(button, 1)
        self._column.addLayout(self._row)
        self._column.addWidget(self.says)
        for name, line in (
            (self.who_caption, self.who),
            (self.password_caption, self.password),
            (self.reason_caption, self.reason),
        ):
            self._column.addWidget(name)
            self._column.addWidget(line)
        self._column.addWidget(self.message)
        self._column.addStretch(1)
        self._last = QHBoxLayout()
        self._last.addWidget(self.back, 1)
        self._last.addWidget(self.put, 2)
        self._column.addLayout(self._last)

    def _connect(self) -> None:
        for meaning, button in self.meanings.items():
            button.clicked.connect(lambda _checked=False, chosen=meaning: self._choose(chosen))
        self.back.clicked.connect(self.closed)
        self.put.clicked.connect(self._put)
        self.reason.returnPressed.connect(self._put)
        self.password.returnPressed.connect(self._put)

    def open(self, shift: ShiftShown, *, who: str) -> None:
        """Ask for a signature below this shift's report; ``who`` is at the panel, as far as is known."""
        self.shift = shift
        self._meaning = Meaning.WRITTEN
        self.who.setText(who or self.who.text())
        self.password.clear()
        self.reason.clear()
        self.message.setText("")
        self._paint()
        self.show()
        (self.password if self.who.text() else self.who).setFocus(Qt.FocusReason.OtherFocusReason)

    def close_down(self) -> None:
        """Nobody signs any more; no password is kept."""
        self.password.clear()
        self.hide()

    def tell(self, text: str) -> None:
        """Say how it went, or goes."""
        self.message.setText(text)

    def speak(self, words: ReportWords) -> None:
        """Say everything in this language."""
        self._words = words
        for name, text in (
            (self.who_caption, words.who),
            (self.password_caption, words.password),
            (self.reason_caption, words.reason),
        ):
            name.setText(text)
        for line, text in (
            (self.who, words.who),
            (self.password, words.password),
            (self.reason, words.reason),
        ):
            line.setAccessibleName(text)
        for meaning, button in self.meanings.items():
            button.setText(words.meanings[meaning])
        self.put.setText(words.put)
        self.back.setText(words.back)
        self.message.setText("")
        self._paint()

    def _paint(self) -> None:
        for meaning, button in self.meanings.items():
            set_marked(button, meaning is self._meaning)
        if self._words is not None:
            self.says.setText(self._words.says[self._meaning])

    def _choose(self, meaning: Meaning) -> None:
        self._meaning = meaning
        self._paint()

    def _put(self) -> None:
        who, password = self.who.text().strip(), self.password.text()
        if self.shift is None or self._words is None or not self.put.isEnabled():
            return
        if not who or not password:
            self.tell(self._words.lacking)
            return
        self.password.clear()
        self.signed.emit(
            SignOrder(
                day=self.shift.day,
                shift=self.shift.name,
                meaning=self._meaning,
                reason=self.reason.text().strip(),
                user=who,
                password=password,
            )
        )

    def rescale(self) -> None:
        """Take the theme's scale."""
        px = self.theme.px
        self._column.setContentsMargins(px(16), px(12), px(16), px(12))
        self._column.setSpacing(px(8))
        self._row.setSpacing(px(8))
        self._last.setSpacing(px(10))
        for line in (self.who, self.password, self.reason):
            line.setFont(self.theme.font(BODY_PX))
            line.setFixedHeight(px(TOUCH_PX))
        for button in (*self.meanings.values(), self.put, self.back):
            button.setFixedHeight(px(TOUCH_PX))
