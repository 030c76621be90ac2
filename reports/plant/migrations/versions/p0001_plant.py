"""The stations' rows side by side, by month; who may add to them, and what PostgreSQL checks then.

Each table is that of a station's record, with the name of its station before it; what follows from a row of
the inspections has its ``seen_at`` too, for the partition. A unique constraint of a partitioned table needs
the partition key, so that none can say that a station's position is there once: the chain does. A row is
taken only where its position and ``prev_hash`` follow the station's head, and only where PostgreSQL finds the
row's hash as well.

There is no way down: a record is not unwritten.
"""

from alembic import op

revision = "p0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = (
    """CREATE TABLE plant.stations (
        number integer GENERATED ALWAYS AS IDENTITY,
        name text PRIMARY KEY,
        role name UNIQUE,
        since timestamptz NOT NULL DEFAULT now(),
        complete_at timestamptz,
        retired_at timestamptz)""",
    """CREATE TABLE plant.heads (
        station text REFERENCES plant.stations,
        chain text CHECK (chain IN ('inspections', 'events')),
        position bigint NOT NULL DEFAULT 0,
        row_hash text NOT NULL DEFAULT repeat('0', 64),
        received_at timestamptz,
        PRIMARY KEY (station, chain))""",
    """CREATE TABLE plant.refusals (
        station text REFERENCES plant.stations,
        chain text NOT NULL,
        position bigint NOT NULL,
        row_hash text NOT NULL,
        reason text NOT NULL,
        record text NOT NULL,
        at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (station, chain, position, row_hash, reason))""",
    """CREATE TABLE plant.inspections (
        station text NOT NULL REFERENCES plant.stations,
        position bigint NOT NULL,
        root bigint NOT NULL,
        supersedes bigint,
        inspection_id varchar(32) NOT NULL,
        revision integer NOT NULL,
        trigger_cycle integer,
        plc_boot_id integer NOT NULL,
        trigger_seq integer NOT NULL,
        part_id bigint NOT NULL,
        seen_at timestamptz NOT NULL,
        recorded_at timestamptz NOT NULL,
        recipe_id integer NOT NULL,
        recipe_version integer NOT NULL,
        action varchar(16) NOT NULL,
        decided_by varchar(16) NOT NULL,
        published boolean NOT NULL,
        outcome varchar(16),
        missed varchar(16),
        simulated boolean NOT NULL,
        late boolean NOT NULL,
        false_release boolean NOT NULL,
        truth_known boolean NOT NULL,
        latency_ms double precision NOT NULL,
        serial text,
        lot text,
        challenge text,
        record text NOT NULL,
        prev_hash varchar(64) NOT NULL,
        row_hash varchar(64) NOT NULL,
        PRIMARY KEY (station, position, seen_at)) PARTITION BY RANGE (seen_at)""",
    """CREATE TABLE plant.inspection_pictures (
        station text NOT NULL,
        position bigint NOT NULL,
        view integer NOT NULL,
        sha256 varchar(64) NOT NULL,
        encoding varchar(8) NOT NULL,
        seen_at timestamptz NOT NULL,
        PRIMARY KEY (station, position, view, seen_at)) PARTITION BY RANGE (seen_at)""",
    """CREATE TABLE plant.gauge_readings (
        station text NOT NULL,
        position bigint NOT NULL,
        place integer NOT NULL,
        name text NOT NULL,
        kind varchar(16) NOT NULL,
        value double precision,
        uncertainty double precision,
        unit text NOT NULL,
        low double precision,
        high double precision,
        reason varchar(32),
        text text NOT NULL,
        in_range boolean NOT NULL,
        seen_at timestamptz NOT NULL,
        PRIMARY KEY (station, position, place, seen_at)) PARTITION BY RANGE (seen_at)""",
    """CREATE TABLE plant.defects (
        station text NOT NULL,
        position bigint NOT NULL,
        place integer NOT NULL,
        type text NOT NULL,
        severity varchar(16) NOT NULL,
        view text NOT NULL,
        length_mm double precision,
        score double precision NOT NULL,
        seen_at timestamptz NOT NULL,
        PRIMARY KEY (station, position, place, seen_at)) PARTITION BY RANGE (seen_at)""",
    """CREATE TABLE plant.looks (
        station text NOT NULL,
        position bigint NOT NULL,
        judged_by varchar(32) NOT NULL,
        pictures integer NOT NULL,
        looked_at boolean NOT NULL,
        seen_at timestamptz NOT NULL,
        PRIMARY KEY (station, position, seen_at)) PARTITION BY RANGE (seen_at)""",
    """CREATE TABLE plant.events (
        station text NOT NULL REFERENCES plant.stations,
        position bigint NOT NULL,
        event_id varchar(32) NOT NULL,
        after bigint NOT NULL,
        at timestamptz NOT NULL,
        kind varchar(32) NOT NULL,
        by varchar(128) NOT NULL,
        detail text NOT NULL,
        subjects text NOT NULL,
        record text NOT NULL,
        prev_hash varchar(64) NOT NULL,
        row_hash varchar(64) NOT NULL,
        PRIMARY KEY (station, position, at)) PARTITION BY RANGE (at)""",
    """CREATE TABLE plant.alarm_changes (
        station text NOT NULL,
        position bigint NOT NULL,
        alarm_id varchar(32) NOT NULL,
        code integer NOT NULL,
        priority varchar(16) NOT NULL,
        change varchar(32) NOT NULL,
        times integer NOT NULL,
        at timestamptz NOT NULL,
        PRIMARY KEY (station, position, at)) PARTITION BY RANGE (at)""",
)

