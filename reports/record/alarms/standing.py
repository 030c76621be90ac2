"""The alarms that stood when the newest events were written: what a restarted station lists again."""

from collections.abc import Iterable
from typing import Final

from pydantic import ValidationError
from sqlalchemy import ColumnElement, Connection, case, func, inspect, select

from inspection.alarms.on_record import ASKS_ANEW, FIRST_OUT, change_in, shelf_in
from inspection.events import Event, EventKind
from inspection.status import Alarm
from reports.record.schema import AlarmRow, EventRow

_RAISED, _SEEN = EventKind.ALARM_RAISED, EventKind.ALARM_ACKNOWLEDGED
_SHELVED, _UNSHELVED = EventKind.ALARM_SHELVED, EventKind.ALARM_UNSHELVED
_LAST: Final = (_RAISED, EventKind.ALARM_CLEARED, _SEEN, _SHELVED, _UNSHELVED)
"""Of each of these the newest says how an alarm stands."""


def alarms_that_stand(connection: Connection, waiting: Iterable[Event], *, most: int) -> list[Alarm]:
    """The alarms that nobody has seen, whose cause was there, or that are shelved, oldest first.

    Args:
        connection: Read only, in its transaction.
        waiting: Events that wait in the spool, behind those of the database.
        most: How many; the newest.

    Raises:
        SQLAlchemyError: The database cannot be read.
    """
    events = [*(_told(connection, most) if inspect(connection).has_table(AlarmRow.__tablename__) else ())]
    found: dict[str, Alarm | None] = {}
    for event in (*events, *waiting):
        if change := change_in(event):
            found[change.alarm_id] = _after(event, found.get(change.alarm_id))
    standing = [alarm for alarm in found.values() if alarm is not None and alarm.standing]
    return sorted(standing, key=lambda alarm: alarm.came_last_at)[-most:]


def _told(connection: Connection, most: int) -> list[Event]:
    """How each alarm began that may stand, and the newest event of each kind, in their order."""

    def last(kind: EventKind) -> ColumnElement[int]:
        return func.coalesce(func.max(case((AlarmRow.change == kind, AlarmRow.position))), 0)

    kinds = {kind: last(kind) for kind in (*_LAST, EventKind.ALARM_DROPPED)}
    asks = (kinds[_RAISED] > kinds[_SEEN]) | (kinds[_UNSHELVED] > kinds[_SEEN])
    there = kinds[_RAISED] > kinds[EventKind.ALARM_CLEARED]
    places = (
        select(func.min(AlarmRow.position), *(kinds[kind] for kind in _LAST))
        .group_by(AlarmRow.alarm_id)
        .having(
            (kinds[EventKind.ALARM_DROPPED] == 0) & (asks | there | (kinds[_SHELVED] > kinds[_UNSHELVED]))
        )
        .order_by(kinds[_RAISED].desc())
        .limit(most)
    )
    wanted = sorted({place for row in connection.execute(places) for place in row if place})
    query = select(EventRow.record).where(EventRow.position.in_(wanted)).order_by(EventRow.position)
    found = []
    for record in connection.scalars(query):
        try:
            found.append(Event.model_validate_json(record))
        except ValidationError:  # a damaged one is the chain's to tell
            continue
    return found


def _after(event: Event, before: Alarm | None) -> Alarm | None:
    """How an alarm stands after an event that tells of it; None where it does not stand."""
    change = change_in(event)
    assert change is not None
    if event.kind is _RAISED and before is None:
        return Alarm(
            alarm_id=change.alarm_id,
            code=change.code,
            text=event.detail,
            coded=event.coded,
            raised_at=event.at,
            acknowledged=False,
            times=change.times,
            first_out=FIRST_OUT in event.subjects,
        )
    if before is None or event.kind is EventKind.ALARM_DROPPED:
        return None
    changes: dict[str, object] = {"times": change.times}
    match event.kind:
        case EventKind.ALARM_RAISED:
            changes |= {"active": True, "acknowledged": False, "last_at": event.at, "text": event.detail}
            changes |= {"coded": event.coded, "first_out": FIRST_OUT in event.subjects}
        case EventKind.ALARM_CLEARED:
            changes |= {"active": False}
        case EventKind.ALARM_ACKNOWLEDGED:
            changes |= {"acknowledged": True, "first_out": False}
        case EventKind.ALARM_SHELVED:
            changes |= {"shelf": shelf_in(event), "first_out": False}
        case _:
            seen = before.acknowledged and ASKS_ANEW not in event.subjects
            first = FIRST_OUT in event.subjects
            changes |= {"shelf": None, "acknowledged": seen, "first_out": first}
    return before.model_copy(update=changes)
