"""The schema: up from empty, in step with the tables, and from an installed package."""

import sqlite3
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from inspection.errors import StoreError
from inspection.events import Event, EventKind
from inspection.part import Outcome
from reports.audit.verification import verify_record
from reports.database.connecting import open_reader
from reports.database.database import DatabaseUnavailableError
from reports.record.events_chain import event_entry, verify_events
from reports.record.parts_chain import part_json
from reports.record.rows import Named
from reports.record.schema import Base
from reports.settings import StoreSettings
from reports.shift.figures import ShiftSummary, shift_summary
from reports.shift.query import all_inspections
from reports.store.spool import FILE_NAME, Spool
from reports.store.store import SqlStore
from tests.reports.gauged import gauged, pressure
from tests.reports.older import WITH_EVENTS, WITH_READINGS, WITHOUT_EVENTS, old_record
from tests.reports.parts import START, closed, part
from tests.reports.postgresql import on_both
from tests.reports.stores import EVER, NEVER, OpenStore, outside, tamper, verify


@on_both
def test_up_from_empty_gives_the_tables_of_the_code(settings: StoreSettings, open_store: OpenStore) -> None:
    for _ in range(2):
        open_store().close()
    with outside(settings) as connection:
        options = {
            "compare_type": True,
            "include_name": lambda name, *_: name != "rows_given",  # PostgreSQL's only, and of no class
        }
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []
        assert set(inspect(connection).get_table_names()) == {
            "alarm_changes",
            "alembic_version",
            "defects",
            "events",
            "gauge_readings",
            "inspection_pictures",
            "inspections",
            "shifts",
            "signatures",
            "looks",
            "reviews",
            "users",
        } | ({"rows_given"} if connection.dialect.name == "postgresql" else set())


@on_both
def test_never_rewritten_an_older_record_goes_on_with_its_rows_as_they_were(
    settings: StoreSettings, open_store: OpenStore
) -> None:
    old_record(settings)

    def rows() -> list[tuple[object, ...]]:
        with outside(settings) as connection:
            return [tuple(row) for row in connection.execute(text("SELECT * FROM inspections ORDER BY 1"))]

    before = rows()
    assert len(before) == 5
    store = open_store()
    before = [(*row, None, None, None) for row in before]  # serial, lot, challenge: no hash has them in it
    assert rows() == before
    assert store.open_inspections() == [part(3)]
    (began,) = store.recent_events(10)
    assert began.kind is EventKind.RECORD_BEGAN
    assert "parts before it: 3" in began.detail
    store.append(closed(part(3), Outcome.RELEASED))
    store.append(part(4))
    assert rows()[:5] == before
    reader = open_reader(settings.url)
    assert verify(reader).rows == 7
    with reader.connect() as connection:
        assert verify_events(connection).rows == 1
        assert connection.exec_driver_sql("SELECT after FROM events").scalar() == 5
    reader.dispose()


@on_both
def test_an_older_record_can_be_verified_before_it_is_brought_up_to_date(settings: StoreSettings) -> None:
    old_record(settings)
    reader = open_reader(settings.url)
    assert verify(reader).rows == 5
    with reader.connect() as connection:
        assert verify_events(connection).rows == 0
    reader.dispose()


@on_both
@pytest.mark.parametrize("old", [WITHOUT_EVENTS, WITH_EVENTS], ids=["0001", "0002"])
def test_no_reading_and_no_name_is_found_in_an_older_record_before_and_after_its_upgrade(
    settings: StoreSettings, open_store: OpenStore, old: Path
) -> None:
    old_record(settings, old)
    before = verify_record(settings)
    assert before.intact, before.reason
    named = Named(serial="SN0001")
    assert all_inspections(settings, start=EVER, end=NEVER, named=named) == []
    store = open_store()
    after = verify_record(settings)
    assert (after.intact, after.rows, after.head) == (True, before.rows, before.head)
    store.append(gauged(9, pressure(4.25), serial="SN0001"))
    (found,) = all_inspections(settings, start=EVER, end=NEVER, named=named)
    assert found.decision.gauges == (pressure(4.25),)
    assert verify_record(settings).rows == before.rows + 1


