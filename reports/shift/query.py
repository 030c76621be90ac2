"""What the record holds of a stretch of time: its parts, and whether the chains around them are whole.

A part belongs to the shift in which its trigger was seen (``Trigger.seen_at``), however late its outcome
came. What waits in the spool is read as well: it is durable, and a shift without it would be told wrongly.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final, NamedTuple

from pydantic import ValidationError
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from inspection.certification.certificate import CertificateRef
from inspection.decision import ModelRef, RecipeRef
from inspection.errors import StoreError
from inspection.events import Event
from inspection.part import Inspection
from inspection.reviews.review import Review
from reports.audit.clock_set_back import LeftOut, left_out
from reports.database.connecting import open_reader
from reports.record.chain import ChainReport
from reports.record.entry import Entry, EventEntry
from reports.record.events_chain import has_events, verify_events_beside
from reports.record.own_verification import VerifiedBefore, verify_since
from reports.record.parts_audit import verify_parts
from reports.record.reviews.on_record import newest_in, newest_reviews
from reports.record.rows import Named, ShiftRow, shift_parts, stored_parts
from reports.record.schema import EventRow, InspectionRow
from reports.record.unreadable import unreadable
from reports.settings import StoreSettings
from reports.shift.downtime.reading import read_life
from reports.shift.downtime.reasons import Life
from reports.shift.examples.choosing import chosen
from reports.store.parts_waiting import with_waiting
from reports.store.waiting import CONTRADICTION_TODO, NOTHING, Waiting, not_on_record, read_waiting

EVER: Final = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))
"""From before any part to after all."""


class Judge(NamedTuple):
    """What judged a part."""

    recipe: RecipeRef
    model: ModelRef
    certificate: CertificateRef | None
    """The one that held then."""


class ShiftOnRecord(NamedTuple):
    """What database and spool hold of a shift, read in one transaction, so that it fits together."""

    rows: Sequence[ShiftRow]
    """The latest revision of each part, in the order of the triggers."""
    judges: Mapping[str, Judge]
    """What judged them, by ``ShiftRow.judged_by``; what only a damaged record says is left out."""
    records: Mapping[str, str]
    """The JSON of those that show a type of defect (``reports.shift.examples.choosing.chosen``), by
    inspection id."""
    chain: ChainReport
    """Of the rows from the shift's first to its last, without those in ``verified_before``."""
    events: ChainReport
    """Of the events in the shift's time and between its parts."""
    spooled: int
    """Records of any time that wait in the spool."""
    contradiction: str
    """What is wrong with the first record in the spool that is bad; empty for nothing."""
    left_out: LeftOut | None
    """Parts outside the shift's time that were recorded in it or beside it."""
    noted: Sequence[Event]
    """The events in the shift's time, in their order; a damaged one is the chain's to tell, and left out."""
    life: Life
    """What they and those around them say of the station's life."""
    parts_end: int
    """Position of the newest row of the inspections when this was read; 0 for none."""
    events_end: int
    """Position of the newest event then."""
    reviews: Mapping[str, Review]
    """What people said of the parts, by inspection id: of each the one that counts."""
    verified_before: VerifiedBefore | None = None
    """Rows that the station itself had verified, and that were only counted; None for none."""


