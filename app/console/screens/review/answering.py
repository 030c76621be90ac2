"""What somebody says of the part before him: large buttons, the types of defects, the reason."""

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QPushButton, QSizePolicy, QVBoxLayout

from app.console.screens.review.draft import Draft, Lacking
from app.console.widgets.basics import Card, ElidedLabel, set_marked
from app.console.widgets.phrases import term
from app.console.widgets.theme import BODY_PX, TOUCH_PX, Theme
from app.console.words.words import Words
from inspection.reviews.review import MOST_REASON, Verdict

MOST_TYPES: Final = 6
_IN_A_ROW: Final = 3
_LONGEST_TYPE: Final = 64


class Line(QLineEdit):
    """A line of text that Escape leaves, with what was typed."""

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Escape gives the keys back to the screen."""
        if event.key() == Qt.Key.Key_Escape:
            self.clearFocus()
        else:
            super().keyPressEvent(event)


class AnswerPane(Card):
    """Buttons for the verdict and the types, lines for another type and for the reason."""

    verdict_touched = Signal(Verdict)
    type_named = Signal(str)
    reason_typed = Signal(str)
    put_touched = Signal()
    later_touched = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.verdicts = {verdict: QPushButton() for verdict in Verdict}
        self.types = tuple(QPushButton() for _ in range(MOST_TYPES))
        self.other, self.reason = Line(), Line()
        self.put, self.later = QPushButton(), QPushButton()
        self.message = ElidedLabel(lines=2, role="strong")
        self.by_hand = ElidedLabel(role="caption")
        self._names: tuple[str, ...] = ()
        self.other.setMaxLength(_LONGEST_TYPE)
        self.reason.setMaxLength(MOST_REASON)
        self._place()
        self._connect()

    def _place(self) -> None:
        self._column = QVBoxLayout(self)
        self._row = QHBoxLayout()
        for verdict, button in self.verdicts.items():
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            self._row.addWidget(button, 4 if verdict is Verdict.DONT_KNOW else 3)
        self._column.addLayout(self._row)
        self._grid = QGridLayout()
        for place, button in enumerate(self.types):
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            self._grid.addWidget(button, *divmod(place, _IN_A_ROW))
        self._column.addLayout(self._grid)
        self._column.addWidget(self.other)
        self._column.addWidget(self.reason)
        self._column.addWidget(self.message)
        self._column.addStretch(1)
        self._last = QHBoxLayout()
        for button, room in ((self.later, 1), (self.put, 2)):
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            self._last.addWidget(button, room)
        self._column.addLayout(self._last)
        self._column.addWidget(self.by_hand)

    def _connect(self) -> None:
        for verdict, button in self.verdicts.items():
            button.clicked.connect(lambda _checked=False, one=verdict: self.verdict_touched.emit(one))
        for place, button in enumerate(self.types):
            button.clicked.connect(lambda _checked=False, one=place: self._touched(one))
        self.other.textEdited.connect(self.type_named)
        self.reason.textEdited.connect(self.reason_typed)
        for line in (self.other, self.reason):
            line.returnPressed.connect(self.put_touched)
        self.put.clicked.connect(self.put_touched)
        self.later.clicked.connect(self.later_touched)

    def _touched(self, place: int) -> None:
        if place < len(self._names):
            self.type_named.emit(self._names[place])

    def show_draft(
        self, draft: Draft | None, names: tuple[str, ...], words: Words, *, message: str, busy: bool
    ) -> None:
        """Show what is typed of a part; None where there is none.

        Args:
            draft: What is typed.
            names: Types that can be chosen.
            words: In which language.
            message: What became of the last answer, or what this one lacks.
            busy: An answer is under way: nothing else can be touched.
        """
        self._names = names[:MOST_TYPES]
        there = draft is not None and not busy
        for number, (verdict, button) in enumerate(self.verdicts.items(), 1):
            button.setText(f"{number}  {words.review.verdicts[verdict]}")
            button.setEnabled(there)
            set_marked(button, draft is not None and draft.verdict is verdict)
        defective = draft is not None and draft.verdict is Verdict.DEFECT
        for place, button in enumerate(self.types):
            name = self._names[place] if place < len(self._names) else ""
            button.setVisible(defective and bool(name))
            called = f"{place + 1}  {term(name, words)}" if name else ""
            room = self.width() // _IN_A_ROW - self.theme.px(40)
            button.setText(button.fontMetrics().elidedText(called, Qt.TextElideMode.ElideRight, room))
            button.setAccessibleName(called)
            button.setEnabled(there)
            set_marked(button, bool(name) and draft is not None and draft.type == name)
        self.other.setVisible(defective)
        typed = "" if draft is None or draft.type in self._names else draft.type
        for line, text in ((self.other, typed), (self.reason, "" if draft is None else draft.reason)):
            if " ".join(line.text().split()) != " ".join(text.split()):
                line.setText(text)
            line.setEnabled(there)
        self.put.setText(words.review.putting if busy else words.review.put)
        self.put.setEnabled(there and draft is not None and draft.lacking is None)
        self.later.setEnabled(there)
        self.message.setText(message)
        self.message.setAccessibleName(message)

    def speak(self, words: Words) -> None:
        """Say what never changes in this language."""
        said = words.review
        self.other.setPlaceholderText(said.other_type)
        self.reason.setPlaceholderText(said.why)
        self.other.setAccessibleName(said.other_type)
        self.reason.setAccessibleName(said.why)
        self.later.setText(said.later)
        self.by_hand.setText(said.by_hand)

    def rescale(self) -> None:
        """Take the theme's scale."""
        px = self.theme.px
        self._column.setContentsMargins(px(12), px(12), px(12), px(8))
        for layout in (self._column, self._row, self._grid, self._last):
            layout.setSpacing(px(8))
        for line in (self.other, self.reason):
            line.setFont(self.theme.font(BODY_PX))
            line.setFixedHeight(px(TOUCH_PX))
        for button in (*self.verdicts.values(), *self.types, self.put, self.later):
            button.setFixedHeight(px(TOUCH_PX))


def lacking_in_words(lacking: Lacking | None, words: Words) -> str:
    """What an answer needs still."""
    said = words.review
    return {
        None: "",
        Lacking.VERDICT: said.needs_verdict,
        Lacking.TYPE: said.needs_type,
        Lacking.REASON: said.needs_reason,
    }[lacking]
