"""Promise 1 at a start while the database takes nothing: the spool takes over, and nothing is forgotten."""

import errno
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from inspection.decision import Action
from inspection.errors import StoreError
from inspection.events import Event, EventKind
from reports.audit.verification import verify_record
from reports.settings import StoreSettings
from reports.store.spool import FILE_NAME, read_spool
from reports.store.store import SqlStore
from tests.reports.parts import closed, part
from tests.reports.stores import HandClock, OpenStore, by_action, locked, tamper

RETRY_S = 1.0
HOLD = Event(at=datetime(2026, 3, 2, 6, 5, tzinfo=UTC), kind=EventKind.HOLD, by="Ada")


@contextmanager
def no_room(_: StoreSettings) -> Iterator[None]:
    """No file may grow beyond 20 kB: too little for SQLite's shared memory, enough for a spool."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


Refusal = Callable[[StoreSettings], AbstractContextManager[None]]
REFUSALS: list[Refusal] = [no_room, locked]


@pytest.mark.parametrize("refusal", REFUSALS)
def test_accounted_a_database_that_can_only_be_read_is_started_degraded(
    refusal: Refusal,
    store: SqlStore,
    settings: StoreSettings,
    open_store: OpenStore,
    clock: HandClock,
) -> None:
    store.append(part(1))
    store.append(part(2))
    store.close()
    with refusal(settings):
        store = open_store()
        assert store.health().degraded
        assert not store.health().full
        assert store.health().detail
        assert store.open_inspections() == [part(1), part(2)]
        store.note(HOLD)
        for record in (closed(part(1)), part(3, action=Action.STOP)):
            store.append(record)
        store.close()
        assert len(read_spool(settings.spool)) == 3
        report = verify_record(settings)
        assert (report.intact, report.rows, report.spool.waiting) == (True, 2, 3), "its reader too"

        store = open_store()  # died again, nothing better yet
        assert store.open_inspections() == [part(2), part(3, action=Action.STOP)]
        assert store.recent(5) == [part(3, action=Action.STOP), part(2), closed(part(1))]
        assert by_action(store) == {Action.PASS: 2, Action.STOP: 1}
        assert store.last_event(frozenset(EventKind)) == HOLD
        assert store.health().spooled == 3
        with pytest.raises(StoreError, match="in use by another"):
            open_store()
        store.append(closed(part(2)))
    clock.forward(RETRY_S)
    store.maintain()
    assert not store.health().degraded
    assert store.recent(5) == [part(3, action=Action.STOP), closed(part(2)), closed(part(1))]
    report = verify_record(settings)
    assert report.intact
    assert (report.rows, report.events.rows, report.spool.waiting) == (5, 2, 0)


def test_exactly_once_what_the_database_has_already_is_not_taken_up_twice(
    store: SqlStore, settings: StoreSettings, open_store: OpenStore, clock: HandClock
) -> None:
    """Killed between commit and emptying, and the database is held at the restart."""
    with locked(settings):
        store.append(part(1))
        store.append(closed(part(1)))
        store.note(HOLD)
    waited = (settings.spool / FILE_NAME).read_bytes()
    clock.forward(RETRY_S)
    store.maintain()
    store.close()
    (settings.spool / FILE_NAME).write_bytes(waited)
    with locked(settings):
        store = open_store()
        assert by_action(store) == {Action.PASS: 1}
        assert store.open_inspections() == []
        assert [event.kind for event in store.recent_events(9)] == [EventKind.HOLD, EventKind.RECORD_BEGAN]
    clock.forward(RETRY_S)
    store.maintain()
    assert verify_record(settings).rows == 2


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_spool_that_contradicts_the_database_stops_a_degraded_start_too(
    refusal: Refusal, store: SqlStore, settings: StoreSettings, open_store: OpenStore
) -> None:
    with locked(settings):
        store.append(part(1))
    waited = (settings.spool / FILE_NAME).read_bytes()
    store.close()
    (settings.spool / FILE_NAME).write_bytes(b"")
    store = open_store()
    store.append(part(1, reason="another"))
    store.close()
    (settings.spool / FILE_NAME).write_bytes(waited)
    with refusal(settings), pytest.raises(StoreError, match="contradicts the database"):
        open_store()
    assert (settings.spool / FILE_NAME).read_bytes() == waited


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_schema_that_must_be_brought_up_to_date_first_is_refused(
    refusal: Refusal, store: SqlStore, settings: StoreSettings, open_store: OpenStore
) -> None:
    store.close()
    tamper(settings, "UPDATE alembic_version SET version_num = '0001'")
    with refusal(settings), pytest.raises(StoreError, match="cannot be opened"):
        open_store()


def test_what_cannot_be_read_is_refused(
    store: SqlStore, settings: StoreSettings, open_store: OpenStore
) -> None:
    store.close()
    (settings.folder / "inspections.db").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match="not a database"):
        open_store()


@pytest.mark.skipif(sys.platform == "win32", reason="its error numbers differ")
def test_a_word_for_which_there_is_no_room_is_left_later(
    tmp_path: Path,
    settings: StoreSettings,
    open_store: OpenStore,
    clock: HandClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The spool was just moved to a disk that has room; the record's own has none to say so."""
    elsewhere = settings.model_copy(update={"spool_folder": tmp_path / "elsewhere"})

    def refuse(_: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    open_store().close()
    with monkeypatch.context() as patch:
        patch.setattr("reports.settings.atomic_write", refuse)
        store = open_store(elsewhere)
        assert "No space left" in store.health().detail
        store.append(part(1))
        assert store.health().spooled == 1
    clock.forward(RETRY_S)
    store.maintain()
    assert not store.health().degraded
    assert StoreSettings.of_folder(settings.folder).spool == elsewhere.spool
    store.close()
    with monkeypatch.context() as patch:
        patch.setattr("reports.settings.atomic_write", refuse)
        assert not open_store(elsewhere).health().degraded, "what is said already needs no room"


@pytest.mark.skipif(sys.platform == "win32", reason="its error numbers differ")
def test_a_disk_that_turns_read_only_after_a_start_without_room_does_not_end_the_housekeeping(
    settings: StoreSettings, open_store: OpenStore, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever keeps house knows StoreError alone; anything else would end the station."""
    failure = OSError(errno.ENOSPC, "No space left on device")

    def refuse(_: object) -> None:
        raise failure

    monkeypatch.setattr("reports.pictures.archive.PictureArchive.prepare", refuse)
    store = open_store()
    store.prepare_pictures()
    failure = OSError(errno.EROFS, "Read-only file system")
    clock.forward(RETRY_S)
    with pytest.raises(StoreError, match="Read-only file system"):
        store.retire_pictures()
    store.append(part(1))
