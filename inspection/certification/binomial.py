"""The exact binomial: how likely so few misses are, how many still prove a rate, its upper bound. Pure.

Whether misses prove a rate is never decided by rounding: sums of floats are right to ``ROUNDING``, and where
that is not enough to tell them from ``delta``, whole fractions tell, or nothing is proven. scipy's
``binom.cdf`` is more exact than the sums here (3e-14 against 5e-13), but has no such guard: where ``delta``
is the p-value, or next to it, it proves too much in one of six cases. And a certificate is checked wherever
it is read, also by the console, which should not import scipy.
"""

import math
from fractions import Fraction
from typing import Final

ROUNDING: Final = 1e-9
"""Relative error that a sum of probabilities here stays below, up to 100,000 parts."""


MOST_IN_FRACTIONS: Final = 1000
"""Parts up to which whole fractions tell, in a third of a second. With more, what sums of floats cannot tell
from ``delta`` proves nothing."""


def p_value(misses: int, n: int, alpha: float) -> float:
    """P(Binomial(n, alpha) <= misses): how likely so few misses are if the escape rate were ``alpha``.

    Args:
        misses: Defective parts of the calibration that would be passed, 0 to ``n``.
        n: Defective parts of the calibration.
        alpha: Escape rate, above 0 and below 1.

    >>> round(p_value(0, 59, 0.05), 4), round(p_value(0, 58, 0.05), 4)
    (0.0485, 0.051)
    """
    return 1.0 if misses >= n else min(1.0, math.fsum(_pmf(k, n, alpha) for k in range(misses + 1)))


def _pmf(k: int, n: int, alpha: float) -> float:
    # by logarithms: powers of a few hundred parts would underflow to "impossible", which is the wrong side
    choose = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(choose + k * math.log(alpha) + (n - k) * math.log1p(-alpha))


def _exceeds(p: float, delta: float, *, misses: int, n: int, alpha: float) -> bool:
    """Whether the p-value, which ``p`` is but for rounding, lies above ``delta``."""
    if abs(p - delta) > ROUNDING * delta:
        return p > delta
    if n > MOST_IN_FRACTIONS:
        return True  # the stricter side
    rate = Fraction(alpha)
    terms = (math.comb(n, k) * rate**k * (1 - rate) ** (n - k) for k in range(misses + 1))
    return sum(terms) > Fraction(delta)


def most_misses(n: int, alpha: float, delta: float) -> int:
    """The most misses in ``n`` defective parts that still prove ``alpha`` at ``delta``; -1 where none do.

    >>> [most_misses(n, 0.05, 0.05) for n in (58, 59, 92, 93, 124)]
    [-1, 0, 0, 1, 2]
    """
    total, misses = 0.0, -1
    while misses < n - 1:
        total += _pmf(misses + 1, n, alpha)
        if _exceeds(total, delta, misses=misses + 1, n=n, alpha=alpha):
            break
        misses += 1
    return misses


def parts_needed(alpha: float, delta: float) -> int:
    """The least number of defective parts that can prove ``alpha`` at ``delta``: with no miss among them.

    >>> parts_needed(0.01, 0.05), parts_needed(0.05, 0.05)
    (299, 59)
    """
    n = max(1, math.floor(math.log(delta) / math.log1p(-alpha)))  # rounding may land on either side
    while _exceeds(p_value(0, n, alpha), delta, misses=0, n=n, alpha=alpha):
        n += 1
    return n


def upper_bound(count: int, n: int, delta: float) -> float:
    """The one-sided Clopper-Pearson bound: in ``delta`` of draws at most, the rate behind them lies above it.

    Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial",
    Biometrika 26 (1934). Without parts the bound is 1.

    Args:
        count: What was counted, 0 to ``n``.
        n: Among how many independent draws.
        delta: How often the bound may be wrong, above 0 and below 1.

    >>> round(upper_bound(0, 59, 0.05), 4), round(upper_bound(3, 100, 0.05), 4), upper_bound(0, 0, 0.05)
    (0.0495, 0.0757, 1.0)
    """
    if count >= n:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(60):  # halving; the upper end is the safe one
        middle = (low + high) / 2
        low, high = (middle, high) if p_value(count, n, middle) > delta else (low, middle)
    return high
