"""The parts' hash chain verified (:mod:`reports.record.chain`): each row, its columns, what follows from it.

**Two looks.** Nearly every row of a record is good, and a record has millions. So each is first compared as
the driver gives it with what it should be; that look is quick, and says yes only where all is the same. What
it does not say yes to is read again and examined column by column, which says what is wrong, if anything is.

The quick look may be somebody else's (``ahead``): several processes have it side by side
(:mod:`reports.audit.side_by_side`).
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, Final, NamedTuple

from pydantic import ValidationError
from sqlalchemy import Boolean, Connection, Integer, Row, Select, func, inspect, select, type_coerce

from inspection.errors import StoreError
from inspection.part import Inspection
from reports.record.chain import GENESIS, UNREADABLE_VALUE, ChainReport, broken, highest_ever_given
from reports.record.derived import DERIVED, Columns, Derived
from reports.record.parts_chain import hash_row
from reports.record.schema import (
    InspectionRow,
    UtcDateTime,
    as_given,
    columns_of,
    columns_there,
    schema_revision,
)

_BATCH_ROWS: Final = 500

_TABLE: Final = InspectionRow.metadata.tables[InspectionRow.__tablename__]
_LINK: Final = ("position", "root", "supersedes", "trigger_cycle", "prev_hash", "row_hash", "record")
_FOLLOW: Final = tuple(name for name in [column.name for column in _TABLE.columns] if name not in _LINK)
"""The columns that follow from the record."""
_MOMENTS: Final = tuple(name for name in _FOLLOW if isinstance(_TABLE.c[name].type, UtcDateTime))
_ROW_HASH: Final = _LINK.index("row_hash")
_OTHERS: Final = tuple(name for name in _FOLLOW if name not in _MOMENTS)

_read: Final = Inspection.__pydantic_validator__.validate_json  # what ``model_validate_json`` calls

Show = Callable[[int], None]
"""Told the position of the last row that was looked at."""


class Walked(NamedTuple):
    """Rows that were looked at, one behind the other."""

    first: int
    """Position of the first of them."""
    before: str
    """``row_hash`` of the row before, which was taken as given."""
    rows: int
    """So many are good."""
    head: str
    """``row_hash`` of the last of these, or ``before``."""
    named: tuple[int, ...]
    """Positions of those whose hash was named."""
    fault: str = ""
    """What is wrong with the row behind them; empty where the stretch ends there."""

    @property
    def end(self) -> int:
        """Position behind the last good row."""
        return self.first + self.rows


def verify_parts(
    connection: Connection,
    *,
    first: int = 1,
    last: int | None = None,
    expected_head: str | None = None,
    ahead: Iterable[Walked] = (),
    show: Show = lambda _: None,
) -> ChainReport:
    """Check the chain, or a stretch of it.

    Args:
        connection: Read only, in its transaction.
        first: Position to begin at; the row before is taken as given.
        last: Position to end at; None for the end of the record. Whether newest rows are gone is
            checked anyhow.
        expected_head: A ``row_hash`` noted earlier, for example on a printed shift report, or its beginning
            (``parse_head``); it must occur in the checked stretch.
        ahead: What others have found of the rows from ``first`` on, one stretch behind the other. From the
            first on that is at fault, or does not begin with the head of the one before, all is looked at
            here.
        show: Told how far it is.

    Raises:
        StoreError: Several rows have a hash that begins with ``expected_head``.
        SQLAlchemyError: The database cannot be read.
    """
    head = _hash_before(connection, first)
    if head is None:
        return broken(first - 1, "the row is absent", rows=0, head=GENESIS)
    named = [first - 1] if expected_head is not None and head.startswith(expected_head) else []
    position = first
    for walked in ahead:
        if walked.fault or (walked.first, walked.before) != (position, head):
            break
        position, head = walked.end, walked.head
        named += walked.named if expected_head is not None else ()
        show(position - 1)
    walk = _walk(connection, position, last, head, expected_head, show)
    named += walk.named
    checked, head = walk.end - first, walk.head
    if walk.fault:
        return broken(walk.end, walk.fault, rows=checked, head=head)
    if at_the_ends := _fault_at_the_ends(connection):
        return broken(at_the_ends[0], at_the_ends[1], rows=checked, head=head)
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


def walk_parts(
    connection: Connection, *, first: int, last: int, expected_head: str | None = None
) -> Walked | None:
    """Look at the rows from ``first`` to ``last``, for ``verify_parts``; None where that before is absent.

    Raises:
        SQLAlchemyError: The database cannot be read.
    """
    head = _hash_before(connection, first)
    return None if head is None else _walk(connection, first, last, head, expected_head, lambda _: None)


def _walk(
    connection: Connection, first: int, last: int | None, before: str, expected_head: str | None, show: Show
) -> Walked:
    head, position, fault, audit = before, first, "", _Audit(connection)
    named: list[int] = []
    while (hashes := audit.surely_good(position, last, head)) is not None:
        if not hashes:
            row_hash, fault = audit.examine(position, head)
            if fault:
                break
            hashes = [row_hash]
        if expected_head is not None:
            named += [at for at, found in enumerate(hashes, position) if found.startswith(expected_head)]
        position, head = position + len(hashes), hashes[-1]
        show(position - 1)
    if not fault and last is not None and position <= last:
        fault = "the row is absent"
    return Walked(first, before, position - first, head, tuple(named), fault)


def _hash_before(connection: Connection, first: int) -> str | None:
    """``row_hash`` of the row before ``first``; None where that row is absent."""
    if first <= 1:
        return GENESIS
    return connection.scalar(select(InspectionRow.row_hash).where(InspectionRow.position == first - 1))


_RowAsGiven = Callable[[Columns], tuple[object, ...]]
_Stored = dict[int, list[tuple[object, ...]]]
"""The rows of a table beside the parts', by position, in their order."""


