"""A shift hour by hour: the chart of the parts that did not pass at the first look."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from inspection.decision import Frozen
from reports.record.rows import ShiftRow
from reports.shift.alike import alike
from reports.statistics.attribute_charts import AttributeChart, attribute_chart
from reports.statistics.rule_sets import RuleSet

_HOUR: Final = timedelta(hours=1)


class Hours(Frozen):
    """The hours of a shift in which parts were judged, counted from its begin."""

    begins: tuple[datetime, ...]
    """Of each point of the chart, UTC."""
    chart: AttributeChart
    """Of the judged parts (not missed, not pending) those that did not pass at the first look, or whose pass
    did not hold."""


def hours(judged: Iterable[ShiftRow], *, start: datetime, rule_set: RuleSet) -> Hours | None:
    """The hours of a shift; None where no part was judged.

    Args:
        judged: Its judged parts, in the order of their triggers; pending ones are left out.
        start: When it began, with time zone.
        rule_set: Which points of the chart are called signals.
    """
    by_hour: dict[int, list[ShiftRow]] = {}
    for row in judged:
        by_hour.setdefault((row.seen_at - start) // _HOUR, []).append(row)
    of: Counter[int] = Counter()
    failed: Counter[int] = Counter()
    for at, rows in by_hour.items():
        for row, n in alike(rows):
            if row.went_as_decided is not None:
                of[at] += n
                failed[at] += 0 if row.passed_at_first_look else n
    chart = attribute_chart([(failed[at], of[at]) for at in sorted(of)], rule_set)
    if chart is None:
        return None
    return Hours(begins=tuple(start.astimezone(UTC) + at * _HOUR for at in sorted(of)), chart=chart)
