"""The schema brought up to date, from empty or from that of any released version."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import resources

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from reports.database.postgresql import unhurried
from reports.record.events_chain import begin_events


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
    with _migrations() as config, engine.connect() as connection, unhurried(connection), connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        begin_events(connection, now=now)


def is_up_to_date(connection: Connection) -> bool:
    """Whether the schema is that of this version. Raises SQLAlchemyError or CommandError."""
    with _migrations() as config:
        newest = ScriptDirectory.from_config(config).get_current_head()
    return revision_of(connection) == newest


def revision_of(connection: Connection) -> str:
    """The revision of a database's tables; empty for one that has none. Raises SQLAlchemyError."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def knows(revision: str) -> bool:
    """Whether this version knows the tables of that revision, and so can bring them up to date."""
    with _migrations() as config:
        return any(one.revision == revision for one in ScriptDirectory.from_config(config).walk_revisions())


@contextmanager
def _migrations() -> Iterator[Config]:
    config = Config()
    with resources.as_file(resources.files("reports.database") / "migrations") as scripts:
        config.set_main_option("script_location", str(scripts).replace("%", "%%"))
        yield config
