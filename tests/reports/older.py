"""Records that an older Passgate wrote: files of SQLite; on PostgreSQL their rows in the tables of then."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, MetaData, NullPool, Row, create_engine

from reports.database.migrations.versions import (
    r0001_inspections,
    r0002_events,
    r0003_readings,
    r0004_users,
    r0005_alarms,
    r0006_signatures,
    r0007_defects,
)
from reports.settings import StoreSettings
from tests.reports.stores import outside

WITHOUT_EVENTS = Path(__file__).parent / "database" / "data" / "record_0001.sql"
"""Five revisions of three parts, written by Passgate at a2ffe54, which knew no events."""
WITH_EVENTS = WITHOUT_EVENTS.with_name("record_0002.sql")
"""Three revisions of two parts, and a hold, written by Passgate at 69e6cdd, which kept no readings."""
WITH_READINGS = WITHOUT_EVENTS.with_name("record_0004.sql")
"""Five revisions of three parts with defects, pictures, readings and a certificate, written by Passgate at
484c9fe, which had no tables of defects and looks."""

WITH_ALARMS = WITHOUT_EVENTS.with_name("record_0007.sql")
"""Five revisions of a part that passed, one that was held and one that was missed, a hold, and an alarm that
came and went, written by Passgate at 4875fd5, which had no reviews."""

STEPS = {
    step.revision: step
    for step in (
        r0001_inspections,
        r0002_events,
        r0003_readings,
        r0004_users,
        r0005_alarms,
        r0006_signatures,
        r0007_defects,
    )
}


def old_record(settings: StoreSettings, record: Path = WITHOUT_EVENTS) -> None:
    """Make the record that an older Passgate left."""
    if settings.database_url is None:
        settings.folder.mkdir(parents=True)
        _write(settings.folder / "inspections.db", record)
        return
    with TemporaryDirectory() as folder:
        _write(Path(folder) / "old.db", record)
        engine = create_engine(f"sqlite:///{folder}/old.db", poolclass=NullPool)
        with engine.connect() as old, outside(settings) as new:
            _copy(old, new)


def _write(path: Path, record: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.executescript(record.read_text(encoding="utf-8"))
    connection.close()


def _copy(old: Connection, new: Connection) -> None:
    source, target = MetaData(), MetaData()
    source.reflect(old)
    source.tables["alembic_version"].create(new)
    version = old.scalar(source.tables["alembic_version"].select())
    with Operations.context(MigrationContext.configure(new)):
        for revision in sorted(STEPS):
            if revision <= version:
                STEPS[revision].upgrade()
    target.reflect(new)
    for table in source.sorted_tables:
        if rows := [_in_utc(row) for row in old.execute(table.select())]:
            new.execute(target.tables[table.name].insert(), rows)


def _in_utc(row: Row[tuple[object, ...]]) -> dict[str, object]:
    return {
        name: value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
        for name, value in row._mapping.items()
    }
