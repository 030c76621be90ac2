"""Files copied beside a station that runs: in small pieces, half of the time at most, each piece on disk.

**The database** is copied by SQLite's backup API, from one snapshot: without one, every write of the station
would make the copy begin anew, and it would never end. A snapshot holds nobody up, but as long as it is held
SQLite's log (``-wal``) grows by what the station writes. So it is bounded: past half of ``MOST_LOG_BYTES``
the copying rests no more, past the whole it gives up, and nothing is left of it. What has piled up in the log
is moved into the database here, lest the station's next write has to do it.
"""

import hashlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import BinaryIO, Final

from sqlalchemy import Engine

from inspection.errors import StoreError
from inspection.files.atomic import make_folder_durable
from reports.backups.manifest import FileMark

STEP_PAGES: Final = 128
"""Pages copied at a time: half a megabyte, some milliseconds."""
CHUNK_BYTES: Final = 1 << 20
SYNC_BYTES: Final = 8 << 20
"""What is copied goes to the disk in such pieces, lest the station's own write waits for all of it."""
MOST_LOG_BYTES: Final = 512 << 20
"""So much may be written while the database is copied: 60 kB a revision, so at two parts a second some 25
minutes, in which an SSD copies 70 GB."""
LONGEST_REST_S: Final = 0.5

Show = Callable[[int], None]
"""Told of bytes that were copied."""


class Pace:
    """Rests as long as it works: half of disk and processor is left to the station.

    Args:
        sleep: Waits so many seconds.
        clock: Seconds that never go back.
    """

    def __init__(
        self, *, sleep: Callable[[float], None] = time.sleep, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._sleep = sleep
        self._clock = clock
        self._began = clock()

    def rest(self) -> None:
        """A piece is done."""
        self._sleep(min(self._clock() - self._began, LONGEST_REST_S))
        self._began = self._clock()


def copy_database(source: Engine, into: Path, *, log: Path, pace: Pace, show: Show) -> None:
    """Copy a SQLite database as it is at one moment; the copy is one file, without a log.

    Args:
        source: A reader of it.
        into: The file to make.
        log: The database's ``-wal``.
        pace: When to rest.
        show: Told how far it is.

    Raises:
        StoreError: The station writes faster than this copies.
        SQLAlchemyError: The database cannot be read.
        sqlite3.Error: It cannot be read, or the copy not be written.
        OSError: The copy cannot be written.
    """
    held = source.raw_connection()
    try:
        database = held.driver_connection
        assert isinstance(database, sqlite3.Connection)
        with closing(sqlite3.connect(into, isolation_level=None)) as copy, into.open("r+b") as on_disk:
            for pragma in ("journal_mode = OFF", "synchronous = OFF"):  # whole or gone; synchronised below
                copy.execute(f"PRAGMA {pragma}")
            (page_bytes,) = database.execute("PRAGMA page_size").fetchone()
            most_bytes = _size(log) + MOST_LOG_BYTES
            since_sync = 0

            def step(_: int, __: int, ___: int) -> None:
                nonlocal since_sync
                since_sync += STEP_PAGES * page_bytes
                if since_sync >= SYNC_BYTES:
                    os.fsync(on_disk.fileno())
                    since_sync = 0
                show(STEP_PAGES * page_bytes)
                grown = _size(log)
                if grown > most_bytes:
                    raise _outrun(grown)
                if grown <= most_bytes - MOST_LOG_BYTES // 2:
                    pace.rest()

            database.execute("BEGIN")
            try:
                database.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()  # the snapshot is of now
                database.backup(copy, pages=STEP_PAGES, progress=step)
            finally:
                with suppress(sqlite3.Error):  # what went wrong before it says more
                    database.execute("ROLLBACK")
                    database.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            copy.execute("PRAGMA journal_mode = DELETE").fetchall()
            os.fsync(on_disk.fileno())
    finally:
        held.close()


def _outrun(log_bytes: int) -> StoreError:
    return StoreError(
        f"the station writes faster than its database is copied: its log has grown to {log_bytes} bytes",
        part="the backup was given up, and nothing of it is left; the record is as it was",
        todo="make it to a faster disk, or at a quieter time",
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def copy_file(source: Path, into: Path, *, pace: Pace | None = None, show: Show = lambda _: None) -> FileMark:
    """Copy a file with its times, durable on return; its folder is made where it lacks. Raises OSError."""
    make_folder_durable(into.parent)
    with source.open("rb") as reading, into.open("xb") as writing:
        found = hashlib.sha256()
        for chunk in _chunks(reading):
            found.update(chunk)
            writing.write(chunk)
            writing.flush()
            os.fsync(writing.fileno())
            show(len(chunk))
            if pace is not None:
                pace.rest()
        times = os.fstat(reading.fileno())
        size = writing.tell()
    os.utime(into, ns=(times.st_atime_ns, times.st_mtime_ns))  # retention goes by it
    return FileMark(bytes=size, sha256=found.hexdigest())


def mark_of(path: Path) -> FileMark:
    """Size and hash of a file. Raises OSError."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
        return FileMark(bytes=file.tell(), sha256=found)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(CHUNK_BYTES):
        yield chunk
