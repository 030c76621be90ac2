"""Measures how well scores part good from defective pictures.

All scores grow with abnormality; a picture is rejected when its score is at least the threshold. An *escape*
is a defective picture that is not rejected, an *overkill* a good one that is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class OperatingPoint:
    """What one threshold does to a labelled set."""

    threshold: float
    escape_rate: float
    """Escapes / defective pictures."""
    overkill_rate: float
    """Overkills / good pictures."""


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """How well scores part a labelled set."""

    good: int
    defective: int
    auroc: float
    """Probability that a defective picture scores higher than a good one; a tie counts half."""
    at_threshold: OperatingPoint | None
    """At the threshold chosen from good parts alone, where one was given."""
    at_no_escape: OperatingPoint
    """At the highest threshold without an escape on this set."""
    at_one_percent: OperatingPoint
    """At the highest threshold with at most 1 % escapes on this set."""


def evaluate(
    scores: Sequence[float] | NDArray[np.float64],
    defective: Sequence[bool] | NDArray[np.bool_],
    *,
    threshold: float | None = None,
) -> Evaluation:
    """Compare scores with the truth.

    Args:
        scores: one for each picture.
        defective: whether it is defective; both kinds must occur.
        threshold: the one that is in use, chosen without looking at this set.

    Raises:
        ValueError: unequal lengths, a score that is no number, or only one kind of picture.
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
    """Area under the ROC curve: the Mann-Whitney statistic, a tie counting half.

    Hanley and McNeil, "The meaning and use of the area under a ROC curve", Radiology 143 (1982).
    """
    ordered = np.sort(good)
    below = np.searchsorted(ordered, defective, side="left")
    not_above = np.searchsorted(ordered, defective, side="right")
    return float((below + not_above).sum() / (2 * len(good) * len(defective)))


def operating_point(
    good: NDArray[np.float64], defective: NDArray[np.float64], *, threshold: float
) -> OperatingPoint:
    """The rates of escape and overkill when scores from the threshold on are rejected."""
    return OperatingPoint(
        threshold=float(threshold),
        escape_rate=float((defective < threshold).mean()),
        overkill_rate=float((good >= threshold).mean()),
    )
