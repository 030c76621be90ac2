"""Paints the signs: each shape as vectors in a square, so that it is sharp at every size."""

import math
from collections.abc import Callable, Mapping
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen, QPolygonF

from app.console.widgets.signs import Shape, Tone
from app.console.widgets.theme import CASINGS, FILLS, INKS

_UNIT: Final = 100.0
"""Shapes are described in a square of this edge."""
_CASING: Final = 5.0
"""Width of the edge around a pale shape."""


def draw_shape(
    painter: QPainter,
    shape: Shape,
    tone: Tone,
    rect: QRectF,
    *,
    hollow: bool = False,
    inverted: bool = False,
) -> None:
    """Paint ``shape`` centred in ``rect``, as large as fits.

    ``hollow`` leaves its inside empty; ``inverted`` is for a ground filled with the tone itself.
    """
    edge = min(rect.width(), rect.height())
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(rect.center().x() - edge / 2, rect.center().y() - edge / 2)
    painter.scale(edge / _UNIT, edge / _UNIT)
    fill, ink = (INKS[tone], FILLS[tone]) if inverted else (FILLS[tone], INKS[tone])
    if hollow:
        ink = fill
    if tone in CASINGS and not inverted:
        _paint_casing(painter, shape, CASINGS[tone], hollow)
    _PAINTERS[shape](painter, fill, ink, hollow)
    painter.restore()


def _paint_casing(painter: QPainter, shape: Shape, color: QColor, hollow: bool) -> None:
    """Paint ``shape`` all in ``color``, a little to each side: what shows of it is an edge around the shape.

    Shrinks what is painted after it, so that both lie in the square.
    """
    share = 1 - 2 * _CASING / _UNIT
    painter.translate(_CASING, _CASING)
    painter.scale(share, share)
    for eighth in range(8):
        painter.save()
        angle = eighth * math.pi / 4
        painter.translate(_CASING * math.cos(angle), _CASING * math.sin(angle))
        _PAINTERS[shape](painter, color, color, hollow)
        painter.restore()


def hatch(painter: QPainter, rect: QRectF, color: QColor, *, step: float) -> None:
    """Cover ``rect`` with diagonal lines: the sign of what is no longer valid."""
    painter.save()
    painter.setClipRect(rect, Qt.ClipOperation.IntersectClip)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(color, step * 0.28))
    x = rect.left() - rect.height()
    while x < rect.right():
        painter.drawLine(QPointF(x, rect.bottom()), QPointF(x + rect.height(), rect.top()))
        x += step
    painter.restore()


def _pen(color: QColor, width: float) -> QPen:
    pen = QPen(color, width)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return pen


def _solid(painter: QPainter, path: QPainterPath, fill: QColor, hollow: bool) -> None:
    painter.setPen(_pen(fill, 9))
    painter.setBrush(Qt.BrushStyle.NoBrush if hollow else QBrush(fill))
    painter.drawPath(path)


def _polygon(*points: tuple[float, float]) -> QPainterPath:
    path = QPainterPath()
    path.addPolygon(QPolygonF([QPointF(x, y) for x, y in points]))
    path.closeSubpath()
    return path


def _ring(painter: QPainter, fill: QColor, _ink: QColor, _hollow: bool) -> None:
    painter.setPen(_pen(fill, 12))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(QRectF(12, 12, 76, 76))


def _dashed_ring(painter: QPainter, fill: QColor, _ink: QColor, _hollow: bool) -> None:
    pen = QPen(fill, 12)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    pen.setDashPattern([1.24, 0.75])
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(QRectF(12, 12, 76, 76))


def _triangle(painter: QPainter, fill: QColor, ink: QColor, hollow: bool) -> None:
    _solid(painter, _polygon((50, 10), (94, 86), (6, 86)), fill, hollow)
    painter.setPen(_pen(ink, 10))
    painter.drawLine(QPointF(50, 38), QPointF(50, 60))
    painter.drawPoint(QPointF(50, 75))


def _octagon(painter: QPainter, fill: QColor, ink: QColor, hollow: bool) -> None:
    corners = [
        (50 + 46 * math.cos(math.radians(22.5 + 45 * n)), 50 + 46 * math.sin(math.radians(22.5 + 45 * n)))
        for n in range(8)
    ]
    _solid(painter, _polygon(*corners), fill, hollow)
    painter.setPen(_pen(ink, 13))
    painter.drawLine(QPointF(29, 50), QPointF(71, 50))


