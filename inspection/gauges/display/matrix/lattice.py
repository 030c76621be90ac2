"""The lattice of a row of characters of 5 x 7 dots: found by what characters on it explain, then fitted.

As with segments (see ``grid``), with two levels, lit and not, the most probable characters are those that
maximise the sum, over their lit dots, of (depth - half the lit depth). Running sums make the mean of a dot,
and one product with all forms what the best character explains at each place. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.gauges.display.matrix.glyphs import COLUMNS, DOTS, READ, ROWS
from inspection.gauges.display.matrix.ink import Inner
from inspection.gauges.display.panel import Array
from inspection.gauges.display.segments import Row, sampled

_HEIGHTS: Final = (0.4, 1.06)
"""Of the field's height: characters."""
_HEIGHT_STEP: Final = 0.04
_ASPECTS: Final = (0.72, 0.86, 1.02)
"""Pitch of dots across by that down: those of characters' modules, and square ones."""
_PITCHES: Final = np.arange(5.8, 9.0, 0.15)
"""Pitch of characters by that of dots."""
_WORTH_A_TRY: Final = 0.6
"""Of the most that rows of any size hold: sizes that hold less are not tried with all pitches."""
_BANDS: Final = 10
"""Of rows of dots that are tried: those that stand out most."""
_MOST: Final = 1.2
"""Times the lit depth: see ``grid``."""
_NOT_ALIKE: Final = 0.75
"""Cosine between a cell's dots and the likest form's that any blot reaches."""
_SLANTS: Final = (-0.12, 0.3)
_SLOPES: Final = 0.08
_TAPERS: Final = 0.25
"""Change of size from the field's middle to its end."""
_WIDTHS: Final = (0.42, 0.95)
_LEAST_PITCH: Final = 1.08
"""Of the width."""
_ALIGNED: Final = 2
_ROUNDS: Final = 3
_NEAR: Final = np.stack(np.meshgrid(np.linspace(-1.2, 1.2, 9), np.linspace(-1.2, 1.2, 9)), -1).reshape(-1, 2)
"""Pitches of dots by which a single character is moved to where it fits best."""
_FAR: Final = 0.7
"""Dots lost per square of such a pitch, so that what fits as well nearby is taken."""
_SURE: Final = 3.0
"""Dots that a character must explain for its place to count."""

_U, _V = (grid.ravel() for grid in np.meshgrid(np.arange(COLUMNS) + 0.5, np.arange(ROWS) + 0.5))
_CORE: Final = np.array([(-0.22, -0.22), (0.22, -0.22), (-0.22, 0.22), (0.22, 0.22)])
"""Where in a dot its depth is looked at while a lattice is fitted, in pitches of dots from its middle."""
_WHOLE: Final = np.array([(0.32 * u, 0.32 * v) for v in (-1, 0, 1) for u in (-1, 0, 1)])
"""The same, to tell whether it is lit."""


@dataclass(frozen=True)
class DotRow(Row):
    """A row of characters in what is left of the perspective; ``stroke`` is a dot's pitch down."""

    middle: float = 0.0
    """Of the field: where ``taper`` and ``crowd`` change nothing."""
    taper: float = 0.0
    """How much taller characters are per pixel to the right."""
    crowd: float = 0.0
    """How much wider apart they are per pixel to the right."""

    def place(self, points: NDArray[np.float64], cells: Sequence[int]) -> tuple[Array, Array]:
        """Points (... x 2: right of a cell's left end, below its top) in each of ``cells``: x and y."""
        straight, y = super().place(points, cells)
        off = straight - np.float32(self.middle)
        low = y - (self.top + self.height / 2 + self.slope * straight)
        return (
            np.asarray(straight + self.crowd / 2 * off * off, np.float32),
            np.asarray(y + low * self.taper * off, np.float32),
        )


@dataclass(frozen=True)
class Lattice:
    """A row of characters, and how much or how well it explains."""

    row: DotRow
    """In the field's pixels."""
    gain: float
    """Found: sum over lit dots of depth above half the lit one. Fitted: contrast, 1 at best."""


