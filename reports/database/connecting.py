"""From a database URL to an engine that reads or writes it, SQLite and PostgreSQL alike."""

from sqlalchemy import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from inspection.errors import StoreError
from reports.database.postgresql import postgresql_engine
from reports.database.sqlite import sqlite_engine, sqlite_file


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
    return connect(parsed, busy_timeout_ms=5000, read_only=True)


def connect(
    url: URL, *, busy_timeout_ms: int, read_only: bool, patience_s: float | None = None, beside: bool = False
) -> Engine:
    """An engine with one connection, made when it is first used. Dispose of it after use.

    Args:
        url: From ``parse_url``.
        busy_timeout_ms: How long to wait for a lock that another process holds.
        read_only: Whether it can only read; then it may run beside the writer.
        patience_s: How long to wait for a server's answer to a statement; None waits as long as it is there.
        beside: Whether it writes beside the one writer: events alone, each transaction in turn
            (``reports.record.events_chain.in_turn``), and short, for the writer waits meanwhile.
    """
    path = sqlite_file(url)
    if path is None:
        return postgresql_engine(
            url, busy_timeout_ms=busy_timeout_ms, read_only=read_only, patience_s=patience_s, beside=beside
        )
    return sqlite_engine(url, path, busy_timeout_ms=busy_timeout_ms, read_only=read_only)
