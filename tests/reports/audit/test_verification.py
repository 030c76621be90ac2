"""The whole record verified: a noted head in any honest writing, the spool, and every picture that is due."""

import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from inspection.errors import StoreError
from inspection.events import Event, EventKind
from inspection.part import Outcome
from reports.audit.verification import RecordReport, verify_record
from reports.record.chain import LEAST_DIGITS, parse_head
from reports.settings import StoreSettings
from reports.store.spool import FILE_NAME
from reports.store.store import SqlStore
from tests.reports.older import old_record
from tests.reports.parts import START, closed, frame, part
from tests.reports.pictures.aged import NOW, Archive
from tests.reports.postgresql import on_both
from tests.reports.stores import OpenStore, locked, picture_file, tamper

# --- a noted head -----------------------------------------------------------------------------------------


@pytest.fixture
def noted(store: SqlStore, settings: StoreSettings) -> str:
    """The head as it was noted when there were three rows; two came since."""
    for number in (1, 2, 3):
        store.append(part(number))
    head = verify_record(settings).head
    store.append(part(4))
    store.note(Event(at=START, kind=EventKind.HOLD, by="Ann"))
    store.append(part(5))
    return head


@on_both
@pytest.mark.parametrize(
    "written",
    [
        str,
        lambda head: head[:LEAST_DIGITS],
        lambda head: head[:33].upper(),
        lambda head: f"  {head[:16]} {head[16:40]}\n{head[40:]} ",
    ],
)
def test_a_noted_head_is_found_however_it_was_noted(
    noted: str, settings: StoreSettings, written: Callable[[str], str]
) -> None:
    report = verify_record(settings, head=written(noted))
    assert report.intact
    (found,) = report.named_heads
    assert (found.row_hash, found.position) == (noted, 3)
    assert found.digits == len("".join(written(noted).split()))


@on_both
def test_the_head_of_the_events_may_be_noted_too(noted: str, settings: StoreSettings) -> None:
    head = verify_record(settings).events.head
    report = verify_record(settings, head=head[:20])
    assert report.intact
    (found,) = report.named_heads
    assert (found.table, found.position) == ("events", 2)


@pytest.mark.parametrize(
    "head", ["", "0", "0123456789abcde", "x" * 64, "0" * 65, "0" * 64, "0" * 16, "see report of Monday"]
)
def test_what_is_no_head_is_refused_and_never_called_tampering(settings: StoreSettings, head: str) -> None:
    with pytest.raises(StoreError, match="was not checked") as refused:
        parse_head(head)
    assert "broken" not in str(refused.value)
    assert "removed" not in str(refused.value)


@on_both
def test_a_head_that_no_row_has_is_a_break(noted: str, settings: StoreSettings) -> None:
    report = verify_record(settings, head="f" * 64)
    assert not report.intact
    assert "no row has the head ffff" in report.reason


# --- the spool --------------------------------------------------------------------------------------------


@on_both
def test_what_waits_in_the_spool_is_counted_and_follows(store: SqlStore, settings: StoreSettings) -> None:
    store.append(part(1))
    assert verify_record(settings).spool.waiting == 0
    with locked(settings, store):
        store.append(closed(part(1)))
        store.append(part(2))
        store.note(Event(at=START, kind=EventKind.HOLD, by="Ann"))
        store.append(closed(part(2)))
    report = verify_record(settings)
    assert report.intact
    assert (report.rows, report.spool.waiting, report.spool.parts) == (1, 4, 3)


def test_what_was_drained_but_not_yet_emptied_does_not_wait(
    store: SqlStore, settings: StoreSettings, open_store: OpenStore
) -> None:
    with locked(settings, store):
        for number in (1, 2):
            store.append(part(number))
    spool = (settings.spool / FILE_NAME).read_bytes()
    store.close()
    open_store().close()
    (settings.spool / FILE_NAME).write_bytes(spool)
    report = verify_record(settings)
    assert (report.intact, report.rows, report.spool.waiting) == (True, 2, 0)


