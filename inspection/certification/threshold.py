"""Certified escapes: a pass threshold that provably lets few defective parts through. Pure.

**The promise.** Of defective parts like those of the calibration at most a share ``alpha`` is passed. The
procedure that says so is wrong with probability ``delta`` at most, over the draw of the calibration's parts.

**The method** is fixed-sequence testing as in Learn then Test (Angelopoulos, Bates, Candès, Jordan and Lei,
"Learn then Test: Calibrating Predictive Algorithms to Achieve Risk Control", 2021, arXiv:2110.01052; MAPIE's
``risk_control`` has it in general). The hypothesis of a threshold is "more than ``alpha`` of the defective
parts score at most this". The thresholds are walked from the strictest; each hypothesis is tested with the
exact binomial p-value; the first that cannot be rejected ends the walk. Because the order is fixed before any
part is seen, each test is made at the full ``delta``, and it costs nothing how many thresholds there are.

**Why the walk may look at the scores.** The sequence is every double from 0 to 1, ascending: it depends on
nothing. Between two calibration scores the number of misses, and so the p-value, stays the same, so it is
enough to look where a score lies. That gives the order statistic of Wilks' tolerance limits ("Determination
of Sample Sizes for Setting Tolerance Limits", Annals of Mathematical Statistics 12, 1941), in one step.

**What is counted.** The binomial wants independent draws. Pictures of one part, or of one batch in one light,
are near-copies: a group of them is one draw, and escapes if any of its pictures does (``by_group``). That is
never milder than asking for one picture of each group, drawn at random.
"""

import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

from inspection.certification.binomial import most_misses

NEVER_PASSES = math.inf
"""The score of a part that the inspector does not pass itself: no threshold lets it through."""


@dataclass(frozen=True, slots=True)
class Walked:
    """Where the walk ended."""

    threshold: float
    """The largest threshold that was proven, 0 to 1: a pass that scores at most this keeps the promise."""
    misses: int
    """Calibration parts that score at most this."""


def walk(scores: Sequence[float], *, alpha: float, delta: float) -> Walked | None:
    """Walk the pass threshold from the strictest as far as ``alpha`` is proven at ``delta``.

    Args:
        scores: One defect score, 0 to 1, of each independent defective part; ``NEVER_PASSES`` for a part that
            the inspector does not pass itself.
        alpha: The bound on the escape rate, above 0 and below 1.
        delta: How often the procedure may be wrong, above 0 and below 1.

    Returns:
        None where not even the strictest threshold is proven: too few parts, or defective ones that score 0.

    Raises:
        ValueError: A score, ``alpha`` or ``delta`` is out of its range.

    >>> walk([0.4] * 59, alpha=0.05, delta=0.05)
    Walked(threshold=0.39999999999999997, misses=0)
    >>> walk([0.4] * 58, alpha=0.05, delta=0.05) is None
    True
    """
    if not (0.0 < alpha < 1.0 and 0.0 < delta < 1.0):
        raise ValueError(f"alpha {alpha} and delta {delta} must lie between 0 and 1")
    if not all(0.0 <= score <= 1.0 or score == NEVER_PASSES for score in scores):
        raise ValueError("a score lies outside 0 to 1")
    ordered = sorted(scores)
    allowed = most_misses(len(ordered), alpha, delta)
    if allowed < 0:
        return None
    # The walk ends just below the first miss too many; where that one never passes, it goes to the end.
    threshold = min(1.0, math.nextafter(ordered[allowed], -1.0))
    return None if threshold < 0.0 else Walked(threshold, sum(score <= threshold for score in ordered))


def by_group(
    values: Iterable[float], groups: Iterable[Hashable], *, worst: Callable[[float, float], float]
) -> list[float]:
    """One value for each group, in the order in which the groups first come.

    Args:
        values: One for each picture.
        groups: One for each picture; pictures of one group are one draw.
        worst: ``min`` of defective parts' scores (one picture that passes is an escape), ``max`` of good.

    >>> by_group([0.7, 0.2, 0.9], ["a", "a", "b"], worst=min)
    [0.2, 0.9]
    """
    found: dict[Hashable, float] = {}
    for value, group in zip(values, groups, strict=True):
        found[group] = worst(found.get(group, value), value)
    return list(found.values())
