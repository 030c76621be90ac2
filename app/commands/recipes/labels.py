"""``passgate recipe adapt``, ``learn``, ``suggest``: what people's labels teach a recipe."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table

from app.command_line.options import (
    NamedRecipe,
    RecordOption,
    StationOption,
    named_recipe,
    refuse_beside,
    setup_of,
)
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
    from app.commands.recipes.labelled import in_json, in_words
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
        threads=setup.model.threads,
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


def learn(
    name: NamedRecipe = None,
    good: Annotated[
        list[Path] | None,
        typer.Option("--good", metavar="FILE|FOLDER", help="A good part that was rejected; repeat for each."),
    ] = None,
    defective: Annotated[
        list[Path] | None,
        typer.Option(
            "--defective",
            metavar="FILE|FOLDER",
            help="A defect that escaped, with FILE_mask.png beside it where it is marked; repeat for each.",
        ),
    ] = None,
    from_record: Annotated[
        list[int] | None,
        typer.Option("--from-record", metavar="PART", help="A part that a person decided on, by its id."),
    ] = None,
    taught_from: Annotated[
        Path | None, typer.Option(help="Where the good pictures lie now that it was taught from.")
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help="Where the labels lie now that it was adapted on.")
    ] = None,
    record: RecordOption = None,
    config: StationOption = None,
    keep_outliers: Annotated[
        bool, typer.Option("--keep-outliers", help="Teach a good part that looks unlike the others as well.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="The same seed learns the same.")] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Let a good part that was rejected, or a defect that escaped, join a recipe: its next version."""
    from app.recipes.certifying import spent
    from app.recipes.growing.from_record import reviewed
    from app.recipes.growing.joining import named
    from app.recipes.growing.learning import Asked
    from app.recipes.growing.learning import learn as learn_more
    from app.recipes.library import RecipeLibrary
    from app.settings.finding import find_record

    setup = setup_of(config)
    name = named_recipe(name, setup)
    library = RecipeLibrary(setup.recipes)
    pictures = [*named(good or (), defective=False), *named(defective or (), defective=True)]
    if from_record:
        settings = find_record(record=record, config=config)
        pictures += reviewed(from_record, recipe=library.recipe(name), settings=settings)
    else:
        refuse_beside({"--record": record}, "it is for --from-record PART")
    done = learn_more(
        name,
        pictures,
        library=library,
        asked=Asked(
            taught_from=taught_from,
            labels=labels,
            keep_outliers=keep_outliers,
            seed=seed,
            threads=setup.model.threads,
        ),
        tower=setup.model.tower,
    )
    mind = "" if done.taught is None else spent(done.taught, library=library)
    if as_json:
        print_json({**done.report, "file": None if done.file is None else str(done.file), "mind": mind})
    else:
        _tell_learned(done.report)
        for words in (
            mind and f"Mind: {mind}",
            done.file and f"An engine takes it when it starts: {done.file}",
        ):
            if words:
                typer.echo(words)
    if done.taught is None:
        raise typer.Exit(1)


def suggest(
    name: NamedRecipe = None,
    folder: Annotated[
        Path | None, typer.Option("--from", help="Folder of pictures that nobody has labelled.")
    ] = None,
    store: Annotated[
        bool, typer.Option("--store", help="From the parts on record that no person decided on.")
    ] = False,
    count: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 20,
    days: Annotated[
        float | None,
        typer.Option(min=0.01, max=3650.0, help="With --store: of so many last days; default 7."),
    ] = None,
    record: RecordOption = None,
    config: StationOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Name the pictures whose labels would teach a recipe most: doubtful ones, unlike each other."""
    from datetime import UTC, datetime, timedelta

    from app.recipes.growing.from_record import unreviewed
    from app.recipes.growing.suggesting import Unlabelled
    from app.recipes.growing.suggesting import suggest as most_telling
    from app.recipes.library import RecipeLibrary
    from app.settings.finding import find_record
    from inspection.pictures.labels.files import picture_files

    setup = setup_of(config)
    name = named_recipe(name, setup)
    if (folder is not None) is store:
        raise typer.BadParameter("name a folder, or the record", param_hint="--from or --store")
    library = RecipeLibrary(setup.recipes)
    if folder is not None:
        refuse_beside({"--record": record, "--days": days}, "it is for --store")
        pictures = [Unlabelled(path, str(path.relative_to(folder))) for path in picture_files(folder)]
    else:
        pictures = unreviewed(
            recipe=library.recipe(name),
            settings=find_record(record=record, config=config),
            since=timedelta(days=7.0 if days is None else days),
            now=datetime.now(UTC),
        )
    found = most_telling(name, pictures, library=library, count=count, tower=setup.model.tower)
    if as_json:
        print_json(found)
        return
    table = Table("", Column("picture", overflow="fold"), "score", "why")
    for rank, one in enumerate(found["suggested"], 1):
        table.add_row(str(rank), one["picture"], f"{one['score']:.2f}", one["why"])
    Console().print(table)
    typer.echo(
        f"Of {found['looked_at']} pictures, by version {found['version']}: from a score of "
        f"{found['threshold']:.2f} on a part is rejected"
    )
    for reason, number in found["left_out"].items():
        typer.echo(f"left out: {number} pictures, {reason}")
    typer.echo(f"Then: passgate recipe learn {name} --good FILE --defective FILE")


def _tell_learned(report: dict[str, Any]) -> None:
    """What has become of a recipe that pictures joined."""
    if report["adapted"] is not None:
        _compare(report["adapted"])
    table = Table(Column("picture", overflow="fold"), "", "before", "now")
    for one in report["joined"]:
        kind = "defective" if one["defective"] else "good"
        table.add_row(one["said"], kind, *(_judged(one[when]) for when in ("before", "after")))
    Console().print(table)
    if report["eye"] is not None:
        typer.echo(f"Of the eye: {report['eye']['why']}")
    if report["labels"]:
        typer.echo(f"Of the labels: {report['labels']}")
    if report["kept"]:
        typer.echo(
            f"{report['name']} version {report['version']}: taught on {report['taught_on']} good pictures"
        )
        typer.echo("It has learned from these pictures, so what it says of them proves nothing of others")
        typer.echo("A certificate holds for the version that it was made for: certify this one anew")
    else:
        typer.echo("The recipe stays as it was")


def _judged(said: dict[str, Any]) -> str:
    """How a version judges a picture."""
    word = "rejected" if said["rejected"] else "passed"
    return f"{word}: {said['score']:.2f}, from {said['threshold']:.2f} on rejected"


def _compare(report: dict[str, Any]) -> None:
    """The memory alone beside memory and labels, as a table."""
    table = Table("on pictures of parts that were held out", "memory alone", "with labels")
    for title, key in _ROWS:
        table.add_row(title, f"{report['memory_alone'][key]:.3f}", f"{report['adapted'][key]:.3f}")
    Console().print(table)
