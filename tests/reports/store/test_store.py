"""Promises 1, 4 and 5 at the store: recorded once, durable before visible, never rewritten."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import InstrumentedAttribute

from inspection.decision import Action, DecidedBy
from inspection.errors import RecordRefusedError, StoreError
from inspection.events import Event, EventKind
from inspection.line_events import KnownPart
from inspection.part import Inspection, MissedCause, Outcome
from inspection.ports import Store
from inspection.status import Counts
from reports.database.connecting import open_reader
from reports.record.events_chain import add_event, event_entry
from reports.record.schema import InspectionRow, PictureRow
from reports.settings import StoreSettings
from reports.shift.figures import shift_summary
from reports.store.store import SqlStore
from tests.reports.parts import START, closed, part
from tests.reports.postgresql import on_both
from tests.reports.stores import HandClock, OpenStore, by_action, locked, outside, refused_by, verify


def rows(engine: Engine, *columns: InstrumentedAttribute[Any]) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        query = select(*columns).order_by(InspectionRow.position)
        return [tuple(row) for row in connection.execute(query)]


def test_is_a_store(store: SqlStore) -> None:
    port: Store = store
    assert port.health().detail == ""
    assert not port.health().degraded


def test_an_empty_store_knows_nothing(store: SqlStore) -> None:
    assert store.recent(10) == []
    assert store.open_inspections() == []
    assert by_action(store) == {}
    assert store.last_part() is None


@on_both
def test_what_was_appended_is_told_and_survives_reopening(store: SqlStore, open_store: OpenStore) -> None:
    first, second = part(1, pictures=("a" * 64, "b" * 64)), part(2, action=Action.REWORK)
    for record in (first, second, closed(first)):
        store.append(record)
    for _ in range(2):
        assert store.open_inspections() == [second]
        assert store.recent(10) == [second, closed(first)]
        assert store.recent(1) == [second]
        assert by_action(store) == {Action.PASS: 1, Action.REWORK: 1}
        assert store.last_part() == KnownPart(plc_boot_id=7, seq=2, part_id=1002)
        store.close()
        store = open_store()


@pytest.mark.parametrize(
    ("action", "later", "counted"),
    [
        (Action.PASS, [], "pending"),  # killed between intent and publishing, or just after it
        (Action.PASS, [{"explanation": "no scratch"}], Action.PASS),  # published, and on its way
        (Action.PASS, [{"published": False}], "not as decided"),  # withheld
        (Action.PASS, [{"outcome": Outcome.RELEASED}], Action.PASS),
        (Action.PASS, [{"outcome": Outcome.DEFAULT_REJECTED}], "not as decided"),
        (Action.PASS, [{"outcome": Outcome.DIVERTED}], "not as decided"),
        (Action.PASS, [{"outcome": Outcome.UNCONFIRMED}], "not as decided"),
        (Action.PASS, [{"published": False}, {"outcome": Outcome.DEFAULT_REJECTED}], "not as decided"),
        (Action.REWORK, [], "pending"),
        (Action.REWORK, [{"outcome": Outcome.DIVERTED}], Action.REWORK),
        (Action.REWORK, [{"outcome": Outcome.DEFAULT_REJECTED}], "not as decided"),
        (Action.STOP, [{"outcome": Outcome.RELEASED}], "not as decided"),
    ],
)
def test_a_part_counts_as_what_became_of_it_and_not_as_what_was_meant(
    action: Action,
    later: list[dict[str, object]],
    counted: Action | str,
    store: SqlStore,
    settings: StoreSettings,
) -> None:
    """On the Run screen and in the report alike; the yield follows."""
    record = part(1, action=action)
    store.append(record)
    for change in later:
        record = record.model_copy(update={"revision": record.revision + 1, **change})
        store.append(record)
    counts = store.counts_since(record.trigger.seen_at)
    assert counts.by_action == ({counted: 1} if isinstance(counted, Action) else {})
    assert (counts.not_as_decided, counts.pending) == (counted == "not as decided", counted == "pending")
    assert counts.yield_rate == (None if counted == "pending" else float(counted is Action.PASS))
    assert (counts.triggers, counts.judged) == (1, 1)
    reader = open_reader(settings.url)
    summary = shift_summary(reader, start=START, end=START + timedelta(hours=1))
    reader.dispose()
    share = None if summary.first_pass_yield is None else summary.first_pass_yield.share
    assert (summary.by_action, summary.not_as_decided, summary.pending, share) == (
        counts.by_action,
        counts.not_as_decided,
        counts.pending,
        counts.yield_rate,
    )


@on_both
@pytest.mark.parametrize("in_the_database", [9, 8, 6, 5, 3, 0])
def test_accounted_the_parts_of_a_shift_are_counted_by_their_latest_revisions_wherever_they_lie(
    in_the_database: int, store: SqlStore, settings: StoreSettings, open_store: OpenStore, clock: HandClock
) -> None:
    """Also those that wait in the spool, and after a restart while the database takes nothing."""
    early, good, late = part(1), part(2), part(3, action=Action.REWORK, decided_by=DecidedBy.TIMEOUT)
    missed = part(4, action=Action.MANUAL_REVIEW, missed=MissedCause.GAP, published=False)
    slow = part(5, total_ms=100.0)
    records = (
        *(early, good, late, missed, slow, closed(early), closed(good)),
        closed(missed, Outcome.DEFAULT_REJECTED),
        closed(slow, Outcome.DEFAULT_REJECTED, published=False, recording_ms=1100.0),
    )
    since = good.trigger.seen_at
    expected = Counts(
        since=since,
        triggers=4,
        by_action={Action.PASS: 1},
        not_as_decided=1,
        pending=1,
        by_outcome={Outcome.RELEASED: 1, Outcome.DEFAULT_REJECTED: 2},
        missed=1,
        late=2,
    )
    for record in records[:in_the_database]:
        store.append(record)
    with locked(settings, store):
        for record in records[in_the_database:]:
            store.append(record)
        assert store.health().spooled == len(records) - in_the_database
        assert store.counts_since(since) == expected
        store.close()
        store = open_store()
        assert store.health().spooled == len(records) - in_the_database
        assert store.counts_since(since) == expected
    clock.forward(1.0)
    store.maintain()
    assert store.health().spooled == 0
    assert store.counts_since(since) == expected


@on_both
def test_columns_and_chain_of_the_rows(store: SqlStore, reader: Engine) -> None:
    first = part(1, pictures=("a" * 64, "b" * 64))
    missed = part(2, action=Action.MANUAL_REVIEW, missed=MissedCause.GAP, published=False)
    for record in (first, missed, closed(first)):
        store.append(record)
    table = InspectionRow
    assert rows(reader, table.position, table.root, table.supersedes, table.revision, table.outcome) == [
        (1, 1, None, 0, None),
        (2, 2, None, 0, None),
        (3, 1, 1, 1, "released"),
    ]
    assert rows(reader, table.seen_at)[0] == (first.trigger.seen_at,)
    with reader.connect() as connection:
        assert connection.execute(select(PictureRow.sha256, PictureRow.encoding)).first() == ("a" * 64, "png")
    assert verify(reader).intact


def test_last_write_is_on_the_monotonic_clock(store: SqlStore, clock: HandClock) -> None:
    assert store.health().last_write_ns == 0, "nothing but what opening wrote"
    clock.forward(1)
    store.append(part(1))
    assert store.health().last_write_ns == clock.ns


# --- idempotent, and refused where it contradicts --------------------------------------------------------


@on_both
def test_the_same_revision_twice_is_one_row(store: SqlStore, reader: Engine) -> None:
    first = part(1)
    for record in (first, first, closed(first), closed(first), first):
        store.append(record)
    assert rows(reader, InspectionRow.position) == [(1,), (2,)]
    assert by_action(store) == {Action.PASS: 1}
    assert store.open_inspections() == []


@on_both
@pytest.mark.parametrize(
    "second",
    [
        pytest.param(part(1, reason="another"), id="other content"),
        pytest.param(closed(part(2)), id="no revision before it"),
        pytest.param(closed(closed(part(1))), id="a revision left out"),
        pytest.param(closed(part(1, seq=9)), id="another trigger"),
        pytest.param(part(2, seq=1), id="another record of the same trigger"),
    ],
)
def test_a_contradiction_is_refused_and_changes_nothing(
    store: SqlStore, reader: Engine, second: Inspection
) -> None:
    store.append(part(1))
    with pytest.raises(RecordRefusedError):
        store.append(second)
    assert rows(reader, InspectionRow.position) == [(1,)]
    assert by_action(store) == {Action.PASS: 1}
    assert not store.health().degraded
    store.append(part(3))


def test_what_json_cannot_keep_is_refused(store: SqlStore) -> None:
    good = part(1)
    nowhere = good.trigger.model_copy(update={"seen_at": good.trigger.seen_at.replace(tzinfo=None)})
    timings = good.decision.timings_ms.model_copy(update={"total": float("nan")})
    nan = good.decision.model_copy(update={"timings_ms": timings})
    for bad in (good.model_copy(update={"trigger": nowhere}), good.model_copy(update={"decision": nan})):
        with pytest.raises(StoreError, match="cannot be kept"):
            store.append(bad)
    assert not store.health().degraded


# --- one record a trigger, also when the counter wraps ---------------------------------------------------


@on_both
def test_a_wrapped_sequence_number_is_a_new_trigger(
    store: SqlStore, reader: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Constant part ids, as poor PLC programs send them; window and round are cut short."""
    monkeypatch.setattr("reports.store.ledger.DUPLICATE_WINDOW", 8)
    for number in range(1, 20):
        store.append(part(number, seq=(number - 1) % 9 + 1, part_id=0))
    cycles = rows(reader, InspectionRow.trigger_cycle)
    assert cycles == [(0,)] * 9 + [(1,)] * 9 + [(2,)]
    assert verify(reader).intact


