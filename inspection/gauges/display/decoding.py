"""What each cell of a row shows: a digit, a minus, nothing, or what nobody can tell.

A segment's share is its depth by the display's usual lit depth. A cell is measured by its own lit segments,
so that a reflection that lies over the whole of it does no harm; over part of it, it leaves segments
between lit and not, and where these could make another digit the cell is unclear. Pure.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.gauges.display.panel import Array
from inspection.gauges.display.segments import FORMS, PATTERNS, RIGHT, SEGMENTS, Row, sampled
from inspection.gauges.display.strokes import BLACK, Strokes
from inspection.gauges.display.visibility import Lit

_RIGHT, _LEFT, _BARS = ([SEGMENTS.index(name) for name in names] for names in (RIGHT, "ef", "adg"))
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
"""Of a cell's own lit depth: a stroke that is so deep beyond its end is no digit's."""
_POINT: Final = 0.6
"""Of a stroke: the side of the square that a point fills at least."""
_FAINT_8: Final = 0.6
"""Of the display's lit depth: fainter, an 8 is what segments look like that are not lit."""
_SEEN_BLANK: Final = 0.5
"""Of the depth that a digit would have in its place: where its right side is shallower, there is none."""
_LEFT_OVER: Final = 0.3
"""Of a segment: where its digit leaves more of a cell over, that may be another segment, beside its place."""
_IN_SIGHT: Final = 0.8
"""Of a segment's core: what must lie in the field for it to be seen."""
_RUNS_ON: Final = (0.5, 2.0)
"""Strokes beyond the ends of digits where a rim is looked for: a digit beside may be a little higher."""
_STROKE: Final = 0.4
"""Of a digit's height: what is lit for so long in a gap between digits is a stroke of something else."""


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
    """Of the point behind it, by the display's lit depth."""
    certain: bool
    """Of a blank place: whether a digit would be seen there."""
    likely: str = ""
    """Of an unclear one: the signs that its segments allow, of which the net may be sure."""


@dataclass(frozen=True)
class Decoded:
    """All places of a row."""

    cells: tuple[Cell, ...]
    lit: Lit

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
    means = sampled(strokes.depth, *row.place(row.segments, cells)).mean(-1)
    inside = sampled(strokes.depth, *row.place(row.counters, cells)).reshape(len(cells), 2, -1).mean(-1)
    beyond = sampled(strokes.depth, *row.place(row.ends, cells)).mean(-1)
    grounds = sampled(strokes.ground, *row.place(row.segments, cells)).mean(-1)
    full, wide = strokes.depth.shape
    x, y = row.place(row.segments, cells)
    lies = ((x >= 0) & (x < wide) & (y >= 0) & (y < full)).mean(-1) > _IN_SIGHT
    lit = _usual(strokes, means, inside, grounds)
    if lit is None:
        return None
    left = lit.visible(grounds, _ramps(strokes, row, cells))
    shares, inside, beyond = ((depths - lit.unlit) / lit.depth for depths in (means, inside, beyond))
    points = _points(strokes.depth, row, cells, lit)
    seen: list[Cell] = []
    for index, number in enumerate(cells):
        sight = np.where(lies[index], left[index], np.float32(0.0))
        sign, strength = _sign(shares[index], inside[index], beyond[index], sight, lit.noise, minus=minus)
        if (
            sign not in (BLANK, UNCLEAR)
            and _left_over(strokes, row, number, sign, strength, lit) > _LEFT_OVER
        ):
            sign = UNCLEAR
        if sign == UNCLEAR and _no_digit(shares[index], strength, sight, minus=minus):
            sign, strength = BLANK, 0.0
        right = shares[index][_RIGHT], left[index][_RIGHT]
        leads = all(cell.sign == BLANK for cell in seen)
        if sign == UNCLEAR and leads and strength < _FAINTEST and _seen_blank(*right):
            sign, strength = BLANK, 0.0  # whether strokes stand there is asked again: `occupied`
        seen.append(
            Cell(
                number,
                sign,
                strength,
                tuple(float(share) for share in shares[index]),
                float(points[index]),
                certain=sign != BLANK or _seen_blank(*right),
                likely=_likely(shares[index], sight, strength, lit.noise) if sign == UNCLEAR else "",
            )
        )
    return Decoded(tuple(seen), lit)


