"""What several pieces of the screen are made of: cards, elided texts, signs with their word."""

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QTextLayout, QTextOption
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from app.console.widgets.drawing import draw_shape, hatch
from app.console.widgets.phrases import Sign
from app.console.widgets.signs import Shape, Tone
from app.console.widgets.theme import CARD, LINE, Theme, tone_ink


class Veil(QWidget):
    """Hatches what lies under it: not of now any more. Lets touches through."""

    def __init__(self, parent: QWidget, theme: Theme) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802  (Qt's name)
        """Pale lines over a thin grey: what lies under stays readable, and looks dead."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(211, 214, 217, 110))
        hatch(painter, QRectF(self.rect()), QColor(120, 128, 135, 90), step=self._theme.px(18))


class Card(QFrame):
    """A panel of the grid. Stale: hatched all over."""

    touched = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self._veil = Veil(self, theme)

    def set_stale(self, stale: bool) -> None:
        """Hatch the card, or not."""
        self._veil.setVisible(stale)
        self._veil.raise_()

    @property
    def stale(self) -> bool:
        """Whether the card is hatched."""
        return not self._veil.isHidden()

    def resizeEvent(self, _event: object) -> None:  # noqa: N802
        """The veil covers the card."""
        self._veil.resize(self.size())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """A flat panel with a hairline."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(LINE, 1))
        painter.setBrush(CARD)
        radius = self.theme.px(6)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """A touch that ends on the card."""
        if self.rect().contains(event.position().toPoint()):
            self.touched.emit()


class ElidedLabel(QLabel):
    """A text in at most ``lines`` lines; what does not fit ends in "…". ``text()`` stays the full text.

    ``middle`` centres a text of fewer lines vertically. ``keep_end`` leaves out the middle of the last line
    instead of its end: a reason ends with what went wrong, after where.
    """

    def __init__(
        self, *, lines: int = 1, role: str = "", middle: bool = False, keep_end: bool = False
    ) -> None:
        super().__init__()
        self._lines = lines
        self._elide = Qt.TextElideMode.ElideMiddle if keep_end else Qt.TextElideMode.ElideRight
        self.setProperty("role", role)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._middle = middle
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def set_lines(self, lines: int) -> None:
        """Change how many lines there are."""
        if lines != self._lines:
            self._lines = lines
            self.updateGeometry()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Always as high as all its lines: the screen does not jump with the length of a text."""
        return QSize(40, self.line_height() * self._lines)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """As high as its lines, as narrow as need be."""
        return QSize(10, self.line_height() * self._lines)

    def line_height(self) -> int:
        """Of one line, pixels."""
        # Noto Sans CJK's own line spacing is 1.45 em, made for long Chinese texts: too loose for labels
        return round(self.font().pixelSize() * 1.3)

    def pieces(self) -> tuple[str, ...]:
        """The lines as they are written at the width of now: broken at words, or anywhere in longer ones."""
        text = " ".join(self.text().split())
        layout = QTextLayout(text, self.font())
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.beginLayout()
        pieces: list[str] = []
        for number in range(self._lines):
            line = layout.createLine()
            if not line.isValid():
                break
            line.setLineWidth(self.width())
            start = line.textStart()
            piece = text[start : start + line.textLength()]
            if number == self._lines - 1:
                piece = self.fontMetrics().elidedText(text[start:], self._elide, self.width())
            pieces.append(piece.rstrip())
        layout.endLayout()
        return tuple(pieces)

    @property
    def elided(self) -> bool:
        """Whether a part of the text is left out."""
        return "".join("".join(self.pieces()).split()) != "".join(self.text().split())

    def event(self, event: QEvent) -> bool:
        """Where a part of the text is left out, a mouse that rests on it is told the whole."""
        if event.type() == QEvent.Type.ToolTip:
            self.setToolTip(self.text() if self.elided else "")
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Write the lines."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        pieces, height = self.pieces(), self.line_height()
        # capitals in the middle of the line: the font's own ascent leaves no room for descenders
        baseline = (height + self.fontMetrics().capHeight()) / 2
        top = (self.height() - height * len(pieces)) / 2 if self._middle else 0.0
        for number, piece in enumerate(pieces):
            painter.drawText(QPointF(0, top + number * height + baseline), piece)


class ShapeView(QWidget):
    """One shape, ``edge`` units wide and high."""

    def __init__(self, theme: Theme, *, edge: float) -> None:
        super().__init__()
        self._theme = theme
        self._edge = edge
        self._drawn: tuple[Shape, Tone] | None = None

    def show_shape(self, shape: Shape, tone: Tone) -> None:
        """Draw this shape in this tone."""
        if (shape, tone) != self._drawn:
            self._drawn = (shape, tone)
            self.update()

    def rescale(self) -> None:
        """Take the theme's scale."""
        edge = self._theme.px(self._edge)
        self.setFixedSize(edge, edge)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """The shape, over the whole widget."""
        if self._drawn is not None:
            draw_shape(QPainter(self), *self._drawn, QRectF(self.rect()))


class SignView(QWidget):
    """A shape with its word beside it; ``elided`` lets the word shrink to the room there is."""

    def __init__(self, theme: Theme, *, edge: float, elided: bool = False) -> None:
        super().__init__()
        self._theme = theme
        self.shape = ShapeView(theme, edge=edge)
        self.word: QLabel = ElidedLabel() if elided else QLabel()
        self.word.setProperty("role", "strong")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addWidget(self.shape)
        self._row.addWidget(self.word, 1)
        wide = QSizePolicy.Policy.Ignored if elided else QSizePolicy.Policy.Maximum
        self.setSizePolicy(wide, QSizePolicy.Policy.Preferred)

    def show_sign(self, sign: Sign) -> None:
        """Show this sign; a word in amber would be too pale, so there the shape alone has the colour."""
        self.shape.show_shape(sign.shape, sign.tone)
        if self.word.text() != sign.word:
            self.word.setText(sign.word)
        set_ink(self.word, tone_ink(sign.tone))

    def rescale(self) -> None:
        """Take the theme's scale."""
        self.shape.rescale()
        self._row.setSpacing(self._theme.px(8))


def set_ink(label: QLabel, color: QColor) -> None:
    """Write a label in this colour. A style sheet of its own, since the screen's outranks palettes."""
    sheet = f"color: {color.name()};"
    if label.styleSheet() != sheet:
        label.setStyleSheet(sheet)


def set_marked(button: QPushButton, marked: bool) -> None:
    """Show a button as chosen, or not."""
    if button.property("marked") is not marked:
        button.setProperty("marked", marked)
        button.style().unpolish(button)  # or the style sheet is not asked again
        button.style().polish(button)


def caption(text: str = "") -> QLabel:
    """A small grey text over or before a value."""
    label = QLabel(text)
    label.setProperty("role", "caption")
    return label
