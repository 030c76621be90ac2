"""The figures of a shift."""

import csv
import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from sqlalchemy import Engine

from inspection.decision import Action
from inspection.events import Event, EventKind
from inspection.part import Inspection, MissedCause, Outcome
from inspection.status import Percentiles, percentile
from inspection.times.shifts import Shift
from reports.audit.pictures_kept import count_not_kept_on_record
from reports.record.chain import words_of_head
from reports.record.entry import PartEntry
from reports.record.parts_chain import part_json
from reports.settings import StoreSettings
from reports.shift.as_csv import to_csv
from reports.shift.as_table import to_table
from reports.shift.figures import ShiftSummary, shift_summary
from reports.shift.query import shift_inspections
from reports.statistics.proportions import Interval, proportion
from reports.store.parts_waiting import with_waiting
from reports.store.spool import FILE_NAME
from reports.store.store import SqlStore
from reports.store.waiting import Waiting, read_waiting
from tests.reports.parts import START, closed, part
from tests.reports.postgresql import on_both
from tests.reports.shift.the_shift import END, HELD
from tests.reports.stores import locked, tamper


@on_both
def test_the_figures(summary: ShiftSummary) -> None:
    assert summary.parts == 7
    assert summary.by_action == {Action.PASS: 2, Action.REWORK: 1, Action.MANUAL_REVIEW: 1}
    assert (summary.not_as_decided, summary.pending) == (2, 1)  # withheld, and lost; still open
    assert summary.by_outcome == {
        Outcome.RELEASED: 3,
        Outcome.DIVERTED: 1,
        Outcome.DEFAULT_REJECTED: 1,
        Outcome.UNCONFIRMED: 1,
    }
    assert summary.missed == {MissedCause.GAP: 1}
    assert (summary.late, summary.simulated, summary.unreconciled) == (1, 2, 2)
    assert summary.first_pass_yield == proportion(2, 5)
    assert summary.latency_ms == Percentiles(p50=100.0, p95=450.0, p99=450.0, max=450.0, n=6)
    assert summary.first is not None
    assert summary.last is not None
    assert (summary.first.part_id, summary.last.part_id) == (1001, 1007)
    assert (summary.truth_known, summary.false_releases, summary.mismatched_releases) == (2, 1, 1)
    assert summary.false_release_share == proportion(1, 2, Interval.CLOPPER_PEARSON)
    assert summary.yield_without_rework == proportion(2, 5)
    assert summary.quality_ratio == proportion(2, 6)  # of the missed part too, not of the pending one


def test_which_certificate_held_for_which_parts(summary: ShiftSummary) -> None:
    assert [(held.certificate, held.parts) for held in summary.certified] == [(None, 4), (HELD, 2)]


def test_a_record_from_before_there_were_certificates_still_reads() -> None:
    record = json.loads(part(1).model_dump_json())
    del record["certificate"]
    del record["decision"]["defect_score"]
    assert Inspection.model_validate_json(json.dumps(record)) == part(1)


@on_both
def test_the_statement_on_trust(summary: ShiftSummary, reader: Engine, settings: StoreSettings) -> None:
    assert summary.chain.intact
    assert summary.chain.rows == 15, "from the shift's first row to its last"
    assert "intact: 15 rows" in summary.statement
    tamper(settings, "UPDATE inspections SET outcome = 'diverted' WHERE position = 10")
    broken = shift_summary(reader, start=START, end=END)
    assert broken.statement == "THE RECORD IS BROKEN at row 10: column outcome contradicts the record."
    tamper(settings, "UPDATE inspections SET record = 'no JSON' WHERE position = 10")
    assert "its hash does not fit" in shift_summary(reader, start=START, end=END).statement


@pytest.fixture
def witnessed(shift: SqlStore) -> SqlStore:
    """A hold behind the shift's last row, and one more part and event long after it."""
    shift.note(Event(at=START + timedelta(hours=1), kind=EventKind.HOLD, by="Ann"))
    much_later = part(40)
    seen_at = END + timedelta(days=1)
    shift.append(
        much_later.model_copy(update={"trigger": much_later.trigger.model_copy(update={"seen_at": seen_at})})
    )
    shift.note(Event(at=seen_at, kind=EventKind.START, by="Ann"))
    return shift


