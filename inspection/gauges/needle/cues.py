"""Where something runs outward like a needle: unlike both its sides, and these alike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from inspection.gauges.needle.face import Floats
from inspection.gauges.needle.polar import COLUMNS, ROWS, Polar, radii

WIDTHS = (0.018, 0.04, 0.09, 0.18, 0.34)
"""Widths of the filter across the needle, in radii of the ring: from a hair to a water meter's wedge."""

OFFSETS = (-0.14, -0.08, -0.035, 0.0, 0.035, 0.08, 0.14)
"""How far a needle's axis may pass the pivot, in radii (a raised needle seen from the side), clockwise
positive."""

Indices = npt.NDArray[np.int64]
_USUAL = round(0.85 * COLUMNS)
"""Of the columns in rising order: what a cell there shows is usual at that radius."""
_SHARED = 0.4
"""Share of a run that may lie on one that was found before: more, and it is the same thing seen askew."""
_BESIDE = 5
"""Columns to either side among which a cell that differs most counts in full, and the others for less."""
_PADDING = COLUMNS // 2
_SUMS = COLUMNS + 2 * _PADDING + 1
"""Running sums to a row."""


@dataclass(frozen=True)
class Direction:
    """A direction in which something runs outward."""

    angle: float
    """Clockwise from up, radians: of the line, not of the ray from the pivot to its end."""
    offset: float
    """By how much the line passes the pivot, radii; positive where it passes on the clockwise side."""
    score: float
    """Length of the run, weighted by how clearly each piece of it differs from its sides, radii."""
    begin: float
    end: float
    """Radii between which it runs."""
    width: float
    """Of the filter that answered best, radii."""
    gap: float
    """How much bare face lies between the hub and where it begins, radii: a numeral with its tick has that,
    a needle has not."""


