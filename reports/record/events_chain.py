"""What people and the station did, on record: the events' hash chain, and how it is added to and verified.

A table and a chain of its own (see :mod:`reports.record.chain`) beside the parts'.
``row_hash = SHA-256(JSON of [prev_hash, position, event_id, after, record])``. ``after`` says behind which
row of the inspections an event stands, whatever the wall clock said: it never falls, and never lies beyond
the record's end. So an event also witnesses that the inspections before it were there.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from pydantic import ValidationError
from sqlalchemy import Connection, Row, func, insert, inspect, select

from inspection.errors import RecordRefusedError
from inspection.events import Event, EventKind
from reports.record.chain import (
    GENESIS,
    UNREADABLE_VALUE,
    ChainReport,
    broken,
    canonical_json,
    hash_of,
    highest_ever_given,
)
from reports.record.entry import Entry, EventEntry
from reports.record.event_rows import StoredRows, add_rows, contradiction, stored_rows
from reports.record.schema import EventRow, InspectionRow, columns_of_event, schema_revision

_BATCH_ROWS = 200

_BEFORE_EVENTS = "0001"
"""The schema's last revision without events."""

_EVENTS_LOCK = 0x50415353_45564E54
"""Number of PostgreSQL's advisory lock: "PASSEVNT"."""

# The table, not the mapped class: the ORM's bookkeeping costs half a millisecond a row.
_TABLE = EventRow.metadata.tables[EventRow.__tablename__]
_INSERT = insert(_TABLE)


def event_entry(event: Event) -> EventEntry:
    """The event, named and ready for the record.

    Raises:
        RecordRefusedError: It cannot be kept as JSON; trying again cannot help.
    """
    return EventEntry(event_id=uuid4().hex, event=event, record=event_json(event))


def event_json(event: Event) -> str:
    """The event as canonical JSON (see :mod:`reports.record.chain`), proven to read back as the same event.

    Raises:
        RecordRefusedError: It has no time zone, or holds something that JSON cannot keep.
    """
    try:
        if event.at.tzinfo is None:
            raise ValueError("its time lacks a time zone")
        in_utc = event.model_copy(update={"at": event.at.astimezone(UTC)})
        record = canonical_json(in_utc)
        if Event.model_validate_json(record) != event:
            raise ValueError("it does not read back as it was written")
    except (ValueError, TypeError) as error:
        raise RecordRefusedError(
            f"The event {event.kind} by {event.by!r} cannot be kept as JSON: {error}",
            part="It is not on record",
            todo="Report this to the maker of Passgate: a text in it is invalid",
        ) from error
    return record


def hash_event(*, prev_hash: str, position: int, event_id: str, after: int, record: str) -> str:
    """``row_hash`` of one event (see the module)."""
    return hash_of(prev_hash, position, event_id, after, record)


def in_turn(connection: Connection) -> None:
    """Wait until no other writer is in a transaction that adds events: what is read from now on stays so.

    On SQLite a writer's transaction begins so; on PostgreSQL two would otherwise put two events at one place.

    Raises:
        SQLAlchemyError: The database refuses, or the wait was too long.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_EVENTS_LOCK)))


def add_event(connection: Connection, entry: EventEntry) -> bool:
    """Add one event at the end of its chain; False where it is there already.

    Raises:
        RecordRefusedError: Its name is on record with another content.
        SQLAlchemyError: The database refuses.
    """
    in_turn(connection)
    table = EventRow
    stored = connection.scalar(select(table.record).where(table.event_id == entry.event_id))
    if stored is not None:
        if stored != entry.record:
            raise RecordRefusedError(
                f"Event {entry.event_id} is on record with another content",
                part="This second one is not kept",
                todo="Compare with the stored event; it is the one that counts",
            )
        return False
    head = connection.execute(
        select(table.position, table.row_hash).order_by(table.position.desc()).limit(1)
    ).first()
    link: dict[str, Any] = {
        "prev_hash": head.row_hash if head else GENESIS,
        "position": head.position + 1 if head else 1,
        "event_id": entry.event_id,
        "after": connection.scalar(select(func.max(InspectionRow.position))) or 0,
        "record": entry.record,
    }
    connection.execute(_INSERT, {**columns_of_event(entry.event), **link, "row_hash": hash_event(**link)})
    add_rows(connection, link["position"], entry.event)
    return True


def begin_events(connection: Connection, *, now: datetime) -> None:
    """Give a record without any event its first, RECORD_BEGAN: what lies before it is not on record.

    In the transaction that makes the table, so no record has the table and never had an event.

    Args:
        connection: In its transaction, with the schema up to date.
        now: The wall clock, with time zone.

    Raises:
        SQLAlchemyError: The database refuses.
    """
    if connection.scalar(select(func.max(EventRow.position))) is not None:
        return
    parts = connection.scalar(select(func.count()).where(InspectionRow.revision == 0))
    before = f"parts before it: {parts}; what was done with them and their pictures is not on record"
    detail = before if parts else "a new record"
    add_event(connection, event_entry(Event(at=now, kind=EventKind.RECORD_BEGAN, by="store", detail=detail)))


def begins_in(waiting: Iterable[Entry]) -> bool:
    """Whether the record's first event is among what waits in the spool, as earlier builds could leave it."""
    return any(
        isinstance(entry, EventEntry) and entry.event.kind is EventKind.RECORD_BEGAN for entry in waiting
    )


