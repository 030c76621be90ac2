"""A place of a display as the net sees it. Pure."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.levels import Picture

Array = NDArray[np.float32]

WIDE: Final = 40
HIGH: Final = 48
"""Pixels of what is seen."""
LEFT: Final = -0.45
RIGHT: Final = 1.8
"""Of a digit's width, from its left end: its neighbours' edges and its point are seen too."""
TOP: Final = -0.25
BOTTOM: Final = 1.25
"""Of its height, from its top."""
_GROUND: Final = 31
"""Pixels over which the ground is evened out."""
_FLAT: Final = np.float32(0.02)
"""Of white: contrast that is nothing but noise."""
_FINE: Final = 1.5
"""Pixels of a picture that become one, from which on they are averaged before."""


def cut_out(picture: Picture, corners: NDArray[np.float64]) -> Picture:
    """A place of the picture, HIGH x WIDE x 3.

    ``corners``: upper left, upper right and lower left of its digit.
    """
    first, across, down = corners[0], corners[1] - corners[0], corners[2] - corners[0]
    step_x, step_y = (RIGHT - LEFT) / WIDE, (BOTTOM - TOP) / HIGH
    to_digit = np.array([[step_x, 0.0, LEFT + step_x / 2], [0.0, step_y, TOP + step_y / 2], [0.0, 0.0, 1.0]])
    to_picture = np.stack([across, down, first], 1) @ to_digit
    ends = np.array([[0, 0, 1], [WIDE, 0, 1], [0, HIGH, 1], [WIDE, HIGH, 1]]) @ to_picture.T
    full = np.array(picture.shape[1::-1])
    low = np.clip(np.floor(ends.min(0)).astype(int) - 4, 0, full - 2)
    high = np.clip(np.ceil(ends.max(0)).astype(int) + 4, low + 2, full)
    part = picture[low[1] : high[1], low[0] : high[0]]
    to_picture[:, 2] -= low
    shrink = float(np.hypot(*down)) * step_y
    if shrink > _FINE:
        part = np.asarray(cv2.GaussianBlur(part, (0, 0), 0.4 * shrink), np.uint8)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    seen = cv2.warpAffine(part, to_picture, (WIDE, HIGH), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, np.uint8)


def channels(seen: Picture) -> Array:
    """2 x HIGH x WIDE: the brightest and the darkest channel, by their own contrast."""
    both = []
    for channel in (seen.max(2), seen.min(2)):
        light = channel.astype(np.float32) / np.float32(255.0)
        off = light - cv2.boxFilter(light, -1, (_GROUND, _GROUND))
        both.append(off / (off.std() + _FLAT))
    return np.asarray(np.stack(both), np.float32)
