"""The part's picture, with its defects and instruments drawn over it in picture coordinates."""

from collections.abc import Mapping
from math import cos, radians, sin
from typing import Final

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.console.screens.run.model.shown import BoxView, Verdict
from app.console.widgets.drawing import hatch
from app.console.widgets.signs import Tone
from app.console.widgets.theme import BODY_PX, DARK, FILLS, INK, STRONG_PX, Theme
from inspection.decision import Severity

_PENS: Final[Mapping[Severity | Verdict, tuple[QColor, Qt.PenStyle]]] = {
    Severity.MINOR: (FILLS[Tone.CAUTION], Qt.PenStyle.DashLine),
    Severity.MAJOR: (FILLS[Tone.CAUTION], Qt.PenStyle.SolidLine),
    Severity.CRITICAL: (QColor("#ff4d4f"), Qt.PenStyle.SolidLine),
    Verdict.IN_RANGE: (QColor("#c3c9ce"), Qt.PenStyle.SolidLine),
    Verdict.OUT_OF_RANGE: (QColor("#ff4d4f"), Qt.PenStyle.SolidLine),
    Verdict.NOT_READ: (QColor("#79b8ff"), Qt.PenStyle.DotLine),
}
"""By dash and colour; its word or sign stands in the label. What is as it should be is grey (ISA-101)."""