def has_events(connection: Connection) -> bool:
    """Whether the record keeps events: one of a Passgate before them has no table."""
    return inspect(connection).has_table(EventRow.__tablename__)


def verify_events(
    connection: Connection,
    *,
    first: int = 1,
    last: int | None = None,
    named_head: str | None = None,
    waiting: Iterable[Entry] = (),
) -> ChainReport:
    """Check the chain of the events or a stretch of it, and that they fit the inspections.

    Args:
        connection: Read only, in its transaction.
        first: Position to begin at; the event before is taken as given.
        last: Position to end at; None for the end. Whether the newest are gone, and whether the newest stands
            behind rows of the inspections that are gone, is checked anyhow.
        named_head: A ``row_hash`` noted earlier, or its beginning, to look for.
        waiting: What lies in the spool: the record's first event may be there.

    Raises:
        SQLAlchemyError: The database cannot be read.
    """
    if not has_events(connection):
        if _older_than_events(connection):
            return ChainReport(intact=True, rows=0, head=GENESIS)
        return broken(1, "the table of the events is gone", rows=0, head=GENESIS)
    end = connection.scalar(select(func.max(InspectionRow.position))) or 0
    head, after, position, named_at = GENESIS, 0, first, None
    try:
        if first > 1:
            before = connection.execute(select(_TABLE).where(_TABLE.c.position == first - 1)).first()
            if before is None:
                return broken(first - 1, "the event is absent", rows=0, head=GENESIS)
            head, after = before.row_hash, before.after
        for row, beside in _rows(connection, first=first if first > 1 else None, last=last):
            reason = _fault(row, beside, position=position, prev_hash=head, lowest=after, highest=end)
            if reason:
                return broken(position, reason, rows=position - first, head=head)
            if named_head is not None and row.row_hash.startswith(named_head):
                named_at = position
            head, after, position = row.row_hash, row.after, position + 1
    except UNREADABLE_VALUE:
        return broken(position, "a column cannot be read", rows=position - first, head=head)
    checked = position - first
    if last is not None and position <= last:
        return broken(position, "the event is absent", rows=checked, head=head)
    if fault := _fault_at_the_end(connection, parts=end, waiting=waiting):
        return broken(fault[0], fault[1], rows=checked, head=head)
    return ChainReport(intact=True, rows=checked, head=head, named_at=named_at)


