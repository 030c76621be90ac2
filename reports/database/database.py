"""The database behind the store: opening, migrating, and adding revisions and events to their chains.

SQLite runs in WAL mode with ``synchronous=FULL``: a commit returns after its fsync. Each transaction of the
writer begins with BEGIN IMMEDIATE, so it waits for a lock at its start and never fails half way. Readers, in
this process or another, see a snapshot and hold nobody up.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import (
    URL,
    Connection,
    Dialect,
    Engine,
    create_engine,
    event,
    func,
    insert,
    make_url,
    select,
)
from sqlalchemy.exc import ArgumentError, IntegrityError, NoSuchModuleError, SQLAlchemyError

from inspection.errors import RecordRefusedError, StoreError
from inspection.files.atomic import make_folder_durable, sync_folder
from inspection.part import Inspection
from reports.database.postgresql import InUseError, postgresql_engine
from reports.pictures.images import ENCODING
from reports.record.audit import GENESIS, hash_row
from reports.record.entry import Entry, EventEntry, PartEntry
from reports.record.journal import add_event, begin_events
from reports.record.schema import InspectionRow, PictureRow, columns_of

Answer = TypeVar("Answer")

# On the tables, not the mapped classes: the ORM's bookkeeping costs half a millisecond a row.
_INSERT_ROW = insert(InspectionRow.metadata.tables[InspectionRow.__tablename__])
_INSERT_PICTURE = insert(PictureRow.metadata.tables[PictureRow.__tablename__])


class DatabaseUnavailableError(Exception):
    """The database did not take what it was given; nothing says that the record itself is at fault."""


def parse_url(url: str) -> URL:
    """Read a database URL. Raises StoreError where it is none, or names no file (in-memory SQLite)."""
    try:
        parsed = make_url(url)
        parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError) as error:
        raise StoreError(
            f"The database URL cannot be used: {error}",
            part="The station does not start",
            todo="Give one like sqlite:////var/lib/passgate/inspections.db",
        ) from error
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise StoreError(
            "The database URL names a database in memory",
            part="A record there would not survive a restart, so the station does not start",
            todo="Name a file in the settings",
        )
    return parsed


def sqlite_file(url: URL) -> Path | None:
    """The database file; None for databases that are not SQLite."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    return Path(url.database).resolve()


def open_reader(url: str) -> Engine:
    """An engine that can only read, for reports; may run beside the writer. Dispose of it after use.

    Raises:
        StoreError: The URL is unusable, or there is no such database file.
    """
    parsed = parse_url(url)
    path = sqlite_file(parsed)
    if path is not None and not path.is_file():
        raise StoreError(
            f"There is no record at {path}",
            todo="Check the folder in the settings; the record is made when the station first starts",
        )
    return _engine(parsed, busy_timeout_ms=5000, begin="BEGIN", read_only=True)


def _engine(url: URL, *, busy_timeout_ms: int, begin: str, read_only: bool) -> Engine:
    path = sqlite_file(url)
    if path is None:
        return postgresql_engine(url, busy_timeout_ms=busy_timeout_ms, read_only=read_only)
    # mode=rw: a database that was removed must not come back as an empty one.
    engine = create_engine(
        url.set(database=path.as_uri() + "?mode=rw", query={"uri": "true"}), pool_size=1, max_overflow=0
    )

    if read_only:
        event.listen(engine, "do_connect", _connect_reader)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: object) -> None:
        connection.isolation_level = None  # SQLAlchemy begins; the driver's own way begins too late
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {busy_timeout_ms}")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA recursive_triggers = ON")  # or REPLACE would delete without a trigger
        if read_only:
            cursor.execute("PRAGMA query_only = ON")
        else:
            cursor.execute("PRAGMA journal_mode = WAL")
            cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _connect_reader(dialect: Dialect, _: object, args: Any, options: Any) -> sqlite3.Connection:
    """Connect so that one can read on a full disk as well.

    SQLite reads its log through shared memory, a file beside it for which there may be no room. Then nobody
    has the database open, and it is read with the log's index in this process, which keeps others out.
    """
    refused: sqlite3.OperationalError | None = None
    for locking_mode in ("NORMAL", "EXCLUSIVE"):
        connection: sqlite3.Connection = dialect.connect(*args, **options)  # type: ignore[assignment]
        try:
            connection.execute(f"PRAGMA locking_mode = {locking_mode}")
            connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()
            return connection
        except sqlite3.OperationalError as error:
            connection.close()
            refused = refused or error
        except BaseException:
            connection.close()
            raise
    assert refused is not None
    raise refused


