"""Fits a row of cells to a field's strokes, to a fraction of a stroke.

Coordinate by coordinate, in halving steps, as long as lit segments become deeper and all that is never lit
(counters, and the ground around each digit) shallower. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from inspection.gauges.display.panel import Array
from inspection.gauges.display.segments import DIGITS, SEGMENTS, Row, sampled

_MOST: Final = 1.2
"""Times the lit depth: see ``grid``."""
_ROUNDS: Final = 4
_STROKES: Final = (0.07, 0.22)
"""Of the height."""
_WIDTHS: Final = (0.3, 0.85)
"""Of the height."""
_SLANTS: Final = (-0.05, 0.3)
_LEAST_PITCH: Final = 1.1
"""Of the width."""
_FAN: Final = 0.15
"""Of the slant, from the middle to either end of a wide field."""
_WIDE: Final = 256.0
"""Pixels from the middle of a wide field to its end."""
_GROWS: Final = 1.2
"""By how much digits may come out higher or lower than guessed."""
_BLANK: Final = -1


def _unit(width: float, height: float, stroke: float) -> Row:
    return Row(0.0, 0.0, 0.0, height, width, 0.0, stroke, 0.0)


_UNITS: Final = (_unit(1.0, 0.0, 0.0), _unit(0.0, 1.0, 0.0), _unit(0.0, 0.0, 1.0))
_POINTS: Final = np.stack(
    [np.concatenate([row.segments.reshape(-1, 2), row.counters, row.beside]) for row in _UNITS]
)
"""Points of segments and of what is never lit, linear in width, height and stroke: 3 x points x 2."""
_FLAT: Final = _POINTS.reshape(len(_UNITS), -1)
_NEVER_LIT: Final = len(_UNITS[0].counters) + len(_UNITS[0].beside)


@dataclass(frozen=True)
class Fit:
    """A row, and how well it fits."""

    row: Row
    contrast: float
    """Lit segments against what is never lit, and against segments that are not: 1 at best."""


def fitted(depth: Array, level: float, row: Row, *, left: float, right: float) -> Fit | None:
    """The row near ``row`` that fits best. None: nothing is lit."""
    depth = np.minimum(depth, _MOST * level)
    heights = row.height / _GROWS, row.height * _GROWS
    share = 1.0
    contrast = -1.0
    for _ in range(_ROUNDS):
        cells = row.cells(left, right)
        digits = _digits(depth, row, cells, level)
        lit = [cell for cell, digit in zip(cells, digits, strict=True) if digit != _BLANK]
        if not lit:
            return None
        anchor = round(sum(lit) / len(lit))
        row = row.counted_from(anchor)
        shown = [(cell - anchor, digit) for cell, digit in zip(cells, digits, strict=True) if digit != _BLANK]
        row, contrast = _climbed(depth, level, row, shown, share, heights)
        share /= 2
    return Fit(row, contrast)


def _digits(depth: Array, row: Row, cells: Sequence[int], level: float) -> list[int]:
    """The likeliest digit of each cell, _BLANK where none is likelier than nothing."""
    if not cells:
        return []
    gains = (sampled(depth, *row.place(row.segments, cells)).mean(-1) - level / 2) @ DIGITS.T
    return [int(gain.argmax()) if gain.max() > 0 else _BLANK for gain in gains]


def _climbed(
    depth: Array,
    level: float,
    row: Row,
    shown: Sequence[tuple[int, int]],
    share: float,
    heights: tuple[float, float],
) -> tuple[Row, float]:
    """One round: each coordinate as far as it helps."""
    cells, weights = [cell for cell, _ in shown], _weights(shown)
    best = _contrast(depth, level, row, cells, weights)
    steps = {
        "x": 0.06 * row.height,
        "pitch": 0.02 * row.pitch,
        "top": 0.05 * row.height,
        "height": 0.05 * row.height,
        "width": 0.06 * row.width,
        "slant": 0.05,
        "stroke": 0.02 * row.height,
        "slope": 0.015,
        "fan": 0.1 / _WIDE,
    }
    for _ in range(2):
        for name, step in steps.items():
            for way in (step * share, -step * share):
                moved = False
                while (tried := _moved(row, name, way, heights)) is not None:
                    contrast = _contrast(depth, level, tried, cells, weights)
                    if contrast <= best + 1e-5:
                        break
                    row, best, moved = tried, contrast, True
                if moved:
                    break
    return row, best


def _moved(row: Row, name: str, by: float, heights: tuple[float, float]) -> Row | None:
    """The row with one coordinate changed; digits keep their middle. None where that is no row."""
    changes = {name: getattr(row, name) + by}
    if name == "width":
        changes["x"] = row.x - by / 2
    elif name == "height":
        changes["top"] = row.top - by / 2
    moved = replace(row, **changes)
    fits = (
        heights[0] < moved.height < heights[1]
        and _STROKES[0] < moved.stroke / moved.height < _STROKES[1]
        and _WIDTHS[0] < moved.width / moved.height < _WIDTHS[1]
        and _SLANTS[0] < moved.slant < _SLANTS[1]
        and abs(moved.fan) * _WIDE < _FAN
        and moved.pitch > _LEAST_PITCH * moved.width
    )
    return moved if fits else None


def _weights(shown: Sequence[tuple[int, int]]) -> tuple[Array, float]:
    """Cells x points, what each counts for in the contrast; and what all together do."""
    sign = 2 * DIGITS[[digit for _, digit in shown]] - 1
    never_lit = np.full((len(shown), _NEVER_LIT), -1.0 / (len(shown) * _NEVER_LIT))
    each = (_POINTS.shape[1] - _NEVER_LIT) // len(SEGMENTS)
    weights = np.hstack([np.repeat(sign, each, axis=1) / (sign.size * each), never_lit])
    return np.asarray(weights, np.float32), float(sign.mean()) - 1.0


def _contrast(
    depth: Array, level: float, row: Row, cells: Sequence[int], weights: tuple[Array, float]
) -> float:
    points = np.dot((row.width, row.height, row.stroke), _FLAT).reshape(-1, 2)
    seen = sampled(depth, *row.place(points, cells))
    each, together = weights
    return float(np.vdot(each, seen)) / level - together / 2
