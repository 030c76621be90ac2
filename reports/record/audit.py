"""The hash chain over the record: who changes a stored row breaks it.

**Canonical JSON.** The inspection under its public names, keys sorted, no white space, UTF-8 without escapes
beyond JSON's own, floats as the shortest digits that read back the same (Python's ``repr``), points in time
as ISO 8601 in UTC, nothing that JSON lacks (NaN, infinities).

**Chain.** ``row_hash = SHA-256(canonical JSON of [prev_hash, position, root, supersedes, trigger_cycle,
record])``, in lower-case hex, where ``record`` is the text as stored; the first row's ``prev_hash`` is 64
zeros. Columns that follow from the record are not hashed again but compared with it.

**What verification finds:** any changed, inserted, deleted or exchanged row, a column that contradicts its
record, and, on SQLite, removed newest rows, because SQLite remembers the highest position it ever gave.

**What it cannot find:** a hash without a secret binds nobody who can write the file and compute anew. Whoever
rewrites all rows from one point on, or removes the newest and resets ``sqlite_sequence``, leaves a chain that
verifies. Against that, shift reports name the chain's head; given as ``expected_head``, a printed head proves
that its row is still there, and with it all rows before. Its first ``LEAST_DIGITS`` digits prove it as well:
2⁶⁴ trials for whoever wants to write another row with the same beginning.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Boolean, Connection, Engine, Integer, Row, func, select, text, type_coerce
from sqlalchemy.exc import SQLAlchemyError

from inspection.decision import Frozen
from inspection.errors import StoreError
from inspection.part import Inspection
from reports.record.schema import InspectionRow, PictureRow, columns_of
from reports.record.unreadable import unreadable

GENESIS = "0" * 64
"""``prev_hash`` of the first row."""

LEAST_DIGITS = 16
"""Digits of a head that are enough to name it."""

EXAMINE_TODO = "keep the folder as it is, and have the record examined"
"""What to do where a record is broken."""

_BATCH_ROWS = 1000

# Booleans as they lie there: SQLAlchemy reads whatever is not 0 as true, SQL's comparisons do not.
_RAW_COLUMNS = [
    type_coerce(column, Integer).label(column.name) if isinstance(column.type, Boolean) else column
    for column in InspectionRow.__table__.columns
]


class ChainReport(Frozen):
    """What verification of a chain, of the parts or of the events, or of a stretch of it found."""

    intact: bool
    rows: int
    """Rows that were checked and found good."""
    head: str
    """``row_hash`` of the last good row, or of the one before the stretch; 64 zeros where there was none."""
    broken_at: int | None = None
    """Position of the first row that is wrong or absent; None where intact, or a named head is absent."""
    reason: str = ""
    named_at: int | None = None
    """Position of the row whose hash was named; None where none was, or it is not here."""


def parse_head(text: str) -> str:
    """A head, or the beginning of one, as somebody noted it: in any case, with blanks.

    Raises:
        StoreError: It is no such thing, or too short to prove anything.
    """
    head = "".join(text.split()).lower()
    if not re.fullmatch("[0-9a-f]*", head) or len(head) > len(GENESIS):
        raise StoreError(
            f"{text!r} is not a chain head: a head is {len(GENESIS)} digits, 0 to 9 and a to f",
            todo="copy it from the shift report; the record was not checked",
        )
    if len(head) < LEAST_DIGITS:
        raise StoreError(
            f"{len(head)} digits of a chain head are too few to prove that its row is still there",
            todo=f"give all {len(GENESIS)}, or the first {LEAST_DIGITS} at least; the record was not checked",
        )
    if GENESIS.startswith(head):
        raise StoreError(
            "a head of zeros is that of an empty record: every record begins with it, so it proves nothing",
            todo="name the head of a report that has parts; the record was not checked",
        )
    return head


def words_of_head(head: str) -> str:
    """A head as people are told it: never the zeros before the first row, which prove nothing."""
    return "none: the record is empty" if head == GENESIS else head


def canonical_json(inspection: Inspection) -> str:
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
        record = json.dumps(
            in_utc.model_dump(mode="json", warnings="error"),
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=False,
            allow_nan=False,
        )
        record.encode()  # a lone surrogate is refused here, not years later
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
    envelope = json.dumps(
        [prev_hash, position, root, supersedes, trigger_cycle, record],
        separators=(",", ":"),
        ensure_ascii=False,
    )
    return hashlib.sha256(envelope.encode()).hexdigest()


def verify(
    engine: Engine, *, first: int = 1, last: int | None = None, expected_head: str | None = None
) -> ChainReport:
    """Check the chain, or a stretch of it.

    Args:
        engine: The database; it is only read, in one transaction.
        first: Position to begin at; the row before is taken as given.
        last: Position to end at; None for the end of the record. Whether newest rows are gone is
            checked anyhow.
        expected_head: A ``row_hash`` noted earlier, for example on a printed shift report, or its beginning
            (``parse_head``); it must occur in the checked stretch.

    Raises:
        StoreError: The database cannot be read.
    """
    try:
        with engine.connect() as connection:
            return verify_connection(connection, first=first, last=last, expected_head=expected_head)
    except SQLAlchemyError as error:
        raise unreadable(engine, error) from error


def verify_connection(
    connection: Connection, *, first: int = 1, last: int | None = None, expected_head: str | None = None
) -> ChainReport:
    """As ``verify``, within the transaction of ``connection``."""
    head = _hash_before(connection, first)
    if head is None:
        return _broken(first - 1, "the row is absent", rows=0, head=GENESIS)
    named = [first - 1] if expected_head is not None and head.startswith(expected_head) else []
    position = first
    size = _BATCH_ROWS
    while True:
        try:
            rows = _batch(connection, position, last, size)
        except (TypeError, ValueError):  # a column that is no date, say; row by row shows which
            if size > 1:
                size = 1
                continue
            return _broken(position, "a column cannot be read", rows=position - first, head=head)
        if not rows:
            break
        pictures = _pictures(connection, rows[0].position, rows[-1].position)
        for row in rows:
            reason = _fault(row, position=position, prev_hash=head, pictures=pictures.get(row.position, []))
            if reason:
                return _broken(position, reason, rows=position - first, head=head)
            head = row.row_hash
            if expected_head is not None and head.startswith(expected_head):
                named.append(position)
            position += 1
    checked = position - first
    if last is not None and position <= last:
        return _broken(position, "the row is absent", rows=checked, head=head)
    if fault := _fault_at_the_ends(connection):
        return _broken(fault[0], fault[1], rows=checked, head=head)
    if expected_head is not None and not named:
        reason = (
            f"no row has the head {expected_head}: rows were removed or rewritten, unless it was copied"
            " wrongly or is another record's"
        )
        return _broken(None, reason, rows=checked, head=head)
    if len(named) > 1:
        raise StoreError(
            f"{len(named)} rows have a hash that begins with {expected_head}", todo="name more of its digits"
        )
    return ChainReport(intact=True, rows=checked, head=head, named_at=named[0] if named else None)


def _broken(position: int | None, reason: str, *, rows: int, head: str) -> ChainReport:
    return ChainReport(intact=False, rows=rows, head=head, broken_at=position, reason=reason)


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
    end, given = highest or 0, _highest_ever_given(connection)
    if given is not None and given != end:
        return end + 1, f"{given} rows were written, but the record ends at row {end}: the newest are gone"
    return None


def _batch(connection: Connection, position: int, last: int | None, size: int) -> Sequence[Row[Any]]:
    query = select(*_RAW_COLUMNS).where(InspectionRow.position >= position)
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


def _fault(row: Row[Any], *, position: int, prev_hash: str, pictures: list[str]) -> str:
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
        if not _same(getattr(row, name), value):
            return f"column {name} contradicts the record"
    if list(inspection.pictures) != pictures:
        return "the list of pictures contradicts the record"
    return ""


def _same(stored: object, derived: object) -> bool:
    """Equal in value and type; points in time to the microsecond, booleans as 0 and 1 (or as booleans)."""
    if isinstance(derived, bool):
        return isinstance(stored, int) and stored == int(derived)
    if isinstance(stored, datetime) and isinstance(derived, datetime):
        return stored == derived
    return type(stored) is type(derived) and stored == derived


def _highest_ever_given(connection: Connection) -> int | None:
    """The highest position that SQLite ever gave; None on databases that do not remember it."""
    if connection.dialect.name != "sqlite":
        return None
    found = connection.scalar(
        text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": InspectionRow.__tablename__}
    )
    return int(found) if found is not None else 0
