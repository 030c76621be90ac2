"""What types look like: ridge regression of the types on the directions of places, in several ways.

Few examples and many numbers: each type's indicator is regressed on what the examples look like, with a ridge
(regularised least squares: Rifkin, Yeo and Poggio, "Regularized Least-Squares Classification", 2003). Places
are compared by the cosine, seen from the middle of all types, for what tells the types apart; how like a type
a place is at all is asked without that middle, which a type that nobody showed does not share. A way of doing
it is a choice of extents and of the ridge, which no constant can make for all products:
:mod:`models.naming.belief` lets the examples choose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from models.naming.directions import EXTENTS, unit

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way of telling types apart."""

    extents: tuple[int, ...]
    """The places, among ``EXTENTS``, of those that are looked at, all alike."""
    ridge: float
    """Of the squared weights, beside cosines of at most 1: small trusts each example, large their means."""


WAYS: Final = tuple(
    Way(extents=extents, ridge=ridge)
    for extents in (*((one,) for one in range(len(EXTENTS))), tuple(range(len(EXTENTS))))
    for ridge in (0.1, 0.5, 2.0)
)
"""Each extent alone and all together; ridges from nearly none to nearly the types' means."""


@dataclass(frozen=True, kw_only=True)
class Ridges:
    """Types as told by all ways from the same examples."""

    middle: Floats
    """(extents, channels): the mean of the types' means, whatever the number of their examples."""
    means: Floats
    """(extents, channels, types): the mean of each type's examples, each scaled to length 1."""
    weights: Floats
    """(extents, channels, ways, types): what a place's directions from the middle are weighed by."""

    @classmethod
    def of(cls, examples: Floats, kinds: NDArray[np.intp]) -> Self:
        """Learn from examples; each type counts alike, however many show it.

        Args:
            examples: (examples, extents, channels), from ``Directions``.
            kinds: (examples,): the place of each one's type among the types; each of them occurs.
        """
        types = int(kinds.max()) + 1
        counts = np.bincount(kinds, minlength=types)
        middle = np.stack([examples[kinds == one].mean(0) for one in range(types)]).mean(0)
        seen = unit(examples - middle)
        means = np.stack([unit(examples)[kinds == one].mean(0) for one in range(types)])
        alike = np.einsum("iec,jec->eij", seen, seen, optimize=True).astype(np.float64)
        slack = np.diag(types * counts[kinds] / len(kinds))
        wanted = np.eye(types)[kinds] - 1.0 / types
        weights = np.zeros((*middle.shape, len(WAYS), types), np.float32)
        for number, way in enumerate(WAYS):
            chosen = list(way.extents)
            shares = np.linalg.solve(alike[chosen].mean(0) + way.ridge * slack, wanted) / len(chosen)
            for extent in chosen:
                weights[extent, :, number] = seen[:, extent].T @ shares
        return cls(middle=middle, means=np.moveaxis(means, 0, -1), weights=weights)

    def scores(self, places: Floats) -> Doubles:
        """How far each of (places, extents, channels) is of each type: (ways, places, types).

        A score is the regression's answer, less that of a place of which nothing is known.
        """
        ways, types = self.weights.shape[2:]
        flat = self._seen(places).reshape(len(places), -1) @ self.weights.reshape(-1, ways * types)
        return np.moveaxis(flat.reshape(len(places), ways, types), 1, 0).astype(np.float64)

    def cosines(self, places: Floats) -> Doubles:
        """How alike (places, extents, channels) and the types' examples are: (places, types).

        The mean of the cosines, -1 to 1: on average the same of few examples as of many.
        """
        types = self.means.shape[2]
        alike = unit(places).reshape(len(places), -1) @ self.means.reshape(-1, types)
        return (alike / len(self.middle)).astype(np.float64)

    def _seen(self, places: Floats) -> Floats:
        return unit(places - self.middle)