@lru_cache(maxsize=1)
def _strips() -> list[tuple[Indices, Floats]]:
    """For each width: where strips end and begin in the running sums, and the share of one column.

    2 x 3 x 3 x ROWS, of centre, left and right side in each channel; 3 x 1 x ROWS x 1.
    """
    arc = radii() * 2 * np.pi / COLUMNS
    rows = (np.arange(3)[:, None] * ROWS + np.arange(ROWS)) * _SUMS + _PADDING
    strips = []
    for width in WIDTHS:
        half = np.clip(np.round((width / arc - 1) / 2), 0, COLUMNS // 8).astype(int)
        gap = np.maximum(1, np.round(half * 0.3)).astype(int)
        side = np.maximum(2, np.round(half * 0.8)).astype(int)
        low = np.stack([-half, -half - gap - side, half + gap + 1])
        high = np.stack([half + 1, -half - gap, half + gap + 1 + side])
        share = (1 / (high - low)).astype(np.float32)
        strips.append((rows + np.stack([high, low])[:, :, None], share[:, None, :, None]))
    return strips


@lru_cache(maxsize=1)
def _sheared() -> Indices:
    """ROWS x OFFSETS x COLUMNS: flat cell that a line of that offset and direction crosses at that radius."""
    turn = np.arcsin(np.clip(np.array(OFFSETS) / radii()[:, None], -0.9, 0.9)) * COLUMNS / (2 * np.pi)
    column = (np.arange(COLUMNS) + np.round(turn)[..., None].astype(int)) % COLUMNS
    return np.asarray(np.arange(ROWS)[:, None, None] * COLUMNS + column)


def contrast(polar: Polar) -> tuple[Floats, npt.NDArray[np.int8]]:
    """How clearly each cell differs from both sides, and the width that shows it best.

    In lightness and in colour separately, each in multiples of what is usual at that radius: numerals and
    ticks stand all around the dial, so that there being dark says little, and being red much.
    """
    middle = np.ascontiguousarray(polar.lab.transpose(2, 0, 1))
    padded = np.concatenate([middle[..., -_PADDING:], middle, middle[..., :_PADDING]], axis=2)
    sums = np.zeros((3, ROWS, _SUMS), np.float32)
    np.cumsum(padded, axis=2, out=sums[..., 1:])
    rows_from = sliding_window_view(sums.reshape(-1), COLUMNS)
    differs = np.empty((2, len(WIDTHS), ROWS, COLUMNS), np.float32)
    for number, (places, share) in enumerate(_strips()):
        means, before = rows_from[places]
        means -= before
        means *= share
        centre, left, right = means
        one, other, sides = centre - left, centre - right, left - right
        # Its middle alone must be unlike the sides too, or a narrower needle that lies aside would do.
        alone = middle - left, middle - right
        np.minimum(_less(_light(one, other), _light(sides)), _light(*alone), out=differs[0, number])
        np.minimum(_less(_colour(one, other), _colour(sides)), _colour(*alone), out=differs[1, number])
    np.maximum(differs, 0, out=differs)
    usual = np.partition(differs.max(axis=1), _USUAL, axis=2)[..., _USUAL]
    floors = np.maximum(usual, np.maximum(usual.mean(axis=1, keepdims=True) * 0.5, 3.0))
    differs /= floors[:, None, :, None]
    clear = differs.sum(axis=0)
    most, which = clear[0], np.zeros((ROWS, COLUMNS), np.int8)
    for number in range(1, len(WIDTHS)):
        which = np.maximum(which, (clear[number] > most) * np.int8(number))
        most = np.maximum(most, clear[number])
    return most, which


def _less(clear: Floats, sides: Floats) -> Floats:
    clear -= sides
    return clear


def _light(*apart: Floats) -> Floats:
    """The least difference in lightness."""
    return reduce(np.minimum, [np.abs(one[0]) for one in apart])


def _colour(*apart: Floats) -> Floats:
    """The least difference in colour alone."""
    squares: list[Floats] = [one[1] * one[1] + one[2] * one[2] for one in apart]
    return np.asarray(np.sqrt(reduce(np.minimum, squares)), np.float32)


def directions(polar: Polar, count: int = 8) -> list[Direction]:
    """The directions in which something runs outward, best first, no two of them nearer than their widths."""
    differs, which = contrast(polar)
    belief = differs / (differs + 1)
    wrapped = np.concatenate([differs[:, -_BESIDE:], differs, differs[:, :_BESIDE]], axis=1)
    crest = np.asarray(cv2.dilate(wrapped, np.ones((1, 2 * _BESIDE + 1), np.uint8)))[:, _BESIDE:-_BESIDE]
    belief *= 0.5 + 0.5 * differs / np.maximum(crest, 1e-6)
    belief[polar.blind > 0.5] = 0.3
    runs = _runs(belief)
    step = radii()[1] - radii()[0]
    score = np.maximum(runs.max(axis=0), 0) * np.float32(step) / np.float32(0.6)
    score *= (1 - 0.8 * np.abs(np.array(OFFSETS, np.float32)))[:, None]
    found: list[Direction] = []
    free = score.copy()
    radius = radii()
    taken = np.zeros((ROWS, COLUMNS), np.bool_)
    for _ in range(3 * count):
        line, column = np.unravel_index(int(free.argmax()), free.shape)
        if free[line, column] <= 0.05 or len(found) == count:
            break
        first, last = _ends(runs[:, line, column])
        cells = _sheared()[first : last + 1, line, column]
        width = float(_median(np.array(WIDTHS)[which.reshape(-1)[cells]]))
        outer = cells[len(cells) // 3 :]
        if taken.reshape(-1)[outer].mean() < _SHARED:
            found.append(
                Direction(
                    angle=_peak(free[line], int(column)) * 2 * np.pi / COLUMNS,
                    offset=OFFSETS[int(line)],
                    score=float(free[line, column]),
                    begin=float(radius[first]),
                    end=float(radius[last]),
                    width=width,
                    gap=_gap(polar, _sheared()[:, line, column], first, last, width),
                )
            )
            _take(taken, outer, width)
        reach = radius[last]
        away = (np.arange(COLUMNS) - column + COLUMNS // 2) % COLUMNS - COLUMNS // 2
        tip = np.arcsin(np.clip(np.array(OFFSETS) / max(reach, 0.3), -0.9, 0.9)) * COLUMNS / (2 * np.pi)
        apart = np.abs(away[None] + tip[:, None] - tip[line])
        free[apart < max(5.0, np.degrees(width) * COLUMNS / 360 * 0.8)] = 0
    return sorted(found, key=lambda one: one.gap + 0.5 * max(one.begin - 0.45, 0) - one.score)


def _take(taken: npt.NDArray[np.bool_], cells: Indices, width: float) -> None:
    """Mark what lies within a needle's width of these cells as being of it."""
    rows, columns = np.divmod(cells, COLUMNS)
    arc = radii()[rows] * 2 * np.pi / COLUMNS
    aside = np.clip(np.ceil(0.7 * width / arc), 3, COLUMNS // 6).astype(int)
    across = 2 * aside + 1
    before = np.cumsum(across) - across
    places = np.arange(across.sum()) + np.repeat(columns - aside - before, across)
    taken[np.repeat(rows, across), places % COLUMNS] = True


def _gap(polar: Polar, line: Indices, first: int, last: int, width: float) -> float:
    """Radii of bare face along ``line`` inside of row ``first``; face is what lies beside the run."""
    if first == 0:
        return 0.0
    rows = np.arange(first, max(first + 1, (first + last) // 2) + 1)
    column = line % COLUMNS
    arc = radii()[rows] * 2 * np.pi / COLUMNS
    aside = np.maximum(2, np.ceil(width / arc)).astype(int)
    sides = np.concatenate([polar.lab[rows, (column[rows] + way * aside) % COLUMNS] for way in (-1, 1)])
    face, core = _median(sides), _median(polar.lab[rows, column[rows]])
    apart = float(np.linalg.norm(core - face))
    inner = np.linalg.norm(polar.lab[np.arange(first), column[:first]] - face, axis=1)
    return float((inner < 0.5 * apart).sum() * (radii()[1] - radii()[0]))


def _median(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Along the first axis."""
    ranked = np.sort(values, axis=0)
    return np.asarray((ranked[(len(ranked) - 1) // 2] + ranked[len(ranked) // 2]) / 2)


def _runs(belief: Floats) -> Floats:
    """ROWS x OFFSETS x COLUMNS: sum of belief above its middle, of the best run that ends in that row."""
    runs = np.take(belief.reshape(-1), _sheared(), mode="clip") - np.float32(0.4)
    for row in range(1, ROWS):
        runs[row] += np.maximum(runs[row - 1], 0)
    return runs


def _ends(runs: Floats) -> tuple[int, int]:
    """First and last row of the best of all runs that end in the rows of one line."""
    last = int(runs.argmax())
    bare = np.flatnonzero(runs[:last] <= 0)
    return (int(bare[-1]) + 1 if len(bare) else 0), last


def _peak(values: Floats, at: int) -> float:
    """The maximum's place between columns, by a parabola."""
    before, here, after = (float(values[(at + d) % len(values)]) for d in (-1, 0, 1))
    bend = before - 2 * here + after
    return at + (0.5 * (before - after) / bend if bend < -1e-6 else 0.0)
