"""What gauges read, in an append-only table of its own, and the serial and lot that name a part.

There is no way down: a record is not unwritten. No stored row is touched: of the inspections that are there
no record holds a reading or an identity, since no Passgate before this one filled either.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_position = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_SQLITE = (
    """CREATE TRIGGER gauge_readings_no_update BEFORE UPDATE ON gauge_readings
       BEGIN SELECT RAISE(ABORT, 'gauge_readings are append-only: no UPDATE'); END""",
    """CREATE TRIGGER gauge_readings_no_delete BEFORE DELETE ON gauge_readings
       BEGIN SELECT RAISE(ABORT, 'gauge_readings are append-only: no DELETE'); END""",
    """CREATE TRIGGER gauge_readings_no_replace BEFORE INSERT ON gauge_readings
       WHEN EXISTS (SELECT 1 FROM gauge_readings g
           WHERE g.position = NEW.position AND g.place = NEW.place)
       BEGIN SELECT RAISE(ABORT, 'gauge_readings are append-only: the reading is on record'); END""",
)

_POSTGRESQL = (
    """CREATE TRIGGER gauge_readings_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gauge_readings
       FOR EACH STATEMENT EXECUTE FUNCTION passgate_append_only()""",
)


def upgrade() -> None:
    for column in ("serial", "lot"):
        op.add_column("inspections", sa.Column(column, sa.Text()))
        op.create_index(f"ix_inspections_{column}", "inspections", [column])
    op.create_table(
        "gauge_readings",
        sa.Column("position", _position, sa.ForeignKey("inspections.position"), primary_key=True),
        sa.Column("place", sa.Integer(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("value", sa.Double()),
        sa.Column("uncertainty", sa.Double()),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("low", sa.Double()),
        sa.Column("high", sa.Double()),
        sa.Column("reason", sa.String(32)),
    )
    op.create_index("ix_gauge_readings_name", "gauge_readings", ["name", "position"])
    statements = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}[op.get_bind().dialect.name]
    for statement in statements:
        op.execute(sa.text(statement))
