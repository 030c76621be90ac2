"""What each cell of a row shows: a digit, a minus, nothing, or what nobody can tell.

A segment's share is its depth by the display's usual lit depth. A cell is measured by its own lit segments,
so that a reflection that lies over the whole of it does no harm; over part of it, it leaves segments
between lit and not, and where these could make another digit the cell is unclear. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from inspection.gauges.display.panel import Array
from inspection.gauges.display.segments import DIGITS, FORMS, PATTERNS, Row, sampled
from inspection.gauges.display.strokes import Strokes

BLANK: Final = " "
UNCLEAR: Final = "?"
MINUS: Final = "-"
_LIT: Final = 0.5
"""Of a cell's own lit depth: what is deeper is lit."""
_NOT_LIT: Final = 0.3
"""What is shallower is not; between them lies doubt."""
_NOTHING: Final = 0.2
"""Of the display's lit depth: a cell whose segments are all shallower is blank."""
_FAINTEST: Final = 0.25
"""Of the display's lit depth: a digit is at least that deep on the whole."""
_NOISES: Final = 4.0
"""How many standard deviations of what is not lit a share must have to mean anything."""
_FILLED: Final = 0.35
"""Of a cell's own lit depth: counters deeper than this belong to no digit."""
_GOES_ON: Final = 0.6
"""Of a cell's own lit depth: a stroke that is so deep beyond both its ends is a rim or a scratch."""
_POINT: Final = 0.6
"""Of a stroke: the side of the square that a point fills at least."""
_BLOWN_OUT: Final = 0.5
"""Of a cell's segments saturated: nothing shows there."""


@dataclass(frozen=True)
class Cell:
    """One place of the display."""

    number: int
    sign: str
    """A digit, MINUS, BLANK or UNCLEAR."""
    strength: float
    """Its lit segments' depth by that of the whole display."""
    shares: tuple[float, ...]
    """Of its seven segments."""
    point: float
    """Of the point behind it, by its own strength."""


@dataclass(frozen=True)
class Decoded:
    """All places of a row."""

    cells: tuple[Cell, ...]
    depth: float
    """Of what is lit, above what is not; logarithm of grey levels."""
    noise: float
    """Standard deviation of what is not lit, by ``depth``."""

    @property
    def clear(self) -> int:
        """How many places show a digit."""
        return sum(cell.sign not in (BLANK, UNCLEAR) for cell in self.cells)

    @property
    def unclear(self) -> int:
        """How many places nobody can tell."""
        return sum(cell.sign == UNCLEAR for cell in self.cells)


def decoded(strokes: Strokes, row: Row, cells: Sequence[int], *, minus: bool) -> Decoded | None:
    """What ``cells`` of the row show; ``minus``: whether they can show one. None: nothing is lit."""
    if not cells:
        return None
    segments = sampled(strokes.depth, *row.place(row.segments, cells))
    inside = sampled(strokes.depth, *row.place(row.counters, cells)).reshape(len(cells), 2, -1).mean(-1)
    beyond = sampled(strokes.depth, *row.place(row.ends, cells)).mean(-1)
    blind = sampled(strokes.blown_out, *row.place(row.segments, cells)).mean((1, 2))
    means = segments.mean(-1)
    gains = (means - strokes.level / 2) @ DIGITS.T
    shown = np.flatnonzero(gains.max(1) > 0)
    if not shown.size:
        return None
    lit = DIGITS[gains.argmax(1)] > 0
    ground = np.concatenate([means[shown][~lit[shown]], inside[shown].ravel()])
    unlit = float(np.median(ground))
    depth = float(np.median(means[shown][lit[shown]])) - unlit
    if depth <= 0:
        return None
    noise = float(ground.std()) / depth
    shares = (means - unlit) / depth
    points = _points(strokes.depth, row, cells, unlit, depth)
    seen = []
    for index, number in enumerate(cells):
        sign, strength = _sign(
            shares[index],
            (inside[index] - unlit) / depth,
            (beyond[index] - unlit) / depth,
            noise,
            minus=minus,
        )
        if sign == BLANK and blind[index] > _BLOWN_OUT:
            sign = UNCLEAR
        seen.append(
            Cell(number, sign, strength, tuple(float(share) for share in shares[index]), float(points[index]))
        )
    return Decoded(tuple(seen), depth, noise)


def _sign(shares: Array, inside: Array, beyond: Array, noise: float, *, minus: bool) -> tuple[str, float]:
    """The sign that a cell shows, and how strongly."""
    floor = max(_NOTHING, _NOISES * noise)
    if float(shares.max()) < floor:
        return BLANK, 0.0
    count = len(FORMS) if minus else len(FORMS) - 1
    patterns = PATTERNS[:count]
    fit = np.maximum(patterns @ shares, 0.0) ** 2 / patterns.sum(1)
    best = patterns[int(fit.argmax())] > 0
    strength = float(shares[best].mean())
    if strength < max(_FAINTEST, floor) or float(inside.max()) > _FILLED * strength:
        return UNCLEAR, strength
    own = shares / strength
    if _is_rim(own, beyond / strength):
        return UNCLEAR, strength
    known = np.where(own >= _LIT, 1.0, np.where(own <= _NOT_LIT, 0.0, np.nan))
    fitting = {
        FORMS[index][0]
        for index in range(count)
        if not np.any(np.abs(patterns[index] - known) > 0.5)  # nan: doubt fits either
    }
    return (fitting.pop() if len(fitting) == 1 else UNCLEAR), strength


def _is_rim(own: Array, beyond: Array) -> bool:
    """Whether a lit upright stroke goes on beyond both its ends."""
    left, right = min(own[4], own[5]) >= _LIT, min(own[1], own[2]) >= _LIT
    return bool(
        (left and min(beyond[0], beyond[2]) > _GOES_ON) or (right and min(beyond[1], beyond[3]) > _GOES_ON)
    )


def _points(depth: Array, row: Row, cells: Sequence[int], unlit: float, lit: float) -> Array:
    """The share of what may be a point behind each cell: deep, and nothing right above it."""
    side = 13
    across = np.linspace(row.width + 0.25 * row.stroke, row.pitch - 0.25 * row.stroke, side)
    down = np.linspace(row.height - 1.8 * row.stroke, row.height + 0.8 * row.stroke, side)
    grid = np.stack(np.meshgrid(across, down), -1).reshape(-1, 2)
    seen = sampled(depth, *row.place(grid, cells)).reshape(len(cells), side, side)
    box = (
        max(1, round(_POINT * row.stroke / (across[1] - across[0]))),
        max(1, round(_POINT * row.stroke / (down[1] - down[0]))),
    )
    higher = np.linspace(row.height - 3.6 * row.stroke, row.height - 2.2 * row.stroke, 5)
    over = np.stack(np.meshgrid(across, higher), -1).reshape(-1, 2)
    above = np.maximum(sampled(depth, *row.place(over, cells)).reshape(len(cells), 5, side).mean(1), unlit)
    best = [
        cv2.blur(patch - column, box, borderType=cv2.BORDER_REFLECT).max()
        for patch, column in zip(seen, above, strict=True)
    ]
    return np.asarray(best, np.float32) / lit
