"""The chart of subgroup means and their spread (X̄), for values that come in rational subgroups.

X̄-R and X̄-s charts: D. C. Montgomery, *Introduction to Statistical Quality Control*, 7th edition, sections
6.2 and 6.3; AIAG, *Statistical Process Control*, 2nd edition, chapter II; ISO 7870-2.

**Which chart.** A subgroup is so many parts one after another, so that within it only what always acts can
make them differ. With a size of 1 each part is a point: individual values (``variables_charts``). Where all
subgroups have the same size of at most ``MOST_FOR_RANGE`` the spread is told by the range, X̄-R. With more,
or where sizes differ since some parts could not be read, by the standard deviation, X̄-s: a range wastes what
lies between (AIAG: "when the subgroup size is greater than 9"; Montgomery, 6.3: larger than 10, or variable).
The last parts, too few for a subgroup, are on no chart.

**Constants** are worked out, not read from a table, which rounds: d2 and d3 as moments of the range of n
normal values (L. H. C. Tippett, Biometrika 17, 1925), c4 by the gamma function. Standard deviations of
subgroups of several sizes are put together as I. W. Burr says ("Control Charts for Measurements with Varying
Sample Sizes", Journal of Quality Technology 1, 1969): each over its c4, weighted by how well it is known;
with one size it is the usual s̄/c4.

Whether the process was in control is asked as of individual values (``variables_charts``): of the means,
whether more lie beyond their limits than chance gives, and of their order; of the spread, whether more or
farther lie out than chance gives. Ranges and deviations are not normal, so each is first put as the normal
value that is as rare, by its own distribution; their shown limits are the usual three standard errors.
"""

import math
from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import quad, simpson
from scipy.special import gammaln
from scipy.stats import chi2, norm

from inspection.decision import Frozen
from reports.statistics.rule_sets import RuleSet
from reports.statistics.run_rules import LIMIT, RULES, Signal, signals
from reports.statistics.variables_charts import Unstable, unstable

MOST_FOR_RANGE: Final = 9
"""Largest subgroup whose spread is told by its range."""
LEAST_SUBGROUPS: Final = 20
"""Fewer say little about the limits of a chart: Montgomery asks for 20 to 25, AIAG for 25."""


class Spread(StrEnum):
    """How the spread of a subgroup is told."""

    RANGE = "range"
    """X̄-R."""
    DEVIATION = "deviation"
    """X̄-s."""


class SubgroupChart(Frozen):
    """A chart of means, with that of the spread within. Limits are those of a full subgroup."""

    size: int
    """Parts of a full subgroup."""
    subgroups: int
    least: int
    """Readings of the smallest subgroup on the chart."""
    off_chart: int
    """Readings on no chart: of the last parts, and of subgroups in which fewer than two could be read."""
    spread: Spread
    centre: float
    """The mean of all readings on the chart."""
    sigma: float
    """Standard deviation within subgroups."""
    low: float
    """Control limits of a mean, three of its standard errors off the centre."""
    high: float
    spread_centre: float
    """What the spread of a subgroup is on average."""
    spread_low: float
    spread_high: float
    rule_set: RuleSet
    signals: tuple[Signal, ...]
    """Of the means; places are numbers of subgroups, from 1."""
    spread_beyond: int
    """Subgroups whose spread lies beyond its limits."""
    unstable: tuple[Unstable, ...]
    """Why the process was not in control; empty where it was."""
    within_variance: float
    """Pooled variance within subgroups, with ``freedom`` degrees of freedom."""
    freedom: int

    @property
    def in_control(self) -> bool:
        """Whether nothing shows that the process changed."""
        return not self.unstable


@cache
def c4(n: int) -> float:
    """Mean standard deviation of ``n`` normal values, in sigma; n is 2 or more.

    >>> round(c4(5), 4)
    0.94
    """
    return math.sqrt(2.0 / (n - 1)) * math.exp(float(gammaln(n / 2.0) - gammaln((n - 1) / 2.0)))


@cache
def d2(n: int) -> float:
    """Mean range of ``n`` normal values, in sigma.

    >>> round(d2(5), 3)
    2.326
    """

    def missing(x: float) -> float:
        return float(1.0 - norm.cdf(x) ** n - norm.sf(x) ** n)

    return 2.0 * float(quad(missing, 0.0, 12.0)[0])


