"""The plant's schema: which step it is at, and brought up to date."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import resources
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from inspection.errors import StoreError

VERSION_TABLE: Final[dict[str, Any]] = {
    "version_table": "alembic_version",
    "version_table_schema": "plant",
}
"""Beside the stations' rows: a plant may share a database with what else has Alembic's table."""


def migrate(connection: Connection) -> None:
    """Bring the plant's schema up to date, in the transaction of ``connection``.

    Raises:
        SQLAlchemyError: The database refuses.
        StoreError: It is of a newer Passgate.
    """
    connection.execute(text("CREATE SCHEMA IF NOT EXISTS plant"))
    version = _version(connection)
    if version is not None and version not in _steps():
        raise _too_new(version)
    with _migrations() as config:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def refuse_other_version(connection: Connection) -> None:
    """Raise StoreError where the plant's schema is not that of this Passgate, and say whose turn it is.

    Raises:
        SQLAlchemyError: The database cannot be read.
        StoreError: As said.
    """
    version, steps = _version(connection), _steps()
    if version == steps[0]:
        return
    if version is None:
        raise StoreError(
            "The plant database has no tables of Passgate",
            part="Nothing was sent or read; what the stations have stays in their own records",
            todo="Let its administrator run 'passgate sync prepare'",
        )
    if version not in steps:
        raise _too_new(version)
    raise StoreError(
        f"The plant database is at step {version}, older than this Passgate, which needs {steps[0]}",
        part="Nothing was sent or read; what the stations have stays in their own records",
        todo="Let its administrator run 'passgate sync prepare' of this Passgate",
    )


def _too_new(version: str) -> StoreError:
    return StoreError(
        f"The plant database is at step {version}, which this Passgate does not know: a newer one made it",
        part="Nothing was changed, sent or read; what the stations have stays in their own records",
        todo="Install the newer Passgate here too",
    )


def _version(connection: Connection) -> str | None:
    """The step that the schema is at; None where it is not there."""
    return MigrationContext.configure(connection, opts=VERSION_TABLE).get_current_revision()


@cache
def _steps() -> tuple[str, ...]:
    """The steps that this Passgate knows, the newest first."""
    with _migrations() as config:
        return tuple(step.revision for step in ScriptDirectory.from_config(config).walk_revisions())


@contextmanager
def _migrations() -> Iterator[Config]:
    config = Config()
    with resources.as_file(resources.files("reports.plant") / "migrations") as scripts:
        config.set_main_option("script_location", str(scripts).replace("%", "%%"))
        yield config
