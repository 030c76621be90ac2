"""What is read out of the record for a shift, and what is said where it cannot be."""

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from inspection.errors import StoreError
from reports.database.connecting import open_reader
from reports.settings import StoreSettings
from reports.shift.figures import shift_summary
from reports.shift.query import shift_inspections
from reports.store.store import SqlStore
from tests.reports.parts import START
from tests.reports.shift.the_shift import END


def test_a_record_that_cannot_be_read_is_named_and_what_to_do_is_said(tmp_path: Path) -> None:
    path = tmp_path / "here" / "inspections.db"
    path.parent.mkdir()
    path.write_bytes(b"no database at all" * 100)
    engine = open_reader(f"sqlite:///{path}")
    with pytest.raises(StoreError) as raised:
        shift_summary(engine, start=START, end=END)
    engine.dispose()
    assert str(path) in raised.value.what
    assert "file is not a database" in raised.value.what
    assert "restore its backup" in raised.value.todo


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        (END, START, "not before its end"),
        (START, START, "not before its end"),
        (START.replace(tzinfo=None), END, "lack a time zone"),
    ],
)
def test_times_that_make_no_sense(reader: Engine, start: datetime, end: datetime, message: str) -> None:
    with pytest.raises(StoreError, match=message):
        shift_summary(reader, start=start, end=end)
    with pytest.raises(StoreError, match=message):
        shift_inspections(reader, start=start, end=end)


def test_a_time_that_is_none_is_said_not_thrown(
    shift: SqlStore, reader: Engine, settings: StoreSettings
) -> None:
    shift.close()
    with sqlite3.connect(settings.folder / "inspections.db") as database:
        database.execute("DROP TRIGGER inspections_no_update")
        database.execute("UPDATE inspections SET seen_at = '2026-03-02 07:xx'")
    for report in (shift_summary, shift_inspections):
        with pytest.raises(StoreError, match="cannot be read"):
            report(reader, start=START - timedelta(days=365), end=END + timedelta(days=365))