def shift_on_record(
    engine: Engine,
    *,
    start: datetime,
    end: datetime,
    waiting: Waiting,
    now: datetime,
    hurried: bool = False,
) -> ShiftOnRecord:
    """Read the parts whose trigger was seen from ``start`` up to, not including, ``end``, and verify them.

    Args:
        engine: From ``reports.database.connecting.open_reader``.
        start: With time zone.
        end: With time zone, after ``start``.
        waiting: What lies in the spool (``reports.store.waiting.read_waiting``).
        now: The wall clock, with time zone.
        hurried: Only count the rows that the station itself has verified (``record.own_verification``).

    Raises:
        StoreError: The times make no sense, or the database cannot be read.
    """
    _check_range(start, end)
    try:
        with engine.connect() as connection:
            stored = shift_parts(connection, start, end)
            low = min((row.root for row in stored), default=None)
            high = max((row.position for row in stored), default=None)
            newest = _newest(connection) if high is None else 0
            first, last = low or max(newest, 1), high or newest
            chain, verified_before = (
                verify_since(connection, first, last)
                if hurried
                else (verify_parts(connection, first=first, last=last), None)
            )
            events = verify_events_beside(
                connection, start=start, end=end, low=low, high=high, waiting=waiting.entries
            )
            spooled, contradiction = not_on_record(connection, waiting.entries)
            outside = left_out(connection, start=start, end=end, now=now)
            noted = events_noted(connection, spooled, start, end)
            life = read_life(connection, start=start, end=end, spooled=spooled)
            ends = _newest(connection), _newest(connection, EventRow) if has_events(connection) else 0
            rows = with_waiting(stored, spooled, start, end)
            judges = _judges(connection, rows)
            reviews = newest_in(connection, start, end)
            records = _records(connection, chosen(row for row in rows if row.missed is None).values())
    except (SQLAlchemyError, TypeError, ValueError) as error:  # a column that is no date, say
        raise unreadable(engine, error) from error
    return ShiftOnRecord(
        rows=rows,
        judges=judges,
        records=records,
        chain=chain,
        events=events,
        spooled=len(spooled),
        contradiction=contradiction,
        left_out=outside,
        noted=noted,
        life=life,
        parts_end=ends[0],
        events_end=ends[1],
        reviews=reviews,
        verified_before=verified_before,
    )


def events_noted(
    connection: Connection, spooled: Sequence[Entry], start: datetime, end: datetime
) -> Sequence[Event]:
    """The events of a stretch of time, those that wait in the spool behind the others.

    Args:
        connection: Read only.
        spooled: What lies in the spool and is not in the database.
        start: Inclusive, with time zone.
        end: Exclusive, with time zone.

    Raises:
        SQLAlchemyError: The database cannot be read.
    """
    if not has_events(connection):
        return ()
    query = select(EventRow.record).where(EventRow.at >= start, EventRow.at < end)
    found = []
    for record in connection.scalars(query.order_by(EventRow.position)):
        with suppress(ValidationError):
            found.append(Event.model_validate_json(record))
    waiting = [entry.event for entry in spooled if isinstance(entry, EventEntry)]
    return [*found, *(event for event in waiting if start <= event.at < end)]


def _judges(connection: Connection, rows: Sequence[ShiftRow]) -> dict[str, Judge]:
    """What judged the parts: the records of those with the same name say the same."""
    one_of_each = {row.judged_by: row for row in reversed(rows)}
    records = _records(connection, one_of_each.values())
    found = {}
    for name, row in one_of_each.items():
        with suppress(ValidationError):
            part = Inspection.model_validate_json(records[row.inspection_id])
            found[name] = Judge(part.decision.recipe, part.decision.model, part.certificate)
    return found


def _records(connection: Connection, rows: Iterable[ShiftRow]) -> dict[str, str]:
    """The JSON of some rows, by inspection id."""
    query = select(InspectionRow.record)
    return {
        row.inspection_id: row.record
        or connection.scalar(query.where(InspectionRow.position == row.position))
        or ""
        for row in rows
    }


def shift_inspections(
    engine: Engine,
    *,
    start: datetime,
    end: datetime,
    waiting: Waiting = NOTHING,
    named: Named | None = None,
) -> list[Inspection]:
    """The latest revision of each part of the shift, in the order of their triggers; those in the spool too.

    A damaged record is the chain's to tell (``shift_on_record``), and left out.

    Args:
        engine: From ``reports.database.connecting.open_reader``.
        start: Inclusive, with time zone.
        end: Exclusive, with time zone, after ``start``.
        waiting: What lies in the spool (``reports.store.waiting.read_waiting``).
        named: Serial or lot: no parts but these; None for all.

    Raises:
        StoreError: The times make no sense, or the database cannot be read.
    """
    parts, _ = _inspections(engine, start, end, waiting, named=named)
    return parts