def dots_of(row: Row, *, whole: bool = True) -> NDArray[np.float64]:
    """Dots x points x 2: a cell's 35 dots, row by row: the whole of each, or its core."""
    return dots_at(row, _U, _V, whole=whole)


def dots_at(
    row: Row, columns: NDArray[np.float64], rows: NDArray[np.float64], *, whole: bool = True
) -> NDArray[np.float64]:
    """The same for dots whose middle lies at ``columns`` and ``rows``, in pitches from the cell's corner."""
    pitch = np.array([row.width / COLUMNS, row.height / ROWS])
    places: NDArray[np.float64] = (
        np.stack([columns, rows], 1)[:, None] + (_WHOLE if whole else _CORE)
    ) * pitch
    return places


# --- Finding


def found(depth: Array, level: float, *, inner: Inner) -> Lattice | None:
    """The row of characters that explains most of what lies within left, top, right, bottom of the field."""
    left, top, right, bottom = inner
    clipped = np.minimum(depth / max(level, 1e-6), _MOST).astype(np.float32)
    part = clipped[:, max(0, int(left)) : int(np.ceil(right)) + 1]
    down = np.vstack([np.zeros((1, part.shape[1]), np.float32), np.cumsum(part, 0, dtype=np.float32)])
    tried = []
    for first, height in _bands(down, top, bottom):
        rows = _between(down, first + height / ROWS * np.arange(ROWS + 1)) / (height / ROWS)
        for aspect in _ASPECTS:
            dot = height / ROWS * aspect
            gains = _gains(rows, dot) * (dot * height / ROWS)
            tried.append((float(gains.sum()) / dot, first, height, dot, gains))
    enough = _WORTH_A_TRY * max((most for most, *_ in tried), default=0.0)
    best: Lattice | None = None
    for most, first, height, dot, gains in tried:
        if most < enough or not gains.size:
            continue
        gain, x, spread = _spaced(gains, dot)
        if gain > 0 and (best is None or gain > best.gain):
            row = DotRow(
                x=x + max(0, int(left)),
                pitch=spread,
                top=first,
                height=height,
                width=COLUMNS * dot,
                slant=0.0,
                stroke=height / ROWS,
                slope=0.0,
                middle=(left + right) / 2,
            )
            if row.cells(left, right):
                best = Lattice(row, gain)
    return best


def _between(down: Array, edges: NDArray[np.floating[Any]]) -> Array:
    """Sums from each edge to the next, edges between pixels too: one fewer than edges x columns."""
    edges = np.clip(edges, 0.0, down.shape[0] - 1.001)
    whole = edges.astype(np.intp)
    share = (edges - whole).astype(np.float32)[:, None]
    return np.diff(down[whole] * (1 - share) + down[whole + 1] * share, axis=0)


def _bands(down: Array, top: float, bottom: float) -> list[tuple[float, float]]:
    """Tops and heights of rows of characters: those whose inside stands out most against what is around."""
    profile = down.sum(1)
    full = bottom - top
    tried = []
    for height in np.arange(_HEIGHTS[0], _HEIGHTS[1], _HEIGHT_STEP) * full:
        dot = height / ROWS
        firsts = np.arange(top - 0.5 * dot, bottom - height + 0.5 * dot + 0.01, max(1.0, 0.4 * dot))
        edges = firsts[:, None] + np.array([-dot, 0.0, dot, height - dot, height, height + dot])
        sums = np.diff(np.interp(edges, np.arange(profile.size), profile), axis=1)
        # first and last row of dots are lit in part, what is beyond them not at all
        edge = np.minimum(sums[:, 1] - sums[:, 0], sums[:, 3] - sums[:, 4])
        worth = edge + np.minimum(sums[:, 1], sums[:, 3])
        tried += [(float(worth[at]), float(firsts[at]), float(height)) for at in np.flatnonzero(edge > 0)]
    tried.sort(reverse=True)
    return [(first, height) for _, first, height in tried[:_BANDS]]