def test_a_torn_last_line_was_never_acknowledged_and_is_no_break(
    store: SqlStore, settings: StoreSettings
) -> None:
    with locked(settings, store):
        store.append(part(1))
    with (settings.spool / FILE_NAME).open("ab") as file:
        file.write(b"0123456789abcdef {")
    report = verify_record(settings)
    assert (report.intact, report.spool.waiting) == (True, 1)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (
            lambda lines: [lines[0].replace(b'"part_id":1001', b'"part_id":1009'), *lines[1:]],
            "Line 1 .* damaged",
        ),
        (lambda lines: [lines[0], lines[2]], "has no revision before it"),
        (lambda lines: [b"garbage\n", *lines], "Line 1 .* damaged"),
        (lambda lines: [*lines[:-1], lines[-1].replace(b"1003", b"1004", 1)], "last line .* damaged"),
        (lambda lines: [b"garbage\n"], "last line .* damaged"),
    ],
)
def test_a_damaged_spool_is_a_break(
    store: SqlStore,
    settings: StoreSettings,
    damage: Callable[[list[bytes]], list[bytes]],
    said: str,
) -> None:
    with locked(settings, store):
        for record in (part(1), part(2), closed(part(2)), part(3)):
            store.append(record)
    path = settings.spool / FILE_NAME
    path.write_bytes(b"".join(damage(path.read_bytes().splitlines(keepends=True))))
    report = verify_record(settings)
    assert not report.intact
    assert not report.spool.intact
    assert report.reason == report.spool.reason
    assert re.search(said, report.reason)


# --- pictures ---------------------------------------------------------------------------------------------


@pytest.fixture
def archive(open_store: OpenStore, settings: StoreSettings) -> Archive:
    """Four pictures of passed parts."""
    archive = Archive(open_store, settings)
    for days in (4, 3, 2, 1):
        archive.add("passed", days=days)
    return archive


def audited(settings: StoreSettings) -> RecordReport:
    return verify_record(settings, pictures=True)


def hashed(settings: StoreSettings) -> int:
    report = audited(settings)
    assert report.pictures is not None
    return report.pictures.hashed


@on_both
def test_every_picture_is_hashed_where_asked_and_only_there(
    archive: Archive, settings: StoreSettings
) -> None:
    plain = verify_record(settings)
    assert (plain.intact, plain.pictures_checked, plain.pictures) == (True, False, None)
    seen: list[tuple[int, int, int]] = []
    report = verify_record(settings, pictures=True, show=lambda *done: seen.append(done))
    assert (report.intact, report.pictures_checked) == (True, True)
    assert report.pictures is not None
    assert (report.pictures.hashed, report.pictures.expired, report.pictures.broken) == (4, 0, 0)
    size = sum(path.stat().st_size for path in settings.pictures.rglob("*.png"))
    assert report.pictures.hashed_bytes == size
    assert [done[:2] for done in seen] == [(number, 4) for number in (1, 2, 3, 4)]


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda path: path.unlink(), "it is absent, and no deletion is on record"),
        (lambda path: path.write_bytes(path.read_bytes()[:-9]), "it was changed"),
        (lambda path: path.write_bytes(b""), "it was changed"),
        (lambda path: shutil.copyfile(sorted(path.parents[2].rglob("*.png"))[0], path), "it was changed"),
        (lambda path: (path.unlink(), path.mkdir()), "it cannot be read"),
    ],
)
def test_a_picture_that_is_not_what_the_record_says_is_a_break(
    archive: Archive, settings: StoreSettings, harm: Callable[[Path], object], said: str
) -> None:
    shas = sorted(path.stem for path in settings.pictures.rglob("*.png"))
    path = archive.store.picture_path(shas[-1])
    assert path is not None
    harm(path)
    assert verify_record(settings).intact, "the chain alone says nothing of pictures"
    report = audited(settings)
    assert not report.intact
    assert report.pictures is not None
    (broken,) = report.pictures.first_broken
    assert (broken.file, broken.sha256) == (path, shas[-1])
    assert str(path) in report.reason
    assert f"part {broken.part_id}" in report.reason
    assert said in report.reason


@on_both
def test_what_retention_deleted_is_no_break_and_what_a_person_deleted_is(
    open_store: OpenStore, settings: StoreSettings
) -> None:
    archive = Archive(open_store, settings, pictures_days=10.0)
    expired = [archive.add("passed", days=days) for days in (30, 20)]
    kept = archive.add("passed", days=5)
    archive.sweep()
    report = audited(settings)
    assert report.intact
    assert report.pictures is not None
    assert (report.pictures.hashed, report.pictures.expired) == (1, 2)
    picture_file(archive.store, kept).unlink()
    assert not audited(settings).intact
    assert expired


def test_a_picture_used_again_after_it_expired_is_due_again(
    open_store: OpenStore, settings: StoreSettings
) -> None:
    archive = Archive(open_store, settings, pictures_days=10.0)
    sha256 = archive.add("passed", days=30)
    archive.sweep()
    assert not archive.has(sha256)
    archive.store.append(closed(closed(part(1, pictures=(sha256,))), Outcome.HELD))
    assert audited(settings).intact, "a later revision of the same part names it again, and keeps nothing"
    assert archive.store.archive_picture(frame(1)) == sha256
    archive.store.append(part(9, pictures=(sha256,)))
    assert hashed(settings) == 1
    picture_file(archive.store, sha256).unlink()
    report = audited(settings)
    assert not report.intact
    assert "part 1009" in report.reason