def verify_events_beside(
    connection: Connection,
    *,
    start: datetime,
    end: datetime,
    low: int | None,
    high: int | None,
    waiting: Iterable[Entry] = (),
) -> ChainReport:
    """Check the events of a stretch of time, and those between its parts, whatever the clock said.

    One more on each side is checked, so that none has left the stretch unnoticed.

    Args:
        connection: Read only, in its transaction.
        start: Inclusive, with time zone.
        end: Exclusive, with time zone.
        low: Position of the stretch's first row of the inspections; None without parts.
        high: Of its last.
        waiting: What lies in the spool.

    Raises:
        SQLAlchemyError: The database cannot be read.
    """
    if not has_events(connection):
        return verify_events(connection)
    position, at, after = EventRow.position, EventRow.at, EventRow.after
    newest = connection.scalar(select(func.max(position))) or 0
    before, beside, behind = at < start, (at >= start) & (at < end), at >= end
    if low is not None and high is not None:
        before, beside, behind = after < low - 1, beside | after.between(low - 1, high), after > high
    first, last = connection.execute(select(func.min(position), func.max(position)).where(beside)).one()
    ends = [
        connection.scalar(select(func.max(position)).where(before)) or 1,
        connection.scalar(select(func.min(position)).where(behind)) or newest,
        *([] if first is None else [first - 1, last + 1]),
    ]
    return verify_events(connection, first=max(min(ends), 1), last=min(max(ends), newest), waiting=waiting)


def _older_than_events(connection: Connection) -> bool:
    """Whether no Passgate that keeps events has opened the record: its schema is that of before."""
    return schema_revision(connection) <= _BEFORE_EVENTS


def _rows(
    connection: Connection, *, first: int | None, last: int | None
) -> Iterator[tuple[Row[Any], StoredRows]]:
    """Events in order, a batch at a time, each with the rows that stand beside those of its batch.

    Raises UNREADABLE_VALUE at one that cannot be read.
    """
    position, size = EventRow.position, _BATCH_ROWS
    query = select(_TABLE).order_by(position)
    if last is not None:
        query = query.where(position <= last)
    done = None if first is None else first - 1
    while True:
        try:
            rows = connection.execute(
                (query if done is None else query.where(position > done)).limit(size)
            ).all()
            beside = stored_rows(connection, rows[0].position, rows[-1].position) if rows else ()
        except UNREADABLE_VALUE:  # row by row shows which
            if size == 1:
                raise
            size = 1
            continue
        yield from ((row, beside) for row in rows)
        if not rows:
            return
        done = rows[-1].position


def _fault(
    row: Row[Any],
    beside: StoredRows,
    *,
    position: int,
    prev_hash: str,
    lowest: int,
    highest: int,
) -> str:
    """What is wrong with ``row``, which should stand at ``position``, or with what follows from it."""
    if row.position != position:
        return "the event is absent" if row.position > position else "an event was inserted before the first"
    if row.prev_hash != prev_hash:
        return "the event does not follow the one before it"
    if any(isinstance(value, bytes) for value in row):
        return "the event was changed: a column holds bytes"
    expected = hash_event(
        prev_hash=prev_hash, position=position, event_id=row.event_id, after=row.after, record=row.record
    )
    if row.row_hash != expected:
        return "the event was changed: its hash does not fit"
    try:
        event = Event.model_validate_json(row.record)
    except ValidationError as error:
        return f"the record is not an event: {error.error_count()} errors"
    for name, value in columns_of_event(event).items():
        if getattr(row, name) != value:
            return f"column {name} contradicts the event"
    if reason := contradiction(event, position, beside):
        return reason
    if not lowest <= row.after:
        return f"the event stands before row {row.after} of the parts, the one before it behind row {lowest}"
    return _beyond(row.after, highest)


def _beyond(after: int, highest: int) -> str:
    if after <= highest:
        return ""
    return f"the event stands behind row {after} of the parts, which end at {highest}: rows are gone"


def _fault_at_the_end(
    connection: Connection, *, parts: int, waiting: Iterable[Entry]
) -> tuple[int, str] | None:
    """Position and reason, where the newest events are gone, or parts before the newest."""
    table = EventRow
    newest = connection.execute(
        select(table.position, table.after).order_by(table.position.desc()).limit(1)
    ).first()
    given = highest_ever_given(connection, EventRow)
    if newest is None:
        if given or (parts and not begins_in(waiting)):
            return 1, "the events are gone: a record begins with one"
        return None
    if given is not None and given != newest.position:
        gone = f"{given} events were written, but they end at {newest.position}: the newest are gone"
        return newest.position + 1, gone
    beyond = _beyond(newest.after, parts) if isinstance(newest.after, int) else "column after is no number"
    return (newest.position, beyond) if beyond else None
