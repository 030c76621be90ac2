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
from inspection.events import EventKind
from inspection.part import Outcome
from reports.audit import verify
from reports.database import migrate, open_reader
from reports.journal import verify_events
from reports.migrations.versions import r0001_inspections, r0002_events
from reports.schema import Base
from reports.settings import StoreSettings
from reports.store import SqlStore
from tests.reports.parts import closed, part

OLD_RECORD = Path(__file__).parent / "data" / "record_0001.sql"
"""Five revisions of three parts, written by Passgate at a2ffe54, which knew no events."""


def test_up_from_empty_gives_the_tables_of_the_code(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    migrate(engine)
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
        assert set(inspect(connection).get_table_names()) == {
            "alembic_version",
            "events",
            "inspection_pictures",
            "inspections",
        }
    engine.dispose()


def old_record(settings: StoreSettings) -> Path:
    path = settings.folder / "inspections.db"
    path.parent.mkdir(parents=True)
    with sqlite3.connect(path) as connection:
        connection.executescript(OLD_RECORD.read_text(encoding="utf-8"))
    connection.close()
    return path


def test_never_rewritten_an_older_record_goes_on_with_its_rows_as_they_were(
    settings: StoreSettings, open_store
) -> None:
    path = old_record(settings)

    def rows() -> list[tuple[object, ...]]:
        with sqlite3.connect(path) as connection:
            found = connection.execute("SELECT * FROM inspections ORDER BY position").fetchall()
        connection.close()
        return found

    before = rows()
    assert len(before) == 5
    store = open_store()
    assert rows() == before
    assert store.open_inspections() == [part(3)]
    (began,) = store.recent_events(10)
    assert began.kind is EventKind.RECORD_BEGAN
    assert "parts before it: 3" in began.detail
    store.append(closed(part(3), Outcome.RELEASED))
    store.append(part(4))
    assert rows()[:5] == before
    reader = open_reader(settings.url)
    assert verify(reader).rows == 7
    with reader.connect() as connection:
        assert verify_events(connection).rows == 1
        assert connection.exec_driver_sql("SELECT after FROM events").scalar() == 5
    reader.dispose()


def test_an_older_record_can_be_verified_before_it_is_brought_up_to_date(settings: StoreSettings) -> None:
    old_record(settings)
    reader = open_reader(settings.url)
    assert verify(reader).rows == 5
    with reader.connect() as connection:
        assert verify_events(connection).rows == 0
    reader.dispose()


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
        r0002_events.upgrade()
    assert "position BIGINT NOT NULL" in script.getvalue()
    assert "seen_at TIMESTAMP WITH TIME ZONE NOT NULL" in script.getvalue()
    for table in ("inspections", "inspection_pictures", "events"):
        assert f"BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}" in script.getvalue()
