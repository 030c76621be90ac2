"""What gauges read in a shift: how often, how well, and whether the process keeps their limits."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import fmean, median, variance
from typing import Final, NamedTuple

from inspection.decision import Frozen
from inspection.instruments.reading import InstrumentKind, Unreadable
from reports.record.rows import Reading, ShiftRow
from reports.statistics.capability import LEAST_PARTS, Capability, Within, capability
from reports.statistics.rule_sets import RuleSet
from reports.statistics.subgroup_charts import SubgroupChart, subgroup_chart
from reports.statistics.variables_charts import Individuals, individuals

_NO_MEASURE: Final = (InstrumentKind.LAMP, InstrumentKind.CODE)


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
    control: Individuals | None
    """The chart of its values; None for lamps and codes, and with fewer than 30 readings."""
    capability: Capability | None
    """None for lamps and codes."""
    trueness: Trueness | None
    """None where no truth is known."""
    subgroups: SubgroupChart | None = None
    """The chart of means of subgroups, where a size of more than one was asked for; None else, for lamps and
    codes, and with too few subgroups. Where there is one, it says whether the process was in control."""


class _Key(NamedTuple):
    name: str
    kind: str
    unit: str
    low: float | None
    high: float | None


def gauge_figures(
    judged: Iterable[ShiftRow], rule_set: RuleSet, *, subgroup: int = 1
) -> tuple[GaugeFigures, ...]:
    """The figures of all gauges, in the order in which they first occur.

    Args:
        judged: The judged parts, in the order of their triggers.
        rule_set: Which points of a chart are called signals.
        subgroup: So many parts in a row are a subgroup; with 1 each part is a point of its own.
    """
    found: dict[_Key, list[Reading]] = {}
    for row in judged:
        for reading in row.readings:
            key = _Key(reading.name, reading.kind, reading.unit, reading.low, reading.high)
            found.setdefault(key, []).append(reading)
    return tuple(_figures(key, seen, rule_set, subgroup) for key, seen in found.items())


def _figures(key: _Key, readings: Sequence[Reading], rule_set: RuleSet, subgroup: int) -> GaugeFigures:
    measured = [] if key.kind in _NO_MEASURE else [one for one in readings if one.value is not None]
    values = [one.value for one in measured if one.value is not None]
    us = [one.uncertainty or 0.0 for one in measured]
    spread = variance(values) if len(values) > 1 else None
    control = individuals(values, us, rule_set) if len(values) >= LEAST_PARTS else None
    groups = None
    if subgroup > 1 and key.kind not in _NO_MEASURE:
        groups = subgroup_chart(
            [one.value for one in readings],
            [one.uncertainty or 0.0 for one in readings],
            size=subgroup,
            rule_set=rule_set,
        )
    judged_by = control if groups is None else groups
    return GaugeFigures(
        **key._asdict() | {"kind": InstrumentKind(key.kind) if key.kind else None},
        parts=len(readings),
        read=sum(one.read for one in readings),
        unreadable=Counter(
            Unreadable(one.reason or Unreadable.NOT_FOUND) for one in readings if not one.read
        ),
        outside=sum(one.read and not one.in_range for one in readings),
        mean=fmean(values) if values else None,
        s=None if spread is None else math.sqrt(spread),
        median_u=median(us) if us else None,
        control=control,
        capability=None
        if key.kind in _NO_MEASURE
        else capability(
            values,
            us,
            spread=spread,
            low=key.low,
            high=key.high,
            in_control=judged_by is not None and judged_by.in_control,
            within=None if groups is None else Within(groups.within_variance, groups.freedom),
        ),
        trueness=_trueness(readings),
        subgroups=groups,
    )


def _trueness(readings: Sequence[Reading]) -> Trueness | None:
    errors = [
        (abs(one.value - one.truth), one.uncertainty or 0.0)
        for one in readings
        if one.value is not None and one.truth is not None
    ]
    if not errors:
        return None
    return Trueness(
        readings=len(errors),
        worst_error=max(error for error, _ in errors),
        within_2u=fmean(error <= 2.0 * u for error, u in errors),
    )
