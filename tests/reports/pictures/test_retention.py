"""Which pictures go, and when: what must be looked at stays, and what goes is on record first."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

import pytest

from inspection.events import Event, EventKind
from reports.pictures.keeping import RETIRE_S
from reports.pictures.retention import Standing
from reports.settings import StoreSettings
from reports.store.way_to_disk import DRAIN_BATCH
from tests.reports.parts import frame, part
from tests.reports.pictures.aged import NOW, Archive, expired
from tests.reports.stores import HandClock, OpenStore, locked, picture_file


def test_by_room_the_oldest_passed_go_first_and_no_more_than_needed(
    open_store: OpenStore, settings: StoreSettings
) -> None:
    archive = Archive(open_store, settings, pictures_max_bytes=30_000)
    held, unaccounted = archive.add("held", days=300), archive.add("open", days=900)
    passed = [archive.add("passed", days=days) for days in (1, 3, 2)]
    size = picture_file(archive.store, held).stat().st_size
    assert 9_000 < size < 10_000
    report = archive.sweep()
    assert [archive.has(sha256) for sha256 in passed] == [True, False, False]
    assert archive.has(held)
    assert archive.has(unaccounted)
    assert (report.kept_files, report.deleted_files, report.over_limit) == (3, 2, False)


def test_by_age(open_store: OpenStore, settings: StoreSettings) -> None:
    archive = Archive(open_store, settings, pictures_days=10.0, held_pictures_days=100.0)
    kept = [
        archive.add("passed", days=9),
        archive.add("held", days=99),
        archive.add("rejected", days=99),
        archive.add("orphan", days=99),
        archive.add("open", days=1000),
        archive.add("unconfirmed", days=1000),
    ]
    gone = [archive.add(kind, days=101) for kind in ("passed", "held", "rejected", "orphan")]
    archive.sweep()
    assert all(map(archive.has, kept))
    assert not any(map(archive.has, gone))


def test_protected_pictures_stay_though_there_is_no_room(
    open_store: OpenStore, settings: StoreSettings
) -> None:
    archive = Archive(open_store, settings, pictures_max_bytes=0)
    kept = [archive.add("held", days=364), archive.add("open", days=9999)]
    archive.add("passed", days=0)
    archive.add("held", days=366)
    report = archive.sweep()
    assert (report.kept_files, report.over_limit) == (2, True)
    assert all(map(archive.has, kept))


def test_one_picture_of_two_parts_is_as_protected_as_the_stricter(
    open_store: OpenStore, settings: StoreSettings
) -> None:
    archive = Archive(open_store, settings, pictures_max_bytes=0)
    shared = archive.add("passed", days=5)
    archive.store.append(part(77, pictures=(shared,)))
    archive.sweep()
    assert archive.has(shared)


def test_the_work_of_a_call_is_bounded(open_store: OpenStore, settings: StoreSettings) -> None:
    archive = Archive(open_store, settings, pictures_max_bytes=0)
    passed = [archive.add("passed", days=days) for days in range(1, 6)]
    left = []
    while any(map(archive.has, passed)):
        archive.store.retire_pictures(units=1)
        left.append(sum(map(archive.has, passed)))
    assert all(before - after <= 1 for before, after in pairwise(left))


def test_without_the_database_nothing_is_deleted(open_store: OpenStore, settings: StoreSettings) -> None:
    archive = Archive(open_store, settings, pictures_max_bytes=0)
    passed = archive.add("passed", days=5)
    database = settings.folder / "inspections.db"
    database.rename(database.with_suffix(".aside"))
    for _ in range(3):
        archive.store.retire_pictures(units=1000)
    assert archive.has(passed)
    assert archive.store.health().degraded


def test_only_the_records_own_thread_touches_the_database_while_old_pictures_go(
    open_store: OpenStore, settings: StoreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = Archive(open_store, settings, pictures_max_bytes=0)
    passed = archive.add("passed", days=5)
    touched_by: set[str] = set()
    for name in ("read", "append"):
        touch = getattr(archive.store._way.database, name)

        def watched(*args: object, touch: Callable[..., object] = touch) -> object:
            touched_by.add(threading.current_thread().name)
            return touch(*args)

        monkeypatch.setattr(archive.store._way.database, name, watched)
    with ThreadPoolExecutor(1, thread_name_prefix="record") as record:
        for _ in range(2):
            archive.store.retire_pictures(lambda call: record.submit(call).result(10.0), units=10_000)
        assert not archive.has(passed)
        assert expired(archive.store) == [passed]
    assert touched_by == {"record_0"}


def test_on_a_slow_disk_a_call_ends_early_so_that_no_picture_waits_for_it(
    open_store: OpenStore, settings: StoreSettings, clock: HandClock
) -> None:
    archive = Archive(open_store, settings, pictures_max_bytes=0)
    passed = [archive.add("passed", days=days) for days in range(1, 6)]

    def slow() -> int:
        clock.forward(RETIRE_S)
        return clock()

    archive.store._pictures._monotonic_ns = slow
    left = [len(passed)]
    while left[-1]:
        archive.store.retire_pictures(units=10_000)
        left.append(sum(map(archive.has, passed)))
    assert all(before - after <= 2 for before, after in pairwise(left))


def test_what_a_crash_left_half_written_goes_after_a_day(
    open_store: OpenStore, settings: StoreSettings
) -> None:
    archive = Archive(open_store, settings)
    folder = picture_file(archive.store, archive.add("passed", days=0)).parent
    for name, hours in ((".old.part", 25), (".new.part", 1)):
        (folder / name).touch()
        moment = (NOW - timedelta(hours=hours)).timestamp()
        os.utime(folder / name, (moment, moment))
    archive.sweep()
    assert {path.name for path in folder.iterdir() if path.suffix == ".part"} == {".new.part"}


def test_what_expires_is_on_record_before_it_goes(
    open_store: OpenStore, settings: StoreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed at the first file that is deleted: its name, and the others of the batch, are on record."""

    class Killed(BaseException):
        """The process ends here."""

    def kill(*_: object, **__: object) -> None:
        raise Killed

    archive = Archive(open_store, settings, pictures_max_bytes=0)
    kept = archive.add("held", days=5)
    passed = [archive.add("passed", days=days) for days in (3, 2, 1)]
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.unlink", kill)
        with pytest.raises(Killed):
            archive.sweep()
    archive.store.close()
    assert all(map(archive.has, passed))
    archive = Archive(open_store, settings, pictures_max_bytes=0)
    assert expired(archive.store) == passed
    archive.sweep()
    assert not any(map(archive.has, passed))
    assert archive.has(kept)
    assert set(expired(archive.store)) == set(passed)


