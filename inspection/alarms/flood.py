"""Alarm floods: when more alarms come than a person can take in, and what he is shown then.

The limits are those of ISA-18.2 (after EEMUA 191): a flood begins when more than ten
alarms came within ten minutes, and is over when fewer than five did. The record has every alarm all the same.
"""

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from inspection.alarms.priority import Priority, priority_of
from inspection.status import Alarm, AlarmState

WINDOW: Final = timedelta(minutes=10)
BEGINS_ABOVE: Final = 10
ENDS_BELOW: Final = 5


class FloodWatch:
    """Counts the alarms of the last ten minutes."""

    def __init__(self) -> None:
        self._came: deque[datetime] = deque(maxlen=BEGINS_ABOVE + 1)
        self.since: datetime | None = None
        """Since when there is a flood; None where there is none."""

    def count(self, at: datetime) -> None:
        """An alarm has come."""
        self._came.append(at)
        self.look(at)

    def look(self, now: datetime) -> None:
        """Let time pass. What a clock that was set back has left in the future does not count."""
        self._came = deque((at for at in self._came if now - WINDOW < at <= now), self._came.maxlen)
        if len(self._came) > BEGINS_ABOVE:
            self.since = self.since or now
        elif len(self._came) < ENDS_BELOW:
            self.since = None


class InView(NamedTuple):
    """What an operator is shown of the alarms that stand."""

    alarms: tuple[Alarm, ...]
    """In the order in which they were given."""
    suppressed: int
    """How many are only counted, because of a flood."""


def in_view(alarms: Sequence[Alarm], *, flood: bool) -> InView:
    """Of the alarms that are not shelved those that are shown.

    In a flood what is only a warning is counted, not shown, but for the first-out alarm; where nothing else
    is left, the oldest one is shown.
    """
    standing = tuple(alarm for alarm in alarms if alarm.standing and alarm.state is not AlarmState.SHELVED)
    if not flood:
        return InView(standing, 0)
    kept = tuple(
        alarm for alarm in standing if alarm.first_out or priority_of(alarm.code) is not Priority.LOW
    )
    kept = kept or tuple(sorted(standing, key=lambda alarm: alarm.raised_at)[:1])
    return InView(kept, len(standing) - len(kept))
