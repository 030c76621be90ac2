"""``passgate bench gauges``: how well and how fast instruments are read."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from app.command_line.output import JsonFlag, print_json
from app.commands.bench.shown import show, without_alarms
from app.commands.dataset import SHARED_DATA, DataOption, refuse_missing
from app.progress import progress

cli = typer.Typer()


@cli.command()
def gauges(
    dials: Annotated[int, typer.Option(min=0, help="Rendered dials, of all designs alike.")] = 5000,
    displays: Annotated[int, typer.Option(min=0, help="Rendered displays, of all designs alike.")] = 480,
    tuning: Annotated[
        bool, typer.Option("--tuning", help="The designs to tune on, not those of the figures.")
    ] = False,
    click_error_px: Annotated[
        float, typer.Option(min=0.0, max=20.0, help="How far the labels' clicks miss: one sigma.")
    ] = 0.0,
    processes: Annotated[
        int, typer.Option(min=0, help="How many render and read at a time; 0: this one alone.")
    ] = min(2, os.cpu_count() or 1),
    photographs: Annotated[
        bool, typer.Option(help="Also read the shared photographs, where they are.")
    ] = True,
    speed: Annotated[bool, typer.Option(help="Also measure times, on one core, by themselves.")] = True,
    data: DataOption = SHARED_DATA,
    as_json: JsonFlag = False,
) -> None:
    """Read rendered instruments with known truth, and photographs; exit 0 if every goal is met; minutes."""
    from app.benches.gauges.bench import bench_gauges

    refuse_missing(data)
    without_alarms()
    with progress("instruments", None) as bar:
        result = bench_gauges(
            dials=dials,
            displays=displays,
            tuning=tuning,
            click_error_px=click_error_px,
            processes=processes,
            data=Path(data) if photographs else None,
            speed=speed,
            show=bar.show,
        )
    if as_json:
        print_json(result)
    else:
        show(_for_people(result), as_json)
    if not result["all_goals_met"]:
        raise typer.Exit(1)


def _for_people(said: dict[str, Any]) -> dict[str, Any]:
    """The figures without the table of designs, each goal in a word."""
    shown: dict[str, Any] = {}
    for key, value in said.items():
        if key == "goals_met":
            shown["goal"] = {goal: "met" if met else "MISSED" for goal, met in value.items()}
        elif key != "by_design":
            shown[key] = _for_people(value) if isinstance(value, dict) else value
    return shown