def test_a_picture_used_again_while_it_is_about_to_go_stays(
    open_store: OpenStore, settings: StoreSettings
) -> None:
    archive = Archive(open_store, settings, pictures_max_bytes=0)
    passed = archive.add("passed", days=5)
    while not expired(archive.store):
        archive.store.retire_pictures(units=1)
    assert archive.has(passed)
    assert archive.store.archive_picture(frame(1)) == passed
    archive.store.append(part(9, pictures=(passed,)))
    archive.sweep()
    assert archive.has(passed)


def test_what_was_used_again_before_the_event_is_not_named(
    open_store: OpenStore, settings: StoreSettings
) -> None:
    archive = Archive(open_store, settings, pictures_max_bytes=0)
    passed = [archive.add("passed", days=days) for days in (5, 4)]
    looked_up: list[str] = []
    standing_of = archive.store._pictures._retention._standing_of

    def used_again(sha256: str) -> Standing:
        found = standing_of(sha256)
        looked_up.append(sha256)
        if sha256 == passed[1]:
            archive.store.archive_picture(frame(2))
        return found

    archive.store._pictures._retention._standing_of = used_again
    archive.sweep()
    assert looked_up == passed
    assert expired(archive.store) == [passed[0]]
    assert archive.has(passed[1])


def test_many_expire_in_batches(
    open_store: OpenStore, settings: StoreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reports.pictures.retention.BATCH", 2)
    archive = Archive(open_store, settings, pictures_max_bytes=0)
    passed = [archive.add("passed", days=days) for days in (5, 4, 3, 2, 1)]
    report = archive.sweep()
    events = [event for event in archive.store.recent_events(9) if event.kind is EventKind.PICTURES_EXPIRED]
    assert [len(event.subjects) for event in events] == [1, 2, 2]
    assert expired(archive.store) == passed
    assert (report.deleted_files, report.kept_files, report.kept_bytes) == (5, 0, 0)
    assert all(isinstance(event, Event) and event.by == "retention" for event in events)


def test_nothing_is_deleted_while_records_wait_in_the_spool(
    open_store: OpenStore, settings: StoreSettings
) -> None:
    """The part that protects a picture may be among them."""
    archive = Archive(open_store, settings, pictures_max_bytes=0)
    shared = archive.add("passed", days=5)
    archive.store.retire_pictures(units=1)
    with locked(settings, archive.store):
        for number in range(100, 100 + DRAIN_BATCH):
            archive.store.append(part(number))
        archive.store.append(part(99, pictures=(shared,)))
    archive.store._way._retry_ns = 0
    archive.store.maintain()
    archive.store.retire_pictures(units=10_000)
    assert archive.store.health().spooled == 1
    assert archive.has(shared)
    archive.sweep()
    assert archive.store.health().spooled == 0
    assert archive.has(shared)
