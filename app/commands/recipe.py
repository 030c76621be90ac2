"""``passgate recipe``: teach, adapt, look at, measure and certify recipes.

Every command takes ``--config``: a station's file, whose library, model and line it then goes by. So what is
taught, measured and certified is what runs there.
"""

import re
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from app.command_line.options import (
    AskedAdapter,
    AskedInspector,
    NamedRecipe,
    StationOption,
    named_recipe,
    setup_of,
)
from app.command_line.output import JsonFlag, print_json
from app.commands.recipes import labels, masks, teaching, types
from app.settings.finding import InspectionSetup
from app.settings.station import InspectorKind
from inspection.certification.certificate import Draw
from inspection.messages.codes import Code

_BY_THE_MODEL: Final = {Code.CERTIFICATE_OF_OTHER_MODEL, Code.WEIGHTS_ERROR}
"""Why a certificate does not hold, where by another model it might."""

_LONG_PNG: Final = re.compile(r'"png": "[^"]{64,}"')
"""A dial's picture in a recipe, which tells people nothing as text."""

cli = typer.Typer(
    help="Recipes: teach, adapt, learn, suggest, types, list, show, evaluate, certify, seal.",
    no_args_is_help=True,
)
for command in (teaching.teach, labels.adapt, labels.learn, labels.suggest, masks.mask, types.types):
    cli.command()(command)


@cli.command("list")
def list_recipes(config: StationOption = None, as_json: JsonFlag = False) -> None:
    """List the taught recipes, those that are damaged, and what of them the model cannot name."""
    from app.recipes.inspectors import unheard_by
    from app.recipes.library import RecipeLibrary

    setup = setup_of(config)
    shelf = RecipeLibrary(setup.recipes).shelf()
    unheard_words = [
        "" if one.recipe is None else unheard_by(setup.model, one.recipe).in_words for one in shelf
    ]
    if as_json:
        print_json(
            {
                "recipes": [
                    {
                        "name": one.name,
                        "id": one.recipe and one.recipe.id,
                        "version": one.version,
                        "sha256": one.recipe and one.recipe.sha256,
                        "sealed": one.sealed,
                        "fault": one.fault,
                        "unheard": missed,
                    }
                    for one, missed in zip(shelf, unheard_words, strict=True)
                ]
            }
        )
        return
    if not shelf:
        typer.echo("No recipe was taught yet: passgate recipe teach NAME --good FOLDER")
        return
    table = Table("name", "id", "version", "file", "not heard")
    for one, missed in zip(shelf, unheard_words, strict=True):
        identity = "?" if one.recipe is None else str(one.recipe.id)
        version = "?" if one.version is None else str(one.version)
        table.add_row(one.name, identity, version, one.in_words, missed)
    Console().print(table)


@cli.command()
def seal(name: NamedRecipe = None, config: StationOption = None, as_json: JsonFlag = False) -> None:
    """Keep a recipe from before digests anew, as its next version, so that damage is found from now on."""
    from app.recipes.library import RecipeLibrary
    from app.recipes.teaching import seal as sealed

    setup, name = _chosen(name, config)
    library = RecipeLibrary(setup.recipes)
    path = sealed(name, library=library, tower=setup.model.tower)
    recipe = library.recipe(name)
    if as_json:
        print_json({"name": name, "version": recipe.version, "sha256": recipe.sha256, "file": str(path)})
        return
    typer.echo(f"{name} version {recipe.version} has a digest: {path}")
    typer.echo("Damage from before is not found by it: measure it once (passgate recipe evaluate)")
    typer.echo("A certificate holds for the version that it was made for: certify this one anew")


@cli.command()
def show(
    name: NamedRecipe = None,
    version: Annotated[int | None, typer.Option(help="Default: the newest.")] = None,
    config: StationOption = None,
    adapter: AskedAdapter = None,
    as_json: JsonFlag = False,
) -> None:
    """Show all that a recipe says, its certificate, what labelled parts say, and what will not be heard."""
    from app.commands.recipes import promised
    from app.commands.recipes.labelled import NOTHING_LABELLED, in_json, in_words
    from app.recipes.certifying import stored_certification
    from app.recipes.growing.eyes import described_in_json, described_in_words
    from app.recipes.inspectors import unheard_by
    from app.recipes.library import RecipeLibrary

    setup, name = _chosen(name, config, adapter=adapter)
    library = RecipeLibrary(setup.recipes)
    recipe = library.recipe(name, version)
    certification, labelled = stored_certification(
        name, version, library=library, model=setup.model, line=setup.line, of_a_station=config is not None
    )
    missed, learned_from = unheard_by(setup.model, recipe), library.learned_from(name, version)
    sights, eyes = library.sights(name, version), library.eyes(name, version)
    adapted = library.adapted(name, version)
    if config is None and any(one.code in _BY_THE_MODEL for one in certification.coded):
        typer.echo("Mind: that is by the model that ships; by a station's own: --config FILE", err=True)
    if as_json:
        print_json(
            {
                **recipe.model_dump(mode="json"),
                "levels": recipe.levels.model_dump(mode="json"),
                "sha256": recipe.sha256,
                "promised": promised.in_json(library.promised(name, version)),
                "eye": {view: described_in_json(eye) for view, eye in eyes.items()},
                "adapted": sorted(adapted),
                "unheard": missed.model_dump(mode="json"),
                "certification": certification.model_dump(mode="json"),
                "labelled": None if labelled is None else in_json(labelled),
                "learned_from": learned_from.in_brief(),
                "seen": {view: sight.in_words for view, sight in sights.items()},
            }
        )
    else:
        typer.echo(_LONG_PNG.sub('"png": "…"', recipe.model_dump_json(indent=2)))
        for view, sight in sights.items():
            typer.echo(f"View {view}: {sight.in_words}")
        typer.echo(f"Its pictures have {recipe.levels.bit_depth} bits")
        typer.echo(f"SHA-256 of its file: {recipe.sha256}")
        typer.echo(learned_from.in_words)
        for promise in library.promised(name, version).values():
            for sentence in promised.in_words(*promise):
                typer.echo(sentence)
        for view, eye in eyes.items():
            typer.echo(f"View {view}: {described_in_words(eye)}")
        for view in (one.name for one in recipe.views if one.name not in eyes):
            judges = "judges with what labels taught" if view in adapted else "judges alone"
            typer.echo(f"View {view}: the memory {judges}, without a trained eye")
        for view in sorted(adapted.intersection(eyes)):
            typer.echo(f"View {view}: what labels taught judges beside the eye")
        typer.echo(certification.in_words)
        typer.echo(NOTHING_LABELLED if labelled is None else in_words(labelled))
        if recipe.shown_types:
            typer.echo(types.in_words(recipe.shown_types))
        if missed.types:
            typer.echo(f"Mind: {missed.in_words}")


