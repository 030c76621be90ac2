"""One writer only: files locked by the operating system, free again the moment their holder dies.

Each says which process holds it, so that whoever is refused can name it. filelock (4.3.1) writes nothing into
its files, and on Windows locks their first byte, so that a process id there could not be read: hence our own.
"""

import contextlib
import errno
import os
import sys
from pathlib import Path
from typing import BinaryIO

from inspection.errors import StoreError
from inspection.files.atomic import make_folder_durable
from reports.database.connecting import parse_url
from reports.database.sqlite import sqlite_file
from reports.settings import StoreSettings

if sys.platform == "win32":
    import msvcrt

    # Windows refuses reading locked bytes, so the lock lies far behind the process id that people read.
    _LOCKED_BYTE = 1 << 30

    def _lock(file: BinaryIO) -> None:
        file.seek(_LOCKED_BYTE)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: BinaryIO) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


def _open(path: Path) -> BinaryIO:
    """Open the lock file, made where absent; on a disk that is mounted read only as it is. Raises OSError."""
    try:
        return path.open("r+b" if path.exists() else "w+b", buffering=0)
    except OSError as error:
        if error.errno == errno.EROFS and path.exists():
            return path.open("rb", buffering=0)
        raise


class WriterLock:
    """Holds ``path`` locked from construction to ``release``. The file itself stays; it means nothing.

    Args:
        path: The lock file; made where absent.
        guarded: What it guards, for the message.

    Raises:
        StoreError: Another process (or another store in this one) holds it, or it cannot be made.
    """

    def __init__(self, path: Path, *, guarded: str) -> None:
        try:
            self._file: BinaryIO | None = _open(path)
        except OSError as error:
            raise StoreError(
                f"The lock file {path} cannot be made: {error}",
                part="The station does not start, so no part is released",
                todo="Check that the folder exists and may be written",
            ) from error
        try:
            _lock(self._file)
        except OSError as error:
            holder = self._file.read(32).decode(errors="replace").strip() or "unknown"
            self._file.close()
            raise StoreError(
                f"{guarded} is in use by another Passgate engine (process {holder})",
                part="Two engines must not write one record, so this one does not start",
                todo="Stop the other engine, or give this station a database and a spool of its own",
            ) from error
        # For people only; written over what is there, since a full disk gives no block back once it is freed.
        with contextlib.suppress(OSError):
            self._file.seek(0)
            self._file.write(f"{os.getpid()}\n".encode())
            self._file.truncate()

    def release(self) -> None:
        """Let go. May be called twice."""
        if self._file is not None:
            self._file.close()
            self._file = None


def lock_record(settings: StoreSettings) -> list[WriterLock]:
    """Become the one writer of the database file and of the spool, whose folders are made.

    Raises:
        StoreError: Another engine writes one of them, or a folder or lock file cannot be made. Then none is
            held.
    """
    database = sqlite_file(parse_url(settings.url))
    try:
        make_folder_durable(settings.spool)
        if database is not None:
            make_folder_durable(database.parent)
    except OSError as error:
        raise StoreError(
            f"The folders of the record cannot be made: {error}",
            part="Parts could not be recorded, so the station does not start",
            todo="Check the folder in the settings, its rights and its disk",
        ) from error
    locks: list[WriterLock] = []
    try:
        if database is not None:
            # Beside the database, and named after it: whoever writes this file meets this lock.
            path = database.with_name(database.name + ".lock")
            locks.append(WriterLock(path, guarded=f"The database {database}"))
        locks.append(WriterLock(settings.spool / "spool.lock", guarded=f"The spool {settings.spool}"))
    except BaseException:
        for lock in locks:
            lock.release()
        raise
    return locks
