"""``passgate bench``: how fast the station is, and how much memory it takes."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.command_line.options import InspectorOption
from app.command_line.output import JsonFlag, print_json
from app.command_line.writable import refuse_unwritable
from app.commands.bench.shown import LONGEST_S, show, without_alarms
from app.progress import progress
from app.settings.station import InspectorKind
from inspection.recipe import MOST_GAUGES

cli = typer.Typer()
WATCHED_PARTS = 8
"""Parts of the run beforehand that is watched, not timed."""


@cli.command()
def line(
    parts: Annotated[int, typer.Option(min=1, help="Parts to run, at 60 a minute.")] = 300,
    trace: Annotated[
        Path | None,
        typer.Option(
            help="Run some parts beforehand, watched, and draw one's way through our files (Mermaid) here."
        ),
    ] = None,
    gauges: Annotated[
        list[int] | None,
        typer.Option(
            min=0,
            max=MOST_GAUGES,
            help="Dials on each part. Repeat to compare lines with the first. Default: the demo's one.",
        ),
    ] = None,
    label: Annotated[
        bool, typer.Option("--label", help="A code beside each part, which tells its serial.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Measure the whole simulated line, trigger to accepted result."""
    from app.benches.speed.line import bench_gauges_beside, bench_line

    if label and len(gauges or ()) > 1:
        raise typer.BadParameter("lines that are compared have none", param_hint="--label")
    if trace is not None:
        from app.benches.speed.way import trace_line

        refuse_unwritable(trace)
        trace.write_text(trace_line(WATCHED_PARTS), encoding="utf-8")
    counts = gauges or [1]
    if len(counts) == 1:
        show(bench_line(parts, gauges=counts[0], label=label), as_json)
    else:
        show(bench_gauges_beside(parts, counts), as_json)


@cli.command()
def vision(
    pictures: Annotated[int, typer.Option(min=1, help="Pictures to judge.")] = 200,
    as_json: JsonFlag = False,
) -> None:
    """Measure pictures alone, stage by stage."""
    from app.benches.speed.vision import bench_vision

    show(bench_vision(pictures), as_json)


@cli.command()
def model(
    pictures: Annotated[int, typer.Option(min=1, help="Pictures to judge.")] = 100,
    choices: Annotated[
        bool, typer.Option("--choices", help="Also time other depths, types and 4 bits.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Measure the whole inspector on pictures alone: vision, language model, action head."""
    from app.benches.speed.model import bench_model

    show(bench_model(pictures, choices=choices), as_json)


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
    from app.benches.speed.cycle import bench_cycle

    without_alarms()
    with progress("seconds", int(seconds)) as bar:
        found = bench_cycle(seconds, kind=inspector, follow_motion=follow_motion, on_progress=bar.show)
    show(found.model_dump(mode="json"), as_json)
    if not all(found.goals_met.values()):
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
