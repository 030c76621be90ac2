"""Opens a record for one question, beside the engine that writes it."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from reports.database.connecting import open_reader
from reports.record.chain import UNREADABLE_VALUE
from reports.record.unreadable import unreadable
from reports.settings import StoreSettings


@contextmanager
def reading(settings: StoreSettings) -> Iterator[Connection]:
    """One short transaction that can only read. Raises StoreError."""
    engine = open_reader(settings.url)
    try:
        with engine.connect() as connection:
            yield connection
    except (SQLAlchemyError, *UNREADABLE_VALUE) as error:
        raise unreadable(engine, error) from error
    finally:
        engine.dispose()
