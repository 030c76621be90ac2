"""What people are told where a record cannot be read: which one, why, and what to do."""

from urllib.parse import urlsplit
from urllib.request import url2pathname

from sqlalchemy import URL, Engine

from inspection.errors import StoreError


def shown(url: URL) -> str:
    """The database as a person looks for it: its file, or its URL without the password."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return url.render_as_string()
    return url2pathname(urlsplit(url.database).path) if url.database.startswith("file:") else url.database


def unreadable(engine: Engine, error: Exception) -> StoreError:
    """The error to raise where the database behind ``engine`` cannot be read because of ``error``."""
    return StoreError(
        f"The record {shown(engine.url)} cannot be read: {getattr(error, 'orig', None) or error}",
        todo="Where another record is meant, name that one; where it is this one, check its rights and its "
        "disk and that this version of Passgate wrote it, or restore its backup",
    )
