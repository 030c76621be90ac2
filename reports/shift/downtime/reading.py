"""What the record holds of a station's life in a stretch of time, and how it stood when that began."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

from pydantic import ValidationError
from sqlalchemy import ColumnElement, Connection, Row, case, func, inspect, select

from inspection.alarms.on_record import ALARM_KINDS
from inspection.events import Event, EventKind
from reports.record.entry import Entry, EventEntry, PartEntry
from reports.record.events_chain import has_events
from reports.record.schema import AlarmRow, EventRow, InspectionRow
from reports.shift.downtime.reasons import ALARM_CODES, KINDS, Life, Told

_SIGNS: Final = (*KINDS, *ALARM_KINDS, EventKind.ASKED, EventKind.PICTURES_DRIFT)
"""Events that only an engine that lives writes."""
_Row = Row[int, int, datetime, str, str]
_ENGINE: Final = (EventKind.ENGINE_STARTED, EventKind.ENGINE_STOPPED)


def read_life(connection: Connection, *, start: datetime, end: datetime, spooled: Sequence[Entry]) -> Life:
    """Read a station's life from ``start`` up to, not including, ``end``.

    Args:
        connection: Read only, in its transaction.
        start: With time zone.
        end: With time zone, after ``start``.
        spooled: What waits in the spool and is not in the database, in its order.

    Raises:
        SQLAlchemyError: The database cannot be read.
    """
    if not has_events(connection):
        return Life((), (), (), None)
    position, at = EventRow.position, EventRow.at
    low, high = connection.execute(
        select(func.coalesce(func.min(position), 0), func.coalesce(func.max(position), 0)).where(
            at >= start, at < end
        )
    ).one()
    if not high:
        high = connection.scalar(select(func.max(position)).where(at < start)) or 0
        low = high + 1
    within = [
        _told(connection, row, event)
        for row, event in _events(_rows(connection, position.between(low, high)))
    ]
    waiting = list(_waiting(spooled, _heard(connection, ()) if spooled else None))
    later = _rows(connection, position > high, EventRow.kind.in_(_ENGINE), most=1)
    heard = _heard_before(connection, later[0]) if later else _heard(connection, spooled)
    return Life(
        before=[Told(event) for event in _before(connection, low)],
        within=[told for told in (*within, *waiting) if start <= told.event.at < end],
        alarms=_alarms(connection, low, high),
        heard=heard,
    )


def _rows(connection: Connection, *where: ColumnElement[bool], most: int | None = None) -> Sequence[_Row]:
    query = select(EventRow.position, EventRow.after, EventRow.at, EventRow.kind, EventRow.record).where(
        *where
    )
    return connection.execute(query.order_by(EventRow.position).limit(most)).all()


def _events(rows: Iterable[_Row]) -> Iterator[tuple[_Row, Event]]:
    """Those that can be read; a damaged one, or of a newer Passgate, is the chain's to tell, and left out."""
    for row in rows:
        with suppress(ValidationError):
            yield row, Event.model_validate_json(row.record)


def _told(connection: Connection, row: _Row, event: Event) -> Told:
    return Told(event, _heard_before(connection, row) if event.kind is EventKind.ENGINE_STARTED else None)


def _before(connection: Connection, low: int) -> list[Event]:
    """The newest event of each kind before ``low``, and of each alarm that tells of a reason."""
    newest = [_newest(connection, EventRow.kind == kind, below=low) for kind in KINDS]
    if inspect(connection).has_table(AlarmRow.__tablename__):
        newest += [_newest_alarm(connection, code, below=low) for code in ALARM_CODES]
    places = {place for place in newest if place is not None}
    return [event for _, event in _events(_rows(connection, EventRow.position.in_(sorted(places))))]


def _newest(connection: Connection, which: ColumnElement[bool], *, below: int) -> int | None:
    position = EventRow.position
    query = select(position).where(which, position < below).order_by(position.desc()).limit(1)
    return connection.scalar(query)


def _newest_alarm(connection: Connection, code: int, *, below: int) -> int | None:
    position = AlarmRow.position
    seen = AlarmRow.change == EventKind.ALARM_ACKNOWLEDGED
    query = select(position).where(AlarmRow.code == code, ~seen, position < below)
    return connection.scalar(query.order_by(position.desc()).limit(1))


def _alarms(connection: Connection, low: int, high: int) -> list[Event]:
    """What had become, before the event at ``low``, of the alarms that stood then, in their order.

    One that an earlier run of the engine left is known to stand where something becomes of it up to ``high``.
    """
    began = _newest(connection, EventRow.kind.in_(_ENGINE), below=low) or 0
    if not inspect(connection).has_table(AlarmRow.__tablename__):
        return []

    def last(kind: EventKind) -> ColumnElement[int]:
        return func.coalesce(func.max(case((AlarmRow.change == kind, AlarmRow.position))), 0)

    raised, cleared = last(EventKind.ALARM_RAISED), last(EventKind.ALARM_CLEARED)
    seen, dropped = last(EventKind.ALARM_ACKNOWLEDGED), last(EventKind.ALARM_DROPPED)
    standing = (
        select(AlarmRow.alarm_id)
        .where(AlarmRow.position > began, AlarmRow.position < low)
        .group_by(AlarmRow.alarm_id)
        .having((dropped == 0) & ((raised > cleared) | (seen == 0)))
    )
    left = select(AlarmRow.alarm_id).where(AlarmRow.position.between(low, high))
    of_either = AlarmRow.alarm_id.in_(standing) | AlarmRow.alarm_id.in_(left)
    places = select(AlarmRow.position).where(of_either, AlarmRow.position < low)
    return [event for _, event in _events(_rows(connection, EventRow.position.in_(places)))]


def _heard_before(connection: Connection, row: _Row) -> datetime | None:
    """When the engine was last heard of before the event of a start or an end; at an end, then itself."""
    if row.kind == EventKind.ENGINE_STOPPED:
        stopped: datetime = row.at
        return stopped
    place = _newest(connection, EventRow.kind.in_(_SIGNS), below=row.position)
    signs = [
        connection.scalar(select(EventRow.at).where(EventRow.position == place)),
        connection.scalar(select(InspectionRow.recorded_at).where(InspectionRow.position == row.after)),
    ]
    return max((sign for sign in signs if sign is not None), default=None)


def _heard(connection: Connection, spooled: Iterable[Entry]) -> datetime | None:
    """When the engine of the record's newest run was last heard of."""
    end = (connection.scalar(select(func.max(EventRow.position))) or 0) + 1
    place = _newest(connection, EventRow.kind.in_(_SIGNS), below=end)
    parts = select(InspectionRow.recorded_at).order_by(InspectionRow.position.desc()).limit(1)
    signs = [
        connection.scalar(select(EventRow.at).where(EventRow.position == place)),
        connection.scalar(parts),
        *(_sign(entry) for entry in spooled),
    ]
    return max((sign for sign in signs if sign is not None), default=None)


def _sign(entry: Entry) -> datetime | None:
    if isinstance(entry, PartEntry):
        return entry.inspection.recorded_at
    return entry.event.at if entry.event.kind in _SIGNS else None


def _waiting(spooled: Iterable[Entry], heard: datetime | None) -> Iterable[Told]:
    """The events in the spool; of a start when the run before was last heard of, there or in the database."""
    for entry in spooled:
        if isinstance(entry, EventEntry):
            started = entry.event.kind is EventKind.ENGINE_STARTED
            yield Told(entry.event, heard if started else None)
        heard = _sign(entry) or heard
