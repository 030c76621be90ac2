"""What people say of parts, in an append-only table of its own, and an index of the parts that wait for them.

There is no way down: a record is not unwritten. No stored row is touched: no event of a Passgate before this
one tells of a review.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_position = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_SAME = "r.position = NEW.position OR (r.inspection_id = NEW.inspection_id AND r.replaces = NEW.replaces)"

_SQLITE = (
    """CREATE TRIGGER reviews_no_update BEFORE UPDATE ON reviews
       BEGIN SELECT RAISE(ABORT, 'reviews are append-only: no UPDATE'); END""",
    """CREATE TRIGGER reviews_no_delete BEFORE DELETE ON reviews
       BEGIN SELECT RAISE(ABORT, 'reviews are append-only: no DELETE'); END""",
    f"""CREATE TRIGGER reviews_no_replace BEFORE INSERT ON reviews
       WHEN EXISTS (SELECT 1 FROM reviews r WHERE {_SAME})
       BEGIN SELECT RAISE(ABORT, 'reviews are append-only: the row is on record'); END""",  # noqa: S608
)

_POSTGRESQL = (
    """CREATE TRIGGER reviews_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON reviews
       FOR EACH STATEMENT EXECUTE FUNCTION passgate_append_only()""",
)

_HELD = (
    "challenge IS NULL AND (missed IS NULL OR missed <> 'bypass')"
    " AND (action = 'manual_review' OR late OR missed IS NOT NULL)"
)


def upgrade() -> None:
    op.create_table(
        "reviews",
        sa.Column("position", _position, sa.ForeignKey("events.position"), primary_key=True),
        sa.Column("inspection_id", sa.String(32), nullable=False),
        sa.Column("part_id", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("replaces", _position, nullable=False),
        sa.UniqueConstraint("inspection_id", "replaces"),
    )
    op.create_index("ix_reviews_replaces", "reviews", ["replaces"])
    op.create_index(
        "ix_inspections_held",
        "inspections",
        ["root", "position", "inspection_id"],
        sqlite_where=sa.text(_HELD),
        postgresql_where=sa.text(_HELD),
    )
    for statement in {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}[op.get_bind().dialect.name]:
        op.execute(sa.text(statement))
