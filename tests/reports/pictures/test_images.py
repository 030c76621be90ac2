"""The picture archive: lossless, whole or absent, kept once; and what retention may delete."""

import hashlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as np_st

from inspection.decision import Action
from inspection.errors import StoreError
from inspection.events import Event, EventKind
from inspection.part import Inspection, Outcome, Picture
from inspection.pictures.decoding.decoding import read_archived, read_picture
from inspection.pictures.decoding.levels import DEEP, BitDepth, to_8_bits, top_level
from inspection.pictures.decoding.png_depth import stated_depth
from reports.pictures.images import PictureArchive, encode
from reports.pictures.retention import RetentionReport
from reports.settings import StoreSettings
from reports.store.pictures import RETIRE_S
from reports.store.store import DRAIN_BATCH, SqlStore
from tests.reports.parts import closed, frame, part
from tests.reports.store.test_degraded import locked

NOW = datetime(2026, 6, 1, tzinfo=UTC)
shapes = st.tuples(st.integers(1, 20), st.integers(1, 20), st.just(3))


@given(np_st.arrays(np.uint8, shapes))
def test_lossless(picture: Picture) -> None:
    decoded = cv2.imdecode(np.frombuffer(encode(picture), np.uint8), cv2.IMREAD_COLOR)
    assert np.array_equal(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), picture)


@given(st.sampled_from(DEEP), st.booleans(), st.data())
def test_a_picture_above_8_bits_is_kept_at_its_depth(
    bit_depth: BitDepth, grey: bool, data: st.DataObject
) -> None:
    levels = st.integers(0, top_level(bit_depth))
    shape = st.tuples(st.integers(1, 20), st.integers(1, 20), st.just(1 if grey else 3))
    drawn = data.draw(np_st.arrays(np.uint16, shape, elements=levels))
    picture = np.dstack([drawn] * 3) if grey else drawn
    with TemporaryDirectory() as folder:
        path = Path(folder) / "kept.png"
        path.write_bytes(encode(picture, bit_depth=bit_depth))
        assert np.array_equal(read_picture(path, bit_depth=bit_depth), picture)
        assert np.array_equal(read_archived(path), to_8_bits(picture, bit_depth=bit_depth))


def test_a_frame_above_8_bits_comes_back_identical_and_verified(
    store: SqlStore, settings: StoreSettings
) -> None:
    levels = np.random.default_rng(1).integers(0, 4096, (48, 64, 3), np.uint16)
    deep = replace(frame(1), picture=levels, bit_depth=12)
    sha256 = store.archive_picture(deep)
    path = store.picture_path(sha256)
    assert path is not None
    assert stated_depth(path.read_bytes()) == 12
    assert np.array_equal(read_picture(path, bit_depth=12), levels)
    archive = PictureArchive(settings.pictures)
    assert archive.verify(sha256)
    damaged = bytearray(path.read_bytes())
    damaged[-30] ^= 1
    path.write_bytes(damaged)
    assert not archive.verify(sha256)


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3)),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_what_is_no_picture_is_refused(picture: Picture) -> None:
    with pytest.raises(StoreError, match="cannot be archived"):
        encode(picture)


def test_kept_once_under_the_hash_of_its_bytes(store: SqlStore, settings: StoreSettings) -> None:
    sha256 = store.archive_picture(frame(1))
    assert store.archive_picture(frame(1)) == sha256
    assert store.archive_picture(frame(2)) != sha256
    path = store.picture_path(sha256)
    assert path == settings.pictures / sha256[:2] / sha256[2:4] / f"{sha256}.png"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256
    assert len(list(settings.pictures.rglob("*.*"))) == 2
    assert store.picture_path("0" * 64) is None


def test_nobody_reaches_beyond_the_archive(store: SqlStore) -> None:
    for name in ("../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n"):
        with pytest.raises(ValueError, match="not a SHA-256"):
            store.picture_path(name)


def test_verify_finds_changed_and_missing_pictures(tmp_path: Path) -> None:
    archive = PictureArchive(tmp_path)
    sha256 = archive.keep(frame(1))
    assert archive.verify(sha256)
    assert not archive.verify("0" * 64)
    path = archive.path(sha256)
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    assert not archive.verify(sha256)


def test_a_half_written_picture_never_gets_its_name(tmp_path: Path, monkeypatch) -> None:
    def broken(_: int) -> None:
        raise OSError("no space left on device")

    archive = PictureArchive(tmp_path)
    archive.prepare()
    with monkeypatch.context() as patch:
        patch.setattr("reports.pictures.images.os.fsync", broken)
        with pytest.raises(StoreError, match="no space left"):
            archive.keep(frame(1))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    archive.path(archive.keep(frame(1))).write_bytes(b"cut short")
    assert archive.verify(archive.keep(frame(1))), "a damaged picture is written anew when it comes again"