def _ramps(strokes: Strokes, row: Row, cells: Sequence[int]) -> Array:
    """By how much the ground changes across a stroke, at each cell's segments; as depth."""
    height = np.log(np.maximum(strokes.ground, 0.0) + BLACK) if strokes.dark else strokes.ground
    x, y = row.place(row.segments, cells)
    half = np.full((len(SEGMENTS), 1), row.stroke / 2, np.float32)
    to_side, down = half.copy(), half.copy()
    to_side[_BARS], down[[*_LEFT, *_RIGHT]] = 0.0, 0.0
    full, wide = height.shape

    def within(x: Array, y: Array) -> Array:
        return sampled(height, np.clip(x, 0, wide - 1), np.clip(y, 0, full - 1))

    rises = within(x + to_side, y + down) - within(x - to_side, y - down)
    return np.asarray(np.abs(rises.mean(-1)), np.float32)


def _left_over(strokes: Strokes, row: Row, number: int, sign: str, strength: float, lit: Lit) -> float:
    """How much of what is lit in a cell its sign's segments do not account for, in segments."""
    points, by_segment = row.whole
    shares = (sampled(strokes.depth, *row.place(points, [number]))[0] - lit.unlit) / lit.depth
    on = shares > _LIT * strength
    forms = [PATTERNS[index] > 0 for index, (name, _) in enumerate(FORMS) if name == sign]
    lit_points = max(int(on.sum()), 1)
    return min(
        (1.0 - int((on & by_segment[form].any(0)).sum()) / lit_points) * int(form.sum()) for form in forms
    )


def _usual(strokes: Strokes, means: Array, inside: Array, grounds: Array) -> Lit | None:
    """How deep lit segments usually are, and what is not lit: by the likeliest digits."""
    forms = PATTERNS[:-1]
    gains = (means - strokes.level / 2) @ forms.T
    shown = np.flatnonzero(gains.max(1) > 0)
    if not shown.size:
        return None
    on = forms[gains.argmax(1)] > 0
    ground = np.concatenate([means[shown][~on[shown]], inside[shown].ravel()])
    unlit = float(np.median(ground))
    depth = float(np.median(means[shown][on[shown]])) - unlit
    if depth <= 0:
        return None
    return Lit(strokes.dark, depth, float(ground.std()) / depth, unlit, float(np.median(grounds[shown])))


def blank_at(strokes: Strokes, x: Array, y: Array, sight: NDArray[np.bool_], lit: Lit) -> bool:
    """Whether segments whose points lie at ``x`` and ``y`` (segments x points) are seen not to be lit.

    Points that are not in ``sight`` say nothing: what a part of a segment says is noisier than what it says
    as a whole, as the square root of its size.
    """
    count = sight.sum(-1)
    shares = ((sampled(strokes.depth, x, y) * sight).sum(-1) / count - lit.unlit) / lit.depth
    grounds = (sampled(strokes.ground, x, y) * sight).sum(-1) / count
    noisier = replace(lit, noise=lit.noise * math.sqrt(sight.shape[-1] / int(count.min())))
    return _seen_blank(shares, noisier.visible(grounds))


def _seen_blank(shares: Array, left: Array) -> bool:
    """Whether segments are not lit and would be seen if they were: so much of their depth is ``left``."""
    return bool(np.all((shares < _SEEN_BLANK * left) & (left > 0)))


