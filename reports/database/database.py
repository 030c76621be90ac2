"""The database behind the store: opened, migrated, and written to and read in whole transactions."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from alembic.util import CommandError
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from inspection.errors import StoreError
from inspection.files.atomic import make_folder_durable, sync_folder
from reports.database.connecting import connect, parse_url
from reports.database.migrating import is_up_to_date, migrate
from reports.database.postgresql import InUseError
from reports.database.sqlite import sqlite_file
from reports.record.entry import Entry, EventEntry
from reports.record.events_chain import add_event
from reports.record.parts_chain import add_part, conflict

Answer = TypeVar("Answer")


WRITER_PATIENCE_S = 2.0
"""How long a server may take over a statement of the writer, of some milliseconds; a part waits for it."""

READER_PATIENCE_S = 60.0
"""As long over what is asked of many rows: when the store opens, and when a shift is counted."""


class DatabaseUnavailableError(Exception):
    """The database did not take what it was given; nothing says that the record itself is at fault."""


class Database:
    """The database that the store writes revisions and events to. Used by one thread.

    Whenever it fails, its connection is dropped and the next call makes a new one.

    Args:
        url: The database's SQLAlchemy URL.
        busy_timeout_ms: How long to wait for a lock that another process holds.
    """

    def __init__(self, url: str, *, busy_timeout_ms: int) -> None:
        self._url = parse_url(url)
        self._path = sqlite_file(self._url)
        self._identity: tuple[int, int] | None = None
        self._busy_timeout_ms = busy_timeout_ms
        self.engine = self._connect(read_only=False, patience_s=WRITER_PATIENCE_S)

    def _connect(self, *, read_only: bool, patience_s: float) -> Engine:
        return connect(
            self._url, busy_timeout_ms=self._busy_timeout_ms, read_only=read_only, patience_s=patience_s
        )

    def open(self, *, now: datetime) -> str:
        """Make the database where it is absent, and bring its schema up to date.

        Args:
            now: The wall clock, with time zone.

        Returns:
            Empty where the database works. Otherwise why it takes nothing now, although its schema is up to
            date, so that it can at least be read with ``look``.

        Raises:
            StoreError: It cannot be made, brought up to date or read.
        """
        try:
            if self._path is not None:
                make_folder_durable(self._path.parent)
                self._path.touch()
                sync_folder(self._path.parent)
                self._identity = _identity(self._path)
            migrate(self.engine, now=now)
            return ""
        except InUseError as error:
            raise StoreError(
                f"The database {self._url.render_as_string()} is in use by another Passgate engine",
                part="Two engines must not write one record, so this one does not start",
                todo="Stop the other engine, or give this station a database of its own",
            ) from error
        except (OSError, SQLAlchemyError, CommandError) as error:
            self.engine.dispose()
            if not isinstance(error, CommandError) and self._is_up_to_date():
                return _cause(error)
            raise StoreError(
                f"The database {self.engine.url.render_as_string()} cannot be opened: {_cause(error)}",
                part="Parts could not be recorded, so the station does not start",
                todo="Check the folder, its rights and its disk; close other programs that hold the database",
            ) from error

    def append(self, entries: Sequence[Entry]) -> int:
        """Add all ``entries`` in one transaction, durable on return; what is on record already is skipped.

        Returns:
            How many were added.

        Raises:
            RecordRefusedError: One contradicts what is on record, or fits no column; none was added.
            DatabaseUnavailableError: The database failed, is locked, or its file is not the one opened.
        """
        self._check_file()
        try:
            with self.engine.begin() as connection:
                added = sum(_add(connection, entry) for entry in entries)
        except (IntegrityError, DataError) as error:  # a text too long for its column, say: it never fits
            raise conflict(f"The database refuses a record: {_cause(error)}") from error
        except SQLAlchemyError as error:
            raise self._unavailable(error) from error
        # A commit into a file that was removed meanwhile succeeds, but nobody would find the record again.
        self._check_file()
        return added

    def read(self, query: Callable[[Connection], Answer]) -> Answer:
        """What ``query`` returns, in one transaction. Raises DatabaseUnavailableError."""
        self._check_file()
        try:
            with self.engine.connect() as connection:
                return query(connection)
        except SQLAlchemyError as error:
            raise self._unavailable(error) from error

    def look(self, query: Callable[[Connection], Answer]) -> Answer:
        """As ``read``, but also while another program holds the write lock or the disk has no room left.

        Raises DatabaseUnavailableError.
        """
        self._check_file()
        engine = self._connect(read_only=True, patience_s=READER_PATIENCE_S)
        try:
            with engine.connect() as connection:
                return query(connection)
        except SQLAlchemyError as error:
            raise self._unavailable(error) from error
        finally:
            engine.dispose()

    def _is_up_to_date(self) -> bool:
        try:
            if self._path is not None:
                self._identity = _identity(self._path)
            return self.look(is_up_to_date)
        except (OSError, DatabaseUnavailableError, CommandError):
            return False

    def close(self) -> None:
        """Let go of the connection. May be called twice."""
        self.engine.dispose()

    def _check_file(self) -> None:
        if self._path is None:
            return
        try:
            identity = _identity(self._path)
        except OSError as error:
            raise self._unavailable(error) from error
        if identity != self._identity:
            self.engine.dispose()
            raise DatabaseUnavailableError(
                f"{self._path} was replaced while the station ran; restart the station to use the new file"
            )

    def _unavailable(self, error: Exception) -> DatabaseUnavailableError:
        self.engine.dispose()  # the connection may be what is broken
        return DatabaseUnavailableError(_cause(error))


def _add(connection: Connection, entry: Entry) -> bool:
    """Add one entry at the end of its chain; False where it is there already."""
    return add_event(connection, entry) if isinstance(entry, EventEntry) else add_part(connection, entry)


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def _cause(error: Exception) -> str:
    """The driver's own words, without the statement and its parameters."""
    return str(getattr(error, "orig", None) or error)
