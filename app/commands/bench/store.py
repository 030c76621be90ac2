"""``passgate bench store``: a record of a factory's size."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from app.command_line.output import JsonFlag
from app.commands.bench.shown import LONGEST_S, show
from app.progress import progress

cli = typer.Typer()


@cli.command()
def store(
    parts: Annotated[
        int, typer.Option("--rows", min=10, max=100_000_000, help="Inspections, each with its outcome.")
    ] = 1_000_000,
    folder: Annotated[
        Path | None,
        typer.Option(help="Make the record here and leave it, or measure the one that this bench made here."),
    ] = None,
    database: Annotated[
        str | None, typer.Option(help="URL of an empty PostgreSQL database; default: SQLite in the folder.")
    ] = None,
    seconds: Annotated[
        float, typer.Option(min=0.0, max=LONGEST_S, help="How long parts are written beside reports.")
    ] = 20.0,
    as_json: JsonFlag = False,
) -> None:
    """Make a record of many parts and measure figures, search, strip, verification and writes; minutes."""
    from app.benches.store.bench import bench_store, in_folder

    with tempfile.TemporaryDirectory() as passing, progress("parts", parts) as bar:
        settings = in_folder(folder or Path(passing), database)
        result = bench_store(settings, parts, seconds=seconds, show=bar.show)
    show(result, as_json)
