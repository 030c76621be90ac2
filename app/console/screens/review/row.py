"""Paints one part of the queue: its number, when it came, and why it waits."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.console.widgets.theme import BODY_PX, CAPTION_PX, DARK, INK, LINE, MUTED_INK, TOUCH_PX, WHITE, Theme
from app.console.words.words import Words
from inspection.reviews.shown import PartInQueue


class PartRow(QStyledItemDelegate):
    """A row that a gloved finger hits."""

    def __init__(self, theme: Theme, words: Words) -> None:
        super().__init__()
        self._theme = theme
        self.words = words

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: N802
        """As high as what is touched."""
        return QSize(self._theme.px(120), self._theme.px(TOUCH_PX + 8))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """The part's number over its time and why it waits; the chosen one on dark."""
        part = index.data(Qt.ItemDataRole.UserRole)
        if not isinstance(part, PartInQueue):
            return
        rect, px = QRectF(option.rect), self._theme.px
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        if chosen:
            painter.fillRect(rect, DARK)
        painter.setPen(LINE)
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        inner = rect.adjusted(px(10), px(5), -px(10), -px(5))
        painter.setPen(WHITE if chosen else INK)
        painter.setFont(self._theme.font(BODY_PX, bold=True))
        painter.drawText(inner, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft, str(part.part_id))
        painter.setPen(WHITE if chosen else MUTED_INK)
        painter.setFont(self._theme.font(CAPTION_PX))
        why = "" if part.why is None else self.words.review.whys[part.why]
        painter.drawText(inner, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft, why)
        time = f"{part.seen_at.astimezone():%H:%M:%S}"
        painter.drawText(inner, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignRight, time)
        painter.restore()
