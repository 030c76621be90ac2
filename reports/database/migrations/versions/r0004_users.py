"""The append-only table of the users, and an index by which sign-ins are found.

There is no way down: a record is not unwritten. No stored row is touched.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_SQLITE = (
    """CREATE TRIGGER users_no_update BEFORE UPDATE ON users
       BEGIN SELECT RAISE(ABORT, 'users are append-only: no UPDATE'); END""",
    """CREATE TRIGGER users_no_delete BEFORE DELETE ON users
       BEGIN SELECT RAISE(ABORT, 'users are append-only: no DELETE'); END""",
    """CREATE TRIGGER users_no_replace BEFORE INSERT ON users
       WHEN EXISTS (SELECT 1 FROM users u WHERE u.event_id = NEW.event_id
           OR (u.key = NEW.key AND u.revision = NEW.revision))
       BEGIN SELECT RAISE(ABORT, 'users are append-only: the row is on record'); END""",
)

_POSTGRESQL = (
    """CREATE TRIGGER users_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON users
       FOR EACH STATEMENT EXECUTE FUNCTION passgate_append_only()""",
)


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("event_id", sa.String(32), sa.ForeignKey("events.event_id"), primary_key=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("own_password", sa.Boolean(), nullable=False),
        sa.Column("pin", sa.Text()),
        sa.UniqueConstraint("key", "revision"),
    )
    op.create_index("ix_events_by", "events", ["by", "kind", "position"])
    statements = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}[op.get_bind().dialect.name]
    for statement in statements:
        op.execute(sa.text(statement))