@on_both
def test_rows_that_are_gone_together_with_the_databases_own_counter_are_known_by_the_events(
    witnessed: SqlStore, reader: Engine, settings: StoreSettings
) -> None:
    tamper(
        settings,
        "DELETE FROM inspections WHERE position = 17",
        "UPDATE sqlite_sequence SET seq = 16 WHERE name = 'inspections'",
    )
    for start in (START, END + timedelta(days=5)):
        broken = shift_summary(reader, start=start, end=start + timedelta(hours=8))
        assert not broken.final
        assert broken.chain.intact
        assert broken.statement == (
            "THE RECORD IS BROKEN at event 3: the event stands behind row 17 of the parts, which end at 16:"
            " rows are gone."
        )
        assert "have the record examined" in broken.advice


@on_both
@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE events SET \"by\" = 'Bob' WHERE position = 2",
        "UPDATE events SET at = '2025-01-01 00:00:00', after = 0 WHERE position = 2",
        "UPDATE events SET at = '2025-01-01 00:00:00', after = 999 WHERE position = 2",
        "UPDATE events SET after = 'x' WHERE position = 2",
        "DELETE FROM events WHERE position = 2",
        "DELETE FROM events",
        "DROP TABLE users; DROP TABLE signatures; DROP TABLE shifts; DROP VIEW alarms;"
        " DROP TABLE alarm_changes; DROP TABLE reviews; DROP TABLE events",
    ],
)
def test_a_tampered_event_of_the_shift_is_said(
    witnessed: SqlStore, reader: Engine, settings: StoreSettings, tampering: str
) -> None:
    assert shift_summary(reader, start=START, end=END).final
    if settings.database_url and "'x'" in tampering:
        return  # PostgreSQL keeps no text in a column of numbers
    tamper(settings, *tampering.split("; "))
    broken = shift_summary(reader, start=START, end=END)
    assert not broken.final
    assert "THE RECORD IS BROKEN at event" in broken.statement


def test_a_shift_without_parts_names_the_records_head_and_an_empty_record_has_none(
    store: SqlStore, reader: Engine
) -> None:
    empty = shift_summary(reader, start=START, end=END)
    assert (empty.final, words_of_head(empty.chain.head)) == (True, "none: the record is empty")
    store.append(part(1))
    whole = shift_summary(reader, start=START, end=END)
    without = shift_summary(reader, start=END, end=END + timedelta(hours=8))
    assert (without.parts, without.final) == (0, True)
    assert words_of_head(without.chain.head) == whole.chain.head


@on_both
def test_parts_whose_pictures_were_not_kept_are_counted(store: SqlStore, reader: Engine) -> None:
    """Two views: one part has both, one has lost one, one both; one was missed, and one got no picture."""
    a, b = "a" * 64, "b" * 64
    blind = part(4)
    timings = blind.decision.timings_ms.model_copy(update={"capture": None})
    for record in (
        part(1, pictures=(a, b)),
        part(2, pictures=(a,)),
        part(3),
        blind.model_copy(update={"decision": blind.decision.model_copy(update={"timings_ms": timings})}),
        part(5, missed=MissedCause.GAP, published=False),
    ):
        store.append(record)
        store.append(closed(record))
    summary = shift_summary(reader, start=START, end=END)
    assert summary.pictures_not_kept == 2
    assert summary.final, "the record says itself that no picture was kept"
    with reader.connect() as connection:
        assert count_not_kept_on_record(connection) == 2


@on_both
def test_a_picture_that_was_kept_late_counts_as_kept(store: SqlStore, reader: Engine) -> None:
    record = part(1)
    store.append(record)
    store.append(closed(record).model_copy(update={"pictures": ("a" * 64,)}))
    with reader.connect() as connection:
        assert count_not_kept_on_record(connection) == 0