def _diamond(painter: QPainter, fill: QColor, ink: QColor, hollow: bool) -> None:
    _solid(painter, _polygon((50, 5), (95, 50), (50, 95), (5, 50)), fill, hollow)
    painter.translate(50, 50)
    painter.scale(0.62, 0.62)
    painter.translate(-50, -50)
    _question(painter, ink, ink, hollow)


def _square_cross(painter: QPainter, fill: QColor, ink: QColor, hollow: bool) -> None:
    _solid(painter, _polygon((10, 10), (90, 10), (90, 90), (10, 90)), fill, hollow)
    painter.setPen(_pen(ink, 11))
    painter.drawLine(QPointF(33, 33), QPointF(67, 67))
    painter.drawLine(QPointF(67, 33), QPointF(33, 67))


def _arrow_on(painter: QPainter, fill: QColor, _ink: QColor, _hollow: bool) -> None:
    painter.setPen(_pen(fill, 13))
    painter.drawLine(QPointF(12, 50), QPointF(86, 50))
    painter.drawPolyline([QPointF(60, 24), QPointF(87, 50), QPointF(60, 76)])


def _arrow_aside(painter: QPainter, fill: QColor, _ink: QColor, _hollow: bool) -> None:
    painter.setPen(_pen(fill, 13))
    painter.drawPolyline([QPointF(10, 26), QPointF(40, 26), QPointF(82, 80)])
    painter.drawPolyline([QPointF(50, 82), QPointF(83, 82), QPointF(83, 48)])


def _bar(painter: QPainter, fill: QColor, _ink: QColor, _hollow: bool) -> None:
    painter.setPen(_pen(fill, 13))
    painter.drawLine(QPointF(8, 50), QPointF(54, 50))
    painter.setPen(_pen(fill, 20))
    painter.drawLine(QPointF(78, 18), QPointF(78, 82))


def _pause(painter: QPainter, fill: QColor, _ink: QColor, _hollow: bool) -> None:
    painter.setPen(_pen(fill, 20))
    painter.drawLine(QPointF(32, 20), QPointF(32, 80))
    painter.drawLine(QPointF(68, 20), QPointF(68, 80))


def _cross(painter: QPainter, fill: QColor, _ink: QColor, _hollow: bool) -> None:
    painter.setPen(_pen(fill, 19))
    painter.drawLine(QPointF(20, 20), QPointF(80, 80))
    painter.drawLine(QPointF(80, 20), QPointF(20, 80))


def _question(painter: QPainter, fill: QColor, _ink: QColor, _hollow: bool) -> None:
    path = QPainterPath(QPointF(26, 32))
    path.cubicTo(QPointF(26, 4), QPointF(76, 4), QPointF(74, 34))
    path.cubicTo(QPointF(72, 52), QPointF(50, 50), QPointF(50, 68))
    painter.setPen(_pen(fill, 15))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(path)
    painter.drawPoint(QPointF(50, 91))


def _dots(painter: QPainter, fill: QColor, _ink: QColor, _hollow: bool) -> None:
    painter.setPen(_pen(fill, 18))
    for x in (18, 50, 82):
        painter.drawPoint(QPointF(x, 50))


def _play(painter: QPainter, fill: QColor, _ink: QColor, hollow: bool) -> None:
    _solid(painter, _polygon((22, 12), (88, 50), (22, 88)), fill, hollow)


def _pennant(painter: QPainter, fill: QColor, ink: QColor, hollow: bool) -> None:
    _solid(painter, _polygon((6, 14), (94, 14), (50, 90)), fill, hollow)
    painter.setPen(_pen(ink, 10))
    painter.drawLine(QPointF(36, 34), QPointF(64, 34))


_PAINTERS: Final[Mapping[Shape, Callable[[QPainter, QColor, QColor, bool], None]]] = {
    Shape.RING: _ring,
    Shape.TRIANGLE: _triangle,
    Shape.OCTAGON: _octagon,
    Shape.DIAMOND: _diamond,
    Shape.SQUARE_CROSS: _square_cross,
    Shape.DASHED_RING: _dashed_ring,
    Shape.ARROW_ON: _arrow_on,
    Shape.ARROW_ASIDE: _arrow_aside,
    Shape.BAR: _bar,
    Shape.PAUSE: _pause,
    Shape.CROSS: _cross,
    Shape.QUESTION: _question,
    Shape.DOTS: _dots,
    Shape.PLAY: _play,
    Shape.PENNANT: _pennant,
}
