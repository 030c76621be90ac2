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
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> StoreSettings:
    """Of a record on SQLite, and where a test is marked ``on_both``, on PostgreSQL as well."""
    kind = getattr(request, "param", "sqlite")
    url = request.getfixturevalue("server").emptied() if kind == "postgresql" else None
    return StoreSettings(folder=tmp_path / "record", database_url=url, busy_timeout_ms=0)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def lasting_settings(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> StoreSettings:
    """Of a record for all tests of a file, on either kind of database."""
    url = request.getfixturevalue("server").emptied("lasting") if request.param == "postgresql" else None
    return StoreSettings(folder=tmp_path_factory.mktemp("lasting"), database_url=url)


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
