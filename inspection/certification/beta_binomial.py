"""How often a threshold from counted parts is exceeded by further ones: the beta-binomial. Pure.

A threshold at an order statistic of n exchangeable scores is exceeded by a share of all further ones that is
itself drawn, from a beta distribution: that share is known as far as n parts can tell and no further. So of
m further parts a beta-binomial number exceeds it (Wilks, "Determination of Sample Sizes for Setting Tolerance
Limits", Annals of Mathematical Statistics 12, 1941; Vovk, "Conditional validity of inductive conformal
predictors", ACML 2012, arXiv:1209.2673). It is wider than the binomial, which takes the share for known.
"""

import math
from itertools import accumulate


def central_interval(parts: int, *, above: float, below: float, sure: float) -> tuple[int, int]:
    """Between which counts, both included, the parts above lie; each side is wrong (1 - ``sure``) / 2.

    Args:
        parts: Further parts that are looked at, 0 or more.
        above: The first parameter of the beta distribution, above 0: with the threshold at a score of the
            counted parts, one more than there are scores above it.
        below: The second, above 0: the counted parts at or below the threshold.
        sure: How often the interval holds at least, above 0 and below 1.

    >>> central_interval(100, above=5, below=95, sure=0.95)  # 5 of 100 were asked, from 99 parts
    (0, 12)
    >>> central_interval(100, above=500, below=9500, sure=0.95)  # from many: the binomial's own interval
    (1, 10)
    """
    tail = (1.0 - sure) / 2.0
    totals = list(accumulate(_probability(count, parts, above, below) for count in range(parts + 1)))
    low = next((count for count, total in enumerate(totals) if total > tail), parts)
    high = next((count for count, total in enumerate(totals) if total >= 1.0 - tail), parts)
    return low, high


def _probability(count: int, parts: int, above: float, below: float) -> float:
    choose = math.lgamma(parts + 1) - math.lgamma(count + 1) - math.lgamma(parts - count + 1)
    return math.exp(choose + _log_beta(count + above, parts - count + below) - _log_beta(above, below))


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
