"""Which pictures are deleted, and when. Records are kept for ever; pictures need room.

Pictures of parts that passed and were released go first: once older than ``pictures_days``, or, oldest first,
while the archive holds more than ``pictures_max_bytes``. All other pictures (held, reworked, stopped, missed,
or named by no record) are touched only once older than ``held_pictures_days``, and then follow the same two
rules, after the passed ones. Pictures of parts that nobody accounted for (no outcome, or unconfirmed) are
never deleted. So the archive may exceed its limit; the report then says so. Age counts from a picture's last
use.

A sweep lists the whole archive and then deletes; it is cut into units (one folder listed, or one picture
looked up), so that each call is short however large the archive is.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path

from sqlalchemy import Connection, select
from sqlalchemy.orm import aliased

from inspection.decision import Action, Frozen
from inspection.errors import StoreError
from inspection.part import Outcome
from reports.images import ENCODING
from reports.schema import InspectionRow, PictureRow
from reports.settings import StoreSettings

_ABANDONED_AFTER = timedelta(days=1)
"""A half-written picture this old has no writer any more."""


class Standing(Enum):
    """What a picture's parts ask of it."""

    PASSED = "passed"
    """All its parts passed and were released."""
    HELD = "held"
    """Some part was not passed and released, or no record names the picture."""
    UNACCOUNTED = "unaccounted"
    """Some part has no outcome, or an unconfirmed one."""


class RetentionReport(Frozen):
    """What one sweep through the archive did."""

    kept_files: int
    kept_bytes: int
    deleted_files: int
    deleted_bytes: int
    over_limit: bool
    """More is kept than the limit allows, because the rest is protected: give the archive more room."""


def standing(connection: Connection, sha256: str) -> Standing:
    """The strictest standing among the latest revisions that name the picture. Raises SQLAlchemyError."""
    row, later = InspectionRow, aliased(InspectionRow)
    parts = connection.execute(
        select(row.action, row.outcome)
        .join(PictureRow, PictureRow.position == row.position)
        .outerjoin(later, later.supersedes == row.position)
        .where(PictureRow.sha256 == sha256, later.position.is_(None))
    ).all()
    if any(outcome in (None, Outcome.UNCONFIRMED) for _, outcome in parts):
        return Standing.UNACCOUNTED
    if parts and all(part == (Action.PASS, Outcome.RELEASED) for part in map(tuple, parts)):
        return Standing.PASSED
    return Standing.HELD


class Retention:
    """Sweeps through the archive again and again, a few units a call. One thread.

    Args:
        settings: Root of the archive and its limits.
        standing_of: Looks up a picture; whatever it raises ends the call and the picture stays.
    """

    def __init__(self, settings: StoreSettings, standing_of: Callable[[str], Standing]) -> None:
        self._settings = settings
        self._standing_of = standing_of
        self._sweep: Iterator[None] = iter(())
        self.report: RetentionReport | None = None
        """Of the last finished sweep; None before the first."""

    def step(self, *, now: datetime, units: int) -> None:
        """Go on by at most ``units``; a new sweep, seen from ``now``, begins where the last has ended.

        Raises:
            StoreError: A picture cannot be listed or deleted; the next call begins anew.
        """
        try:
            for _ in range(units):
                if next(self._sweep, self) is self:
                    self._sweep = self._run(now.astimezone(UTC).timestamp())
                    return
        except OSError as error:
            raise StoreError(
                f"Old pictures cannot be deleted: {error}",
                todo="Check the rights of the picture archive, or the disk fills up",
            ) from error

    def _run(self, now_s: float) -> Iterator[None]:
        limit = self._settings.pictures_max_bytes
        files: list[tuple[float, int, Path]] = []
        for folder in _folders(self._settings.pictures):
            files.extend(_pictures(folder, now_s))
            yield
        files.sort()
        kept_bytes = sum(size for _, size, _ in files)
        deleted_files = deleted_bytes = 0
        held: list[tuple[float, int, Path]] = []
        for may_go, candidates in ((Standing.PASSED, files), (Standing.HELD, held)):
            for used_s, size, path in candidates:
                age_days = (now_s - used_s) / 86_400
                if not self._due(age_days, kept_bytes):
                    break  # all that follow are younger
                found = self._standing_of(path.stem)
                if found is may_go:
                    path.unlink(missing_ok=True)
                    kept_bytes -= size
                    deleted_bytes += size
                    deleted_files += 1
                elif found is Standing.HELD and age_days >= self._settings.held_pictures_days:
                    held.append((used_s, size, path))
                yield
        self.report = RetentionReport(
            kept_files=len(files) - deleted_files,
            kept_bytes=kept_bytes,
            deleted_files=deleted_files,
            deleted_bytes=deleted_bytes,
            over_limit=limit is not None and kept_bytes > limit,
        )

    def _due(self, age_days: float, kept_bytes: int) -> bool:
        limit, days = self._settings.pictures_max_bytes, self._settings.pictures_days
        return (limit is not None and kept_bytes > limit) or (days is not None and age_days >= days)


def _folders(root: Path) -> Iterator[Path]:
    """Every ``ab/cd`` below ``root``."""
    if root.is_dir():
        for first in sorted(root.iterdir()):
            if first.is_dir():
                yield from sorted(first.iterdir())


def _pictures(folder: Path, now_s: float) -> Iterator[tuple[float, int, Path]]:
    """Last use (s since 1970), size (bytes) and path of each picture; what a crash left half-written goes."""
    for path in folder.iterdir():
        status = path.stat()
        if path.suffix == f".{ENCODING}":
            yield status.st_mtime, status.st_size, path
        elif path.suffix == ".part" and now_s - status.st_mtime > _ABANDONED_AFTER.total_seconds():
            path.unlink(missing_ok=True)
