"""``passgate recipe mask``, and the options of ``recipe teach`` that say what is looked at, and how."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from app.command_line.options import NamedRecipe, StationOption, named_recipe, setup_of
from app.command_line.output import JsonFlag, print_json
from inspection.recipe import Register

AskedRegister = Annotated[
    Register | None,
    typer.Option(
        help="Bring each part to the taught position before it is judged: shift; turn, shifted and turned; "
        "auto, where the good parts lie far enough apart. A part that cannot be aligned goes to manual "
        "review. Default: as the recipe so far, else off.",
    ),
]
AskedMask = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="What is judged: a picture of the pictures' size, white where parts are judged; or a label "
        "tool's export with outlines called ignore, or judge. none takes a mask away. Default: as so far.",
    ),
]

SeveralAppearances = Annotated[
    bool,
    typer.Option(
        "--appearances",
        help="Each folder below --good is an appearance (a colour, a cavity) and is taught by itself; the "
        "nearest counts. Teaching again keeps it where the folders are the same.",
    ),
]

AskedRegion = Annotated[
    str | None,
    typer.Option(
        "--region",
        metavar="LEFT,TOP,WIDTH,HEIGHT",
        help="Look at this piece of the picture alone, in its pixels; none: all of it. Default: as so far.",
    ),
]
AskedDetail = Annotated[
    str | None,
    typer.Option(
        "--detail",
        metavar="PIXELS",
        help="How large the smallest defect is that has to be found, in pixels of the picture: the trained "
        "eye looks at the picture so closely, and that takes time on every part. none: the good parts say "
        "how closely. Default: as so far.",
    ),
]
_NONE: Final = "none"
"""Takes away what the recipe says so far."""


def asked_of_view(*, region: str | None, detail: str | None) -> dict[str, Any]:
    """What these options say of a recipe's one view, by the names of its fields.

    Raises:
        BadParameter: One of them cannot be read.
    """
    said: dict[str, Any] = {}
    if region is not None:
        said["region"] = None if region == _NONE else _numbers(region, int, option="--region", count=4)
    if detail is not None:
        said["detail_px"] = None if detail == _NONE else _numbers(detail, float, option="--detail")[0]
    return said


def _numbers(said: str, kind: type[int] | type[float], *, option: str, count: int = 1) -> tuple[float, ...]:
    try:
        numbers = tuple(kind(one) for one in said.split(","))
    except ValueError:
        numbers = ()
    if len(numbers) != count:
        what = "four whole numbers" if count > 1 else "a number"
        raise typer.BadParameter(f"{said!r} is not {what}, nor none", param_hint=option)
    return numbers


def mask(
    propose: Annotated[
        Path, typer.Option(metavar="OUT.png", help="Write the proposed mask here: white is judged.")
    ],
    name: NamedRecipe = None,
    config: StationOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Propose a mask from where the taught good parts vary most: to look at, change, and teach with."""
    from app.command_line.writable import refuse_unwritable
    from app.recipes.library import RecipeLibrary
    from inspection.pictures.sight.proposing import proposed
    from models.appearances.several import usual_spread
    from models.backbone.transformers_tower import build_tower

    setup = setup_of(config)
    name = named_recipe(name, setup)
    library = RecipeLibrary(setup.recipes)
    library.recipe(name)  # an unknown name is said at once, before the weights are read
    refuse_unwritable(propose)
    taught = library.load(name, tower=build_tower(setup.model.tower))
    view = taught.recipe.views[0]
    spread = usual_spread(taught.memories[view.name])
    found = proposed(spread, recipe=taught.recipe, view=view)
    found.write(propose)
    if as_json:
        about = {"masked": found.masked, "regions": found.regions, "file": str(propose)}
        print_json({"name": name, "view": view.name, **about})
        return
    if not found.regions:
        typer.echo(f"The good parts vary nowhere far more than elsewhere: {propose} masks nothing")
        return
    typer.echo(
        f"{propose} masks {found.masked:.1%} of the picture in {found.regions} places, where the good parts "
        "vary most. Look at it: what is black is never judged"
    )
    typer.echo(f"passgate recipe teach {name} --good FOLDER --mask {propose}")
