"""The part's picture, to be looked at closely: wheel, pinch and buttons zoom, a finger or the mouse pans."""

from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QGestureEvent, QPinchGesture

from app.console.screens.run.model.shown import BoxView
from app.console.screens.run.panels.picture import PictureView
from app.console.widgets.theme import DARK, Theme

MOST: Final = 16.0
"""Times the fitted size."""
STEP: Final = 1.5
"""Of one touch of a button."""
_PER_NOTCH: Final = 1.2
_NOTCH: Final = 120.0
"""Eighths of a degree, as Qt counts a wheel's turn."""


class ZoomedPicture(PictureView):
    """A picture that is fitted at first; its marks are drawn over it as strongly as is wanted."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.zoom = 1.0
        self.strength = 1.0
        """Of the marks, 0 to 1."""
        self._centre = QPointF(0.5, 0.5)
        """Which point of the picture lies in the middle, as shares of its width and height."""
        self._held: QPointF | None = None
        self.grabGesture(Qt.GestureType.PinchGesture)

    def show_picture(self, image: QImage | None, *, boxes: tuple[BoxView, ...], message: str) -> None:
        """Show another picture, fitted; the same one stays as it is zoomed."""
        if image is not self._image:
            self.fit()
        super().show_picture(image, boxes=boxes, message=message)

    def set_strength(self, strength: float) -> None:
        """Draw the marks so strongly, 0 to 1."""
        self.strength = strength
        self.update()

    def fit(self) -> None:
        """The whole picture."""
        self.zoom, self._centre = 1.0, QPointF(0.5, 0.5)
        self.update()

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom so that the point of the picture at ``at`` stays there; None for the middle."""
        if self._image is None:
            return
        at = QPointF(self.rect().center()) if at is None else at
        before = self.picture_rect()
        zoom = min(max(self.zoom * factor, 1.0), MOST)
        share = QPointF((at.x() - before.left()) / before.width(), (at.y() - before.top()) / before.height())
        width, height = before.width() * zoom / self.zoom, before.height() * zoom / self.zoom
        middle = QPointF(self.width() / 2, self.height() / 2)
        self.zoom = zoom
        self._look_at(share.x() + (middle.x() - at.x()) / width, share.y() + (middle.y() - at.y()) / height)

    def pan(self, by: QPointF) -> None:
        """Move the picture, pixels."""
        area = self.picture_rect()
        if not area.isEmpty():
            self._look_at(self._centre.x() - by.x() / area.width(), self._centre.y() - by.y() / area.height())

    def _look_at(self, x: float, y: float) -> None:
        """Put this point into the middle, as far as the picture's edges let it."""
        area = self.picture_rect()

        def within(share: float, room: float, size: float) -> float:
            half = min(room / size / 2, 0.5)
            return min(max(share, half), 1.0 - half)

        self._centre = QPointF(within(x, self.width(), area.width()), within(y, self.height(), area.height()))
        self.update()

    def picture_rect(self) -> QRectF:
        """Where the picture lies, beyond the widget's edges where it is zoomed; empty without one."""
        fitted = super().picture_rect()
        width, height = fitted.width() * self.zoom, fitted.height() * self.zoom
        middle = QPointF(self.width() / 2, self.height() / 2)
        return QRectF(
            middle.x() - self._centre.x() * width, middle.y() - self._centre.y() * height, width, height
        )

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """What is seen of the picture, its marks, and what is said over it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), DARK)
        if self._image is None:
            self._paint_message(painter)
        else:
            painter.drawImage(self.picture_rect(), self._image)
            painter.setOpacity(self.strength)
            taken: list[QRectF] = []
            for box in self._boxes:
                if self.box_rect(box.box).intersects(QRectF(self.rect())):
                    taken.append(self._paint_box(painter, box, taken))
            painter.setOpacity(1.0)
        if self._note:
            self._paint_note(painter)

    # --- hands ----------------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """The wheel zooms where the mouse is."""
        self.zoom_by(_PER_NOTCH ** (event.angleDelta().y() / _NOTCH), event.position())

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Take hold of the picture."""
        self._held = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Pull it."""
        if self._held is not None:
            self.pan(event.position() - self._held)
            self._held = event.position()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Let go."""
        self._held = None

    def event(self, event: QEvent) -> bool:
        """Two fingers zoom where they are."""
        if isinstance(event, QGestureEvent):
            pinch = event.gesture(Qt.GestureType.PinchGesture)
            if isinstance(pinch, QPinchGesture):
                self.zoom_by(pinch.scaleFactor(), QPointF(self.mapFromGlobal(pinch.centerPoint())))
                event.accept(pinch)
                return True
        return super().event(event)
