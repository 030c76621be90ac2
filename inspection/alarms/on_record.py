"""The life of an alarm as events tell it: which alarm, what it says, and how often it had come.

An alarm has one name from when it is raised until it leaves the list. What comes again while it is listed,
its cause still there, changes nothing and is only counted; what comes again after its cause was gone is
raised again, under the same name. Of ISA-18.2's states (ANSI/ISA-18.2-2016, 5.6) two do not occur: nothing is
suppressed by design or taken out of service.
"""

from datetime import datetime
from typing import Final, NamedTuple

from inspection.alarms.priority import Priority, priority_of
from inspection.events import Event, EventKind
from inspection.status import Alarm, Shelf

SHELVING_KINDS: Final = (EventKind.ALARM_SHELVED, EventKind.ALARM_UNSHELVED)

ALARM_KINDS: Final = (
    EventKind.ALARM_RAISED,
    EventKind.ALARM_CLEARED,
    EventKind.ALARM_ACKNOWLEDGED,
    EventKind.ALARM_DROPPED,
    *SHELVING_KINDS,
)
"""What can become of an alarm."""

FIRST_OUT: Final = "first-out"
"""Behind the others, of an alarm that is raised, or unshelved, when no other waits to be acknowledged."""
ASKS_ANEW: Final = "unacknowledged"
"""Behind the others, of an alarm whose cause was there when it was unshelved."""


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
        return priority_of(self.code)


def subjects_of(alarm: Alarm, kind: EventKind) -> tuple[str, ...]:
    """What an event of this kind names, when ``alarm`` stands as after it."""
    named = (alarm.alarm_id, f"0x{alarm.code:04X}", str(alarm.times))
    first = (FIRST_OUT,) if alarm.first_out else ()
    match kind:
        case EventKind.ALARM_RAISED:
            return (*named, *first)
        case EventKind.ALARM_SHELVED if alarm.shelf is not None:
            return (*named, alarm.shelf.until.isoformat(), alarm.shelf.reason)
        case EventKind.ALARM_UNSHELVED:
            return (*named, *((ASKS_ANEW,) if alarm.active else ()), *first)
        case _:
            return named


def change_in(event: Event) -> AlarmChange | None:
    """What an event tells of an alarm; None where it tells of none.

    Raises:
        ValueError: It tells of one, but not as ``subjects_of`` would.
    """
    if event.kind not in ALARM_KINDS:
        return None
    alarm_id, code, times, *_ = event.subjects
    return AlarmChange(alarm_id, int(code, 16), int(times))


def shelf_in(event: Event) -> Shelf:
    """How an event shelved an alarm.

    Raises:
        ValueError: It does not tell as ``subjects_of`` would.
    """
    _, _, _, until, reason = event.subjects
    return Shelf(by=event.by, since=event.at, until=datetime.fromisoformat(until), reason=reason)