class Database:
    """Writes revisions and events. Used by one thread.

    Args:
        url: SQLAlchemy URL.
        busy_timeout_ms: How long to wait for a lock that another process holds.
    """

    def __init__(self, url: str, *, busy_timeout_ms: int) -> None:
        self._url = parse_url(url)
        self._path = sqlite_file(self._url)
        self._identity: tuple[int, int] | None = None
        self._busy_timeout_ms = busy_timeout_ms
        self.engine = _engine(
            self._url, busy_timeout_ms=busy_timeout_ms, begin="BEGIN IMMEDIATE", read_only=False
        )

    def open(self, *, now: datetime) -> str:
        """Make the database where it is absent, and bring its schema up to date.

        Args:
            now: The wall clock, with time zone.

        Returns:
            Why it takes nothing now, where its schema is up to date already, so that ``look`` will do; empty
            where nothing hinders.

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
            RecordRefusedError: One contradicts what is on record; none was added.
            DatabaseUnavailableError: The database failed, is locked, or its file is not the one opened.
        """
        self._check_file()
        try:
            with self.engine.begin() as connection:
                added = sum(_add(connection, entry) for entry in entries)
        except IntegrityError as error:
            raise _conflict(f"The database refuses a record: {_cause(error)}") from error
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
        engine = _engine(self._url, busy_timeout_ms=self._busy_timeout_ms, begin="BEGIN", read_only=True)
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


def migrate(engine: Engine, *, now: datetime) -> None:
    """Bring the schema up to date, from empty or from any released version, and begin the events.

    All in one transaction: whoever is killed or kept out meanwhile leaves the record as it was.

    Args:
        engine: The writer's.
        now: The wall clock, with time zone.

    Raises:
        SQLAlchemyError: The database refuses.
        CommandError: The database is of a newer Passgate.
    """
    with _migrations() as config, engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        begin_events(connection, now=now)


def is_up_to_date(connection: Connection) -> bool:
    """Whether the schema is that of this version. Raises SQLAlchemyError or CommandError."""
    with _migrations() as config:
        newest = ScriptDirectory.from_config(config).get_current_head()
    return MigrationContext.configure(connection).get_current_revision() == newest


@contextmanager
def _migrations() -> Iterator[Config]:
    config = Config()
    with resources.as_file(resources.files("reports.database") / "migrations") as scripts:
        config.set_main_option("script_location", str(scripts).replace("%", "%%"))
        yield config


def _add(connection: Connection, entry: Entry) -> bool:
    """Add one entry at the end of its chain; False where it is there already."""
    return add_event(connection, entry) if isinstance(entry, EventEntry) else _add_part(connection, entry)


def _add_part(connection: Connection, entry: PartEntry) -> bool:
    inspection = entry.inspection
    table = InspectionRow
    same_part = table.inspection_id == inspection.inspection_id
    stored = connection.scalar(select(table.record).where(same_part, table.revision == inspection.revision))
    if stored is not None:
        if stored != entry.record:
            raise _conflict(f"{_name(inspection)} is on record with another content")
        return False
    head = connection.execute(
        select(table.position, table.row_hash).order_by(table.position.desc()).limit(1)
    ).first()
    position = head.position + 1 if head else 1
    root, supersedes, cycle = position, None, None
    if inspection.revision == 0:
        cycle = _next_cycle(connection, inspection)
    else:
        root, supersedes = _place_after_revision(connection, inspection)
    link: dict[str, Any] = {
        "prev_hash": head.row_hash if head else GENESIS,
        "position": position,
        "root": root,
        "supersedes": supersedes,
        "trigger_cycle": cycle,
        "record": entry.record,
    }
    connection.execute(_INSERT_ROW, {**columns_of(inspection), **link, "row_hash": hash_row(**link)})
    if inspection.pictures:
        connection.execute(
            _INSERT_PICTURE,
            [
                {"position": position, "view": view, "sha256": sha256, "encoding": ENCODING}
                for view, sha256 in enumerate(inspection.pictures)
            ],
        )
    return True


def _next_cycle(connection: Connection, inspection: Inspection) -> int:
    trigger = inspection.trigger
    cycles = connection.scalar(
        select(func.max(InspectionRow.trigger_cycle)).where(
            InspectionRow.plc_boot_id == trigger.plc_boot_id, InspectionRow.trigger_seq == trigger.seq
        )
    )
    return 0 if cycles is None else cycles + 1


def _place_after_revision(connection: Connection, inspection: Inspection) -> tuple[int, int]:
    """``root`` and ``supersedes`` of a later revision. Raises RecordRefusedError where it cannot follow."""
    table = InspectionRow
    before = connection.execute(
        select(table.position, table.root, table.plc_boot_id, table.trigger_seq, table.part_id).where(
            table.inspection_id == inspection.inspection_id, table.revision == inspection.revision - 1
        )
    ).first()
    if before is None:
        raise _conflict(f"{_name(inspection)} has no revision {inspection.revision - 1} before it")
    trigger = inspection.trigger
    if (before.plc_boot_id, before.trigger_seq, before.part_id) != (
        trigger.plc_boot_id,
        trigger.seq,
        trigger.part_id,
    ):
        raise _conflict(f"{_name(inspection)} names another trigger than the revision before it")
    return before.root, before.position


def _name(inspection: Inspection) -> str:
    return (
        f"Revision {inspection.revision} of inspection {inspection.inspection_id}"
        f" (part {inspection.trigger.part_id})"
    )


def _conflict(what: str) -> RecordRefusedError:
    return RecordRefusedError(
        what,
        part="This record is not kept, and the part must not be released on it",
        todo="Compare with the stored record; it is the one that counts",
    )


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def _cause(error: Exception) -> str:
    """The driver's own words, without the statement and its parameters."""
    return str(getattr(error, "orig", None) or error)
