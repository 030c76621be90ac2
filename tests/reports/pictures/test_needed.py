"""What a person must still be able to look at stays, whatever the room; people are told when that is all."""

from collections import namedtuple

import pytest

from inspection.errors import StoreError
from inspection.messages.codes import Code
from reports.settings import StoreSettings
from tests.reports.pictures.aged import Archive
from tests.reports.stores import OpenStore

PICTURE = 9_400
"""About the bytes of one."""


def test_never_silent_what_takes_more_room_than_there_is_and_must_stay_is_told_until_there_is_room(
    open_store: OpenStore, settings: StoreSettings
) -> None:
    archive = Archive(open_store, settings, pictures_max_bytes=0)
    archive.add("open", days=900)
    archive.sweep()
    for _ in range(3):
        with pytest.raises(StoreError, match="none of them may go") as told:
            archive.store.retire_pictures(units=0)
        assert told.value.message.code is Code.PICTURES_NEEDED
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
