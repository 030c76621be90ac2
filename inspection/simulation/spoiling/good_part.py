"""What a good part's picture is like: where the part is, where it has structure, how many levels.

Worked out on a small copy, since many defects are drawn on every picture and the drawing has to be quick.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.levels import Picture
from inspection.simulation.defects import Plane

_SMALL_PX: Final = 112
"""Shorter side of the small copy, about."""
_BLACK: Final = 10
"""Grey levels; what is as dark as that and lies along the picture's border is no part."""
_BACKGROUND: Final = 0.01
"""Share of the picture from which on such a dark place is background; a smaller one is a dark corner."""
_EDGE: Final = 8.0
"""Grey levels between two cells of the small copy from which on there is structure,"""
_OVER_GRAIN: Final = 5.0
"""if it is as many times as steep as the part is elsewhere: grain is no structure."""
_LEVEL_WIDTH: Final = 2
_AROUND_LEVEL: Final = 12
_EXACT: Final = 0.93
_IN_LEVELS: Final = 0.8
_LEVELS_APART: Final = 64
"""A picture has two levels where eight pixels of ten lie within 2 of one of two levels 64 apart or more, and
few lie as close as 12 to them without lying on them: rims may be soft, but there is no grain."""
_BOTH: Final = 0.005
"""Share of the pixels that the rarer of the two levels has at least."""


class Levels(NamedTuple):
    """The two grey levels of a picture that has no others, as of a circuit board behind a threshold."""

    dark: float
    bright: float


@dataclass(frozen=True, kw_only=True)
class GoodPart:
    """A good part's picture, (height, width, 3), RGB, uint8, and others of its kind; none is written into."""

    picture: Picture
    others: Sequence[Picture] = ()

    @cached_property
    def colourless(self) -> bool:
        """Whether all three channels are the same."""
        red, green, blue = (self.picture[..., channel] for channel in range(3))
        return bool((red == green).all() and (green == blue).all())

    @cached_property
    def levels(self) -> Levels | None:
        """Its two levels; None where it has more, as photographs have."""
        if not self.colourless:
            return None
        counts = np.bincount(self.picture[::3, ::3, 1].ravel(), minlength=256)
        near, around = (
            np.convolve(counts, np.ones(2 * width + 1, np.int64), "same")
            for width in (_LEVEL_WIDTH, _AROUND_LEVEL)
        )
        first = int(near.argmax())
        apart = np.abs(np.arange(256) - first) >= _LEVELS_APART
        second = int(np.where(apart, near, -1).argmax())
        both = [first, second]
        if near[second] < _BOTH * counts.sum() or near[both].sum() < _IN_LEVELS * counts.sum():
            return None
        if np.any(near[both] < _EXACT * around[both]):
            return None
        dark, bright = (
            float(np.average(np.arange(256), weights=np.where(close, counts, 0)))
            for level in sorted((first, second))
            for close in (np.abs(np.arange(256) - level) <= _LEVEL_WIDTH,)
        )
        return Levels(dark, bright)

    @cached_property
    def step(self) -> int:
        """Pixels to one cell of the small copy."""
        height, width = self.picture.shape[:2]
        return max(1, int(min(height, width)) // _SMALL_PX)

    @cached_property
    def _small(self) -> Plane:
        height, width = self.picture.shape[:2]
        size = (max(1, width // self.step), max(1, height // self.step))
        small = cv2.resize(self.picture, size, interpolation=cv2.INTER_AREA)
        grey: Plane = small.mean(axis=2, dtype=np.float32)
        return grey

    @cached_property
    def part(self) -> NDArray[np.bool_]:
        """Of the small copy: where the part is; the black background along the border is none of it."""
        if self.levels is not None:
            return np.ones(self._small.shape, bool)
        dark = (self._small <= _BLACK).astype(np.uint8)
        count, labels = cv2.connectedComponents(dark, connectivity=4)
        along = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
        sizes = np.bincount(labels.ravel(), minlength=count)
        background = np.zeros(count, bool)
        background[np.unique(along)] = True
        background &= sizes >= _BACKGROUND * labels.size
        background[0] = False  # all that is not dark
        part: NDArray[np.bool_] = ~background[labels]
        return part

    @cached_property
    def _cells(self) -> NDArray[np.intp]:
        return np.flatnonzero(self.part)

    @cached_property
    def _edges(self) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        across = cv2.Sobel(self._small, cv2.CV_32F, 1, 0, scale=0.25)
        down = cv2.Sobel(self._small, cv2.CV_32F, 0, 1, scale=0.25)
        steep = np.where(self.part, np.hypot(across, down), 0.0).ravel()
        least = _EDGE
        if self.levels is None and len(self._cells):
            least = max(least, _OVER_GRAIN * float(np.median(steep[self._cells])))
        cells = np.flatnonzero(steep >= least)
        # a strong edge is not worth ten faint ones: all are structure
        return cells, np.cumsum(np.sqrt(steep[cells]))

    def place(self, rng: np.random.Generator, *, at_structure: bool) -> tuple[float, float] | None:
        """Draw a place on the part, x and y in pixels; at an edge in it, where asked. None: there is none."""
        if at_structure:
            cells, weights = self._edges
            if not len(cells):
                return None
            cell = int(cells[np.searchsorted(weights, rng.uniform(0.0, weights[-1]))])
        else:
            if not len(self._cells):
                return None
            cell = int(self._cells[rng.integers(len(self._cells))])
        row, column = divmod(cell, self._small.shape[1])
        height, width = self.picture.shape[:2]
        x, y = (column + rng.random()) * self.step, (row + rng.random()) * self.step
        return min(x, width - 1.0), min(y, height - 1.0)
