"""What a person must still be able to look at stays, whatever the room; people are told when that is all."""

from collections import namedtuple
from datetime import datetime, timedelta

import pytest

from inspection.errors import StoreError
from inspection.events import Event, EventKind
from inspection.messages.codes import Code
from inspection.reviews.review import Answer, Review, Verdict
from reports.record.chain import GENESIS
from reports.record.reviews.on_record import put_review
from reports.record.signatures.on_record import put_shift
from reports.record.signatures.table import ClosedShift, sha256_of
from reports.settings import StoreSettings
from tests.reports.parts import START
from tests.reports.pictures.aged import Archive
from tests.reports.postgresql import on_both
from tests.reports.stores import OpenStore, outside

PICTURE = 9_400
"""About the bytes of one."""
BEFORE, OF_THE_PARTS, AFTER = (START + timedelta(hours=hours) for hours in (-8, 0, 8))
"""When the shifts of a day begin; the parts are seen in the middle one."""


def sign(settings: StoreSettings, begin: datetime) -> None:
    """A shift's figures stand, with somebody's name below them."""
    shift = ClosedShift(
        name=f"{begin:%H:%M}",
        day=begin.date(),
        started_at=begin,
        ended_at=begin + timedelta(hours=8),
        zone="UTC",
        report_sha256=sha256_of("{}"),
        parts_position=0,
        parts_head=GENESIS,
        first_position=0,
        last_position=0,
        events_position=0,
        events_head=GENESIS,
    )
    event = Event(at=AFTER, kind=EventKind.SHIFT_CLOSED, by="Anna")
    with outside(settings) as connection:
        put_shift(connection, shift, "{}", event)


@on_both
def test_pictures_of_an_unsigned_shift_stay_until_it_is_signed_whatever_their_age_and_room(
    open_store: OpenStore, settings: StoreSettings
) -> None:
    archive = Archive(open_store, settings, pictures_max_bytes=0, pictures_days=1.0)
    pictures = [archive.add("passed", days=900), archive.add("held", days=900)]
    sign(settings, BEFORE)
    archive.sweep()
    with pytest.raises(StoreError, match="2 wait for the signature") as told:
        archive.store.retire_pictures(units=0)
    assert told.value.message.code is Code.PICTURES_NEEDED
    assert all(map(archive.has, pictures))
    sign(settings, OF_THE_PARTS)
    archive.sweep()
    assert not any(map(archive.has, pictures))


@pytest.mark.parametrize(
    ("signed", "settings_say"),
    [(None, {}), (AFTER, {}), (BEFORE, {"keep_unsigned": False})],
    ids=["nobody ever signed", "signing began later", "the settings do without"],
)
def test_where_nobody_signs_nothing_waits_for_it(
    open_store: OpenStore, settings: StoreSettings, signed: datetime | None, settings_say: dict[str, bool]
) -> None:
    archive = Archive(open_store, settings, pictures_max_bytes=0, **settings_say)
    passed = archive.add("passed", days=1)
    if signed is not None:
        sign(settings, signed)
    assert archive.sweep().deleted_files == 1
    assert not archive.has(passed)


def review(settings: StoreSettings, part: int) -> None:
    with outside(settings) as connection:
        found = put_review(
            connection, f"{part:032x}", Answer(verdict=Verdict.DONT_KNOW, reason="?"), by="Ben", at=AFTER
        )
    assert isinstance(found, Review)


@on_both
def test_pictures_of_held_parts_stay_until_somebody_has_reviewed_them_where_parts_are_reviewed(
    open_store: OpenStore, settings: StoreSettings
) -> None:
    archive = Archive(open_store, settings, pictures_max_bytes=0, pictures_days=1.0)
    before, first, second = (archive.add("held", days=900) for _ in range(3))
    passed = archive.add("passed", days=900)
    review(settings, 2)
    report = archive.sweep()
    assert (report.deleted_files, report.unreviewed_files) == (3, 1)
    assert [archive.has(one) for one in (before, first, second, passed)] == [False, False, True, False]
    with pytest.raises(StoreError, match="1 for a review"):
        archive.store.retire_pictures(units=0)
    review(settings, 3)
    archive.sweep()
    assert not archive.has(second)


def test_the_settings_may_do_without_reviews(open_store: OpenStore, settings: StoreSettings) -> None:
    archive = Archive(open_store, settings, pictures_max_bytes=0, keep_unreviewed=False)
    held = [archive.add("held", days=900) for _ in range(2)]
    review(settings, 1)
    assert archive.sweep().deleted_files == 2
    assert not any(map(archive.has, held))


def test_never_silent_what_takes_more_room_than_there_is_and_must_stay_is_told_until_there_is_room(
    open_store: OpenStore, settings: StoreSettings
) -> None:
    archive = Archive(open_store, settings, pictures_max_bytes=0)
    archive.add("open", days=900)
    archive.sweep()
    for _ in range(3):
        with pytest.raises(StoreError, match="none of them may go"):
            archive.store.retire_pictures(units=0)
    archive.store.close()
    roomy = Archive(open_store, settings, pictures_max_bytes=10 * PICTURE)
    assert not roomy.sweep().over_limit


def test_a_disk_that_is_nearly_full_is_a_limit_too(
    open_store: OpenStore, settings: StoreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = Archive(open_store, settings, pictures_reserve_bytes=5 * PICTURE)
    passed = [archive.add("passed", days=days) for days in (3, 2, 1)]
    usage = namedtuple("usage", ["total", "used", "free"])
    monkeypatch.setattr("reports.pictures.retention.shutil.disk_usage", lambda _: usage(0, 0, 4 * PICTURE))
    assert archive.sweep().deleted_files == 2, "one is not enough by a little"
    assert [archive.has(sha256) for sha256 in passed] == [False, False, True]