@on_both
def test_what_waits_in_the_spool_is_counted_and_said(
    shift: SqlStore, reader: Engine, settings: StoreSettings, summary: ShiftSummary
) -> None:
    """Two parts more, an outcome for one that the database has, and one part of another shift."""
    elsewhere = part(30)
    other = elsewhere.trigger.model_copy(update={"seen_at": END + timedelta(hours=1)})
    rejected = part(20, action=Action.STOP, total_ms=300.0, part_id=7777)
    with locked(settings, shift):
        for record in (
            closed(part(6, total_ms=90.0, certificate=HELD), Outcome.DIVERTED),
            *(rejected, part(21), closed(rejected, Outcome.STOPPED)),
            elsewhere.model_copy(update={"trigger": other}),
        ):
            shift.append(record)
    waiting = read_waiting(settings)
    found = shift_summary(reader, start=START, end=END, waiting=waiting)
    assert (found.parts, found.spooled, found.final) == (summary.parts + 2, 5, False)
    assert found.by_action == {Action.PASS: 2, Action.REWORK: 1, Action.STOP: 1, Action.MANUAL_REVIEW: 1}
    assert (found.not_as_decided, found.pending) == (3, 1)  # a pass that was diverted; another one is open
    assert found.by_outcome[Outcome.DIVERTED] == summary.by_outcome[Outcome.DIVERTED] + 1
    assert found.by_outcome[Outcome.STOPPED] == 1
    assert found.unreconciled == summary.unreconciled, "one got its outcome, a new one has none"
    assert found.last is not None
    assert found.last.part_id == 1021
    assert found.latency_ms is not None
    assert found.latency_ms.n == 8
    assert found.chain == summary.chain
    assert "5 records still wait in the spool" in found.statement
    parts = shift_inspections(reader, start=START, end=END, waiting=waiting)
    assert [each.trigger.part_id for each in parts][-2:] == [7777, 1021]
    assert parts[5].outcome is Outcome.DIVERTED
    shift.close()
    again = SqlStore(settings)
    again.open()
    again.close()
    assert shift_inspections(reader, start=START, end=END) == parts, "drained, it says the same"
    drained = shift_summary(reader, start=START, end=END)
    assert drained.final
    assert drained.model_copy(update={"chain": found.chain, "spooled": 5}) == found


orders = st.lists(st.tuples(st.integers(1, 4), st.sampled_from([None, *Outcome])), max_size=10)


@given(orders, st.integers(0, 10))
def test_what_waits_counts_as_if_it_had_been_drained(
    made: list[tuple[int, Outcome | None]], cut: int
) -> None:
    """Wherever the database refused first: rows from both halves are those of the whole."""
    latest: dict[int, Inspection] = {}
    entries = []
    for number, outcome in made:
        before = latest.get(number)
        latest[number] = part(number) if before is None else closed(before, outcome or Outcome.HELD)
        entries.append(PartEntry(latest[number], part_json(latest[number])))
    stretch = (START, START + timedelta(seconds=4))  # the fourth part is not in it
    stored = with_waiting([], entries[:cut], *stretch)
    assert with_waiting(stored, entries[cut:], *stretch) == with_waiting([], entries, *stretch)
    assert [json.loads(row.record) for row in with_waiting([], entries, *stretch)] == [
        json.loads(part_json(latest[number])) for number in sorted(latest) if number < 4
    ]


def test_a_spool_that_cannot_be_read_leaves_the_report_incomplete(
    shift: SqlStore, reader: Engine, settings: StoreSettings, tmp_path: Path
) -> None:
    absent = settings.model_copy(update={"spool_folder": tmp_path / "not mounted"})
    found = shift_summary(reader, start=START, end=END, waiting=read_waiting(absent))
    assert (found.final, found.spooled) == (False, 0)
    assert "is its disk mounted" in found.statement
    assert "mount its disk" in found.advice
    (settings.spool / FILE_NAME).write_bytes(b"garbage\n" * 2)
    found = shift_summary(reader, start=START, end=END, waiting=read_waiting(settings))
    assert not found.final
    assert "is damaged" in found.statement
    assert "Copy the file away" in found.advice
    (settings.spool / FILE_NAME).unlink()
    (settings.spool / FILE_NAME).mkdir()
    unreadable = shift_summary(reader, start=START, end=END, waiting=read_waiting(settings))
    assert "check the spool's disk" in unreadable.advice
    entry = PartEntry(part(2, reason="x"), part_json(part(2, reason="x")))
    contradicting = shift_summary(reader, start=START, end=END, waiting=Waiting([entry]))
    assert "keep spool and database as they are" in contradicting.advice


@on_both
def test_parts_that_a_clock_set_back_left_out_are_said(store: SqlStore, reader: Engine) -> None:
    """One hour back after 40 parts, and a report that ends now."""
    for number in range(1, 61):
        intent = part(number)
        seen_s = 3000 + 20 * number - (3600 if number > 40 else 0)
        trigger = intent.trigger.model_copy(update={"seen_at": START + timedelta(seconds=seen_s)})
        store.append(intent.model_copy(update={"trigger": trigger}))
    now = START + timedelta(seconds=3000 + 20 * 60 - 3600 + 1)
    found = shift_summary(reader, start=now - timedelta(hours=8), end=now, now=now)
    assert found.parts == 20
    assert found.left_out is not None
    assert found.left_out.parts == 40
    assert not found.final
    assert "40 parts lie outside this time (2026-03-02 06:50:20 to 2026-03-02 07:03:20" in found.statement
    assert "the clock was set back" in found.statement
    assert json.loads(found.model_dump_json())["left_out"]["parts"] == 40
    whole = shift_summary(reader, start=now - timedelta(hours=8), end=START + timedelta(hours=3), now=now)
    assert (whole.parts, whole.left_out, whole.final) == (60, None, True)


