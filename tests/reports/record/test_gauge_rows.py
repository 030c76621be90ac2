"""What gauges read lies in rows of its own: as the record says, in every revision, and never rewritten."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from inspection.decision import GaugeReading
from inspection.instruments.reading import InstrumentKind
from reports.settings import StoreSettings
from reports.store.store import SqlStore
from tests.reports.gauged import gauged, pressure
from tests.reports.parts import closed, part
from tests.reports.postgresql import on_both
from tests.reports.stores import outside, refused_by, tamper, verify

CODE = GaugeReading(name="id", kind=InstrumentKind.CODE, value=None, unit="", in_range=True, text="SN0042")


@pytest.fixture
def written(store: SqlStore, settings: StoreSettings) -> StoreSettings:
    """Two parts with two gauges each, and one without; the first has its outcome."""
    first = gauged(1, pressure(4.25), CODE, serial="SN0042", lot="L7")
    for record in (first, gauged(2, pressure(None), CODE), part(3), closed(first)):
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
    dial = (0, "pressure", "dial", 4.25, 0.04, "bar", 3.0, 5.0, None)
    code = (1, "id", "code", None, None, "", None, None, None)
    unread = (0, "pressure", "dial", None, None, "bar", 3.0, 5.0, "glare")
    assert rows == [(1, *dial), (1, *code), (2, *unread), (2, *code), (4, *dial), (4, *code)]
    names = asked(written, "SELECT serial, lot FROM inspections ORDER BY position")
    assert names == [("SN0042", "L7"), (None, None), (None, None), ("SN0042", "L7")]
    assert verify(reader).rows == 4


@on_both
@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE gauge_readings SET value = 4.26 WHERE position = 1 AND place = 0",
        "UPDATE gauge_readings SET uncertainty = 0.01 WHERE position = 4",
        "UPDATE gauge_readings SET reason = NULL WHERE position = 2",
        "DELETE FROM gauge_readings WHERE position = 2 AND place = 1",
        "INSERT INTO gauge_readings SELECT 3, place, name, kind, value, uncertainty, unit, low, high, reason"
        " FROM gauge_readings WHERE position = 1",
        "DROP TABLE gauge_readings",
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
        "UPDATE gauge_readings SET value = 4.0",
        "DELETE FROM gauge_readings",
        "INSERT OR REPLACE INTO gauge_readings SELECT * FROM gauge_readings LIMIT 1",
    ],
)
def test_never_rewritten_the_database_itself_refuses_to_change_a_reading(
    written: StoreSettings, statement: str
) -> None:
    refused_by(written, statement)


@on_both
def test_values_can_be_worked_on_in_sql(written: StoreSettings) -> None:
    """The newest revision of each part, as quality.md has it."""
    page = (Path(__file__).parents[3] / "docs" / "quality.md").read_text(encoding="utf-8")
    query = page.split("```sql\n")[1].split("```")[0]
    assert asked(written, query) == [("pressure", "bar", 1, 4.25)]