class _Beside(NamedTuple):
    """A table of rows that follow from the parts', as this record has it."""

    derived: Derived
    columns: _RowAsGiven
    """A row as the database gives it, of one as it follows from the record."""
    query: Select[Any] | None
    """All of them; None where the table is gone."""

    def stored(self, connection: Connection, low: int, high: int) -> _Stored:
        """The rows of the revisions from ``low`` to ``high``. Raises SQLAlchemyError."""
        found: _Stored = {}
        if self.query is not None:
            position = self.derived.table.c.position
            for row in as_given(connection, self.query.where(position.between(low, high))):
                found.setdefault(row[0], []).append(row[1:])
        return found

    def follow(self, inspection: Inspection, stored: _Stored, at: int) -> bool:
        """Whether those stored of the revision ``at`` are those that follow from it."""
        columns = self.columns
        return [columns(row) for row in self.derived.rows_of(inspection)] == stored.get(at, [])


class _Audit:
    """The rows of one record, looked at. Raises SQLAlchemyError where it cannot be read."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._size = _BATCH_ROWS
        there = columns_there(connection)
        names = [name for name in _OTHERS if name in there]
        self._columns = itemgetter(*names)
        self._lacking = [name for name in _OTHERS if name not in there]
        self._quick = select(*(_TABLE.c[name] for name in (*_LINK, *_MOMENTS, *names)))
        self._typed = select(
            *(
                type_coerce(column, Integer).label(column.name)  # or whatever is not 0 were read as true
                if isinstance(column.type, Boolean)
                else column
                for column in _TABLE.columns
                if column.name in there
            )
        )
        self._beside = _beside(connection)
        self._is_moment = _is_moment if connection.dialect.name == "sqlite" else datetime.__eq__

    def surely_good(self, first: int, last: int | None, head: str) -> list[str] | None:
        """The hashes of the next rows, up to one that is not surely good; None where no row follows."""
        query = self._quick.where(_TABLE.c.position >= first)
        if last is not None:
            query = query.where(_TABLE.c.position <= last)
        try:
            rows = as_given(self._connection, query.order_by(_TABLE.c.position).limit(self._size))
        except UNREADABLE_VALUE:
            self._size = 1
            return []
        if not rows:
            return None
        found: list[str] = []
        beside = [
            (one.derived.rows_of, one.columns, one.stored(self._connection, first, first + len(rows) - 1))
            for one in self._beside
        ]
        for position, row in enumerate(rows, first):
            if not self._is_good(row, position, head, beside):
                break
            head = row[_ROW_HASH]
            found.append(head)
        self._size = min(2 * self._size, _BATCH_ROWS) if found else 1
        return found

    def _is_good(
        self,
        row: tuple[Any, ...],
        position: int,
        head: str,
        beside: Sequence[tuple[Callable[[Inspection], list[Columns]], _RowAsGiven, _Stored]],
    ) -> bool:
        try:
            at, root, supersedes, trigger_cycle, prev_hash, row_hash, record, seen_at, recorded_at = row[:9]
            if at != position or prev_hash != head or type(record) is not str:
                return False
            link = {"root": root, "supersedes": supersedes, "trigger_cycle": trigger_cycle}
            if row_hash != hash_row(prev_hash=head, position=position, record=record, **link):
                return False
            inspection = _read(record)
            follow = columns_of(inspection)
            if not (
                row[9:] == self._columns(follow)
                and self._is_moment(seen_at, follow["seen_at"])
                and self._is_moment(recorded_at, follow["recorded_at"])
            ):
                return False
            if self._lacking and any(follow[name] is not None for name in self._lacking):
                return False
            for rows_of, columns, stored in beside:
                if [columns(one) for one in rows_of(inspection)] != stored.get(position, []):
                    return False
            return True
        except (TypeError, ValueError):
            return False

    def examine(self, position: int, prev_hash: str) -> tuple[str, str]:
        """The hash of the row that should stand at ``position``, and what is wrong with it, if anything."""
        try:
            row = self._connection.execute(self._typed.where(_TABLE.c.position == position)).first()
        except UNREADABLE_VALUE:
            return "", "a column cannot be read"
        if row is None:
            return "", "the row is absent"
        return row.row_hash, self._fault(row, prev_hash)

    def _fault(self, row: Row[Any], prev_hash: str) -> str:
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
        for one in self._beside:
            stored = one.stored(self._connection, row.position, row.position)
            if not one.follow(inspection, stored, row.position):
                return one.derived.contradiction
        return ""


def _fault_at_the_ends(connection: Connection) -> tuple[int, str] | None:
    """Position and reason, where rows lie before the first or are gone behind the last."""
    position = _TABLE.c.position
    lowest, highest = (connection.scalar(select(end(position))) for end in (func.min, func.max))  # by index
    if lowest is not None and lowest < 1:
        return lowest, "a row was inserted before the first"
    end, given = highest or 0, highest_ever_given(connection, InspectionRow)
    if given is not None and given != end:
        gone = f"{given} rows were written, but the record ends at row {end}: the newest are gone"
        return end + 1, gone
    return None


def _beside(connection: Connection) -> list[_Beside]:
    """The tables that this record should have. Raises SQLAlchemyError."""
    there, revision = inspect(connection), schema_revision(connection)
    found = []
    for one in DERIVED:
        is_due, is_there = revision >= one.since, there.has_table(one.name)
        names = [
            name
            for name in [column.name for column in one.table.columns]
            if name != "position" and name not in one.written
        ]
        query = None
        if is_there:
            if revision < one.whole_since:
                known = {column["name"] for column in there.get_columns(one.name)}
                names = [name for name in names if name in known]
            columns = [one.table.c[name] for name in ("position", *names)]
            query = select(*columns).order_by(*one.table.primary_key)
        if is_there or is_due:
            found.append(_Beside(one, itemgetter(*names), query))
    return found


def _is_moment(stored: str, moment: datetime) -> bool:
    """Whether SQLite's text says this point in time, in UTC. Raises TypeError or ValueError for no time."""
    return datetime.fromisoformat(stored + "+00:00") == moment


def _same(stored: object, derived: object) -> bool:
    """Equal in value and type; points in time to the microsecond, booleans as 0 and 1 (or as booleans)."""
    if isinstance(derived, bool):
        return isinstance(stored, int) and stored == int(derived)
    if isinstance(stored, datetime) and isinstance(derived, datetime):
        return stored == derived
    return type(stored) is type(derived) and stored == derived
