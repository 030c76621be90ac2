"""``passgate recipe``: teach, look at and measure recipes."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.commands.output import JsonFlag, print_json

cli = typer.Typer(help="Recipes: teach, list, show, evaluate.", no_args_is_help=True)


@cli.command()
def teach(
    name: Annotated[str, typer.Argument(help="The recipe's name.")],
    good: Annotated[
        Path, typer.Option(help="Folder of good pictures; a subfolder is a group of near-copies.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="Write the recipe to this file instead of the library.")
    ] = None,
    mm_per_pixel: Annotated[float | None, typer.Option(min=0.0, help="Scale in the part's plane.")] = None,
    overkill: Annotated[
        float,
        typer.Option(min=0.0, max=0.5, help="Share of good parts that may be rejected; more catches more."),
    ] = 0.01,
    as_json: JsonFlag = False,
) -> None:
    """Teach a recipe from good parts: seconds, no defects needed. An existing one gets a new version."""
    from app.recipes import RecipeLibrary, write
    from app.settings import home
    from app.teaching import teach_folder

    library = RecipeLibrary(home() / "recipes")
    taught = teach_folder(name, good, library=library, mm_per_pixel=mm_per_pixel, overkill=overkill)
    if out is None:
        path = library.save(taught)
    else:
        path = out
        write(path, taught)
    recipe = taught.recipe
    taught_on = next(iter(taught.memories.values())).taught_on
    if as_json:
        print_json(
            {
                "name": recipe.name,
                "id": recipe.id,
                "version": recipe.version,
                "taught_on": taught_on,
                "file": str(path),
            }
        )
    else:
        typer.echo(f"{recipe.name} version {recipe.version}: taught on {taught_on} good pictures, {path}")


@cli.command("list")
def list_recipes(as_json: JsonFlag = False) -> None:
    """List the taught recipes."""
    from app.recipes import RecipeLibrary
    from app.settings import home

    library = RecipeLibrary(home() / "recipes")
    recipes = [library.recipe(name) for name in library.names()]
    if as_json:
        print_json({"recipes": [{"name": r.name, "id": r.id, "version": r.version} for r in recipes]})
        return
    if not recipes:
        typer.echo("No recipe was taught yet: passgate recipe teach NAME --good FOLDER")
        return
    table = Table("name", "id", "version")
    for recipe in recipes:
        table.add_row(recipe.name, str(recipe.id), str(recipe.version))
    Console().print(table)


@cli.command()
def show(
    name: Annotated[str, typer.Argument(help="The recipe's name.")],
    version: Annotated[int | None, typer.Option(help="Default: the newest.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Show all that a recipe says."""
    from app.recipes import RecipeLibrary
    from app.settings import home

    recipe = RecipeLibrary(home() / "recipes").recipe(name, version)
    if as_json:
        print_json(recipe)
    else:
        typer.echo(recipe.model_dump_json(indent=2))


@cli.command()
def evaluate(
    name: Annotated[str, typer.Argument(help="The recipe's name.")],
    good: Annotated[Path, typer.Option(help="Folder of good pictures that were not taught.")],
    bad: Annotated[Path, typer.Option(help="Folder of defective pictures.")],
    as_json: JsonFlag = False,
) -> None:
    """Measure a recipe on pictures whose truth is known."""
    from app.evaluation import evaluate_recipe
    from app.recipes import RecipeLibrary
    from app.settings import home

    result = evaluate_recipe(name, good=good, bad=bad, library=RecipeLibrary(home() / "recipes"))
    if as_json:
        print_json(result)
        return
    table = Table(title=f"{name} on {result['n_good']} good and {result['n_bad']} bad", show_header=False)
    for key, value in result.items():
        table.add_row(key, f"{value:.4g}" if isinstance(value, float) else str(value))
    Console().print(table)
