"""The geometry of seven-segment digits in a row, and where in a field their segments and gaps lie.

Segments are named as usual: a on top, then clockwise b, c, d, e, f, and g in the middle. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.gauges.display.panel import Array

SEGMENTS: Final = "abcdefg"
_LIT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "abcdef",
        "1": "bc",
        "2": "abdeg",
        "3": "abcdg",
        "4": "bcfg",
        "5": "acdfg",
        "6": "acdefg",
        "7": "abc",
        "8": "abcdefg",
        "9": "abcdfg",
    }
)
_OTHER_FORMS: Final = (("6", "cdefg"), ("9", "abcfg"), ("7", "abcf"))
"""Without a tail, or with one."""
FORMS: Final = (*_LIT.items(), *_OTHER_FORMS, ("-", "g"))
"""Sign, and the segments that show it."""
PATTERNS: Final[Array] = np.array(
    [[segment in lit for segment in SEGMENTS] for _, lit in FORMS], dtype=np.float32
)
"""Forms x 7, 1 where the segment is lit."""
DIGITS: Final[Array] = PATTERNS[: len(_LIT)]
"""10 x 7: the usual forms of the digits."""
RIGHT: Final = "bc"
"""The segments on the right: each digit shows at least one of them."""
MIDDLE: Final = "g"
"""The segment that a minus shows."""

_ALONG: Final = np.linspace(-0.375, 0.375, 7)
_ACROSS: Final = np.linspace(-0.25, 0.25, 3)
_A, _B = (grid.ravel() for grid in np.meshgrid(_ALONG, _ACROSS))
_AROUND: Final = 0.7
"""Strokes around a digit that must be accounted for."""
_REACH: Final = 0.85
"""Strokes from a segment's middle line up to where it accounts for what is lit: half of one and its blur."""
_BESIDE: Final = 0.6
"""Strokes from a digit's outline to where its ground is looked at."""


