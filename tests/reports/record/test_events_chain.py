"""What people and the station did: durable, in order, never rewritten, known without the database."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from inspection.errors import RecordRefusedError, StoreError
from inspection.events import Event, EventKind
from reports.audit.verification import verify_record
from reports.database.connecting import open_reader
from reports.record.chain import ChainReport
from reports.record.entry import EventEntry, PartEntry, entry_of
from reports.record.events_chain import event_entry, event_json, verify_events
from reports.record.schema import EventRow
from reports.settings import StoreSettings
from reports.store.journal import RECENT_EVENTS
from reports.store.spool import FILE_NAME, read_spool
from reports.store.store import SqlStore
from tests.reports.parts import START, closed, part
from tests.reports.postgresql import on_both
from tests.reports.stores import (
    NOT_LET_THROUGH,
    HandClock,
    OpenStore,
    differs,
    disarm,
    execute_all,
    locked,
    outside,
    refused_by,
    tamper,
)

ORDERS = frozenset({EventKind.HOLD, EventKind.START})
MADE_BY_THE_STORE = 1
"""RECORD_BEGAN, which every record begins with."""


def event(
    kind: EventKind = EventKind.HOLD, *, by: str = "Ann", at: datetime = START, **other: object
) -> Event:
    return Event.model_validate({"at": at, "kind": kind, "by": by, **other})


def on_record(settings: StoreSettings) -> list[Event]:
    reader = open_reader(settings.url)
    with reader.connect() as connection:
        assert verify_events(connection).intact
        records = connection.exec_driver_sql("SELECT record FROM events ORDER BY position").scalars().all()
    reader.dispose()
    return [Event.model_validate_json(record) for record in records[MADE_BY_THE_STORE:]]


def test_what_was_noted_is_told_and_survives_reopening(store: SqlStore, open_store: OpenStore) -> None:
    assert store.last_event(ORDERS) is None
    (began,) = store.recent_events(10)
    assert (began.kind, began.by, began.detail) == (EventKind.RECORD_BEGAN, "store", "a new record")
    hold, started = event(), event(EventKind.ENGINE_STARTED, by="engine", detail="version 1")
    store.note(hold)
    store.note(started)
    for _ in range(2):
        assert store.last_event(ORDERS) == hold
        assert store.last_event(frozenset({EventKind.ENGINE_STARTED})) == started
        assert store.recent_events(10) == [started, hold, began]
        assert store.recent_events(1) == [started]
        store.close()
        store = open_store()


def test_the_order_is_that_of_noting_whatever_the_clock_says(
    store: SqlStore, settings: StoreSettings, open_store: OpenStore
) -> None:
    """Set back between two orders, and the same order in the same microsecond again: none is dropped."""
    later = event(EventKind.HOLD, at=START + timedelta(hours=1))
    orders = [later, event(EventKind.START), later, event(EventKind.START)]
    for order in orders:
        store.note(order)
    store.close()
    assert open_store().last_event(ORDERS) == event(EventKind.START)
    assert on_record(settings) == orders


@on_both
def test_accounted_what_was_ordered_while_the_database_is_away_counts_at_once_and_comes_on_record_in_order(
    store: SqlStore, settings: StoreSettings, open_store: OpenStore, clock: HandClock
) -> None:
    store.note(event(EventKind.START))
    with locked(settings, store):
        store.append(part(1))
        store.note(event(EventKind.HOLD, by="Bo"))
        store.append(closed(part(1)))
        assert store.last_event(ORDERS) == event(EventKind.HOLD, by="Bo")
        assert store.recent_events(2) == [event(EventKind.HOLD, by="Bo"), event(EventKind.START)]
        assert store.health().spooled == 3
    store.close()
    assert len(read_spool(settings.spool)) == 3
    store = open_store()
    assert store.last_event(ORDERS) == event(EventKind.HOLD, by="Bo")
    assert on_record(settings) == [event(EventKind.START), event(EventKind.HOLD, by="Bo")]
    with store._way.database.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT after FROM events").scalars().all() == [0, 0, 1]


def test_exactly_once_after_a_crash_between_commit_and_emptying(
    store: SqlStore, settings: StoreSettings, open_store: OpenStore
) -> None:
    with locked(settings, store):
        store.note(event())
        store.append(part(1))
        store.note(event())
    spool = (settings.spool / FILE_NAME).read_bytes()
    store.close()
    for _ in range(2):
        (settings.spool / FILE_NAME).write_bytes(spool)
        open_store().close()
    assert on_record(settings) == [event(), event()]


def test_default_reject_an_event_that_neither_takes_is_refused(
    store: SqlStore, settings: StoreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: int) -> None:
        raise OSError("input/output error")

    with locked(settings, store), monkeypatch.context() as patch:
        patch.setattr("reports.store.spool.os.fsync", broken)
        with pytest.raises(StoreError, match="input/output error"):
            store.note(event())
        assert store.last_event(ORDERS) is None
        assert store.health().full


def test_a_time_without_zone_is_refused_for_good(store: SqlStore) -> None:
    with pytest.raises(RecordRefusedError, match="time zone"):
        store.note(event(at=datetime(2026, 1, 1)))
    assert not store.health().degraded


def test_what_is_at_hand_is_bounded(store: SqlStore, open_store: OpenStore) -> None:
    for number in range(RECENT_EVENTS + 5):
        store.note(event(detail=str(number)))
    for _ in range(2):
        assert len(store.recent_events(10**6)) == RECENT_EVENTS
        assert store.recent_events(1) == [event(detail=str(RECENT_EVENTS + 4))]
        assert store.last_event(frozenset({EventKind.RECORD_BEGAN})) is not None
        store.close()
        store = open_store()


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
events = st.builds(
    lambda kind, by, detail, subjects, hours: event(
        kind, by=by or "x", detail=detail, subjects=subjects, at=START + timedelta(hours=hours)
    ),
    st.sampled_from(EventKind),
    texts,
    texts,
    st.lists(texts, max_size=3).map(tuple),
    st.integers(-12, 12),
)


@given(events)
def test_an_event_reads_back_from_the_record_and_from_the_spool(noted: Event) -> None:
    made = event_entry(noted)
    assert Event.model_validate_json(made.record) == noted
    assert entry_of(made.line()) == made
    assert "\n" not in made.line()
    assert event_json(Event.model_validate_json(made.record)) == made.record


def test_a_part_and_an_event_are_told_apart_in_the_spool() -> None:
    assert isinstance(entry_of(event_entry(event()).line()), EventEntry)
    assert isinstance(entry_of(part(1).model_dump_json()), PartEntry)
    for bad in ('{"event":{}}', '{"event":{},"event_id":"x"}', "[]", '{"event":'):
        with pytest.raises(ValueError):  # noqa: PT011  (whatever pydantic or json say)
            entry_of(bad)


# --- never rewritten --------------------------------------------------------------------------------------


@on_both
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET kind = 'start'",
        "DELETE FROM events",
        "REPLACE INTO events SELECT * FROM events WHERE position = 1",
        "INSERT INTO events SELECT position + 5, 'x', \"after\", at, kind, by, detail, subjects, record,"
        " row_hash, 'x' FROM events WHERE position = 1",
        "INSERT INTO events SELECT 2, 'x', \"after\", at, kind, by, detail, subjects, record, 'x', 'x'"
        " FROM events",
    ],
)
def test_never_rewritten_the_database_itself_refuses(
    store: SqlStore, settings: StoreSettings, statement: str
) -> None:
    refused_by(settings, statement)


ROWS = 6


@pytest.fixture(scope="module")
def journal(lasting_settings: StoreSettings) -> Iterator[Connection]:
    """Six events among three parts, whose triggers were removed by somebody with means."""
    store = SqlStore(lasting_settings)
    store.open()
    for number in range(1, ROWS):
        store.append(part(number))
        store.note(event(EventKind.HOLD if number % 2 else EventKind.START, detail=str(number)))
    store.close()
    with outside(lasting_settings) as connection:
        disarm(connection)
        connection.commit()
        yield connection


def check(journal: Connection, *statements: str) -> ChainReport:
    """What verification says after ``statements``, which are then undone."""
    try:
        execute_all(journal, statements)
        return verify_events(journal)
    finally:
        journal.rollback()


def test_untouched_events_are_intact(journal: Connection) -> None:
    report = check(journal)
    assert (report.intact, report.rows, report.broken_at) == (True, ROWS, None)


COLUMNS = [column.name for column in EventRow.__table__.columns if column.name != "position"]
VALUES = ("'tampered'", "NULL", "0", "1", "7", "-1", "x'00ff'", "'2026-01-01 00:00:00'", "'start'")


@given(column=st.sampled_from(COLUMNS), value=st.sampled_from(VALUES), row=st.integers(1, ROWS))
@hypothesis_settings(max_examples=120)
def test_never_rewritten_any_changed_value_is_found(
    journal: Connection, column: str, value: str, row: int
) -> None:
    where = f"WHERE position = {row} AND {differs(journal, column, value, EventRow)}"
    try:
        changes = journal.scalar(text(f"SELECT count(*) FROM events {where}"))
        journal.rollback()
        report = check(journal, f"UPDATE events SET {column} = {value} {where}")
    except NOT_LET_THROUGH:
        journal.rollback()
        return
    assert report.broken_at == (row if changes else None)


@pytest.mark.parametrize("moment", ["infinity", "2026-03-02 06:00:00 BC"])
def test_never_rewritten_a_time_that_python_does_not_have_is_a_break_at_its_event(
    journal: Connection, moment: str
) -> None:
    report = check(journal, f"UPDATE events SET at = '{moment}' WHERE position = 3")
    assert (report.broken_at, report.reason) == (3, "a column cannot be read")


@given(rows=st.sets(st.integers(1, ROWS), min_size=1, max_size=ROWS))
@hypothesis_settings(max_examples=30)
def test_never_rewritten_deleted_events_are_found(journal: Connection, rows: set[int]) -> None:
    report = check(journal, f"DELETE FROM events WHERE position IN ({', '.join(map(str, rows))})")
    if journal.dialect.name == "postgresql" and min(rows) > ROWS - len(rows) > 0:
        return  # the newest: PostgreSQL does not remember how many there were
    assert report.broken_at is not None
    assert report.broken_at <= max(rows)


def test_never_rewritten_an_event_witnesses_the_parts_before_it(journal: Connection) -> None:
    """Newest parts removed together with the database's own counter: the chain of the parts cannot tell."""
    report = check(
        journal,
        "DELETE FROM inspections WHERE position > 3",
        "UPDATE sqlite_sequence SET seq = 3 WHERE name = 'inspections'",
    )
    assert report.broken_at == 5
    assert "rows are gone" in report.reason


