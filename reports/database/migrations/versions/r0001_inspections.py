"""The append-only table of inspections, its pictures, and the triggers that keep it append-only.

There is no way down: a record is not unwritten.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_position = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_moment = sa.DateTime(timezone=True)

# The last trigger is needed because INSERT OR REPLACE deletes without firing a delete trigger.
_SQLITE = (
    """CREATE TRIGGER inspections_no_update BEFORE UPDATE ON inspections
       BEGIN SELECT RAISE(ABORT, 'inspections are append-only: no UPDATE'); END""",
    """CREATE TRIGGER inspections_no_delete BEFORE DELETE ON inspections
       BEGIN SELECT RAISE(ABORT, 'inspections are append-only: no DELETE'); END""",
    """CREATE TRIGGER inspections_at_end BEFORE INSERT ON inspections
       WHEN NEW.position <> (SELECT coalesce(max(position), 0) + 1 FROM inspections)
       BEGIN SELECT RAISE(ABORT, 'inspections are append-only: INSERT only at the end'); END""",
    """CREATE TRIGGER inspections_in_chain BEFORE INSERT ON inspections
       WHEN NEW.prev_hash <> coalesce(
           (SELECT row_hash FROM inspections ORDER BY position DESC LIMIT 1),
           '0000000000000000000000000000000000000000000000000000000000000000')
       BEGIN SELECT RAISE(ABORT, 'inspections are chained: prev_hash is not the head'); END""",
    """CREATE TRIGGER inspections_no_replace BEFORE INSERT ON inspections
       WHEN EXISTS (SELECT 1 FROM inspections i WHERE i.position = NEW.position
           OR (i.inspection_id = NEW.inspection_id AND i.revision = NEW.revision)
           OR i.supersedes = NEW.supersedes
           OR (i.plc_boot_id = NEW.plc_boot_id AND i.trigger_seq = NEW.trigger_seq
               AND i.trigger_cycle = NEW.trigger_cycle))
       BEGIN SELECT RAISE(ABORT, 'inspections are append-only: the revision is on record'); END""",
    """CREATE TRIGGER inspection_pictures_no_update BEFORE UPDATE ON inspection_pictures
       BEGIN SELECT RAISE(ABORT, 'inspection_pictures are append-only: no UPDATE'); END""",
    """CREATE TRIGGER inspection_pictures_no_delete BEFORE DELETE ON inspection_pictures
       BEGIN SELECT RAISE(ABORT, 'inspection_pictures are append-only: no DELETE'); END""",
)

_POSTGRESQL = (
    """CREATE FUNCTION passgate_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
           RAISE EXCEPTION '% is append-only: no %', TG_TABLE_NAME, TG_OP
               USING ERRCODE = 'integrity_constraint_violation';
       END $$""",
    """CREATE TRIGGER inspections_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON inspections
       FOR EACH STATEMENT EXECUTE FUNCTION passgate_append_only()""",
    """CREATE TRIGGER inspection_pictures_append_only
       BEFORE UPDATE OR DELETE OR TRUNCATE ON inspection_pictures
       FOR EACH STATEMENT EXECUTE FUNCTION passgate_append_only()""",
    """CREATE FUNCTION passgate_at_end() RETURNS trigger LANGUAGE plpgsql AS $$
       DECLARE
           head_position bigint := 0;
           head_hash text := repeat('0', 64);
       BEGIN
           SELECT position, row_hash INTO head_position, head_hash
               FROM inspections ORDER BY position DESC LIMIT 1;
           IF NEW.position <> coalesce(head_position, 0) + 1
               OR NEW.prev_hash <> coalesce(head_hash, repeat('0', 64)) THEN
               RAISE EXCEPTION 'inspections are append-only: INSERT only at the end of the chain'
                   USING ERRCODE = 'integrity_constraint_violation';
           END IF;
           RETURN NEW;
       END $$""",
    """CREATE TRIGGER inspections_at_end BEFORE INSERT ON inspections
       FOR EACH ROW EXECUTE FUNCTION passgate_at_end()""",
)


def upgrade() -> None:
    op.create_table(
        "inspections",
        sa.Column("position", _position, primary_key=True, autoincrement=False),
        sa.Column("root", _position, nullable=False),
        sa.Column("supersedes", _position, sa.ForeignKey("inspections.position"), unique=True),
        sa.Column("inspection_id", sa.String(32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("trigger_cycle", sa.Integer()),
        sa.Column("plc_boot_id", sa.Integer(), nullable=False),
        sa.Column("trigger_seq", sa.Integer(), nullable=False),
        sa.Column("part_id", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", _moment, nullable=False),
        sa.Column("recorded_at", _moment, nullable=False),
        sa.Column("recipe_id", sa.Integer(), nullable=False),
        sa.Column("recipe_version", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("decided_by", sa.String(16), nullable=False),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(16)),
        sa.Column("missed", sa.String(16)),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("false_release", sa.Boolean(), nullable=False),
        sa.Column("truth_known", sa.Boolean(), nullable=False),
        sa.Column("latency_ms", sa.Double(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("row_hash", sa.String(64), nullable=False),
        sa.UniqueConstraint("inspection_id", "revision"),
        sa.UniqueConstraint("plc_boot_id", "trigger_seq", "trigger_cycle"),
        sqlite_autoincrement=True,
    )
    for column in ("seen_at", "root", "part_id"):
        op.create_index(f"ix_inspections_{column}", "inspections", [column])
    op.create_table(
        "inspection_pictures",
        sa.Column("position", _position, sa.ForeignKey("inspections.position"), primary_key=True),
        sa.Column("view", sa.Integer(), primary_key=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("encoding", sa.String(8), nullable=False),
    )
    op.create_index("ix_inspection_pictures_sha256", "inspection_pictures", ["sha256"])
    statements = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}[op.get_bind().dialect.name]
    for statement in statements:
        op.execute(sa.text(statement))
