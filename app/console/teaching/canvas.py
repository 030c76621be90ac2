"""The picture in which is clicked: it can be enlarged, since a click is worth what it is exact."""

from math import hypot
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from app.console.teaching.clicks import Clicks
from app.console.widgets.theme import BODY_PX, DARK, INK, Theme
from inspection.instruments.place import Point

_MOST_ZOOM: Final = 24.0
STEP: Final = 1.25
"""Of the wheel: so many times larger or smaller."""
_GRASP_PX: Final = 12
"""Of the screen: within it a press takes hold of what was clicked before."""
_COLOURS: Final = {True: QColor("#7dff9a"), False: QColor("#ffd84d")}
"""Of a mark with its value, and of one that lacks it."""
_PIVOT: Final = QColor("#ff7ad9")


class Canvas(QWidget):
    """Shows a picture and what was clicked. A click sets a cross; a drag moves one, or the picture."""

    clicked = Signal(float, float)
    """x, y in pixels of the picture, 0 at the centre of the first."""
    moved = Signal(int, float, float)
    """What (see ``Clicks.at``) was moved, and to where."""

    def __init__(self, theme: Theme, image: QImage) -> None:
        super().__init__()
        self._theme, self._image = theme, image
        self._clicks = Clicks()
        self._zoom = 1.0
        self._middle = QPointF(image.width() / 2, image.height() / 2)
        """What of the picture lies in the widget's middle; 0 is the first pixel's edge."""
        self._pressed_at: QPointF | None = None
        self._held: int | None = None
        self._shifted_from: QPointF | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 200)
        self.setCursor(Qt.CursorShape.CrossCursor)

    def show_clicks(self, clicks: Clicks) -> None:
        """Draw these."""
        self._clicks = clicks
        self.update()

    def on_screen(self, point: Point) -> QPointF:
        """Where a point of the picture lies in the widget."""
        half = QPointF(self.width() / 2, self.height() / 2)
        return (QPointF(point[0] + 0.5, point[1] + 0.5) - self._middle) * self._factor() + half

    def in_picture(self, place: QPointF) -> Point:
        """Which point of the picture a place in the widget shows."""
        half = QPointF(self.width() / 2, self.height() / 2)
        point = (place - half) / self._factor() + self._middle
        return point.x() - 0.5, point.y() - 0.5

    def enlarge(self, by: float, about: QPointF | None = None) -> None:
        """Enlarge so many times; what lies at ``about`` (None: in the middle) stays there."""
        about = QPointF(self.width() / 2, self.height() / 2) if about is None else about
        before = self.in_picture(about)
        self._zoom = min(max(self._zoom * by, 1.0), _MOST_ZOOM)
        after = self.in_picture(about)
        self._middle += QPointF(before[0] - after[0], before[1] - after[1])
        if self._zoom == 1.0:
            self._middle = QPointF(self._image.width() / 2, self._image.height() / 2)
        self.update()

    def _factor(self) -> float:
        fitted = min(self.width() / self._image.width(), self.height() / self._image.height())
        return max(fitted, 1e-3) * self._zoom

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Larger or smaller."""
        self.enlarge(STEP if event.angleDelta().y() > 0 else 1.0 / STEP, event.position())

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Takes hold of what is there, or of the picture."""
        if event.button() is not Qt.MouseButton.LeftButton:
            self._shifted_from = event.position()
            return
        within = self._theme.px(_GRASP_PX) / self._factor()
        self._pressed_at = event.position()
        self._held = self._clicks.at(self.in_picture(event.position()), within=within)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Moves what is held."""
        if self._held is None and self._shifted_from is None and self._pressed_at is not None:
            way = event.position() - self._pressed_at
            if way.manhattanLength() >= QApplication.startDragDistance():
                self._shifted_from = self._pressed_at
        if self._shifted_from is not None:
            self._middle -= (event.position() - self._shifted_from) / self._factor()
            self._shifted_from = event.position()
            self.update()
        elif self._held is not None:
            self.moved.emit(self._held, *self._inside(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """A click, where nothing was held or shifted."""
        still = self._held is None and self._shifted_from is None
        if event.button() is Qt.MouseButton.LeftButton and still:
            point = self.in_picture(event.position())
            if point == self._inside(event.position()):
                self.clicked.emit(*point)
        self._held, self._shifted_from, self._pressed_at = None, None, None

    def _inside(self, place: QPointF) -> Point:
        """The nearest point of the picture."""
        x, y = self.in_picture(place)
        return min(max(x, -0.5), self._image.width() - 0.5), min(max(y, -0.5), self._image.height() - 0.5)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Picture, pivot, marks with their values."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), DARK)
        corner = self.on_screen((-0.5, -0.5))
        size = self._image.size() * self._factor()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._factor() < 4.0)
        painter.drawImage(QRectF(corner.x(), corner.y(), size.width(), size.height()), self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        crosses = [(mark.point, _COLOURS[mark.value is not None]) for mark in self._clicks.marks]
        if self._clicks.centre is not None:
            crosses.append((self._clicks.centre, _PIVOT))
        for point, colour in crosses:
            self._paint_cross(painter, self.on_screen(point), colour)
        for number, mark in enumerate(self._clicks.marks, 1):
            if self.rect().contains(self.on_screen(mark.point).toPoint()):
                text = f"{mark.value:g}" if mark.value is not None else f"#{number}"
                self._paint_label(painter, mark.point, text, _COLOURS[mark.value is not None])

    def _paint_cross(self, painter: QPainter, at: QPointF, colour: QColor) -> None:
        reach, gap = self._theme.px(12), self._theme.px(3)
        for ink, width in ((QColor(0, 0, 0, 190), 4.0), (colour, 1.5)):
            painter.setPen(QPen(ink, self._theme.px(width)))
            for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                painter.drawLine(at + QPointF(gap * x, gap * y), at + QPointF(reach * x, reach * y))

    def _paint_label(self, painter: QPainter, point: Point, text: str, colour: QColor) -> None:
        """Beyond a mark as seen from the pivot: it hides neither needle nor scale. All of it in sight."""
        font = self._theme.font(BODY_PX, bold=True)
        width = QFontMetricsF(font).horizontalAdvance(text) + self._theme.px(8)
        place = QRectF(0, 0, width, self._theme.px(22))
        outward = QPointF(*point) - QPointF(*(self._clicks.centre or (0.0, 0.0)))
        length = max(hypot(outward.x(), outward.y()), 1e-9)
        reach = self._theme.px(16) + hypot(place.width(), place.height()) / 2
        place.moveCenter(self.on_screen(point) + outward * (reach / length))
        place.moveLeft(min(max(place.left(), 0.0), self.width() - place.width()))
        place.moveTop(min(max(place.top(), 0.0), self.height() - place.height()))
        painter.fillRect(place, colour)
        painter.setPen(INK)
        painter.setFont(font)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
