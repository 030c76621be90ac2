"""How well a process keeps its limits, with intervals, and why not where it cannot be said.

AIAG, *Statistical Process Control*, 2nd edition, chapter IV. Pp and Ppk are what was made, by the overall
standard deviation, whatever the process did. Cp and Cpk are what the process can do, by the spread within it,
from successive parts (the mean square of their differences, halved) or within subgroups; they are only told
of a process that was in control, as the next parts will otherwise not be like these.

A measured value is a part's own and an error of measurement, so measured variation is too large by the mean
of u², and a capability from it is too low. ``cp`` and ``cpk`` have that taken out (compare AIAG, *Measurement
Systems Analysis*), ``cpk_measured`` has not. The former holds where the error differs from part to part; what
of it is common to all parts, such as a dial taught a degree aside, moves their mean and not their spread. So
the truth lies between the two, and both are shown.

Intervals (95 %): of Pp and Cp by the chi-square distribution of a variance (Kane, "Process Capability
Indices", Journal of Quality Technology 18, 1986), with as many degrees of freedom as the variance's own
uncertainty has (Satterthwaite, 1946); of Ppk and Cpk by Bissell, "How Reliable is Your Capability Index?",
Applied Statistics 39, 1990, likewise.
"""

import math
from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise
from statistics import fmean, variance
from typing import Final, NamedTuple, Self

from scipy.stats import chi2, norm

from inspection.decision import Frozen
from reports.statistics.proportions import CONFIDENCE

LEAST_PARTS: Final = 30
"""Fewer say little about spread: no capability is worked out of them."""


_TAIL: Final = (1.0 - CONFIDENCE) / 2.0


class Refused(StrEnum):
    """Why there is no Cpk."""

    TOO_FEW = "too_few"
    """Readings: then there is no Ppk either."""
    NO_LIMITS = "no_limits"
    """Nothing is wanted of the value."""
    OUT_OF_CONTROL = "out_of_control"
    """The process changed; Pp and Ppk are what was made."""
    NO_SPREAD = "no_spread"
    """All readings are the same."""
    HIDDEN_BY_MEASUREMENT = "hidden_by_measurement"
    """The measurement's own spread leaves none that is surely the parts'; as measured there is one."""


class Index(Frozen):
    """A capability index, and the interval that holds the process's own with 95 % confidence."""

    value: float
    low: float
    high: float


class Capability(Frozen):
    """How well a process keeps its limits. None where there is no such limit, or where it is refused."""

    pp: Index | None = None
    ppk: Index | None = None
    cpk_measured: Index | None = None
    """By measured values, their errors included."""
    cp: Index | None = None
    """By what the parts themselves vary, as ``cpk``."""
    cpk: Index | None = None
    """By what the parts themselves vary; None where the measurement hides it: their variance must be at least
    twice the standard error of the measured one."""
    refused: Refused | None = None
    """Why there is no ``cpk``."""


class Within(NamedTuple):
    """The variance within subgroups, pooled."""

    variance: float
    freedom: int
    """Its degrees of freedom."""


def capability(
    values: Sequence[float],
    us: Sequence[float],
    *,
    low: float | None,
    high: float | None,
    in_control: bool,
    within: Within | None = None,
    spread: float | None = None,
) -> Capability:
    """The capability of a process.

    Args:
        values: Measured, in the order in which the parts came.
        us: Standard uncertainty of each.
        low: Lower limit; None for none.
        high: Upper limit; None for none.
        in_control: Whether the process was, by the chart of individual values or, where there is one, that of
            subgroups.
        within: The spread within subgroups; None where that between successive parts is to be taken.
        spread: The values' variance, where it is known already.

    >>> found = capability([16.0, 18.0, 14.0] * 20, [0.0] * 60, low=8.0, high=20.0, in_control=True)
    >>> found.ppk and round(found.ppk.value, 2)
    0.81
    """
    n = len(values)
    if n < LEAST_PARTS:
        return Capability(refused=Refused.TOO_FEW)
    margins = [] if low is None else [fmean(values) - low]
    margins += [] if high is None else [high - fmean(values)]
    if not margins:
        return Capability(refused=Refused.NO_LIMITS)
    spread = variance(values) if spread is None else spread
    made = _Spread(spread, relative_error=math.sqrt(2.0 / (n - 1)), of_mean=1.0 / n)
    if made.variance == 0.0:
        return Capability(refused=Refused.NO_SPREAD)
    width, nearest = None if low is None or high is None else high - low, min(margins)
    told = Capability(pp=made.for_width(width), ppk=made.for_margin(nearest), refused=Refused.OUT_OF_CONTROL)
    if not in_control:
        return told
    if within is None:
        process = _Spread(
            fmean((after - before) ** 2 for before, after in pairwise(values)) / 2.0,
            relative_error=math.sqrt(3.0 * n - 4.0) / (n - 1),  # von Neumann, 1941
            of_mean=1.0 / n,
        )
    elif within.variance == 0.0:
        return told.model_copy(update={"refused": Refused.NO_SPREAD})
    else:
        process = _Spread(within.variance, relative_error=math.sqrt(2.0 / within.freedom), of_mean=1.0 / n)
    told = told.model_copy(update={"cpk_measured": process.for_margin(nearest)})
    own = process.without(fmean(u * u for u in us))
    if own is None:
        return told.model_copy(update={"refused": Refused.HIDDEN_BY_MEASUREMENT})
    return told.model_copy(
        update={"cp": own.for_width(width), "cpk": own.for_margin(nearest), "refused": None}
    )


class _Spread(NamedTuple):
    """A variance, and how well it is known."""

    variance: float
    relative_error: float
    """Its standard error, as a share of it."""
    of_mean: float
    """Variance of the process's mean, as a share of it."""

    def without(self, noise: float) -> Self | None:
        """What is left of it without the measurement's own; None where that is not surely any."""
        own = self.variance - noise
        if own <= 2.0 * self.relative_error * self.variance:
            return None
        share = self.variance / own
        return type(self)(own, relative_error=self.relative_error * share, of_mean=self.of_mean * share)

    def for_width(self, width: float | None) -> Index | None:
        """Limits' width over six standard deviations."""
        if width is None:
            return None
        value, freedom = width / (6.0 * math.sqrt(self.variance)), 2.0 / self.relative_error**2
        low, high = (value * math.sqrt(float(chi2.ppf(at, freedom)) / freedom) for at in (_TAIL, 1.0 - _TAIL))
        return Index(value=value, low=low, high=high)

    def for_margin(self, margin: float) -> Index:
        """What lies between mean and nearer limit, over three standard deviations."""
        value = margin / (3.0 * math.sqrt(self.variance))
        doubt = math.sqrt(self.of_mean / 9.0 + (value * self.relative_error / 2.0) ** 2)
        half = float(norm.isf(_TAIL)) * doubt
        return Index(value=value, low=value - half, high=value + half)
