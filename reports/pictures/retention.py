"""Which pictures are deleted, and when. Records are kept for ever; pictures need room.

Pictures of parts that passed and were released go first: once older than ``pictures_days``, or, oldest first,
while the archive holds more than ``pictures_max_bytes``. All other pictures (held, reworked, stopped, missed,
or named by no record) are touched only once older than ``held_pictures_days``, and then follow the same two
rules, after the passed ones. **Needed** pictures are never deleted: those of parts that nobody accounted for
(no outcome, or unconfirmed), where shifts are signed those of a shift that nobody has signed yet, and where
parts are reviewed those of held parts that nobody has reviewed yet. So the archive may exceed its limit; the
report then says so, and people are told. Age counts from a picture's last use.

The limit is ``pictures_max_bytes``, or less where the disk would not keep ``pictures_reserve_bytes`` free.

Before pictures are deleted, an event that names them (PICTURES_EXPIRED) is on record, so that ``expired`` and
``removed by hand`` can be told apart. What is used again in between stays.

A sweep lists the whole archive and then deletes; it is cut into units (one folder listed, one picture looked
up, one event, one file deleted), so that each call is short however large the archive is.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, select
from sqlalchemy.orm import aliased

from inspection.decision import Action, Frozen
from inspection.errors import StoreError
from inspection.events import Event, EventKind
from inspection.part import Outcome
from inspection.reviews.held import why_waiting
from reports.pictures.archive import PictureArchive
from reports.record.reviews.on_record import newest_reviews, reviewing_began
from reports.record.schema import PICTURE_ENCODING, InspectionRow, PictureRow
from reports.record.signatures.on_record import is_signed, signing_began
from reports.settings import StoreSettings

_ABANDONED_AFTER = timedelta(days=1)
"""A half-written picture this old has no writer any more."""

BATCH = 128
"""Pictures that one event names at most: 9 kB of it."""


class Standing(Enum):
    """What a picture's parts ask of it."""

    PASSED = "passed"
    """All its parts passed and were released."""
    HELD = "held"
    """Some part was not passed and released, or no record names the picture."""
    UNACCOUNTED = "unaccounted"
    """Some part has no outcome, or an unconfirmed one."""
    UNSIGNED = "unsigned"
    """Some part is of a shift that is to be signed, and is not yet."""
    UNREVIEWED = "unreviewed"
    """Some part was held and is to be reviewed, and is not yet."""


_WORDS = {
    Standing.PASSED: "passed and were released",
    Standing.HELD: "were held, or that no record names",
}


class RetentionReport(Frozen):
    """What one sweep through the archive did."""

    kept_files: int
    kept_bytes: int
    deleted_files: int
    deleted_bytes: int
    limit_bytes: int | None
    """What the archive may hold now, by its settings and its disk; None for no limit."""
    over_limit: bool
    """More is kept than the limit allows, because the rest is protected: give the archive more room."""
    unsigned_files: int
    """Pictures that were due, and wait for the signature of their shift."""
    unreviewed_files: int = 0
    """Pictures that were due, and wait for the review of their part."""


class _File(NamedTuple):
    """A picture in the archive, as it was listed; sorts by age."""

    used_s: float
    """Last use, s since 1970."""
    size: int
    """Bytes."""
    path: Path

    def unused(self) -> bool:
        """Whether it is still there and was not used since it was listed. Raises OSError."""
        try:
            return self.path.stat().st_mtime == self.used_s
        except FileNotFoundError:
            return False


def standing(connection: Connection, sha256: str, *, keep_unsigned: bool, keep_unreviewed: bool) -> Standing:
    """The strictest standing among the latest revisions that name the picture.

    Args:
        connection: Read only, in its transaction.
        sha256: The picture.
        keep_unsigned: Whether it waits for the signature of its shift, where shifts are signed.
        keep_unreviewed: Whether that of a held part waits for a review, where parts are reviewed.

    Raises:
        SQLAlchemyError: The database cannot be read.
    """
    row, later = InspectionRow, aliased(InspectionRow)
    parts = connection.execute(
        select(
            *(row.action, row.outcome, row.seen_at),
            *(row.inspection_id, row.late, row.missed, row.challenge),
        )
        .join(PictureRow, PictureRow.position == row.position)
        .outerjoin(later, later.supersedes == row.position)
        .where(PictureRow.sha256 == sha256, later.position.is_(None))
    ).all()
    if any(part.outcome in (None, Outcome.UNCONFIRMED) for part in parts):
        return Standing.UNACCOUNTED
    if keep_unsigned and (since := signing_began(connection)) is not None:
        to_be_signed = {part.seen_at for part in parts if part.seen_at >= since}
        if not all(is_signed(connection, seen_at) for seen_at in to_be_signed):
            return Standing.UNSIGNED
    if keep_unreviewed and (since := reviewing_began(connection)) is not None:
        held = [part.inspection_id for part in parts if part.seen_at >= since and _waits(part)]
        if newest_reviews(connection, held).keys() != set(held):
            return Standing.UNREVIEWED
    if parts and all((part.action, part.outcome) == (Action.PASS, Outcome.RELEASED) for part in parts):
        return Standing.PASSED
    return Standing.HELD


def _waits(part: Any) -> bool:
    """Whether a part waits, or waited, for a person."""
    challenge = part.challenge is not None
    return bool(why_waiting(part.action, late=part.late, missed=part.missed, challenge=challenge))


