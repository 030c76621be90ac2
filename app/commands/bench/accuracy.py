"""``passgate bench``: how good the judges are, on data split by group."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from app.command_line.output import JsonFlag, print_json
from app.command_line.writable import refuse_unwritable
from app.commands.bench.shown import show
from app.commands.dataset import SHARED_DATA, DataOption, Dataset
from app.progress import progress, screen

cli = typer.Typer()


@cli.command()
def names(
    dataset: Annotated[
        str, typer.Argument(help="Folder of labelled photographs in --data.")
    ] = "magnetic-tile",
    data: DataOption = SHARED_DATA,
    examples: Annotated[
        list[int] | None, typer.Option(min=3, help="Examples of each type; repeat. Default: 5 and 10.")
    ] = None,
    area_px: Annotated[int, typer.Option(min=1024, help="Working size of the memory.")] = 200_000,
    splits: Annotated[int, typer.Option(min=1, help="How many splits by group.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Of the first split; the next ones count up.")] = 500,
    as_json: JsonFlag = False,
) -> None:
    """Measure names by examples on photographs, split by group; minutes."""
    from models.backbone.features import EfficientNetLite0
    from models.benchmarks.names import names_benchmark
    from models.memory.settings import MemorySettings

    result = names_benchmark(
        dataset,
        data=data,
        tower=EfficientNetLite0(),
        examples=examples or (5, 10),
        seeds=range(seed, seed + splits),
        settings=MemorySettings(working_area_px=area_px),
        listener=screen.print,
    )
    if as_json:
        print_json(result)
        return
    for point in result["by_examples"]:
        show(point, as_json)


@cli.command()
def risk(
    lines: Annotated[int, typer.Option(min=1, help="Random lines with a known true escape rate.")] = 2000,
    delta: Annotated[
        float, typer.Option(min=1e-4, max=0.5, help="How often a certificate may be wrong.")
    ] = 0.05,
    seed: Annotated[int, typer.Option(min=0, help="Makes the same lines again.")] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Count on simulated lines how often the certified bound on escapes is broken; seconds."""
    from app.benches.risk import bench_risk

    show(bench_risk(lines, delta=delta, seed=seed), as_json)


@cli.command()
def probability(
    dataset: Annotated[Dataset, typer.Argument(help="Which photographs.")],
    data: DataOption = SHARED_DATA,
    splits: Annotated[int, typer.Option(min=1, help="How many memories are taught.")] = 3,
    seed: Annotated[int, typer.Option(min=0, help="Of the first split; the next ones count up.")] = 0,
    halvings: Annotated[int, typer.Option(min=1, help="Of the other parts, for each memory.")] = 20,
    fewer: Annotated[
        list[int] | None, typer.Option(min=2, help="Also with so many labelled parts at most; repeat.")
    ] = None,
    labels: Annotated[
        int, typer.Option(min=0, help="Also adapt on so many labelled defects: minutes a split.")
    ] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Count how true it is what labelled parts say of a score, split by group; minutes."""
    from models.backbone.features import EfficientNetLite0
    from models.benchmarks.probability import probability_benchmark

    result = probability_benchmark(
        dataset.value,
        data=data,
        tower=EfficientNetLite0(),
        seeds=range(seed, seed + splits),
        halvings=halvings,
        most_parts=fewer or (),
        labels=labels,
        listener=screen.print,
    )
    show(result, as_json)


@cli.command()
def labels(
    dataset: Annotated[Dataset, typer.Argument(help="Which photographs.")],
    data: DataOption = SHARED_DATA,
    counts: Annotated[
        str, typer.Option("--labels", help="Numbers of labelled defective pictures; 0: none.")
    ] = "0,10,30,100",
    teach_on: Annotated[int, typer.Option(min=10, help="Good pictures to teach from.")] = 100,
    splits: Annotated[int, typer.Option(min=0, help="How many splits by group.")] = 3,
    seed: Annotated[int, typer.Option(min=0, help="Of the first split; the next ones count up.")] = 0,
    add: Annotated[
        list[Path] | None, typer.Option(help="JSON of an earlier run, of other splits, to be counted in.")
    ] = None,
    figure: Annotated[Path | None, typer.Option(help="Draw the result to this PNG.")] = None,
    eye: Annotated[
        bool, typer.Option("--eye", help="On a recipe with a trained eye, where one is better: far longer.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Measure what labels add to the memory, split by group; an hour for three splits."""
    from models.backbone.features import EfficientNetLite0
    from models.benchmarks.labels import draw, label_benchmark

    try:
        numbers = sorted({int(count) for count in counts.split(",")})
    except ValueError as error:
        raise typer.BadParameter(
            f"{counts!r} are not numbers with commas between", param_hint="--labels"
        ) from error
    earlier = [row for path in add or () for row in _rows(path, eye=eye)]
    if figure is not None:
        if figure.suffix.lower() != ".png":
            raise typer.BadParameter(f"{figure} is no PNG", param_hint="--figure")
        refuse_unwritable(figure)
    result = label_benchmark(
        dataset.value,
        data=data,
        tower=EfficientNetLite0(),
        labels=numbers,
        seeds=range(seed, seed + splits),
        teach_on=teach_on,
        eye=eye,
        earlier=earlier,
        listener=screen.print,
    )
    if figure is not None:
        draw(result, figure)
    if as_json:
        print_json(result)
        return
    table = Table("labels", "kept", "AUROC", "overkill at 1 % escapes", "escapes, overkill at own threshold")
    for point in result["by_labels"]:
        mean, deviation = point["mean"], point["deviation"]
        table.add_row(
            str(point["labels"]),
            f"{point['kept']} of {point['splits']}",
            f"{mean['auroc']:.3f} ± {deviation['auroc']:.3f}",
            f"{mean['overkill_at_1_percent_escape']:.2f} ± {deviation['overkill_at_1_percent_escape']:.2f}",
            f"{mean['escape_rate_at_threshold']:.2f}, {mean['overkill_rate_at_threshold']:.3f}",
        )
    Console().print(table)


@cli.command()
def validity(
    decodings: Annotated[int, typer.Option(min=1, help="Parts to judge.")] = 10_000,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same parts.")] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Count decisions that hold, on random weights, hostile words and broken features; minutes."""
    from dataclasses import asdict

    from models.benchmarks.robustness import check_validity

    with progress("judging", decodings) as bar:
        counted = check_validity(decodings, seed=seed, progress=bar.show)
    show(asdict(counted), as_json)
    if counted.valid + counted.refused != decodings or counted.passes_on_broken_features:
        raise typer.Exit(1)


def _rows(path: Path, *, eye: bool) -> list[dict[str, Any]]:
    """What an earlier run measured, with a trained eye or without, as it is now asked."""
    try:
        rows = [dict(row) for row in json.loads(path.read_text(encoding="utf-8"))["rows"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise typer.BadParameter(
            f"{path} is no result of bench labels --json: {error}", param_hint="--add"
        ) from error
    if any(row.get("eye_asked", row.get("eye", False)) is not eye for row in rows):
        with_or_without = "without" if eye else "with"
        raise typer.BadParameter(
            f"{path} was measured {with_or_without} --eye: one mean of both would say nothing",
            param_hint="--add",
        )
    return rows
