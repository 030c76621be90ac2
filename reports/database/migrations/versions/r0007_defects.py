"""Defects and looks in append-only tables of their own, more of what gauges read, and a count on PostgreSQL.

There is no way down: a record is not unwritten. No row of the inspections is touched: what the new tables and
columns hold follows from their records. A damaged record gives no rows; its chain tells.
"""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_position = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_BATCH = 1000

_SHIFT = (
    *("seen_at", "root", "position", "inspection_id", "revision", "part_id", "trigger_seq", "recipe_id"),
    *("recipe_version", "action", "decided_by", "outcome", "missed", "published", "simulated", "late"),
    *("truth_known", "false_release", "challenge"),
)

_DEFECTS = sa.table(
    "defects",
    *(sa.column(name) for name in ("position", "place", "type", "severity", "view", "length_mm", "score")),
)
_LOOKS = sa.table("looks", *(sa.column(name) for name in ("position", "judged_by", "pictures", "looked_at")))
_READINGS = sa.table(
    "gauge_readings", *(sa.column(name) for name in ("position", "place", "text", "in_range"))
)


def _sqlite(table: str, key: str) -> tuple[str, ...]:
    same = " AND ".join(f"t.{column} = NEW.{column}" for column in key.split())
    return (
        f"""CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}
       BEGIN SELECT RAISE(ABORT, '{table} are append-only: no UPDATE'); END""",
        f"""CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}
       BEGIN SELECT RAISE(ABORT, '{table} are append-only: no DELETE'); END""",
        f"""CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}
       WHEN EXISTS (SELECT 1 FROM {table} t WHERE {same})
       BEGIN SELECT RAISE(ABORT, '{table} are append-only: the row is on record'); END""",  # noqa: S608
    )


def _postgresql(table: str) -> tuple[str, ...]:
    return (
        f"""CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
       FOR EACH STATEMENT EXECUTE FUNCTION passgate_append_only()""",
    )


_AFTER = {
    "sqlite": (*_sqlite("defects", "position place"), *_sqlite("looks", "position")),
    "postgresql": (*_postgresql("defects"), *_postgresql("looks")),
}

_NO_UPDATE = {
    "sqlite": (
        "DROP TRIGGER IF EXISTS gauge_readings_no_update",
        """CREATE TRIGGER gauge_readings_no_update BEFORE UPDATE ON gauge_readings
       BEGIN SELECT RAISE(ABORT, 'gauge_readings are append-only: no UPDATE'); END""",
    ),
    "postgresql": (
        "ALTER TABLE gauge_readings DISABLE TRIGGER USER",
        "ALTER TABLE gauge_readings ENABLE TRIGGER USER",
    ),
}
"""Lets the new columns be filled, and no more after that."""

# PostgreSQL does not remember, as SQLite does, which position was the highest ever given.
_COUNT = (
    "CREATE TABLE rows_given (name text PRIMARY KEY, position bigint NOT NULL)",
    """INSERT INTO rows_given SELECT 'inspections', coalesce(max(position), 0) FROM inspections
       UNION ALL SELECT 'events', coalesce(max(position), 0) FROM events""",
    """CREATE FUNCTION passgate_rows_given_grow() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
           IF NEW.name <> OLD.name OR NEW.position < OLD.position THEN
               RAISE EXCEPTION 'rows_given are append-only: they only grow'
                   USING ERRCODE = 'integrity_constraint_violation';
           END IF;
           RETURN NEW;
       END $$""",
    """CREATE TRIGGER rows_given_grow BEFORE UPDATE ON rows_given
       FOR EACH ROW EXECUTE FUNCTION passgate_rows_given_grow()""",
    """CREATE TRIGGER rows_given_append_only BEFORE DELETE OR TRUNCATE ON rows_given
       FOR EACH STATEMENT EXECUTE FUNCTION passgate_append_only()""",
    """CREATE FUNCTION passgate_give() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
           UPDATE rows_given SET position = greatest(rows_given.position, given.position)
               FROM (SELECT max(position) AS position FROM new_rows) given
               WHERE name = TG_TABLE_NAME AND given.position IS NOT NULL;
           RETURN NULL;
       END $$""",
    """CREATE TRIGGER inspections_given AFTER INSERT ON inspections
       REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION passgate_give()""",
    """CREATE TRIGGER events_given AFTER INSERT ON events
       REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION passgate_give()""",
)


