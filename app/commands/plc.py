"""``passgate plc``: the PLC's side of the line."""

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.command_line.output import JsonFlag, answer, print_json
from app.progress import progress, screen

if TYPE_CHECKING:
    from plc.simulator import Report, SimulatorSettings

cli = typer.Typer(
    help="The PLC: its register map, a probe that says what is wrong, a simulated one.", no_args_is_help=True
)


class MapFormat(StrEnum):
    """How the register map is printed."""

    MD = "md"
    CSV = "csv"


@cli.command("map")
def register_map(
    form: Annotated[MapFormat, typer.Option("--format", help="md for people, csv for tools.")] = MapFormat.MD,
    as_json: JsonFlag = False,
) -> None:
    """Print the register map, made from the code that reads and writes it."""
    from plc.register_map.map_document import as_csv, as_markdown, as_rows

    if as_json:
        print_json({"registers": as_rows()})
        return
    typer.echo(as_markdown() if form is MapFormat.MD else as_csv(), nl=False)


def _show_fault_kinds(wanted: bool) -> None:
    """``--list-faults``: what ``--fault`` may be."""
    if not wanted:
        return
    from plc.simulator.faults.line_faults import GRAMMAR, USUAL, LineFault

    if answer.wanted:
        print_json(
            {
                "faults": [
                    {"kind": kind, "meaning": usual.meaning, "unit": usual.unit, "example": example}
                    for kind, usual in USUAL.items()
                    for example in [str(LineFault.of(kind, at_s=10.0))]
                ]
            }
        )
        raise typer.Exit
    typer.echo(f"{GRAMMAR}; left out, as here:")
    for kind, usual in USUAL.items():
        size = f" ({usual.unit})" if usual.unit else ""
        typer.echo(f"  {LineFault.of(kind, at_s=10.0)!s:<34} {usual.meaning}{size}")
    raise typer.Exit


@cli.command()
def simulate(
    port: Annotated[
        int, typer.Option(min=0, max=0xFFFF, help="Modbus TCP port to serve; 0 takes a free one.")
    ] = 5020,
    rate: Annotated[float, typer.Option(min=0.1, max=600.0, help="Parts a minute.")] = 60.0,
    parts: Annotated[int, typer.Option(min=0, help="Parts to run; 0 for no end.")] = 0,
    seed: Annotated[
        int, typer.Option(min=0, help="Of the parts' spacing, mass and friction, and of chance.")
    ] = 0,
    first_part: Annotated[int, typer.Option(min=0, max=0xFFFFFFFF, help="Id of the first part.")] = 1,
    allow_simulated: Annotated[
        bool, typer.Option("--allow-simulated", help="Accept decisions on rendered or replayed pictures.")
    ] = False,
    belt_speed: Annotated[int, typer.Option(min=1, max=5000, help="Of the running belt, in mm/s.")] = 250,
    follow_motion: Annotated[
        bool, typer.Option("--follow-motion", help="Belt and diverter take Passgate's set points.")
    ] = False,
    bypass: Annotated[
        bool, typer.Option("--bypass", help="Turn the bypass key: every part goes aside.")
    ] = False,
    fault: Annotated[
        list[str] | None,
        typer.Option(help="Let something go wrong: KIND@START[:DURATION][=AMOUNT]. May be repeated."),
    ] = None,
    fault_rate: Annotated[
        float, typer.Option(min=0.0, max=600.0, help="Faults a minute that chance adds, by the seed.")
    ] = 0.0,
    list_faults: Annotated[
        bool,
        typer.Option("--list-faults", help="What can go wrong.", callback=_show_fault_kinds, is_eager=True),
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Draw the line in the terminal.")] = False,
    log: Annotated[Path | None, typer.Option(help="Append one JSON line a part to this file.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Run a PLC with a conveyor. It checks what a PLC must check, and rejects by default."""
    from pydantic import ValidationError

    from inspection.errors import SettingsError
    from inspection.wording.value import value_in_words
    from plc.simulator import LineFault, SimulatorSettings

    try:
        settings = SimulatorSettings(
            port=port,
            parts=parts,
            rate_per_min=rate,
            seed=seed,
            first_part_id=first_part,
            allow_simulated=allow_simulated,
            belt_speed_mm_s=belt_speed,
            follow_motion=follow_motion,
            bypass=bypass,
            faults=tuple(LineFault.parse(text) for text in fault or ()),
            fault_rate_per_min=fault_rate,
            log=log,
        )
    except ValidationError as error:
        wrong = [(one["loc"], value_in_words(one)) for one in error.errors()]
        raise SettingsError(
            "; ".join(f"{place[0]}: {said}" if place else said for place, said in wrong)
        ) from error
    report = _run(settings, watch=watch)
    if as_json:
        print_json(report)
    else:
        _say(report)
    if parts and not report.complete:
        raise typer.Exit(1)


def _run(settings: "SimulatorSettings", *, watch: bool) -> "Report":
    from app.demo.line_watch import can_draw, watching
    from plc.simulator import Progress, run_simulator

    if watch and can_draw(screen):
        at = settings.port

        def remember(now: Progress) -> None:
            nonlocal at
            at = now.port

        with watching(screen, lambda: f"PLC {settings.host}:{at}") as seen:
            return asyncio.run(run_simulator(settings, remember, on_scan=seen.look))
    if watch:
        screen.print("No terminal to draw in: running without --watch.")
    with progress(f"PLC on port {settings.port}", settings.parts or None) as bar:

        def show(now: Progress) -> None:
            bar.show(now.finished, note="waits for Passgate" if now.waiting else "")

        return asyncio.run(run_simulator(settings, show))


def _say(report: "Report") -> None:
    typer.echo(f"{report.triggers} parts: {report.ended_by}")
    for outcome, count in sorted(report.by_outcome.items()):
        typer.echo(f"  {count} {outcome.replace('_', ' ')}")
    bench = report.bench
    if bench.faults:
        typer.echo(f"  {len(bench.faults)} faults: {', '.join(map(str, bench.faults[:8]))}")
    for count, what in (
        (bench.strays, "came to the diverter without a trigger and went aside"),
        (bench.jams, "times the line was cleared"),
        (len(bench.forgotten), "forgotten by a PLC that restarted"),
        (bench.released_without_pass, "RELEASED WITHOUT A PASS"),
    ):
        if count:
            typer.echo(f"  {count} {what}")


@cli.command()
def probe(
    config: Annotated[Path, typer.Option("--config", help="The station's TOML file.")],
    write: Annotated[
        bool,
        typer.Option(
            "--write", help="Write the vision block too, as a Passgate that is not online: line must stand."
        ),
    ] = False,
    seconds: Annotated[float, typer.Option(min=0.2, max=60.0, help="How long to watch, in seconds.")] = 2.0,
    as_json: JsonFlag = False,
) -> None:
    """Look at the PLC, and say what is wrong and how to mend it. Only reads, unless --write is given."""
    from app.settings.station import load
    from inspection.times.clock import SystemClock
    from plc.commissioning.probe import probe as look

    report = asyncio.run(look(load(config).plc, SystemClock(), write=write, watch_s=seconds))
    if as_json:
        print_json({"ok": report.ok, **report.model_dump(mode="json")})
    else:
        typer.echo(f"PLC at {report.peer}" + (f", preset {report.preset}" if report.preset else ""))
        for finding in report.findings:
            typer.echo(f"  {finding.verdict.upper():<11}  {finding.name}: {finding.text}")
            if finding.todo:
                typer.echo(f"               → {finding.todo}")
    if not report.ok:
        raise typer.Exit(1)
