"""What waits in the spool, seen beside the database: how many records, and whether they follow what is there.

The spool is read before the database, so a record that the station drains in between is met in the database.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, select

from inspection.decision import Frozen
from inspection.errors import StoreError
from inspection.part import Inspection
from reports.record.entry import Entry, PartEntry, part_key
from reports.record.events_chain import has_events
from reports.record.schema import EventRow, InspectionRow
from reports.settings import StoreSettings
from reports.store.spool import FILE_NAME, read_spool


class Waiting(NamedTuple):
    """What lies in a spool, some of it perhaps in the database already."""

    entries: Sequence[Entry] = ()
    fault: str = ""
    """Why it cannot be read; empty where it can."""
    todo: str = ""
    """What to do about that."""


NOTHING = Waiting()

CONTRADICTION_TODO = "keep spool and database as they are, and have the record examined"
"""What to do where the spool does not follow what the database holds."""

_UNREADABLE_TODO = "check the spool's disk and its rights, then ask again"


def read_waiting(settings: StoreSettings) -> Waiting:
    """What lies in the spool.

    A spool that is absent where the record lies is taken for an empty one, since a copy of a record has none;
    where the settings place it elsewhere, it is not known what waits there.
    """
    if settings.spool_folder is not None and not (settings.spool / FILE_NAME).exists():
        return Waiting(
            fault=f"the spool {settings.spool} is not there (is its disk mounted?): what waits is not known",
            todo="mount its disk, or correct spool_folder in the settings, then ask again",
        )
    try:
        return Waiting(read_spool(settings.spool))
    except StoreError as error:
        return Waiting(fault=error.what, todo=error.todo or _UNREADABLE_TODO)


class SpoolReport(Frozen):
    """What verification of the spool found."""

    folder: Path
    intact: bool
    waiting: int
    """Records that are durable in the spool alone, not in the database and its chain."""
    parts: int
    """Revisions of parts among them; the others are events."""
    reason: str = ""
    todo: str = ""
    """What to do where it is not intact."""


def not_on_record(connection: Connection, entries: Sequence[Entry]) -> tuple[list[Entry], str]:
    """Those of a spool's ``entries`` that are not in the database, and what is wrong with the first bad.

    Raises:
        SQLAlchemyError: The database cannot be read.
    """
    with_events = has_events(connection)
    found: dict[str, Entry] = {}
    for number, entry in enumerate(entries, 1):
        if isinstance(entry, PartEntry):
            stored = _stored_part(connection, entry.inspection.inspection_id, entry.inspection.revision)
        else:
            query = select(EventRow.record).where(EventRow.event_id == entry.event_id)
            stored = connection.scalar(query) if with_events else None
        if stored is None:
            if isinstance(entry, PartEntry) and (fault := _fault(connection, entry.inspection, found)):
                return list(found.values()), f"record {number} in the spool {fault}"
            found[entry.key] = entry
        elif stored != entry.record:
            return list(found.values()), f"record {number} in the spool contradicts the database"
    return list(found.values()), ""


def check_spool(connection: Connection, folder: Path, waiting: Waiting) -> SpoolReport:
    """Count and check what was read from ``folder``. Raises SQLAlchemyError."""
    found, contradiction = not_on_record(connection, waiting.entries)
    reason = waiting.fault or contradiction
    return SpoolReport(
        folder=folder,
        intact=not reason,
        waiting=len(found),
        parts=sum(isinstance(entry, PartEntry) for entry in found),
        reason=reason,
        todo=waiting.todo if waiting.fault else CONTRADICTION_TODO if contradiction else "",
    )


def _stored_part(connection: Connection, inspection_id: str, revision: int) -> str | None:
    table = InspectionRow
    return connection.scalar(
        select(table.record).where(table.inspection_id == inspection_id, table.revision == revision)
    )


def _fault(connection: Connection, inspection: Inspection, found: dict[str, Entry]) -> str:
    """Why ``inspection`` does not follow database and spool; empty where it does."""
    if inspection.revision == 0:
        return ""
    key, revision = inspection.inspection_id, inspection.revision - 1
    before = found.get(part_key(key, revision))
    record = before.record if before is not None else _stored_part(connection, key, revision)
    name = f"(revision {inspection.revision} of part {inspection.trigger.part_id})"
    if record is None:
        return f"{name} has no revision before it"
    if Inspection.model_validate_json(record).trigger != inspection.trigger:
        return f"{name} names another trigger than the revision before it"
    return ""