_INDEXES = (
    "CREATE INDEX ON plant.inspections (station, seen_at)",
    "CREATE INDEX ON plant.inspections (station, supersedes) WHERE supersedes IS NOT NULL",
    "CREATE INDEX ON plant.inspections (part_id)",
    "CREATE INDEX ON plant.inspections (serial) WHERE serial IS NOT NULL",
    "CREATE INDEX ON plant.inspections (lot) WHERE lot IS NOT NULL",
    "CREATE INDEX ON plant.gauge_readings (station, name, position)",
    "CREATE INDEX ON plant.alarm_changes (station, code, position)",
    "CREATE INDEX ON plant.events (station, at)",
    "CREATE INDEX ON plant.events (station, kind, position)",
)

_LINKS = {
    "inspections": "to_json(prev_hash)::text, position::text, root::text, supersedes::text,"
    " trigger_cycle::text, to_json(record)::text",
    "events": "to_json(prev_hash)::text, position::text, to_json(event_id)::text, after::text,"
    " to_json(record)::text",
}
"""What a row hashes, as a JSON array: ``hash_row`` and ``hash_event`` of the record."""

_AND = {"inspections": "", "events": "WHEN after > parts THEN 'after'"}
"""What is asked of a row beside."""

_COLUMNS = {
    "inspections": "position, root, supersedes, inspection_id, revision, trigger_cycle, plc_boot_id,"
    " trigger_seq, part_id, seen_at, recorded_at, recipe_id, recipe_version, action, decided_by, published,"
    " outcome, missed, simulated, late, false_release, truth_known, latency_ms, serial, lot,"
    " challenge, record,"
    " prev_hash, row_hash",
    "inspection_pictures": "position, view, sha256, encoding",
    "gauge_readings": "position, place, name, kind, value, uncertainty, unit, low, high, reason, text,"
    " in_range",
    "defects": "position, place, type, severity, view, length_mm, score",
    "looks": "position, judged_by, pictures, looked_at",
    "events": "position, event_id, after, at, kind, by, detail, subjects, record, prev_hash, row_hash",
    "alarm_changes": "position, alarm_id, code, priority, change, times",
}
"""What a station's own record has."""

_ORIGIN = {
    "inspection_pictures": "inspections",
    "gauge_readings": "inspections",
    "defects": "inspections",
    "looks": "inspections",
    "alarm_changes": "events",
}
"""From the rows of which table a table's follow."""

_FUNCTIONS = (
    """CREATE FUNCTION plant.own_station() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
       SET search_path = pg_catalog, pg_temp AS $$
       SELECT name FROM plant.stations WHERE role = session_user $$""",
    # No later than it is here: a clock that runs ahead must not promise rows that are yet to come.
    """CREATE FUNCTION plant.all_sent(moment timestamptz) RETURNS void LANGUAGE sql SECURITY DEFINER
       SET search_path = pg_catalog, pg_temp AS $$
       UPDATE plant.stations SET complete_at = least(moment, clock_timestamp())
           WHERE role = session_user $$""",
    """CREATE FUNCTION plant.hash_of(VARIADIC link text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
       SELECT encode(
           sha256(convert_to('[' || array_to_string(link, ',', 'null') || ']', 'UTF8')), 'hex') $$""",
    """CREATE FUNCTION plant.append_only() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
           RAISE EXCEPTION 'plant.% is append-only: no %', TG_TABLE_NAME, TG_OP
               USING ERRCODE = 'integrity_constraint_violation';
       END $$""",
    # What follows from a row is there before the row, so nothing can be added to one later.
    """CREATE FUNCTION plant.before_its_row() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
       SET search_path = pg_catalog, pg_temp AS $$
       BEGIN
           IF EXISTS (SELECT FROM fresh JOIN plant.heads AS head USING (station)
                   WHERE head.chain = TG_ARGV[0] AND fresh.position <= head.position) THEN
               RAISE EXCEPTION 'plant.% is append-only: its row is on record', TG_TABLE_NAME
                   USING ERRCODE = 'integrity_constraint_violation';
           END IF;
           RETURN NULL;
       END $$""",
)


