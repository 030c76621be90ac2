"""``passgate bench``: whether the promises hold while something is broken on purpose."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.benches.soak import RESULT
from app.command_line.options import InspectorOption
from app.command_line.output import JsonFlag, print_json
from app.commands.bench.shown import LONGEST_S, show, without_alarms
from app.progress import progress
from app.settings.station import InspectorKind

cli = typer.Typer()


@cli.command()
def faults(
    parts: Annotated[int, typer.Option(min=1, help="Parts to run, about ten a second.")] = 300,
    seed: Annotated[int, typer.Option(min=0, help="Of the faults.")] = 0,
    gap: Annotated[int, typer.Option(min=5, help="One telegram in so many meets a fault.")] = 100,
    as_json: JsonFlag = False,
) -> None:
    """Break the wire between engine and PLC again and again, and check every part; exit 0 if all is true."""
    from app.benches.faults import bench_faults

    without_alarms()
    with progress("parts", parts) as bar:
        found = bench_faults(parts, seed=seed, mean_gap=gap, on_progress=bar.show)
    show(found.model_dump(mode="json"), as_json)
    if not found.promises_kept:
        raise typer.Exit(1)


@cli.command()
def kill(
    runs: Annotated[int, typer.Option(min=1, help="Kills; one takes about ten seconds.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Of the moments and of the parts.")] = 1,
    minutes: Annotated[
        float, typer.Option(min=0.1, max=LONGEST_S / 60, help="No further kill after so many.")
    ] = 120.0,
    as_json: JsonFlag = False,
) -> None:
    """Kill the engine at random moments; exit 0 if no part is lost, doubled or open, and all verifies."""
    from app.benches.kills import bench_kill

    without_alarms()
    with progress("kills", runs) as bar:
        found = bench_kill(runs, seed=seed, minutes=minutes, on_progress=bar.show)
    show(found.model_dump(mode="json"), as_json)
    if not found.promises_kept:
        raise typer.Exit(1)


@cli.command()
def inference(
    times: Annotated[int, typer.Option(min=1, help="Blows of each kind.")] = 20,
    inspector: InspectorOption = InspectorKind.VLA,
    as_json: JsonFlag = False,
) -> None:
    """Kill, stop and garble the process that holds the models; exit 0 if the promises were kept."""
    from app.benches.inference import bench_inference

    without_alarms()
    with progress("blows", 3 * times) as bar:
        found = bench_inference(times, inspector=inspector, on_progress=bar.show)
    show(found.model_dump(mode="json"), as_json)
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

    without_alarms()
    with progress("triggers", triggers) as bar:
        found = bench_camera(triggers, seed=seed, on_progress=bar.show)
    show(found.model_dump(mode="json"), as_json)
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

    without_alarms()
    with progress("peers", len(Hostile)) as bar:
        found = bench_hostile(seconds, seed=seed, on_progress=bar.show)
    show({peer.value: result.model_dump(mode="json") for peer, result in found.items()}, as_json)
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

    without_alarms()
    with progress("files", files) as bar:
        found = bench_damage(files, seed=seed, on_progress=bar.show)
    show(found.model_dump(mode="json"), as_json)
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

    without_alarms()
    with progress("loads", len(Load)) as bar:
        found = bench_api(seconds, kind=inspector, on_progress=bar.show)
    show(found.model_dump(mode="json"), as_json)
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
    without_alarms()
    with progress("seconds", round(minutes * 60)) as bar:
        found = soak_console(minutes, seed=seed, on_progress=bar.show)
    show(found.model_dump(mode="json"), as_json)
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