class PictureView(QWidget):
    """A picture fitted into the widget at its own aspect, on black."""

    touched = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._image: QImage | None = None
        self._scaled: QPixmap | None = None
        self._boxes: tuple[BoxView, ...] = ()
        self._message = ""
        self._banner = ""
        self._note = ""
        self._stale = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Small: the layout decides."""
        return QSize(100, 100)

    def show_picture(self, image: QImage | None, *, boxes: tuple[BoxView, ...], message: str) -> None:
        """Show ``image`` with ``boxes``, or ``message`` where there is none."""
        if image is not self._image:
            self._image, self._scaled = image, None
            self.update()
        if (boxes, message) != (self._boxes, self._message):
            self._boxes, self._message = boxes, message
            self.setAccessibleDescription(message)
            self.update()

    def mark(self, *, banner: str, note: str, stale: bool) -> None:
        """What is said over the picture: that it is old (``banner``), a small ``note``, that it is stale."""
        if (banner, note, stale) != (self._banner, self._note, self._stale):
            self._banner, self._note, self._stale = banner, note, stale
            self.setAccessibleName(banner)
            self.update()

    @property
    def boxes(self) -> tuple[BoxView, ...]:
        """The boxes drawn now."""
        return self._boxes

    def picture_rect(self) -> QRectF:
        """Where the picture lies in the widget; empty without one."""
        if self._image is None:
            return QRectF()
        size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        left = (self.width() - size.width()) / 2
        top = (self.height() - size.height()) / 2
        return QRectF(left, top, size.width(), size.height())

    def box_rect(self, box: tuple[int, int, int, int]) -> QRectF:
        """A box in picture pixels, in the widget's coordinates."""
        area = self.picture_rect()
        if self._image is None:
            return QRectF()
        factor = area.width() / self._image.width()
        left, top, width, height = box
        return QRectF(area.left() + left * factor, area.top() + top * factor, width * factor, height * factor)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: N802
        """A touch."""
        self.touched.emit()

    def resizeEvent(self, _event: object) -> None:  # noqa: N802
        """The picture is scaled anew."""
        self._scaled = None

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Picture, boxes, labels, marks."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), DARK)
        if self._image is None:
            self._paint_message(painter)
        else:
            painter.drawPixmap(self.picture_rect().topLeft(), self._pixmap(self._image))
            taken: list[QRectF] = []
            for box in self._boxes:
                taken.append(self._paint_box(painter, box, taken))
        if self._stale:
            painter.fillRect(self.rect(), QColor(60, 66, 71, 120))
            hatch(painter, QRectF(self.rect()), QColor(200, 205, 210, 80), step=self._theme.px(18))
        if self._note:
            self._paint_note(painter)
        if self._banner:
            self._paint_banner(painter)

    def _pixmap(self, image: QImage) -> QPixmap:
        if self._scaled is None:
            self._scaled = QPixmap.fromImage(
                image.scaled(
                    self.picture_rect().size().toSize(),
                    Qt.AspectRatioMode.IgnoreAspectRatio,
                    Qt.TransformationMode.SmoothTransformation,
                )
            )
        return self._scaled

    def _paint_message(self, painter: QPainter) -> None:
        painter.setPen(QColor("#c3c9ce"))
        painter.setFont(self._theme.font(STRONG_PX))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._message)

    def _paint_box(self, painter: QPainter, view: BoxView, taken: list[QRectF]) -> QRectF:
        """Draw one box; its label goes where it hides no other label. Returns the label's place."""
        color, style = _PENS[view.says]
        rect = self.box_rect(view.box)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(0, 0, 0, 170), self._theme.px(5)))
        painter.drawRect(rect)
        pen = QPen(color, self._theme.px(2.5))
        pen.setStyle(style)
        painter.setPen(pen)
        painter.drawRect(rect)
        if view.needle_deg is not None:
            self._paint_needle(painter, rect, view.needle_deg, color)
        font = self._theme.font(BODY_PX, bold=True)
        metrics = QFontMetricsF(font)
        pad = self._theme.px(6)
        room = self.width() - 2 * pad
        text = metrics.elidedText(view.label, Qt.TextElideMode.ElideMiddle, room - 2 * pad)
        size_w, size_h = metrics.horizontalAdvance(text) + 2 * pad, self._theme.px(BODY_PX * 1.5)
        place = self._label_place(rect, size_w, size_h, taken)
        painter.fillRect(place, color)
        painter.setPen(INK)
        painter.setFont(font)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
        return place

    def _paint_needle(self, painter: QPainter, rect: QRectF, needle_deg: float, color: QColor) -> None:
        """The direction in which a dial was read, so that a person sees whether that is its needle."""
        reach, turn = 0.45 * min(rect.width(), rect.height()), radians(needle_deg)
        tip = rect.center() + QPointF(reach * sin(turn), -reach * cos(turn))
        for ink, width in ((QColor(0, 0, 0, 170), 5.0), (color, 2.5)):
            painter.setPen(QPen(ink, self._theme.px(width)))
            painter.drawLine(QLineF(rect.center(), tip))

    def _label_place(self, box: QRectF, width: float, height: float, taken: list[QRectF]) -> QRectF:
        gap = self._theme.px(3)
        left = min(max(gap, box.left() - gap), max(gap, self.width() - width - gap))
        below, above = box.bottom() + gap, box.top() - height - gap
        tries = [above, below, *(below + n * (height + gap) for n in range(1, 6))]
        for top in [*tries, *(above - n * (height + gap) for n in range(1, 6))]:
            place = QRectF(left, top, width, height)
            inside = gap <= top <= self.height() - height - gap
            if inside and not any(place.intersects(other) for other in taken):
                return place
        return QRectF(left, min(max(gap, above), self.height() - height - gap), width, height)

    def _paint_note(self, painter: QPainter) -> None:
        painter.setFont(self._theme.font(BODY_PX))
        height = self._theme.px(30)
        strip = QRectF(0, self.height() - height, self.width(), height)
        painter.fillRect(strip, QColor(0, 0, 0, 170))
        painter.setPen(QColor("white"))
        painter.drawText(strip, Qt.AlignmentFlag.AlignCenter, self._note)

    def _paint_banner(self, painter: QPainter) -> None:
        """A white frame and band: whoever looks at the picture reads that it is not of now."""
        edge = self._theme.px(6)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        pen = QPen(QColor("white"), edge)
        pen.setStyle(Qt.PenStyle.DashLine)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        half = edge / 2
        painter.drawRect(QRectF(self.rect()).adjusted(half, half, -half, -half))
        band = QRectF(0, 0, self.width(), self._theme.px(40))
        painter.fillRect(band, QColor("white"))
        painter.setPen(INK)
        painter.setFont(self._theme.font(STRONG_PX, bold=True))
        painter.drawText(band, Qt.AlignmentFlag.AlignCenter, self._banner)
