"""What the tests of the record ask of a store, and a clock that moves by hand."""

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine

from inspection.decision import Action
from reports.record.chain import ChainReport
from reports.record.parts_chain import verify_parts
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
def locked(settings: StoreSettings, _: SqlStore | None = None) -> Iterator[None]:
    """Another program holds a write transaction."""
    connection = sqlite3.connect(settings.folder / "inspections.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.close()


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
