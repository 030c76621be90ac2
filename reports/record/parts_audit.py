"""The parts' hash chain verified (:mod:`reports.record.chain`): each row, its columns, what follows from it.

**Two looks.** Nearly every row of a record is good, and a record has millions. So each is first compared as
the driver gives it with what it should be; that look is quick, and says yes only where all is the same. What
it does not say yes to is read again and examined column by column, which says what is wrong, if anything is.
"""

from collections.abc import Callable
from datetime import datetime
from operator import itemgetter
from typing import Any, Final, NamedTuple

from pydantic import ValidationError
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Integer,
    Row,
    Select,
    func,
    inspect,
    select,
    type_coerce,
)
from sqlalchemy.types import NullType

from inspection.errors import StoreError
from inspection.part import Inspection
from reports.record.chain import GENESIS, UNREADABLE_VALUE, ChainReport, broken, highest_ever_given
from reports.record.derived import DERIVED, Columns, Derived
from reports.record.parts_chain import hash_row
from reports.record.schema import InspectionRow, UtcDateTime, columns_of, columns_there, schema_revision

_BATCH_ROWS: Final = 500

_TABLE: Final = InspectionRow.metadata.tables[InspectionRow.__tablename__]
_LINK: Final = ("position", "root", "supersedes", "trigger_cycle", "prev_hash", "row_hash", "record")
_ROW_HASH: Final = _LINK.index("row_hash")
_FOLLOW: Final = tuple(name for name in [column.name for column in _TABLE.columns] if name not in _LINK)
"""The columns that follow from the record."""
_MOMENTS: Final = tuple(name for name in _FOLLOW if isinstance(_TABLE.c[name].type, UtcDateTime))


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
    position, audit = first, _Audit(connection)
    while (hashes := audit.surely_good(position, last, head)) is not None:
        if not hashes:
            row_hash, fault = audit.examine(position, head)
            if fault:
                return broken(position, fault, rows=position - first, head=head)
            hashes = [row_hash]
        if expected_head is not None:
            named += [at for at, found in enumerate(hashes, position) if found.startswith(expected_head)]
        position, head = position + len(hashes), hashes[-1]
    checked = position - first
    if last is not None and position <= last:
        return broken(position, "the row is absent", rows=checked, head=head)
    if at_the_ends := audit.fault_at_the_ends():
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


def _hash_before(connection: Connection, first: int) -> str | None:
    """``row_hash`` of the row before ``first``; None where that row is absent."""
    if first <= 1:
        return GENESIS
    return connection.scalar(select(InspectionRow.row_hash).where(InspectionRow.position == first - 1))


class _Beside(NamedTuple):
    """A table of rows that follow from the parts', as this record has it."""

    derived: Derived
    rows: Callable[[Columns], tuple[object, ...]]
    """A row as the database gives it, of one as it follows from the record."""
    query: Select[Any] | None
    """All of them; None where the table is gone."""

    def stored(self, connection: Connection, low: int, high: int) -> dict[int, list[tuple[object, ...]]]:
        """The rows of the revisions from ``low`` to ``high``, by position. Raises SQLAlchemyError."""
        found: dict[int, list[tuple[object, ...]]] = {}
        if self.query is not None:
            position = self.derived.table.c.position
            for row in connection.execute(self.query.where(position.between(low, high))).all():
                found.setdefault(row[0], []).append(row[1:])
        return found

    def follow(self, inspection: Inspection, stored: dict[int, list[tuple[object, ...]]], at: int) -> bool:
        """Whether those stored of the revision ``at`` are those that follow from it."""
        return [self.rows(row) for row in self.derived.rows_of(inspection)] == stored.get(at, [])


class _Audit:
    """The rows of one record, looked at. Raises SQLAlchemyError where it cannot be read."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._size = _BATCH_ROWS
        there = columns_there(connection)
        self._names = [name for name in _FOLLOW if name in there]
        self._columns = itemgetter(*self._names)
        self._lacking = [name for name in _FOLLOW if name not in there]
        self._as_given = select(*(_as_given(_TABLE.c[name]) for name in (*_LINK, *self._names)))
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
        self._moment: Callable[[datetime], object] = (
            _text_of if connection.dialect.name == "sqlite" else lambda moment: moment
        )

    def surely_good(self, first: int, last: int | None, head: str) -> list[str] | None:
        """The hashes of the next rows, up to one that is not surely good; None where no row follows."""
        query = self._as_given.where(_TABLE.c.position >= first)
        if last is not None:
            query = query.where(_TABLE.c.position <= last)
        try:
            rows = self._connection.execute(query.order_by(_TABLE.c.position).limit(self._size)).all()
        except UNREADABLE_VALUE:
            self._size = 1
            return []
        if not rows:
            return None
        found: list[str] = []
        beside = [(one, one.stored(self._connection, first, first + len(rows) - 1)) for one in self._beside]
        for position, row in enumerate(rows, first):
            if not self._is_good(row, position, head, beside):
                break
            head = row[_ROW_HASH]
            found.append(head)
        self._size = min(2 * self._size, _BATCH_ROWS) if found else 1
        return found

    def _is_good(
        self,
        row: Row[Any],
        position: int,
        head: str,
        beside: list[tuple[_Beside, dict[int, list[tuple[object, ...]]]]],
    ) -> bool:
        try:
            at, root, supersedes, trigger_cycle, prev_hash, row_hash, record = row[: len(_LINK)]
            if at != position or prev_hash != head or type(record) is not str:
                return False
            link = {"root": root, "supersedes": supersedes, "trigger_cycle": trigger_cycle}
            if row_hash != hash_row(prev_hash=head, position=position, record=record, **link):
                return False
            inspection = Inspection.model_validate_json(record)
            follow = columns_of(inspection)
            for name in _MOMENTS:
                follow[name] = self._moment(follow[name])
            return (
                row[len(_LINK) :] == self._columns(follow)
                and not (self._lacking and any(follow[name] is not None for name in self._lacking))
                and all(one.follow(inspection, stored, position) for one, stored in beside)
            )
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

    def fault_at_the_ends(self) -> tuple[int, str] | None:
        """Position and reason, where rows lie before the first or are gone behind the last."""
        position = _TABLE.c.position
        lowest, highest = self._connection.execute(select(func.min(position), func.max(position))).one()
        if lowest is not None and lowest < 1:
            return lowest, "a row was inserted before the first"
        end, given = highest or 0, highest_ever_given(self._connection, InspectionRow)
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
            columns = [_as_given(one.table.c[name]) for name in ("position", *names)]
            query = select(*columns).order_by(*one.table.primary_key)
        if is_there or is_due:
            found.append(_Beside(one, itemgetter(*names), query))
    return found


def _as_given(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The column as the driver gives it."""
    return type_coerce(column, NullType()).label(column.key)


def _text_of(moment: datetime) -> str | None:
    """A point in time as SQLite has it; None for one that is not in UTC."""
    text = moment.isoformat(" ", "microseconds")
    return text.removesuffix("+00:00") if text.endswith("+00:00") else None


def _same(stored: object, derived: object) -> bool:
    """Equal in value and type; points in time to the microsecond, booleans as 0 and 1 (or as booleans)."""
    if isinstance(derived, bool):
        return isinstance(stored, int) and stored == int(derived)
    if isinstance(stored, datetime) and isinstance(derived, datetime):
        return stored == derived
    return type(stored) is type(derived) and stored == derived
