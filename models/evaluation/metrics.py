"""Measures how well scores part good from defective pictures.

All scores grow with abnormality; a picture is rejected when its score is at least the threshold. An *escape*
is a defective picture that is not rejected, an *overkill* a good one that is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

TENTHS: Final = tuple(place / 10 for place in range(11))
"""Edges of ten equal bins, from 0 to 1."""


@dataclass(frozen=True, kw_only=True)
class OperatingPoint:
    """What one threshold does to a labelled set."""

    threshold: float
    escape_rate: float
    """The share of the defective pictures that escape."""
    overkill_rate: float
    """The share of the good pictures that are rejected."""


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """How well scores part a labelled set."""

    good: int
    defective: int
    auroc: float
    """The probability that a defective picture scores higher than a good one; a tie counts half."""
    at_threshold: OperatingPoint | None
    """The rates at the threshold chosen from good parts alone, where one was given."""
    at_no_escape: OperatingPoint
    """The rates at the highest threshold without an escape on this set."""
    at_one_percent: OperatingPoint
    """The rates at the highest threshold with at most 1 % escapes on this set."""


def evaluate(
    scores: Sequence[float] | NDArray[np.float64],
    defective: Sequence[bool] | NDArray[np.bool_],
    *,
    threshold: float | None = None,
) -> Evaluation:
    """Compare scores with the truth.

    Args:
        scores: One for each picture.
        defective: Whether it is defective; both kinds must occur.
        threshold: The one that is in use, chosen without looking at this set.

    Raises:
        ValueError: The lengths are unequal, a score is no number, or there is only one kind of picture.
    """
    values, truth = np.asarray(scores, dtype=np.float64), np.asarray(defective, dtype=np.bool_)
    if values.shape != truth.shape or values.ndim != 1:
        raise ValueError(f"scores {values.shape} and labels {truth.shape} must be equally long lists")
    if np.isnan(values).any():
        raise ValueError("a score is not a number")
    bad, good = np.sort(values[truth]), values[~truth]
    if not len(bad) or not len(good):
        raise ValueError("both good and defective pictures are needed to evaluate")
    return Evaluation(
        good=len(good),
        defective=len(bad),
        auroc=auroc(good, bad),
        at_threshold=None if threshold is None else operating_point(good, bad, threshold=threshold),
        at_no_escape=operating_point(good, bad, threshold=bad[0]),
        at_one_percent=operating_point(good, bad, threshold=bad[math.floor(0.01 * len(bad))]),
    )


def auroc(good: NDArray[np.float64], defective: NDArray[np.float64]) -> float:
    """Give the area under the ROC curve: the Mann-Whitney statistic as a share of all pairs, a tie half.

    Hanley and McNeil, "The meaning and use of the area under a ROC curve", Radiology 143 (1982). The pairs
    are counted in whole halves, so the same ranks give the same float; scikit-learn's ``roc_auc_score`` sums
    trapezoids, and is off in the last digit now and then, which would decide between equals.
    """
    from scipy.stats import mannwhitneyu  # half a second, which the engine's start is not to pay

    # "asymptotic" is how the p-value comes about, which nobody reads: the exact one counts permutations
    won = mannwhitneyu(defective, good, method="asymptotic").statistic
    return float(won / (len(good) * len(defective)))


def operating_point(
    good: NDArray[np.float64], defective: NDArray[np.float64], *, threshold: float
) -> OperatingPoint:
    """Give the rates of escape and overkill when scores from the threshold on are rejected."""
    return OperatingPoint(
        threshold=float(threshold),
        escape_rate=float((defective < threshold).mean()),
        overkill_rate=float((good >= threshold).mean()),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """What was said with about the same probability, and how much of it was true."""

    low: float
    high: float
    """Its edges; what lies on an edge belongs to the bin above, 1 to the last one."""
    said: float
    """The mean probability that was given."""
    true: float
    """The share that was true."""
    count: int


def binned(said: Sequence[float], true: Sequence[bool], *, edges: Sequence[float] = TENTHS) -> list[Bin]:
    """Sort probabilities into bins and count what was true; bins that stay empty are left out.

    Args:
        said: Probabilities, 0 to 1.
        true: Whether what was said with each of them was true.
        edges: The bins' edges, ascending from 0 to 1.
    """
    shares, hits = np.asarray(said, float), np.asarray(true, float)
    places = np.clip(np.searchsorted(edges, shares, side="right") - 1, 0, len(edges) - 2)
    return [
        Bin(
            low=edges[place],
            high=edges[place + 1],
            said=float(shares[places == place].mean()),
            true=float(hits[places == place].mean()),
            count=int((places == place).sum()),
        )
        for place in sorted({int(place) for place in places})
    ]


def calibration_error(
    said: Sequence[float], true: Sequence[bool], *, edges: Sequence[float] = TENTHS
) -> float:
    """Give the expected calibration error: how far what was said is from what was true, on average.

    It is the mean distance over the bins, weighted by their counts (Guo et al., ICML 2017,
    arXiv:1706.04599). scikit-learn's ``calibration_curve`` does not say how many lie in a bin.
    """
    bins = binned(said, true, edges=edges)
    return sum(one.count * abs(one.said - one.true) for one in bins) / len(said)
