"""The strip of the last parts, and the way back to live."""

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from app.console.screens.run.model.shown import STRIP_LENGTH, CellView
from app.console.widgets.basics import Card
from app.console.widgets.drawing import draw_shape
from app.console.widgets.theme import CARD, DARK, INK, LINE, MUTED_INK, TOUCH_PX, WHITE, Theme

_MIN_CELL: float = TOUCH_PX - 4


class Cells(QWidget):
    """As many of the last parts as have room for a gloved finger; the newest at the left."""

    part_touched = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._cells: tuple[CellView, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_cells(self, cells: tuple[CellView, ...]) -> None:
        """Paint these, newest first."""
        if cells != self._cells:
            self._cells = cells
            words = (f"{cell.seq} {cell.action.word} {cell.outcome.word}" for cell in cells)
            self.setAccessibleName("\n".join(words))
            self.update()

    def cell_rect(self, place: int) -> QRectF:
        """Where the ``place``-th newest part is drawn: two rows where one would make cells too narrow."""
        rows = 1 if self.width() / STRIP_LENGTH >= self._theme.px(_MIN_CELL) else 2
        per_row = STRIP_LENGTH // rows
        width, height = self.width() / per_row, self.height() / rows
        return QRectF((place % per_row) * width, (place // per_row) * height, width, height)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """A touch on a part."""
        for place, cell in enumerate(self._cells):
            if self.cell_rect(place).contains(event.position()):
                self.part_touched.emit(cell.inspection_id)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Each part: its decision, its outcome, its number."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for place in range(STRIP_LENGTH):
            rect = self.cell_rect(place).adjusted(1.5, 1.5, -1.5, -1.5)
            if place < len(self._cells):
                self._paint_cell(painter, self._cells[place], rect)
            else:
                painter.setPen(QPen(LINE, 1, Qt.PenStyle.DotLine))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(rect, 4, 4)

    def _paint_cell(self, painter: QPainter, cell: CellView, rect: QRectF) -> None:
        px = self._theme.px
        painter.setPen(QPen(DARK, px(3)) if cell.selected else QPen(LINE, 1))
        painter.setBrush(WHITE if cell.selected else CARD)
        painter.drawRoundedRect(rect, px(4), px(4))
        seq_height = px(19)
        upper = QRectF(rect.left(), rect.top(), rect.width(), rect.height() - seq_height)
        edge = min(upper.height() - px(6), px(28))
        small = px(15)
        gap = px(5)
        left = rect.center().x() - (edge + gap + small) / 2
        middle = upper.center().y() + px(1)
        draw_shape(painter, cell.action.shape, cell.action.tone, QRectF(left, middle - edge / 2, edge, edge))
        corner = QPointF(left + edge + gap, middle - small / 2)
        draw_shape(
            painter, cell.outcome.shape, cell.outcome.tone, QRectF(corner.x(), corner.y(), small, small)
        )
        painter.setPen(INK if cell.selected else MUTED_INK)
        painter.setFont(self._theme.font(14, bold=cell.selected))
        lower = QRectF(rect.left(), rect.bottom() - seq_height - px(1), rect.width(), seq_height)
        painter.drawText(lower, Qt.AlignmentFlag.AlignCenter, cell.seq)


class Strip(Card):
    """The last parts and the Live button."""

    part_touched = Signal(str)
    live_touched = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.cells = Cells(theme)
        self.cells.part_touched.connect(self.part_touched)
        self.live = QPushButton()
        self.live.clicked.connect(self.live_touched)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self.cells, 1)
        self._row.addWidget(self.live)

    def show_view(self, cells: tuple[CellView, ...], *, live_label: str, looking_back: bool) -> None:
        """Paint this; the button stands out only while an old part is looked at."""
        self.cells.show_cells(cells)
        self.live.setText(live_label)
        self.live.setEnabled(looking_back)
        if self.live.property("marked") is not looking_back:
            self.live.setProperty("marked", looking_back)
            self.live.style().unpolish(self.live)
            self.live.style().polish(self.live)

    def rescale(self) -> None:
        """Take the theme's scale."""
        px = self.theme.px
        self.setFixedHeight(px(120))
        self._row.setContentsMargins(px(8), px(8), px(8), px(8))
        self._row.setSpacing(px(8))
        self.live.setFixedWidth(px(150))
        self.live.setFixedHeight(px(104))
