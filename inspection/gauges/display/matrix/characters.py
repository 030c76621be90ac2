"""What each cell of a lattice of dots shows: a digit, a minus, a point, nothing, or what nobody can tell.

A dot's share is its depth by that of its cell's own lit dots, after the blur that spreads each dot over its
neighbours is taken back. A share near the middle is doubt. A form is read only where hardly a clear dot
contradicts it, and several clear dots contradict each other sign's forms. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inspection.gauges.display.decoding import BLANK, UNCLEAR, Cell
from inspection.gauges.display.matrix.glyphs import COLUMNS, DOTS, POINT, READ, ROWS, SIGNS
from inspection.gauges.display.matrix.ink import Ink
from inspection.gauges.display.matrix.lattice import DotRow, dots_at, dots_of
from inspection.gauges.display.panel import Array
from inspection.gauges.display.segments import sampled

_LIT: Final = 0.6
"""Of a cell's own lit depth: a dot that is deeper is lit."""
_NOT_LIT: Final = 0.4
"""A dot that is shallower is not; between them lies doubt."""
_MOST_DOUBTED: Final = 5
"""Dots of a cell in doubt, beyond which it is unclear."""
_MOST_FAULTS: Final = 1
"""Clear dots that may contradict the form that is read: a speck, or a dot that is dead."""
_APART: Final = 3
"""More of them contradict each other sign's forms."""
_APART_FROM_KNOWN: Final = 2
"""The same for forms that are known but not read."""
_NOTHING: Final = 0.3
"""Of the display's lit depth: a cell whose dots are all shallower is blank."""
_ALIKE: Final = 0.6
"""Correlation with a form at which a cell is not blank: noise alone hardly reaches 0.5 in 35 dots."""
_A_TRACE: Final = 0.08
"""Of the display's lit depth: how much deeper that form's dots are; what unlit dots show is even."""
_FAINTEST: Final = 0.4
"""Of the display's lit depth: a character is at least that deep on the whole."""
_NOISES: Final = 4.0
"""How many standard deviations of what is not lit a share must have to mean anything."""
_BLOWN_OUT: Final = 0.25
"""Of a cell's dots saturated: part of it does not show."""
_BLURS: Final = (0.0, 0.3, 0.4, 0.5, 0.6)
"""Standard deviations of the blur that is taken back, in pitches of dots: beyond it noise grows too much."""
_GAP_ROWS: Final = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 5.5, 6.0, 6.5]) + 0.5
_BASE: Final = 5
"""First of ``_GAP_ROWS`` at which a point may be."""


@dataclass(frozen=True)
class Characters:
    """All places of a row."""

    cells: tuple[Cell, ...]
    depth: float
    """Of what is lit, above what is not; grey levels."""
    noise: float
    """Standard deviation of what is not lit, by ``depth``."""

    @property
    def clear(self) -> int:
        """How many places show a character that is read."""
        return sum(cell.sign not in (BLANK, UNCLEAR) for cell in self.cells)

    @property
    def unclear(self) -> int:
        """How many places nobody can tell."""
        return sum(cell.sign == UNCLEAR for cell in self.cells)


@dataclass(frozen=True)
class Shares:
    """Depths of all dots, made comparable."""

    dots: Array
    """Cells x 35, above what is not lit, blur taken back."""
    depth: float
    """Of what is lit."""
    noise: float
    """Standard deviation of what is not lit, by ``depth``."""
    unlit: float
    """Depth of what is not lit."""


def characters_at(ink: Ink, row: DotRow, cells: Sequence[int], *, point_known: bool) -> Characters | None:
    """What ``cells`` of the row show. None: nothing is lit.

    ``point_known``: whether it is known where the point is, so that no faint one has to be reckoned with.
    """
    if not cells:
        return None
    shares = _shares(ink, row, cells)
    if shares is None:
        return None
    blind = sampled(ink.blown_out, *row.place(dots_of(row), cells)).mean((1, 2))
    points = _points(ink.depth, row, cells, shares)
    seen = []
    for index, number in enumerate(cells):
        sign, strength, own = _sign(shares.dots[index] / shares.depth, shares.noise, point_known=point_known)
        if blind[index] > _BLOWN_OUT:
            sign = UNCLEAR
        share = tuple(float(value) for value in own)
        seen.append(Cell(number, sign, strength, share, float(points[index]), certain=sign == BLANK))
    return Characters(tuple(seen), shares.depth, shares.noise)


