"""``passgate recipe``: teach, adapt, look at, measure and certify recipes.

Every command takes ``--config``: a station's file, whose library, model and line it then goes by. So what is
taught, measured and certified is what runs there.
"""

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
from app.commands import labels, masks, types
from app.settings.finding import InspectionSetup
from app.settings.station import InspectorKind
from inspection.certification.certificate import Draw
from inspection.levels import BitDepth
from inspection.messages.codes import Code

_BY_THE_MODEL: Final = {Code.CERTIFICATE_OF_OTHER_MODEL, Code.WEIGHTS_ERROR}
"""Why a certificate does not hold, where by another model it might."""

cli = typer.Typer(
    help="Recipes: teach, adapt, learn, suggest, types, list, show, evaluate, certify, seal.",
    no_args_is_help=True,
)
for command in (labels.adapt, labels.learn, labels.suggest, masks.mask, types.types):
    cli.command()(command)


@cli.command()
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
    quick: Annotated[bool, typer.Option("--quick", help="Train no eye after teaching.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Teach a recipe from good parts, no defects needed. An existing one gets a new version.

    The recipe is kept and usable after seconds. Then an eye is trained on defects drawn on the good parts,
    some minutes; where it is better, the recipe with it is kept as the next version. Ctrl+C ends only that.
    """
    from app.command_line.writable import refuse_unwritable
    from app.commands import promised
    from app.recipes.certifying import spent
    from app.recipes.growing.eyes import sharpen_folder
    from app.recipes.library import RecipeLibrary
    from app.recipes.recipe_file import write
    from app.recipes.seeing import pace_of
    from app.recipes.teaching import hear, plan, teach_folder

    setup, name = _chosen(name, config, adapter=adapter)
    library = RecipeLibrary(setup.recipes)
    planned = plan(
        name,
        library=library,
        mm_per_pixel=mm_per_pixel,
        defect_types=defect_types or (),
        instruction=instruction,
        bit_depth=bit_depth,
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
    if out is None:
        path = library.save(taught)
    else:
        path = out
        write(path, taught)
    if not as_json:
        typer.echo(f"{taught.recipe.name} version {taught.recipe.version}: usable now, {path}")
    eye = None
    if not quick:
        eye = sharpen_folder(taught, good, tower=setup.model.tower)
        if eye.taught is not None:
            taught = eye.taught
            pace = pace_of(taught, threads=setup.model.threads)
            if out is None:
                taught = library.as_next(taught)
                path = library.save(taught)
            else:
                write(path, taught)
    recipe, mind = taught.recipe, spent(taught, library=library)
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
    from app.commands import promised
    from app.commands.labelled import NOTHING_LABELLED, in_json, in_words
    from app.recipes.certifying import stored_certification
    from app.recipes.inspectors import unheard_by
    from app.recipes.library import RecipeLibrary

    setup, name = _chosen(name, config, adapter=adapter)
    library = RecipeLibrary(setup.recipes)
    recipe = library.recipe(name, version)
    certification, labelled = stored_certification(
        name, version, library=library, model=setup.model, line=setup.line, of_a_station=config is not None
    )
    missed, learned_from = unheard_by(setup.model, recipe), library.learned_from(name, version)
    sights = library.sights(name, version)
    if config is None and any(one.code in _BY_THE_MODEL for one in certification.coded):
        typer.echo("Mind: that is by the model that ships; by a station's own: --config FILE", err=True)
    if as_json:
        print_json(
            {
                **recipe.model_dump(mode="json"),
                "levels": recipe.levels.model_dump(mode="json"),
                "sha256": recipe.sha256,
                "promised": promised.in_json(library.promised(name, version)),
                "unheard": missed.model_dump(mode="json"),
                "certification": certification.model_dump(mode="json"),
                "labelled": None if labelled is None else in_json(labelled),
                "learned_from": learned_from.in_brief(),
                "seen": {view: sight.in_words for view, sight in sights.items()},
            }
        )
    else:
        typer.echo(recipe.model_dump_json(indent=2))
        for view, sight in sights.items():
            typer.echo(f"View {view}: {sight.in_words}")
        typer.echo(f"Its pictures have {recipe.levels.bit_depth} bits")
        typer.echo(f"SHA-256 of its file: {recipe.sha256}")
        typer.echo(learned_from.in_words)
        for promise in library.promised(name, version).values():
            for sentence in promised.in_words(*promise):
                typer.echo(sentence)
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
    from app.commands.labelled import NOTHING_LABELLED, in_json, in_words
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
