"""What became of alarms, in an append-only table of its own, and a view of one row an alarm.

There is no way down: a record is not unwritten. No stored row is touched: no event of a Passgate before this
one tells of an alarm.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_position = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_SQLITE = (
    """CREATE TRIGGER alarm_changes_no_update BEFORE UPDATE ON alarm_changes
       BEGIN SELECT RAISE(ABORT, 'alarm_changes are append-only: no UPDATE'); END""",
    """CREATE TRIGGER alarm_changes_no_delete BEFORE DELETE ON alarm_changes
       BEGIN SELECT RAISE(ABORT, 'alarm_changes are append-only: no DELETE'); END""",
    """CREATE TRIGGER alarm_changes_no_replace BEFORE INSERT ON alarm_changes
       WHEN EXISTS (SELECT 1 FROM alarm_changes a WHERE a.position = NEW.position)
       BEGIN SELECT RAISE(ABORT, 'alarm_changes are append-only: the row is on record'); END""",
)

_POSTGRESQL = (
    """CREATE TRIGGER alarm_changes_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON alarm_changes
       FOR EACH STATEMENT EXECUTE FUNCTION passgate_append_only()""",
)

_VIEW = """
CREATE VIEW alarms AS
SELECT found.id, found.code, found.priority, found.times, raised.at AS raised, seen.at AS acknowledged,
       seen.by AS acknowledged_by, cleared.at AS cleared
FROM (
    SELECT alarm_id AS id, MIN(code) AS code, MIN(priority) AS priority, MAX(times) AS times,
           MIN(position) AS first,
           MAX(CASE WHEN change = 'alarm_raised' THEN position END) AS last,
           MAX(CASE WHEN change = 'alarm_acknowledged' THEN position END) AS seen,
           MAX(CASE WHEN change = 'alarm_cleared' THEN position END) AS cleared
    FROM alarm_changes GROUP BY alarm_id
) AS found
JOIN events AS raised ON raised.position = found.first
LEFT JOIN events AS seen ON seen.position = found.seen
LEFT JOIN events AS cleared ON cleared.position = found.cleared AND found.cleared > found.last
"""


def upgrade() -> None:
    op.create_table(
        "alarm_changes",
        sa.Column("position", _position, sa.ForeignKey("events.position"), primary_key=True),
        sa.Column("alarm_id", sa.String(32), nullable=False),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("priority", sa.String(16), nullable=False),
        sa.Column("change", sa.String(32), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
    )
    op.create_index("ix_alarm_changes_alarm_id", "alarm_changes", ["alarm_id", "position"])
    op.create_index("ix_alarm_changes_code", "alarm_changes", ["code", "position"])
    statements = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}[op.get_bind().dialect.name]
    for statement in (*statements, _VIEW):
        op.execute(sa.text(statement))
