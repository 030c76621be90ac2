"""A connection to PostgreSQL on which no call waits without end, no reader writes, and one engine writes.

The writer's lock is an advisory lock of the database: it lives and dies with the connection. Both ends notice
a dead peer within half a minute, so a station that lost its power finds its record free again.
"""

from typing import Any

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

_WRITER = 0x50415353_47415445
"""Number of the advisory lock: "PASSGATE"."""

_HANDOVER_MS = 500
"""How long to wait for the lock: the server ends a connection a moment after its client has closed it."""

_CLIENT = {
    "connect_timeout": 2,  # s
    "tcp_user_timeout": 2000,  # ms
    "keepalives_idle": 2,  # s, as the next
    "keepalives_interval": 1,
    "keepalives_count": 3,
}
"""libpq's settings; those that the URL has count instead."""

_SERVER = ("tcp_keepalives_idle = 5", "tcp_keepalives_interval = 5", "tcp_keepalives_count = 3")


class InUseError(SQLAlchemyError):
    """Another engine writes this database."""


def postgresql_engine(url: URL, *, busy_timeout_ms: int, read_only: bool) -> Engine:
    """An engine with one connection; a reader sees one state in all the queries of a transaction.

    Connecting as the writer raises InUseError where another engine is connected as one.
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

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: object) -> None:
        with connection.cursor() as cursor:
            for setting in _SERVER:
                cursor.execute(f"SET {setting}")
            if not read_only:
                cursor.execute(f"SET lock_timeout = {_HANDOVER_MS}")
                try:
                    cursor.execute(f"SELECT pg_advisory_lock({_WRITER})")
                except engine.dialect.loaded_dbapi.OperationalError as error:
                    raise InUseError("the database is in use by another Passgate engine") from error
            cursor.execute(f"SET lock_timeout = {max(busy_timeout_ms, 1)}")  # 0 would wait without end
        connection.commit()

    return engine