def _in_chain(table: str) -> str:
    """The function that looks at all rows that one statement added."""
    return f"""CREATE FUNCTION plant.{table}_in_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
       SET search_path = pg_catalog, pg_temp AS $$
       DECLARE
           one text;
           other text;
           head plant.heads;
           parts bigint;
           bad record;
       BEGIN
           SELECT min(station), max(station) INTO one, other FROM fresh;
           IF one IS NULL THEN
               RETURN NULL;
           ELSIF one <> other THEN
               RAISE EXCEPTION 'rows of one station at a time'
                   USING ERRCODE = 'integrity_constraint_violation';
           END IF;
           SELECT * INTO STRICT head FROM plant.heads WHERE station = one AND chain = '{table}' FOR UPDATE;
           SELECT position INTO STRICT parts FROM plant.heads WHERE station = one AND chain = 'inspections';
           SELECT position, reason INTO bad FROM (
               SELECT position, CASE
                   WHEN position <> head.position + row_number() OVER chained THEN 'place'
                   WHEN prev_hash <> lag(row_hash, 1, head.row_hash) OVER chained THEN 'chain'
                   WHEN row_hash <> plant.hash_of({_LINKS[table]}) THEN 'hash'
                   {_AND[table]}
               END AS reason FROM fresh WINDOW chained AS (ORDER BY position)
           ) AS looked_at WHERE reason IS NOT NULL ORDER BY position LIMIT 1;
           IF FOUND THEN
               RAISE EXCEPTION 'row % of the {table} does not follow its chain: %', bad.position, bad.reason
                   USING ERRCODE = 'PSCHN', DETAIL = json_build_object(
                       'chain', '{table}', 'position', bad.position, 'reason', bad.reason);
           END IF;
           UPDATE plant.heads SET received_at = now(), (position, row_hash) =
                   (SELECT position, row_hash FROM fresh ORDER BY position DESC LIMIT 1)
               WHERE station = one AND chain = '{table}';
           RETURN NULL;
       END $$"""


def _rules(table: str) -> tuple[str, ...]:
    """What holds of a table of rows: append-only, in its chain or before it, each station its own."""
    origin = _ORIGIN.get(table)
    function = f"{table}_in_chain()" if origin is None else f"before_its_row('{origin}')"
    return (
        f"""CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON plant.{table}
            FOR EACH STATEMENT EXECUTE FUNCTION plant.append_only()""",
        f"""CREATE TRIGGER arrived AFTER INSERT ON plant.{table} REFERENCING NEW TABLE AS fresh
            FOR EACH STATEMENT EXECUTE FUNCTION plant.{function}""",
        f"CREATE TABLE plant.{table}_default PARTITION OF plant.{table} DEFAULT",
        *_own(table),
        f"""CREATE VIEW one_station.{table} AS SELECT {_COLUMNS[table]} FROM plant.{table}
            WHERE station = current_setting('passgate.station', true)""",
    )


def _own(table: str) -> tuple[str, ...]:
    """Whoever is no station sees and adds nothing, whatever is granted to him; the owner sees all."""
    own = "(station = (SELECT plant.own_station()))"  # in a query of its own, so that it is asked once
    return (
        f"ALTER TABLE plant.{table} ENABLE ROW LEVEL SECURITY",
        f"CREATE POLICY own_read ON plant.{table} FOR SELECT USING {own}",
        f"CREATE POLICY own_add ON plant.{table} FOR INSERT WITH CHECK {own}",
    )


_VIEWS = (
    """CREATE VIEW plant.overview AS
    SELECT s.number, s.name AS station, s.role, s.retired_at, p.position AS inspections, e.position AS events,
        greatest(p.received_at, e.received_at) AS received_at, s.complete_at
    FROM plant.stations AS s
    JOIN plant.heads AS p ON p.station = s.name AND p.chain = 'inspections'
    JOIN plant.heads AS e ON e.station = s.name AND e.chain = 'events'""",
    "CREATE VIEW plant.refused AS SELECT * FROM plant.refusals",
)
"""For readers, as the owner sees the tables."""


def upgrade() -> None:
    op.execute("CREATE SCHEMA one_station")
    for statement in (*_TABLES, *_INDEXES, *_FUNCTIONS, *map(_in_chain, _LINKS)):
        op.execute(statement)
    for table in _COLUMNS:
        for statement in _rules(table):
            op.execute(statement)
    for table in ("heads", "refusals"):
        for statement in _own(table):
            op.execute(statement)
    for view in _VIEWS:
        op.execute(view)
