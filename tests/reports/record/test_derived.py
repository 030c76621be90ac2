"""What follows from a revision lies in rows beside it: as the record says, and never rewritten."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from inspection.decision import Action, GaugeReading
from inspection.instruments.reading import InstrumentKind
from reports.settings import StoreSettings
from reports.store.store import SqlStore
from tests.reports.gauged import gauged, pressure
from tests.reports.parts import closed, part
from tests.reports.postgresql import on_both
from tests.reports.stores import outside, refused_by, tamper, verify

CODE = GaugeReading(name="id", kind=InstrumentKind.CODE, value=None, unit="", in_range=True, text="SN0042")


TABLES = ("gauge_readings", "defects", "looks")


@pytest.fixture
def written(store: SqlStore, settings: StoreSettings) -> StoreSettings:
    """Two parts with two gauges each, one without, one with a defect; the first has its outcome."""
    first = gauged(1, pressure(4.25), CODE, serial="SN0042", lot="L7")
    for record in (
        first,
        gauged(2, pressure(None), CODE),
        part(3),
        closed(first),
        part(4, action=Action.REWORK),
    ):
        store.append(record)
    return settings


def asked(settings: StoreSettings, query: str) -> list[tuple[object, ...]]:
    with outside(settings) as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


@on_both
def test_each_revision_has_its_readings_with_their_uncertainty_and_the_limits_that_held(
    written: StoreSettings, reader: Engine
) -> None:
    rows = asked(written, "SELECT * FROM gauge_readings ORDER BY position, place")
    dial = (0, "pressure", "dial", 4.25, 0.04, "bar", 3.0, 5.0, None, "", True)
    code = (1, "id", "code", None, None, "", None, None, None, "SN0042", True)
    unread = (0, "pressure", "dial", None, None, "bar", 3.0, 5.0, "glare", "", False)
    assert rows == [(1, *dial), (1, *code), (2, *unread), (2, *code), (4, *dial), (4, *code)]
    names = asked(written, "SELECT serial, lot FROM inspections ORDER BY position")
    assert names == [("SN0042", "L7"), (None, None), (None, None), ("SN0042", "L7"), (None, None)]
    assert verify(reader).rows == 5


@on_both
@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE gauge_readings SET value = 4.26 WHERE position = 1 AND place = 0",
        "UPDATE gauge_readings SET uncertainty = 0.01 WHERE position = 4",
        "UPDATE gauge_readings SET reason = NULL WHERE position = 2",
        "DELETE FROM gauge_readings WHERE position = 2 AND place = 1",
        "INSERT INTO gauge_readings SELECT 3, place, name, kind, value, uncertainty, unit, low, high, reason,"
        " text, in_range FROM gauge_readings WHERE position = 1",
        "UPDATE gauge_readings SET text = 'SN0043' WHERE position = 4 AND place = 1",
        "UPDATE gauge_readings SET in_range = NOT in_range WHERE position = 2 AND place = 0",
        "DROP TABLE gauge_readings",
        "UPDATE defects SET type = 'dent' WHERE position = 5",
        "UPDATE defects SET severity = 'minor' WHERE position = 5",
        "UPDATE defects SET score = 0.8 WHERE position = 5",
        "UPDATE defects SET length_mm = NULL WHERE position = 5",
        "DELETE FROM defects WHERE position = 5",
        "INSERT INTO defects SELECT 1, place, type, severity, view, length_mm, score FROM defects",
        "DROP TABLE defects",
        "UPDATE looks SET pictures = 1 WHERE position = 3",
        "UPDATE looks SET looked_at = NOT looked_at WHERE position = 1",
        "UPDATE looks SET judged_by = '0' WHERE position = 4",
        "DELETE FROM looks WHERE position = 4",
        "DROP TABLE looks",
        "UPDATE inspections SET serial = 'SN0043' WHERE position = 1",
        "UPDATE inspections SET lot = 'L8' WHERE position = 3",
    ],
)
def test_never_rewritten_what_is_changed_in_readings_or_names_is_found(
    written: StoreSettings, reader: Engine, tampering: str
) -> None:
    tamper(written, tampering)
    report = verify(reader)
    assert not report.intact
    assert "contradict" in report.reason


@on_both
@pytest.mark.parametrize(
    "statement",
    [
        *(f"UPDATE {table} SET position = 3" for table in TABLES),
        *(f"DELETE FROM {table}" for table in TABLES),
        *(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1" for table in TABLES),
    ],
)
def test_never_rewritten_the_database_itself_refuses_to_change_a_row(
    written: StoreSettings, statement: str
) -> None:
    refused_by(written, statement)


@on_both
def test_values_can_be_worked_on_in_sql(written: StoreSettings) -> None:
    """The newest revision of each part, as quality.md has it."""
    page = (Path(__file__).parents[3] / "docs" / "quality.md").read_text(encoding="utf-8")
    query = page.split("```sql\n")[1].split("```")[0]
    assert asked(written, query) == [("pressure", "bar", 1, 4.25)]


@on_both
def test_never_rewritten_removed_newest_rows_are_found_though_no_event_knows_of_them(
    written: StoreSettings, reader: Engine
) -> None:
    tables = ("gauge_readings", "defects", "looks", "inspections")
    tamper(written, *(f"DELETE FROM {table} WHERE position = 5" for table in tables))
    report = verify(reader)
    assert (report.broken_at, report.rows) == (5, 4)
    assert "the newest are gone" in report.reason


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE rows_given SET position = 1",
        "UPDATE rows_given SET name = 'other'",
        "DELETE FROM rows_given",
        "TRUNCATE rows_given",
    ],
)
def test_never_rewritten_the_count_of_the_rows_only_grows(written: StoreSettings, statement: str) -> None:
    refused_by(written, statement)
