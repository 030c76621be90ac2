"""The pad at which somebody signs in: a name by touch or typed, digits for gloved hands. Knows no network."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QListWidget, QPushButton, QVBoxLayout

from app.console.widgets.basics import Card, ElidedLabel, set_marked
from app.console.widgets.theme import COMMAND_PX, DESK, INK, PAD_PX, TOUCH_PX, Theme
from app.console.words.words import Words
from inspection.access.rights import Proof

_DIGITS: Final = "123456789"
MOST_LETTERS: Final = 256


class SignInPad(Card):
    """Lies over the screen until somebody has signed in or goes back. The line is not touched by it.

    Args:
        theme: The window's scale.
    """

    wanted = Signal(str, str, Proof)
    """Somebody of this name wants in, by this secret."""
    sign_out_touched = Signal()
    closed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._proof = Proof.PIN
        self._busy = False
        self.title = ElidedLabel(lines=2, role="strong", middle=True)
        self.why = ElidedLabel(lines=3, middle=True)
        self.name = QLineEdit()
        self.names = QListWidget()
        self.secret = QLineEdit()
        self.proofs = {proof: QPushButton() for proof in Proof}
        self.digits = {digit: QPushButton(digit) for digit in (*_DIGITS, "0")}
        self.delete, self.enter = QPushButton(), QPushButton()
        self.sign_out, self.cancel = QPushButton(), QPushButton()
        self._place()
        self._connect()
        self.hide()

    def _place(self) -> None:
        self.secret.setEchoMode(QLineEdit.EchoMode.Password)
        self.secret.setMaxLength(MOST_LETTERS)
        self.name.setMaxLength(MOST_LETTERS)
        self.names.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.names.setFlow(QListWidget.Flow.LeftToRight)
        self.names.setWrapping(True)
        self.names.setResizeMode(QListWidget.ResizeMode.Adjust)
        self._grid = QGridLayout()
        for place, digit in enumerate(_DIGITS):
            self._grid.addWidget(self.digits[digit], *divmod(place, 3))
        for column, button in enumerate((self.delete, self.digits["0"], self.enter)):
            self._grid.addWidget(button, 3, column)
        for button in (*self.digits.values(), self.delete, self.enter, *self.proofs.values()):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._kinds = QHBoxLayout()
        for button in self.proofs.values():
            self._kinds.addWidget(button)
        self._last = QHBoxLayout()
        self._last.addWidget(self.cancel)
        self._last.addWidget(self.sign_out)
        self._left, self._right = QVBoxLayout(), QVBoxLayout()
        for widget in (self.title, self.why, self.name):
            self._left.addWidget(widget)
        self._left.addLayout(self._kinds)
        self._left.addWidget(self.names, 1)
        self._left.addLayout(self._last)
        self._right.addWidget(self.secret)
        self._right.addStretch(1)
        self._right.addLayout(self._grid)
        self._row = QHBoxLayout(self)
        self._row.addLayout(self._left, 1)
        self._row.addLayout(self._right)

    def _connect(self) -> None:
        for digit, button in self.digits.items():
            button.clicked.connect(lambda _checked=False, typed=digit: self.secret.insert(typed))
        for proof, button in self.proofs.items():
            button.clicked.connect(lambda _checked=False, chosen=proof: self._choose(chosen))
        self.delete.clicked.connect(self.secret.backspace)
        self.enter.clicked.connect(self._ask)
        self.secret.returnPressed.connect(self._ask)
        self.name.returnPressed.connect(self.secret.setFocus)
        self.names.itemClicked.connect(lambda item: self._take_name(item.text()))
        self.cancel.clicked.connect(self.closed)
        self.sign_out.clicked.connect(self.sign_out_touched)
        for line in (self.name, self.secret):
            line.textChanged.connect(self._show_whether_ready)

    def open(self, *, title: str, why: str, somebody: bool) -> None:
        """Ask for a name and a secret.

        Args:
            title: Who is there, or that somebody is asked for.
            why: What waits for it; empty where nothing does.
            somebody: Somebody has signed in, and may sign out.
        """
        self.title.setText(title)
        self.why.setText(why)
        self.sign_out.setVisible(somebody)
        self.secret.clear()
        self.busy(False)
        self.raise_()
        self.show()
        self.rescale()  # the style sheet is taken when it is shown first, and has least heights of its own
        self._row.activate()
        self._size_names()
        (self.secret if self.name.text() else self.name).setFocus()

    def shut(self) -> None:
        """Nothing that was typed stays."""
        self.secret.clear()
        self.hide()

    def say(self, why: str) -> None:
        """It was not he, for this reason: he tries again."""
        self.why.setText(why)
        self.secret.clear()
        self.busy(False)
        self.secret.setFocus()

    def busy(self, busy: bool) -> None:
        """It is being looked at, or not."""
        self._busy = busy
        self._show_whether_ready()

    def show_names(self, names: Sequence[str]) -> None:
        """Who may sign in here."""
        if [self.names.item(row).text() for row in range(self.names.count())] != list(names):
            self.names.clear()
            self.names.addItems(names)
            self._size_names()

    def show_words(self, words: Words) -> None:
        """Say this."""
        said = words.sign_in
        self.name.setPlaceholderText(said.name)
        self.delete.setText(said.delete)
        self.enter.setText("OK")
        self.cancel.setText(said.cancel)
        self.sign_out.setText(said.sign_out)
        for proof, button in self.proofs.items():
            button.setText(said.proofs[proof])
        for line, word in ((self.name, said.name), (self.secret, said.proofs[self._proof])):
            line.setAccessibleName(word)
        self.names.setAccessibleName(said.who)
        self.secret.setPlaceholderText(said.proofs[self._proof])
        self._show_whether_ready()

    def _take_name(self, name: str) -> None:
        self.name.setText(name)
        self.secret.setFocus()

    def _choose(self, proof: Proof) -> None:
        self._proof = proof
        self.secret.clear()
        self.secret.setPlaceholderText(self.proofs[proof].text())
        self._show_whether_ready()
        self.secret.setFocus()

    def _ask(self) -> None:
        if self.enter.isEnabled():
            self.busy(True)
            self.wanted.emit(self.name.text().strip(), self.secret.text(), self._proof)

    def _show_whether_ready(self) -> None:
        typed = bool(self.name.text().strip()) and bool(self.secret.text())
        self.enter.setEnabled(typed and not self._busy)
        for proof, button in self.proofs.items():
            set_marked(button, proof is self._proof)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Escape goes back, as Cancel does."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Nothing of what lies below shows at the corners."""
        QPainter(self).fillRect(self.rect(), DESK)
        super().paintEvent(event)

    def rescale(self) -> None:
        """Take the theme's scale."""
        px = self.theme.px
        self._row.setContentsMargins(px(16), px(12), px(16), px(12))
        self._row.setSpacing(px(24))
        for box in (self._left, self._right, self._kinds, self._last, self._grid):
            box.setSpacing(px(8))
        for line in (self.name, self.secret):
            line.setFont(self.theme.role_font("figure"))
            line.setFixedHeight(px(TOUCH_PX))
        for digit in self.digits.values():
            digit.setFont(self.theme.role_font("figure"))
        for button in (*self.digits.values(), self.delete, self.enter):
            button.setFixedSize(px(PAD_PX), px(PAD_PX))
        for button in self.proofs.values():
            button.setFixedHeight(px(TOUCH_PX))
        for button in (self.cancel, self.sign_out):
            button.setFixedHeight(px(COMMAND_PX))
        self._size_names()

    def _size_names(self) -> None:
        """Names are keys, in two columns."""
        px = self.theme.px
        self.names.setFont(self.theme.role_font("strong"))
        self.names.setStyleSheet(
            f"QListView::item {{ background: #f4f5f6; color: {INK.name()}; border: {px(1.5)}px solid #8e979e;"
            f" border-radius: {px(6)}px; margin: {px(4)}px; }}"
        )
        key = QSize((self.names.viewport().width() - px(16)) // 2, px(COMMAND_PX))
        for row in range(self.names.count()):
            item = self.names.item(row)
            item.setSizeHint(key)
            item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
