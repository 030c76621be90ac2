"""The parts' hash chain (see :mod:`reports.record.chain`): how it is added to.

``row_hash = SHA-256(JSON of [prev_hash, position, root, supersedes, trigger_cycle, record])``.
"""

from datetime import UTC
from typing import Any

from sqlalchemy import Connection, func, insert, select

from inspection.errors import RecordRefusedError, StoreError
from inspection.part import Inspection
from reports.record.chain import GENESIS, canonical_json, hash_of
from reports.record.derived import add_derived
from reports.record.entry import PartEntry
from reports.record.schema import InspectionRow, columns_of

# The table, not the mapped class: the ORM's bookkeeping costs half a millisecond a row.
_INSERT_ROW = insert(InspectionRow.metadata.tables[InspectionRow.__tablename__])


def part_entry(inspection: Inspection) -> PartEntry:
    """The revision with its canonical JSON, ready for the record.

    Raises:
        StoreError: It holds something that JSON cannot keep, such as NaN, or a time without time zone.
    """
    return PartEntry(inspection, part_json(inspection))


def part_json(inspection: Inspection) -> str:
    """The inspection as canonical JSON, proven to read back as the same inspection.

    Raises:
        StoreError: It holds something that JSON cannot keep, such as NaN, or a time without time zone.
    """
    trigger = inspection.trigger
    moments = (trigger.seen_at, inspection.recorded_at, inspection.outcome_at)
    if any(moment is not None and moment.tzinfo is None for moment in moments):
        raise _unreadable(inspection, "a point in time lacks its time zone")
    outcome_at = inspection.outcome_at
    in_utc = inspection.model_copy(
        update={
            "trigger": trigger.model_copy(update={"seen_at": trigger.seen_at.astimezone(UTC)}),
            "recorded_at": inspection.recorded_at.astimezone(UTC),
            "outcome_at": None if outcome_at is None else outcome_at.astimezone(UTC),
        }
    )
    try:
        record = canonical_json(in_utc)
        same = Inspection.model_validate_json(record) == inspection
    except (ValueError, TypeError) as error:
        raise _unreadable(inspection, str(error)) from error
    if not same:
        raise _unreadable(inspection, "it does not read back as it was written")
    return record


def _unreadable(inspection: Inspection, why: str) -> StoreError:
    return StoreError(
        f"The inspection of part {inspection.trigger.part_id} cannot be kept as JSON: {why}",
        part="It is not on record and must not be released",
        todo="Report this to the maker of Passgate: a number or text in it is invalid",
    )


def hash_row(
    *,
    prev_hash: str,
    position: int,
    root: int,
    supersedes: int | None,
    trigger_cycle: int | None,
    record: str,
) -> str:
    """``row_hash`` of one row (see the module)."""
    return hash_of(prev_hash, position, root, supersedes, trigger_cycle, record)


def add_part(connection: Connection, entry: PartEntry) -> bool:
    """Add one revision at the end of the chain; False where it is there already.

    Raises:
        RecordRefusedError: It contradicts what is on record.
        SQLAlchemyError: The database refuses.
    """
    inspection = entry.inspection
    table = InspectionRow
    same_part = table.inspection_id == inspection.inspection_id
    stored = connection.scalar(select(table.record).where(same_part, table.revision == inspection.revision))
    if stored is not None:
        if stored != entry.record:
            raise conflict(f"{_name(inspection)} is on record with another content")
        return False
    head = connection.execute(
        select(table.position, table.row_hash).order_by(table.position.desc()).limit(1)
    ).first()
    position = head.position + 1 if head else 1
    root, supersedes, cycle = position, None, None
    if inspection.revision == 0:
        cycle = _next_cycle(connection, inspection)
    else:
        root, supersedes = _place_after_revision(connection, inspection)
    link: dict[str, Any] = {
        "prev_hash": head.row_hash if head else GENESIS,
        "position": position,
        "root": root,
        "supersedes": supersedes,
        "trigger_cycle": cycle,
        "record": entry.record,
    }
    connection.execute(_INSERT_ROW, {**columns_of(inspection), **link, "row_hash": hash_row(**link)})
    add_derived(connection, position, inspection)
    return True


def _next_cycle(connection: Connection, inspection: Inspection) -> int:
    trigger = inspection.trigger
    cycles = connection.scalar(
        select(func.max(InspectionRow.trigger_cycle)).where(
            InspectionRow.plc_boot_id == trigger.plc_boot_id, InspectionRow.trigger_seq == trigger.seq
        )
    )
    return 0 if cycles is None else cycles + 1


def _place_after_revision(connection: Connection, inspection: Inspection) -> tuple[int, int]:
    """``root`` and ``supersedes`` of a later revision. Raises RecordRefusedError where it cannot follow."""
    table = InspectionRow
    before = connection.execute(
        select(table.position, table.root, table.plc_boot_id, table.trigger_seq, table.part_id).where(
            table.inspection_id == inspection.inspection_id, table.revision == inspection.revision - 1
        )
    ).first()
    if before is None:
        raise conflict(f"{_name(inspection)} has no revision {inspection.revision - 1} before it")
    trigger = inspection.trigger
    if (before.plc_boot_id, before.trigger_seq, before.part_id) != (
        trigger.plc_boot_id,
        trigger.seq,
        trigger.part_id,
    ):
        raise conflict(f"{_name(inspection)} names another trigger than the revision before it")
    return before.root, before.position


def _name(inspection: Inspection) -> str:
    return (
        f"Revision {inspection.revision} of inspection {inspection.inspection_id}"
        f" (part {inspection.trigger.part_id})"
    )


def conflict(what: str) -> RecordRefusedError:
    """The error to raise where a record contradicts what is stored already, in the way ``what`` says."""
    return RecordRefusedError(
        what,
        part="This record is not kept, and the part must not be released on it",
        todo="Compare with the stored record; it is the one that counts",
    )