def upgrade() -> None:
    op.add_column("inspections", sa.Column("challenge", sa.Text()))
    op.drop_index("ix_inspections_seen_at", "inspections")
    op.drop_index("ix_inspections_root", "inspections")
    op.create_index("ix_inspections_shift", "inspections", [*_SHIFT])
    op.create_index(
        "ix_inspections_first", "inspections", ["root", "position", "action", "late", "latency_ms"]
    )
    op.add_column("gauge_readings", sa.Column("text", sa.Text(), nullable=False, server_default=""))
    op.add_column(
        "gauge_readings", sa.Column("in_range", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_table(
        "defects",
        sa.Column("position", _position, sa.ForeignKey("inspections.position"), primary_key=True),
        sa.Column("place", sa.Integer(), primary_key=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("view", sa.Text(), nullable=False),
        sa.Column("length_mm", sa.Double()),
        sa.Column("score", sa.Double(), nullable=False),
    )
    op.create_index("ix_defects_type", "defects", ["type", "position"])
    op.create_table(
        "looks",
        sa.Column("position", _position, sa.ForeignKey("inspections.position"), primary_key=True),
        sa.Column("judged_by", sa.String(32), nullable=False),
        sa.Column("pictures", sa.Integer(), nullable=False),
        sa.Column("looked_at", sa.Boolean(), nullable=False),
    )
    dialect = op.get_bind().dialect.name
    _fill()
    for statement in _AFTER[dialect] + (_COUNT if dialect == "postgresql" else ()):
        op.execute(sa.text(statement))


def _fill() -> None:
    """What follows from the records that are there."""
    connection = op.get_bind()
    off, on = _NO_UPDATE[connection.dialect.name]
    connection.execute(sa.text(off))
    at: tuple[sa.BindParameter[int], ...] = (sa.bindparam("at_position"), sa.bindparam("at_place"))
    update = sa.update(_READINGS).where(_READINGS.c.position == at[0], _READINGS.c.place == at[1])
    for batch in _records(connection):
        looks, defects, readings = [], [], []
        for position, record in batch:
            try:
                found = json.loads(record)
                decision = found["decision"]
                looks.append({"position": position, **_look(found)})
                defects += [
                    {"position": position, "place": place, **_defect(one)}
                    for place, one in enumerate(decision["defects"])
                ]
                readings += [
                    {
                        "at_position": position,
                        "at_place": place,
                        "text": _text(one.get("text", "")),
                        "in_range": bool(one["in_range"]),
                    }
                    for place, one in enumerate(decision["gauges"])
                ]
            except (ValueError, TypeError, LookupError, AttributeError):
                continue
        for statement, rows in (
            (sa.insert(_LOOKS), looks),
            (sa.insert(_DEFECTS), defects),
            (update.values(text=sa.bindparam("text"), in_range=sa.bindparam("in_range")), readings),
        ):
            if rows:
                connection.execute(statement, rows)
    connection.execute(sa.text(on))


def _records(connection: sa.Connection) -> Iterator[list[tuple[int, str]]]:
    """Position and record of every row, in batches."""
    query = sa.text(
        "SELECT position, record FROM inspections WHERE position > :last ORDER BY position LIMIT :batch"
    )
    last: int | None = connection.scalar(sa.text("SELECT min(position) - 1 FROM inspections"))
    while last is not None:
        batch = [
            (row.position, row.record) for row in connection.execute(query, {"last": last, "batch": _BATCH})
        ]
        yield batch
        last = batch[-1][0] if batch else None


def _look(found: dict[str, Any]) -> dict[str, Any]:
    decision, held = found["decision"], found.get("certificate")
    recipe, model = decision["recipe"], decision["model"]
    said = [recipe["id"], recipe["version"], recipe.get("sha256", "")]
    said += [model["name"], model["version"], model["sha256"]]
    if held is not None:
        said += [held[name] for name in ("id", "alpha", "delta", "n_defective", "misses")]
    name = hashlib.sha256(json.dumps(said, separators=(",", ":")).encode()).hexdigest()[:32]
    return {
        "judged_by": name,
        "pictures": len(found["pictures"]),
        "looked_at": decision["timings_ms"]["capture"] is not None,
    }


def _defect(one: dict[str, Any]) -> dict[str, Any]:
    length = one["length_mm"]
    return {
        "type": _text(one["type"]),
        "severity": _text(one["severity"])[:16],
        "view": _text(one["view"]),
        "length_mm": None if length is None else float(length),
        "score": float(one["score"]),
    }


def _text(said: Any) -> str:
    """As the column has it. Raises TypeError or ValueError where it is no text."""
    if not isinstance(said, str):
        raise TypeError
    said.encode()
    return said.replace("\0", "\N{REPLACEMENT CHARACTER}")
