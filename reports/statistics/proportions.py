"""Shares of counted parts, each with the interval in which the share behind it lies, and by which method.

An interval speaks of independent parts that are all as likely to pass; where hours differ, it is too narrow.
"""

import math
from enum import StrEnum
from typing import Final

from scipy.stats import beta, norm

from inspection.decision import Frozen

CONFIDENCE: Final = 0.95
"""Of every interval of a report, two-sided."""


class Interval(StrEnum):
    """How the interval of a share is worked out."""

    WILSON = "wilson"
    """E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22, 1927:
    right on average, also for few parts (Brown, Cai and DasGupta, Statistical Science 16, 2001)."""
    CLOPPER_PEARSON = "clopper_pearson"
    """C. J. Clopper and E. S. Pearson, Biometrika 26, 1934: never too narrow, for what must not be told too
    well."""


class Proportion(Frozen):
    """A share of counted parts."""

    count: int
    of: int
    share: float
    """0 to 1."""
    low: float
    """Bounds of the share behind it."""
    high: float
    confidence: float
    method: Interval


def proportion(count: int, of: int, method: Interval = Interval.WILSON) -> Proportion | None:
    """The share that ``count`` is ``of`` so many; None of none.

    Args:
        count: How many it holds for.
        of: How many there are.
        method: Of the interval.

    Raises:
        ValueError: It holds for more than there are, or for fewer than none.

    >>> one = proportion(81, 263)  # Newcombe, Statistics in Medicine 17, 1998, table I
    >>> one and (round(one.low, 4), round(one.high, 4))
    (0.2553, 0.3662)
    """
    if not 0 <= count <= of:
        raise ValueError(f"{count} of {of} parts is no share")
    if of == 0:
        return None
    low, high = (_wilson if method is Interval.WILSON else _clopper_pearson)(count, of)
    return Proportion(
        count=count, of=of, share=count / of, low=low, high=high, confidence=CONFIDENCE, method=method
    )


def _wilson(count: int, n: int) -> tuple[float, float]:
    z2 = float(norm.ppf(0.5 + CONFIDENCE / 2.0)) ** 2
    middle = (count + z2 / 2.0) / (n + z2)
    half = math.sqrt(z2 * (count * (n - count) / n + z2 / 4.0)) / (n + z2)
    # At the ends the bound is the share itself; rounding would leave it a hair beside.
    return (middle - half if count else 0.0), (middle + half if count < n else 1.0)


def _clopper_pearson(count: int, n: int) -> tuple[float, float]:
    tail = (1.0 - CONFIDENCE) / 2.0
    low = float(beta.ppf(tail, count, n - count + 1)) if count else 0.0
    high = float(beta.isf(tail, count + 1, n - count)) if count < n else 1.0
    return low, high