@on_both
def test_the_time_is_kept_in_utc(store: SqlStore, settings: StoreSettings) -> None:
    store.note(event(at=START.astimezone(UTC)))
    with outside(settings) as connection:
        at = connection.scalar(text("SELECT at FROM events WHERE kind = 'hold'"))
    assert at == "2026-03-02 06:00:00.000000" if isinstance(at, str) else at == START


@on_both
@pytest.mark.parametrize(
    "tampering",
    [
        (
            "DROP TABLE users",
            "DROP TABLE signatures",
            "DROP TABLE shifts",
            "DROP VIEW alarms",
            "DROP TABLE alarm_changes",
            "DROP TABLE reviews",
            "DROP TABLE events",
        ),
        ("DELETE FROM events",),
        ("DELETE FROM events", "DELETE FROM sqlite_sequence WHERE name = 'events'"),
    ],
    ids=["the table", "its rows", "its rows and their count"],
)
def test_events_that_are_gone_altogether_are_a_break(
    store: SqlStore, settings: StoreSettings, tampering: tuple[str, ...]
) -> None:
    store.append(part(1))
    store.close()
    tamper(settings, *tampering)
    report = verify_record(settings, pictures=True)
    assert not report.intact
    assert not report.pictures_checked
    assert "gone" in report.reason


@on_both
def test_a_record_with_an_event_that_is_none_is_not_opened_and_the_reason_is_said(
    store: SqlStore, settings: StoreSettings, open_store: OpenStore
) -> None:
    store.close()
    tamper(settings, "UPDATE events SET record = 'garbage'")
    with pytest.raises(StoreError, match="cannot be opened"):
        open_store()
