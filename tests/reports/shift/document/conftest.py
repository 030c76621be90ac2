"""The record and the report of the made-up shift, made once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from reports.database.connecting import open_reader
from reports.settings import StoreSettings
from reports.shift.document.report import ShiftReport, shift_report
from reports.store.store import SqlStore
from tests.reports.parts import START
from tests.reports.shift.document.made_up import fill, fill_with_reviews
from tests.reports.shift.the_shift import END


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the made-up shift is on record."""
    settings = StoreSettings(folder=tmp_path_factory.mktemp("made_up") / "record")
    store = SqlStore(settings)
    store.open()
    fill(store)
    fill_with_reviews(store)
    store.close()
    return settings.folder


@pytest.fixture(scope="session")
def made_up(folder: Path) -> Iterator[Engine]:
    """Reads it."""
    engine = open_reader(StoreSettings(folder=folder).url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def report(made_up: Engine) -> ShiftReport:
    return shift_report(made_up, start=START, end=END, station="Line 3")


@pytest.fixture
def idle(store: SqlStore, reader: Engine) -> ShiftReport:
    """Of a shift in which no part came."""
    return shift_report(reader, start=START, end=END)
