"""A shift hour by hour. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from inspection.decision import Action, Frozen
from reports.record.rows import ShiftRow
from reports.statistics.proportions import Proportion, proportion

HOUR: Final = timedelta(hours=1)
_STEPS: Final = (HOUR, timedelta(days=1), timedelta(days=7), timedelta(days=365))
MOST_HOURS: Final = 60
"""Lines that a table of hours has at most: what a page holds. A longer time is told in days, weeks, years."""


class HourLine(Frozen):
    """What was decided on the parts of one stretch of a shift."""

    start: datetime
    """Inclusive, UTC."""
    end: datetime
    """Exclusive, UTC; the last stretch ends with the shift."""
    parts: int
    by_action: dict[Action, int]
    """Judged parts, by what was decided."""
    missed: int
    late: int
    """Decisions that missed the internal deadline."""
    first_pass_yield: Proportion | None
    """Of the judged parts of which it is known whether it went as decided; None of none."""


def hour_lines(rows: Iterable[ShiftRow], *, start: datetime, end: datetime) -> tuple[HourLine, ...]:
    """The stretches of a shift, without a gap; one that saw no part has its line as well.

    They are hours as they pass from the shift's start, so a shift of nine hours has nine lines on the night
    when clocks are set back; of more than ``MOST_HOURS`` they are days, weeks, years, or the whole.

    Args:
        rows: The parts of the shift.
        start: Inclusive, UTC.
        end: Exclusive, UTC.
    """
    step = next((one for one in _STEPS if (end - start) / one <= MOST_HOURS), end - start)
    bounds = list(_bounds(start, end, step))
    within: list[list[ShiftRow]] = [[] for _ in bounds]
    for row in rows:
        within[int((row.seen_at - start) / step)].append(row)
    return tuple(_hour(parts, *bound) for parts, bound in zip(within, bounds, strict=True))


def _bounds(start: datetime, end: datetime, step: timedelta) -> Iterator[tuple[datetime, datetime]]:
    """Begin and end of each stretch."""
    while end - start > step:
        yield start, start + step
        start += step
    yield start, end


def _hour(rows: Sequence[ShiftRow], start: datetime, end: datetime) -> HourLine:
    rows = [row for row in rows if row.challenge is None]
    judged = [row for row in rows if row.judged]
    known = sum(row.went_as_decided is not None for row in judged)
    passed = sum(row.passed_at_first_look for row in judged)
    return HourLine(
        start=start,
        end=end,
        parts=len(rows),
        by_action={action: sum(row.action == action for row in judged) for action in Action},
        missed=len(rows) - len(judged),
        late=sum(row.late or row.first_late for row in rows),
        first_pass_yield=proportion(passed, known),
    )
