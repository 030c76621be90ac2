"""``passgate sync``: a station's record pushed to the plant's database, and that database made ready."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from app.command_line.options import ConfigOption
from app.command_line.output import JsonFlag, print_json
from app.command_line.plant import PlantOption, url_asked
from app.command_line.secrets import ask
from app.settings.finding import find_plant, find_zone
from app.settings.station import load
from inspection.times.local_time import shown

if TYPE_CHECKING:
    from datetime import tzinfo

    from reports.outgoing.status import Status
    from reports.plant.reading import StationAtPlant
    from reports.settings import PlantSettings, StoreSettings

cli = typer.Typer(
    help="Push a station's record to the plant's database, and make that ready.", no_args_is_help=True
)

StationFile = Annotated[Path, typer.Option("--config", help="The station's TOML file, with its [plant].")]


@cli.command()
def run(
    config: StationFile,
    once: Annotated[bool, typer.Option("--once", help="Push what is there, and end.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Push the station's record to the plant's database until it is stopped, beside the engine.

    What the network does meanwhile costs time and no row: it connects anew and goes on where the plant is.
    """
    from reports.outgoing.courier import Courier

    store, plant, station = _station(config)
    with _stopped_by_signals(always=not once) as stop:
        courier = Courier(store, plant, station=station, stop=stop)
        began_s = time.monotonic()
        courier.run(once=once)
    if as_json:
        told = {"rows": courier.rows, "connections": courier.connections}
        elapsed = {"elapsed_s": round(time.monotonic() - began_s, 3)}
        print_json(told | elapsed | {"known": courier.progress.model_dump(mode="json")})
    else:
        known = courier.progress
        rate = "" if not courier.rows else f", {known.rows_per_s:.0f} rows/s"
        typer.echo(
            f"{courier.rows} rows sent{rate}; the plant has {known.inspections} rows of parts and"
            f" {known.events} events of {station!r}"
        )


@cli.command()
def status(
    config: ConfigOption = None,
    plant: PlantOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Say how far the station's record is at the plant, and how old the oldest is that is not.

    With --plant: what the plant has of each station.
    """
    now = datetime.now(UTC)
    if plant is not None:
        from reports.plant.reading import stations_at

        found = stations_at(url_asked(plant))
        if as_json:
            print_json({"stations": [one.model_dump(mode="json") for one in found]})
            return
        for line in (line for one in found for line in _at_plant(one, find_zone(config))):
            typer.echo(line)
        if not found:
            typer.echo("no station pushes to this plant yet")
        return
    from reports.outgoing.status import status as status_of

    if config is None:
        raise typer.BadParameter(
            "name a station, or the plant's database with --plant", param_hint="--config"
        )
    store, settings, station = _station(config)
    answer = status_of(store, settings, station=station, now=now)
    if as_json:
        print_json(answer)
        return
    for line in _at_station(answer, find_zone(config)):
        typer.echo(line)


@cli.command()
def prepare(
    plant: PlantOption = None,
    station: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Add a station; repeat for several.")
    ] = None,
    retire: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A station that pushes no more: its rows stay, outside of 'all'."),
    ] = None,
    months: Annotated[
        int, typer.Option(min=0, max=120, help="Months beyond this one to make partitions for.")
    ] = 12,
    passwords: Annotated[
        bool,
        typer.Option(
            "--passwords", help="Ask for the passwords of the added stations' roles, then of the readers'."
        ),
    ] = False,
    config: ConfigOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Make the plant's database ready, as its owner: tables, months, and a role for each station.

    Run it again to bring it up to date, once a month or by a timer: it makes the months that are to come.
    """
    from reports.plant.preparing import prepare as prepare_plant

    url = url_asked(plant) if plant is not None else find_plant(config).url
    names = station or []
    asked = (*names, "") if passwords else ()
    secrets = {name: ask(f"password of {name or 'the readers'}", twice=True) for name in asked}
    done = prepare_plant(
        url,
        now=datetime.now(UTC),
        stations=names,
        retired=retire or [],
        months=months,
        passwords=secrets,
    )
    if as_json:
        print_json(done)
        return
    for one in done.stations:
        typer.echo(f"{one.station}: role {one.role}")
    typer.echo(f"searches and reports: role {done.reader}")
    typer.echo(f"{len(done.partitions_made)} partitions made")
    if done.rows_without_month:
        typer.echo(f"{done.rows_without_month} rows are of no month: before 2000, or yet to come")


def _station(config: Path) -> "tuple[StoreSettings, PlantSettings, str]":
    """The station's record, where it is pushed, and as what."""
    settings, plant = load(config), find_plant(config)
    return settings.store, plant, plant.station or settings.station.name


@contextmanager
def _stopped_by_signals(*, always: bool) -> Iterator[Event]:
    """Set by Ctrl+C and SIGTERM where a program goes on until it is stopped: there they are no failure."""
    stop = Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM) if always}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _at_station(answer: "Status", zone: "tzinfo | None") -> list[str]:
    """For people."""
    known = answer.known
    heard = "never heard of" if known.heard_at is None else f"as of {shown(known.heard_at, zone=zone)}"
    lines = [
        f"{known.station!r} at {known.plant} ({heard}): {known.inspections} rows of parts,"
        f" {known.events} events"
    ]
    if answer.oldest_unsent_age_s is None:
        lines.append("nothing waits to be sent")
    else:
        lines.append(
            f"{answer.unsent_inspections} rows of parts and {answer.unsent_events} events wait, the oldest"
            f" for {answer.oldest_unsent_age_s:.0f} s"
        )
    if answer.spooled or answer.spool_fault:
        lines.append(
            answer.spool_fault or f"{answer.spooled} records wait in the station's spool before that"
        )
    if known.rows_per_s is not None:
        lines.append(f"the last went at {known.rows_per_s:.0f} rows/s")
    if known.failing and known.failing_since is not None:
        lines.append(f"nothing goes since {shown(known.failing_since, zone=zone)}: {known.failing}")
    return lines


def _at_plant(one: "StationAtPlant", zone: "tzinfo | None") -> Iterator[str]:
    """For people."""
    newest = (
        "nothing came yet" if one.received_at is None else f"newest came {shown(one.received_at, zone=zone)}"
    )
    retired = ", retired" if one.retired else ""
    whole = "" if one.complete_at is None else f", all that it had {shown(one.complete_at, zone=zone)}"
    yield f"{one.station}{retired}: {one.inspections} rows of parts, {one.events} events, {newest}{whole}"
    for refusal in one.refusals:
        when = shown(refusal.at, zone=zone)
        yield f"  REFUSED at {when}: row {refusal.position} of the {refusal.chain} ({refusal.reason})"
