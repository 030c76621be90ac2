"""The pictures' half of the store: what their own thread does, beside that of the record.

Pictures are kept, and old ones retired, without the record's thread; what retention must know of the parts,
or put on record, it asks there (``InRecord``).
"""

import errno
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

import structlog

from inspection.errors import StoreError
from inspection.events import Event
from inspection.messages.codes import Code
from inspection.part import Frame
from inspection.ports import Answer, InRecord
from reports.database.database import DatabaseUnavailableError
from reports.pictures.archive import PictureArchive
from reports.pictures.retention import Retention, RetentionReport, Standing
from reports.settings import StoreSettings

log = structlog.get_logger(__name__)

NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})

RETIRE_S: Final = 0.02
"""After this many seconds a call stops looking for old pictures: the next part's picture waits behind it."""


def at_once(call: Callable[[], Answer], /) -> Answer:
    """Call directly: ``InRecord`` for a caller that has one thread only."""
    return call()


class RecordOfParts(Protocol):
    """What retention asks of the record, in the record's thread.

    Every call raises DatabaseUnavailableError where records are not in the database yet: a part whose picture
    must stay may be among them.
    """

    def all_in_database(self) -> None:
        """Return where the database has all records."""

    def standing_of(self, sha256: str) -> Standing:
        """Say whether the parts that name this picture let it go."""

    def expire(self, event: Event) -> None:
        """Make ``event``, which names the pictures that are about to be deleted, durable in the database."""


class Pictures:
    """Keeps and retires pictures. All calls but ``path`` come from the pictures' thread.

    Args:
        settings: Where they lie, and how long they are kept.
        record: Asked in the record's thread.
        monotonic_ns: The monotonic clock, ns.
    """

    def __init__(
        self, settings: StoreSettings, record: RecordOfParts, *, monotonic_ns: Callable[[], int]
    ) -> None:
        self._archive = PictureArchive(settings.pictures)
        self._record = record
        self._monotonic_ns = monotonic_ns
        self._retention = Retention(settings, self._standing_of, self._expire)
        self._prepared = False
        self._in_record: InRecord = at_once

    def prepare(self) -> None:
        """Make the archive's folders, so that no part has to wait for them; without room, later.

        Raises:
            StoreError: They cannot be made.
        """
        try:
            self._archive.prepare()
            self._prepared = True
        except OSError as error:
            if error.errno in NO_ROOM:
                return
            raise StoreError(
                f"The folders of the pictures in {self._archive.root} cannot be made: {error}",
                part="Parts whose pictures cannot be kept go to manual review",
                todo="Check that folder, its rights and its disk",
            ) from error

    def keep(self, frame: Frame) -> str:
        """Keep a picture, once; returns the SHA-256 of its file. Raises StoreError."""
        return self._archive.keep(frame)

    def retire(self, in_record: InRecord, *, units: int, now: datetime) -> RetentionReport | None:
        """Retire old pictures, for ``RETIRE_S`` about.

        Args:
            in_record: Where the record is asked.
            units: Work on the archive at most: folders listed or pictures looked up.
            now: The wall clock, for the age of pictures.

        Returns:
            What the last finished sweep through the archive did; None before the first.

        Raises:
            StoreError: Old pictures cannot be deleted, folders not be made, or the record does not answer; or
                the last sweep left more than there is room for, since all of that must stay.
        """
        if not self._prepared:
            self.prepare()
        enough_ns = self._monotonic_ns() + round(RETIRE_S * 1e9)
        self._in_record = in_record
        try:
            in_record(self._record.all_in_database)
            self._retention.step(now=now, units=units, go_on=lambda: self._monotonic_ns() <= enough_ns)
        except DatabaseUnavailableError as error:  # the record's own calls find that out as well, and tell
            log.debug("no picture is deleted now", why=str(error))
        if (report := self._retention.report) is not None and report.over_limit:
            raise _all_needed(report)
        return report

    def path(self, sha256: str) -> Path | None:
        """The picture's file; None where the archive has none. From any thread. Raises ValueError."""
        path = self._archive.path(sha256)
        return path if path.is_file() else None

    def _standing_of(self, sha256: str) -> Standing:
        return self._in_record(lambda: self._record.standing_of(sha256))

    def _expire(self, event: Event) -> None:
        self._in_record(lambda: self._record.expire(event))


def _all_needed(report: RetentionReport) -> StoreError:
    """What people are told, until there is room: nothing that must stay is ever deleted for it."""
    assert report.limit_bytes is not None
    return StoreError(
        f"The pictures take {report.kept_bytes / 1e6:.0f} MB, there is room for "
        f"{report.limit_bytes / 1e6:.0f} MB, and none of them may go: they are of parts that were held or "
        f"that nobody accounted for, {report.unsigned_files} wait for the signature of their shift, "
        f"{report.unreviewed_files} for a review",
        part="When the disk is full, every part goes to manual review",
        todo="Review the held parts, sign the shifts, or give the pictures more room (pictures_max_bytes, "
        "another disk)",
        code=Code.PICTURES_NEEDED,
        params={
            "kept_mb": round(report.kept_bytes / 1e6),
            "limit_mb": round(report.limit_bytes / 1e6),
            "unsigned": report.unsigned_files,
            "unreviewed": report.unreviewed_files,
        },
    )
