"""What a station's record has behind the last row that the plant has: read a batch at a time."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final, NamedTuple

from alembic.util import CommandError
from sqlalchemy import Connection, Engine, RowMapping, Table, func, select
from sqlalchemy.exc import SQLAlchemyError

from inspection.errors import StoreError
from reports.database.migrating import is_up_to_date
from reports.record.chain import GENESIS, UNREADABLE_VALUE
from reports.record.derived import DERIVED
from reports.record.event_rows import FOLLOWING
from reports.record.schema import EventRow, InspectionRow
from reports.record.unreadable import unreadable

_PARTS: Final = InspectionRow.metadata.tables[InspectionRow.__tablename__]
_EVENTS: Final = EventRow.metadata.tables[EventRow.__tablename__]
_KEPT_BY: Final = {_PARTS.name: "seen_at", _EVENTS.name: "at"}
"""The time by which the plant keeps a row of a chain, and what follows from it, in its month."""
_DERIVED: Final = (*(one.table for one in DERIVED), *(one.table for one in FOLLOWING))
"""What follows from the rows of a chain, which a foreign key names."""

CARRIED: Final[Sequence[Table]] = (*_DERIVED, _PARTS, _EVENTS)
"""The tables that go to the plant, in the order in which it takes them."""


def chain_of(table: Table) -> str:
    """Of which table's rows the rows of ``table`` are, or follow from."""
    return next((key.column.table.name for key in table.foreign_keys if table in _DERIVED), table.name)


Row = RowMapping


class Heads(NamedTuple):
    """How far the two chains are: position and hash of the last row of each, 0 and zeros for none."""

    parts: int = 0
    parts_hash: str = GENESIS
    events: int = 0
    events_hash: str = GENESIS


class Batch(NamedTuple):
    """Rows that follow what the plant has."""

    tables: Mapping[str, Sequence[Row]]
    """By the table's name, in the order in which the plant takes them."""
    heads: Heads
    """How far the plant is once it has them."""

    @property
    def rows(self) -> int:
        """Rows of both chains."""
        return len(self.tables[_PARTS.name]) + len(self.tables[_EVENTS.name])


class Unsent(NamedTuple):
    """What the plant does not have yet."""

    parts: int
    events: int
    oldest: datetime | None
    """When the oldest of it was recorded; None where there is none."""


class Outbox:
    """A station's record as what is to be sent.

    Args:
        engine: From ``reports.database.connecting.open_reader``.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._checked = False

    def behind(self, heads: Heads, *, limit: int) -> Batch:
        """The rows behind ``heads``, in one short transaction.

        Events come once the rows of the inspections have that they stand behind.

        Args:
            heads: How far the plant is.
            limit: Rows of each chain at most.

        Raises:
            StoreError: The record cannot be read, or is not of this Passgate.
        """
        with self._reading() as connection:
            self._refuse_other_version(connection)
            parts = _rows(connection, _PARTS, behind=heads.parts, limit=limit)
            if parts:
                heads = heads._replace(parts=parts[-1]["position"], parts_hash=parts[-1]["row_hash"])
            events = _rows(connection, _EVENTS, behind=heads.events, limit=limit)
            events = [row for row in events if row["after"] <= heads.parts]
            if events:
                heads = heads._replace(events=events[-1]["position"], events_hash=events[-1]["row_hash"])
            chains = {_PARTS.name: parts, _EVENTS.name: events}
            derived = {table.name: _derived(connection, table, chains) for table in _DERIVED}
        return Batch(derived | chains, heads)

    def hash_at(self, chain: str, position: int) -> str | None:
        """``row_hash`` of a row; of position 0 the zeros before the first, None where there is none."""
        if position == 0:
            return GENESIS
        table = _table(chain)
        with self._reading() as connection:
            found: str | None = connection.scalar(
                select(table.c.row_hash).where(table.c.position == position)
            )
        return found

    def record_at(self, chain: str, position: int) -> str:
        """A row's JSON; empty where there is none."""
        table = _table(chain)
        with self._reading() as connection:
            return connection.scalar(select(table.c.record).where(table.c.position == position)) or ""

    def length(self, chain: str) -> int:
        """Position of the last row; 0 for none."""
        with self._reading() as connection:
            return connection.scalar(select(func.max(_table(chain).c.position))) or 0

    def unsent(self, parts: int, events: int) -> Unsent:
        """What lies behind these positions."""
        with self._reading() as connection:
            ends = [connection.scalar(select(func.max(table.c.position))) or 0 for table in (_PARTS, _EVENTS)]
            oldest = [
                connection.scalar(select(column).where(table.c.position == position + 1))
                for table, column, position in (
                    (_PARTS, _PARTS.c.recorded_at, parts),
                    (_EVENTS, _EVENTS.c.at, events),
                )
            ]
        known = [moment for moment in oldest if moment is not None]
        return Unsent(max(ends[0] - parts, 0), max(ends[1] - events, 0), min(known, default=None))

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """One short transaction. Raises StoreError."""
        try:
            with self._engine.connect() as connection:
                yield connection
        except (SQLAlchemyError, *UNREADABLE_VALUE) as error:
            raise unreadable(self._engine, error) from error

    def _refuse_other_version(self, connection: Connection) -> None:
        if self._checked:
            return
        try:
            self._checked = is_up_to_date(connection)
        except CommandError:
            self._checked = False
        if not self._checked:
            raise StoreError(
                "The station's record is not of this version of Passgate",
                part="Nothing is sent; what is not at the plant yet waits in the record",
                todo="start the station's engine with this version once, or run its own version here",
            )


def _table(chain: str) -> Table:
    return {_PARTS.name: _PARTS, _EVENTS.name: _EVENTS}[chain]


def _rows(connection: Connection, table: Table, *, behind: int, limit: int) -> Sequence[Row]:
    position = table.c.position
    query = select(table).where(position > behind).order_by(position).limit(limit)
    return connection.execute(query).mappings().all()


def _derived(connection: Connection, table: Table, chains: Mapping[str, Sequence[Row]]) -> Sequence[Row]:
    """What follows from the rows of a chain, each with the time by which the plant keeps it."""
    (origin,) = (key.column.table for key in table.foreign_keys)
    rows = chains[origin.name]
    if not rows:
        return ()
    query = (
        select(table, origin.c[_KEPT_BY[origin.name]])
        .join(origin, origin.c.position == table.c.position)
        .where(table.c.position.between(rows[0]["position"], rows[-1]["position"]))
        .order_by(*table.primary_key)
    )
    return connection.execute(query).mappings().all()
