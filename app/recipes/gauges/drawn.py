"""A picture with a description drawn in, for a person to see whether it is right."""

import math

import cv2
import numpy as np

from inspection.instruments.description import Description
from inspection.instruments.dial import DialDescription
from inspection.instruments.display import DisplayDescription
from inspection.instruments.indicator import LampDescription, LevelDescription
from inspection.instruments.place import Mark, Point
from inspection.instruments.reading import Reading
from inspection.levels import Picture

_LINE, _NEEDLE = (255, 0, 200), (0, 200, 80)
_EDGE = (0, 0, 0)


def drawn(picture: Picture, what: Description, reading: Reading) -> Picture:
    """A copy of ``picture`` with pivot, marks and values, or the field, and the needle as it was read."""
    canvas = picture.copy()
    height, width = canvas.shape[:2]
    thick = max(1, round(max(width, height) / 500))
    match what:
        case DialDescription():
            here = what.in_picture(width, height)
            _cross(canvas, here.center, thick)
            for mark in here.marks:
                _mark(canvas, mark, thick)
            if reading.angle_deg is not None:
                _needle(canvas, here, reading.angle_deg, thick)
        case DisplayDescription(corners=corners) if corners is not None:
            cv2.polylines(canvas, [np.round(corners).astype(np.int32)], True, _LINE, thick, cv2.LINE_AA)
        case LampDescription(region=(left, top, across, down)):
            cv2.rectangle(canvas, (left, top), (left + across - 1, top + down - 1), _LINE, thick)
        case LevelDescription():
            _mark(canvas, what.bottom, thick)
            _mark(canvas, what.top, thick)
    return canvas


def _at(point: Point) -> tuple[int, int]:
    return round(point[0]), round(point[1])


def _cross(canvas: Picture, point: Point, thick: int) -> None:
    cv2.drawMarker(canvas, _at(point), _EDGE, cv2.MARKER_CROSS, 14 * thick, 3 * thick, cv2.LINE_AA)
    cv2.drawMarker(canvas, _at(point), _LINE, cv2.MARKER_CROSS, 12 * thick, thick, cv2.LINE_AA)


def _mark(canvas: Picture, mark: Mark, thick: int) -> None:
    _cross(canvas, mark.point, thick)
    place = _at((mark.x + 6 * thick, mark.y - 6 * thick))
    for colour, width in ((_EDGE, 3 * thick), ((255, 255, 255), thick)):
        cv2.putText(
            canvas,
            f"{mark.value:g}",
            place,
            cv2.FONT_HERSHEY_SIMPLEX,
            0.5 * thick,
            colour,
            width,
            cv2.LINE_AA,
        )


def _needle(canvas: Picture, dial: DialDescription, angle_deg: float, thick: int) -> None:
    reach = max(math.dist(dial.center, mark.point) for mark in dial.marks)
    turn = math.radians(angle_deg)
    tip = dial.center[0] + reach * math.sin(turn), dial.center[1] - reach * math.cos(turn)
    cv2.line(canvas, _at(dial.center), _at(tip), _NEEDLE, 2 * thick, cv2.LINE_AA)
