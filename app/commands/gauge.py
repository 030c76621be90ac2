"""``passgate gauge``: instruments of every kind that a recipe may read: taught, read and measured."""

from pathlib import Path
from typing import Annotated

import typer

from app.command_line.output import JsonFlag
from app.commands.gauges.teaching import teach
from app.commands.instruments import described_in, show_evaluation, show_readings
from inspection.instruments.code import CodeDescription
from inspection.instruments.place import MOST_VALUE

cli = typer.Typer(help="Gauges: teach them, read them in pictures, measure how well.", no_args_is_help=True)
cli.command()(teach)

Images = Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="Pictures of the instrument.")]
ImagesFolder = Annotated[Path, typer.Option("--images", help="The folder that the labels' files are in.")]


@cli.command()
def read(
    images: Images,
    gauge: Annotated[Path, typer.Option("--gauge", help="What is read, as JSON: docs/gauges.md.")],
    as_json: JsonFlag = False,
) -> None:
    """Read an instrument in pictures. One that cannot be read is said to be unreadable: that is an answer."""
    show_readings(images, described_in(gauge), as_json=as_json)


@cli.command()
def evaluate(
    labels: Annotated[
        Path,
        typer.Argument(metavar="LABELS", help="Dials with what they show (JSON), or file,reading (CSV)."),
    ],
    images: ImagesFolder,
    gauge: Annotated[
        Path | None,
        typer.Option("--gauge", help="What all pictures show, where the labels do not describe each dial."),
    ] = None,
    within: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=MOST_VALUE,
            help="Count also how many are farther than this from their label, in the unit.",
        ),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Measure readings against labels: error in % of full scale, share readable, silent errors."""
    from app.recipes.gauges.labels import labels_of

    what = None if gauge is None else described_in(gauge)
    if isinstance(what, CodeDescription):
        raise typer.BadParameter("a code shows no value to be held against labels", param_hint="--gauge")
    if what is None and labels.suffix.lower() == ".csv":
        raise typer.BadParameter("labels in a CSV describe no dial: name it", param_hint="--gauge")
    entries = labels_of(labels, images=images, what=what)
    show_evaluation(entries, noun="dials", within=within, as_json=as_json)
