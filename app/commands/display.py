"""``passgate display``: displays with digits, read and measured."""

from pathlib import Path
from typing import Annotated

import typer

from app.command_line.options import refuse_beside
from app.command_line.output import JsonFlag
from app.commands.gauge import Images, ImagesFolder
from app.commands.instruments import AskedUnit, described_in, show_evaluation, show_readings
from inspection.instruments.description import Description
from inspection.instruments.display import MOST_DIGITS, DisplayDescription
from inspection.instruments.place import MOST_VALUE

cli = typer.Typer(help="Displays: read their digits in pictures, measure how well.", no_args_is_help=True)

AskedDisplay = Annotated[
    Path | None, typer.Option("--display", help="The display, as JSON: docs/gauges.md; else these options.")
]
AskedDigits = Annotated[
    int | None,
    typer.Option("--digits", min=1, max=MOST_DIGITS, help="Places, blank ones included; default: found."),
]
AskedDecimals = Annotated[
    int | None,
    typer.Option("--decimals", min=0, max=MOST_DIGITS, help="Places behind the point; default: as seen."),
]
AskedWhole = Annotated[
    bool,
    typer.Option("--whole", help="The picture's border never cuts off a digit in front of the point."),
]


@cli.command()
def read(
    images: Images,
    display: AskedDisplay = None,
    digits: AskedDigits = None,
    decimals: AskedDecimals = None,
    unit: AskedUnit = None,
    whole: AskedWhole = False,
    as_json: JsonFlag = False,
) -> None:
    """Read a display in pictures. One that cannot be read is said to be unreadable: that is an answer."""
    show_readings(images, _described(display, digits, decimals, unit, whole=whole), as_json=as_json)


@cli.command()
def evaluate(
    labels: Annotated[Path, typer.Argument(metavar="LABELS", help="CSV with file and value.")],
    images: ImagesFolder,
    within: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=MOST_VALUE,
            help="How far a right value may be from its label, in the unit. Default: not at all; 1 in the "
            "label's last place where it has fewer decimals than the display shows.",
        ),
    ] = None,
    display: AskedDisplay = None,
    digits: AskedDigits = None,
    decimals: AskedDecimals = None,
    unit: AskedUnit = None,
    whole: AskedWhole = False,
    as_json: JsonFlag = False,
) -> None:
    """Measure readings against labels: share readable, and wrong ones that are said to be readable."""
    from app.recipes.gauges.labels import labels_of

    what = _described(display, digits, decimals, unit, whole=whole)
    entries = labels_of(labels, images=images, what=what)
    show_evaluation(entries, noun="displays", within=within, as_json=as_json)


def _described(
    file: Path | None, digits: int | None, decimals: int | None, unit: str | None, *, whole: bool
) -> Description:
    """The display in a file, or what the options say of one.

    Raises:
        BadParameter: Both are given, the options contradict each other, or the file describes no display.
    """
    if file is None:
        if digits is not None and decimals is not None and decimals > digits:
            raise typer.BadParameter(f"they do not fit into {digits} digits", param_hint="--decimals")
        return DisplayDescription(digits=digits, decimals=decimals, unit=unit or "", whole=whole)
    refuse_beside(
        {"--digits": digits, "--decimals": decimals, "--unit": unit, "--whole": whole or None},
        f"{file} says so: leave it out",
    )
    what = described_in(file)
    if not isinstance(what, DisplayDescription):
        raise typer.BadParameter(f"{file} describes a {what.kind}", param_hint="--display")
    return what
