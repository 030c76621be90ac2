"""``passgate dataset``: photographs and parts to teach, to measure and to train on, split honestly."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.command_line.options import ConfigOption, RecordOption, refuse_beside
from app.command_line.output import JsonFlag, print_json
from inspection.errors import SettingsError

if TYPE_CHECKING:
    from app.datasets.files import Written

cli = typer.Typer(
    help="Labelled pictures, split by group: export, convert, simulate; instruments.", no_args_is_help=True
)

SHARED_DATA = Path("../shared/data")
DataOption = Annotated[Path, typer.Option("--data", help="The folder with the photographs.")]


def refuse_missing(data: Path) -> None:
    """Refuse a folder that was named and is not there. The usual one may be absent: then its products are."""
    if data != SHARED_DATA and not data.is_dir():
        raise typer.BadParameter(f"there is no folder {data}", param_hint="--data")


OutOption = Annotated[Path, typer.Option(help="A new JSONL file; pictures that are made go beside it.")]
SeedOption = Annotated[int, typer.Option(min=0, help="Draws policies, belts and parts.")]


class Dataset(StrEnum):
    """The photographs that we can read."""

    BSDATA = "bsdata"
    MAGNETIC_TILE = "magnetic-tile"


@cli.command()
def export(
    dataset: Annotated[Dataset, typer.Argument(help="Which photographs.")],
    out: Annotated[Path, typer.Option(help="A new folder: teach/, good/, bad/ and line/ are made in it.")],
    data: DataOption = SHARED_DATA,
    teach_on: Annotated[int, typer.Option(min=5, help="Good pictures to teach from.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Which split.")] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Lay one split out in folders: no group is in both teaching and test."""
    from app.datasets.files import export as lay_out

    done = lay_out(dataset.value, data=data, out=out, teach_on=teach_on, seed=seed)
    if as_json:
        print_json(done)
    else:
        typer.echo(
            f"{done.taught} good pictures to teach in {done.teach}; of others {done.tested_good} good ones "
            f"in {done.good}, {done.tested_bad} bad ones in {done.bad}, and all mixed in {done.line}"
        )


@cli.command()
def convert(
    out: OutOption,
    folder: Annotated[
        Path | None,
        typer.Argument(help="Labelled photographs: a folder a class, or a labelling tool's export."),
    ] = None,
    record: RecordOption = None,
    config: ConfigOption = None,
    recipes: Annotated[
        Path | None,
        typer.Option(help="Of the parts on record; default: the station's with --config, or the user's."),
    ] = None,
    without_good: Annotated[
        bool, typer.Option("--without-good", help="No folder shows good parts, and that is meant so.")
    ] = False,
    seed: SeedOption = 0,
    as_json: JsonFlag = False,
) -> None:
    """Turn labelled pictures into training samples: one JSON line each, under policies drawn at random.

    With --record or --config instead of a folder: the parts on Passgate's own record with a known truth.
    """
    from app.datasets.files import convert_folder, convert_record
    from app.recipes.library import RecipeLibrary
    from app.settings.finding import find_record, find_setup

    from_record = record is not None or config is not None
    if (folder is not None) is from_record:
        raise SettingsError(
            "name either a folder or --record or --config", todo="see passgate dataset convert --help"
        )
    if folder is not None:
        refuse_beside({"--recipes": recipes}, "it is for parts on record; a folder has labels of its own")
        written = convert_folder(folder, out=out, seed=seed, without_good=without_good)
    else:
        refuse_beside({"--without-good": without_good or None}, "it is for a folder of photographs")
        written = convert_record(
            find_record(record=record, config=config),
            library=RecipeLibrary(recipes or find_setup(config).recipes),
            out=out,
            seed=seed,
        )
    _tell(written, as_json=as_json)


@cli.command()
def simulate(
    out: OutOption,
    parts: Annotated[int, typer.Option(min=1, help="How many samples.")] = 1000,
    start: Annotated[
        float, typer.Option("--from", min=0.0, max=1.0, help="Place in the curriculum of the first sample.")
    ] = 0.0,
    end: Annotated[
        float, typer.Option("--to", min=0.0, max=1.0, help="Place of the last: 1 is the hardest.")
    ] = 1.0,
    defect_rate: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of samples with defects.")
    ] = 0.5,
    good: Annotated[
        Path | None, typer.Option(help="Draw the defects on the photographs of good parts in this folder.")
    ] = None,
    mm_per_pixel: Annotated[
        float | None,
        typer.Option(
            min=1e-6,
            max=1000.0,
            help="Millimetres that a pixel covers on them; without it no lengths are stated.",
        ),
    ] = None,
    seed: SeedOption = 0,
    as_json: JsonFlag = False,
) -> None:
    """Render parts whose truth is known, from plain defects to faint ones, as training samples."""
    from app.datasets.files import simulate as make

    if good is None:
        refuse_beside({"--mm-per-pixel": mm_per_pixel}, "it is the scale of --good FOLDER, which is missing")
    written = make(
        out=out,
        parts=parts,
        seed=seed,
        stretch=(start, end),
        defect_rate=defect_rate,
        good=good,
        mm_per_pixel=mm_per_pixel,
    )
    _tell(written, as_json=as_json)


@cli.command()
def instruments(
    out: Annotated[Path, typer.Option(help="A new folder: dials/ and displays/ are made in it.")],
    dials: Annotated[int, typer.Option(min=0, help="How many dials.")] = 480,
    displays: Annotated[int, typer.Option(min=0, help="How many displays.")] = 100,
    click_error_px: Annotated[
        float, typer.Option(min=0.0, max=20.0, help="How far centre and marks of a label miss: one sigma.")
    ] = 0.0,
    seed: Annotated[int, typer.Option(min=0, help="Draws what they show, and how they are seen.")] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Render dials and displays with their labels, as gauge evaluate and display evaluate take them."""
    from app.datasets.instruments import write_instruments

    written = write_instruments(out, dials=dials, displays=displays, seed=seed, click_error_px=click_error_px)
    if as_json:
        print_json(written)
    else:
        typer.echo(
            f"{written.dials_written} dials in {written.dials}, {written.displays_written} displays in "
            f"{written.displays}"
        )


def _tell(written: "Written", *, as_json: bool) -> None:
    if as_json:
        print_json(written)
        return
    splits = ", ".join(f"{count} {split}" for split, count in written.by_split.items())
    types = ", ".join(f"{count} {kind}" for kind, count in sorted(written.by_type.items()))
    typer.echo(f"{written.samples} samples in {written.file}: {splits}; defects: {types or 'none'}")
    for reason, count in written.left_out.items():
        typer.echo(f"left out: {count} parts, {reason}")
