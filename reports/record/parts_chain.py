"""The parts' hash chain (see :mod:`reports.record.chain`): how it is added to, and how it is verified.

``row_hash = SHA-256(JSON of [prev_hash, position, root, supersedes, trigger_cycle, record])``.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Integer,
    Row,
    func,
    insert,
    select,
    type_coerce,
)

from inspection.errors import RecordRefusedError, StoreError
from inspection.part import Inspection
from reports.record.chain import (
    GENESIS,
    UNREADABLE_VALUE,
    ChainReport,
    broken,
    canonical_json,
    hash_of,
    highest_ever_given,
)
from reports.record.entry import PartEntry
from reports.record.gauge_rows import add_readings, readings_of, stored_readings
from reports.record.schema import PICTURE_ENCODING, InspectionRow, PictureRow, columns_of, columns_there

_BATCH_ROWS = 1000

# On the tables, not the mapped classes: the ORM's bookkeeping costs half a millisecond a row.
_INSERT_ROW = insert(InspectionRow.metadata.tables[InspectionRow.__tablename__])
_INSERT_PICTURE = insert(PictureRow.metadata.tables[PictureRow.__tablename__])

# Booleans as they lie there: SQLAlchemy reads whatever is not 0 as true, SQL's comparisons do not.
_RAW_COLUMNS = {
    column.name: type_coerce(column, Integer).label(column.name)
    if isinstance(column.type, Boolean)
    else column
    for column in InspectionRow.__table__.columns
}


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
    if inspection.pictures:
        connection.execute(
            _INSERT_PICTURE,
            [
                {"position": position, "view": view, "sha256": sha256, "encoding": PICTURE_ENCODING}
                for view, sha256 in enumerate(inspection.pictures)
            ],
        )
    add_readings(connection, position, inspection.decision)
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


def verify_parts(
    connection: Connection, *, first: int = 1, last: int | None = None, expected_head: str | None = None
) -> ChainReport:
    """Check the chain, or a stretch of it.

    Args:
        connection: Read only, in its transaction.
        first: Position to begin at; the row before is taken as given.
        last: Position to end at; None for the end of the record. Whether newest rows are gone is
            checked anyhow.
        expected_head: A ``row_hash`` noted earlier, for example on a printed shift report, or its beginning
            (``parse_head``); it must occur in the checked stretch.

    Raises:
        StoreError: Several rows have a hash that begins with ``expected_head``.
        SQLAlchemyError: The database cannot be read.
    """
    head = _hash_before(connection, first)
    if head is None:
        return broken(first - 1, "the row is absent", rows=0, head=GENESIS)
    named = [first - 1] if expected_head is not None and head.startswith(expected_head) else []
    position = first
    size = _BATCH_ROWS
    there = columns_there(connection)
    columns = [column for name, column in _RAW_COLUMNS.items() if name in there]
    while True:
        try:
            rows = _batch(connection, columns, position, last, size)
        except UNREADABLE_VALUE:  # row by row shows which
            if size > 1:
                size = 1
                continue
            return broken(position, "a column cannot be read", rows=position - first, head=head)
        if not rows:
            break
        pictures = _pictures(connection, rows[0].position, rows[-1].position)
        readings = stored_readings(connection, rows[0].position, rows[-1].position)
        for row in rows:
            reason = _fault(
                row,
                position=position,
                prev_hash=head,
                pictures=pictures.get(row.position, []),
                readings=readings.get(row.position, []),
            )
            if reason:
                return broken(position, reason, rows=position - first, head=head)
            head = row.row_hash
            if expected_head is not None and head.startswith(expected_head):
                named.append(position)
            position += 1
    checked = position - first
    if last is not None and position <= last:
        return broken(position, "the row is absent", rows=checked, head=head)
    if fault := _fault_at_the_ends(connection):
        return broken(fault[0], fault[1], rows=checked, head=head)
    if expected_head is not None and not named:
        reason = (
            f"no row has the head {expected_head}: rows were removed or rewritten, unless it was copied"
            " wrongly or is another record's"
        )
        return broken(None, reason, rows=checked, head=head)
    if len(named) > 1:
        raise StoreError(
            f"{len(named)} rows have a hash that begins with {expected_head}", todo="name more of its digits"
        )
    return ChainReport(intact=True, rows=checked, head=head, named_at=named[0] if named else None)


def _hash_before(connection: Connection, first: int) -> str | None:
    """``row_hash`` of the row before ``first``; None where that row is absent."""
    if first <= 1:
        return GENESIS
    return connection.scalar(select(InspectionRow.row_hash).where(InspectionRow.position == first - 1))


def _fault_at_the_ends(connection: Connection) -> tuple[int, str] | None:
    """Position and reason, where rows lie before the first or are gone behind the last."""
    table = InspectionRow
    lowest, highest = connection.execute(select(func.min(table.position), func.max(table.position))).one()
    if lowest is not None and lowest < 1:
        return lowest, "a row was inserted before the first"
    end, given = highest or 0, highest_ever_given(connection, InspectionRow)
    if given is not None and given != end:
        return end + 1, f"{given} rows were written, but the record ends at row {end}: the newest are gone"
    return None


def _batch(
    connection: Connection, columns: Sequence[ColumnElement[Any]], position: int, last: int | None, size: int
) -> Sequence[Row[Any]]:
    query = select(*columns).where(InspectionRow.position >= position)
    if last is not None:
        query = query.where(InspectionRow.position <= last)
    return connection.execute(query.order_by(InspectionRow.position).limit(size)).all()


def _pictures(connection: Connection, low: int, high: int) -> dict[int, list[str]]:
    """SHA-256 by position, each list in the order of the views."""
    found: dict[int, list[str]] = {}
    query = (
        select(PictureRow.position, PictureRow.sha256)
        .where(PictureRow.position.between(low, high))
        .order_by(PictureRow.position, PictureRow.view)
    )
    for position, sha256 in connection.execute(query):
        found.setdefault(position, []).append(sha256)
    return found


def _fault(
    row: Row[Any], *, position: int, prev_hash: str, pictures: list[str], readings: list[dict[str, Any]]
) -> str:
    """What is wrong with ``row``, which should stand at ``position``; empty for nothing."""
    if row.position != position:
        return "the row is absent"
    if row.prev_hash != prev_hash:
        return "the row does not follow the one before it"
    if any(isinstance(value, bytes) for value in row):
        return "the row was changed: a column holds bytes"
    expected = hash_row(
        prev_hash=prev_hash,
        position=row.position,
        root=row.root,
        supersedes=row.supersedes,
        trigger_cycle=row.trigger_cycle,
        record=row.record,
    )
    if row.row_hash != expected:
        return "the row was changed: its hash does not fit"
    try:
        inspection = Inspection.model_validate_json(row.record)
    except ValidationError as error:
        return f"the record is not an inspection: {error.error_count()} errors"
    for name, value in columns_of(inspection).items():
        if not _same(getattr(row, name, None), value):  # none: see ``columns_there``
            return f"column {name} contradicts the record"
    if list(inspection.pictures) != pictures:
        return "the list of pictures contradicts the record"
    if readings_of(inspection.decision) != readings:
        return "the gauges' readings contradict the record"
    return ""


def _same(stored: object, derived: object) -> bool:
    """Equal in value and type; points in time to the microsecond, booleans as 0 and 1 (or as booleans)."""
    if isinstance(derived, bool):
        return isinstance(stored, int) and stored == int(derived)
    if isinstance(stored, datetime) and isinstance(derived, datetime):
        return stored == derived
    return type(stored) is type(derived) and stored == derived
