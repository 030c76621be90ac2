"""A backup while the line runs: consistent, proven, whole or absent; and a record made of it that says so."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inspection.errors import StoreError
from inspection.events import EventKind
from reports.audit.verification import verify_record
from reports.backups import copying
from reports.backups.copying import Pace
from reports.backups.making import Backup, make_backup
from reports.backups.manifest import FILE_NAME, read_manifest
from reports.backups.places import ABANDONED_S
from reports.backups.restoring import Restored, restore
from reports.record.entry import digest
from reports.settings import StoreSettings
from reports.store.store import SqlStore
from tests.reports.older import WITHOUT_EVENTS, old_record
from tests.reports.parts import closed, frame, part
from tests.reports.pictures.aged import Archive, expired
from tests.reports.stores import OpenStore, is_whole, locked, outside, tamper


class Beside(Pace):
    """Whenever the copying rests, the station does something."""

    def __init__(self, done: Callable[[], None]) -> None:
        super().__init__(sleep=lambda _: done())


def backed_up(
    settings: StoreSettings, out: Path, beside: Callable[[], None] = lambda: None, **how: bool
) -> Backup:
    pictures = how.get("pictures", False)
    return make_backup(settings, out, by="maria", pictures=pictures, pace=Beside(beside))


def restored(backup: Path, to: Path) -> Restored:
    return restore(backup, to, by="jens")


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "STEP_PAGES", 8)


def test_accounted_what_is_written_meanwhile_neither_spoils_the_copy_nor_waits_for_it(
    store: SqlStore, settings: StoreSettings, tmp_path: Path, small_steps: None
) -> None:
    for number in range(1, 21):
        store.append(part(number))
    numbers = iter(range(21, 999))
    made = backed_up(settings, tmp_path / "copy", lambda: store.append(part(next(numbers))))
    assert next(numbers) > 25, "it was written to in many steps"
    assert not store.health().degraded
    assert (made.manifest.rows, made.manifest.intact) == (20, True)
    copy = verify_record(StoreSettings(folder=made.folder))
    assert (copy.intact, copy.rows, copy.head) == (True, 20, made.manifest.head)
    live = verify_record(settings, head=made.manifest.head)
    (found,) = live.named_heads
    assert found.position == 20


def test_accounted_what_waits_in_the_spool_is_in_it_and_in_the_restored_record(
    store: SqlStore, settings: StoreSettings, tmp_path: Path
) -> None:
    store.append(part(1))
    with locked(settings):
        store.append(closed(part(1)))
        store.append(part(2))
    made = backed_up(settings, tmp_path / "copy")
    assert (made.manifest.rows, made.manifest.waiting) == (1, 2)
    done = restored(made.folder, tmp_path / "new")
    assert (done.rows, done.intact) == (3, True)
    again = SqlStore(StoreSettings(folder=tmp_path / "new"))
    again.open()
    assert again.open_inspections() == [part(2)]
    newest, *_ = again.recent_events(9)
    assert (newest.kind, newest.by) == (EventKind.RECORD_RESTORED, "jens")
    assert made.manifest.head in newest.detail
    again.append(part(3))
    again.close()
    assert verify_record(StoreSettings(folder=tmp_path / "new"), head=made.manifest.head).intact


def test_pictures_come_with_it_and_keep_their_age_and_what_comes_again_takes_no_room(
    open_store: OpenStore, settings: StoreSettings, tmp_path: Path
) -> None:
    archive = Archive(open_store, settings, pictures_days=10.0)
    gone, old = archive.add("passed", days=99), archive.add("passed", days=9)
    archive.sweep()
    assert expired(archive.store) == [gone]
    came: list[str] = []

    def meanwhile() -> None:
        if not came:
            came.append(archive.add("passed", days=0))

    (tmp_path / "all").mkdir()
    first = backed_up(settings, tmp_path / "all", meanwhile, pictures=True)
    assert first.folder.parent == tmp_path / "all"
    assert first.manifest.intact, first.manifest.reason
    assert first.manifest.pictures is not None
    assert first.manifest.pictures.files == 2
    second = backed_up(settings, tmp_path / "second" / "named", pictures=True)
    assert second.linked == 0
    third = backed_up(settings, tmp_path / "second" / "later", pictures=True)
    assert third.linked == 2
    new = StoreSettings(folder=tmp_path / "new")
    assert restored(third.folder, new.folder).intact
    copies = [new.pictures / sha256[:2] / sha256[2:4] / f"{sha256}.png" for sha256 in (old, *came)]
    assert all(map(is_whole, copies))
    lives = archive.store.picture_path(old)
    assert lives is not None
    assert copies[0].stat().st_mtime == lives.stat().st_mtime
    assert copies[0].stat().st_nlink == 1, "retention may touch it"


def test_a_swapped_picture_is_told_when_it_is_backed_up_and_when_it_is_restored(
    store: SqlStore, settings: StoreSettings, tmp_path: Path
) -> None:
    sha256 = store.archive_picture(frame(1))
    store.append(part(1, pictures=(sha256,)))
    path = store.picture_path(sha256)
    assert path is not None
    path.write_bytes(b"another")
    made = backed_up(settings, tmp_path / "copy", pictures=True)
    assert not made.manifest.intact
    assert str(made.folder) in made.manifest.reason
    done = restored(made.folder, tmp_path / "new")
    assert (done.intact, done.rows) == (False, 1)
    assert str(done.folder) in done.reason


def test_a_broken_record_is_backed_up_as_it_is_and_says_so(
    store: SqlStore, settings: StoreSettings, tmp_path: Path
) -> None:
    store.append(part(1))
    store.append(part(2))
    tamper(settings, "UPDATE inspections SET part_id = 5 WHERE position = 2")
    made = backed_up(settings, tmp_path / "copy")
    assert (made.manifest.intact, made.manifest.rows) == (False, 1)
    assert not restored(made.folder, tmp_path / "new").intact


def test_an_older_record_is_backed_up_untouched_and_restored_up_to_date(
    settings: StoreSettings, tmp_path: Path
) -> None:
    old_record(settings, WITHOUT_EVENTS)
    made = backed_up(settings, tmp_path / "copy")
    assert (made.manifest.database_schema, made.manifest.rows) == ("0001", 5)
    done = restored(made.folder, tmp_path / "new")
    assert (done.intact, done.rows, done.events) == (True, 5, 2)


# --- what is refused, and leaves nothing ------------------------------------------------------------------


@pytest.fixture(scope="module")
def one_made(tmp_path_factory: pytest.TempPathFactory) -> Backup:
    folder = tmp_path_factory.mktemp("made")
    settings = StoreSettings(folder=folder / "record")
    store = SqlStore(settings)
    store.open()
    store.append(part(1, pictures=(store.archive_picture(frame(1)),)))
    store.close()
    return backed_up(settings, folder / "copy", pictures=True)


@pytest.fixture
def made(one_made: Backup, tmp_path: Path) -> Path:
    return shutil.copytree(one_made.folder, tmp_path / "copy")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def changed(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def said_otherwise(path: Path, **what: object) -> None:
    """A manifest that another Passgate could have written."""
    said = json.loads(path.read_text(encoding="utf-8"))["manifest"] | what
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    path.write_text(json.dumps({"manifest": said, "sha256": digest(canonical)}), encoding="utf-8")


HARM: dict[str, tuple[Callable[[Path], None], str]] = {
    "no backup": (lambda folder: (folder / FILE_NAME).unlink(), "no whole backup"),
    "manifest cut": (lambda folder: cut(folder / FILE_NAME), "cut short"),
    "manifest changed": (lambda folder: changed(folder / FILE_NAME), "was changed"),
    "database cut": (lambda folder: cut(folder / "inspections.db"), "cut short"),
    "database changed": (lambda folder: changed(folder / "inspections.db"), "was changed"),
    "spool gone": (lambda folder: (folder / "spool" / "spool.jsonl").unlink(), "is gone"),
    "picture gone": (lambda folder: next(folder.rglob("*.png")).unlink(), "holds 0 of 1 pictures"),
    "picture changed": (lambda folder: changed(next(folder.rglob("*.png"))), "does not verify"),
    "newer format": (lambda folder: said_otherwise(folder / FILE_NAME, format=2), "newer Passgate"),
    "newer tables": (
        lambda folder: said_otherwise(folder / FILE_NAME, database_schema="9999", program="7.1"),
        r"newer Passgate \(7.1\)",
    ),
}


@pytest.mark.parametrize("harm", HARM)
def test_a_backup_that_is_not_as_it_was_made_is_refused_in_words(
    made: Path, tmp_path: Path, harm: str
) -> None:
    do, words = HARM[harm]
    do(made)
    with pytest.raises(StoreError, match=words):
        restored(made, tmp_path / "new")
    assert not (tmp_path / "new").exists()
    assert not list(tmp_path.glob(".*"))


def test_never_over_a_record(made: Path, store: SqlStore, settings: StoreSettings) -> None:
    before = (settings.folder / "inspections.db").read_bytes()
    with pytest.raises(StoreError, match="never restored over"):
        restored(made, settings.folder)
    assert (settings.folder / "inspections.db").read_bytes() == before
    with pytest.raises(StoreError, match="there already"):
        backed_up(settings, made / FILE_NAME)


@pytest.fixture
def nothing_left(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "backups"
    place.mkdir()
    yield place
    assert list(place.iterdir()) == []


def test_without_room_it_does_not_begin(
    store: SqlStore, settings: StoreSettings, nothing_left: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reports.backups.places.RESERVE_BYTES", 1 << 60)
    with pytest.raises(StoreError, match=r"are needed, and the disk of .* free"):
        backed_up(settings, nothing_left)


def test_a_disk_that_fills_leaves_no_half_backup(
    store: SqlStore, settings: StoreSettings, nothing_left: Path
) -> None:
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(StoreError, match="cannot be written"):
            backed_up(settings, nothing_left)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_station_that_writes_faster_than_its_copy_ends_it_before_the_log_fills_the_disk(
    store: SqlStore,
    settings: StoreSettings,
    nothing_left: Path,
    monkeypatch: pytest.MonkeyPatch,
    small_steps: None,
) -> None:
    monkeypatch.setattr(copying, "MOST_LOG_BYTES", 200_000)
    numbers = iter(range(1, 999))
    for _ in range(20):
        store.append(part(next(numbers)))
    with outside(settings) as other:
        other.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    real, looks = copying._size, 0

    def busy(path: Path) -> int:
        nonlocal looks
        looks += 1
        for _ in range(4):
            store.append(part(next(numbers)))
        return real(path)

    monkeypatch.setattr(copying, "_size", busy)
    with pytest.raises(StoreError, match="writes faster"):
        backed_up(settings, nothing_left)
    assert looks > 2
    assert not store.health().degraded


def test_what_somebody_who_was_killed_left_goes_after_a_day(
    store: SqlStore, settings: StoreSettings, tmp_path: Path
) -> None:
    place = tmp_path / "backups"
    for name, age_s in ((".old.01234567.part", ABANDONED_S + 60), (".new.01234567.part", 60.0)):
        (place / name).mkdir(parents=True)
        then = time.time() - age_s
        os.utime(place / name, (then, then))
    backed_up(settings, place)
    assert [path.name for path in place.glob(".*")] == [".new.01234567.part"]


def test_a_server_is_left_to_its_own_tools_and_no_password_is_shown(
    settings: StoreSettings, tmp_path: Path
) -> None:
    url = "postgresql+psycopg://passgate:secret@db.plant/line 4"
    on_server = settings.model_copy(update={"database_url": url})
    with pytest.raises(StoreError, match="pg_dump --format=custom") as refused:
        backed_up(on_server, tmp_path / "copy")
    assert "postgresql://passgate@db.plant/line" in str(refused.value)
    assert "secret" not in str(refused.value)
    assert str(settings.spool) in str(refused.value)


def test_a_manifest_says_who_made_it_of_what_and_when(one_made: Backup) -> None:
    said = read_manifest(one_made.folder)
    assert said == one_made.manifest
    assert (said.by, said.rows, said.events, said.waiting) == ("maria", 1, 1, 0)
    assert said.source.endswith(str(one_made.folder.parent / "record"))
