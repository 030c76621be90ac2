"""Time by what stood in its way, and how long a thing holds between failures. Pure.

**Downtime.** Reasons overlap: a station may be held while its PLC is away. Each moment is given to one reason
alone, the one that stands first in a stated order, so no moment is counted twice, and what is down, what is
not known and what ran are together the whole time. Compare ISO 22400-2 (2014), 5.3 (planned busy time, actual
unit down time): it wants the same of a work unit's states.

**Failures.** Mean operating time between failures is time at work over failures. Its interval is the exact
one of a Poisson count (F. Garwood, "Fiducial Limits for the Poisson Distribution", Biometrika 28, 1936; IEC
60605-4 (2001); NIST/SEMATECH e-Handbook of Statistical Methods, 8.4.5.1), for a test that ends by time: of n
failures in time T from 2T/χ²(1-α/2; 2n+2) to 2T/χ²(α/2; 2n). Without a failure there is no mean, and no upper
bound: what can be said is that it is longer than T/-ln(α), one-sided. Mean time to restoration is the mean of
the finished repairs; its interval is that of an exponential mean, from 2nM/χ²(1-α/2; 2n) to 2nM/χ²(α/2; 2n).
Both hold where failures come and are mended at random; where they come in bursts the intervals are too
narrow.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from scipy.stats import chi2

from inspection.decision import Frozen
from reports.statistics.proportions import CONFIDENCE

_NOTHING: Final = timedelta()


class Standing(NamedTuple):
    """Something stood in the way from one moment to another."""

    reason: str
    begin: datetime
    """With time zone."""
    end: datetime
    """With time zone, not before ``begin``."""
    begins_before: bool = False
    """It had begun before ``begin``, which is where the time that is looked at begins."""
    ends_behind: bool = False
    """It was not over at ``end``, which is where that time ends."""


class Share(NamedTuple):
    """What one reason was given of the time."""

    reason: str
    times: int
    """How often it stood in the way, whatever else did."""
    time: timedelta
    """In which no reason before it in the order stood in the way."""
    longest: timedelta
    """The longest of them, whatever else stood in the way."""
    cut: int
    """How many of them had begun before, or were not over."""


def cut(found: Iterable[Standing], *, start: datetime, end: datetime) -> list[Standing]:
    """What stood in the way within a time, cut at its ends and marked where it was."""
    within = []
    for one in found:
        begin, over = max(one.begin, start), min(one.end, end)
        if begin < over:
            within.append(
                Standing(
                    one.reason,
                    begin,
                    over,
                    begins_before=one.begins_before or one.begin < start,
                    ends_behind=one.ends_behind or one.end > end,
                )
            )
    return within


def shared(found: Sequence[Standing], order: Sequence[str]) -> list[Share]:
    """The time by reasons, each moment given to one alone; a reason that never stood in the way is left out.

    Args:
        found: What stood in the way, in any order, as ``cut`` gives it.
        order: All reasons; of two at once the earlier is given the moment.

    Raises:
        ValueError: A reason is not in the order.
    """
    rank = {reason: place for place, reason in enumerate(order)}
    if strange := [one.reason for one in found if one.reason not in rank]:
        raise ValueError(f"the reason {strange[0]!r} has no place in the order")
    given = dict.fromkeys(order, _NOTHING)
    moments = sorted({moment for one in found for moment in (one.begin, one.end)})
    begins = sorted(found, key=lambda one: one.begin)
    standing: list[Standing] = []
    for begin, over in pairwise(moments):
        while begins and begins[0].begin <= begin:
            standing.append(begins.pop(0))
        standing = [one for one in standing if one.end > begin]
        if standing:
            given[min((one.reason for one in standing), key=rank.__getitem__)] += over - begin
    return [
        Share(
            reason=reason,
            times=len(of),
            time=given[reason],
            longest=max(one.end - one.begin for one in of),
            cut=sum(one.begins_before or one.ends_behind for one in of),
        )
        for reason in order
        if (of := [one for one in found if one.reason == reason])
    ]


def joined(found: Iterable[Standing]) -> list[Standing]:
    """Of one reason: those that overlap or touch as one, in the order of their begins."""
    together: list[Standing] = []
    for one in sorted(found, key=lambda one: one.begin):
        if together and one.begin <= together[-1].end:
            before = together.pop()
            later = max(before, one, key=lambda both: both.end)
            one = before._replace(end=later.end, ends_behind=later.ends_behind)
        together.append(one)
    return together


class MeanTime(Frozen):
    """A mean time, with the interval that holds it with ``confidence``; in s."""

    count: int
    """Failures, or finished repairs."""
    total_s: float
    """Time at work, or of the repairs."""
    mean_s: float | None
    """None without any."""
    low_s: float | None
    """None where nothing can be said; without a failure the one-sided bound."""
    high_s: float | None
    """None where there is no upper bound."""
    confidence: float = CONFIDENCE


def mean_between_failures(failures: int, at_work_s: float) -> MeanTime:
    """Mean time between failures.

    Args:
        failures: How many.
        at_work_s: How long it was at work, in s, failures not counted; at least 0.

    >>> found = mean_between_failures(2, 1600.0)  # NIST 8.4.5.1 has its factors for 2 failures
    >>> found.mean_s and round(found.low_s / found.mean_s, 3), round(found.high_s / found.mean_s, 2)
    (0.277, 8.26)
    """
    tail = (1.0 - CONFIDENCE) / 2.0
    if at_work_s <= 0.0:
        return MeanTime(count=failures, total_s=0.0, mean_s=None, low_s=None, high_s=None)
    if failures == 0:
        low = at_work_s / -math.log(1.0 - CONFIDENCE)
        return MeanTime(count=0, total_s=at_work_s, mean_s=None, low_s=low, high_s=None)
    return MeanTime(
        count=failures,
        total_s=at_work_s,
        mean_s=at_work_s / failures,
        low_s=2.0 * at_work_s / float(chi2.isf(tail, 2 * failures + 2)),
        high_s=2.0 * at_work_s / float(chi2.ppf(tail, 2 * failures)),
    )


def mean_to_restore(repairs_s: Sequence[float]) -> MeanTime:
    """Mean time to restoration.

    Args:
        repairs_s: How long each finished repair took, in s; at least 0.
    """
    n, total = len(repairs_s), math.fsum(repairs_s)
    tail = (1.0 - CONFIDENCE) / 2.0
    if n == 0:
        return MeanTime(count=0, total_s=0.0, mean_s=None, low_s=None, high_s=None)
    low, high = (2.0 * total / float(at) for at in (chi2.isf(tail, 2 * n), chi2.ppf(tail, 2 * n)))
    return MeanTime(count=n, total_s=total, mean_s=total / n, low_s=low, high_s=high)