@cli.command()
def evaluate(
    good: Annotated[Path, typer.Option(help="Folder of good pictures that were not taught.")],
    bad: Annotated[Path, typer.Option(help="Folder of defective pictures.")],
    name: NamedRecipe = None,
    config: StationOption = None,
    inspector: AskedInspector = None,
    as_json: JsonFlag = False,
) -> None:
    """Measure a recipe on pictures whose truth is known."""
    from app.recipes.evaluating import evaluate_recipe
    from app.recipes.library import RecipeLibrary

    setup, name = _chosen(name, config, inspector=inspector)
    result = evaluate_recipe(
        name,
        good=good,
        bad=bad,
        library=RecipeLibrary(setup.recipes),
        model=setup.model,
        line=setup.line,
    )
    if as_json:
        print_json(result)
        return
    table = Table(title=f"{name} on {result['n_good']} good and {result['n_bad']} bad", show_header=False)
    for key, value in result.items():
        if key != "mind":
            table.add_row(key, f"{value:.4g}" if isinstance(value, float) else str(value))
    Console().print(table)
    if result["mind"]:
        typer.echo(f"Mind: {result['mind']}")


@cli.command()
def certify(
    good: Annotated[Path, typer.Option(help="Folder of good pictures that were not taught.")],
    bad: Annotated[Path, typer.Option(help="Folder of defective pictures that nothing was chosen on.")],
    name: NamedRecipe = None,
    alpha: Annotated[
        float, typer.Option(min=1e-4, max=0.5, help="Bound on the share of defective parts let through.")
    ] = 0.05,
    delta: Annotated[
        float, typer.Option(min=1e-4, max=0.5, help="How often such a proof may be wrong.")
    ] = 0.05,
    count: Annotated[
        Draw, typer.Option(help="What is one part: a subfolder of near-copies, or every picture.")
    ] = Draw.FOLDER,
    config: StationOption = None,
    inspector: AskedInspector = None,
    as_json: JsonFlag = False,
) -> None:
    """Prove a bound on escapes, and keep the certificate: passes above its threshold then go to a person."""
    from app.commands.recipes.labelled import NOTHING_LABELLED, in_json, in_words
    from app.recipes.certifying import certify as certified
    from app.recipes.library import RecipeLibrary

    setup, name = _chosen(name, config, inspector=inspector)
    library = RecipeLibrary(setup.recipes)
    done = certified(
        name,
        good=good,
        bad=bad,
        alpha=alpha,
        delta=delta,
        draw=count,
        library=library,
        model=setup.model,
        line=setup.line,
    )
    path = done.keep(library)
    certificate = done.certificate
    if as_json:
        print_json(
            {
                **certificate.model_dump(mode="json"),
                "file": str(path),
                "mind": done.mind,
                "labelled": None if done.scores is None else in_json(done.scores),
            }
        )
        return
    typer.echo(f"{name} version {certificate.recipe.version} is certified: {certificate.promise}")
    typer.echo(
        f"A pass needs a defect score of at most {certificate.threshold:.4g}. That costs "
        f"{certificate.overkilled} of {certificate.n_good} good parts; the share lies below "
        f"{100 * certificate.overkill_bound:.3g} %, {100 * (1 - certificate.delta):.4g} % sure."
    )
    typer.echo(f"One part is one {certificate.draw}. {path}")
    typer.echo(NOTHING_LABELLED if done.scores is None else in_words(done.scores))
    typer.echo("An engine that runs takes the certificate when it starts next.")
    if done.mind:
        typer.echo(f"Mind: {done.mind}")


def _chosen(
    name: str | None,
    config: Path | None,
    *,
    inspector: InspectorKind | None = None,
    adapter: Path | None = None,
) -> tuple[InspectionSetup, str]:
    """What judges, and by which recipe. Raises BadParameter, or SettingsError."""
    setup = setup_of(config, inspector=inspector, adapter=adapter)
    return setup, named_recipe(name, setup)
