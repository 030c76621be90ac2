"""Archive and record held against each other: nothing missing, nothing swapped, and whom nobody knows."""

import time

from reports.audit.archive_check import IN_FLIGHT_S, ArchiveReport, check_archive
from reports.settings import StoreSettings
from tests.reports.parts import part
from tests.reports.pictures.aged import Archive
from tests.reports.stores import HandClock, OpenStore, locked, picture_file


def checked(settings: StoreSettings, **how: float) -> ArchiveReport:
    late = how.get("late_s", 0.0)
    return check_archive(settings, now_s=lambda: time.time() + late)


def test_missing_swapped_and_orphaned_are_told_apart_and_what_expired_is_none_of_them(
    open_store: OpenStore, settings: StoreSettings
) -> None:
    archive = Archive(open_store, settings, pictures_days=10.0)
    archive.add("passed", days=99)
    archive.sweep()
    whole, missing, swapped, orphan = (
        archive.add(kind, days=1) for kind in ("passed", "held", "passed", "orphan")
    )
    stranger = picture_file(archive.store, orphan)
    assert checked(settings).intact
    picture_file(archive.store, missing).unlink()
    picture_file(archive.store, swapped).write_bytes(picture_file(archive.store, whole).read_bytes())
    report = checked(settings)
    assert not report.intact
    assert (report.pictures.hashed, report.pictures.expired, report.pictures.broken) == (1, 1, 2)
    assert {one.sha256 for one in report.pictures.first_broken} == {missing, swapped}
    assert (report.orphans.files, report.orphans.first) == (1, (stranger,))
    assert report.orphans.bytes == stranger.stat().st_size


def test_a_picture_whose_record_is_under_way_or_in_the_spool_is_no_orphan(
    open_store: OpenStore, settings: StoreSettings, clock: HandClock
) -> None:
    archive = Archive(open_store, settings)
    spooled, alone = archive.add("orphan", days=3), archive.add("orphan", days=3)
    with locked(settings):
        archive.store.append(part(9, pictures=(spooled,)))
    moment = time.time()
    fresh = picture_file(archive.store, alone)
    fresh.touch()
    report = checked(settings)
    assert (report.intact, report.orphans.files, report.orphans.in_flight) == (True, 0, 1)
    late = checked(settings, late_s=IN_FLIGHT_S + moment - fresh.stat().st_mtime + 60)
    assert (late.orphans.files, late.orphans.in_flight) == (1, 0)
