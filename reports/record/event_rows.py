"""The rows that follow from events, of alarms and of what people say of parts: for whoever asks in SQL.

They are written with the event, never changed, and verification compares them with it. The view ``alarms``
sums those of alarms up, one row an alarm.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Insert, Table, insert, inspect, select

from inspection.alarms.on_record import change_in
from inspection.events import Event
from inspection.reviews.on_record import review_in
from reports.record.reviews.table import ReviewRow
from reports.record.schema import AlarmRow, without_nul

Columns = dict[str, Any]


class Follows(NamedTuple):
    """One of the tables."""

    table: Table
    row_of: Callable[[Event], Columns | None]
    """Its columns, without the position, by an event alone; None where it tells of nothing here.

    Raises ValueError where it does, but not of what."""
    contradiction: str
    """What verification says where a row is not that."""
    insert: Insert


def _alarm(event: Event) -> Columns | None:
    change = change_in(event)
    if change is None:
        return None
    return {**change._asdict(), "priority": change.priority.value, "change": event.kind.value}


def _review(event: Event) -> Columns | None:
    review = review_in(event, position=1)
    if review is None:
        return None
    columns = review.model_dump(mode="json", exclude={"position", "at", "by"})
    return columns | {"type": without_nul(review.type), "reason": without_nul(review.reason)}


def _follows(
    mapped: type[AlarmRow | ReviewRow], row_of: Callable[[Event], Columns | None], contradiction: str
) -> Follows:
    # The table, not the mapped class, as for the events.
    table = mapped.metadata.tables[mapped.__tablename__]
    return Follows(table, row_of, contradiction, insert(table))


FOLLOWING: Final[Sequence[Follows]] = (
    _follows(AlarmRow, _alarm, "the row of an alarm contradicts the event"),
    _follows(ReviewRow, _review, "the row of a review contradicts the event"),
)


def add_rows(connection: Connection, position: int, event: Event) -> None:
    """Add what follows from the event that was just added at ``position``.

    Raises:
        SQLAlchemyError: The database refuses.
    """
    for one in FOLLOWING:
        if row := one.row_of(event):
            connection.execute(one.insert, {"position": position, **row})


StoredRows = Sequence[Mapping[int, Columns]]
"""For each table the rows beside some events, by position, each as ``Follows.row_of`` gives it."""


def stored_rows(connection: Connection, low: int, high: int) -> StoredRows:
    """The rows of the events from ``low`` to ``high``.

    A record that no Passgate has brought up to date lacks a table, and its events tell of nothing there.

    Raises:
        SQLAlchemyError: The database cannot be read.
    """
    return [_stored(connection, one.table, low, high) for one in FOLLOWING]


def _stored(connection: Connection, table: Table, low: int, high: int) -> dict[int, Columns]:
    if not inspect(connection).has_table(table.name):
        return {}
    query = select(table).where(table.c.position.between(low, high))
    rows = [dict(row) for row in connection.execute(query).mappings()]
    return {row.pop("position"): row for row in rows}


def contradiction(event: Event, position: int, stored: StoredRows) -> str:
    """What is wrong with the rows beside an event; empty for nothing. Raises ValueError as ``row_of``."""
    for one, rows in zip(FOLLOWING, stored, strict=True):
        if one.row_of(event) != rows.get(position):
            return one.contradiction
    return ""
