"""The append-only tables of the signed shifts and of their signatures.

There is no way down: a record is not unwritten. No stored row is touched.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_SAME = {
    "shifts": "s.event_id = NEW.event_id OR (s.day = NEW.day AND s.name = NEW.name)",
    "signatures": "s.event_id = NEW.event_id"
    " OR (s.shift = NEW.shift AND s.key = NEW.key AND s.meaning = NEW.meaning)",
}


def _sqlite(table: str) -> list[str]:
    said = f"SELECT RAISE(ABORT, '{table} are append-only"
    same = f"EXISTS (SELECT 1 FROM {table} s WHERE {_SAME[table]})"  # noqa: S608
    return [
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN {said}: no UPDATE'); END",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN {said}: no DELETE'); END",
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}"
        f" WHEN {same} BEGIN {said}: the row is on record'); END",
    ]


def _postgresql(table: str) -> list[str]:
    return [
        f"""CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION passgate_append_only()"""
    ]


def upgrade() -> None:
    hashed = sa.String(64)
    at = sa.DateTime(timezone=True)
    op.create_table(
        "shifts",
        sa.Column("event_id", sa.String(32), sa.ForeignKey("events.event_id"), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("started_at", at, nullable=False),
        sa.Column("ended_at", at, nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("report_sha256", hashed, nullable=False),
        sa.Column("parts_position", sa.BigInteger(), nullable=False),
        sa.Column("parts_head", hashed, nullable=False),
        sa.Column("first_position", sa.BigInteger(), nullable=False),
        sa.Column("last_position", sa.BigInteger(), nullable=False),
        sa.Column("events_position", sa.BigInteger(), nullable=False),
        sa.Column("events_head", hashed, nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.UniqueConstraint("day", "name"),
    )
    op.create_index("ix_shifts_started_at", "shifts", ["started_at"])
    op.create_table(
        "signatures",
        sa.Column("event_id", sa.String(32), sa.ForeignKey("events.event_id"), primary_key=True),
        sa.Column("shift", sa.String(32), sa.ForeignKey("shifts.event_id"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("meaning", sa.String(16), nullable=False),
        sa.Column("at", at, nullable=False),
        sa.Column("report_sha256", hashed, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("parts_position", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("shift", "key", "meaning"),
    )
    statements = {"sqlite": _sqlite, "postgresql": _postgresql}[op.get_bind().dialect.name]
    for table in ("shifts", "signatures"):
        for statement in statements(table):
            op.execute(sa.text(statement))