@cache
def _range_scores(n: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Ranges of ``n`` normal values, how likely each is not exceeded, and the normal value as rare."""
    nodes, weights = np.polynomial.legendre.leggauss(400)
    x, of_x = 9.0 * nodes, 9.0 * weights
    w = np.linspace(0.0, 14.0, 1401)
    inner = (norm.cdf(x[None, :] + w[:, None]) - norm.cdf(x)[None, :]) ** (n - 1)
    below = np.clip(n * (inner * norm.pdf(x)[None, :]) @ of_x, 1e-15, 1.0 - 1e-15)
    return w, below, norm.ppf(below)


@cache
def d3(n: int) -> float:
    """Standard deviation of the range of ``n`` normal values, in sigma.

    >>> round(d3(5), 3)
    0.864
    """
    w, below, _ = _range_scores(n)  # E[W²] is twice the integral of w P(W > w)
    return math.sqrt(2.0 * float(simpson(w * (1.0 - below), x=w)) - d2(n) ** 2)


def subgroup_chart(
    values: Sequence[float | None], us: Sequence[float], *, size: int, rule_set: RuleSet
) -> SubgroupChart | None:
    """The chart of subgroups; None where there are fewer than ``LEAST_SUBGROUPS``.

    Args:
        values: Of each part in the order in which they came; None where it could not be read.
        us: Standard uncertainty of each; of one that was not read it is not looked at.
        size: Parts of a subgroup; 2 or more.
        rule_set: Which means are called signals.

    Raises:
        ValueError: A subgroup has one part.
    """
    if size < 2:
        raise ValueError(f"a subgroup of {size} has no spread")
    whole = len(values) - len(values) % size
    groups = [
        np.array([one for one in values[at : at + size] if one is not None], dtype=np.float64)
        for at in range(0, whole, size)
    ]
    groups = [group for group in groups if len(group) > 1]
    if len(groups) < LEAST_SUBGROUPS:
        return None
    n = np.array([len(group) for group in groups])
    every = np.concatenate(groups)
    s = np.array([group.std(ddof=1) for group in groups])
    same = int(n.min()) == int(n.max())
    by_range = same and int(n.max()) <= MOST_FOR_RANGE
    found = np.array([np.ptp(group) for group in groups]) if by_range else s
    mean_of = np.array([d2(int(one)) if by_range else c4(int(one)) for one in n])
    error_of = np.array([d3(int(one)) if by_range else math.sqrt(1.0 - c4(int(one)) ** 2) for one in n])
    weight = (mean_of / error_of) ** 2
    sigma = float((weight * found / mean_of).sum() / weight.sum())
    centre = float(every.mean())
    means = np.array([group.mean() for group in groups])
    z = _over(means - centre, sigma / np.sqrt(n))
    full = int(n.max())
    middle, half = (d2(full), d3(full)) if by_range else (c4(full), math.sqrt(1.0 - c4(full) ** 2))
    told = [u for one, u in zip(values, us, strict=True) if one is not None]
    explained = 2.0 * math.sqrt(3.0) * math.sqrt(float(np.mean(np.square(told))))
    reasons = {*unstable(means, z, explained=explained)}
    reasons |= {*unstable(found, _scores(found, n, sigma, by_range=by_range), explained=explained)} & {
        Unstable.BEYOND_LIMITS
    }
    freedom = int((n - 1).sum())
    return SubgroupChart(
        size=size,
        subgroups=len(groups),
        least=int(n.min()),
        off_chart=sum(one is not None for one in values) - len(every),
        spread=Spread.RANGE if by_range else Spread.DEVIATION,
        centre=centre,
        sigma=sigma,
        low=centre - LIMIT * sigma / math.sqrt(full),
        high=centre + LIMIT * sigma / math.sqrt(full),
        spread_centre=middle * sigma,
        spread_low=max(0.0, (middle - LIMIT * half) * sigma),
        spread_high=(middle + LIMIT * half) * sigma,
        rule_set=rule_set,
        signals=signals(z, RULES[rule_set]),
        spread_beyond=int((np.abs(found - mean_of * sigma) > LIMIT * error_of * sigma).sum()),
        unstable=tuple(sorted(reasons)),
        within_variance=float(((n - 1) * s**2).sum()) / freedom,
        freedom=freedom,
    )


def _scores(
    found: NDArray[np.float64], n: NDArray[np.int64], sigma: float, *, by_range: bool
) -> NDArray[np.float64]:
    """The normal value that is as rare as each spread; 0 where nothing varies."""
    if sigma == 0.0:
        return np.zeros_like(found)
    if by_range:
        w, _, z = _range_scores(int(n[0]))
        return np.interp(found / sigma, w, z)
    freedom = n - 1
    return np.asarray(
        norm.isf(np.clip(chi2.sf(freedom * (found / sigma) ** 2, freedom), 1e-300, 1.0 - 1e-16))
    )


def _over(found: NDArray[np.float64], spread: NDArray[np.float64]) -> NDArray[np.float64]:
    """In standard deviations; 0 where there is no spread."""
    return np.divide(found, spread, out=np.zeros_like(found), where=spread > 0.0)
