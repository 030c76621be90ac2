"""What gauges read in a shift: how often, how well, and whether the process keeps their limits.

Capability by AIAG, *Statistical Process Control*: Pp and Ppk by the overall standard deviation; Cpk by that
within the process, from successive parts (the mean square of their differences, halved: what drifts slowly
does not count). A measured value is a part's own and an error of measurement, so measured variation is too
large by the mean of u², and a capability from it is too low. ``cpk`` has that taken out (compare AIAG,
*Measurement Systems Analysis*), ``cpk_measured`` has not. The former holds where the error differs from part
to part; what of it is common to all parts, such as a dial taught a degree aside, moves their mean and not
their spread. So the truth lies between the two, and both are shown.
"""

import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import fmean, median, variance
from typing import Final, NamedTuple

from pydantic import ValidationError

from inspection.decision import Frozen, GaugeReading
from inspection.instruments.reading import InstrumentKind, Unreadable

LEAST_PARTS: Final = 30
"""Fewer say little about spread: no capability is worked out of them."""

_NO_MEASURE: Final = (InstrumentKind.LAMP, InstrumentKind.CODE)


class Capability(Frozen):
    """How well a process keeps its limits. None where there is no such limit, or no spread to go by."""

    pp: float | None
    ppk: float | None
    cpk_measured: float | None
    """By measured values, their errors included."""
    cpk: float | None
    """By what the parts themselves vary; None where the measurement hides it: their variance must be at least
    twice the standard error of the measured one."""


class Trueness(Frozen):
    """Readings against what was known to be true, in simulations and replays."""

    readings: int
    """Of those that were read."""
    worst_error: float
    """The largest, in the gauge's unit."""
    within_2u: float
    """Share, 0 to 1, that lies within twice its own standard uncertainty."""


class GaugeFigures(Frozen):
    """One gauge in one shift, by the limits that held; where those changed, each has figures of its own."""

    name: str
    kind: InstrumentKind | None
    unit: str
    low: float | None
    high: float | None
    parts: int
    """Parts that it was looked at for."""
    read: int
    unreadable: dict[Unreadable, int]
    """The others, by reason."""
    outside: int
    """Of those read, beyond a limit, or not as wanted."""
    mean: float | None
    s: float | None
    """Standard deviation over the shift."""
    median_u: float | None
    """Median standard uncertainty (GUM, k=1)."""
    capability: Capability | None
    """None for lamps and codes, and with fewer than 30 readings."""
    trueness: Trueness | None
    """None where no truth is known."""


class _Key(NamedTuple):
    name: str
    kind: InstrumentKind | None
    unit: str
    low: float | None
    high: float | None


def gauge_figures(records: Iterable[str]) -> tuple[GaugeFigures, ...]:
    """The figures of all gauges, in the order in which they first occur.

    Args:
        records: The judged parts as the record has them, in the order of their triggers; a damaged one is the
            chain's to tell, and is left out.
    """
    found: dict[_Key, list[tuple[GaugeReading, float | None]]] = {}
    for record in records:
        for reading, truth in _readings_in(record):
            key = _Key(reading.name, reading.kind, reading.unit, reading.low, reading.high)
            found.setdefault(key, []).append((reading, truth))
    return tuple(_figures(key, seen) for key, seen in found.items())


def _readings_in(record: str) -> list[tuple[GaugeReading, float | None]]:
    """Each reading, and what is known to be true of it."""
    if '"gauges":[{' not in record:  # canonical JSON; most records have none
        return []
    try:
        part = json.loads(record)
        truths = (part["truth"] or {}).get("readings", {})
        readings = [GaugeReading.model_validate(one) for one in part["decision"]["gauges"]]
        return [(one, truths.get(one.name)) for one in readings]
    except (ValueError, TypeError, LookupError, AttributeError, ValidationError):
        return []


def _figures(key: _Key, seen: Sequence[tuple[GaugeReading, float | None]]) -> GaugeFigures:
    readings = [reading for reading, _ in seen]
    measured = [] if key.kind in _NO_MEASURE else [one for one in readings if one.value is not None]
    values = [one.value for one in measured if one.value is not None]
    us = [one.uncertainty for one in measured]
    return GaugeFigures(
        **key._asdict(),
        parts=len(readings),
        read=sum(one.read for one in readings),
        unreadable=Counter(one.reason or Unreadable.NOT_FOUND for one in readings if not one.read),
        outside=sum(one.read and not one.in_range for one in readings),
        mean=fmean(values) if values else None,
        s=math.sqrt(variance(values)) if len(values) > 1 else None,
        median_u=median(us) if us else None,
        capability=capability(values, us, low=key.low, high=key.high) if len(values) >= LEAST_PARTS else None,
        trueness=_trueness(seen),
    )


def capability(
    values: Sequence[float], us: Sequence[float], *, low: float | None, high: float | None
) -> Capability:
    """The capability of a process.

    Args:
        values: Measured, in the order in which the parts came; two at least.
        us: Standard uncertainty of each.
        low: Lower limit; None for none.
        high: Upper limit; None for none.
    """
    mean, overall = fmean(values), math.sqrt(variance(values))
    steps = [(after - before) ** 2 for before, after in pairwise(values)]
    within = fmean(steps) / 2.0
    # Variance of the halved mean square successive difference of n normal values (von Neumann, 1941).
    doubtful = 2.0 * within * math.sqrt(3.0 * len(values) - 4.0) / (len(values) - 1)
    own = within - fmean(u * u for u in us)
    margins = [] if low is None else [mean - low]
    margins += [] if high is None else [high - mean]

    def index(spread: float) -> float | None:
        return min(margins) / (3.0 * spread) if margins and spread > 0.0 else None

    return Capability(
        pp=(high - low) / (6.0 * overall) if low is not None and high is not None and overall > 0.0 else None,
        ppk=index(overall),
        cpk_measured=index(math.sqrt(within)),
        cpk=index(math.sqrt(own)) if own > doubtful else None,
    )


def _trueness(seen: Sequence[tuple[GaugeReading, float | None]]) -> Trueness | None:
    errors = [
        (abs(reading.value - truth), reading.uncertainty)
        for reading, truth in seen
        if reading.value is not None and truth is not None
    ]
    if not errors:
        return None
    return Trueness(
        readings=len(errors),
        worst_error=max(error for error, _ in errors),
        within_2u=fmean(error <= 2.0 * u for error, u in errors),
    )
