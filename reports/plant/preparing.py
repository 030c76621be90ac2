"""What the plant's administrator does: schema, months, and a role for each station that can only append."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, text

from inspection.decision import Frozen
from inspection.errors import StoreError
from reports.plant.connecting import connect_plant, in_words, parse_plant_url
from reports.plant.partitions import MONTHLY, make_partitions, rows_without_month
from reports.plant.versions import migrate

_PATIENCE_S: Final = 3600.0
"""Months that are moved out of a default partition take long."""
_PREPARING: Final = 0x50415353_504C4E54
"""Number of the advisory lock under which one at a time prepares: "PASSPLNT"."""
_LONGEST: Final = 40
"""Of a database's name in a role's, which PostgreSQL cuts off at 63."""
_CHAINS: Final = ("inspections", "events")


class StationRole(Frozen):
    """Who pushes as a station."""

    station: str
    role: str


class Prepared(Frozen):
    """A plant database that is ready."""

    stations: tuple[StationRole, ...]
    """All that push, in the order in which they were added."""
    reader: str
    """The role for searches and reports."""
    partitions_made: tuple[str, ...]
    rows_without_month: int
    """Rows that lie in the default partitions: of months before 2000 or beyond those that were made."""


def prepare(
    url: str,
    *,
    now: datetime,
    stations: Sequence[str] = (),
    retired: Sequence[str] = (),
    months: int = 12,
    passwords: Mapping[str, str] | None = None,
) -> Prepared:
    """Make the plant database ready, or bring it up to date; what is there already stays.

    Args:
        url: As its owner, who may make roles; the database is there and its encoding is UTF-8.
        now: The wall clock, with time zone.
        stations: Names of stations to be added.
        retired: Stations that push no more under this name, and are not among all stations from now on.
        months: How many months' partitions are made beyond this one.
        passwords: By station, and by an empty name the readers'; sent as SCRAM verifiers.

    Raises:
        StoreError: The database refuses, is of a newer Passgate, or knows no such station.
    """
    plant = parse_plant_url(url)
    engine = connect_plant(plant, read_only=False, patience_s=_PATIENCE_S)
    try:
        with in_words(plant), engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _PREPARING})
            migrate(connection)
            group, reader = _roles(connection)
            for name in stations:
                _add(connection, name, group)
            for name in retired:
                _retire(connection, name)
            made = make_partitions(connection, now=now, ahead=months)
            found = connection.execute(
                text("SELECT name, role FROM plant.stations WHERE retired_at IS NULL ORDER BY number")
            ).all()
            roles = {one.name: one.role for one in found} | {"": reader}
            for name, password in (passwords or {}).items():
                _set_password(connection, roles[name], password)
            return Prepared(
                stations=tuple(StationRole(station=name, role=role) for name, role in found),
                reader=reader,
                partitions_made=tuple(made),
                rows_without_month=rows_without_month(connection),
            )
    finally:
        engine.dispose()


def _roles(connection: Connection) -> tuple[str, str]:
    """The group of the stations and the readers' role, made, with their rights."""
    database = str(connection.scalar(text("SELECT current_database()")))
    group, reader = (f"{database[:_LONGEST]}_{name}" for name in ("stations", "reader"))
    _make_role(connection, group, "NOLOGIN")
    _make_role(connection, reader, "LOGIN")
    tables = ", ".join(f"plant.{table}" for table in MONTHLY)
    views = ", ".join(f"one_station.{table}" for table in MONTHLY)
    to_stations, to_reader = _quoted(connection, group), _quoted(connection, reader)
    for grant in (
        f"TEMPORARY ON DATABASE {_quoted(connection, database)} TO {to_stations}",
        f"USAGE ON SCHEMA plant TO {to_stations}, {to_reader}",
        f"USAGE ON SCHEMA one_station TO {to_reader}",
        f"SELECT, INSERT ON {tables}, plant.refusals TO {to_stations}",
        f"SELECT ON plant.heads TO {to_stations}",
        f"SELECT ON plant.alembic_version TO {to_stations}, {to_reader}",
        f"SELECT ON plant.overview, plant.refused, {views} TO {to_reader}",
    ):
        connection.execute(text(f"GRANT {grant}"))
    return group, reader


def _add(connection: Connection, name: str, group: str) -> None:
    """A station, and its role; where it is there already, nothing."""
    known = text("SELECT retired_at IS NOT NULL FROM plant.stations WHERE name = :name")
    retired = connection.scalar(known, {"name": name})
    if retired:
        raise StoreError(
            f"The station {name!r} was retired: its rows are those of another record",
            todo="give the station another name",
        )
    if retired is not None:
        return
    number = connection.scalar(
        text("INSERT INTO plant.stations (name) VALUES (:name) RETURNING number"), {"name": name}
    )
    role = f"{group.removesuffix('s')}_{number}"
    _make_role(connection, role, "LOGIN")
    connection.execute(text(f"GRANT {_quoted(connection, group)} TO {_quoted(connection, role)}"))
    connection.execute(
        text("UPDATE plant.stations SET role = :role WHERE name = :name"), {"name": name, "role": role}
    )
    connection.execute(
        text("INSERT INTO plant.heads (station, chain) VALUES (:name, :chain)"),
        [{"name": name, "chain": chain} for chain in _CHAINS],
    )


def _retire(connection: Connection, name: str) -> None:
    found = connection.execute(
        text(
            "UPDATE plant.stations SET retired_at = now(), role = NULL"
            " WHERE name = :name AND retired_at IS NULL"
        ),
        {"name": name},
    )
    if not found.rowcount:
        raise StoreError(
            f"No station {name!r} pushes to this plant", todo="'passgate sync status --plant URL' names them"
        )


def _make_role(connection: Connection, role: str, login: str) -> None:
    if connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}) is None:
        connection.execute(text(f"CREATE ROLE {_quoted(connection, role)} {login}"))


def _set_password(connection: Connection, role: str, password: str) -> None:
    """The server gets what proves the password, never the password."""
    driver: Any = connection.connection.driver_connection
    scram = driver.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    connection.exec_driver_sql(f"ALTER ROLE {_quoted(connection, role)} PASSWORD '{scram}'")


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)
