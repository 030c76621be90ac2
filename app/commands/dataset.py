"""``passgate dataset``: public photographs, split honestly."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.commands.output import JsonFlag, print_json

cli = typer.Typer(help="Labelled photographs, split by group.", no_args_is_help=True)

SHARED_DATA = Path("../shared/data")
DataOption = Annotated[Path, typer.Option("--data", help="The folder with the photographs.")]


class Dataset(StrEnum):
    """The photographs that we can read."""

    BSDATA = "bsdata"
    MAGNETIC_TILE = "magnetic-tile"


@cli.callback()
def _noun() -> None:
    """Keep ``export`` a verb although it is the only one yet."""


@cli.command()
def export(
    dataset: Annotated[Dataset, typer.Argument(help="Which photographs.")],
    out: Annotated[Path, typer.Option(help="A new folder: teach/, good/, bad/ and line/ are made in it.")],
    data: DataOption = SHARED_DATA,
    teach_on: Annotated[int, typer.Option(min=5, help="Good pictures to teach from.")] = 100,
    seed: Annotated[int, typer.Option(help="Which split.")] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Lay one split out in folders: no group is in both teaching and test."""
    from app.dataset import export as lay_out

    done = lay_out(dataset.value, data=data, out=out, teach_on=teach_on, seed=seed)
    if as_json:
        print_json(done)
    else:
        typer.echo(
            f"{done.taught} good pictures to teach in {done.teach}; of others {done.tested_good} good ones "
            f"in {done.good}, {done.tested_bad} bad ones in {done.bad}, and all mixed in {done.line}"
        )