def test_one_picture_of_two_parts_is_hashed_once(archive: Archive, settings: StoreSettings) -> None:
    shared = archive.store.archive_picture(frame(1))
    archive.store.append(part(50, pictures=(shared,)))
    assert hashed(settings) == 4


def test_a_picture_that_no_record_names_is_nobodys(archive: Archive, settings: StoreSettings) -> None:
    """Kept, then killed before the part came on record; or a record that was written without its picture."""
    archive.add("orphan", days=1)
    archive.store.append(part(60, pictures=()))
    report = audited(settings)
    assert report.intact
    assert report.pictures is not None
    assert report.pictures.hashed == 4


@on_both
@pytest.mark.parametrize("first_waits", [True, False])
def test_a_late_picture_whose_revision_waits_in_the_spool_is_due_and_those_before_it_are_hashed_once(
    first_waits: bool, archive: Archive, settings: StoreSettings
) -> None:
    """The archive took the second picture only when the part was on record without it."""
    early, late = archive.store.archive_picture(frame(70)), archive.store.archive_picture(frame(71))
    first = part(70, pictures=(early,))
    added = first.model_copy(update={"revision": 1, "pictures": (early, late)})
    if not first_waits:
        archive.store.append(first)
    with locked(settings, archive.store):
        for record in (first, added, closed(added)):
            archive.store.append(record)
    report = audited(settings)
    assert report.pictures is not None
    assert (report.intact, report.pictures.hashed) == (True, 6)
    path = archive.store.picture_path(late)
    assert path is not None
    path.unlink()
    report = audited(settings)
    assert not report.intact
    assert report.pictures is not None
    assert [(broken.sha256, broken.part_id) for broken in report.pictures.first_broken] == [(late, 1070)]


def test_pictures_of_what_waits_in_the_spool_are_due(archive: Archive, settings: StoreSettings) -> None:
    sha256 = archive.store.archive_picture(frame(99))
    with locked(settings, archive.store):
        archive.store.append(part(70, pictures=(sha256,)))
    assert hashed(settings) == 5
    picture_file(archive.store, sha256).unlink()
    report = audited(settings)
    assert not report.intact
    assert "part 1070" in report.reason


@on_both
def test_what_an_older_version_deleted_without_leaving_word_is_said_not_called_broken(
    settings: StoreSettings, open_store: OpenStore
) -> None:
    old_record(settings)
    before = audited(settings)
    store = open_store()
    sha256 = store.archive_picture(frame(1))
    store.append(part(9, pictures=(sha256,)))
    after = audited(settings)
    for report, hashed in ((before, 0), (after, 1)):
        assert report.intact
        assert report.pictures is not None
        assert (report.pictures.absent_before_events, report.pictures.hashed) == (2, hashed)
    picture_file(store, sha256).unlink()
    assert not audited(settings).intact


def test_what_expires_while_it_is_hashed_is_no_break(open_store: OpenStore, settings: StoreSettings) -> None:
    """The station runs on: its sweep comes between the list of what is due and the last file."""
    archive = Archive(open_store, settings, pictures_days=10.0)
    for number in range(3):
        archive.add("passed", days=5 + number)

    def sweep(done: int, *_: int) -> None:
        if done == 1:
            archive.store._now = lambda: NOW + timedelta(days=10)
            archive.sweep()

    report = verify_record(settings, pictures=True, show=sweep)
    assert report.intact
    assert report.pictures is not None
    assert (report.pictures.hashed, report.pictures.expired) == (1, 2)


def test_a_backdated_clock_cannot_hide_a_picture(open_store: OpenStore, settings: StoreSettings) -> None:
    """Expired is what an event behind the row says, by its place in the order and not by the clock."""
    archive = Archive(open_store, settings, pictures_days=10.0)
    sha256 = archive.add("passed", days=30)
    archive.store._now = lambda: datetime(2036, 1, 1, tzinfo=UTC)
    archive.sweep()
    archive.store.archive_picture(frame(1))
    archive.store.append(part(9, pictures=(sha256,)))
    picture_file(archive.store, sha256).unlink()
    assert not audited(settings).intact


@on_both
def test_a_broken_chain_is_said_first_and_pictures_are_not_called_checked(
    archive: Archive, settings: StoreSettings
) -> None:
    tamper(settings, "UPDATE inspection_pictures SET sha256 = '../../../etc/passwd' WHERE position = 1")
    report = audited(settings)
    assert (report.intact, report.pictures_checked, report.broken_at) == (False, False, 1)
