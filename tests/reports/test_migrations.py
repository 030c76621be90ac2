"""The schema: up from empty, in step with the tables, and from an installed package."""

import sqlite3
from io import StringIO
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import create_engine, inspect

from inspection.errors import StoreError
from reports.database import migrate
from reports.migrations.versions import r0001_inspections
from reports.schema import Base
from reports.settings import StoreSettings
from reports.store import SqlStore
from tests.reports.parts import part


def test_up_from_empty_gives_the_tables_of_the_code(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    migrate(engine)
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
        assert set(inspect(connection).get_table_names()) == {
            "alembic_version",
            "inspection_pictures",
            "inspections",
        }
    engine.dispose()


def test_durable_and_the_highest_row_is_remembered(store: SqlStore, settings: StoreSettings) -> None:
    store.append(part(1))
    with store._database.engine.connect() as connection:
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas]
    assert found == ["wal", 2, 1, settings.busy_timeout_ms]
    other = sqlite3.connect(settings.folder / "inspections.db")
    assert other.execute("SELECT seq FROM sqlite_sequence WHERE name = 'inspections'").fetchall() == [(1,)]
    other.close()


def test_a_database_of_a_newer_passgate_is_refused_untouched(
    store: SqlStore, settings: StoreSettings, open_store
) -> None:
    store.append(part(1))
    store.close()
    connection = sqlite3.connect(settings.folder / "inspections.db")
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="9999"):
        open_store()


def test_the_same_schema_can_be_written_for_postgresql() -> None:
    """No server here: the statements are only generated."""
    script = StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": script}
    )
    with Operations.context(context):
        r0001_inspections.upgrade()
    assert "position BIGINT NOT NULL" in script.getvalue()
    assert "seen_at TIMESTAMP WITH TIME ZONE NOT NULL" in script.getvalue()
    assert "BEFORE UPDATE OR DELETE OR TRUNCATE ON inspections" in script.getvalue()
