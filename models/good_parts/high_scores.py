"""Why good parts score high, as far as their own pictures tell: what would let the threshold lie lower. Pure.

Two causes can be told, and something can be done about either:

- *blur*: the less sharp a picture, the higher its score. Said where the rank correlation of both (Spearman,
  "The proof and measurement of association between two things", American Journal of Psychology 1904) is more
  than chance gives;
- *a place* that varies from part to part, and may: it stands out most in more groups than would agree on a
  place by chance, by the binomial, times the places that were asked about (Bonferroni).

Groups are counted, not pictures: near-copies are blurred alike, and agree on everything.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field

_CHANCE: Final = 0.01
"""How often either is said of parts of which it is not true."""
_FEWEST: Final = 5
"""Groups below which nothing is said."""

_Share = Annotated[float, Field(ge=0.0, le=1.0)]


@dataclass(frozen=True, kw_only=True)
class HighScores:
    """What raises the scores of good parts."""

    __pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False)

    groups: Annotated[int, Field(ge=1)]
    blur: _Share
    """The rank correlation of a group's score with its lack of sharpness; 0 where chance may have made it."""
    place: tuple[_Share, _Share] | None
    """The place that stands out: its middle from the left and from the top, as shares of the picture."""
    standing_out: Annotated[int, Field(ge=0)]
    """In how many groups it does; 0 where there is no such place."""

    @classmethod
    def of(
        cls,
        scores: NDArray[np.float64],
        *,
        sharpness: NDArray[np.float64],
        cells: NDArray[np.float32],
        groups: Sequence[Hashable],
    ) -> Self:
        """Look for both causes.

        Args:
            scores: (pictures,), of good pictures, by what had not learned from them.
            sharpness: (pictures,), as :func:`inspection.pictures.quality.focus_measure` gives it.
            cells: (pictures, rows, columns): how far each cell lies off, over what is usual at its place.
            groups: Of each picture.
        """
        order = {group: place for place, group in enumerate(dict.fromkeys(groups))}
        places = np.array([order[group] for group in groups])
        sizes = np.bincount(places)
        if len(sizes) < _FEWEST:
            return cls(groups=len(sizes), blur=0.0, place=None, standing_out=0)
        maps = np.stack([cells[places == place].mean(0) for place in range(len(sizes))])
        place, found = _standing_out(maps)
        return cls(
            groups=len(sizes),
            blur=_correlation(np.bincount(places, scores) / sizes, -np.bincount(places, sharpness) / sizes),
            place=place,
            standing_out=found,
        )


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Spearman's, where it is above 0 and more than chance gives; else 0."""
    from scipy.special import stdtr

    first, second = (_ranks(values) for values in (one, other))
    spread = float(first.std() * second.std())
    if spread == 0.0:
        return 0.0
    found = float(((first - first.mean()) * (second - second.mean())).mean() / spread)
    free = len(one) - 2
    deviations = found * math.sqrt(free / max(1.0 - found**2, 1e-12))
    return min(found, 1.0) if float(stdtr(free, -deviations)) <= _CHANCE else 0.0


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    _, inverse, equal = np.unique(values, return_inverse=True, return_counts=True)
    ranks: NDArray[np.float64] = (np.cumsum(equal) - (equal - 1) / 2.0)[inverse]
    return ranks


def _standing_out(maps: NDArray[np.float32]) -> tuple[tuple[float, float] | None, int]:
    """The place, three cells wide, that is the highest of more maps than chance gives, and of how many.

    Args:
        maps: (groups, rows, columns).
    """
    from scipy.special import bdtrc

    groups, rows, columns = maps.shape
    tops = [divmod(int(cv2.blur(one, (3, 3)).argmax()), columns) for one in maps]
    near = [sum(abs(y - top) <= 1 and abs(x - left) <= 1 for top, left in tops) for y, x in tops]
    most = max(near)
    # one group says where, so many of the others agree; each group was asked
    agreeing = float(bdtrc(most - 2, groups - 1, min(1.0, 9.0 / (rows * columns)))) if most > 1 else 1.0
    if groups * agreeing > _CHANCE:
        return None, 0
    row, column = tops[near.index(most)]
    return ((column + 0.5) / columns, (row + 0.5) / rows), most
