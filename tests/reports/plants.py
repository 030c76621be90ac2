"""A plant database for the tests, and stations that push to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event
from typing import Any

import psycopg
from sqlalchemy import make_url

from inspection.part import Inspection
from reports.outgoing.courier import Courier
from reports.plant.preparing import Prepared, prepare
from reports.settings import PlantSettings, StoreSettings
from reports.store.store import SqlStore
from tests.reports.parts import START
from tests.reports.postgresql import USER, Server


@dataclass(frozen=True)
class Plant:
    """A plant database on the tests' server, and two stations of it that have pushed nothing yet."""

    server: Server
    url: str
    """The administrator's."""
    prepared: Prepared
    cell: str
    other: str

    def role(self, station: str = "") -> str:
        wanted = station or self.cell
        return next(one.role for one in self.prepared.stations if one.station == wanted)

    def url_of(self, role: str) -> str:
        return make_url(self.url).set(username=role).render_as_string(hide_password=False)

    @property
    def reader(self) -> str:
        return self.url_of(self.prepared.reader)

    def settings(self, station: str = "", **other: object) -> PlantSettings:
        """Of a station that pushes here."""
        asked = {"url": self.url_of(self.role(station)), "station": station or self.cell, "interval_s": 0.1}
        return PlantSettings.model_validate(asked | other)

    def rows(self, station: str = "") -> list[tuple[object, ...]]:
        """What the plant has of a station's parts."""
        return self.asked(
            "SELECT position, inspection_id, revision, record, row_hash FROM plant.inspections"
            f" WHERE station = '{station or self.cell}' ORDER BY position"
        )

    def asked(self, query: str, role: str = USER) -> list[tuple[object, ...]]:
        """What the plant's database says to a role."""
        url = make_url(self.url)
        with psycopg.connect(host=str(url.query["host"]), user=role, dbname=url.database) as connection:
            found = connection.execute(query.encode())
            return [] if found.description is None else found.fetchall()


def plant_on(server: Server) -> str:
    """The URL of a plant database that is still to be prepared."""
    url = server.emptied("plant")
    schemas = [f"DROP SCHEMA IF EXISTS {name} CASCADE" for name in ("plant", "one_station")]
    server.execute(*schemas, database="plant")
    return url


def two_stations(server: Server, url: str, number: int) -> Plant:
    """The plant with two stations more, and the months around the tests' parts."""
    cell, other = f"Cell {number}", f"装配 {number}"
    return Plant(server, url, prepare(url, now=START, stations=(cell, other), months=1), cell, other)


def courier(store: StoreSettings, plant: PlantSettings, **other: Any) -> Courier:
    asked: dict[str, Any] = {"stop": Event(), "now": lambda: datetime(2026, 3, 2, 7, tzinfo=UTC)} | other
    return Courier(store, plant, station=plant.station or "", **asked)


def push(store: StoreSettings, plant: PlantSettings) -> Courier:
    """All that a station's record has, to the plant."""
    one = courier(store, plant)
    one.run(once=True)
    return one


def append(store: SqlStore, parts: Sequence[Inspection]) -> None:
    for one in parts:
        store.append(one)
