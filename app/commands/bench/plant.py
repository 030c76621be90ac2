"""``passgate bench sync``: a station's record, pushed to the plant over a network that breaks off."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from app.command_line.output import JsonFlag
from app.command_line.plant import PLANT_HELP, url_asked
from app.commands.bench.shown import show, without_alarms
from app.progress import progress

cli = typer.Typer()


@cli.command()
def sync(
    plant: Annotated[
        str,
        typer.Option("--plant", metavar="URL", help=f"{PLANT_HELP} One for this bench alone, as its owner."),
    ],
    parts: Annotated[int, typer.Option(min=1, help="Parts that the station has on record.")] = 100_000,
    seed: Annotated[int, typer.Option(min=0, help="Of the cuts: the same again.")] = 1,
    as_json: JsonFlag = False,
) -> None:
    """Push a made-up record to the plant: how fast, and whether all is there once, in order, after cuts."""
    from app.benches.plant.bench import bench_sync

    without_alarms()
    url = url_asked(plant)
    with TemporaryDirectory() as folder, progress("parts made", parts) as bar:
        done = bench_sync(
            url, Path(folder) / "record", parts=parts, seed=seed, show=lambda made: bar.show(made, parts, "")
        )
    show(done.model_dump(mode="json"), as_json)
    if not done.kept:
        raise typer.Exit(1)
