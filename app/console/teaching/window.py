"""The window: the picture on the left, on the right what is to be done next, values, unit and needle."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QImage
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.console.teaching.canvas import STEP, Canvas
from app.console.teaching.clicks import LEAST_MARKS, Clicks
from app.console.widgets.phrases import said
from app.console.widgets.theme import BODY_PX, TOUCH_PX, Theme, style_sheet
from app.console.words.words import Words
from inspection.instruments.colour import AUTO
from inspection.instruments.dial import DialDescription
from inspection.messages.message import Sentence
from inspection.messages.telling import LANGUAGES

COLOURS: Final = (AUTO, "black", "white", "red", "orange", "yellow", "green", "blue", "grey")
_SIDE_PX: Final = 380
_APART_PX: Final = 24
"""Between what takes back and what ends."""


class ClickWindow(QWidget):
    """Asks for a dial. ``answer`` is None until Done was pressed; closing the window takes nothing."""

    def __init__(self, image: QImage, *, words: Words, begun: Clicks, on_end: Callable[[], None]) -> None:
        super().__init__()
        self.answer: DialDescription | None = None
        self.clicks = begun
        self._words, self._on_end = words, on_end
        self._theme = Theme()
        self.setWindowTitle(words.teach_title)
        self.setStyleSheet(style_sheet(self._theme) + _touchable(self._theme))
        self.canvas = Canvas(self._theme, image)
        self.canvas.clicked.connect(lambda x, y: self._take(self.clicks.clicked((x, y)), type_next=True))
        self.canvas.moved.connect(lambda place, x, y: self._take(self.clicks.moved(place, (x, y))))
        self.step = _text()
        self.problem = _text()
        self.values: list[QLineEdit] = []
        self._rows = QFormLayout()
        self._scroll = QScrollArea()
        self.undo = QPushButton(words.teach_undo)
        self.undo.clicked.connect(lambda: self._take(self.clicks.undone()))
        self.done = QPushButton(words.teach_done)
        self.done.clicked.connect(self._finish)
        self.larger, self.smaller = QPushButton("+"), QPushButton("−")
        self.larger.clicked.connect(lambda: self.canvas.enlarge(STEP))
        self.smaller.clicked.connect(lambda: self.canvas.enlarge(1.0 / STEP))
        self.unit = QLineEdit(begun.unit)
        self.unit.setMaxLength(32)
        self.unit.setCursorPosition(0)
        self.unit.textChanged.connect(lambda text: self._take(replace(self.clicks, unit=_printable(text))))
        self.colour, self.second = self._colours(), self._colours()
        self.has_second = QCheckBox(words.teach_second)
        self._needle(begun)
        self._lay_out()
        self._take(begun)

    def _colours(self) -> QComboBox:
        box = QComboBox()
        box.setView(QListView())  # the usual one knows no least height
        for colour in COLOURS:
            shown = self._words.teach_auto if colour == AUTO else LANGUAGES[self._words.code].term(colour)
            box.addItem(shown, colour)
        return box

    def _needle(self, begun: Clicks) -> None:
        """Colours as they are so far; what is chosen from now on counts."""
        for box, colour in ((self.colour, begun.color), (self.second, begun.second_color)):
            box.setCurrentIndex(max(box.findData(colour), 0))
            box.currentIndexChanged.connect(self._take_needle)
        self.has_second.setChecked(begun.second)
        self.has_second.toggled.connect(self._take_needle)

    def _lay_out(self) -> None:
        words, px = self._words, self._theme.px
        form = QFormLayout()
        form.addRow(self._beside(words.teach_unit), self.unit)
        form.addRow(self._beside(words.teach_needle), self.colour)
        form.addRow(self.has_second, self.second)
        rows = QWidget()
        rows.setLayout(self._rows)
        self._scroll.setWidget(rows)
        self._scroll.setWidgetResizable(True)
        grown = self._scroll.verticalScrollBar().rangeChanged
        grown.connect(lambda: QTimer.singleShot(0, self, self._show_newest))  # when each row has its place
        zoom = QHBoxLayout()
        zoom.addWidget(_text(words.teach_zoom, role="caption"), 1)
        for button in (self.smaller, self.larger):
            button.setFixedWidth(px(TOUCH_PX))
            zoom.addWidget(button)
        ends = QHBoxLayout()
        ends.setSpacing(px(_APART_PX))
        ends.addWidget(self.undo)
        ends.addWidget(self.done)
        side = QVBoxLayout()
        side.addWidget(self.step)
        side.addLayout(zoom)
        side.addWidget(self._scroll, 1)
        side.addLayout(form)
        side.addWidget(self.problem)
        side.addLayout(ends)
        panel = QWidget()
        panel.setFixedWidth(px(_SIDE_PX))
        panel.setLayout(side)
        whole = QHBoxLayout(self)
        whole.addWidget(self.canvas, 1)
        whole.addWidget(panel)
        self._theme.dress_texts(self)
        for field in (self.unit, self.colour, self.second, self.has_second):
            field.setFont(self._theme.font(BODY_PX))

    def _take_needle(self) -> None:
        self._take(
            replace(
                self.clicks,
                color=self.colour.currentData(),
                second=self.has_second.isChecked(),
                second_color=self.second.currentData(),
            )
        )

    def _take(self, clicks: Clicks, *, type_next: bool = False) -> None:
        """Show another state; ``type_next``: the value of the newest mark is asked for."""
        self.clicks = clicks
        self.canvas.show_clicks(clicks)
        self._fit_rows()
        if type_next and self.values:
            self.values[-1].setFocus(Qt.FocusReason.OtherFocusReason)
        dial = clicks.dial()
        self.step.setText(self._next_step())
        why = said(dial, dial.coded, self._words) if isinstance(dial, Sentence) else ""
        self.problem.setText(self._words.teach_unfit.format(problem=why) if why else "")
        self.done.setEnabled(isinstance(dial, DialDescription))
        self.undo.setEnabled(clicks.centre is not None)
        self.second.setEnabled(clicks.second)

    def _show_newest(self) -> None:
        if self.values and self.values[-1] is self.focusWidget():
            self._scroll.ensureWidgetVisible(self.values[-1])

    def _next_step(self) -> str:
        clicks, words = self.clicks, self._words
        if clicks.centre is None:
            return words.teach_centre
        if clicks.unvalued:
            return words.teach_value
        if len(clicks.marks) < LEAST_MARKS:
            return words.teach_mark.format(n=len(clicks.marks) + 1)
        return words.teach_more

    def _fit_rows(self) -> None:
        """One field for each mark."""
        while len(self.values) > len(self.clicks.marks):
            self._rows.removeRow(len(self.values) - 1)
            self.values.pop()
        while len(self.values) < len(self.clicks.marks):
            place = len(self.values)
            value = self.clicks.marks[place].value
            field = QLineEdit("" if value is None else f"{value:.12g}")
            field.setFont(self._theme.font(BODY_PX))
            field.textChanged.connect(
                lambda text, at=place: self._take(self.clicks.valued(at, _number(text)))
            )
            self._rows.addRow(self._beside(f"#{place + 1}"), field)
            self.values.append(field)

    def _beside(self, text: str) -> QLabel:
        """What stands beside a field, as high as that."""
        label = _text(text)
        label.setFont(self._theme.font(BODY_PX))
        label.setMinimumHeight(self._theme.px(TOUCH_PX))
        return label

    def _finish(self) -> None:
        dial = self.clicks.dial()
        if isinstance(dial, DialDescription):
            self.answer = dial
            self.close()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """However it is closed, whoever waits is told."""
        super().closeEvent(event)
        self._on_end()


def _touchable(theme: Theme) -> str:
    """Qt style sheet: fields that are hit with gloves."""
    least = theme.px(TOUCH_PX - 4)
    return f"""
    QLineEdit, QComboBox, QCheckBox, QAbstractItemView::item {{ min-height: {least}px; }}
    QCheckBox::indicator {{ width: {theme.px(26)}px; height: {theme.px(26)}px; }}
    """


def _text(text: str = "", *, role: str = "") -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setProperty("role", role)
    return label


def _printable(text: str) -> str:
    """A unit as it was typed or pasted, without what cannot be seen."""
    return "".join(filter(str.isprintable, text)).strip()


def _number(text: str) -> float | None:
    """A value as it was typed, with a point or a comma; None where it is none."""
    try:
        value = float(text.strip().replace(",", ".").replace("−", "-"))
    except ValueError:
        return None
    return value if abs(value) <= 1e12 else None
