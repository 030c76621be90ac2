"""``passgate recipe adapt``: what people's labels teach a recipe."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from app.command_line.options import NamedRecipe, StationOption, named_recipe, setup_of
from app.command_line.output import JsonFlag, print_json

_ROWS = (
    ("AUROC", "auroc"),
    ("overkill at 1 % escapes", "overkill_at_one_percent_escape"),
    ("escapes at the asked overkill", "escapes_at_asked_overkill"),
)


def adapt(
    labels: Annotated[
        Path,
        typer.Option(
            help="One folder a class (good, ok, gut, 良品, …: no defect), with masks beside the pictures "
            "(NAME_mask.png), or an export (YOLO, COCO, Pascal VOC, CVAT, LabelMe, VisA), or polygons in "
            "labels.json. index.csv or a subfolder tells near-copies."
        ),
    ],
    name: NamedRecipe = None,
    good: Annotated[Path | None, typer.Option(help="Folder of more good pictures.")] = None,
    escapes: Annotated[
        float, typer.Option(min=0.001, max=0.5, help="Asked of the threshold: share of defects let through.")
    ] = 0.05,
    overkill: Annotated[
        float, typer.Option(min=0.001, max=0.5, help="Asked of it: share of good parts rejected.")
    ] = 0.10,
    config: StationOption = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed learns the same.")] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Learn from labelled defects: minutes. Kept, as a new version, only where it beats the memory alone."""
    from app.commands.labelled import in_json, in_words
    from app.recipes.adapting import adapt_recipe
    from app.recipes.certifying import spent
    from app.recipes.library import RecipeLibrary
    from models.training.adapting.labelled import AdaptationSettings

    setup = setup_of(config)
    name = named_recipe(name, setup)
    library = RecipeLibrary(setup.recipes)
    result = adapt_recipe(
        name,
        labels,
        good=good,
        seed=seed,
        library=library,
        tower=setup.model.tower,
        settings=AdaptationSettings(escapes=escapes, overkill=overkill),
    )
    path, mind, labelled = None, "", None
    if result.taught is not None:
        path, mind = library.save(result.taught), spent(result.taught, library=library)
        labelled = result.taught.labelled
    if as_json:
        print_json(
            {
                **result.report,
                "file": None if path is None else str(path),
                "mind": mind,
                "labelled": None if labelled is None else in_json(labelled),
            }
        )
    else:
        _compare(result.report)
        if path is None:
            typer.echo("The labels did not help, so nothing was kept. More of them, and masks, may")
        else:
            typer.echo(f"{name} version {result.report['version']} uses them: {path}")
            typer.echo(f"At its threshold {result.report['threshold']['in_words']}")
            typer.echo("A certificate holds for the version that it was made for: certify this one anew")
            if labelled is not None:
                typer.echo(in_words(labelled))
            if mind:
                typer.echo(f"Mind: {mind}")
    if path is None:
        raise typer.Exit(1)


def _compare(report: dict[str, Any]) -> None:
    """The memory alone beside memory and labels, as a table."""
    table = Table("on pictures of parts that were held out", "memory alone", "with labels")
    for title, key in _ROWS:
        table.add_row(title, f"{report['memory_alone'][key]:.3f}", f"{report['adapted'][key]:.3f}")
    Console().print(table)
