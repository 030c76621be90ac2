"""What the tests of the record ask of a store, and a clock that moves by hand."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest
from sqlalchemy import Connection, Engine, NullPool, create_engine, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError

from inspection.decision import Action
from reports.record.chain import ChainReport
from reports.record.parts_audit import verify_parts
from reports.record.schema import EventRow, InspectionRow
from reports.settings import StoreSettings
from reports.shift.query import all_inspections
from reports.store.store import SqlStore

EVER, NEVER = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


class HandClock:
    """A monotonic clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.ns = 1_000

    def __call__(self) -> int:
        return self.ns

    def forward(self, seconds: float) -> None:
        self.ns += round(seconds * 1e9)


class OpenStore(Protocol):
    """Opens stores that are closed after the test; by default the one of the test's settings."""

    def __call__(self, other: StoreSettings | None = None) -> SqlStore: ...


@contextmanager
def outside(settings: StoreSettings) -> Iterator[Connection]:
    """The database as another program has it, which writes past the store; committed at the end."""
    engine = create_engine(settings.url, poolclass=NullPool)
    with engine.connect() as connection:
        yield connection
        connection.commit()


def disarm(connection: Connection) -> None:
    """Take away what keeps the tables append-only, as somebody with means would."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET session_replication_role = replica")
        return
    for name in connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
        connection.exec_driver_sql(f"DROP TRIGGER {name}")


def execute_all(connection: Connection, statements: Iterable[str]) -> None:
    """Execute all ``statements``; those that reset SQLite's count of the rows given as PostgreSQL has it."""
    for statement in statements:
        if connection.dialect.name == "postgresql":
            statement = statement.replace("sqlite_sequence SET seq", "rows_given SET position")
            statement = statement.replace("sqlite_sequence", "rows_given")
        connection.exec_driver_sql(statement)


def tamper(settings: StoreSettings, *statements: str) -> None:
    """Change what is never changed."""
    with outside(settings) as connection:
        disarm(connection)
        execute_all(connection, statements)


NOT_LET_THROUGH = (IntegrityError, DataError, ProgrammingError)
"""What a database says where constraints or the type of a column keep a value out."""


def differs(connection: Connection, column: str, value: str, table: type[InspectionRow | EventRow]) -> str:
    """The condition that a column, or its absence, is another than what it would hold of ``value``."""
    if connection.dialect.name == "sqlite":
        return f"{column} IS NOT {value}"
    kind = table.__table__.c[column].type.compile(connection.dialect)
    return f"{column} IS DISTINCT FROM CAST({value} AS {kind})"  # it rounds 0.5 to 1 in a column of integers


FOREIGN = {"sqlite": "TRUNCATE", "postgresql": "REPLACE"}
"""A word that one database has for changing rows, and the other has not."""


def refused_by(settings: StoreSettings, *statements: str) -> None:
    """The database lets all but the last of ``statements`` through, and none beyond it."""
    with outside(settings) as connection:
        for statement in statements[:-1]:
            connection.exec_driver_sql(statement)
        known = FOREIGN[connection.dialect.name] not in statements[-1]
        with pytest.raises(DBAPIError, match="append-only|chained" if known else "syntax error"):
            connection.exec_driver_sql(statements[-1])
        connection.rollback()


@contextmanager
def locked(settings: StoreSettings, _: SqlStore | None = None) -> Iterator[None]:
    """Another program holds what a writer needs."""
    engine = create_engine(settings.url, poolclass=NullPool)
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("LOCK TABLE inspections, events IN EXCLUSIVE MODE")
        else:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield


def by_action(store: SqlStore) -> dict[Action, int]:
    """The parts on record by action, latest revisions only; those in the spool too."""
    parts = all_inspections(store._settings, start=EVER, end=NEVER)
    return dict(Counter(part.decision.action for part in parts))


def verify(engine: Engine) -> ChainReport:
    """What verification of the parts' chain says."""
    with engine.connect() as connection:
        return verify_parts(connection)


def picture_file(store: SqlStore, sha256: str) -> Path:
    """The file of a picture that the archive has."""
    path = store.picture_path(sha256)
    assert path is not None
    return path


def is_whole(path: Path) -> bool:
    """Whether a picture is there, with the bytes that named it."""
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == path.stem
