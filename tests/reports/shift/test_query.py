"""What is read out of the record for a shift, and what is said where it cannot be."""

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from inspection.errors import StoreError
from reports.database.connecting import open_reader
from reports.settings import StoreSettings
from reports.shift.document.kinds import Kind
from reports.shift.figures import shift_summary
from reports.shift.files import Asked, report_files
from reports.shift.query import all_inspections, shift_inspections
from reports.store.store import SqlStore
from tests.reports.parts import START
from tests.reports.shift.the_shift import END
from tests.reports.stores import tamper


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


def test_a_damaged_record_keeps_no_report_of_the_others_from_being_made(
    shift: SqlStore, reader: Engine, settings: StoreSettings
) -> None:
    """It says that the record is broken, and where; who wants all parts is told that one cannot be read."""
    tamper(settings, "UPDATE inspections SET record = '{\"decision\": nonsense' WHERE part_id = 1003")
    asked = Asked(start=START, end=END, kinds=(Kind.CSV, Kind.DFQ, Kind.JSON))
    made = report_files(reader, asked, now=END)
    assert not made.summary.final
    assert "THE RECORD IS BROKEN" in made.summary.statement
    csv = next(data for name, data in made.files.items() if name.endswith(".csv")).decode()
    assert [f",{1000 + number}," in csv for number in range(1, 8)] == [True, True, False, *[True] * 4]
    with pytest.raises(StoreError, match=r"the record at row .* is damaged"):
        all_inspections(settings, start=START, end=END)
