"""``passgate recipe teach``: from good parts to a recipe, and then to one with a trained eye."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from app.command_line.options import AskedAdapter, NamedRecipe, StationOption, named_recipe, setup_of
from app.command_line.output import JsonFlag, print_json
from app.commands.recipes import masks
from inspection.errors import PassgateError, RecipeError
from inspection.levels import BitDepth


def teach(
    good: Annotated[
        Path, typer.Option(help="Folder of good pictures; a subfolder is a group of near-copies.")
    ],
    name: NamedRecipe = None,
    out: Annotated[
        Path | None, typer.Option(help="Write the recipe to this file instead of the library.")
    ] = None,
    mm_per_pixel: Annotated[
        float | None, typer.Option(min=1e-6, max=1e3, help="Millimetres that a pixel covers on the part.")
    ] = None,
    overkill: Annotated[
        float,
        typer.Option(min=0.0, max=0.5, help="Share of good parts that may be rejected; more catches more."),
    ] = 0.01,
    defect_types: Annotated[
        list[str] | None,
        typer.Option("--type", help="What the language model may call a defect; repeat for each name."),
    ] = None,
    instruction: Annotated[
        str, typer.Option(help='The policy in words, e.g. "scratch: rework; crack: stop."')
    ] = "",
    config: StationOption = None,
    adapter: AskedAdapter = None,
    accept_unheard: Annotated[
        bool,
        typer.Option(
            "--accept-unheard",
            help="Teach although what is asked for types that the adapter cannot name will not be done.",
        ),
    ] = False,
    keep_outliers: Annotated[
        bool,
        typer.Option(
            "--keep-outliers",
            help="Teach on outliers and near-copies as well.",
        ),
    ] = False,
    bit_depth: Annotated[
        BitDepth | None,
        typer.Option(
            help="Bits of a channel that the camera fills, in files of 16 bits: 12 for Mono12. Default: the "
            "recipe's so far, else 8."
        ),
    ] = None,
    register: masks.AskedRegister = None,
    mask: masks.AskedMask = None,
    appearances: masks.SeveralAppearances = False,
    region: masks.AskedRegion = None,
    detail: masks.AskedDetail = None,
    deadline_ms: Annotated[
        int | None,
        typer.Option(
            min=50,
            max=10_000,
            help="Within how many milliseconds of its trigger a part must be decided, a little less than the "
            "PLC waits. Default: the recipe's so far, else 450.",
        ),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Train no eye after teaching.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Teach a recipe from good parts, no defects needed. An existing one gets a new version.

    The recipe is kept and usable after seconds. Then an eye is trained on defects drawn on the good parts,
    some minutes; where it is better, the recipe with it is kept as the next version. Ctrl+C ends only that.
    """
    from app.command_line.writable import refuse_unwritable
    from app.commands.recipes import promised
    from app.recipes.certifying import spent
    from app.recipes.growing.eyes import overlooked, refuse_late_eye, sharpen_folder
    from app.recipes.library import RecipeLibrary
    from app.recipes.recipe_file import write
    from app.recipes.seeing import pace_of
    from app.recipes.teaching import hear, plan, teach_folder

    setup = setup_of(config, adapter=adapter)
    name = named_recipe(name, setup)
    library = RecipeLibrary(setup.recipes)
    planned = plan(
        name,
        library=library,
        mm_per_pixel=mm_per_pixel,
        defect_types=defect_types or (),
        instruction=instruction,
        bit_depth=bit_depth,
        view=masks.asked_of_view(region=region, detail=detail),
        deadline_ms=deadline_ms,
    )
    planned, missed = hear(planned, model=setup.model, accept=accept_unheard)
    if out is None:
        library.refuse_unwritable(name)
    else:
        refuse_unwritable(out)
    taught = teach_folder(
        planned,
        good,
        overkill=overkill,
        tower=setup.model.tower,
        keep_outliers=keep_outliers,
        library=library,
        register=register,
        mask=mask,
        several=appearances,
    )
    pace = pace_of(taught, threads=setup.model.threads)
    if not quick:
        refuse_late_eye(taught, pace, tower=setup.model.tower, threads=setup.model.threads)
    if out is None:
        path = library.save(taught)
    else:
        path = out
        write(path, taught)
    if not as_json:
        typer.echo(f"{taught.recipe.name} version {taught.recipe.version}: usable now, {path}")
    eye = None
    if not quick:
        version = f"{taught.recipe.name} version {taught.recipe.version}"
        stays = f"{version} is kept, and usable without a trained eye: {path}"
        with _or_it_is_said(stays):
            eye = sharpen_folder(taught, good, tower=setup.model.tower).in_time(threads=setup.model.threads)
        # what somebody adapted meanwhile must not be replaced by what knows nothing of it
        if out is None and library.next_identity(name)[1] != taught.recipe.version + 1:
            eye = eye.overtaken()
        if eye.taught is not None:
            taught = eye.taught
            pace = pace_of(taught, threads=setup.model.threads)
            with _or_it_is_said(stays):
                if out is None:
                    taught = library.as_next(taught)
                    path = library.save(taught)
                else:
                    write(path, taught)
    recipe = taught.recipe
    mind = "; ".join(one for one in (spent(taught, library=library), overlooked(taught)) if one)
    taught_on = next(iter(taught.memories.values())).taught_on
    if as_json:
        print_json(
            {
                "name": recipe.name,
                "id": recipe.id,
                "version": recipe.version,
                "taught_on": taught_on,
                "bit_depth": recipe.levels.bit_depth,
                "file": str(path),
                "promised": promised.in_json({view: one.promised for view, one in taught.memories.items()}),
                "unheard": missed.model_dump(mode="json"),
                "mind": mind,
                "eye": eye and eye.in_json(),
                "looking": {"least_ms": pace.took_ms, "ms_per_megapixel": pace.ms_per_megapixel},
            }
        )
    else:
        typer.echo(f"{recipe.name} version {recipe.version}: taught on {taught_on} good pictures, {path}")
        for one in taught.memories.values():
            for sentence in promised.in_words(*one.promised):
                typer.echo(sentence)
        if eye is not None:
            typer.echo(eye.why)
        for words in (missed.in_words if missed.types else "", mind):
            if words:
                typer.echo(f"Mind: {words}")


@contextmanager
def _or_it_is_said(stays: str) -> Iterator[None]:
    """Say of what ends the training of an eye, or its keeping, that the recipe of before ``stays``."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise type(error)(stays) from error
    except PassgateError as error:
        raise RecipeError(error.what, part=stays, todo=error.todo) from error
