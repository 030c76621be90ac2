"""``passgate recipe types``: what a product's defects are called, shown by examples."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from app.command_line.options import NamedRecipe, StationOption, named_recipe, setup_of
from app.command_line.output import JsonFlag, print_json
from inspection.recipe import ShownType


def types(
    examples: Annotated[
        Path,
        typer.Option(
            help="Pictures that show the types: one folder a type, or an export of a labelling tool. With "
            "--type: pictures of that one; a subfolder is a group of near-copies."
        ),
    ],
    name: NamedRecipe = None,
    kind: Annotated[
        str | None, typer.Option("--type", help="What the defects on all these pictures are called.")
    ] = None,
    config: StationOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Show a recipe what its defects are called: seconds, five to ten pictures a type. Makes a new version.

    What was shown of other types before is kept. What is like no type, or like several, is called unknown,
    and a person looks at the part.
    """
    from app.recipes.certifying import spent
    from app.recipes.growing.showing import show_types
    from app.recipes.library import RecipeLibrary

    setup = setup_of(config)
    name = named_recipe(name, setup)
    library = RecipeLibrary(setup.recipes)
    shown = show_types(name, examples, kind=kind, library=library, tower=setup.model.tower)
    path, mind = library.save(shown.taught), spent(shown.taught, library=library)
    recipe = shown.taught.recipe
    if as_json:
        print_json(
            {
                "name": name,
                "version": recipe.version,
                "types": [one.model_dump(mode="json") for one in recipe.shown_types],
                "left_out": [str(one) for one in shown.left_out],
                "file": str(path),
                "mind": mind,
            }
        )
        return
    typer.echo(f"{name} version {recipe.version}: {path}")
    typer.echo(in_words(recipe.shown_types))
    for one in shown.left_out:
        typer.echo(f"Mind: left out, since nothing stands out where its defect is marked: {one}", err=True)
    typer.echo("A certificate holds for the version that it was made for: certify this one anew")
    if mind:
        typer.echo(f"Mind: {mind}")


def in_words(shown: Sequence[ShownType]) -> str:
    """By how many examples types were shown, and how often those were called so while held out."""
    if len(shown) == 1:
        return f"{shown[0].examples} examples show {shown[0].name}; names are given from two types on"
    told = ", ".join(
        f"{one.name} {one.examples} examples of {one.groups} parts ({100 * (one.right or 0.0):.0f} % right)"
        for one in shown
    )
    return (
        f"Named by examples, in brackets how many of them were called so while held out, unknown counting as "
        f"wrong: {told}"
    )
