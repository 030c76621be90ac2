"""A store in a temporary folder, by a clock that moves by hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from reports.database.connecting import open_reader
from reports.settings import StoreSettings
from reports.store.store import SqlStore
from tests.reports.stores import HandClock, OpenStore


@pytest.fixture
def settings(tmp_path: Path) -> StoreSettings:
    return StoreSettings(folder=tmp_path / "record", busy_timeout_ms=0)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def open_store(settings: StoreSettings, clock: HandClock) -> Iterator[OpenStore]:
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
def store(open_store: OpenStore) -> SqlStore:
    return open_store()


@pytest.fixture
def reader(store: SqlStore, settings: StoreSettings) -> Iterator[Engine]:
    """Reads the database of ``store`` as another process would."""
    engine = open_reader(settings.url)
    yield engine
    engine.dispose()
