"""The plant's database as what a command reads: all its stations, or those that are named."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import typer

from app.command_line.options import refuse_beside
from app.settings.finding import find_plant

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from reports.plant.reading import StationAtPlant

ALL: Final = "all"

PLANT_HELP: Final = (
    "The plant's database, like postgresql+psycopg://role@host/plant?sslmode=verify-full; its password from"
    " ~/.pgpass or PGPASSFILE."
)
PlantOption = Annotated[str | None, typer.Option("--plant", metavar="URL", help=PLANT_HELP)]
StationsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--station",
        metavar="NAME",
        help="In the plant's database (--plant, or [plant] in the settings): of which station; repeat for "
        "several; 'all' for all, which --plant alone means too.",
    ),
]


class Copies(NamedTuple):
    """Stations' records in the plant's database."""

    url: str
    stations: "list[StationAtPlant]"

    @property
    def several(self) -> bool:
        """Whether what is told must say of which station it is."""
        return len(self.stations) > 1

    @contextmanager
    def opened(self, station: "StationAtPlant") -> "Iterator[Engine]":
        """An engine that reads one station's rows."""
        from reports.plant.reading import open_station

        engine = open_station(self.url, station.station)
        try:
            yield engine
        finally:
            engine.dispose()


def url_asked(url: str) -> str:
    """The URL on the command line, where everybody on this machine reads along.

    Raises:
        BadParameter: It holds a password.
        StoreError: It is no URL of a PostgreSQL.
    """
    from reports.plant.connecting import parse_plant_url

    if parse_plant_url(url).password is not None:
        raise typer.BadParameter(
            "it holds a password, which everybody here could read: put it into ~/.pgpass or PGPASSFILE",
            param_hint="--plant",
        )
    return url


def copies_asked(
    plant: str | None, stations: list[str] | None, *, record: Path | None, config: Path | None
) -> Copies | None:
    """The stations' records that are meant; None where a station's own record is.

    Raises:
        BadParameter: Options contradict each other.
        SettingsError: No plant is named.
        StoreError: The plant cannot be asked, or has no such station.
    """
    if plant is None and not stations:
        return None
    refuse_beside(
        {"--record": record}, "it is a station's own record: leave it out, or --plant and --station"
    )
    from reports.plant.reading import stations_named

    url = url_asked(plant) if plant is not None else find_plant(config).url
    return Copies(url, stations_named(url, [name for name in stations or () if name != ALL]))
