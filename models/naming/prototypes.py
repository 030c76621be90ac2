"""Prototypes: each type is the mean direction of its examples, and what is nearest by angle is the name.

Few-shot classification by class means (Snell, Swersky and Zemel, "Prototypical Networks for Few-shot
Learning", NeurIPS 2017, arXiv:1703.05175) on frozen features, with cosines (Gidaris and Komodakis, CVPR 2018,
arXiv:1804.09458). Nothing is trained but one number: how fast a difference of cosines becomes certainty
(temperature scaling: Guo et al., ICML 2017, arXiv:1706.04599), on examples that are held out in turn.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from models.naming.directions import LEAST_LENGTH, unit

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
MOST_SHARPNESS: Final = 1e3
"""Beyond it a cosine's rounding would be certainty."""
_REPEATS: Final = 5
"""Draws of what is left out beside a held-out group, averaged."""
_LATE: Final = 0.05
"""Share of the held-out examples that lie farther from their own type than what is still named."""


@dataclass(frozen=True, kw_only=True)
class Prototypes:
    """One direction for each type, seen from the middle of all types."""

    middle: Floats
    """(channels,): the mean of the types' means, whatever the number of their examples."""
    directions: Floats
    """(types, channels), each of length 1."""

    @classmethod
    def of(cls, examples: Floats, kinds: NDArray[np.intp]) -> Self:
        """Take the mean of each type.

        Args:
            examples: (examples, channels), from ``Directions``.
            kinds: (examples,): the place of each one's type among the types; each of them occurs.
        """
        types = int(kinds.max()) + 1
        middle = np.stack([examples[kinds == one].mean(0) for one in range(types)]).mean(0)
        seen = unit(examples - middle)
        means = np.stack([seen[kinds == one].mean(0) for one in range(types)])
        return cls(middle=middle, directions=unit(means))

    def cosines(self, places: Floats) -> Floats:
        """How alike each of (places, channels) and each type are: (places, types), -1 to 1."""
        alike: Floats = unit(places - self.middle) @ self.directions.T
        return alike


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """How alike examples and types are where the example, and its group, were not among those shown."""

    cosines: Doubles
    """(examples, types)"""
    right: float
    """The share of the examples whose own type is nearest, on average over the types."""
    sharpness: float
    """What a cosine is multiplied by: then the softmax over the types is how sure a name is."""
    least: float
    """The cosine to the nearest type below which a place is like none of them."""


def probabilities(cosines: Floats | Doubles, sharpness: float) -> Doubles:
    """How likely each type is, given that it is one of them: (places, types), rows of sum 1."""
    scaled = sharpness * np.asarray(cosines, dtype=np.float64)
    grown = np.exp(scaled - scaled.max(1, keepdims=True))
    shares: Doubles = grown / grown.sum(1, keepdims=True)
    return shares


def hold_out(
    examples: Floats, kinds: NDArray[np.intp], groups: Sequence[Hashable], *, seed: int = 0
) -> HeldOut:
    """Hold out each group of examples in turn, and see what the others call it.

    The type of what is held out then has fewer examples than the others, which would make it seem less like
    its own type than it will be: as many, drawn at random, are left out of each other type. What remains,
    that all means are of fewer examples than in use, is made good by how much longer a more reliable mean
    reaches (:func:`gain`).

    Args:
        examples: (examples, channels).
        kinds: (examples,): places of their types.
        groups: One for each: near-copies of each other have one. Each type has two at least.
        seed: Draws what is left out.
    """
    types = int(kinds.max()) + 1
    counts = np.bincount(kinds, minlength=types)
    numbers = np.unique([str(group) for group in groups], return_inverse=True)[1]
    draw = np.random.default_rng(seed)
    products = examples.astype(np.float64) @ examples.astype(np.float64).T
    cosines = np.zeros((len(kinds), types))
    gains = np.zeros(len(kinds))
    alike = likeness(unit(examples - Prototypes.of(examples, kinds).middle), kinds, numbers)
    for number in np.unique(numbers):
        out = numbers == number
        lost = np.bincount(kinds[out], minlength=types).max()
        for _ in range(_REPEATS):
            shares = _balanced(kinds, out, counts - lost, draw)
            cosines[out] += _cosines(products, shares)[out] / _REPEATS
        left = np.maximum(counts - lost, 1).mean()
        gains[out] = gain(alike, fewer=float(left), more=float(counts.mean()))
    own = np.sort(cosines[np.arange(len(kinds)), kinds])
    nearest = cosines.argmax(1) == kinds
    return HeldOut(
        cosines=cosines,
        right=float(np.mean([nearest[kinds == one].mean() for one in range(types)])),
        sharpness=min(_sharpness(cosines, kinds) * float(gains.mean()), MOST_SHARPNESS),
        # the split-conformal rank, as for the memory's threshold
        least=float(own[max(int(_LATE * (len(own) + 1)) - 1, 0)]),
    )


