"""A connection to SQLite: durable on commit, never half way into a lock, and readable on a full disk as well.

SQLite runs in WAL mode with ``synchronous=FULL``: a commit returns after its fsync. Each transaction of the
writer begins with BEGIN IMMEDIATE, so it waits for a lock at its start and never fails half way. Readers, in
this process or another, see a snapshot and hold nobody up.
"""

import os
import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Dialect, Engine, create_engine, event

LOG_LIMIT_BYTES = 16 << 20
"""What of its log SQLite keeps on disk when nobody needs it: whoever reads for long lets it grow, and by
itself it would never shrink."""


def sqlite_file(url: URL) -> Path | None:
    """The database file; None for databases that are not SQLite."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    return Path(url.database).resolve()


def sqlite_engine(url: URL, path: Path, *, busy_timeout_ms: int, read_only: bool) -> Engine:
    """An engine with one connection to the file at ``path``, which it never makes.

    Args:
        url: The database's URL.
        path: Its file.
        busy_timeout_ms: How long to wait for a lock that another process holds.
        read_only: Whether it can only read.
    """
    # mode=rw: a database that was removed must not come back as an empty one.
    engine = create_engine(
        url.set(database=path.as_uri() + "?mode=rw", query={"uri": "true"}), pool_size=1, max_overflow=0
    )

    if read_only:
        event.listen(engine, "do_connect", partial(_connect_reader, path))

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
            cursor.execute(f"PRAGMA journal_size_limit = {LOG_LIMIT_BYTES}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def _connect_reader(path: Path, dialect: Dialect, _: object, args: Any, options: Any) -> sqlite3.Connection:
    """Connect so that one can read on a full disk, and on one that is mounted read only, as well.

    SQLite reads its log through shared memory, a file beside it for which there may be no room. Then nobody
    has the database open, and it is read with the log's index in this process, which keeps others out. Where
    nothing can be made beside it at all, and there is no log either, the file is all there is.
    """
    if _is_still(path):
        uri, *others = args
        args = (f"{uri}&immutable=1", *others)
    refused: sqlite3.OperationalError | None = None
    for locking_mode in ("NORMAL", "EXCLUSIVE"):
        connection = dialect.connect(*args, **options)
        assert isinstance(connection, sqlite3.Connection)
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


def _is_still(path: Path) -> bool:
    """Whether nobody can write the file, for its disk is mounted read only, and it has no log beside it."""
    log = path.with_name(f"{path.name}-wal")
    try:
        mounted = os.statvfs(path).f_flag if hasattr(os, "statvfs") else 0
        return bool(mounted & getattr(os, "ST_RDONLY", 0)) and not (log.exists() and log.stat().st_size)
    except OSError:
        return False
