"""The chart of individual values and their moving ranges, and whether it shows a process in control.

I-MR chart: D. C. Montgomery, *Introduction to Statistical Quality Control*, 7th edition, section 6.4; AIAG,
*Statistical Process Control*, 2nd edition, chapter II; NIST/SEMATECH e-Handbook of Statistical Methods,
6.3.2.2. Its constants are worked out, not read from a table, which rounds.

Whether a process was in control is not left to the count of signals: of thousands of readings some are beyond
three sigma by chance, and a run of nine comes of itself. A chart that looks back ("phase I") is to keep the
chance of a false alarm of the whole chart low (Chakraborti, Human and Graham, "Phase I Statistical Process
Control Charts: An Overview and Some Results", Quality Engineering 21, 2009). So it is asked whether the
signals are more than chance gives, however many readings there are, each time with the chance that a single
point has to lie beyond its limits (0.27 %):

- ``beyond_limits``: a reading lies farther out than the farthest of so many (Šidák, 1967), or more lie beyond
  the limits than the binomial distribution allows.
- ``order``: neighbours are more alike than others (a drift, a step, waves) or less (two streams in turn):
  von Neumann's ratio, "Distribution of the Ratio of the Mean Square Successive Difference to the Variance",
  Annals of Mathematical Statistics 12, 1941, with the variance for independent normal values.

What the measurement explains is no evidence of either: of a display that shows one digit more or less now
and then, all moving ranges but a few are 0, and its limits would be far too narrow. A reading and the centre
may each be half a step aside, which is √3 u (GUM 4.3.7), so only what lies more than 2 √3 u from the centre
is evidence.
"""

import math
from collections.abc import Sequence
from enum import StrEnum
from statistics import fmean
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, norm

from inspection.decision import Frozen
from reports.statistics.rule_sets import RuleSet
from reports.statistics.run_rules import LIMIT, LIMIT_CHANCE, RULES, Signal, signals

D2: Final = 2.0 / math.sqrt(math.pi)
"""Mean range of two normal values, in standard deviations: 1.128."""
D3: Final = math.sqrt(2.0 - D2**2)
"""Standard deviation of that range: 0.853."""


class Unstable(StrEnum):
    """Why a process was not in control."""

    BEYOND_LIMITS = "beyond_limits"
    """More, or farther, beyond the control limits than chance gives."""
    ORDER = "order"
    """Neighbours are more alike, or less, than chance gives: drift, steps, waves, streams in turn."""


class Individuals(Frozen):
    """A chart of individual values (I), with what its moving ranges (MR) say."""

    n: int
    centre: float
    """The mean."""
    sigma: float
    """Standard deviation within the process, by the mean moving range over d2."""
    low: float
    """Lower control limit, three sigma below; not a limit that is wanted of a part."""
    high: float
    moving_range: float
    """The mean of the differences between neighbours."""
    moving_range_high: float
    """Its upper control limit."""
    rule_set: RuleSet
    signals: tuple[Signal, ...]
    unstable: tuple[Unstable, ...]
    """Why the process was not in control; empty where it was."""

    @property
    def in_control(self) -> bool:
        """Whether nothing shows that the process changed."""
        return not self.unstable


def individuals(values: Sequence[float], us: Sequence[float], rule_set: RuleSet) -> Individuals:
    """The chart of values.

    Args:
        values: In the order in which they came; two at least.
        us: Standard uncertainty of each.
        rule_set: Which points are called signals.

    >>> flow = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]  # NIST 6.3.2.2
    >>> chart = individuals(flow, [0.0] * 10, RuleSet.WESTERN_ELECTRIC_1956)
    >>> round(chart.centre, 2), round(chart.moving_range, 4), round(chart.low, 2), round(chart.high, 2)
    (50.81, 1.8778, 45.82, 55.8)
    """
    found = np.asarray(values, dtype=np.float64)
    centre, moving_range = float(found.mean()), float(np.abs(np.diff(found)).mean())
    sigma = moving_range / D2
    z = (found - centre) / sigma if sigma > 0.0 else np.zeros_like(found)
    return Individuals(
        n=len(found),
        centre=centre,
        sigma=sigma,
        low=centre - LIMIT * sigma,
        high=centre + LIMIT * sigma,
        moving_range=moving_range,
        moving_range_high=moving_range * (1.0 + LIMIT * D3 / D2),
        rule_set=rule_set,
        signals=signals(z, RULES[rule_set]),
        unstable=unstable(found, z, explained=2.0 * math.sqrt(3.0) * math.sqrt(fmean(u * u for u in us))),
    )


def unstable(
    values: NDArray[np.float64], z: NDArray[np.float64], *, explained: float
) -> tuple[Unstable, ...]:
    """Why a process was not in control.

    Args:
        values: The points of its chart, in their order.
        z: Each as the normal value that is as rare.
        explained: No point nearer to their mean than this is evidence.
    """
    evident = np.abs(values - values.mean()) > explained
    if not evident.any():
        return ()
    n, out = len(z), np.where(evident, np.abs(z), 0.0)
    farthest = 1.0 - (1.0 - 2.0 * float(norm.sf(out.max()))) ** n
    many = float(binom.sf(int((out > LIMIT).sum()) - 1, n, LIMIT_CHANCE))
    found = [Unstable.BEYOND_LIMITS] if min(farthest, many) < LIMIT_CHANCE else []
    if abs(_order(values)) > LIMIT:
        found.append(Unstable.ORDER)
    return tuple(found)


def _order(values: NDArray[np.float64]) -> float:
    """How far von Neumann's ratio lies from that of independent values, in its standard deviations.

    Above 0 where neighbours are alike; 0 where all values are the same.
    """
    n, variance = len(values), float(np.var(values))
    if variance == 0.0 or n < 3:
        return 0.0
    alike = 1.0 - float((np.diff(values) ** 2).sum()) / (2.0 * n * variance)
    return alike / math.sqrt((n - 2.0) / (n * n - 1.0))