def part_of_digit(strokes: Strokes, row: Row, number: int, seen: NDArray[np.bool_], lit: Lit) -> bool:
    """Whether the strokes in this place may be a digit's; ``seen``: which of its segments are in sight.

    Each digit lights a segment on its right. Where the picture's border cuts these off, what is left of it
    are bars, or a segment on its left that ends where digits end: a rim runs on.
    """
    grounds = sampled(strokes.ground, *row.place(row.segments, [number])).mean(-1)[0]
    shares = (sampled(strokes.depth, *row.place(row.segments, [number])).mean(-1)[0] - lit.unlit) / lit.depth
    on = seen & (shares >= _LIT * lit.left(grounds))
    if on[_RIGHT].any() or seen[_RIGHT].all():
        return bool(on[_RIGHT].any())
    beyond = (sampled(strokes.depth, *row.place(row.ends, [number])).mean(-1)[0] - lit.unlit) / lit.depth
    return bool(on[_BARS].any() or (on[_LEFT].any() and max(beyond[0], beyond[2]) < _LIT))


def foreign(strokes: Strokes, row: Row, numbers: Sequence[int], lit: Lit) -> bool:
    """Whether upright strokes lie in the gaps behind these places: then the row is not that of the digits."""
    half = row.stroke / 2
    return bool(numbers) and _upright(
        strokes, row, numbers, lit, row.width + half, row.pitch - half, rims=True
    )


def occupied(strokes: Strokes, row: Row, number: int, lit: Lit, *, behind: bool) -> bool:
    """Whether upright strokes lie anywhere in this place, or between it and its neighbour in the row.

    Rims, which run on above and below where digits end, are none.
    """
    half = row.stroke / 2
    if behind:
        return _upright(strokes, row, [number - 1], lit, row.width + half, row.pitch + row.width, rims=False)
    return _upright(strokes, row, [number], lit, 0.0, row.pitch - half, rims=False)


def stands_elsewhere(strokes: Strokes, row: Row, number: int, lit: Lit, margin: float) -> bool:
    """Whether the field shows more than this digit and its point: a spot as large as a point."""
    full, wide = strokes.depth.shape
    half, room = row.stroke / 2, math.ceil(margin)
    shares = (strokes.depth - lit.unlit) / lit.depth
    inside = np.zeros_like(shares, np.bool_)
    inside[room : full - room, room : wide - room] = True
    corners = np.array(
        [
            [-row.stroke, -row.stroke],
            [row.width + row.stroke, -row.stroke],
            [row.width + row.stroke, row.height - 2.5 * row.stroke],
            [row.width + 4 * row.stroke, row.height - 2.5 * row.stroke],
            [row.width + 4 * row.stroke, row.height + row.stroke],
            [-row.stroke, row.height + row.stroke],
        ]
    )
    own = np.zeros((full, wide), np.uint8)
    cv2.fillPoly(own, [np.round(np.stack(row.place(corners, [number]), -1)[0]).astype(np.int32)], 1)
    spot = np.ones((max(1, round(2 * _POINT * half)),) * 2, np.uint8)
    left_over = ((shares > _LIT) & inside & (own == 0)).astype(np.uint8)
    return bool(cv2.erode(left_over, spot).any())


def _upright(
    strokes: Strokes, row: Row, numbers: Sequence[int], lit: Lit, start: float, end: float, *, rims: bool
) -> bool:
    """Whether upright strokes, ``rims`` too, lie between two distances from the left ends of these places."""
    across = np.linspace(start, end, max(5, round(3 * (end - start) / row.stroke)))

    def columns(top: float, bottom: float) -> Array:
        """The share of each column that is lit between two distances from the digits' tops."""
        grid = np.stack(np.meshgrid(across, np.linspace(top, bottom, 24)), -1).reshape(-1, 2)
        shares = (sampled(strokes.depth, *row.place(grid, numbers)) - lit.unlit) / lit.depth
        return np.asarray((shares.reshape(len(numbers), 24, across.size) > _LIT).mean(1), np.float32)

    seen = columns(0.0, row.height - 2.5 * row.stroke)
    if not rims:
        near, far = _RUNS_ON[0] * row.stroke, _RUNS_ON[1] * row.stroke
        above, below = columns(-far, -near), columns(row.height + near, row.height + far)
        leaning = np.ones((1, 7), np.uint8)  # by a stroke: otherwise than digits do
        runs_on = (cv2.dilate(above, leaning) > _LIT) & (cv2.dilate(below, leaning) > _LIT)
        seen = np.where(runs_on, np.float32(0.0), seen)
    return bool(seen.max(initial=0.0) > _STROKE)


