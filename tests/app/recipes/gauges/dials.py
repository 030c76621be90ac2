"""A dial of 0 to 100 drawn by hand, and its label as the issue writes it."""

import math
from typing import Any

import cv2
import numpy as np

from inspection.levels import Picture

CENTRE, RADIUS = (200, 150), 120


def at(value: float, radius: float = RADIUS) -> tuple[float, float]:
    """Where a value stands: 270 degrees clockwise, from lower left."""
    angle = math.radians(135.0 + 2.7 * value)
    return CENTRE[0] + radius * math.cos(angle), CENTRE[1] + radius * math.sin(angle)


def dial(value: float) -> Picture:
    """A black needle on a white face, 400 x 300."""
    picture = np.full((300, 400, 3), 120, np.uint8)
    cv2.circle(picture, CENTRE, RADIUS + 20, (245, 245, 245), -1, cv2.LINE_AA)
    for mark in range(0, 101, 10):
        ends = [tuple(round(c) for c in at(mark, radius)) for radius in (RADIUS - 12, RADIUS)]
        cv2.line(picture, ends[0], ends[1], (20, 20, 20), 2, cv2.LINE_AA)
    tip, tail = at(value, RADIUS - 10), at(value, -25)
    sides = [(tail[0] + d * (tip[1] - tail[1]) / 40, tail[1] - d * (tip[0] - tail[0]) / 40) for d in (1, -1)]
    shape = np.array([tip, *sides])
    cv2.fillPoly(picture, [np.round(shape * 16).astype(np.int32)], (15, 15, 15), cv2.LINE_AA, 4)
    cv2.circle(picture, CENTRE, 9, (15, 15, 15), -1, cv2.LINE_AA)
    return picture.astype(np.uint8, copy=False)


def label(file: str, value: float, **more: Any) -> dict[str, Any]:
    """As the issue has it."""
    return {
        "file": file,
        "center": list(CENTRE),
        "marks": [[*at(mark), mark] for mark in range(0, 101, 20)],
        "direction": "cw",
        "unit": "bar",
        "reading": value,
        "needle": {"color": "black", "second_needle": None},
    } | more
