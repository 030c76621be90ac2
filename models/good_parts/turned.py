"""Parts that lie turned against each other: taught so, a memory takes any place for any other.

Each picture is compared with the first, as it lies and turned by whole steps all around, by the correlation
of what a circle in their middle shows. It is turned where some turn brings it near the first, and leaves at
most half of what differed as it lay. A part that looks alike however it lies is not turned, nor is one
without structure that could be brought near.
"""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.part import Picture

_SIDE: Final = 64
_STEP_DEG: Final = 5
"""Half of it stays: at the circle's rim less than two of its pixels."""
_NEAR: Final = 0.7
"""Correlation from which a turned picture shows the same."""
_ALIKE: Final = 0.95
"""Correlation from which nothing differs that a turn could explain."""
_LEFT: Final = 0.5
"""Share of what differed that a turn may leave."""

Thumbnail = NDArray[np.float32]
"""(64, 64)"""


def thumbnail(picture: Picture) -> Thumbnail:
    """What is compared of a picture, (height, width, 3): the square in its middle, small and grey."""
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    grey = cv2.cvtColor(picture[top : top + side, left : left + side], cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), 1.0), np.float32)


def turned(thumbnails: Sequence[Thumbnail]) -> list[int]:
    """Which pictures show the part turned against the first one, by whatever angle."""
    if not thumbnails:
        return []
    centre = (_SIDE - 1) / 2.0
    y, x = np.mgrid[:_SIDE, :_SIDE] - centre
    inside = np.hypot(x, y) <= centre
    all_around = []
    for angle in range(0, 360, _STEP_DEG):
        turn = cv2.getRotationMatrix2D((centre, centre), angle, 1.0)
        all_around.append(_standard(cv2.warpAffine(thumbnails[0], turn, (_SIDE, _SIDE))[inside]))
    turns = np.stack(all_around)
    found = []
    for index, one in enumerate(thumbnails[1:], 1):
        alike = turns @ _standard(one[inside]) / inside.sum()
        if alike[0] < _ALIKE and alike.max() >= _NEAR and 1.0 - alike.max() <= _LEFT * (1.0 - alike[0]):
            found.append(index)
    return found


def _standard(values: NDArray[np.float32]) -> NDArray[np.float32]:
    spread = float(values.std())
    return np.asarray((values - values.mean()) / max(spread, 1e-3), np.float32)
