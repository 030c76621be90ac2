"""What a store that opens takes up: what the database holds, and behind it what still waits in the spool."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from inspection.errors import StoreError
from inspection.part import Inspection
from reports.record.entry import Entry, EventEntry
from reports.record.schema import InspectionRow
from reports.store.journal import Journal
from reports.store.ledger import Ledger
from reports.store.waiting import not_on_record


def take_up(connection: Connection, ledger: Ledger, journal: Journal, waiting: Sequence[Entry]) -> None:
    """Load ledger and journal from the database, then add the entries of ``waiting`` that it lacks.

    Raises:
        StoreError: What waits does not follow what the database holds.
        SQLAlchemyError: The database cannot be read.
        ValueError: A row in it is none of ours.
    """
    ledger.load(connection)
    journal.load(connection)
    fresh, fault = not_on_record(connection, waiting)
    if fault:
        raise StoreError(
            f"The spool does not fit the database: {fault}",
            part="Its records are not in the database, so the station does not start",
            todo="Keep both as they are, and have the record examined",
        )
    for entry in fresh:
        if isinstance(entry, EventEntry):
            journal.apply(entry.event)
            continue
        inspection, before = entry.inspection, None
        if inspection.revision > 0:
            key = inspection.inspection_id
            before = ledger.latest(key) or latest_revision(connection, key)
        ledger.apply(inspection, before=before)


def latest_revision(connection: Connection, inspection_id: str) -> Inspection | None:
    """The newest revision that the database holds of an inspection. Raises SQLAlchemyError."""
    record = connection.scalar(
        select(InspectionRow.record)
        .where(InspectionRow.inspection_id == inspection_id)
        .order_by(InspectionRow.revision.desc())
        .limit(1)
    )
    return None if record is None else Inspection.model_validate_json(record)
