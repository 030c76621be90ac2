"""A station's rows in the plant database, read as if they were its own record.

A view for each of the record's tables shows the rows of one station, which the connection names. So whatever
reads or verifies a record reads and verifies the plant's copy, and no figure is worked out twice. What is not
there: the station's spool, its pictures, its users.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Engine, event, text

from inspection.decision import Frozen
from inspection.errors import StoreError
from reports.plant.connecting import connect_plant, in_words, parse_plant_url
from reports.plant.versions import refuse_other_version
from reports.store.waiting import NOTHING, Waiting

SAID_EVERY: Final = timedelta(minutes=1)
"""A station that has sent all it has says so at least as often."""


class Refusal(Frozen):
    """A row that the plant did not take."""

    chain: str
    """inspections or events."""
    position: int
    reason: str
    at: datetime


class StationAtPlant(Frozen):
    """What the plant has of a station."""

    station: str
    retired: bool
    """It pushes no more under this name."""
    inspections: int
    """Rows."""
    events: int
    received_at: datetime | None
    """When the newest of them came; None for none."""
    complete_at: datetime | None
    """When the station last said that it has sent all that it has, by its clock; None: it never did."""
    refusals: tuple[Refusal, ...]
    """Oldest first."""

    def lacks(self, *, end: datetime, now: datetime) -> Waiting:
        """Why a stretch of time up to ``end`` may lack rows; nothing where the plant has all of them."""
        if self.complete_at is not None and self.complete_at >= min(end, now - SAID_EVERY):
            return NOTHING
        fault = f"the station {self.station!r} has never said that the plant has all its rows"
        if self.complete_at is not None:
            until = f"{self.complete_at:%Y-%m-%d %H:%M:%S} UTC"
            fault = f"the plant has all rows of {self.station!r} only up to {until}"
        return Waiting(
            fault=fault,
            todo="report again once the station has sent the rest (passgate sync status --plant URL)",
        )


def stations_at(url: str) -> list[StationAtPlant]:
    """All stations, in the order in which they were added. Raises StoreError."""
    plant = parse_plant_url(url)
    engine = connect_plant(plant, read_only=True)
    try:
        with in_words(plant), engine.connect() as connection:
            refuse_other_version(connection)
            refused: dict[str, list[Refusal]] = {}
            for station, *told in connection.execute(
                text("SELECT station, chain, position, reason, at FROM plant.refused ORDER BY at, position")
            ):
                fields = dict(zip(Refusal.model_fields, told, strict=True))
                refused.setdefault(station, []).append(Refusal.model_validate(fields))
            found = connection.execute(
                text(
                    "SELECT station, retired_at IS NOT NULL, inspections, events, received_at, complete_at"
                    " FROM plant.overview ORDER BY number"
                )
            )
            return [
                StationAtPlant(
                    station=name,
                    retired=retired,
                    inspections=inspections,
                    events=events,
                    received_at=received_at,
                    complete_at=complete_at,
                    refusals=tuple(refused.get(name, ())),
                )
                for name, retired, inspections, events, received_at, complete_at in found
            ]
    finally:
        engine.dispose()


def stations_named(url: str, names: Sequence[str]) -> list[StationAtPlant]:
    """The stations that are meant: those named, or without a name all that are not retired.

    Raises:
        StoreError: There is none of that name, or none at all, or the plant cannot be asked.
    """
    there = stations_at(url)
    known = {one.station: one for one in there}
    for name in names:
        if name not in known:
            raise StoreError(
                f"The plant database knows no station {name!r}",
                todo=f"it knows {', '.join(known) or 'none yet'}",
            )
    found = [known[name] for name in dict.fromkeys(names)] or [one for one in there if not one.retired]
    if not found:
        raise StoreError(
            "No station pushes to this plant database yet",
            todo="passgate sync prepare --station NAME adds one",
        )
    return found


def open_station(url: str, station: str) -> Engine:
    """An engine that reads one station's rows and nothing else. Dispose of it after use.

    Raises:
        StoreError: The URL names no PostgreSQL.
    """
    engine = connect_plant(parse_plant_url(url), read_only=True)

    @event.listens_for(engine, "connect")
    def _only(connection: Any, _: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET search_path = one_station")
            cursor.execute("SELECT set_config('passgate.station', %s, false)", (station,))
        connection.commit()

    return engine
