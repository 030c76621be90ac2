"""Where records wait while the database refuses them: one append-only file, synchronised line by line.

A line is 16 hex digits of the SHA-256 of what follows, a space, and the entry as JSON
(``reports.record.entry``). Only the last line can be torn, by a crash or a full disk before ``append``
returned; such a line was never acknowledged and is cut off. A bad line with others behind it is damage, and
is not touched: a person must look.

The file is emptied only after all its lines are committed to the database. A crash in between drains them
again, which changes nothing, because the database takes the same revision once.
"""

import contextlib
import hashlib
import io
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from inspection.errors import StoreError
from inspection.files.atomic import make_folder_durable, sync_folder
from inspection.messages.codes import Code
from reports.record.entry import Entry, digest, entry_of

FILE_NAME = "spool.jsonl"

_CHECKSUM_DIGITS = 16


def _line(text: str) -> bytes:
    data = text.encode()
    return hashlib.sha256(data).hexdigest()[:_CHECKSUM_DIGITS].encode() + b" " + data + b"\n"


def _entry(line: bytes) -> Entry | None:
    """The entry in ``line``; None where it is torn or damaged. Raises ValueError where it is not ours."""
    checksum, _, data = line.rstrip(b"\n").partition(b" ")
    if not line.endswith(b"\n") or hashlib.sha256(data).hexdigest()[:_CHECKSUM_DIGITS].encode() != checksum:
        return None
    return entry_of(data.decode())


def _scan(file: BinaryIO, path: Path) -> Iterator[tuple[int, Entry]]:
    """Each good line's end in bytes, and its entry. Stops before a torn last line.

    Raises:
        StoreError: A line in the middle is damaged, or one is whole but not readable.
    """
    end, number, bad = 0, 0, 0
    for line in file:
        number += 1
        if bad:
            raise StoreError(
                f"Line {bad} of the spool {path} is damaged",
                part="The records behind it are not in the database yet",
                todo="Copy the file away for inspection, remove the damaged line, and start again",
            )
        try:
            entry = _entry(line)
        except ValueError as error:
            raise StoreError(
                f"Line {number} of the spool {path} is whole, but no record that this version can read",
                part="It and the records behind it are not in the database yet",
                todo="Start the version of Passgate that wrote it",
            ) from error
        if entry is None:
            bad = number
            continue
        end += len(line)
        yield end, entry


def as_spool(entries: Iterable[Entry]) -> bytes:
    """The bytes of a spool that holds ``entries``."""
    return b"".join(_line(entry.line()) for entry in entries)


def read_spool(folder: Path) -> list[Entry]:
    """What lies in the spool of ``folder``, in order; may be asked by another process.

    Some of it may be in the database already (``reports.store.waiting``). A last line without an end is torn,
    or is being written now; one that has its end and a wrong checksum is damage until somebody knows better.

    Raises:
        StoreError: The spool is damaged or cannot be read.
    """
    path = folder / FILE_NAME
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreError(f"The spool {path} cannot be read: {error}") from error
    entries, good = [], 0
    for end, entry in _scan(io.BytesIO(data), path):
        good = end
        entries.append(entry)
    if data[good:].endswith(b"\n"):
        raise StoreError(
            f"The last line of the spool {path} is damaged",
            part="A record that was acknowledged may be lost",
            todo="Copy the file away before the station starts: it would take the line for a torn one",
        )
    return entries


