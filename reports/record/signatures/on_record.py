"""The signed shifts as the record has them, each row proven by its event, and how one is added."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, insert, inspect, select

from inspection.errors import StoreError
from inspection.events import Event, EventKind
from reports.record.chain import EXAMINE_TODO
from reports.record.events_chain import add_event, event_entry, has_events, verify_events
from reports.record.schema import EventRow
from reports.record.signatures.table import (
    ClosedShift,
    ClosedShiftRow,
    Signature,
    SignatureRow,
    beginning,
    columns_of_shift,
    columns_of_signature,
    sha256_of,
    shift_of,
    signature_of,
    subjects_of_shift,
    subjects_of_signature,
)

# The tables, not the mapped classes, as for the events.
_EVENTS = EventRow.metadata.tables[EventRow.__tablename__]
_SHIFTS = ClosedShiftRow.metadata.tables[ClosedShiftRow.__tablename__]
_SIGNATURES = SignatureRow.metadata.tables[SignatureRow.__tablename__]


class SignedShift(NamedTuple):
    """A shift whose figures stand, with its report and all signatures below it."""

    event_id: str
    shift: ClosedShift
    report: str
    """Canonical JSON."""
    signatures: tuple[Signature, ...]
    """In the order in which they were given."""


def is_signed(connection: Connection, at: datetime) -> bool:
    """Whether a moment lies in a shift whose report somebody has signed; for what must not go before that.

    Raises:
        SQLAlchemyError: The database cannot be read.
    """
    row = ClosedShiftRow
    if not _has_tables(connection):
        return False
    query = select(row.event_id).where(row.started_at <= at, row.ended_at > at).limit(1)
    return connection.scalar(query) is not None


def signing_began(connection: Connection) -> datetime | None:
    """When the earliest shift began that was signed; None where nobody signs here.

    Raises:
        SQLAlchemyError: The database cannot be read.
    """
    return connection.scalar(select(func.min(ClosedShiftRow.started_at))) if _has_tables(connection) else None


def overlapping(connection: Connection, shift: ClosedShift) -> ClosedShift | None:
    """Another signed shift that lies over this one, as happens where a station's shifts were changed.

    Raises:
        SQLAlchemyError: The database cannot be read.
        ValueError: An event is none.
    """
    row = _SHIFTS.c
    found = connection.scalar(
        select(row.event_id)
        .where(row.started_at < shift.ended_at, row.ended_at > shift.started_at)
        .where((row.name != shift.name) | (row.day != shift.day))
        .limit(1)
    )
    event = None if found is None else _event(connection, found)
    return None if event is None else shift_of(event)


def find_signed(connection: Connection, day: date, name: str) -> SignedShift | None:
    """The shift of that date and name with its signatures; None where nobody has signed it.

    It is found by the events, and each of its rows is compared with its event, and each event with its place
    in the chain: a row or event that was changed or removed is told.

    Raises:
        SQLAlchemyError: The database cannot be read.
        StoreError: A row is not what its event says, or an event is not what its hash says.
        ValueError: An event is none.
    """
    if not _has_tables(connection):
        return None
    closed = _events(connection, EventKind.SHIFT_CLOSED, beginning(name, day.isoformat()))
    first = next(closed, None)
    if first is None:
        return None
    position, event_id, event = first
    row = connection.execute(select(_SHIFTS).where(_SHIFTS.c.event_id == event_id)).mappings().first()
    _refuse(_fault_of_shift(row, position, event) or _fault_of_event(connection, position))
    assert row is not None
    signatures = []
    for at, signed_by, signed in _events(connection, EventKind.REPORT_SIGNED, beginning(event_id)):
        found = connection.execute(select(_SIGNATURES).where(_SIGNATURES.c.event_id == signed_by))
        _refuse(_fault_of_signature(found.mappings().first(), at, signed) or _fault_of_event(connection, at))
        signatures.append(signature_of(signed)[0])
    stray = select(func.count()).where(_SIGNATURES.c.shift == event_id)
    if connection.scalar(stray) != len(signatures):
        _refuse(f"no event speaks of a signature below the report of shift {name!r} of {day}")
    return SignedShift(event_id, shift_of(event), str(row["report"]), tuple(signatures))


def put_shift(connection: Connection, shift: ClosedShift, report: str, event: Event) -> str:
    """Put a shift on record whose figures stand from now on, with the event that says so; returns its id.

    Args:
        connection: In a transaction of a writer, in turn with all others (``events_chain.in_turn``).
        shift: Its bounds, heads, and the hash of its report.
        report: Canonical JSON.
        event: Without subjects, which are filled in here.

    Raises:
        IntegrityError: It is on record already.
        SQLAlchemyError: The database refuses.
    """
    entry = event_entry(event.model_copy(update={"subjects": subjects_of_shift(shift)}))
    add_event(connection, entry)
    columns = columns_of_shift(shift)
    connection.execute(insert(_SHIFTS), {"event_id": entry.event_id, "report": report, **columns})
    return entry.event_id


def put_signature(connection: Connection, signature: Signature, shift: str, event: Event) -> None:
    """Put a signature on record, with the event that tells it.

    Args:
        connection: In a transaction of a writer, in turn with all others.
        signature: Of whom the event is.
        shift: The event that closed its shift.
        event: At the same time and by the same person; its subjects are filled in here.

    Raises:
        IntegrityError: He has signed so already.
        SQLAlchemyError: The database refuses.
    """
    entry = event_entry(event.model_copy(update={"subjects": subjects_of_signature(signature, shift)}))
    add_event(connection, entry)
    columns = columns_of_signature(signature, shift)
    connection.execute(insert(_SIGNATURES), {"event_id": entry.event_id, **columns})


def verify_signatures(connection: Connection) -> tuple[int, str]:
    """How many signatures are as their events say, and what is wrong first; empty where nothing is.

    One shift's report at a time is in memory.

    Args:
        connection: Of a record whose events are intact.

    Raises:
        SQLAlchemyError: The database cannot be read.
    """
    if not (has_events(connection) and _has_tables(connection)):
        return 0, ""
    proven = {table.name: 0 for table in (_SHIFTS, _SIGNATURES)}
    try:
        for kind, table, fault_of in (
            (EventKind.SHIFT_CLOSED, _SHIFTS, _fault_of_shift),
            (EventKind.REPORT_SIGNED, _SIGNATURES, _fault_of_signature),
        ):
            for position, event_id, event in _events(connection, kind):
                found = connection.execute(select(table).where(table.c.event_id == event_id))
                if fault := fault_of(found.mappings().first(), position, event):
                    return proven[_SIGNATURES.name], fault
                proven[table.name] += 1
            if connection.scalar(select(func.count()).select_from(table)) != proven[table.name]:
                return proven[_SIGNATURES.name], f"no event speaks of a row of the {table.name}"
    except (ValueError, TypeError):
        return proven[_SIGNATURES.name], "a column of the shifts or signatures cannot be read"
    return proven[_SIGNATURES.name], ""


def _has_tables(connection: Connection) -> bool:
    return inspect(connection).has_table(_SIGNATURES.name)


def _events(connection: Connection, kind: EventKind, subjects: str = "") -> Iterator[tuple[int, str, Event]]:
    """Position, id and event of all of a kind whose subjects begin so, in order."""
    row = _EVENTS.c
    asked: list[ColumnElement[bool]] = [row.kind == kind.value]
    if subjects:
        asked.append(func.substr(row.subjects, 1, len(subjects)) == subjects)
    query = select(row.position, row.event_id, row.record).where(*asked).order_by(row.position)
    for position, event_id, record in connection.execute(query).all():
        yield position, event_id, Event.model_validate_json(record)


def _event(connection: Connection, event_id: str) -> Event | None:
    record = connection.scalar(select(_EVENTS.c.record).where(_EVENTS.c.event_id == event_id))
    return None if record is None else Event.model_validate_json(record)


def _fault_of_shift(row: Any, position: int, event: Event) -> str:
    name, day = event.subjects[:2]
    what = f"the row of shift {name!r} of {day}, of event {position},"
    if row is None:
        return f"{what} is absent"
    try:
        shift = shift_of(event)
        sound = _is(row, columns_of_shift(shift)) and sha256_of(row["report"]) == shift.report_sha256
    except (ValueError, TypeError, AttributeError):
        sound = False
    return "" if sound else f"{what} was changed"


def _fault_of_signature(row: Any, position: int, event: Event) -> str:
    what = f"the row of {event.by}'s signature, of event {position},"
    if row is None:
        return f"{what} is absent"
    try:
        sound = _is(row, columns_of_signature(*signature_of(event)))
    except ValueError:
        sound = False
    return "" if sound else f"{what} was changed"


def _is(row: Any, columns: dict[str, Any]) -> bool:
    return all(row[name] == value for name, value in columns.items())


def _fault_of_event(connection: Connection, position: int) -> str:
    found = verify_events(connection, first=position, last=position)
    return "" if found.intact else f"event {found.broken_at}: {found.reason}"


def _refuse(fault: str) -> None:
    if fault:
        raise StoreError(f"a signature is not what the record's events say: {fault}", todo=EXAMINE_TODO)
