"""The life of an alarm as events tell it: which alarm, what it says, and how often it had come.

An alarm has one name from when it is raised until it leaves the list. What comes again while it is listed,
its cause still there, changes nothing and is only counted; what comes again after its cause was gone is
raised again, under the same name. ISA-18.2 (ANSI/ISA-18.2-2016, 5.6) has more states; nothing is shelved,
suppressed or taken out of service here.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from inspection.events import Event, EventKind
from inspection.status import Alarm

ALARM_KINDS: Final = (
    EventKind.ALARM_RAISED,
    EventKind.ALARM_CLEARED,
    EventKind.ALARM_ACKNOWLEDGED,
    EventKind.ALARM_DROPPED,
)
"""What can become of an alarm."""


class Priority(StrEnum):
    """How much an alarm asks for a person; the severity that its code begins with."""

    LOW = "low"
    """A warning."""
    MEDIUM = "medium"
    """An error."""
    HIGH = "high"
    """Critical: parts or their record are at stake."""


class AlarmChange(NamedTuple):
    """What became of an alarm."""

    alarm_id: str
    """Of one life: from when it was raised until it left the list."""
    code: int
    times: int
    """How often it had come since it was listed."""

    @property
    def priority(self) -> Priority:
        """Of its code."""
        return list(Priority)[min(max((self.code >> 12) - 1, 0), 2)]


def subjects_of(alarm: Alarm) -> tuple[str, ...]:
    """What an event of an alarm names."""
    return (alarm.alarm_id, f"0x{alarm.code:04X}", str(alarm.times))


def change_in(event: Event) -> AlarmChange | None:
    """What an event tells of an alarm; None where it tells of none.

    Raises:
        ValueError: It tells of one, but not as ``subjects_of`` would.
    """
    if event.kind not in ALARM_KINDS:
        return None
    alarm_id, code, times = event.subjects
    return AlarmChange(alarm_id, int(code, 16), int(times))
