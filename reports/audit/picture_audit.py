"""Every picture that is due, hashed: whether it is there, with the very bytes that named it.

**Due** is a picture that a record names, unless an event (PICTURES_EXPIRED) behind the last row that named it
anew says that retention deleted it. A picture that is used again after it expired is due again. A record
names only pictures that were durable before it, so none is in flight.

**Before events.** Older versions deleted pictures without leaving word. The first event of a record says
which rows were there before it; a picture that only those name and that is absent is counted, but no break.

The database is asked in short transactions, so a station that runs beside is not held up; what expires
meanwhile is found in the events when it is missed. Memory is bounded: which pictures expired lies in a
temporary file.
"""

import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.orm import aliased

from inspection.decision import Frozen
from inspection.events import Event, EventKind
from inspection.part import Inspection
from reports.pictures.archive import PictureArchive
from reports.record.entry import Entry, PartEntry
from reports.record.events_chain import has_events
from reports.record.schema import EventRow, InspectionRow, PictureRow
from reports.store.taking_up import latest_revision
from reports.store.waiting import not_on_record

MOST_NAMED = 100
"""Broken pictures that a report names; all are counted."""

_BATCH = 200


class BrokenPicture(Frozen):
    """A picture that is not what the record says."""

    part_id: int
    """Of the last part that was seen with it."""
    inspection_id: str
    sha256: str
    file: Path
    reason: str


class PicturesReport(Frozen):
    """What hashing the pictures found."""

    intact: bool
    hashed: int
    """Pictures that are there and are what the record says."""
    hashed_bytes: int
    """Bytes that were read, of broken pictures too."""
    elapsed_s: float
    expired: int
    """Pictures that retention deleted, and left word."""
    absent_before_events: int
    """Absent ones that only rows from before the first event name: whether they expired is not on record."""
    broken: int
    first_broken: tuple[BrokenPicture, ...]
    """The first of them."""


class _Named(NamedTuple):
    """A picture, and the last row that named it anew; or the part that does so in the spool."""

    sha256: str
    position: int | None = None
    waiting: Inspection | None = None


Show = Callable[[int, int, int], None]
"""Pictures done, pictures in all, bytes hashed."""


def audit_pictures(
    engine: Engine,
    archive: PictureArchive,
    *,
    waiting: Sequence[Entry] = (),
    show: Show = lambda *_: None,
) -> PicturesReport:
    """Hash every picture that is due.

    Args:
        engine: The database; it is only read.
        archive: Where the pictures lie.
        waiting: What lies in the spool, some of it perhaps in the database already.
        show: Told how far it is.

    Raises:
        SQLAlchemyError: The database cannot be read.
    """
    began_s = time.perf_counter()
    hashed = hashed_bytes = expired = absent = broken = done = 0
    first_broken: list[BrokenPicture] = []
    with closing(_Expired()) as gone:
        with engine.connect() as connection:
            extra = list(_named_in_the_spool(connection, waiting))
            total = len(extra) + (connection.scalar(select(func.count(PictureRow.sha256.distinct()))) or 0)
            border = _rows_before_events(connection)
        for named in chain(_named(engine), extra):
            done += 1
            path = archive.path(named.sha256)
            fault, size = _hash(path, named.sha256)
            hashed_bytes += size
            if not fault:
                hashed += 1
            elif fault == _ABSENT and gone.since(engine, named):
                expired += 1
            elif fault == _ABSENT and named.position is not None and named.position <= border:
                absent += 1
            else:
                broken += 1
                if len(first_broken) < MOST_NAMED:
                    first_broken.append(_broken(engine, named, path, fault))
            show(done, total, hashed_bytes)
    return PicturesReport(
        intact=not broken,
        hashed=hashed,
        hashed_bytes=hashed_bytes,
        elapsed_s=time.perf_counter() - began_s,
        expired=expired,
        absent_before_events=absent,
        broken=broken,
        first_broken=tuple(first_broken),
    )


_ABSENT = "it is absent, and no deletion is on record"