def test_figures_are_provisional_until_the_shift_is_over_and_say_which_shift(
    shift: SqlStore, reader: Engine
) -> None:
    early = Shift("Early", START.date(), START, END)
    running, over = (
        shift_summary(reader, start=START, end=END, shift=early, now=now)
        for now in (END - timedelta.resolution, END)
    )
    assert (running.provisional, running.as_of) == (True, END - timedelta.resolution)
    assert (over.provisional, over.as_of) == (False, None)
    assert running.final, "a shift that runs is no fault"
    told = json.loads(running.model_dump_json())
    assert told["provisional"] is True
    assert told["shift"]["name"] == "Early"
    assert told["shift"]["date"] == "2026-03-02"
    assert ShiftSummary.model_validate_json(running.model_dump_json()) == running


def test_json_reads_back(summary: ShiftSummary) -> None:
    assert ShiftSummary.model_validate_json(summary.model_dump_json()) == summary


def test_parts_that_went_by_under_the_bypass_key_are_named_so_and_spoil_no_yield(
    store: SqlStore, reader: Engine
) -> None:
    by = part(2, action=Action.MANUAL_REVIEW, missed=MissedCause.BYPASS, published=False, total_ms=0.0)
    for record in (part(1), by, closed(part(1)), closed(by, Outcome.DEFAULT_REJECTED)):
        store.append(record)
    summary = shift_summary(reader, start=START, end=END)
    assert summary.missed == {MissedCause.BYPASS: 1}
    assert summary.first_pass_yield == proportion(1, 1)
    assert json.loads(summary.model_dump_json())["missed"] == {"bypass": 1}
    text = io.StringIO()
    Console(file=text, width=120).print(to_table(summary))
    (row,) = [line for line in text.getvalue().splitlines() if "bypass" in line]
    assert "1" in row
    parts = shift_inspections(reader, start=START, end=END)
    rows = csv.DictReader(io.StringIO(to_csv(parts).decode("utf-8-sig")))
    assert [line["missed"] for line in rows] == ["", "bypass"]


def test_an_empty_shift_says_so(shift: SqlStore, reader: Engine) -> None:
    summary = shift_summary(reader, start=END + timedelta(days=1), end=END + timedelta(days=2))
    assert (summary.parts, summary.first_pass_yield, summary.latency_ms) == (0, None, None)
    assert summary.statement == "No parts in this time."
    assert shift_inspections(reader, start=summary.start, end=summary.end) == []


# --- statistics -------------------------------------------------------------------------------------------

values = st.lists(st.floats(0, 1e6), min_size=1, max_size=60).map(sorted)


@given(values, st.floats(min_value=0.1, max_value=100))
def test_a_percentile_is_a_value_that_was_measured(ordered: list[float], percent: float) -> None:
    found = percentile(ordered, percent)
    assert found in ordered
    share = sum(value <= found for value in ordered) / len(ordered)
    assert share * 100 >= percent - 1e-9
    below = [value for value in ordered if value < found]
    assert len(below) / len(ordered) * 100 < percent + 1e-9


@given(values)
def test_percentiles_are_in_order(ordered: list[float]) -> None:
    found = Percentiles.of(reversed(ordered))
    assert found is not None
    assert ordered[0] <= found.p50 <= found.p95 <= found.p99 <= found.max == ordered[-1]


def test_known_percentiles_and_edges() -> None:
    hundred = [float(value) for value in range(1, 101)]
    assert [percentile(hundred, percent) for percent in (1, 50, 95, 99, 100)] == [1, 50, 95, 99, 100]
    assert percentile([float(value) for value in range(1, 21)], 95) == 19
    assert Percentiles.of([]) is None
    for bad in (0, -1, 101):
        with pytest.raises(ValueError, match="not defined"):
            percentile(hundred, bad)


def test_parts_of_another_record_are_no_release_without_a_pass_of_this_one(
    store: SqlStore, reader: Engine
) -> None:
    for number, cause in enumerate((MissedCause.BEFORE_RECORD, MissedCause.GAP), 1):
        missed = part(number, action=Action.MANUAL_REVIEW, missed=cause, published=False)
        store.append(missed)
        store.append(closed(missed, Outcome.RELEASED))
    assert shift_summary(reader, start=START, end=END).mismatched_releases == 1
