"""The stations' reviews, side by side, as ``p0001`` has what follows from events.

There is no way down: a record is not unwritten.
"""

from alembic import op

revision = "p0002"
down_revision = "p0001"
branch_labels = None
depends_on = None

_OWN = "(station = (SELECT plant.own_station()))"

_STATEMENTS = (
    """CREATE TABLE plant.reviews (
        station text NOT NULL,
        position bigint NOT NULL,
        inspection_id varchar(32) NOT NULL,
        part_id bigint NOT NULL,
        revision integer NOT NULL,
        verdict varchar(16) NOT NULL,
        type text NOT NULL,
        reason text NOT NULL,
        replaces bigint NOT NULL,
        at timestamptz NOT NULL,
        PRIMARY KEY (station, position, at)) PARTITION BY RANGE (at)""",
    "CREATE INDEX ON plant.reviews (station, inspection_id)",
    """CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON plant.reviews
       FOR EACH STATEMENT EXECUTE FUNCTION plant.append_only()""",
    """CREATE TRIGGER arrived AFTER INSERT ON plant.reviews REFERENCING NEW TABLE AS fresh
       FOR EACH STATEMENT EXECUTE FUNCTION plant.before_its_row('events')""",
    "CREATE TABLE plant.reviews_default PARTITION OF plant.reviews DEFAULT",
    "ALTER TABLE plant.reviews ENABLE ROW LEVEL SECURITY",
    f"CREATE POLICY own_read ON plant.reviews FOR SELECT USING {_OWN}",
    f"CREATE POLICY own_add ON plant.reviews FOR INSERT WITH CHECK {_OWN}",
    """CREATE VIEW one_station.reviews AS
       SELECT position, inspection_id, part_id, revision, verdict, type, reason, replaces FROM plant.reviews
       WHERE station = current_setting('passgate.station', true)""",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