def reviews_on_record(engine: Engine, *, start: datetime, end: datetime) -> Mapping[str, Review]:
    """What people said of the parts of a stretch of time, by inspection id: of each the one that counts.

    Args:
        engine: From ``reports.database.connecting.open_reader``.
        start: Inclusive, with time zone.
        end: Exclusive, with time zone.

    Raises:
        StoreError: The database cannot be read.
    """
    try:
        with engine.connect() as connection:
            return newest_in(connection, start, end)
    except (SQLAlchemyError, TypeError, ValueError) as error:
        raise unreadable(engine, error) from error


def all_reviews(settings: StoreSettings, *, start: datetime, end: datetime) -> Mapping[str, Review]:
    """As ``reviews_on_record``, of the record that ``settings`` name. Raises StoreError."""
    reader = open_reader(settings.url)
    try:
        return reviews_on_record(reader, start=start, end=end)
    finally:
        reader.dispose()


def reviews_of_parts(engine: Engine, parts: Iterable[Inspection]) -> Mapping[str, Review]:
    """What people said of some parts, by inspection id: of each the one that counts. Raises StoreError."""
    try:
        with engine.connect() as connection:
            return newest_reviews(connection, [part.inspection_id for part in parts])
    except (SQLAlchemyError, TypeError, ValueError) as error:
        raise unreadable(engine, error) from error


def all_inspections(
    settings: StoreSettings,
    *,
    start: datetime,
    end: datetime,
    parts: Collection[int] | None = None,
    named: Named | None = None,
) -> list[Inspection]:
    """As ``shift_inspections``, of the record that ``settings`` name, and none without the others.

    Args:
        settings: Of the record.
        start: Inclusive, with time zone.
        end: Exclusive, with time zone, after ``start``.
        parts: Part ids: no parts but these; None for all.
        named: Serial or lot: no parts but these; None for all.

    Raises:
        StoreError: There is no such record, or database or spool cannot be read, so that parts would lack.
    """
    waiting = read_waiting(settings)  # first: see ``reports.store.waiting``
    reader = open_reader(settings.url)
    try:
        found, fault = _inspections(reader, start, end, waiting, parts, named)
    finally:
        reader.dispose()
    if fault := waiting.fault or fault:
        raise StoreError(
            f"Not all parts of the record in {settings.folder} can be read: {fault}",
            part="Nothing was made of the others, or those that wait in the spool would lack",
            todo=waiting.todo if waiting.fault else CONTRADICTION_TODO,
        )
    return found


def _inspections(
    engine: Engine,
    start: datetime,
    end: datetime,
    waiting: Waiting,
    parts: Collection[int] | None = None,
    named: Named | None = None,
) -> tuple[list[Inspection], str]:
    """The parts of a stretch of time, and what is wrong with the first record that is bad."""
    _check_range(start, end)
    try:
        with engine.connect() as connection:
            stored = stored_parts(connection, start, end, parts=parts, named=named)
            spooled, fault = not_on_record(connection, waiting.entries)
    except (SQLAlchemyError, TypeError, ValueError) as error:
        raise unreadable(engine, error) from error
    rows = with_waiting(stored, spooled, start, end)
    rows = [row for row in rows if parts is None or row.part_id in parts]
    found = []
    for row in rows:
        try:
            found.append(Inspection.model_validate_json(row.record))
        except ValidationError:
            fault = fault or f"the record at row {row.position} is damaged"
    return [one for one in found if named is None or named.fits(one)], fault


def _check_range(start: datetime, end: datetime) -> None:
    if start.tzinfo is None or end.tzinfo is None:
        raise StoreError("The shift's times lack a time zone", todo="Write 2026-03-02T06:00:00+01:00")
    if start >= end:
        raise StoreError(
            f"The shift begins at {start.isoformat()}, not before its end at {end.isoformat()}",
            todo="Exchange --from and --to, or choose a longer time",
        )


def _newest(connection: Connection, table: type[InspectionRow | EventRow] = InspectionRow) -> int:
    """Position of a table's newest row; 0 for none."""
    return connection.scalar(select(func.max(table.position))) or 0