@dataclass(frozen=True)
class Row:
    """A row of equal cells in a field; all in the field's pixels."""

    x: float
    """Left end of cell 0."""
    pitch: float
    top: float
    height: float
    width: float
    """Of a digit, outer edge to outer edge."""
    slant: float
    """Pixels to the right per pixel up."""
    stroke: float
    slope: float
    """Pixels down per pixel to the right."""
    fan: float = 0.0
    """How much more slant per pixel to the right: what is left of the perspective."""

    def place(self, points: NDArray[np.float64], cells: Sequence[int]) -> tuple[Array, Array]:
        """Points (... x 2: right of a cell's left end, below its top) in each of ``cells``: x and y."""
        across, down = points[..., 0], points[..., 1]
        first = self.pitch * np.asarray(cells, np.float64).reshape(-1, *[1] * across.ndim)
        x = self.x + first + across + (self.slant + self.fan * first) * (self.height / 2 - down)
        return x.astype(np.float32), (self.top + down + self.slope * x).astype(np.float32)

    def cells(self, left: float, right: float) -> list[int]:
        """Numbers of the cells whose digit lies between ``left`` and ``right``, within half a stroke."""
        room = self.stroke / 2
        first = int(np.ceil((left - room - self.x) / self.pitch))
        last = int(np.floor((right + room - self.x - self.width) / self.pitch))
        return list(range(first, last + 1))

    def moved(self, factor: float, by: float) -> "Row":
        """The same row in a field that is ``factor`` times as large, and begins ``by`` pixels before."""
        return replace(
            self,
            x=self.x * factor + by,
            pitch=self.pitch * factor,
            top=self.top * factor + by,
            height=self.height * factor,
            width=self.width * factor,
            stroke=self.stroke * factor,
            fan=self.fan / factor,
        )

    def shifted(self, by: float) -> "Row":
        """The same row in a field that begins ``by`` pixels before."""
        return replace(self, x=self.x + by)

    def counted_from(self, cell: int) -> "Row":
        """The same row, with ``cell`` as cell 0."""
        right = cell * self.pitch
        return replace(self, x=self.x + right, slant=self.slant + self.fan * right)

    @property
    def segments(self) -> NDArray[np.float64]:
        """7 x points x 2: the cores of the segments."""
        width, height, stroke = self.width, self.height, self.stroke
        long, tall = width - 2 * stroke, height / 2 - 1.5 * stroke
        upper, lower = stroke + tall / 2, height - stroke - tall / 2

        def level(down: float) -> NDArray[np.float64]:
            return np.stack([width / 2 + _A * long, down + _B * stroke], 1)

        def upright(across: float, down: float) -> NDArray[np.float64]:
            return np.stack([across + _B * stroke, down + _A * tall], 1)

        left, right = stroke / 2, width - stroke / 2
        return np.stack(
            [
                level(stroke / 2),
                upright(right, upper),
                upright(right, lower),
                level(height - stroke / 2),
                upright(left, lower),
                upright(left, upper),
                level(height / 2),
            ]
        )

    @property
    def counters(self) -> NDArray[np.float64]:
        """Points x 2: the two insides of a digit, which no segment ever covers."""
        steps = np.linspace(-0.5, 0.5, 5)
        across = self.width / 2 + steps * (self.width - 3.2 * self.stroke)
        tall = self.height / 2 - 2.2 * self.stroke
        down = np.concatenate([1.6 * self.stroke + tall * (steps + 0.5)])
        both = np.concatenate([down, down + self.height / 2 - self.stroke])
        return np.stack(np.meshgrid(across, both), -1).reshape(-1, 2)

    @property
    def beside(self) -> NDArray[np.float64]:
        """Points x 2: around a digit, without the place of its point."""
        off = _BESIDE * self.stroke
        down = np.linspace(0.0, self.height, 9)
        clear = np.linspace(0.0, self.height - 2 * self.stroke, 9)
        across = np.linspace(self.stroke, self.width - self.stroke, 5)
        return np.concatenate(
            [
                np.stack([np.full(9, -off), down], 1),
                np.stack([np.full(9, self.width + off), clear], 1),
                np.stack([across, np.full(5, -off)], 1),
                np.stack([across, np.full(5, self.height + off)], 1),
            ]
        )

    @property
    def whole(self) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Points x 2 all over a digit and around it, and 7 x points: what each segment accounts for."""
        stroke, width, height = self.stroke, self.width, self.height
        across = np.linspace(-_AROUND * stroke, width + _AROUND * stroke, 24)
        down = np.linspace(-_AROUND * stroke, height + _AROUND * stroke, 40)
        points = np.stack(np.meshgrid(across, down), -1).reshape(-1, 2)
        beside = (points[:, 0] < 0) | (points[:, 0] > width)
        points = points[~beside | (points[:, 1] < height - 2 * stroke)]  # without points: its own, the last
        half = stroke / 2
        left, right, top, middle, bottom = half, width - half, half, height / 2, height - half
        lines = (
            (left, top, right, top),
            (right, top, right, middle),
            (right, middle, right, bottom),
            (left, bottom, right, bottom),
            (left, middle, left, bottom),
            (left, top, left, middle),
            (left, middle, right, middle),
        )
        x, y = points.T
        off = [
            np.hypot(np.maximum(np.maximum(x0 - x, x - x1), 0), np.maximum(np.maximum(y0 - y, y - y1), 0))
            for x0, y0, x1, y1 in lines
        ]
        return points, np.stack(off) < _REACH * stroke

    @property
    def ends(self) -> NDArray[np.float64]:
        """4 x points x 2: above the left and the right stroke, and below: digits end there, rims do not."""
        steps = np.linspace(-0.25, 0.25, 3) * self.stroke
        left, right = self.stroke / 2, self.width - self.stroke / 2
        above, below = -0.9 * self.stroke, self.height + 0.9 * self.stroke
        return np.stack(
            [
                np.stack([across + steps, np.full(3, down)], 1)
                for across, down in ((left, above), (right, above), (left, below), (right, below))
            ]
        )


def sampled(depth: Array, x: Array, y: Array) -> Array:
    """The depth at places of the field, between pixels; 0 outside of it."""
    if not x.size:
        return np.zeros(x.shape, np.float32)
    rows = len(x) if x.ndim > 1 else 1  # OpenCV takes at most 32767 of a kind
    flat = cv2.remap(
        depth,
        x.reshape(rows, -1),
        y.reshape(rows, -1),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=0,
    )
    return np.asarray(flat, np.float32).reshape(x.shape)