class Retention:
    """Sweeps through the archive again and again, a few units a call. One thread.

    Args:
        settings: Root of the archive and its limits.
        standing_of: Looks up a picture; whatever it raises ends the call and the picture stays.
        note: Makes the event durable that names pictures; whatever it raises ends the call, and they stay.
    """

    def __init__(
        self,
        settings: StoreSettings,
        standing_of: Callable[[str], Standing],
        note: Callable[[Event], None],
    ) -> None:
        self._settings = settings
        self._standing_of = standing_of
        self._note = note
        self._sweep: Iterator[None] = iter(())
        self.report: RetentionReport | None = None
        """Of the last finished sweep; None before the first."""

    def step(self, *, now: datetime, units: int, go_on: Callable[[], bool] = lambda: True) -> None:
        """Go on by at most ``units``; a new sweep, seen from ``now``, begins where the last has ended.

        ``go_on``, asked after each unit, may end it earlier.

        Raises:
            StoreError: A picture cannot be listed or deleted; the next call begins anew.
        """
        try:
            for _ in range(units):
                if next(self._sweep, self) is self:
                    self._sweep = self._run(now)
                    return
                if not go_on():
                    return
        except OSError as error:
            raise StoreError(
                f"Old pictures cannot be deleted: {error}",
                todo="Check the rights of the picture archive, or the disk fills up",
            ) from error

    def _run(self, now: datetime) -> Iterator[None]:
        now_s = now.astimezone(UTC).timestamp()
        files: list[_File] = []
        for folder in PictureArchive(self._settings.pictures).folders():
            files.extend(_pictures(folder, now_s))
            yield
        files.sort()
        kept_bytes = sum(file.size for file in files)
        tally = _Tally(kept_files=len(files), kept_bytes=kept_bytes, limit_bytes=self._limit(kept_bytes))
        held: list[_File] = []
        yield from self._retire(files, Standing.PASSED, tally, now, held)
        yield from self._retire(held, Standing.HELD, tally, now, [])
        self.report = RetentionReport(
            kept_files=tally.kept_files,
            kept_bytes=tally.kept_bytes,
            deleted_files=tally.deleted_files,
            deleted_bytes=tally.deleted_bytes,
            limit_bytes=tally.limit_bytes,
            over_limit=tally.over,
            unsigned_files=tally.unsigned_files,
            unreviewed_files=tally.unreviewed_files,
        )

    def _retire(
        self, files: list[_File], may_go: Standing, tally: "_Tally", now: datetime, held: list[_File]
    ) -> Iterator[None]:
        """Delete what is due and may go, oldest first; what is held and old enough goes to ``held``."""
        going: list[_File] = []
        due_bytes = tally.kept_bytes
        for file in files:
            age_days = (now.timestamp() - file.used_s) / 86_400
            if not self._due(age_days, due_bytes, tally.limit_bytes):
                break  # all that follow are younger
            found = self._standing_of(file.path.stem)
            if found is may_go:
                going.append(file)
                due_bytes -= file.size
            elif found is Standing.UNSIGNED and may_go is Standing.PASSED:
                tally.unsigned_files += 1
            elif found is Standing.UNREVIEWED and may_go is Standing.PASSED:
                tally.unreviewed_files += 1
            elif found is Standing.HELD and age_days >= self._settings.held_pictures_days:
                held.append(file)
            yield
            if len(going) == BATCH:
                yield from self._delete(going, may_go, tally, now)
                going = []
                due_bytes = tally.kept_bytes
        yield from self._delete(going, may_go, tally, now)

    def _delete(
        self, files: list[_File], standing: Standing, tally: "_Tally", now: datetime
    ) -> Iterator[None]:
        unused = [file for file in files if file.unused()]
        if not unused:
            return
        self._note(
            Event(
                at=now,
                kind=EventKind.PICTURES_EXPIRED,
                by="retention",
                detail=f"pictures of parts that {_WORDS[standing]}: {len(unused)}",
                subjects=tuple(file.path.stem for file in unused),
            )
        )
        yield
        for file in unused:
            if file.unused():  # a part that used it since comes on record behind the event: it is kept again
                file.path.unlink(missing_ok=True)
                tally.delete(file)
            yield

    def _due(self, age_days: float, kept_bytes: int, limit: int | None) -> bool:
        days = self._settings.pictures_days
        return (limit is not None and kept_bytes > limit) or (days is not None and age_days >= days)

    def _limit(self, kept_bytes: int) -> int | None:
        """What the archive may hold, by its settings and the room on its disk. Raises OSError."""
        most, reserve = self._settings.pictures_max_bytes, self._settings.pictures_reserve_bytes
        if not self._settings.pictures.is_dir():
            return most
        leaves = max(0, kept_bytes + shutil.disk_usage(self._settings.pictures).free - reserve)
        return leaves if most is None else min(most, leaves)


@dataclass
class _Tally:
    """What a sweep has done so far."""

    kept_files: int
    kept_bytes: int
    limit_bytes: int | None
    deleted_files: int = 0
    deleted_bytes: int = 0
    unsigned_files: int = 0
    unreviewed_files: int = 0

    @property
    def over(self) -> bool:
        return self.limit_bytes is not None and self.kept_bytes > self.limit_bytes

    def delete(self, file: _File) -> None:
        self.kept_files -= 1
        self.kept_bytes -= file.size
        self.deleted_files += 1
        self.deleted_bytes += file.size


def _pictures(folder: Path, now_s: float) -> Iterator[_File]:
    """The pictures in a folder; what a crash left half-written goes."""
    for path in folder.iterdir():
        status = path.stat()
        if path.suffix == f".{PICTURE_ENCODING}":
            yield _File(status.st_mtime, status.st_size, path)
        elif path.suffix == ".part" and now_s - status.st_mtime > _ABANDONED_AFTER.total_seconds():
            path.unlink(missing_ok=True)
