"""Where something runs outward like a needle: unlike both its sides, and these alike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

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
def _strips() -> list[list[tuple[Indices, Indices, Floats]]]:
    """For each width: places in the running sums that bound centre, left and right side, and shares."""
    stride = COLUMNS + 2 * _PADDING + 1
    column = np.arange(COLUMNS)[None] + _PADDING
    row = (np.arange(ROWS) * stride)[:, None]
    arc = radii()[:, None] * 2 * np.pi / COLUMNS
    strips = []
    for width in WIDTHS:
        half = np.clip(np.round((width / arc - 1) / 2), 0, COLUMNS // 8).astype(int)
        gap = np.maximum(1, np.round(half * 0.3)).astype(int)
        side = np.maximum(2, np.round(half * 0.8)).astype(int)
        spans = []
        for low, high in (
            (-half, half + 1),
            (-half - gap - side, -half - gap),
            (half + gap + 1, half + gap + 1 + side),
        ):
            size = (1 / (high - low)).astype(np.float32)[..., None]
            spans.append((row + column + low, row + column + high, size))
        strips.append(spans)
    return strips


@lru_cache(maxsize=1)
def _sheared() -> Indices:
    """OFFSETS x ROWS x COLUMNS: flat cell that a line of that offset and direction crosses at that radius."""
    turn = np.arcsin(np.clip(np.array(OFFSETS)[:, None] / radii()[None], -0.9, 0.9)) * COLUMNS / (2 * np.pi)
    column = (np.arange(COLUMNS)[None, None] + np.round(turn)[..., None].astype(int)) % COLUMNS
    return np.asarray(np.arange(ROWS)[None, :, None] * COLUMNS + column)


def contrast(polar: Polar) -> tuple[Floats, npt.NDArray[np.int8]]:
    """How clearly each cell differs from both sides, and the width that shows it best.

    In lightness and in colour separately, each in multiples of what is usual at that radius: numerals and
    ticks stand all around the dial, so that there being dark says little, and being red much.
    """
    padded = np.concatenate([polar.lab[:, -_PADDING:], polar.lab, polar.lab[:, :_PADDING]], axis=1)
    sums = np.zeros((ROWS, padded.shape[1] + 1, 3), np.float32)
    np.cumsum(padded, axis=1, out=sums[:, 1:])
    flat = sums.reshape(-1, 3)
    by_width = np.empty((2, len(WIDTHS), ROWS, COLUMNS), np.float32)
    middle = np.asarray(polar.lab, np.float32)
    for number, spans in enumerate(_strips()):
        centre, left, right = (_means(flat, *span) for span in spans)
        one, other, sides = centre - left, centre - right, left - right
        by_width[0, number] = np.minimum(np.abs(one[..., 0]), np.abs(other[..., 0])) - np.abs(sides[..., 0])
        by_width[1, number] = np.minimum(_colour(one), _colour(other)) - _colour(sides)
        # Its middle alone must be unlike the sides too, or a narrower needle that lies aside would do.
        one, other = middle - left, middle - right
        alone = (
            np.minimum(np.abs(one[..., 0]), np.abs(other[..., 0])),
            np.minimum(_colour(one), _colour(other)),
        )
        by_width[:, number] = np.minimum(by_width[:, number], alone)
    differs = np.clip(by_width, 0, None)
    usual = np.partition(differs.max(axis=1), _USUAL, axis=2)[..., _USUAL]
    floors = np.maximum(usual, np.maximum(usual.mean(axis=1, keepdims=True) * 0.5, 3.0))
    clear = (differs / floors[:, None, :, None]).sum(axis=0)
    which = clear.argmax(axis=0)
    return np.asarray(clear.max(axis=0), np.float32), which.astype(np.int8)


def _means(sums: Floats, low: Indices, high: Indices, size: Floats) -> Floats:
    between = np.take(sums, high, axis=0, mode="clip")
    between -= np.take(sums, low, axis=0, mode="clip")
    between *= size
    return between


def _colour(apart: npt.NDArray[np.floating]) -> Floats:
    a, b = apart[..., 1], apart[..., 2]
    return np.asarray(np.sqrt(a * a + b * b), np.float32)


def directions(polar: Polar, count: int = 8) -> list[Direction]:
    """The directions in which something runs outward, best first, no two of them nearer than their widths."""
    differs, which = contrast(polar)
    belief = differs / (differs + 1)
    wrapped = np.concatenate([differs[:, -_BESIDE:], differs, differs[:, :_BESIDE]], axis=1)
    crest = np.asarray(cv2.dilate(wrapped, np.ones((1, 2 * _BESIDE + 1), np.uint8)))[:, _BESIDE:-_BESIDE]
    belief *= 0.5 + 0.5 * differs / np.maximum(crest, 1e-6)
    belief[polar.blind > 0.5] = 0.3
    along = belief.reshape(-1)[_sheared()]
    score, begin, end = _runs(along)
    score *= (1 - 0.8 * np.abs(np.array(OFFSETS, np.float32)))[:, None]
    found: list[Direction] = []
    free = score.copy()
    radius = radii()
    taken = np.zeros((ROWS, COLUMNS), np.bool_)
    for _ in range(3 * count):
        line, column = np.unravel_index(int(free.argmax()), free.shape)
        if free[line, column] <= 0.05 or len(found) == count:
            break
        first, last = int(begin[line, column]), int(end[line, column])
        cells = _sheared()[line, first : last + 1, column]
        width = float(np.median(np.array(WIDTHS)[which.reshape(-1)[cells]]))
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
                    gap=_gap(polar, _sheared()[line, :, column], first, last, width),
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
    for row, column, reach in zip(rows, columns, aside, strict=True):
        taken[row, np.arange(column - reach, column + reach + 1) % COLUMNS] = True


def _gap(polar: Polar, line: Indices, first: int, last: int, width: float) -> float:
    """Radii of bare face along ``line`` inside of row ``first``; face is what lies beside the run."""
    if first == 0:
        return 0.0
    rows = np.arange(first, max(first + 1, (first + last) // 2) + 1)
    column = line % COLUMNS
    arc = radii()[rows] * 2 * np.pi / COLUMNS
    aside = np.maximum(2, np.ceil(width / arc)).astype(int)
    sides = np.concatenate([polar.lab[rows, (column[rows] + way * aside) % COLUMNS] for way in (-1, 1)])
    face = np.median(sides, axis=0)
    core = np.median(polar.lab[rows, column[rows]], axis=0)
    apart = float(np.linalg.norm(core - face))
    inner = np.linalg.norm(polar.lab[np.arange(first), column[:first]] - face, axis=1)
    return float((inner < 0.5 * apart).sum() * (radii()[1] - radii()[0]))


def _runs(belief: Floats) -> tuple[Floats, Indices, Indices]:
    """Best run along the radius (sum of belief above its middle, in radii), its first and last row."""
    step = float(radii()[1] - radii()[0])
    shape = (belief.shape[0], belief.shape[2])
    best, sum_ = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    start = np.zeros(shape, np.int64)
    begin, end = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for row in range(belief.shape[1]):
        fresh = sum_ <= 0
        start[fresh] = row
        sum_ = np.where(fresh, 0, sum_) + (belief[:, row] - 0.4)
        better = sum_ > best
        best[better] = sum_[better]
        begin[better] = start[better]
        end[better] = row
    return best * step / 0.6, begin, end


def _peak(values: Floats, at: int) -> float:
    """The maximum's place between columns, by a parabola."""
    before, here, after = (float(values[(at + d) % len(values)]) for d in (-1, 0, 1))
    bend = before - 2 * here + after
    return at + (0.5 * (before - after) / bend if bend < -1e-6 else 0.0)