# --- retention --------------------------------------------------------------------------------------------

HISTORY: dict[str, Callable[[Inspection], list[Inspection]]] = {
    "passed": lambda intent: [intent, closed(intent)],
    "open": lambda intent: [intent],
    "unconfirmed": lambda intent: [intent, closed(intent, Outcome.UNCONFIRMED)],
    "rejected": lambda intent: [intent, closed(intent, Outcome.DEFAULT_REJECTED)],
    "held": lambda intent: [intent, closed(intent, Outcome.HELD)],
}


class Archive:
    """A store with one picture a part, aged at will."""

    def __init__(self, open_store, settings: StoreSettings, **limits: object) -> None:
        self.store: SqlStore = open_store(settings.model_copy(update=limits))
        self.store._now = lambda: NOW
        self.parts = 0

    def add(self, kind: str, *, days: float) -> str:
        self.parts += 1
        sha256 = self.store.archive_picture(frame(self.parts))
        if kind != "orphan":
            action = Action.MANUAL_REVIEW if kind == "held" else Action.PASS
            for record in HISTORY[kind](part(self.parts, action=action, pictures=(sha256,))):
                self.store.append(record)
        moment = (NOW - timedelta(days=days)).timestamp()
        path = self.store.picture_path(sha256)
        assert path is not None
        os.utime(path, (moment, moment))
        return sha256

    def sweep(self) -> RetentionReport:
        self.store.maintain()
        self.store.retire_pictures(units=1)
        report = self.store.retire_pictures(units=10_000)
        assert report is not None
        return report

    def has(self, sha256: str) -> bool:
        return self.store.picture_path(sha256) is not None


def test_by_room_the_oldest_passed_go_first_and_no_more_than_needed(open_store, settings) -> None:
    archive = Archive(open_store, settings, pictures_max_bytes=30_000)
    held, unaccounted = archive.add("held", days=300), archive.add("open", days=900)
    passed = [archive.add("passed", days=days) for days in (1, 3, 2)]
    size = archive.store.picture_path(held).stat().st_size
    assert 9_000 < size < 10_000
    report = archive.sweep()
    assert [archive.has(sha256) for sha256 in passed] == [True, False, False]
    assert archive.has(held)
    assert archive.has(unaccounted)
    assert (report.kept_files, report.deleted_files, report.over_limit) == (3, 2, False)


def test_by_age(open_store, settings) -> None:
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


def test_protected_pictures_stay_though_there_is_no_room(open_store, settings) -> None:
    archive = Archive(open_store, settings, pictures_max_bytes=0)
    kept = [archive.add("held", days=364), archive.add("open", days=9999)]
    archive.add("passed", days=0)
    archive.add("held", days=366)
    report = archive.sweep()
    assert (report.kept_files, report.over_limit) == (2, True)
    assert all(map(archive.has, kept))


def test_one_picture_of_two_parts_is_as_protected_as_the_stricter(open_store, settings) -> None:
    archive = Archive(open_store, settings, pictures_max_bytes=0)
    shared = archive.add("passed", days=5)
    archive.store.append(part(77, pictures=(shared,)))
    archive.sweep()
    assert archive.has(shared)


def test_the_work_of_a_call_is_bounded(open_store, settings) -> None:
    archive = Archive(open_store, settings, pictures_max_bytes=0)
    passed = [archive.add("passed", days=days) for days in range(1, 6)]
    left = []
    while any(map(archive.has, passed)):
        archive.store.retire_pictures(units=1)
        left.append(sum(map(archive.has, passed)))
    assert all(before - after <= 1 for before, after in pairwise(left))


def test_without_the_database_nothing_is_deleted(open_store, settings) -> None:
    archive = Archive(open_store, settings, pictures_max_bytes=0)
    passed = archive.add("passed", days=5)
    database = settings.folder / "inspections.db"
    database.rename(database.with_suffix(".aside"))
    for _ in range(3):
        archive.store.retire_pictures(units=1000)
    assert archive.has(passed)
    assert archive.store.health().degraded


def test_only_the_records_own_thread_touches_the_database_while_old_pictures_go(
    open_store, settings, monkeypatch
) -> None:
    archive = Archive(open_store, settings, pictures_max_bytes=0)
    passed = archive.add("passed", days=5)
    touched_by: set[str] = set()
    for name in ("read", "append"):
        touch = getattr(archive.store._database, name)

        def watched(*args: object, touch: Callable[..., object] = touch) -> object:
            touched_by.add(threading.current_thread().name)
            return touch(*args)

        monkeypatch.setattr(archive.store._database, name, watched)
    with ThreadPoolExecutor(1, thread_name_prefix="record") as record:
        for _ in range(2):
            archive.store.retire_pictures(lambda call: record.submit(call).result(10.0), units=10_000)
        assert not archive.has(passed)
        assert expired(archive.store) == [passed]
    assert touched_by == {"record_0"}


