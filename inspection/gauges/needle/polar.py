"""The face unwrapped about the pivot: rows are radii, columns are directions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from inspection.gauges.needle.face import RADIUS_PX, Face, Floats

ROWS = 40
COLUMNS = 420
NEAREST = 0.12
FARTHEST = 1.2
_FINER_ROWS, _FINER_COLUMNS = 3, 2


@dataclass(frozen=True)
class Polar:
    """Cells of the face: row i at ``radii()[i]``, column j at ``j / COLUMNS`` of a turn from up."""

    lab: Floats
    """ROWS x COLUMNS x 3: L in 0..100, a and b about 128."""

    blind: Floats
    """ROWS x COLUMNS: share of the cell that lies outside the picture or in glare, 0..1."""


@lru_cache(maxsize=1)
def radii() -> npt.NDArray[np.float64]:
    """Radius of each row's middle, in radii of the marks' ring."""
    return NEAREST + (np.arange(ROWS) + 0.5) * (FARTHEST - NEAREST) / ROWS


@lru_cache(maxsize=2)
def _maps(middle: float) -> tuple[Floats, Floats]:
    rows, columns = ROWS * _FINER_ROWS, COLUMNS * _FINER_COLUMNS
    radius = (NEAREST + (np.arange(rows) + 0.5) * (FARTHEST - NEAREST) / rows) * RADIUS_PX
    # A cell is the mean of its finer columns: they lie about its middle.
    turn = ((np.arange(columns) + 0.5) / _FINER_COLUMNS - 0.5) * 2 * np.pi / COLUMNS
    x = middle + radius[:, None] * np.sin(turn)[None]
    y = middle - radius[:, None] * np.cos(turn)[None]
    return x.astype(np.float32), y.astype(np.float32)


def unwrap(face: Face) -> Polar:
    """The face about its pivot, each cell the mean of the face in it."""
    x, y = _maps(face.middle)
    fine = cv2.remap(face.lab, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    lab = np.asarray(
        cv2.resize(fine.astype(np.float32), (COLUMNS, ROWS), interpolation=cv2.INTER_AREA), np.float32
    )
    share = np.zeros((ROWS, COLUMNS), np.float32)
    if face.blind is not None:
        hidden = cv2.remap(
            face.blind, x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=255.0
        )
        small = cv2.resize(hidden, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA)
        share = np.asarray(small / 255.0, np.float32)
    return Polar(lab=true_lab(lab), blind=share)


def true_lab(lab: Floats) -> Floats:
    """Lab in its own units from OpenCV's bytes, but for an offset of 128 in a and b; changes ``lab``."""
    lab[..., 0] *= 100 / 255
    return lab