def _gains(rows: Array, pitch: float) -> Array:
    """What the best character explains at each column that it may begin at, in dots."""
    size = max(1, round(pitch))
    means = cv2.blur(rows, (size, 1), borderType=cv2.BORDER_CONSTANT)
    count = rows.shape[1] - int(np.ceil(COLUMNS * pitch))
    if count < 1:
        return np.zeros(0, np.float32)
    starts = np.round((np.arange(COLUMNS) + 0.5) * pitch - 0.5).astype(int)
    dots = np.stack([means[:, start : start + count] for start in starts], 1).reshape(ROWS * COLUMNS, count)
    above = dots - 0.5
    ink = np.maximum(above, 0.0)  # where the character has no dot, ink speaks against it
    return np.asarray(((DOTS[:READ] @ (above + ink)).max(0) - ink.sum(0)).clip(min=0.0), np.float32)


def _spaced(gains: Array, dot: float) -> tuple[float, float, float]:
    """The best row of equal cells: gain, x, pitch."""
    count = gains.size
    pitches = _PITCHES[:, None, None] * dot
    phases = np.arange(0.0, float(pitches.max()))
    cells = np.arange(int(count // float(pitches.min())) + 1)
    places = np.minimum(np.rint(phases[:, None] + cells * pitches), count).astype(np.intp)
    sums = np.append(gains, np.float32(0.0))[places].sum(-1)
    sums[phases >= pitches[..., 0]] = 0.0  # a row's first place lies within a pitch of the end
    pitch, phase = np.unravel_index(int(sums.argmax()), sums.shape)
    return float(sums[pitch, phase]), float(phases[phase]), float(pitches[pitch, 0, 0])


def likeness(depth: Array, level: float, lattice: Lattice, *, left: float, right: float) -> float:
    """How many cells look like a character: 1 for each that is one dot for dot, 0 for any blot."""
    row = lattice.row
    dots = sampled(depth, *row.place(dots_of(row, whole=False), row.cells(left, right))).mean(-1) / level
    dots = np.clip(dots, 0.0, _MOST)
    likest = ((dots @ DOTS[:READ].T) / np.sqrt(DOTS[:READ].sum(1))).max(1)
    shown = dots.max(1) > 0.5
    alike = likest[shown] / np.linalg.norm(dots[shown], axis=1)
    return float(((alike - _NOT_ALIKE) / (1.0 - _NOT_ALIKE)).sum())


# --- Fitting


def fitted(depth: Array, level: float, row: DotRow, *, left: float, right: float) -> Lattice | None:
    """The row near ``row`` that fits best. None: it shows nothing."""
    depth = np.minimum(depth, _MOST * level)
    for _ in range(_ALIGNED):
        row = _aligned(depth, level, row, row.cells(left, right))
    share, contrast = 0.7, -1.0
    for _ in range(_ROUNDS):
        cells = row.cells(left, right)
        forms = _likeliest(depth, row, cells, level)
        lit = [cell for cell, form in zip(cells, forms, strict=True) if form >= 0]
        if not lit:
            return None
        anchor = round(sum(lit) / len(lit))
        row = replace(row, x=row.x + anchor * row.pitch)
        shown = [(cell - anchor, form) for cell, form in zip(cells, forms, strict=True) if form >= 0]
        row, contrast = _climbed(depth, level, row, shown, share)
        share /= 2
    return Lattice(row, contrast)


def _aligned(depth: Array, level: float, row: DotRow, cells: Sequence[int]) -> DotRow:
    """The row brought to where its characters fit best one by one: a straight line through their places."""
    if not cells:
        return row
    dot = np.array([row.width / COLUMNS, row.height / ROWS])
    points = dots_of(row, whole=False).mean(1) + (_NEAR * dot)[:, None]
    above = sampled(depth, *row.place(points, cells)) / level - 0.5
    ink = np.maximum(above, 0.0)
    gains = ((above + ink) @ DOTS[:READ].T).max(-1) - ink.sum(-1) - _FAR * (_NEAR**2).sum(1)
    sure = np.flatnonzero(gains.max(1) >= _SURE)
    if sure.size < 2:
        return row
    numbers = np.asarray(cells, np.float64)[sure]
    right, down = (_NEAR[gains[sure].argmax(1)] * dot).T
    pitch, x = np.polyfit(numbers, right, 1, w=gains[sure].max(1))
    middles = row.x + row.pitch * numbers + row.width / 2
    slope, top = np.polyfit(middles, down, 1, w=gains[sure].max(1))
    return replace(
        row,
        x=row.x + float(x),
        pitch=row.pitch + float(pitch),
        slope=row.slope + float(slope),
        top=row.top + float(top),
    )


def _likeliest(depth: Array, row: Row, cells: Sequence[int], level: float) -> list[int]:
    """Number of each cell's likeliest form; -1 where none is likelier than nothing."""
    if not cells:
        return []
    means = sampled(depth, *row.place(dots_of(row, whole=False), cells)).mean(-1)
    gains = (means - level / 2) @ DOTS[:READ].T
    return [int(gain.argmax()) if gain.max() > 0 else -1 for gain in gains]


def _climbed(
    depth: Array, level: float, row: DotRow, shown: Sequence[tuple[int, int]], share: float
) -> tuple[DotRow, float]:
    """One round: each coordinate as far as it helps."""
    best = _contrast(depth, level, row, shown)
    dot = row.width / COLUMNS
    reach = max(row.middle, 1.0)
    steps = {
        "x": 0.35 * dot,
        "pitch": 0.12 * dot,
        "top": 0.35 * row.stroke,
        "height": 0.35 * row.stroke,
        "width": 0.35 * dot,
        "slope": 0.012,
        "slant": 0.05,
        "taper": 0.06 / reach,
        "crowd": 0.06 / reach,
    }
    for _ in range(2):
        for name, step in steps.items():
            for way in (step * share, -step * share):
                moved = False
                while (tried := _moved(row, name, way)) is not None:
                    contrast = _contrast(depth, level, tried, shown)
                    if contrast <= best + 1e-4:
                        break
                    row, best, moved = tried, contrast, True
                if moved:
                    break
    return row, best


def _moved(row: DotRow, name: str, by: float) -> DotRow | None:
    """The row with one coordinate changed; characters keep their middle. None where that is no row."""
    changes = {name: getattr(row, name) + by}
    if name == "width":
        changes["x"] = row.x - by / 2
    elif name == "height":
        changes |= {"top": row.top - by / 2, "stroke": (row.height + by) / ROWS}
    elif name == "slope":
        changes["top"] = row.top - by * (row.x + row.width / 2)
    moved = replace(row, **changes)
    fits = (
        _WIDTHS[0] < moved.width / moved.height < _WIDTHS[1]
        and _SLANTS[0] < moved.slant < _SLANTS[1]
        and abs(moved.slope) < _SLOPES
        and max(abs(moved.taper), abs(moved.crowd)) * moved.middle < _TAPERS
        and moved.pitch > _LEAST_PITCH * moved.width
    )
    return moved if fits else None


_AROUND: Final = np.array(
    [(column + 0.5, row) for row in (-0.5, 7.5) for column in range(COLUMNS)]
    + [(column, row + 0.5) for column in (-0.4, 5.4) for row in range(5)]
)
"""Dots around a character that are never lit; not where its point may be."""


def _contrast(depth: Array, level: float, row: DotRow, shown: Sequence[tuple[int, int]]) -> float:
    """Lit dots against those that are not, and against what is around."""
    cells = [cell for cell, _ in shown]
    points = np.concatenate(
        [dots_of(row, whole=False), dots_at(row, _AROUND[:, 0], _AROUND[:, 1], whole=False)]
    )
    means = sampled(depth, *row.place(points, cells)).mean(-1) / level
    inside, around = means[:, : DOTS.shape[1]], means[:, DOTS.shape[1] :]
    lit = DOTS[[form for _, form in shown]] > 0
    dark = np.concatenate([inside[~lit], around.ravel()])
    return float(inside[lit].mean() - dark.mean())
