"""A station can only append its own rows, and they follow its chain: PostgreSQL itself says so."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from inspection.errors import StoreError
from inspection.events import Event, EventKind
from reports.outgoing.outbox import CARRIED
from reports.plant.partitions import MONTHLY
from reports.plant.preparing import prepare
from reports.plant.reading import stations_at, stations_named
from reports.plant.verifying import verify_copy
from reports.record.schema import Base
from reports.record.signatures.table import ClosedShiftRow, SignatureRow
from reports.record.users.table import UserRow
from reports.settings import StoreSettings
from reports.store.store import SqlStore
from tests.reports.parts import START, closed, part
from tests.reports.plants import Plant, append, push
from tests.reports.postgresql import Server

STATIONS_OWN = {
    UserRow.__tablename__: "password hashes, of the station's people",
    ClosedShiftRow.__tablename__: "not carried yet: a plant's report says nothing of signatures",
    SignatureRow.__tablename__: "not carried yet, as the shifts",
}
"""Tables of a record that do not go to the plant, and why."""


@pytest.fixture
def pushed(store: SqlStore, settings: StoreSettings, plant: Plant) -> Plant:
    """A plant that has two rows of a station."""
    append(store, [part(1), closed(part(1))])
    push(settings, plant.settings())
    return plant


def test_whatever_a_record_has_goes_to_the_plant_or_stays_for_a_reason(plant: Plant) -> None:
    carried = {table.name for table in CARRIED}
    assert carried == MONTHLY.keys()
    assert carried | STATIONS_OWN.keys() == Base.metadata.tables.keys()
    for table in CARRIED:
        views = plant.asked(
            "SELECT column_name FROM information_schema.columns"
            f" WHERE table_schema = 'one_station' AND table_name = '{table.name}'"
        )
        assert {name for (name,) in views} == set(table.columns.keys())


def test_a_station_can_only_append(pushed: Plant) -> None:
    before = pushed.rows()
    for statement in (
        "UPDATE plant.{} SET position = position",
        "DELETE FROM plant.{}",
        "TRUNCATE plant.{}",
        "DROP TABLE plant.{}",
        "ALTER TABLE plant.{} DISABLE TRIGGER ALL",
        "ALTER TABLE plant.{} DISABLE ROW LEVEL SECURITY",
    ):
        for table in MONTHLY:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                pushed.asked(statement.format(table), role=pushed.role())
    assert pushed.rows() == before


def test_a_station_cannot_say_what_it_has_sent(pushed: Plant) -> None:
    for statement in (
        "UPDATE plant.heads SET position = 9",
        "DELETE FROM plant.refusals",
        "TABLE plant.stations",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            pushed.asked(statement, role=pushed.role())


def test_nobody_changes_a_row_by_mistake(pushed: Plant) -> None:
    for table in MONTHLY:
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="append-only"):
            pushed.asked(f"DELETE FROM plant.{table}")


def as_role(role: str, rows: str, into: str, change: str = "") -> str:
    """Statements with which a role adds rows that somebody else has put into its hands."""
    return (
        f"CREATE TEMP TABLE given AS {rows}; {change}; GRANT SELECT ON given TO PUBLIC;"
        f" SET SESSION AUTHORIZATION {role}; INSERT INTO plant.{into} TABLE given"
    )


def test_a_station_sees_and_adds_only_its_own(pushed: Plant) -> None:
    other = pushed.role(pushed.other)
    for table in ("inspections", "events"):
        assert pushed.asked(f"SELECT count(*) FROM plant.{table}", role=other) == [(0,)]
        assert pushed.asked(f"SELECT count(*) FROM plant.{table}", role=pushed.role()) != [(0,)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            pushed.asked(
                as_role(other, f"SELECT * FROM plant.{table} WHERE station = '{pushed.cell}'", table)
            )


def test_what_does_not_follow_its_chain_is_refused_whatever_program_sends_it(pushed: Plant) -> None:
    rows = f"SELECT * FROM plant.inspections WHERE station = '{pushed.cell}'"
    as_own = f"UPDATE given SET station = '{pushed.other}'"
    role = pushed.role(pushed.other)
    for change, reason in (
        ("position = position + 1", "place"),
        ("prev_hash = repeat('1', 64)", "chain"),
        ("record = replace(record, 'no defect', 'good')", "hash"),
        ("trigger_cycle = 7", "hash"),
    ):
        changed = f"{as_own}; UPDATE given SET {change}"
        with pytest.raises(psycopg.Error, match=f"does not follow its chain: {reason}") as raised:
            pushed.asked(as_role(role, rows, "inspections", changed))
        assert raised.value.sqlstate == "PSCHN"
    pushed.asked(as_role(role, rows, "inspections", as_own))
    assert len(pushed.rows(pushed.other)) == 2


def test_an_event_does_not_come_before_the_parts_that_it_stands_behind(
    pushed: Plant, store: SqlStore, settings: StoreSettings
) -> None:
    store.note(Event(at=START, kind=EventKind.HOLD, by="Ada"))
    push(settings, pushed.settings())
    rows = f"SELECT * FROM plant.events WHERE station = '{pushed.cell}'"
    changed = f"UPDATE given SET station = '{pushed.other}'"
    with pytest.raises(psycopg.Error, match="row 2 of the events does not follow its chain: after"):
        pushed.asked(as_role(pushed.role(pushed.other), rows, "events", changed))


def test_nothing_is_added_to_a_row_that_is_there(pushed: Plant) -> None:
    forged = (
        f"SELECT '{pushed.cell}', 1, 0, repeat('a', 64), 'png', seen_at FROM plant.inspections"
        f" WHERE station = '{pushed.cell}' LIMIT 1"
    )
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="its row is on record"):
        pushed.asked(f"INSERT INTO plant.inspection_pictures {forged}", role=pushed.role())


def test_the_readers_read_all_stations_and_change_nothing(pushed: Plant) -> None:
    reader = pushed.prepared.reader
    assert stations_at(pushed.reader)
    for statement in ("INSERT INTO one_station.events TABLE one_station.events", "TABLE plant.inspections"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            pushed.asked(statement, role=reader)
    assert verify_copy(pushed.reader, pushed.cell).intact


def test_a_copy_that_somebody_changed_is_found_broken(pushed: Plant) -> None:
    pushed.asked(
        "SET session_replication_role = replica;"
        f" UPDATE plant.inspections SET action = 'stop' WHERE station = '{pushed.cell}' AND position = 2"
    )
    found = verify_copy(pushed.reader, pushed.cell)
    assert (found.intact, found.parts.broken_at) == (False, 2)
    assert found.reason == "column action contradicts the record"


def test_a_month_that_nobody_made_is_kept_and_moved_when_it_is_made(
    store: SqlStore, settings: StoreSettings, plant: Plant
) -> None:
    def rows_in(name: str) -> int:
        found = plant.asked(f"SELECT count(*) FROM plant.{name} WHERE station = '{plant.cell}'")
        assert isinstance(found[0][0], int)
        return found[0][0]

    for number, year in ((1, 2024), (2, 1971), (3, 2026)):
        one = part(number)
        seen = one.trigger.model_copy(update={"seen_at": START.replace(year=year)})
        store.append(one.model_copy(update={"trigger": seen}))
    push(settings, plant.settings())
    before = plant.rows()
    assert rows_in("inspections_default") == 2
    made = prepare(plant.url, now=START, months=1).partitions_made
    assert "inspections_2024_03" in made
    assert (
        rows_in("inspections_default"),
        rows_in("inspections_2024_03"),
        rows_in("inspections_2026_03"),
    ) == (1, 1, 1)
    assert plant.rows() == before
    assert verify_copy(plant.reader, plant.cell).intact
    assert prepare(plant.url, now=START, months=1).partitions_made == ()


def test_what_is_asked_of_a_day_is_looked_for_in_its_month_alone(pushed: Plant) -> None:
    day = "seen_at >= '2026-03-02Z' AND seen_at < '2026-03-03Z'"
    plan = "\n".join(
        str(line) for (line,) in pushed.asked(f"EXPLAIN SELECT 1 FROM one_station.inspections WHERE {day}")
    )
    assert "inspections_2026_03" in plan
    assert "default" not in plan
    assert "2026_04" not in plan


def test_stations_are_named_and_those_that_are_retired_stand_aside(pushed: Plant) -> None:
    names = [one.station for one in stations_named(pushed.reader, [])]
    assert {pushed.cell, pushed.other} <= set(names)
    with pytest.raises(StoreError, match="knows no station 'Cell 0'"):
        stations_named(pushed.reader, ["Cell 0"])
    prepare(pushed.url, now=START, retired=[pushed.cell], months=1)
    assert pushed.cell not in [one.station for one in stations_named(pushed.reader, [])]
    assert [one.retired for one in stations_named(pushed.reader, [pushed.cell])] == [True]
    with pytest.raises(StoreError, match="was retired"):
        prepare(pushed.url, now=START, stations=[pushed.cell], months=1)


def test_the_plant_says_up_to_when_it_has_all_of_a_station(pushed: Plant) -> None:
    (cell,) = stations_named(pushed.reader, [pushed.cell])
    (other,) = stations_named(pushed.reader, [pushed.other])
    assert cell.complete_at == datetime(2026, 3, 2, 7, tzinfo=UTC)
    now = cell.complete_at + timedelta(hours=5)
    assert not cell.lacks(end=cell.complete_at, now=now).fault
    assert "only up to 2026-03-02 07:00:00 UTC" in cell.lacks(end=now, now=now).fault
    assert "has never said" in other.lacks(end=now, now=now).fault


def test_a_schema_that_a_newer_passgate_made_is_left_alone(plant: Plant) -> None:
    ((version,),) = plant.asked("SELECT version_num FROM plant.alembic_version")
    plant.asked("UPDATE plant.alembic_version SET version_num = 'p9999'")
    try:
        with pytest.raises(StoreError, match="p9999, which this Passgate does not know"):
            prepare(plant.url, now=START)
    finally:
        plant.asked(f"UPDATE plant.alembic_version SET version_num = '{version}'")


def test_a_role_s_password_is_sent_as_what_proves_it(plant: Plant) -> None:
    prepare(plant.url, now=START, months=1, passwords={plant.cell: "a long secret"})
    ((kept,),) = plant.asked(f"SELECT rolpassword FROM pg_authid WHERE rolname = '{plant.role()}'")
    assert str(kept).startswith("SCRAM-SHA-256$")


def test_what_is_no_postgresql_or_holds_nothing_is_said(settings: StoreSettings, server: Server) -> None:
    with pytest.raises(StoreError, match="names no PostgreSQL"):
        prepare(settings.url, now=START)
    with pytest.raises(StoreError, match=r"has no tables of Passgate.*sync prepare"):
        stations_at(server.emptied("bare"))
