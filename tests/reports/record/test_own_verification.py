"""Figures in a hurry take what the station has verified as it was found, say so, and hash the rest."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from inspection.errors import StoreError
from inspection.events import Event, EventKind
from reports.audit.verification import verify_record
from reports.database.connecting import open_reader
from reports.record import own_verification
from reports.settings import StoreSettings
from reports.shift.document.report import shift_report
from reports.shift.figures import ShiftSummary, shift_summary
from reports.store.store import SqlStore
from tests.reports.parts import START, closed, part
from tests.reports.postgresql import on_both
from tests.reports.shift.the_shift import END
from tests.reports.stores import OpenStore, locked, tamper

NOTED = EventKind.RECORD_VERIFIED


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_verification, "STEP_ROWS", 2)
    monkeypatch.setattr(own_verification, "NOTED_ROWS", 4)


def noted(store: SqlStore) -> Event | None:
    return store.last_event(frozenset({NOTED}))


def written(store: SqlStore, parts: int) -> None:
    for number in range(1, parts + 1):
        store.append(part(number))
    for number in range(1, parts + 1):
        store.append(closed(part(number)))


@pytest.fixture
def verified(store: SqlStore) -> SqlStore:
    """Ten rows, of which the station has verified eight."""
    written(store, 5)
    for _ in range(5):
        store.maintain()
    return store


@pytest.fixture
def told(settings: StoreSettings) -> Iterator[Engine]:
    engine = open_reader(settings.url)
    yield engine
    engine.dispose()


def hurried(engine: Engine) -> ShiftSummary:
    return shift_summary(engine, start=START, end=END, now=END, hurried=True)


def whole(engine: Engine) -> ShiftSummary:
    return shift_summary(engine, start=START, end=END, now=END)


@on_both
def test_in_idle_moments_the_station_verifies_what_it_wrote_and_notes_how_far(
    verified: SqlStore, settings: StoreSettings
) -> None:
    event = noted(verified)
    assert event is not None
    assert event.subjects[0] == "8"
    assert verify_record(settings).intact
    verified.maintain()
    assert noted(verified) == event, "nothing came since"


@on_both
def test_age_is_shown_the_figures_are_the_same_and_say_up_to_which_row_and_when(
    verified: SqlStore, told: Engine
) -> None:
    quick, slow, event = hurried(told), whole(told), noted(verified)
    assert quick.verified_before is not None
    assert event is not None
    before = quick.verified_before
    assert (before.rows, before.position, before.at, quick.chain.rows) == (8, 8, event.at, 2)
    said = f"2 rows now, 8 by the station, which had come to row 8 at {event.at:%Y-%m-%d}"
    assert said in quick.statement
    assert slow.statement == "The record is intact: 10 rows verified."
    assert slow.chain.head == quick.chain.head
    assert slow == quick.model_copy(update={"chain": slow.chain, "verified_before": None})


@on_both
def test_what_is_printed_or_signed_never_depends_on_when_the_station_verified(
    verified: SqlStore, told: Engine
) -> None:
    printed = shift_report(told, start=START, end=END, now=END)
    assert (printed.summary.chain.rows, printed.summary.verified_before) == (10, None)
    assert "verified_before" not in printed.summary.model_dump()
    kinds = [event.kind for event in printed.events]
    assert NOTED not in kinds
    verified.append(part(11))
    verified.append(closed(part(11)))
    verified.maintain()
    event = noted(verified)
    assert event is not None
    assert event.subjects[0] == "12"
    end = part(11).trigger.seen_at
    before = shift_report(told, start=START, end=end, now=END)
    assert before.summary.chain == printed.summary.chain


@on_both
@pytest.mark.parametrize(
    ("tampering", "row"),
    [
        ("DELETE FROM inspections WHERE position = 3", 3),
        ("UPDATE inspections SET outcome = 'diverted' WHERE position = 9", 9),
        ("DELETE FROM inspections WHERE position > 9", 10),
        ("UPDATE inspections SET row_hash = prev_hash WHERE position = 8", 8),
    ],
)
def test_never_rewritten_what_is_found_in_a_hurry(
    verified: SqlStore, settings: StoreSettings, told: Engine, tampering: str, row: int
) -> None:
    tables = ("defects", "looks", "gauge_readings", "inspection_pictures")
    where = tampering.partition("WHERE")[2] if tampering.startswith("DELETE") else "position < 0"
    tamper(settings, *(f"DELETE FROM {table} WHERE {where}" for table in tables), tampering)
    quick = hurried(told)
    assert not quick.final
    assert (quick.chain.broken_at, verify_record(settings).broken_at) == (row, row)


@on_both
def test_never_rewritten_what_was_changed_before_that_row_is_found_by_all_that_is_printed(
    verified: SqlStore, settings: StoreSettings, told: Engine
) -> None:
    tamper(settings, "UPDATE inspections SET outcome = 'diverted' WHERE position = 7")
    assert hurried(told).intact, "documented"
    assert "by the station" in hurried(told).statement
    assert whole(told).chain.broken_at == 7
    assert verify_record(settings).broken_at == 7


@on_both
def test_never_rewritten_an_event_that_says_of_a_row_what_it_is_not_is_a_break_and_counts_for_nothing(
    verified: SqlStore, settings: StoreSettings, told: Engine
) -> None:
    for subjects in (("9", "0" * 64), ("99", "0" * 64), ("x", "y"), ("1",)):
        verified.note(Event(at=START, kind=NOTED, by="store", subjects=subjects))
        assert hurried(told).chain.rows == 10
        report = verify_record(settings)
        assert not report.intact
        assert "says of a row that was verified what it is not" in report.reason


@on_both
def test_the_station_says_that_its_record_is_broken_and_notes_no_more(
    store: SqlStore, settings: StoreSettings
) -> None:
    written(store, 5)
    tamper(settings, "UPDATE inspections SET part_id = 7 WHERE position = 4")
    store.maintain()
    for _ in range(3):
        with pytest.raises(StoreError, match="broken at row 4"):
            store.maintain()
    assert noted(store) is None


def test_a_lock_that_another_program_holds_only_puts_it_off(store: SqlStore, settings: StoreSettings) -> None:
    written(store, 2)
    with locked(settings, store):
        store.maintain()
    assert not store.health().degraded
    for _ in range(2):
        store.maintain()
    event = noted(store)
    assert event is not None
    assert event.subjects[0] == "4"


@on_both
def test_after_a_restart_it_goes_on_where_it_was(
    verified: SqlStore, settings: StoreSettings, open_store: OpenStore
) -> None:
    verified.close()
    again = open_store(settings)
    tamper(settings, "UPDATE inspections SET part_id = 7 WHERE position = 2")
    again.maintain()
    assert again.health().degraded is False