def likeness(seen: Floats, kinds: NDArray[np.intp], groups: NDArray[np.intp]) -> float:
    """The mean cosine of two examples of one type and different groups, 0 to 1, over the types.

    Args:
        seen: (examples, channels), of length 1, from the middle of the types.
        kinds: (examples,)
        groups: (examples,)
    """
    found = []
    for one in range(int(kinds.max()) + 1):
        of_kind, of_group = seen[kinds == one], groups[kinds == one]
        apart = of_group[:, None] != of_group[None, :]
        if apart.any():
            found.append(float((of_kind @ of_kind.T)[apart].mean()))
    return float(np.clip(np.mean(found), 0.0, 1.0)) if found else 0.0


def gain(alike: float, *, fewer: float, more: float) -> float:
    """How much more of its type's direction a mean of ``more`` examples has than one of ``fewer``.

    It is the root of how much more reliable it is. The reliability of a mean of n is n·r / (1 + (n - 1)·r),
    r being the correlation of two, here their cosine ``alike`` (Spearman 1910, Brown 1910).

    >>> gain(1.0, fewer=4, more=5)
    1.0
    >>> gain(0.0, fewer=4, more=9)
    1.5
    """
    return math.sqrt((more * (1.0 + (fewer - 1.0) * alike)) / (fewer * (1.0 + (more - 1.0) * alike)))


def _balanced(
    kinds: NDArray[np.intp], out: NDArray[np.bool_], left: NDArray[np.intp], draw: np.random.Generator
) -> Doubles:
    """The share of each example in its type's mean when ``out`` is held out: (types, examples).

    Of each type at most ``left`` stay, and one at least.
    """
    shares = np.zeros((len(left), len(kinds)))
    for one, most in enumerate(left):
        stay = draw.permutation(np.flatnonzero((kinds == one) & ~out))[: max(int(most), 1)]
        shares[one, stay] = 1.0 / len(stay)
    return shares


def _cosines(products: Doubles, shares: Doubles) -> Doubles:
    """What ``Prototypes.of(...).cosines(...)`` says of all examples, from their scalar products alone.

    A hundred times faster, since no mean is written out: each is a mixture of examples.

    Args:
        products: (examples, examples)
        shares: (types, examples): of each example in its type's mean, rows of sum 1.

    Returns:
        (examples, types)
    """
    middle = shares.mean(0)
    beside = products @ middle
    squares = np.diag(products) - 2.0 * beside + middle @ beside
    lengths = np.sqrt(np.maximum(squares, LEAST_LENGTH**2))
    weights = shares / lengths
    mixtures = weights - weights.sum(1, keepdims=True) * middle
    seen = products @ mixtures.T
    sizes = np.sqrt(np.maximum((mixtures * seen.T).sum(1), LEAST_LENGTH**2))
    cosines: Doubles = (seen - middle @ seen) / lengths[:, None] / sizes
    return cosines.clip(-1.0, 1.0)


def _sharpness(cosines: Doubles, kinds: NDArray[np.intp]) -> float:
    """The factor by which the held-out examples' own types are likeliest (maximum likelihood)."""
    from scipy.optimize import minimize_scalar  # half a second, which the engine's start is not to pay

    places = np.arange(len(kinds))

    def surprise(logarithm: float) -> float:
        shares = probabilities(cosines, float(np.exp(logarithm)))[places, kinds]
        return float(-np.log(np.maximum(shares, 1e-12)).sum())

    bounds = (-3.0, float(np.log(MOST_SHARPNESS)))
    return float(np.exp(minimize_scalar(surprise, bounds=bounds, method="bounded").x))