def _sign(
    shares: Array, inside: Array, beyond: Array, left: Array, noise: float, *, minus: bool
) -> tuple[str, float]:
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
    if _goes_on(own, beyond / strength):
        return UNCLEAR, strength
    shallow = np.minimum(_NOT_LIT, _SEEN_BLANK * left / max(float(left.max()), 1e-6))
    known = np.where(own >= _LIT, 1.0, np.where((own <= shallow) & (left > 0), 0.0, np.nan))
    fitting = {
        FORMS[index][0]
        for index in range(count)
        if not np.any(np.abs(patterns[index] - known) > 0.5)  # nan: doubt fits either
    }
    if len(fitting) > 1 or not fitting or (fitting == {"8"} and strength < _FAINT_8):
        return UNCLEAR, strength
    return fitting.pop(), strength


def _likely(shares: Array, left: Array, strength: float, noise: float) -> str:
    """The digits all of whose segments are deeper than all others, which must be seen not to be lit.

    And BLANK where no segment on the right is lit.
    """
    likely = ""
    if strength >= max(_FAINTEST, _NOISES * noise):
        digits = PATTERNS[:-1] > 0
        unlit = (left > 0) & (shares < _SEEN_BLANK * strength * left / max(float(left.max()), 1e-6))
        lit = np.where(digits, shares, np.inf).min(1)
        others = np.where(digits, -np.inf, shares).max(1)
        fits = (lit > np.maximum(others, _NOT_LIT * strength)) & (digits | unlit).all(1)
        likely = "".join(dict.fromkeys(FORMS[index][0] for index in np.flatnonzero(fits)))
    return likely + (BLANK if _seen_blank(shares[_RIGHT], left[_RIGHT]) else "")


def _no_digit(shares: Array, strength: float, left: Array, *, minus: bool) -> bool:
    """Whether what is lit in a cell (a rim, a smear) is no digit, not even one of which a segment fails.

    Each digit lights one of the segments on its right, so that these must be seen not to be lit.
    """
    right = shares[_RIGHT]
    if np.any((right >= _NOTHING * left[_RIGHT]) | (left[_RIGHT] <= 0)):
        return False
    own = shares / max(strength, 1e-6)
    known = np.where(own >= _LIT, 1.0, np.where(own <= _NOT_LIT, 0.0, np.nan))
    known[_RIGHT] = 0.0
    patterns = PATTERNS if minus else PATTERNS[:-1]
    return bool((np.abs(patterns - known) > 0.5).sum(1).min() > 1)


def _goes_on(own: Array, beyond: Array) -> bool:
    """Whether a lit upright stroke goes on beyond one of its ends: a rim, or half of a larger digit."""
    left, right = min(own[4], own[5]) >= _LIT, min(own[1], own[2]) >= _LIT
    return bool(
        (left and max(beyond[0], beyond[2]) > _GOES_ON) or (right and max(beyond[1], beyond[3]) > _GOES_ON)
    )


def _points(depth: Array, row: Row, cells: Sequence[int], lit: Lit) -> Array:
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
    above = np.maximum(
        sampled(depth, *row.place(over, cells)).reshape(len(cells), 5, side).mean(1), lit.unlit
    )
    best = [
        cv2.blur(patch - column, box, borderType=cv2.BORDER_REFLECT).max()
        for patch, column in zip(seen, above, strict=True)
    ]
    return np.asarray(best, np.float32) / lit.depth
