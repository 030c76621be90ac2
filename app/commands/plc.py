"""``passgate plc``: the PLC's side of the line."""

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.commands.output import JsonFlag, print_json, progress

cli = typer.Typer(help="The PLC's side: its register map, and a simulated one.", no_args_is_help=True)


class MapFormat(StrEnum):
    """How the register map is printed."""

    MD = "md"
    CSV = "csv"


@cli.command("map")
def register_map(
    form: Annotated[MapFormat, typer.Option("--format", help="md for people, csv for tools.")] = MapFormat.MD,
) -> None:
    """Print the register map, made from the code that reads and writes it."""
    from plc.map_document import as_csv, as_markdown

    typer.echo(as_markdown() if form is MapFormat.MD else as_csv(), nl=False)


@cli.command()
def simulate(
    port: Annotated[int, typer.Option(help="Modbus TCP port to serve; 0 takes a free one.")] = 5020,
    rate: Annotated[float, typer.Option(help="Parts a minute.")] = 60.0,
    parts: Annotated[int, typer.Option(help="Parts to run; 0 for no end.")] = 0,
    seed: Annotated[int, typer.Option(help="Of the parts' spacing.")] = 0,
    first_part: Annotated[int, typer.Option(help="Id of the first part.")] = 1,
    allow_simulated: Annotated[
        bool, typer.Option("--allow-simulated", help="Accept decisions on rendered or replayed pictures.")
    ] = False,
    log: Annotated[Path | None, typer.Option(help="Append one JSON line a part to this file.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Run a PLC with a conveyor. It checks what a PLC must check, and rejects by default."""
    from pydantic import ValidationError

    from inspection.errors import SettingsError
    from plc.simulator import Progress, SimulatorSettings, run_simulator

    try:
        settings = SimulatorSettings(
            port=port,
            parts=parts,
            rate_per_min=rate,
            seed=seed,
            first_part_id=first_part,
            allow_simulated=allow_simulated,
            log=log,
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise SettingsError(f"{first['loc'][0]}: {first['msg']} (it is {first['input']!r})") from error
    with progress(f"PLC on port {port}", parts or None) as bar:

        def show(now: Progress) -> None:
            bar.show(now.finished, note="waits for Passgate" if now.waiting else "")

        report = asyncio.run(run_simulator(settings, show))
    if as_json:
        print_json(report)
    else:
        typer.echo(f"{report.triggers} parts: {report.ended_by}")
        for outcome, count in sorted(report.by_outcome.items()):
            typer.echo(f"  {count} {outcome.replace('_', ' ')}")
    if parts and not report.complete:
        raise typer.Exit(1)


@cli.command()
def probe(
    config: Annotated[Path, typer.Option("--config", help="The station's TOML file.")],
    write: Annotated[
        bool,
        typer.Option(
            "--write", help="Write the vision block too, as a Passgate that is not online: line must stand."
        ),
    ] = False,
    seconds: Annotated[float, typer.Option(min=0.2, max=60.0, help="How long to watch.")] = 2.0,
    as_json: JsonFlag = False,
) -> None:
    """Look at the PLC, and say what is wrong and how to mend it. Only reads, unless --write is given."""
    from app.settings import load
    from inspection.clock import SystemClock
    from plc.probe import probe as look

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
