"""A connection to PostgreSQL on which no call waits without end, no reader writes, and one engine writes.

The writer's lock is an advisory lock of the database: it lives and dies with the connection. Both ends notice
a dead peer within half a minute, so a station that lost its power finds its record free again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

_WRITER = 0x50415353_47415445
"""Number of the advisory lock: "PASSGATE"."""

_HANDOVER_MS = 500
"""How long to wait for the lock: the server ends a connection a moment after its client has closed it."""

_IN_USE = "another Passgate engine writes it, or the server has not ended a connection of ours that broke off"

_CLIENT = {
    "connect_timeout": 2,  # s
    "tcp_user_timeout": 2000,  # ms
    "keepalives_idle": 2,  # s, as the next
    "keepalives_interval": 1,
    "keepalives_count": 3,
}
"""libpq's settings; those that the URL has count instead."""

_SERVER = (
    "tcp_keepalives_idle = 5",
    "tcp_keepalives_interval = 5",
    "tcp_keepalives_count = 3",
    "jit = off",  # half a second to compile what then runs in as long: a shift's rows are taken for more
    "timezone = 'UTC'",  # else the last hours of the year 9999 lie in a year that Python has not
)


class InUseError(SQLAlchemyError):
    """Another engine writes this database."""


class WrongEncodingError(SQLAlchemyError):
    """The database keeps texts in another encoding than UTF-8, and so not every text."""


def postgresql_engine(
    url: URL, *, busy_timeout_ms: int, read_only: bool, patience_s: float | None, beside: bool
) -> Engine:
    """An engine with one connection; a reader sees one state in all the queries of a transaction.

    No network tells of a server that is there and stands still (its disk hangs, its machine sleeps). Where
    a statement has no answer after ``patience_s``, the connection is broken off. What became of the statement
    is not known then, and the server keeps the writer's lock as long as it is at it.

    Connecting raises WrongEncodingError where the database cannot keep every text, and connecting as the
    writer raises InUseError where another engine is connected as one; whoever writes ``beside`` it (see
    ``connecting.connect``) is let in.
    """
    options = {"isolation_level": "REPEATABLE READ"} if read_only else {}
    client = {name: value for name, value in _CLIENT.items() if name not in url.query}
    engine = create_engine(
        url,
        pool_size=1,
        max_overflow=0,
        pool_pre_ping=True,
        connect_args=client,
        execution_options={"postgresql_readonly": True} if read_only else {},
        **options,
    )

    driver = engine.dialect.loaded_dbapi

    class Impatient(driver.Connection):  # type: ignore[misc, name-defined]
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            self.patience_s = patience_s

        def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
            try:
                return super().wait(gen, interval, self.patience_s if timeout is None else timeout)
            except driver.errors._WaitTimeout as error:
                self.close()  # or a late answer would be taken for that to another statement
                raise driver.OperationalError("the server does not answer") from error

    @event.listens_for(engine, "do_connect")
    def _connect(_: object, __: object, arguments: Any, options: Any) -> Any:
        connection = Impatient.connect(*arguments, **options)
        encoding = connection.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            connection.close()
            raise WrongEncodingError(f"the database's encoding is {encoding}; make it with ENCODING 'UTF8'")
        return connection

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: object) -> None:
        with connection.cursor() as cursor:
            for setting in _SERVER:
                cursor.execute(f"SET {setting}")
            if not (read_only or beside):
                cursor.execute(f"SET lock_timeout = {_HANDOVER_MS}")
                try:
                    cursor.execute(f"SELECT pg_advisory_lock({_WRITER})")
                except driver.errors.LockNotAvailable as error:
                    raise InUseError(_IN_USE) from error
            cursor.execute(f"SET lock_timeout = {max(busy_timeout_ms, 1)}")  # 0 would wait without end
        connection.commit()

    return engine


@contextmanager
def unhurried(connection: Connection) -> Iterator[None]:
    """In which the server may take its time over a statement, as over one that makes an index of all rows."""
    driver: Any = connection.connection.driver_connection
    patience_s = getattr(driver, "patience_s", None)
    if patience_s is None:
        yield
        return
    driver.patience_s = None
    try:
        yield
    finally:
        driver.patience_s = patience_s
