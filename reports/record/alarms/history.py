"""Alarms out of the record, a page at a time: what a page costs does not grow with the record."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import ValidationError
from sqlalchemy import Connection, Row, func, inspect, select
from sqlalchemy.orm import aliased

from inspection.alarms.history import AlarmOnRecord, AlarmPage, HistoryAsked
from inspection.alarms.on_record import FIRST_OUT, shelf_in
from inspection.alarms.priority import priority_of
from inspection.events import Event, EventKind
from reports.record.schema import AlarmRow, EventRow

_NEWEST: Final = (
    EventKind.ALARM_RAISED,
    EventKind.ALARM_CLEARED,
    EventKind.ALARM_ACKNOWLEDGED,
    EventKind.ALARM_DROPPED,
    EventKind.ALARM_SHELVED,
)
"""Of each of these the newest says what became of an alarm."""


def alarm_history(connection: Connection, asked: HistoryAsked) -> AlarmPage:
    """The alarms that are asked for, newest first.

    Args:
        connection: Read only, in its transaction.
        asked: Which.

    Raises:
        SQLAlchemyError: The database cannot be read.
    """
    if not inspect(connection).has_table(AlarmRow.__tablename__):
        return AlarmPage(alarms=())
    rows = _raised(connection, asked)
    page, more = rows[: asked.limit], rows[asked.limit :]
    newest = _newest(connection, [row.alarm_id for row in page])
    found = (_told(row, newest.get(row.alarm_id, {})) for row in page)
    return AlarmPage(
        alarms=tuple(one for one in found if one is not None), next=page[-1].position if more else None
    )


def _raised(connection: Connection, asked: HistoryAsked) -> "list[Row[Any]]":
    """Where each alarm was raised first, one more than a page has."""
    earlier = aliased(AlarmRow)
    again = select(earlier.position).where(
        earlier.alarm_id == AlarmRow.alarm_id, earlier.position < AlarmRow.position
    )
    query = (
        select(AlarmRow.position, AlarmRow.alarm_id, EventRow.record)
        .join(EventRow, EventRow.position == AlarmRow.position)
        .where(AlarmRow.change == EventKind.ALARM_RAISED, ~again.exists())
    )
    if asked.before is not None:
        query = query.where(AlarmRow.position < asked.before)
    if asked.start is not None:
        query = query.where(EventRow.at >= asked.start)
    if asked.end is not None:
        query = query.where(EventRow.at < asked.end)
    if asked.priority is not None:
        query = query.where(AlarmRow.priority == asked.priority)
    return list(connection.execute(query.order_by(AlarmRow.position.desc()).limit(asked.limit + 1)))


_Newest = Mapping[EventKind, tuple[int, Event]]


def _newest(connection: Connection, alarm_ids: list[str]) -> Mapping[str, _Newest]:
    """The newest event of each kind of these alarms, with its position."""
    places = (
        select(AlarmRow.alarm_id, func.max(AlarmRow.position).label("position"))
        .where(AlarmRow.alarm_id.in_(alarm_ids), AlarmRow.change.in_(_NEWEST))
        .group_by(AlarmRow.alarm_id, AlarmRow.change)
        .subquery()
    )
    query = select(places.c.alarm_id, places.c.position, EventRow.record).join(
        EventRow, EventRow.position == places.c.position
    )
    found: dict[str, dict[EventKind, tuple[int, Event]]] = {}
    for alarm_id, position, event in _events(connection.execute(query)):
        found.setdefault(alarm_id, {})[event.kind] = position, event
    return found


def _events(rows: Iterable[Any]) -> Iterable[tuple[str, int, Event]]:
    """Those that can be read; a damaged one is the chain's to tell, and left out."""
    for alarm_id, position, record in rows:
        try:
            yield alarm_id, position, Event.model_validate_json(record)
        except ValidationError:
            continue


def _told(row: "Row[Any]", newest: _Newest) -> AlarmOnRecord | None:
    """One alarm; None where the event that raised it cannot be read."""
    try:
        first = Event.model_validate_json(row.record)
    except ValidationError:
        return None
    raised_at, raised = newest.get(EventKind.ALARM_RAISED, (row.position, first))

    def since(kind: EventKind) -> Event | None:
        """The newest of a kind, where it came after the alarm was raised last."""
        position, event = newest.get(kind, (0, None))
        return event if position > raised_at else None

    seen, cleared, dropped = map(
        since, (EventKind.ALARM_ACKNOWLEDGED, EventKind.ALARM_CLEARED, EventKind.ALARM_DROPPED)
    )
    _, shelved = newest.get(EventKind.ALARM_SHELVED, (0, None))
    _, code, *_ = first.subjects
    return AlarmOnRecord(
        position=row.position,
        alarm_id=row.alarm_id,
        code=int(code, 16),
        priority=priority_of(int(code, 16)),
        text=raised.detail,
        coded=raised.coded,
        raised_at=first.at,
        first_out=FIRST_OUT in first.subjects,
        times=max(int(event.subjects[2]) for event in (first, *(event for _, event in newest.values()))),
        acknowledged_at=None if seen is None else seen.at,
        acknowledged_by="" if seen is None else seen.by,
        cleared_at=None if cleared is None else cleared.at,
        dropped_at=None if dropped is None else dropped.at,
        shelf=None if shelved is None else shelf_in(shelved),
    )