def test_on_a_slow_disk_a_call_ends_early_so_that_no_picture_waits_for_it(open_store, settings) -> None:
    archive = Archive(open_store, settings, pictures_max_bytes=0)
    passed = [archive.add("passed", days=days) for days in range(1, 6)]
    clock = archive.store._pictures._monotonic_ns

    def slow() -> int:
        clock.forward(RETIRE_S)  # type: ignore[attr-defined]
        return clock()

    archive.store._pictures._monotonic_ns = slow
    left = [len(passed)]
    while left[-1]:
        archive.store.retire_pictures(units=10_000)
        left.append(sum(map(archive.has, passed)))
    assert all(before - after <= 2 for before, after in pairwise(left))


def test_what_a_crash_left_half_written_goes_after_a_day(open_store, settings) -> None:
    archive = Archive(open_store, settings)
    folder = archive.store.picture_path(archive.add("passed", days=0)).parent
    for name, hours in ((".old.part", 25), (".new.part", 1)):
        (folder / name).touch()
        moment = (NOW - timedelta(hours=hours)).timestamp()
        os.utime(folder / name, (moment, moment))
    archive.sweep()
    assert {path.name for path in folder.iterdir() if path.suffix == ".part"} == {".new.part"}


def expired(store: SqlStore) -> list[str]:
    """SHA-256 named by the events, oldest first."""
    events = [event for event in store.recent_events(200) if event.kind is EventKind.PICTURES_EXPIRED]
    return [sha256 for event in reversed(events) for sha256 in event.subjects]


def test_what_expires_is_on_record_before_it_goes(open_store, settings, monkeypatch) -> None:
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


def test_a_picture_used_again_while_it_is_about_to_go_stays(open_store, settings) -> None:
    archive = Archive(open_store, settings, pictures_max_bytes=0)
    passed = archive.add("passed", days=5)
    while not expired(archive.store):
        archive.store.retire_pictures(units=1)
    assert archive.has(passed)
    assert archive.store.archive_picture(frame(1)) == passed
    archive.store.append(part(9, pictures=(passed,)))
    archive.sweep()
    assert archive.has(passed)


def test_what_was_used_again_before_the_event_is_not_named(open_store, settings) -> None:
    archive = Archive(open_store, settings, pictures_max_bytes=0)
    passed = [archive.add("passed", days=days) for days in (5, 4)]
    looked_up: list[str] = []
    standing_of = archive.store._pictures._retention._standing_of

    def used_again(sha256: str) -> object:
        found = standing_of(sha256)
        looked_up.append(sha256)
        if sha256 == passed[1]:
            archive.store.archive_picture(frame(2))
        return found

    archive.store._pictures._retention._standing_of = used_again  # type: ignore[assignment]
    archive.sweep()
    assert looked_up == passed
    assert expired(archive.store) == [passed[0]]
    assert archive.has(passed[1])


def test_many_expire_in_batches(open_store, settings, monkeypatch) -> None:
    monkeypatch.setattr("reports.pictures.retention.BATCH", 2)
    archive = Archive(open_store, settings, pictures_max_bytes=0)
    passed = [archive.add("passed", days=days) for days in (5, 4, 3, 2, 1)]
    report = archive.sweep()
    events = [event for event in archive.store.recent_events(9) if event.kind is EventKind.PICTURES_EXPIRED]
    assert [len(event.subjects) for event in events] == [1, 2, 2]
    assert expired(archive.store) == passed
    assert (report.deleted_files, report.kept_files, report.kept_bytes) == (5, 0, 0)
    assert all(isinstance(event, Event) and event.by == "retention" for event in events)


def test_nothing_is_deleted_while_records_wait_in_the_spool(open_store, settings) -> None:
    """The part that protects a picture may be among them."""
    archive = Archive(open_store, settings, pictures_max_bytes=0)
    shared = archive.add("passed", days=5)
    archive.store.retire_pictures(units=1)
    with locked(settings, archive.store):
        for number in range(100, 100 + DRAIN_BATCH):
            archive.store.append(part(number))
        archive.store.append(part(99, pictures=(shared,)))
    archive.store._retry_ns = 0
    archive.store.maintain()
    archive.store.retire_pictures(units=10_000)
    assert archive.store.health().spooled == 1
    assert archive.has(shared)
    archive.sweep()
    assert archive.store.health().spooled == 0
    assert archive.has(shared)
