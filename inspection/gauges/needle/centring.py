"""Where a dial's own middle lies, where its place was only said of many crops at once.

A scale that goes all the way round, with marks evenly apart, looks alike each time it is turned on by one of
them: about its middle and nowhere else.
"""

from functools import lru_cache
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from inspection.gauges.needle.face import RADIUS_PX, Face, Floats
from inspection.instruments.dial import DialDescription

Array = npt.NDArray[np.float64]

SURE: Final = 0.02
"""Radii: standard deviation of the middle that is found, half of what is between places that are tried."""
_FARTHEST: Final = 0.2
"""Radii by which the middle may lie beside its place."""
_PLACES: Final = 11
"""That are tried, in each of both directions."""
_MARKS: Final = (4, 12)
"""With fewer marks much looks alike; with more, the next one is nearer than the middle may be beside its
place."""
_UNEVEN: Final = np.radians(2.0)
_RINGS: Final = np.linspace(0.5, 1.1, 20)
"""Where numerals and ticks are, radii."""
_COLUMNS: Final = 180
_MOST: Final = 2.0
"""Times what is usual on its ring: the needle and its shadow count no more than that."""
_CLEAR: Final = 3.0
"""Times the median of all places: even if only 20 of the 80 parts of a place's likeness are independent,
chance reaches that once in 70,000."""


def middle(face: Face, dial: DialDescription) -> Array | None:
    """The middle beside the pivot that was said (radii, x to the right, y down).

    None where that was said of this very picture, where the scale is not even all round, or nothing is clear.
    """
    marks = len(dial.marks)
    if not dial.relative or not _even(dial) or not _MARKS[0] <= marks <= _MARKS[1]:
        return None
    grey = face.lab[..., 0]
    seen = cv2.remap(grey, *_rings(face.middle), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    rings = seen.astype(np.float32)
    wide = 2 * (_COLUMNS // marks // 2) + 1
    wrapped = np.concatenate([rings[:, -wide:], rings, rings[:, :wide]], axis=1)
    off = rings - cv2.blur(wrapped, (wide, 1))[:, wide:-wide]
    most = _MOST * np.abs(off).mean(axis=1, keepdims=True)
    waves = np.clip(off, -most, most) @ _waves(marks)
    alike = np.asarray((waves * waves).reshape(_PLACES, _PLACES, -1).sum(axis=2), np.float32)
    return _peak(alike) if alike.max() > _CLEAR * np.median(alike) else None


def _even(dial: DialDescription) -> bool:
    if not dial.full_circle:
        return False
    at = np.array([mark.point for mark in dial.marks]) - np.array(dial.center)
    turns = np.unwrap(np.arctan2(at[:, 1], at[:, 0]))
    return bool(np.abs(np.abs(np.diff(turns)) - 2 * np.pi / len(turns)).max() < _UNEVEN)


@lru_cache(maxsize=4)
def _waves(marks: int) -> Floats:
    """What is alike from mark to mark, and from there to half way."""
    turns = np.arange(_COLUMNS) * 2 * np.pi / _COLUMNS
    return np.stack([wave(n * marks * turns) for n in (1, 2) for wave in (np.cos, np.sin)], axis=1).astype(
        np.float32
    )


@lru_cache(maxsize=2)
def _rings(centre: float) -> tuple[Floats, Floats]:
    """Pixels of all rings about all places: rows are places from above, from the left, and rings."""
    turns = np.arange(_COLUMNS) * 2 * np.pi / _COLUMNS
    step = np.linspace(-_FARTHEST, _FARTHEST, _PLACES)
    y, x, radius = np.meshgrid(step, step, _RINGS, indexing="ij")
    ways = (x, np.sin(turns)), (y, -np.cos(turns))
    across, down = (
        centre + RADIUS_PX * (at.reshape(-1, 1) + radius.reshape(-1, 1) * way) for at, way in ways
    )
    return across.astype(np.float32), down.astype(np.float32)


def _peak(alike: Floats) -> Array | None:
    """Where it is greatest, between places by parabolas; None at the border of what was tried."""
    row, column = np.unravel_index(int(alike.argmax()), alike.shape)
    if not (0 < row < _PLACES - 1 and 0 < column < _PLACES - 1):
        return None
    lines = alike[row, column - 1 : column + 2], alike[row - 1 : row + 2, column]
    between = [0.5 * (one[0] - one[2]) / min(one[0] - 2 * one[1] + one[2], -1e-6) for one in lines]
    step = 2 * _FARTHEST / (_PLACES - 1)
    return np.array([column + between[0], row + between[1]]) * step - _FARTHEST
