"""Which unlabelled pictures to ask a person about: doubtful ones, and unlike each other.

The first is the most doubtful; each next one that whose doubt times its distance to the nearest one named is
the largest. So a picture that the judge is sure of teaches little, however odd, and so does a near-copy of
one that was named. It is the greedy k-center cover (Gonzalez, "Clustering to minimize the maximum
intercluster distance", 1985; for labels: Sener and Savarese, "Active Learning for Convolutional Neural
Networks: A Core-Set Approach", ICLR 2018, arXiv:1708.00489), weighted by doubt (after Zhdanov, "Diverse
mini-batch Active Learning", 2019, arXiv:1901.05954).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

_LEAST: Final = 1e-9
"""Keeps what never varies, and what is beyond doubt, from being nothing at all."""


@dataclass(frozen=True, kw_only=True)
class Pick:
    """A picture to ask about."""

    index: int
    doubt: float
    """0 to 1: 1 at the threshold."""
    apart: float | None
    """How far it lies from the nearest one that was named before, in middling distances between two pictures;
    None for the first."""


def doubt_of(confidence: NDArray[np.float64]) -> NDArray[np.float64]:
    """Say how unsure a judge is who is sure to so much, 0 to 1, that a part is good; 1 at a half.

    It is the variance of a coin that falls so, as a share of the largest.
    """
    doubt: NDArray[np.float64] = 4.0 * confidence * (1.0 - confidence)
    return doubt


def most_telling(
    doubt: NDArray[np.float64], features: NDArray[np.float32], *, count: int, seed: int = 0
) -> list[Pick]:
    """Choose the pictures whose labels would teach most, the most telling first.

    Args:
        doubt: (pictures,), 0 to 1.
        features: (pictures, channels), of whole pictures in any unit.
        count: How many at most; each is another picture than all named before, so there may be fewer.
        seed: Draws the pairs by which the middling distance is told.
    """
    if not len(doubt):
        return []
    spread = np.maximum(features.std(axis=0), _LEAST)
    places = ((features - features.mean(axis=0)) / spread).astype(np.float32)
    rng = np.random.default_rng(seed)
    one, other = rng.integers(0, len(places), (2, 1_000))
    usual = max(float(np.median(np.linalg.norm(places[one] - places[other], axis=1))), _LEAST)
    weight = np.maximum(doubt, _LEAST)
    nearest = np.full(len(places), np.inf)
    picks: list[Pick] = []
    for _ in range(min(count, len(places))):
        index = int((weight if not picks else weight * nearest).argmax())
        if picks and nearest[index] <= _LEAST:
            break
        apart = float(nearest[index]) if picks else None
        picks.append(Pick(index=index, doubt=float(doubt[index]), apart=apart))
        nearest = np.minimum(nearest, np.linalg.norm(places - places[index], axis=1) / usual)
    return picks