@on_both
def test_within_the_window_the_same_number_is_the_same_trigger(
    store: SqlStore, open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reports.store.ledger.DUPLICATE_WINDOW", 8)
    for number in range(1, 9):
        store.append(part(number))
    for again in range(2):
        with pytest.raises(RecordRefusedError, match="on record already"):
            store.append(part(5000 + again, seq=1))
        store.close()
        store = open_store()
    store.append(part(6000, seq=1, boot=8))


def test_the_last_part_is_the_one_farthest_ahead_not_the_newest(store: SqlStore) -> None:
    """An overrun is recorded while the part before it is still being judged, here across the wrap."""
    for number, seq in enumerate((65_533, 65_534, 1, 65_535), start=1):
        store.append(part(number, seq=seq))
    last = store.last_part()
    assert last is not None
    assert last.seq == 1
    store.append(part(9, seq=4, boot=8))
    assert store.last_part() == KnownPart(plc_boot_id=8, seq=4, part_id=1009)


# --- durable before visible -------------------------------------------------------------------------------

CHILD = """
import os, signal, sys
from reports.settings import StoreSettings
from reports.store.store import SqlStore
from tests.reports.parts import START, closed, part

store = SqlStore(StoreSettings.model_validate_json(sys.argv[1]))
store.open()
{body}
"""

FOREVER = """
for number in range(1, 10_000):
    for record in (part(number), closed(part(number))):
        store.append(record)
        os.write(1, f"{record.inspection_id} {record.revision}\\n".encode())
"""

KILL_AT_ONCE = """
store.append(part(1))
os.kill(os.getpid(), signal.SIGKILL)
"""

SMALL_DISK = """
import resource
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
from inspection.errors import StoreError
try:
    for number in range(1, 10_000):
        store.append(part(number))
        os.write(1, f"{store.health().degraded} {part(number).inspection_id}\\n".encode())
except StoreError:
    assert store.health().full, store.health()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def child(body: str, settings: StoreSettings) -> subprocess.Popen[bytes]:
    code = CHILD.format(body=body)
    return subprocess.Popen([sys.executable, "-c", code, settings.model_dump_json()], stdout=subprocess.PIPE)


@on_both
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_durable_before_visible_kill_right_after_append(
    settings: StoreSettings, open_store: OpenStore
) -> None:
    with child(KILL_AT_ONCE, settings) as process:
        assert process.wait() == -signal.SIGKILL
    assert open_store().open_inspections() == [part(1)]


@on_both
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_accounted_kill_amid_appends_keeps_every_acknowledged_row(
    settings: StoreSettings, open_store: OpenStore
) -> None:
    with child(FOREVER, settings) as process:
        assert process.stdout is not None
        acknowledged = [process.stdout.readline() for _ in range(40)]
        os.kill(process.pid, signal.SIGKILL)
        acknowledged += process.stdout.read().splitlines(keepends=True)
    store = open_store()
    reader = open_reader(settings.url)
    found = {
        tuple(map(str, row)) for row in rows(reader, InspectionRow.inspection_id, InspectionRow.revision)
    }
    assert {tuple(line.decode().split()) for line in acknowledged if line.endswith(b"\n")} <= found
    assert len(store.open_inspections()) <= 1
    assert verify(reader).intact
    reader.dispose()


@pytest.mark.skipif(sys.platform == "win32", reason="needs RLIMIT_FSIZE")
def test_accounted_a_really_full_disk_loses_no_acknowledged_part(
    settings: StoreSettings, open_store: OpenStore
) -> None:
    """No file may grow beyond 400 kB: first the database refuses, then the spool, and then comes kill -9."""
    small = settings.model_copy(update={"spool_max_bytes": 60_000})
    with child(SMALL_DISK, small) as process:
        assert process.stdout is not None
        acknowledged = [line.split() for line in process.stdout.read().splitlines()]
        assert process.wait() == -signal.SIGKILL
    assert {degraded for degraded, _ in acknowledged} == {b"False", b"True"}
    store = open_store()
    found = {inspection.inspection_id for inspection in store.open_inspections()}
    assert {inspection_id.decode() for _, inspection_id in acknowledged} == found
    assert store.health().spooled == 0


# --- never rewritten --------------------------------------------------------------------------------------


@on_both
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE inspections SET action = 'pass'",
        "DELETE FROM inspections",
        "DELETE FROM inspections WHERE position = 2",
        "UPDATE inspection_pictures SET sha256 = 'x'",
        "DELETE FROM inspection_pictures",
        "TRUNCATE inspections CASCADE",
        "INSERT OR REPLACE INTO inspections SELECT * FROM inspections WHERE position = 2",
        "REPLACE INTO inspections SELECT * FROM inspections WHERE position = 1",
        "INSERT INTO inspections SELECT * FROM inspections WHERE true ON CONFLICT (position)"
        " DO UPDATE SET root = 9",
    ],
)
def test_never_rewritten_the_database_itself_refuses(
    store: SqlStore, settings: StoreSettings, statement: str
) -> None:
    store.append(part(1, pictures=("a" * 64,)))
    store.append(part(2))
    refused_by(settings, statement)


@on_both
def test_never_rewritten_a_row_goes_only_to_the_end_of_the_chain(
    store: SqlStore, settings: StoreSettings
) -> None:
    store.append(part(1))
    for change in ("position = 7", "prev_hash = 'x'"):
        refused_by(
            settings,
            "CREATE TEMPORARY TABLE t AS SELECT * FROM inspections",
            "UPDATE t SET position = 2, inspection_id = 'x', trigger_cycle = 9",
            f"UPDATE t SET {change}",
            "INSERT INTO inspections SELECT * FROM t",
        )


# --- one writer, many readers -----------------------------------------------------------------------------


@on_both
def test_a_second_engine_is_refused_until_the_first_is_gone(store: SqlStore, open_store: OpenStore) -> None:
    with pytest.raises(StoreError, match=f"in use by another Passgate engine .process {os.getpid()}"):
        open_store()
    store.append(part(1))
    store.close()
    assert open_store().recent(1) == [part(1)]


@on_both
def test_neither_the_database_nor_the_spool_is_shared(
    store: SqlStore, open_store: OpenStore, tmp_path: Path
) -> None:
    shared = store._settings
    for other in (
        StoreSettings(folder=tmp_path / "b", database_url=shared.url),
        StoreSettings(folder=tmp_path / "c", spool_folder=shared.spool),
    ):
        with pytest.raises(StoreError, match="in use by another"):
            open_store(other)


@on_both
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_the_lock_dies_with_its_holder(settings: StoreSettings, open_store: OpenStore) -> None:
    body = "print('open', flush=True)\nsignal.pause()"
    with child(body, settings) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(StoreError, match=f"process {process.pid}"):
            open_store()
        process.kill()
    open_store()


@on_both
def test_a_reader_in_the_middle_of_reading_holds_nobody_up(store: SqlStore, reader: Engine) -> None:
    store.append(part(1))
    with reader.connect() as connection:
        query = select(InspectionRow.position)
        assert len(connection.execute(query).all()) == 1
        store.append(part(2))
        assert not store.health().degraded
        assert len(connection.execute(query).all()) == 1
    assert len(rows(reader, InspectionRow.position)) == 2


@on_both
def test_a_reader_cannot_write(store: SqlStore, reader: Engine) -> None:
    with reader.connect() as connection, pytest.raises(DBAPIError, match=r"read-?only"):
        connection.exec_driver_sql("INSERT INTO inspection_pictures VALUES (1, 0, 'x', 'png')")


def test_no_record_yet_and_unusable_urls_are_clear(tmp_path: Path, open_store: OpenStore) -> None:
    with pytest.raises(StoreError, match="There is no record"):
        open_reader(StoreSettings(folder=tmp_path).url)
    for url in ("sqlite://", "sqlite:///:memory:", "nonsense", "nodb://x/y"):
        with pytest.raises(StoreError):
            open_store(StoreSettings(folder=tmp_path, database_url=url))


def test_closed_twice_and_used_after_it(store: SqlStore) -> None:
    store.close()
    store.close()
    with pytest.raises(StoreError, match="not open"):
        store.append(part(1))


@on_both
def test_an_operators_revision_of_an_old_part(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch, open_store: OpenStore
) -> None:
    """The part is no longer at hand, so the database is asked."""
    monkeypatch.setattr("reports.store.ledger.RECENT_PARTS", 3)
    held = part(1, action=Action.MANUAL_REVIEW)
    store.append(held)
    store.append(closed(held, Outcome.HELD))
    for number in range(2, 6):
        store.append(part(number))
    freed = closed(
        closed(held, Outcome.HELD), Outcome.DIVERTED, recorded_at=held.recorded_at + timedelta(days=1)
    )
    store.append(freed)
    assert held.inspection_id not in {recent.inspection_id for recent in store.recent(100)}
    assert by_action(store) == {Action.MANUAL_REVIEW: 1, Action.PASS: 4}
    store.close()
    assert by_action(open_store()) == {Action.MANUAL_REVIEW: 1, Action.PASS: 4}


@on_both
def test_what_another_program_noted_is_heard_where_it_is_asked_for(
    settings: StoreSettings, open_store: OpenStore
) -> None:
    store = open_store()
    kinds = frozenset({EventKind.CHALLENGE_DUE, EventKind.CHALLENGE_RELEASED})
    assert store.heard_beside(kinds) is None
    due = Event(at=START, kind=EventKind.CHALLENGE_DUE, by="engine")
    store.note(due)
    assert store.heard_beside(kinds) == due
    signed = Event(at=START, kind=EventKind.CHALLENGE_RELEASED, by="Ben")
    with outside(settings) as connection:
        add_event(connection, event_entry(signed))
    assert store.last_event(kinds) == due, "of what it wrote itself"
    assert store.heard_beside(kinds) == signed
