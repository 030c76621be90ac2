"""A record that has room for users: made where there is none yet, brought up to date where it is older."""

from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from inspection.errors import StoreError
from reports.database.connecting import connect, parse_url
from reports.database.migrating import is_up_to_date
from reports.settings import StoreSettings
from reports.store.store import SqlStore


def make_up_to_date(settings: StoreSettings) -> None:
    """Make the record as the engine would at its start, unless it is as this version has it.

    Raises:
        StoreError: It must be, and an engine is at work, or the record cannot be made.
    """
    engine = connect(parse_url(settings.url), busy_timeout_ms=settings.busy_timeout_ms, read_only=True)
    try:
        with engine.connect() as connection:
            if is_up_to_date(connection):
                return
    except (SQLAlchemyError, CommandError):
        pass  # absent, or unreadable: the store says which
    finally:
        engine.dispose()
    store = SqlStore(settings)
    try:
        store.open()
    except StoreError as error:
        raise StoreError(
            error.what,
            part="The record has no room for users as yet, and could not be given it",
            todo="start the station once by this version, or stop an engine of an older one, and try again",
        ) from error
    finally:
        store.close()
