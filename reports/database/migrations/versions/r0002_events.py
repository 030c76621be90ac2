"""The append-only table of what people and the station did, and the triggers that keep it append-only.

There is no way down: a record is not unwritten. The rows of the inspections are not touched.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_position = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_SQLITE = (
    """CREATE TRIGGER events_no_update BEFORE UPDATE ON events
       BEGIN SELECT RAISE(ABORT, 'events are append-only: no UPDATE'); END""",
    """CREATE TRIGGER events_no_delete BEFORE DELETE ON events
       BEGIN SELECT RAISE(ABORT, 'events are append-only: no DELETE'); END""",
    """CREATE TRIGGER events_at_end BEFORE INSERT ON events
       WHEN NEW.position <> (SELECT coalesce(max(position), 0) + 1 FROM events)
       BEGIN SELECT RAISE(ABORT, 'events are append-only: INSERT only at the end'); END""",
    """CREATE TRIGGER events_in_chain BEFORE INSERT ON events
       WHEN NEW.prev_hash <> coalesce(
           (SELECT row_hash FROM events ORDER BY position DESC LIMIT 1),
           '0000000000000000000000000000000000000000000000000000000000000000')
       BEGIN SELECT RAISE(ABORT, 'events are chained: prev_hash is not the head'); END""",
    """CREATE TRIGGER events_no_replace BEFORE INSERT ON events
       WHEN EXISTS (SELECT 1 FROM events e WHERE e.position = NEW.position OR e.event_id = NEW.event_id)
       BEGIN SELECT RAISE(ABORT, 'events are append-only: the event is on record'); END""",
)

_POSTGRESQL = (
    """CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events
       FOR EACH STATEMENT EXECUTE FUNCTION passgate_append_only()""",
    """CREATE FUNCTION passgate_event_at_end() RETURNS trigger LANGUAGE plpgsql AS $$
       DECLARE
           head_position bigint := 0;
           head_hash text := repeat('0', 64);
       BEGIN
           SELECT position, row_hash INTO head_position, head_hash
               FROM events ORDER BY position DESC LIMIT 1;
           IF NEW.position <> coalesce(head_position, 0) + 1
               OR NEW.prev_hash <> coalesce(head_hash, repeat('0', 64)) THEN
               RAISE EXCEPTION 'events are append-only: INSERT only at the end of the chain'
                   USING ERRCODE = 'integrity_constraint_violation';
           END IF;
           RETURN NEW;
       END $$""",
    """CREATE TRIGGER events_at_end BEFORE INSERT ON events
       FOR EACH ROW EXECUTE FUNCTION passgate_event_at_end()""",
)


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("position", _position, primary_key=True, autoincrement=False),
        sa.Column("event_id", sa.String(32), nullable=False, unique=True),
        sa.Column("after", _position, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("by", sa.String(128), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("subjects", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("row_hash", sa.String(64), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_kind", "events", ["kind", "position"])
    statements = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}[op.get_bind().dialect.name]
    for statement in statements:
        op.execute(sa.text(statement))