class Spool:
    """A file of bounded size in which records wait, durable, while the database refuses them.

    Args:
        folder: Where the file lies; made where absent.
        limit_bytes: Most bytes that the file may hold.

    Raises:
        StoreError: The spool is damaged or cannot be read.
    """

    def __init__(self, folder: Path, *, limit_bytes: int) -> None:
        self._path = folder / FILE_NAME
        self._limit_bytes = limit_bytes
        self._file: BinaryIO | None = None
        self._end = 0
        self._drained = 0
        self._pending: dict[str, str] = {}
        """SHA-256 of what waits, by the key of its entry."""
        try:
            make_folder_durable(folder)
            self._file = self._open()
        except OSError as error:
            raise StoreError(
                f"The spool {self._path} cannot be opened: {error}",
                part="No part could be recorded when the database fails, so the station does not start",
                todo="Check the folder's rights and the disk",
            ) from error

    def __len__(self) -> int:
        """Records that are not known to be in the database."""
        return len(self._pending)

    @property
    def room_bytes(self) -> int:
        """How many bytes the file may still grow before it reaches its limit."""
        return self._limit_bytes - self._end

    def find(self, key: str) -> str | None:
        """SHA-256 of the line of the entry that waits under this key; None where none waits here."""
        return self._pending.get(key)

    def append(self, entry: Entry) -> None:
        """Write ``entry`` behind what waits already; it is durable when this returns.

        Raises:
            StoreError: The spool is full, or its disk refuses.
        """
        line = _line(entry.line())
        if self._end + len(line) > self._limit_bytes:
            raise _refused(f"The spool {self._path} is full ({self._end} of {self._limit_bytes} bytes)")
        try:
            if self._file is None:
                self._file = self._reopen()
            file = self._file
            file.seek(self._end)
            left = memoryview(line)
            while left:  # a disk that takes only part of it says why when it is given the rest
                if not (took := file.write(left)):
                    raise OSError("the disk took only part of the record")
                left = left[took:]
            os.fsync(file.fileno())
            if not os.path.samestat(os.fstat(file.fileno()), self._path.stat()):
                raise OSError("the file was replaced")
        except OSError as error:
            self._abandon()
            raise _refused(f"The spool {self._path} cannot be written: {error}") from error
        self._end += len(line)
        self._pending[entry.key] = digest(entry.line())

    def batch(self, limit: int) -> list[Entry]:
        """The next entries to drain, at most ``limit``, in order.

        Raises:
            StoreError: The file is damaged or cannot be read.
        """
        entries: list[Entry] = []
        try:
            with self._path.open("rb") as file:
                file.seek(self._drained)
                for _, entry in _scan(file, self._path):
                    entries.append(entry)
                    if len(entries) == limit:
                        break
        except OSError as error:
            raise StoreError(f"The spool {self._path} cannot be read: {error}") from error
        if not entries and self._pending:
            raise StoreError(
                f"The spool {self._path} has lost {len(self._pending)} records",
                part="Their parts are not on record",
                todo="Look for the file: it was removed or emptied while the station ran",
            )
        return entries

    def drained(self, entries: list[Entry]) -> None:
        """Take note that ``entries``, the last batch, are committed; the file goes empty after its last.

        Where it cannot be emptied it stays as it is, which costs room, not truth.
        """
        for entry in entries:
            self._drained += len(_line(entry.line()))
            del self._pending[entry.key]
        if not self._pending and self._file is not None:
            with contextlib.suppress(OSError):
                self._file.truncate(0)
                self._end = self._drained = 0

    def close(self) -> None:
        """Let go of the file. May be called twice."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> BinaryIO:
        """Open for the first time: take up what is there, and cut off a torn last line."""
        self._path.touch()
        sync_folder(self._path.parent)
        with self._path.open("rb") as reader:
            for end, entry in _scan(reader, self._path):
                self._end = end
                self._pending[entry.key] = digest(entry.line())
        return self._reopen()

    def _reopen(self) -> BinaryIO:
        """Open where the good lines end; whatever lies behind them was never acknowledged and goes."""
        if self._end == 0:
            self._path.touch()
        file = self._path.open("r+b", buffering=0)
        try:
            size = file.seek(0, os.SEEK_END)
            if size < self._end:
                raise OSError(f"it has lost {len(self._pending)} records")
            if size > self._end:
                file.truncate(self._end)
                os.fsync(file.fileno())
        except BaseException:
            file.close()
            raise
        return file

    def _abandon(self) -> None:
        """After a failed write: take back what may have been written, and open anew next time."""
        if self._file is None:
            return
        with contextlib.suppress(OSError):
            self._file.truncate(self._end)
        with contextlib.suppress(OSError):
            self._file.close()
        self._file = None


def _refused(what: str) -> StoreError:
    return StoreError(
        what,
        part="The part is not on record and must not be released; the station takes no further part",
        todo="Bring the database back or make room on the disk; the spool then drains by itself",
        code=Code.SPOOL_FAILS,
    )