def _shares(ink: Ink, row: DotRow, cells: Sequence[int]) -> Shares | None:
    """The dots' depths with that blur taken back that leaves least between lit and not."""
    means = sampled(ink.depth, *row.place(dots_of(row), cells)).mean(-1)
    gains = (means - ink.level / 2) @ DOTS[:READ].T
    shown = gains.max(1) > 0
    if not shown.any():
        return None
    lit = DOTS[gains.argmax(1)] > 0
    unlit = float(np.median(means[shown][~lit[shown]]))
    best: tuple[float, Shares] | None = None
    for blur in _BLURS:
        dots = (means - unlit) @ _taken_back(blur)
        form, strength = _fitting(dots[shown])
        depth = float(np.median(strength))
        if depth <= 0:
            continue
        left = dots[shown] / np.maximum(strength, depth * _FAINTEST)[:, None] - DOTS[form]
        noise = float(dots[shown][DOTS[form] == 0].std()) / depth
        rest = float((left**2).mean())
        if best is None or rest < best[0]:
            best = rest, Shares(np.asarray(dots, np.float32), depth, noise, unlit)
    return None if best is None else best[1]


def _fitting(dots: Array) -> tuple[Array, Array]:
    """Of each cell the form that explains most of it, and how strong its lit dots are."""
    form = (np.maximum(dots @ DOTS.T, 0.0) ** 2 / DOTS.sum(1)).argmax(1)
    return form, (dots * DOTS[form]).sum(1) / DOTS[form].sum(1)


@lru_cache(maxsize=len(_BLURS))
def _taken_back(blur: float) -> Array:
    """35 x 35: from blurred dots to sharp ones."""
    if blur == 0.0:
        return np.eye(ROWS * COLUMNS, dtype=np.float32)

    def spread(count: int) -> Array:
        steps = np.arange(count)
        weights = np.exp(-0.5 * ((steps[:, None] - steps) / blur) ** 2)
        return np.asarray(weights / np.exp(-0.5 * (np.arange(-9, 10) / blur) ** 2).sum(), np.float32)

    return np.asarray(np.linalg.inv(np.kron(spread(ROWS), spread(COLUMNS))).T, np.float32)


def _sign(shares: Array, noise: float, *, point_known: bool) -> tuple[str, float, Array]:
    """The sign that a cell shows, how strongly, and its dots' shares of its own strength."""
    floor = max(_NOTHING, _NOISES * noise)
    (form,), (strength,) = _fitting(shares[None])
    strength = float(strength)
    forms = np.not_equal(SIGNS, POINT if point_known else BLANK)
    if float(shares.max()) < floor and not _traces(shares, noise, forms):
        return BLANK, 0.0, shares
    if strength < max(_FAINTEST, floor):
        return UNCLEAR, strength, shares
    own = shares / strength
    lit, dark = own >= _LIT, own <= _NOT_LIT
    against = ((DOTS > 0) & dark).sum(1) + ((DOTS == 0) & lit).sum(1)
    best = int(against[:READ].argmin()) if against[form] or form >= READ else int(form)
    least = int(against[best])
    other = SIGNS[best] != SIGNS
    apart = np.where(np.arange(len(DOTS)) < READ, _APART, _APART_FROM_KNOWN)
    clear = least <= _MOST_FAULTS and bool(np.all((against - least)[other] >= apart[other]))
    doubted = int((~lit & ~dark).sum())
    return (str(SIGNS[best]) if clear and doubted <= _MOST_DOUBTED else UNCLEAR), strength, own


def alike(dots: Array) -> Array:
    """The highest correlation of each cell's dots (cells x 35) with any form."""
    return np.asarray(_correlations(dots).max(1), np.float32)


def _correlations(dots: Array) -> Array:
    """Cells x forms."""
    own = dots - dots.mean(1, keepdims=True)
    forms = DOTS - DOTS.mean(1, keepdims=True)
    lengths = np.linalg.norm(own, axis=1)[:, None] * np.linalg.norm(forms, axis=1)
    return np.asarray(own @ forms.T / np.maximum(lengths, 1e-9), np.float32)


def _traces(shares: Array, noise: float, forms: NDArray[np.bool_]) -> bool:
    """Whether a cell that is nearly blank holds a faint character of one of these forms."""
    correlations = np.where(forms, _correlations(shares[None])[0], -1.0)
    best = int(correlations.argmax())
    lit = DOTS[best] > 0
    contrast = float(shares[lit].mean() - shares[~lit].mean())
    spread = np.sqrt(1.0 / lit.sum() + 1.0 / (~lit).sum())
    return bool(correlations[best] >= _ALIKE and contrast >= max(_A_TRACE, _NOISES * noise * spread))


def _points(depth: Array, row: DotRow, cells: Sequence[int], shares: Shares) -> Array:
    """The share of what may be a lone dot low in the gap behind each cell: nothing right above it."""
    middle = (row.width + row.pitch) / 2 / row.width * COLUMNS
    places = dots_at(row, np.full(_GAP_ROWS.shape, middle), _GAP_ROWS)
    seen = sampled(depth, *row.place(places, cells)).mean(-1) - shares.unlit
    above = np.maximum(seen[:, :_BASE].max(1), 0.0)
    return np.asarray((seen[:, _BASE:].max(1) - above) / shares.depth, np.float32)
