"""How sure a name is: what examples that were held out said of each way of telling types apart.

Each group of examples is held out in turn, and named by what the others show. What came true of that decides
how far each way counts, and how fast a difference of scores becomes certainty (temperature scaling: Guo et
al., ICML 2017, arXiv:1706.04599). Few examples leave much of that open; so nothing is chosen, but every way
and sharpness is weighed by how likely it made the held-out examples' own types (pseudo-Bayesian model
averaging: Geisser and Eddy 1979; Yao et al., Bayesian Analysis 2018, arXiv:1704.02030), and what is said of a
place is the mean of what they all say. Where the examples decide little that is less sure than any best fit.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from models.naming.ridges import WAYS, Doubles, Floats, Ridges

SHARPNESSES: Final[Doubles] = np.exp(np.linspace(0.0, 4.5, 13))
"""What scores are multiplied by, from hardly any certainty to all but certain of what the scores say."""
_MIDDLE: Final = 2.2
_BY_RIDGE: Final = 0.22
_SPREAD: Final = 0.4
"""Of the sharpness's logarithm, before any example is seen: its mean for a ridge of 1, how far it grows with
the ridge's logarithm (a larger ridge gives smaller scores), its deviation between products; so four other
products had it than the one that names are reported for (docs/measurements/names.md)."""
_MOST_FOLDS: Final = 40
"""Of more groups several are held out together, a fortieth of all: the rest knows hardly less."""
_REPEATS: Final = 3
"""Draws of what is left out beside a held-out group, averaged."""
_LIKELY: Final = 0.05
"""A type whose names come true so seldom that this were the chance of it, or less, overstates."""
_LEAST: Final = 1e-12


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """What is said of examples by others, of other groups."""

    scores: Doubles
    """(ways, examples, types)"""
    cosines: Doubles
    """(examples, types)"""


@dataclass(frozen=True, kw_only=True)
class Belief:
    """How far each way and sharpness is believed."""

    shares: Doubles
    """(ways, sharpnesses), of sum 1."""

    @classmethod
    def of(cls, scores: Doubles, kinds: NDArray[np.intp], groups: Sequence[Hashable]) -> Self:
        """Weigh ways and sharpnesses by held-out examples; all of a group count as one.

        Args:
            scores: (ways, examples, types), of examples that were held out.
            kinds: (examples,): places of their types.
            groups: One for each.
        """
        numbers = _numbered(groups)
        weight = 1.0 / np.bincount(numbers)[numbers]
        places = np.arange(len(kinds))
        middles = _MIDDLE + _BY_RIDGE * np.log([[way.ridge] for way in WAYS])
        prior = -0.5 * np.square((np.log(SHARPNESSES) - middles) / _SPREAD)
        found = np.array(
            [
                [
                    np.log(np.maximum(softmax(one * way)[places, kinds], _LEAST)) @ weight
                    for one in SHARPNESSES
                ]
                for way in scores
            ]
        )
        likely = np.exp(found + prior - (found + prior).max())
        return cls(shares=likely / likely.sum())

    def probabilities(self, scores: Doubles) -> Doubles:
        """How likely each type is, given that it is one of them: (places, types), rows of sum 1.

        Args:
            scores: (ways, places, types)
        """
        said = np.zeros(scores.shape[1:])
        for way, shares in zip(scores, self.shares, strict=True):
            for share, sharpness in zip(shares, SHARPNESSES, strict=True):
                said += share * softmax(sharpness * way)
        return said

    def doubt(self, scores: Doubles) -> float:
        """How far off names that are likelier than not may be, as far as the examples leave that open.

        Each way and sharpness that is believed says of the same names how many come true. This is how far
        they differ, on average, from what all of them say together: the calibration error to be expected.

        Args:
            scores: (ways, places, types), of examples that were held out.

        Returns:
            0 to 1; 1 where nothing is likelier than not.
        """
        said = self.probabilities(scores)
        likelier = np.flatnonzero(said.max(1) > 0.5)
        if not len(likelier):
            return 1.0
        called = said.argmax(1)[likelier]
        together = said.max(1)[likelier].mean()
        each = [
            [softmax(one * way[likelier])[np.arange(len(called)), called].mean() for one in SHARPNESSES]
            for way in scores
        ]
        return float((self.shares * np.abs(np.array(each) - together)).sum())


def softmax(scores: Floats | Doubles) -> Doubles:
    """Shares of (places, types) in proportion to the exponentials: rows of sum 1."""
    grown = np.exp(np.asarray(scores, np.float64) - scores.max(1, keepdims=True))
    shares: Doubles = grown / grown.sum(1, keepdims=True)
    return shares


def hold_out(
    examples: Floats, kinds: NDArray[np.intp], groups: Sequence[Hashable], *, seed: int = 0
) -> HeldOut:
    """Hold out each group of examples in turn, and see what the others say of it.

    The type of what is held out then has fewer examples than the others, which would make it seem less like
    its own type than it will be: as many, drawn at random, are left out of each other type.

    Args:
        examples: (examples, extents, channels), from ``Directions``.
        kinds: (examples,): places of their types.
        groups: One for each: near-copies of each other have one. Each type has two at least.
        seed: Draws what is left out.
    """
    counts = np.bincount(kinds)
    numbers = _numbered(groups)
    folds = numbers % _MOST_FOLDS
    if any(len(np.unique(kinds[folds != fold])) < len(counts) for fold in np.unique(folds)):
        folds = numbers
    repeats = _REPEATS if numbers.max() < _MOST_FOLDS else 1
    draw = np.random.default_rng(seed)
    scores = np.zeros((len(WAYS), len(kinds), len(counts)))
    cosines = np.zeros((len(kinds), len(counts)))
    for fold in np.unique(folds):
        out = folds == fold
        left = counts - np.bincount(kinds[out]).max()
        for _ in range(repeats):
            stay = np.concatenate(
                [
                    draw.permutation(np.flatnonzero((kinds == one) & ~out))[: max(int(most), 1)]
                    for one, most in enumerate(left)
                ]
            )
            others = Ridges.of(examples[stay], kinds[stay])
            scores[:, out] += others.scores(examples[out]) / repeats
            cosines[out] += others.cosines(examples[out]) / repeats
    return HeldOut(scores=scores, cosines=cosines)


def keeps_its_word(said: Doubles, right: NDArray[np.bool_]) -> bool:
    """Whether names came true as often as they say, as far as so few can tell.

    Args:
        said: (names,): how likely each was said to be, 0 to 1.
        right: (names,): whether it was.

    Returns:
        False where so few came true that it had a chance of at most 5 %, were they as likely as they say.
    """
    chances = np.ones(1)  # of each number of names that come true: the Poisson binomial law
    for one in said:
        chances = np.convolve(chances, [1.0 - one, one])
    return float(chances[: int(right.sum()) + 1].sum()) > _LIKELY


def _numbered(groups: Sequence[Hashable]) -> NDArray[np.intp]:
    """The groups' numbers, in the order in which they come first."""
    numbers = {group: place for place, group in enumerate(dict.fromkeys(groups))}
    return np.array([numbers[group] for group in groups], np.intp)
