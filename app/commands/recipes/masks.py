"""``passgate recipe mask``, and the options of ``recipe teach`` by which parts are aligned and masked."""

from pathlib import Path
from typing import Annotated

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