@on_both
def test_what_follows_from_the_records_of_an_older_one_is_filled_in_and_gives_the_same_figures(
    settings: StoreSettings, open_store: OpenStore
) -> None:
    old_record(settings, WITH_READINGS)

    def told() -> ShiftSummary:
        reader = open_reader(settings.url)
        try:
            return shift_summary(reader, start=START, end=START + timedelta(hours=8))
        finally:
            reader.dispose()

    before, by_json = verify_record(settings), told()
    assert before.intact, before.reason
    store = open_store()
    after = verify_record(settings)
    assert (after.intact, after.head, after.rows) == (True, before.head, 5), after.reason
    assert told() == by_json
    assert [row.name for row in by_json.defects] == ["dent", "划痕"]
    assert [gauge.read for gauge in by_json.gauges] == [1, 1, 1]
    with outside(settings) as connection:
        rows = connection.exec_driver_sql(
            "SELECT position, type, severity FROM defects WHERE position <> 3 ORDER BY 1, place"
        )
        expected = [(at, *said) for at in (2, 5) for said in (("划痕", "major"), ("dent", "critical"))]
        assert [tuple(row) for row in rows] == expected
    store.append(part(9))
    assert verify_record(settings).rows == 6


def test_a_damaged_row_of_an_older_record_is_no_reason_not_to_start(
    settings: StoreSettings, open_store: OpenStore
) -> None:
    old_record(settings, WITH_READINGS)
    damage = {
        1: "'{'",
        2: "'[]'",
        3: 'replace(record, \'"defects":[]\', \'"defects":[{"type":7}]\')',
        4: "replace(record, 'SN0042', '\\ud800')",
        5: "replace(record, '\"major\"', '{}')",
    }
    tamper(
        settings,
        *(f"UPDATE inspections SET record = {to} WHERE position = {at}" for at, to in damage.items()),
    )
    assert verify_record(settings).broken_at == 1
    with suppress(StoreError):  # no older Passgate could load it either
        open_store()
    assert verify_record(settings).broken_at == 1
    with outside(settings) as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == "0008"


def test_a_part_without_gauges_and_name_is_recorded_in_the_very_bytes_of_before(
    settings: StoreSettings,
) -> None:
    old_record(settings, WITH_EVENTS)
    with outside(settings) as connection:
        written = connection.scalar(text("SELECT record FROM inspections WHERE position = 3"))
    assert part_json(part(2)) == written


@on_both
def test_never_rewritten_an_upgrade_that_is_cut_off_anywhere_leaves_the_older_record_and_no_alarm(
    settings: StoreSettings, open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed, or kept out, between the table of the events and the first of them."""
    old_record(settings)
    with monkeypatch.context() as patch:

        def killed(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        patch.setattr("reports.record.events_chain.event_entry", killed)
        patch.setattr("reports.store.store.event_entry", killed)
        with pytest.raises(KeyboardInterrupt):
            open_store()
    report = verify_record(settings)
    assert (report.intact, report.rows, report.events.rows) == (True, 5, 0), report.reason
    open_store().close()
    report = verify_record(settings)
    assert (report.intact, report.events.rows, report.spool.waiting) == (True, 1, 0), report.reason


@on_both
def test_never_rewritten_the_first_event_comes_with_its_table_and_never_waits_in_the_spool(
    settings: StoreSettings, open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_record(settings)
    with monkeypatch.context() as patch:

        def locked(*_: object) -> int:
            raise DatabaseUnavailableError("database is locked")

        patch.setattr("reports.database.database.Database.append", locked)
        assert not open_store().health().spooled
    report = verify_record(settings)
    assert (report.intact, report.events.rows) == (True, 1), report.reason


def test_a_first_event_that_an_earlier_build_left_in_the_spool_is_no_break(
    settings: StoreSettings, open_store: OpenStore
) -> None:
    old_record(settings)
    open_store().close()
    began = Event(at=START, kind=EventKind.RECORD_BEGAN, by="store", detail="parts before it: 3")
    for waits, spooled in ((True, began), (False, began.model_copy(update={"kind": EventKind.HOLD}))):
        tamper(settings, "DELETE FROM events", "DELETE FROM sqlite_sequence WHERE name = 'events'")
        (settings.spool / FILE_NAME).unlink()
        spool = Spool(settings.spool, limit_bytes=1 << 20)
        spool.append(event_entry(spooled))
        spool.close()
        assert verify_record(settings).intact == waits


def test_durable_and_the_highest_row_is_remembered(store: SqlStore, settings: StoreSettings) -> None:
    store.append(part(1))
    with store._way.database.engine.connect() as connection:
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas]
    assert found == ["wal", 2, 1, settings.busy_timeout_ms]
    other = sqlite3.connect(settings.folder / "inspections.db")
    assert other.execute("SELECT seq FROM sqlite_sequence WHERE name = 'inspections'").fetchall() == [(1,)]
    other.close()


@on_both
def test_a_database_of_a_newer_passgate_is_refused_untouched(
    store: SqlStore, settings: StoreSettings, open_store: OpenStore
) -> None:
    store.append(part(1))
    store.close()
    tamper(settings, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="9999"):
        open_store()
