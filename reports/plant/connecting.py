"""Connections to the plant database: over a network that may be slow, black-holed or gone for days."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import URL, Engine
from sqlalchemy.exc import SQLAlchemyError

from inspection.errors import StoreError
from reports.database.connecting import parse_url
from reports.database.postgresql import postgresql_engine

PATIENCE_S: Final = 30.0
"""How long the plant may take over one answer before the connection is broken off."""

_BUSY_MS: Final = 10_000
_FAR: Final = {"connect_timeout": "10", "tcp_user_timeout": "15000"}
"""libpq's settings for a server far away, s and ms; those that the URL has count instead."""


def parse_plant_url(url: str) -> URL:
    """The plant's URL. Raises StoreError where it names no PostgreSQL."""
    parsed = parse_url(url)
    if parsed.get_backend_name() != "postgresql":
        raise StoreError(
            f"{parsed.render_as_string()} names no PostgreSQL: the plant's database is one",
            todo="write it like postgresql+psycopg://role@host/plant?sslmode=verify-full",
        )
    return parsed.set(drivername="postgresql+psycopg").update_query_dict(
        {name: value for name, value in _FAR.items() if name not in parsed.query}
    )


def connect_plant(url: URL, *, read_only: bool, patience_s: float = PATIENCE_S) -> Engine:
    """An engine with one connection, made when it is first used. Dispose of it after use."""
    return postgresql_engine(
        url, busy_timeout_ms=_BUSY_MS, read_only=read_only, patience_s=patience_s, beside=True
    )


def shown(url: URL) -> str:
    """The plant's database as people know it: without its password, and how it is reached."""
    return url.set(query={}).render_as_string()


@contextmanager
def in_words(url: URL) -> Iterator[None]:
    """In which what the plant database refuses is said so that a person knows what to do.

    Raises:
        StoreError: It refused.
    """
    try:
        yield
    except SQLAlchemyError as error:
        raise plant_error(url, error) from error


def plant_error(url: URL, error: Exception) -> StoreError:
    """The error to raise where the plant database refused with ``error``."""
    cause = str(getattr(error, "orig", None) or error).strip().replace("\n", " ")
    return StoreError(
        f"The plant database {shown(url)} refused: {cause}",
        part="The stations go on; what they have stays in their own records",
        todo="check the network, the URL in [plant], the role and its password (~/.pgpass, PGPASSFILE)",
    )
