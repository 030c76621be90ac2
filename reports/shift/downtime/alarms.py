"""The alarms of a shift, each with its life: raised, seen, cleared. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from inspection.alarms.on_record import AlarmChange, change_in
from inspection.alarms.priority import Priority
from inspection.decision import Frozen
from inspection.events import Event, EventKind
from inspection.messages.message import Coded
from reports.shift.downtime.reasons import Life


class AlarmLife(Frozen):
    """One alarm, from when it was raised until it left the list or the shift ended."""

    number: int
    """1, 2, 3, … in the order in which they were raised."""
    alarm_id: str
    code: int
    """severity·4096 + component·256 + code, as in the register map."""
    priority: Priority
    text: str
    """In English, as it was raised last."""
    coded: Coded
    raised_at: datetime
    """When it came first, UTC; it may be before the shift."""
    times: int
    """How often it came, as far as its events tell: also while its cause was there."""
    acknowledged_at: datetime | None
    """When somebody saw it, UTC; None where nobody has in the shift."""
    acknowledged_by: str
    """Empty where nobody has."""
    cleared_at: datetime | None
    """When its cause was gone, UTC; None where it was there at the end of the shift, or of the program."""
    active_s: float
    """How long, in the shift, its cause was there."""
    first_out: int
    """Number of the first-out alarm: the one that came when no other was active, and started what this one
    belongs to; its own number where it is that one."""


@dataclass(slots=True)
class _Life:
    """An alarm as far as its events tell."""

    change: AlarmChange
    event: Event
    raised_at: datetime
    first_out: int
    since: datetime | None
    """Since when its cause is there; None where it is gone."""
    active: timedelta = timedelta()
    seen: Event | None = None
    cleared_at: datetime | None = None


def alarm_lives(life: Life, *, start: datetime, end: datetime) -> tuple[AlarmLife, ...]:
    """The alarms that stood or came from ``start`` up to ``end``, in the order in which they were raised.

    Args:
        life: What the record says of the station.
        start: With time zone.
        end: With time zone, after ``start``: until then it is known what became of them.
    """
    if life.heard is not None:
        end = max(start, min(end, life.heard))
    found: dict[str, _Life] = {}
    for event in life.alarms:
        _take(event, found)
    for told in life.within:
        if told.event.kind in (EventKind.ENGINE_STARTED, EventKind.ENGINE_STOPPED):
            for one in found.values():
                _close(one, told.heard or told.event.at, start)
        else:
            _take(told.event, found, start)
    for one in found.values():
        _close(one, end, start)
    return tuple(_told(one, number) for number, one in enumerate(found.values(), start=1))


def _take(event: Event, found: dict[str, _Life], start: datetime | None = None) -> None:
    change = change_in(event)
    if change is None:
        return
    one = found.get(change.alarm_id)
    if event.kind is EventKind.ALARM_RAISED and one is None:
        number = len(found) + 1
        active = [life.first_out for life in found.values() if life.since is not None]
        found[change.alarm_id] = _Life(
            change, event, event.at, first_out=min(active, default=number), since=event.at
        )
    elif one is not None:
        one.change = change
        match event.kind:
            case EventKind.ALARM_RAISED:
                one.event, one.since, one.cleared_at = event, event.at, None
            case EventKind.ALARM_CLEARED:
                _close(one, event.at, start or event.at)
                one.cleared_at = event.at
            case EventKind.ALARM_ACKNOWLEDGED:
                one.seen = event
            case EventKind.ALARM_DROPPED:
                _close(one, event.at, start or event.at)
            case _:
                pass


def _close(one: _Life, at: datetime, start: datetime) -> None:
    """Its cause is gone, or nobody tells of it any more; only what lies behind ``start`` counts."""
    if one.since is not None:
        one.active += max(at - max(one.since, start), timedelta())
        one.since = None


def _told(one: _Life, number: int) -> AlarmLife:
    seen, cleared = one.seen, one.cleared_at
    return AlarmLife(
        number=number,
        alarm_id=one.change.alarm_id,
        code=one.change.code,
        priority=one.change.priority,
        text=one.event.detail,
        coded=one.event.coded,
        raised_at=one.raised_at.astimezone(UTC),
        times=one.change.times,
        acknowledged_at=None if seen is None else seen.at.astimezone(UTC),
        acknowledged_by="" if seen is None else seen.by,
        cleared_at=None if cleared is None else cleared.astimezone(UTC),
        active_s=one.active.total_seconds(),
        first_out=one.first_out,
    )
