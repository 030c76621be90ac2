"""Promise 1 while the database is away: the spool takes over, drains in order and exactly once."""

import os
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import event, select

from inspection.decision import Action
from inspection.errors import RecordRefusedError, StoreError
from inspection.part import Inspection
from reports.database.connecting import open_reader
from reports.record.entry import PartEntry
from reports.record.parts_chain import part_json
from reports.record.schema import InspectionRow
from reports.settings import StoreSettings
from reports.store.spool import FILE_NAME, Spool, read_spool
from reports.store.store import SqlStore
from reports.store.way_to_disk import DRAIN_BATCH
from tests.reports.parts import closed, part
from tests.reports.postgresql import on_both, shut_out, standing_by
from tests.reports.stores import HandClock, OpenStore, by_action, locked, verify

RETRY_S = 1.0


def database(settings: StoreSettings) -> Path:
    return settings.folder / "inspections.db"


@contextmanager
def removed(settings: StoreSettings, _: SqlStore) -> Iterator[None]:
    """It is not to be reached any more; a file is moved away, and later back."""
    if settings.database_url:
        with shut_out(settings):
            yield
        return
    aside = database(settings).with_suffix(".aside")
    database(settings).rename(aside)
    yield
    aside.rename(database(settings))


@contextmanager
def pragma(store: SqlStore, statement: str) -> Iterator[None]:
    """SQLite itself refuses, whatever connection is used."""

    def refuse(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute(statement)

    engine = store._way.database.engine
    event.listen(engine, "connect", refuse)
    engine.dispose()
    yield
    event.remove(engine, "connect", refuse)
    engine.dispose()


@contextmanager
def full(_: StoreSettings, store: SqlStore) -> Iterator[None]:
    """SQLITE_FULL, as on a full disk."""
    with pragma(store, "PRAGMA max_page_count = 1"):
        yield


@contextmanager
def read_only(settings: StoreSettings, store: SqlStore) -> Iterator[None]:
    """SQLITE_READONLY, as of a file without write permission; a standby in place of the server."""
    if settings.database_url:
        with standing_by(settings):
            yield
        return
    with pragma(store, "PRAGMA query_only = ON"):
        yield


def stored(settings: StoreSettings) -> list[tuple[str, int]]:
    engine = open_reader(settings.url)
    query = select(InspectionRow.inspection_id, InspectionRow.revision).order_by(InspectionRow.position)
    with engine.connect() as connection:
        found = [(inspection_id, revision) for inspection_id, revision in connection.execute(query)]
    assert verify(engine).intact
    engine.dispose()
    return found


def keys(*inspections: Inspection) -> list[tuple[str, int]]:
    return [(inspection.inspection_id, inspection.revision) for inspection in inspections]


Failure = Callable[[StoreSettings, SqlStore], AbstractContextManager[None]]


@pytest.mark.parametrize(
    ("settings", "failure"),
    [
        *(("sqlite", failure) for failure in (locked, removed, full, read_only)),
        *(("postgresql", failure) for failure in (locked, removed, read_only)),
    ],
    indirect=["settings"],
)
def test_accounted_while_the_database_refuses(
    failure: Failure, store: SqlStore, settings: StoreSettings, clock: HandClock
) -> None:
    many = ("a" * 64,) * 200  # a record that does not fit into the database's last pages
    before, during, after = part(1), part(2, action=Action.STOP, pictures=many), part(3)
    store.append(before)
    with failure(settings, store):
        for record in (during, closed(before), closed(before)):
            store.append(record)
        health = store.health()
        assert (health.degraded, health.full, health.spooled) == (True, False, 2)
        assert health.detail
        assert store.open_inspections() == [during]
        assert store.recent(5) == [during, closed(before)]
        by_action_at_hand = Counter(part.decision.action for part in store.recent(1000))
        assert by_action_at_hand == {Action.PASS: 1, Action.STOP: 1}
        last = store.last_part()
        assert last is not None
        assert last.seq == 2
        assert len(read_spool(settings.spool)) == 2
        clock.forward(RETRY_S)
        store.maintain()
        assert store.health().spooled == 2
    store.append(after)
    assert store.health().spooled == 3, "it does not ask again before the time"
    clock.forward(RETRY_S)
    store.maintain()
    assert store.health().detail == ""
    assert not store.health().degraded
    assert stored(settings) == keys(before, during, closed(before), after)
    assert len(read_spool(settings.spool)) == 0
    assert by_action(store) == {Action.PASS: 2, Action.STOP: 1}


@on_both
def test_an_append_drains_first_and_keeps_the_order(
    store: SqlStore, settings: StoreSettings, clock: HandClock
) -> None:
    parts = [part(number) for number in range(1, DRAIN_BATCH + 4)]
    with locked(settings, store):
        for record in parts[:-2]:
            store.append(record)
    clock.forward(RETRY_S)
    store.append(parts[-2])
    assert store.health().spooled == len(parts) - 1 - DRAIN_BATCH, "one batch, then behind the others"
    store.append(parts[-1])
    assert not store.health().degraded
    assert stored(settings) == keys(*parts)


def test_a_replaced_database_is_not_written(
    store: SqlStore, settings: StoreSettings, clock: HandClock
) -> None:
    store.append(part(1))
    database(settings).rename(database(settings).with_suffix(".aside"))
    database(settings).touch()
    store.append(part(2))
    clock.forward(RETRY_S)
    store.append(part(3))
    assert "replaced" in store.health().detail
    assert store.health().spooled == 2
    assert database(settings).stat().st_size == 0


@on_both
def test_contradictions_are_refused_in_the_spool_too(store: SqlStore, settings: StoreSettings) -> None:
    store.append(part(1))
    with locked(settings, store):
        store.append(part(2))
        for bad in (
            part(2, reason="another"),
            part(1, reason="another"),
            closed(closed(part(2))),
            closed(part(9)),
            part(9, seq=2),
        ):
            with pytest.raises(RecordRefusedError):
                store.append(bad)
        assert store.health().spooled == 1
        assert by_action(store) == {Action.PASS: 2}


@on_both
def test_restart_with_records_in_the_spool_drains_before_anything_else(
    store: SqlStore, settings: StoreSettings, open_store: OpenStore
) -> None:
    parts = [part(number) for number in range(1, 2 * DRAIN_BATCH + 2)]
    with locked(settings, store):
        for record in parts:
            store.append(record)
    store.close()
    assert len(read_spool(settings.spool)) == len(parts)
    store = open_store()
    assert store.open_inspections() == parts
    assert stored(settings) == keys(*parts)


@on_both
@pytest.mark.parametrize("torn", [b"", b"0123456789abcdef {", b"\0" * 40, b'0123456789abcdef {"a": 1}\n'])
def test_exactly_once_after_a_crash_between_commit_and_emptying(
    store: SqlStore, settings: StoreSettings, open_store: OpenStore, torn: bytes
) -> None:
    """The worst moment of kill -9: part of the spool is committed, none of it gone, the last line torn."""
    parts = [part(1), closed(part(1)), part(2), part(3)]
    with locked(settings, store):
        for record in parts:
            store.append(record)
    spool = (settings.spool / FILE_NAME).read_bytes()
    store.close()
    (settings.spool / FILE_NAME).write_bytes(b"")
    store = open_store()
    for record in parts[:3]:
        store.append(record)
    store.close()
    (settings.spool / FILE_NAME).write_bytes(spool + torn)
    store = open_store()
    assert stored(settings) == keys(*parts)
    assert store.open_inspections() == parts[2:]
    assert (settings.spool / FILE_NAME).read_bytes() == b""


@on_both
def test_kill_in_the_middle_of_draining(
    store: SqlStore,
    settings: StoreSettings,
    open_store: OpenStore,
    monkeypatch: pytest.MonkeyPatch,
    clock: HandClock,
) -> None:
    parts = [part(number) for number in range(1, DRAIN_BATCH + 10)]
    with locked(settings, store):
        for record in parts:
            store.append(record)

    class Killed(BaseException):
        """The process ends here."""

    def kill(*_: object) -> None:
        raise Killed

    clock.forward(RETRY_S)
    with monkeypatch.context() as patch:
        patch.setattr(Spool, "drained", kill)
        with pytest.raises(Killed):
            store.maintain()
    store.close()
    assert len(read_spool(settings.spool)) == len(parts)
    assert len(stored(settings)) == DRAIN_BATCH
    assert open_store().open_inspections() == parts
    assert stored(settings) == keys(*parts)


# --- the spool's limits -----------------------------------------------------------------------------------


def test_default_reject_a_full_spool_refuses_and_says_so(
    settings: StoreSettings, open_store: OpenStore, clock: HandClock
) -> None:
    small = settings.model_copy(update={"spool_max_bytes": 3000})
    store = open_store(small)
    with locked(settings, store):
        accepted = [part(1), part(2)]
        for record in accepted:
            store.append(record)
        assert store.health().full, "it says so before it must refuse"
        with pytest.raises(StoreError, match="is full"):
            store.append(part(3, pictures=("a" * 64,) * 10))
        assert "is full" in store.health().detail
        assert store.open_inspections() == accepted
    clock.forward(RETRY_S)
    store.maintain()
    assert not store.health().full
    assert stored(settings) == keys(*accepted)
    store.append(part(10))


@on_both
def test_default_reject_when_neither_takes_it(
    store: SqlStore, settings: StoreSettings, monkeypatch: pytest.MonkeyPatch, clock: HandClock
) -> None:
    def broken(_: int) -> None:
        raise OSError("input/output error")

    with locked(settings, store):
        store.append(part(1))
        with monkeypatch.context() as patch:
            patch.setattr("reports.store.spool.os.fsync", broken)
            with pytest.raises(StoreError, match="input/output error"):
                store.append(part(2))
        assert store.health().full
        assert store.open_inspections() == [part(1)]
        store.append(part(2))
        assert not store.health().full
    clock.forward(RETRY_S)
    store.maintain()
    assert stored(settings) == keys(part(1), part(2))


def test_a_spool_that_was_removed_takes_nothing(store: SqlStore, settings: StoreSettings) -> None:
    with locked(settings, store):
        store.append(part(1))
        (settings.spool / FILE_NAME).unlink()
        for _ in range(2):
            with pytest.raises(StoreError, match="cannot be written"):
                store.append(part(2))
        assert store.health().full


def test_a_damaged_line_in_the_middle_is_not_passed_over(
    store: SqlStore, settings: StoreSettings, open_store: OpenStore
) -> None:
    with locked(settings, store):
        for number in (1, 2, 3):
            store.append(part(number))
    store.close()
    path = settings.spool / FILE_NAME
    damaged = path.read_bytes().replace(b'"part_id":1002', b'"part_id":1003')
    path.write_bytes(damaged)
    for _ in range(2):
        with pytest.raises(StoreError, match=r"Line 2 .* is damaged"):
            open_store()
    assert path.read_bytes() == damaged


@on_both
def test_a_spool_that_contradicts_the_database_is_kept_for_a_person(
    store: SqlStore, settings: StoreSettings, open_store: OpenStore
) -> None:
    with locked(settings, store):
        store.append(part(1))
    spool = (settings.spool / FILE_NAME).read_bytes()
    store.close()
    (settings.spool / FILE_NAME).write_bytes(b"")
    store = open_store()
    store.append(part(1, reason="another"))
    store.close()
    (settings.spool / FILE_NAME).write_bytes(spool)
    with pytest.raises(StoreError, match="another content"):
        open_store()
    assert (settings.spool / FILE_NAME).read_bytes() == spool


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_a_clear_error(tmp_path: Path, open_store: OpenStore) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="cannot be made"):
        open_store(StoreSettings(folder=tmp_path / "record"))


@given(cut=st.integers(min_value=0, max_value=6000), count=st.integers(min_value=0, max_value=4))
@hypothesis_settings(max_examples=25)
def test_torn_anywhere_the_whole_lines_before_it_are_kept(
    tmp_path_factory: pytest.TempPathFactory, cut: int, count: int
) -> None:
    folder = tmp_path_factory.mktemp("spool")
    path = folder / FILE_NAME
    spool = Spool(folder, limit_bytes=1 << 20)
    ends = [0]
    for number in range(1, count + 1):
        spool.append(PartEntry(part(number), part_json(part(number))))
        ends.append(path.stat().st_size)
    spool.close()
    path.write_bytes(path.read_bytes()[:cut])
    whole = sum(end <= cut for end in ends) - 1
    spool = Spool(folder, limit_bytes=1 << 20)
    assert len(spool) == whole
    spool.append(PartEntry(part(9), part_json(part(9))))
    assert [entry.line() for entry in spool.batch(99)] == [
        part_json(part(n)) for n in [*range(1, whole + 1), 9]
    ]
    spool.close()
