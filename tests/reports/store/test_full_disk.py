"""Promise 1 on real disks: small ones that fill, one that was mounted read only, each holding one thing."""

import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from inspection.errors import StoreError
from reports.audit.verification import verify_record
from reports.settings import StoreSettings
from reports.store.spool import read_spool
from tests.reports.parts import frame, part
from tests.reports.stores import HandClock, OpenStore

RETRY_S = 1.0
Disk = Callable[[str, int], "SmallDisk"]


class SmallDisk:
    """A file system of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._filler = path / "filler"

    def fill(self) -> None:
        """Leave no block free."""
        with self._filler.open("ab", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                return

    def make_room(self) -> None:
        """As it was before."""
        self._filler.unlink()

    def remount(self, how: str) -> None:
        """``ro`` or ``rw``."""
        subprocess.run(["mount", "-o", f"remount,{how}", self.path], check=True, timeout=60.0)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """Mounts small disks below the test's folder."""
    mounted: list[Path] = []

    def mount(name: str, size_kb: int) -> SmallDisk:
        path = tmp_path / name
        path.mkdir(parents=True)
        words = ["mount", "-t", "tmpfs", "-o", f"size={size_kb}k", "passgate-test", str(path)]
        try:
            subprocess.run(words, check=True, capture_output=True, timeout=60.0)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("no small disk can be mounted here")
        mounted.append(path)
        return SmallDisk(path)

    yield mount
    for path in reversed(mounted):
        subprocess.run(["umount", "--lazy", path], check=True, timeout=60.0)


def test_accounted_both_disks_fill_one_after_the_other_and_all_is_drained_when_there_is_room(
    disk: Disk, open_store: OpenStore, clock: HandClock
) -> None:
    its_own, other = disk("record", 4096), disk("spool", 256)
    settings = StoreSettings(folder=its_own.path, spool_folder=other.path, busy_timeout_ms=0)
    store = open_store(settings)
    taken = [part(1)]
    store.append(taken[0])
    its_own.fill()
    while not store.health().degraded:  # its log has some room in it
        taken.append(part(len(taken) + 1))
        store.append(taken[-1])
    assert not store.health().full, "the line goes on"
    assert "full" in store.health().detail
    store.append(part(len(taken) + 1))
    taken.append(part(len(taken) + 1))
    other.fill()
    refused = None
    while refused is None:
        try:
            store.append(part(len(taken) + 1))
            taken.append(part(len(taken) + 1))
        except StoreError as error:
            refused = error
    assert "No space left" in str(refused)
    assert store.health().full, "no part is taken: TriggerReady falls"
    store.close()

    store = open_store(settings)  # killed, and nothing better yet
    assert store.health().degraded
    assert store.open_inspections() == taken
    its_own.make_room()
    for _ in taken:
        clock.forward(RETRY_S)
        store.maintain()
    assert not store.health().degraded
    assert not store.health().full
    report = verify_record(settings)
    assert (report.intact, report.rows, report.spool.waiting) == (True, len(taken), 0)
    store.append(part(len(taken) + 1))


def test_a_spool_whose_disk_is_full_takes_nothing_and_says_so_and_takes_again_when_it_has_room(
    disk: Disk, open_store: OpenStore, tmp_path: Path, clock: HandClock
) -> None:
    other = disk("spool", 64)
    settings = StoreSettings(folder=tmp_path / "record", spool_folder=other.path, busy_timeout_ms=0)
    store = open_store(settings)
    other.fill()
    store.append(part(1))
    assert not store.health().degraded, "while the database takes all, nobody needs the spool"
    aside = settings.folder.rename(tmp_path / "aside")
    with pytest.raises(StoreError, match="No space left"):
        store.append(part(2))
    assert store.health().full
    other.make_room()
    store.append(part(2))
    assert not store.health().full
    aside.rename(settings.folder)
    clock.forward(RETRY_S)
    store.maintain()
    assert verify_record(settings).rows == 2


def test_an_archive_whose_disk_is_full_costs_pictures_and_no_record(
    disk: Disk, open_store: OpenStore, tmp_path: Path
) -> None:
    archive = disk("record/pictures", 2048)
    settings = StoreSettings(folder=tmp_path / "record", busy_timeout_ms=0)
    store = open_store(settings)
    store.prepare_pictures()
    kept = store.archive_picture(frame(1))
    archive.fill()
    with pytest.raises(StoreError, match="No space left"):
        store.archive_picture(frame(2))
    store.append(part(1, pictures=(kept,)))
    store.append(part(2))
    assert not store.health().degraded
    assert not list(archive.path.rglob(".*")), "nothing half-written takes room"
    archive.make_room()
    store.append(part(3, pictures=(store.archive_picture(frame(2)),)))
    report = verify_record(settings, pictures=True)
    assert (report.intact, report.rows, report.pictures_not_kept) == (True, 3, 1)


@pytest.mark.parametrize("killed", [False, True], ids=["closed", "killed"])
def test_accounted_a_disk_that_is_mounted_read_only_at_the_start_is_a_degraded_start(
    disk: Disk, open_store: OpenStore, tmp_path: Path, clock: HandClock, killed: bool
) -> None:
    before = StoreSettings(folder=tmp_path / "before", busy_timeout_ms=0)
    store = open_store(before)
    store.append(part(1))
    if not killed:
        store.close()
    its_own = disk("record", 4096)
    shutil.copytree(before.folder, its_own.path, dirs_exist_ok=True)  # its log too, where it was killed
    settings = StoreSettings(folder=its_own.path, spool_folder=tmp_path / "other", busy_timeout_ms=0)
    its_own.remount("ro")
    store = open_store(settings)
    assert store.health().degraded
    assert store.open_inspections() == [part(1)]
    store.append(part(2))
    assert len(read_spool(settings.spool)) == 1
    with pytest.raises(StoreError, match="in use by another"):
        open_store(settings)
    its_own.remount("rw")
    clock.forward(RETRY_S)
    store.maintain()
    assert not store.health().degraded
    assert verify_record(settings).rows == 2


def test_a_log_that_grew_while_somebody_read_for_long_shrinks_again(
    open_store: OpenStore, settings: StoreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reports.database.sqlite.LOG_LIMIT_BYTES", 100_000)
    store = open_store()
    log = settings.folder / "inspections.db-wal"
    with closing(sqlite3.connect(settings.folder / "inspections.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM inspections").fetchone()
        while log.stat().st_size < 300_000:
            store.append(part(len(store.recent(1000)) + 1))
        reader.execute("COMMIT")
        reader.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    store.append(part(len(store.recent(1000)) + 1))
    assert log.stat().st_size <= 100_000
