"""The months of the plant's tables: a partition each, made ahead, and one for what no month is made for.

What comes for a month that has none is kept in the default partition, and moved when its month is made: a
backlog of years, or the rows of a station whose clock was wrong, is never refused. PostgreSQL finds what is
asked for of a month in its partition alone; a month that is to go is detached as a whole.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, text

MONTHLY: Final = {
    "inspections": "seen_at",
    "inspection_pictures": "seen_at",
    "gauge_readings": "seen_at",
    "defects": "seen_at",
    "looks": "seen_at",
    "events": "at",
    "alarm_changes": "at",
    "reviews": "at",
}
"""The partitioned tables, and by what."""

_FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Nothing was inspected before: what says so stays in the default partition, as does what is yet to come."""


def make_partitions(connection: Connection, *, now: datetime, ahead: int) -> list[str]:
    """Make the partitions of this month, of ``ahead`` more, and of those that the default ones hold rows of.

    Args:
        connection: The owner's, in a transaction.
        now: The wall clock, with time zone.
        ahead: Months beyond this one.

    Returns:
        Names of those that were made.

    Raises:
        SQLAlchemyError: The database refuses.
    """
    made = []
    month = _month(now.astimezone(UTC))
    wanted = [month]
    for _ in range(ahead):
        wanted.append(_next(wanted[-1]))
    there = set(
        connection.scalars(
            text("SELECT relname FROM pg_class WHERE relnamespace = 'plant'::regnamespace")
        ).all()
    )
    for table, key in MONTHLY.items():
        waiting = set(_waiting(connection, table, key, until=_next(wanted[-1])))
        for month in sorted({*wanted, *waiting}):
            name = f"{table}_{month:%Y_%m}"
            if name not in there:
                _make(connection, table, key, name, month, moves=month in waiting)
                made.append(name)
    return made


def rows_without_month(connection: Connection) -> int:
    """Rows in the default partitions. Raises SQLAlchemyError."""
    return sum(
        connection.scalar(text(f"SELECT count(*) FROM plant.{table}_default")) or 0  # noqa: S608  (our names)
        for table in MONTHLY
    )


def _waiting(connection: Connection, table: str, key: str, *, until: datetime) -> Iterator[datetime]:
    """Months of which the default partition holds rows."""
    query = text(
        f"SELECT DISTINCT date_trunc('month', {key}, 'UTC') FROM plant.{table}_default"  # noqa: S608
        f" WHERE {key} >= :first AND {key} < :until"
    )
    for month in connection.scalars(query, {"first": _FIRST, "until": until}):
        yield month.astimezone(UTC)


def _make(connection: Connection, table: str, key: str, name: str, month: datetime, *, moves: bool) -> None:
    begin, end = month.isoformat(), _next(month).isoformat()
    made = f"CREATE TABLE plant.{name} PARTITION OF plant.{table} FOR VALUES FROM ('{begin}') TO ('{end}')"
    if not moves:
        connection.execute(text(made.replace(":", r"\:")))
        return
    default = f"plant.{table}_default"
    connection.execute(text(f"ALTER TABLE plant.{table} DETACH PARTITION {default}"))
    connection.execute(text(made.replace(":", r"\:")))
    connection.execute(
        text(
            f"WITH moved AS (DELETE FROM {default} WHERE {key} >= :begin AND {key} < :end RETURNING *)"  # noqa: S608
            f" INSERT INTO plant.{name} SELECT * FROM moved"
        ),
        {"begin": month, "end": _next(month)},
    )
    connection.execute(text(f"ALTER TABLE plant.{table} ATTACH PARTITION {default} DEFAULT"))


def _month(moment: datetime) -> datetime:
    return moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _next(month: datetime) -> datetime:
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