def _hash(path: Path, sha256: str) -> tuple[str, int]:
    """What is wrong with the file, empty for nothing; and the bytes that were read."""
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
    except FileNotFoundError:
        return _ABSENT, 0
    except OSError as error:
        return f"it cannot be read: {error.strerror}", 0
    return "" if found == sha256 else f"it was changed: its {size} bytes are not those that named it", size


def _named(engine: Engine) -> Iterator[_Named]:
    """Every picture that a row names, once, in the order of the hashes."""
    row, before = InspectionRow, aliased(PictureRow)
    query = (
        select(PictureRow.sha256, func.max(PictureRow.position))
        .join(row, row.position == PictureRow.position)
        .outerjoin(before, (before.position == row.supersedes) & (before.sha256 == PictureRow.sha256))
        .where(before.position.is_(None))  # a later revision names the same pictures again
        .group_by(PictureRow.sha256)
        .order_by(PictureRow.sha256)
        .limit(_BATCH)
    )
    last = ""
    while True:
        with engine.connect() as connection:
            rows = connection.execute(query.where(PictureRow.sha256 > last)).all()
        yield from (_Named(sha256, position) for sha256, position in rows)
        if not rows:
            return
        last = rows[-1][0]


def _named_in_the_spool(connection: Connection, waiting: Sequence[Entry]) -> Iterator[_Named]:
    """Every picture that a revision in the spool names and the one before it does not."""
    fresh, _ = not_on_record(connection, waiting)
    before: dict[str, Inspection | None] = {}
    for entry in fresh:
        if isinstance(entry, PartEntry):
            part, key = entry.inspection, entry.inspection.inspection_id
            last = before[key] if key in before else latest_revision(connection, key)
            known = () if last is None else last.pictures
            yield from (_Named(sha256, waiting=part) for sha256 in part.pictures if sha256 not in known)
            before[key] = part


def _rows_before_events(connection: Connection) -> int:
    """Position of the last row that was there before the first event."""
    if has_events(connection):
        after = connection.scalar(select(EventRow.after).order_by(EventRow.position).limit(1))
        if after is not None:
            return after
    return connection.scalar(select(func.max(InspectionRow.position))) or 0


def _broken(engine: Engine, named: _Named, path: Path, reason: str) -> BrokenPicture:
    part = named.waiting
    if part is None:
        query = select(InspectionRow.record).where(InspectionRow.position == named.position)
        with engine.connect() as connection:
            part = Inspection.model_validate_json(connection.scalars(query).one())
    return BrokenPicture(
        part_id=part.trigger.part_id,
        inspection_id=part.inspection_id,
        sha256=named.sha256,
        file=path,
        reason=reason,
    )


class _Expired:
    """When each expired picture expired last, in a temporary file that SQLite removes."""

    def __init__(self) -> None:
        self._known = sqlite3.connect("", isolation_level=None)
        self._known.execute("CREATE TABLE expired (sha256 TEXT PRIMARY KEY, after INTEGER) WITHOUT ROWID")
        self._last = 0

    def close(self) -> None:
        """Remove the file."""
        self._known.close()

    def since(self, engine: Engine, named: _Named) -> bool:
        """Whether the picture expired behind the row that named it last. Asks for news where not known."""
        if named.position is None:
            return False
        if self._knows(named):
            return True
        self._follow(engine)
        return self._knows(named)

    def _knows(self, named: _Named) -> bool:
        found = self._known.execute(
            "SELECT 1 FROM expired WHERE sha256 = ? AND after >= ?", (named.sha256, named.position)
        )
        return found.fetchone() is not None

    def _follow(self, engine: Engine) -> None:
        query = (
            select(EventRow.position, EventRow.after, EventRow.record)
            .where(EventRow.kind == EventKind.PICTURES_EXPIRED.value)
            .order_by(EventRow.position)
            .limit(_BATCH)
        )
        while True:
            with engine.connect() as connection:
                if not self._last and not has_events(connection):
                    return
                rows = connection.execute(query.where(EventRow.position > self._last)).all()
            for position, after, record in rows:
                self._known.executemany(
                    "INSERT OR REPLACE INTO expired VALUES (?, ?)",
                    [(sha256, after) for sha256 in Event.model_validate_json(record).subjects],
                )
                self._last = position
            if len(rows) < _BATCH:
                return
