"""A list of alarms, painted row by row: shape, text, state, age. A touch chooses one."""

from typing import Final

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QScroller,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from app.console.screens.alarms.model.lists import ROW_ROLE
from app.console.screens.alarms.model.rows import Row
from app.console.widgets.drawing import draw_shape
from app.console.widgets.theme import (
    BODY_PX,
    CAPTION_PX,
    CARD,
    DARK,
    INK,
    LINE,
    MUTED_INK,
    PASS_GROUND,
    WHITE,
    Theme,
)

ROW_PX: Final = 64
_SHAPE_PX: Final = 30
_TIME_PX: Final = 168
_ELIDE: Final = Qt.TextElideMode.ElideRight
_Index = QModelIndex | QPersistentModelIndex


class _RowPainter(QStyledItemDelegate):
    """Paints a row; there is no widget for it, so that a long list costs what is in sight."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme

    def sizeHint(self, _option: QStyleOptionViewItem, _index: _Index) -> QSize:  # noqa: N802
        """All are as high as a touch needs."""
        return QSize(0, self._theme.px(ROW_PX))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """The priority's shape, what the alarm says, its state below, and when."""
        row = index.data(ROW_ROLE)
        assert isinstance(row, Row)
        px = self._theme.px
        rect = QRect(option.rect)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.fillRect(rect, PASS_GROUND if chosen else CARD)
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), LINE)
        if chosen:
            painter.fillRect(QRect(rect.left(), rect.top(), px(5), rect.height()), DARK)
        edge = px(_SHAPE_PX)
        shape = QRectF(rect.left() + px(14), rect.center().y() - edge / 2, edge, edge)
        draw_shape(painter, row.sign.shape, row.sign.tone, shape)
        left, half = rect.left() + px(58), rect.height() // 2
        time = QRect(rect.right() - px(_TIME_PX + 10), rect.top(), px(_TIME_PX), half)
        text = QRect(left, rect.top(), time.left() - left - px(8), half)
        note = QRect(left, rect.top() + half, rect.right() - left - px(10), half)
        low, right = Qt.AlignmentFlag.AlignBottom, Qt.AlignmentFlag.AlignRight
        painter.setPen(INK)
        painter.setFont(self._theme.font(BODY_PX, bold=True))
        _write(painter, text, row.text, low)
        painter.setFont(self._theme.font(CAPTION_PX))
        _write(painter, time, row.time, low | right)
        if row.mark:
            note.setLeft(note.left() + self._mark(painter, note, row.mark))
        painter.setFont(self._theme.font(CAPTION_PX))
        painter.setPen(MUTED_INK)
        _write(painter, note, row.note, Qt.AlignmentFlag.AlignTop)
        painter.restore()

    def _mark(self, painter: QPainter, note: QRect, word: str) -> int:
        """That it is first-out, in a dark field; how much room it takes."""
        px = self._theme.px
        painter.setFont(self._theme.font(CAPTION_PX, bold=True))
        width = painter.fontMetrics().horizontalAdvance(word) + px(12)
        field = QRect(note.left(), note.top() + px(2), width, px(21))
        painter.fillRect(field, DARK)
        painter.setPen(WHITE)
        painter.drawText(field, Qt.AlignmentFlag.AlignCenter, word)
        return width + px(8)


class AlarmList(QListView):
    """Shows one of the lists; scrolled by touch, by wheel and by keys."""

    chosen = Signal(str)
    """The alarm of that key was touched, or come to by a key."""

    def __init__(self, theme: Theme, model: QAbstractListModel) -> None:
        super().__init__()
        self._painter = _RowPainter(theme)
        self.setModel(model)
        self.setItemDelegate(self._painter)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QListView.Shape.NoFrame)
        QScroller.grabGesture(self.viewport(), QScroller.ScrollerGestureType.LeftMouseButtonGesture)
        self.selectionModel().currentChanged.connect(self._come_to)

    def _come_to(self, index: QModelIndex, _before: QModelIndex) -> None:
        row = index.data(ROW_ROLE)
        if isinstance(row, Row):
            self.chosen.emit(row.key)

    def choose(self, key: str | None) -> None:
        """Select the alarm of that key where it is in a short list, without telling."""
        index = next((i for i in self._all() if i.data(ROW_ROLE).key == key), None)
        if index == self.currentIndex():
            return
        blocked = self.selectionModel().blockSignals(True)
        if index is None:
            self.selectionModel().clear()
        else:
            self.setCurrentIndex(index)
        self.selectionModel().blockSignals(blocked)
        self.viewport().update()

    def _all(self) -> list[QModelIndex]:
        model = self.model()
        return [model.index(place, 0) for place in range(model.rowCount())]


def _write(painter: QPainter, rect: QRect, text: str, align: Qt.AlignmentFlag) -> None:
    """One line, cut where it does not fit."""
    said = painter.fontMetrics().elidedText(" ".join(text.split()), _ELIDE, rect.width())
    painter.drawText(rect, align | Qt.TextFlag.TextSingleLine, said)
