"""``passgate bench``: speed, memory and accuracy, measured."""

import json
import logging
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer
from rich.console import Console
from rich.table import Table

from app.benches.soak import RESULT
from app.command_line.beforehand import refuse_unwritable
from app.command_line.output import InspectorOption, JsonFlag, print_json
from app.commands.dataset import SHARED_DATA, DataOption, Dataset
from app.progress import progress, screen
from app.settings.station import InspectorKind

LONGEST_S = 86_400.0
"""A day: no bench needs more."""

cli = typer.Typer(help="Measure speed, memory and accuracy.", no_args_is_help=True)


@cli.command()
def line(
    parts: Annotated[int, typer.Option(min=1, help="Parts to run, at 60 a minute.")] = 300,
    as_json: JsonFlag = False,
) -> None:
    """Measure the whole simulated line, trigger to accepted result."""
    from app.benches.speed import bench_line

    _say(bench_line(parts), as_json)


@cli.command()
def vision(
    pictures: Annotated[int, typer.Option(min=1, help="Pictures to judge.")] = 200,
    as_json: JsonFlag = False,
) -> None:
    """Measure pictures alone, stage by stage."""
    from app.benches.speed import bench_vision

    _say(bench_vision(pictures), as_json)


@cli.command()
def model(
    pictures: Annotated[int, typer.Option(min=1, help="Pictures to judge.")] = 100,
    choices: Annotated[
        bool, typer.Option("--choices", help="Also time other depths, types and 4 bits.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Measure the whole inspector on pictures alone: vision, language model, action head."""
    from app.benches.speed import bench_model

    _say(bench_model(pictures, choices=choices), as_json)


@cli.command()
def memory(
    dataset: Annotated[Dataset, typer.Argument(help="Which photographs.")],
    data: DataOption = SHARED_DATA,
    teach_on: Annotated[int, typer.Option(min=5, help="Good pictures to teach from.")] = 100,
    splits: Annotated[int, typer.Option(min=1, help="How many splits by group.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Of the first split; the next ones count up.")] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Measure the normality memory on photographs, split by group; minutes."""
    from models.backbone.features import EfficientNetLite0
    from models.benchmarks.memory import group_split_benchmark

    _say(
        group_split_benchmark(
            dataset.value,
            data=data,
            tower=EfficientNetLite0(),
            seeds=range(seed, seed + splits),
            teach_on=teach_on,
        ),
        as_json,
    )


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

    _say(bench_risk(lines, delta=delta, seed=seed), as_json)


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
    earlier = [row for path in add or () for row in _rows(path)]
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
    _say(asdict(counted), as_json)
    if counted.valid + counted.refused != decodings or counted.passes_on_broken_features:
        raise typer.Exit(1)


@cli.command()
def faults(
    parts: Annotated[int, typer.Option(min=1, help="Parts to run, about ten a second.")] = 300,
    seed: Annotated[int, typer.Option(min=0, help="Of the faults.")] = 0,
    gap: Annotated[int, typer.Option(min=5, help="One telegram in so many meets a fault.")] = 100,
    as_json: JsonFlag = False,
) -> None:
    """Break the wire between engine and PLC again and again, and check every part; exit 0 if all is true."""
    from app.benches.faults import bench_faults

    _quiet()
    with progress("parts", parts) as bar:
        found = bench_faults(parts, seed=seed, mean_gap=gap, on_progress=bar.show)
    _say(found.model_dump(mode="json"), as_json)
    if not found.promises_kept:
        raise typer.Exit(1)


@cli.command()
def inference(
    times: Annotated[int, typer.Option(min=1, help="Blows of each kind.")] = 20,
    inspector: InspectorOption = InspectorKind.VLA,
    as_json: JsonFlag = False,
) -> None:
    """Kill and stop the process that holds the models while it judges; exit 0 if the promises were kept."""
    from app.benches.inference import bench_inference

    _quiet()
    with progress("blows", 2 * times) as bar:
        found = bench_inference(times, inspector=inspector, on_progress=bar.show)
    _say(found.model_dump(mode="json"), as_json)
    if not found.promises_kept:
        raise typer.Exit(1)


@cli.command()
def camera(
    triggers: Annotated[int, typer.Option(min=8, help="Triggers, shared out among four streams.")] = 500,
    seed: Annotated[int, typer.Option(min=0, help="Of the moments.")] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Trigger while real streams run, stand still and connect; exit 0 if no picture predates its trigger.

    And if at most 1 % of the triggers of steady running get no picture. Needs GStreamer's RTSP server.
    """
    from app.benches.cameras import bench_camera

    _quiet()
    with progress("triggers", triggers) as bar:
        found = bench_camera(triggers, seed=seed, on_progress=bar.show)
    _say(found.model_dump(mode="json"), as_json)
    if not all(found.goals_met.values()):
        raise typer.Exit(1)


@cli.command()
def hostile(
    seconds: Annotated[
        float, typer.Option(min=1.0, max=LONGEST_S, help="How long before each peer, in seconds.")
    ] = 300.0,
    seed: Annotated[int, typer.Option(min=0, help="Of what the peers say.")] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Put the station before peers that are no PLC; exit 0 if nothing broke, grew or was published."""
    from app.benches.hostile import Hostile, bench_hostile

    _quiet()
    with progress("peers", len(Hostile)) as bar:
        found = bench_hostile(seconds, seed=seed, on_progress=bar.show)
    _say({peer.value: result.model_dump(mode="json") for peer, result in found.items()}, as_json)
    if not all(result.kept for result in found.values()):
        raise typer.Exit(1)


@cli.command()
def damage(
    files: Annotated[int, typer.Option(min=1, help="Recipe and adapter files to damage.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Of the damage.")] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Damage recipes and adapters; exit 0 if none judges milder than the true file and all end in words."""
    from app.benches.damage.bench import bench_damage

    _quiet()
    with progress("files", files) as bar:
        found = bench_damage(files, seed=seed, on_progress=bar.show)
    _say(found.model_dump(mode="json"), as_json)
    if not found.kept:
        raise typer.Exit(1)


@cli.command()
def api(
    seconds: Annotated[
        float, typer.Option(min=5.0, max=LONGEST_S, help="How long each load lasts, in seconds.")
    ] = 45.0,
    inspector: InspectorOption = InspectorKind.VLA,
    as_json: JsonFlag = False,
) -> None:
    """Put clients that behave badly before the API of a line of 120 parts a minute; exit 0 if it goes on."""
    from app.benches.api.bench import bench_api
    from app.benches.api.loads import Load

    _quiet()
    with progress("loads", len(Load)) as bar:
        found = bench_api(seconds, kind=inspector, on_progress=bar.show)
    _say(found.model_dump(mode="json"), as_json)
    if not all(found.goals_met.values()):
        raise typer.Exit(1)


@cli.command()
def cycle(
    seconds: Annotated[
        float, typer.Option(min=1.0, max=LONGEST_S, help="How long to watch the cycle, in seconds.")
    ] = 60.0,
    follow_motion: Annotated[
        bool, typer.Option("--follow-motion", help="The PLC follows set points at 100 Hz.")
    ] = False,
    inspector: InspectorOption = InspectorKind.VLA,
    as_json: JsonFlag = False,
) -> None:
    """Measure the link's cycle while the model works on all cores; exit 0 if all goals are met."""
    from app.benches.cycle import bench_cycle

    _quiet()
    with progress("seconds", int(seconds)) as bar:
        found = bench_cycle(seconds, kind=inspector, follow_motion=follow_motion, on_progress=bar.show)
    _say(found.model_dump(mode="json"), as_json)
    if not all(found.goals_met.values()):
        raise typer.Exit(1)


@cli.command()
def console(
    soak: Annotated[
        bool, typer.Option("--soak", help="Under real X events, for --minutes; needs Xvfb.")
    ] = False,
    minutes: Annotated[float, typer.Option(min=0.5, max=LONGEST_S / 60, help="How long, in minutes.")] = 10.0,
    seed: Annotated[int, typer.Option(min=0, help="Of parts and touches.")] = 1,
    as_json: JsonFlag = False,
) -> None:
    """Touch the console on a line of 120 parts a minute; exit 0 if it lived, stayed small and closed."""
    from app.benches.console import soak_console

    if not soak:
        raise typer.BadParameter("the console's only bench is its soak", param_hint="--soak")
    _quiet()
    with progress("seconds", round(minutes * 60)) as bar:
        found = soak_console(minutes, seed=seed, on_progress=bar.show)
    _say(found.model_dump(mode="json"), as_json)
    if not found.kept:
        raise typer.Exit(1)


@cli.command()
def soak(
    only: Annotated[list[str] | None, typer.Option(help="Run only this one; again for more.")] = None,
    into: Annotated[Path, typer.Option(help="The JSON file; other runs in it stay.")] = RESULT,
    as_json: JsonFlag = False,
) -> None:
    """Run all that is too long for CI, in the checkout; hours. Exit 0 if every run was kept."""
    from app.benches.soak import RUNS
    from app.benches.soak import soak as run_soak

    with progress("runs", len(only or RUNS)) as bar:
        found = run_soak(
            root=Path.cwd(),
            into=into,
            only=only or (),
            on_progress=lambda done, name: bar.show(done, note=name),
        )
    if as_json:
        print_json(found)
    else:
        table = Table("run", "kept", "minutes", "commit", "date")
        for name, run in found.runs.items():
            kept = "yes" if run.kept else "NO"
            table.add_row(name, kept, f"{run.seconds / 60:.1f}", run.commit, f"{run.at:%Y-%m-%d}")
        Console().print(table)
    asked = {name: run for name, run in found.runs.items() if not only or name in only}
    if not (all(run.kept for run in asked.values()) if only else found.kept):
        raise typer.Exit(1)


@cli.command()
def finetune(
    base: Annotated[
        str | None,
        typer.Option(help="SmolLM2 if not given; a folder, or a random Llama: llama-3b, llama-7b."),
    ] = None,
    layers: Annotated[
        int | None, typer.Option(min=1, help="Use so many layers, from the first; all, if not given.")
    ] = None,
    batch: Annotated[int, typer.Option(min=1, help="Rows a step.")] = 4,
    length: Annotated[int, typer.Option(min=64, help="Tokens a row.")] = 128,
    steps: Annotated[int, typer.Option(min=1, help="Steps to measure, after one to warm up.")] = 5,
    device: Annotated[str | None, typer.Option(help="cpu or cuda; cuda where there is one.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Measure memory and time of a training step: all weights, LoRA, QLoRA, each in its own process."""
    from app.benches.finetune import bench_finetune

    result = bench_finetune(base=base, layers=layers, batch=batch, length=length, steps=steps, device=device)
    if as_json:
        print_json(result)
        return
    title = f"{result['device']}, {batch} rows of {length} tokens, the middling of {steps} steps"
    table = Table("base", "method", "trained", "loaded", "peak", "of full", "step", "of full", title=title)
    for name, methods in result["runs"].items():
        for method, cost in methods.items():
            table.add_row(
                f"{name}, {cost['parameters'] / 1e6:.0f} M",
                method,
                f"{cost['trained'] / 1e6:.1f} M",
                f"{cost['loaded_mb']:.0f} MB",
                f"{cost['peak_mb']:.0f} MB",
                f"{cost['peak_of_full']:.0%}",
                f"{cost['step_s']:.2f} s",
                f"{cost['step_of_full']:.0%}",
            )
    Console().print(table)


def _rows(path: Path) -> list[dict[str, Any]]:
    """What an earlier run measured."""
    try:
        return [dict(row) for row in json.loads(path.read_text(encoding="utf-8"))["rows"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise typer.BadParameter(
            f"{path} is no result of bench labels --json: {error}", param_hint="--add"
        ) from error


def _quiet() -> None:
    """No alarms on stderr where they are what is asked for: thousands of them would hide the rest."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


def _say(result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(result)
        return
    table = Table(show_header=False)
    for key, value in result.items():
        if isinstance(value, dict):
            for name, inner in value.items():
                shown = (
                    ", ".join(f"{k} {v:g}" for k, v in inner.items()) if isinstance(inner, dict) else inner
                )
                table.add_row(f"{key} {name}", str(shown))
        else:
            table.add_row(key, str(value))
    Console().print(table)
