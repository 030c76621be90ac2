"""A store in a temporary folder, and a clock that moves by hand."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from reports.database.database import open_reader
from reports.settings import StoreSettings
from reports.store.store import SqlStore


class HandClock:
    """A monotonic clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.ns = 1_000

    def __call__(self) -> int:
        return self.ns

    def forward(self, seconds: float) -> None:
        self.ns += round(seconds * 1e9)


@pytest.fixture
def settings(tmp_path: Path) -> StoreSettings:
    return StoreSettings(folder=tmp_path / "record", busy_timeout_ms=0)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def open_store(
    settings: StoreSettings, clock: HandClock
) -> Iterator[Callable[[StoreSettings | None], SqlStore]]:
    """Opens stores that are closed after the test."""
    stores: list[SqlStore] = []

    def open_one(other: StoreSettings | None = None) -> SqlStore:
        store = SqlStore(other or settings, monotonic_ns=clock)
        stores.append(store)
        store.open()
        return store

    yield open_one
    for store in stores:
        store.close()


@pytest.fixture
def store(open_store: Callable[[], SqlStore]) -> SqlStore:
    return open_store()


@pytest.fixture
def reader(store: SqlStore, settings: StoreSettings) -> Iterator[Engine]:
    """Reads the database of ``store`` as another process would."""
    engine = open_reader(settings.url)
    yield engine
    engine.dispose()
