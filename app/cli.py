"""``passgate``: the command line. ``passgate <noun> <verb>``; exit code 0 only if what was asked was done."""

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from app.command_line.ending import run_to_its_end
from app.command_line.logs import log_to_stderr
from app.command_line.options import AskedInspector, StationOption, named_recipe, setup_of
from app.command_line.output import JsonFlag, print_json
from app.commands import (
    dataset,
    display,
    docs,
    gauge,
    model,
    plc,
    recipe,
    record,
    report,
    user,
    weights,
)
from app.commands.bench import cli as bench
from app.commands.plant import sync
from app.commands.running import alarm, challenge, review
from inspection.decision import SCORE_LIMIT

cli = typer.Typer(
    name="passgate",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for name, noun in {
    "recipe": recipe.cli,
    "model": model.cli,
    "plc": plc.cli,
    "report": report.cli,
    "record": record.cli,
    "sync": sync.cli,
    "user": user.cli,
    "challenge": challenge.cli,
    "review": review.cli,
    "alarm": alarm.cli,
    "weights": weights.cli,
    "bench": bench.cli,
    "dataset": dataset.cli,
    "docs": docs.cli,
    "gauge": gauge.cli,
    "display": display.cli,
}.items():
    cli.add_typer(noun, name=name)


def _show_version(wanted: bool) -> None:
    """``--version``: which Passgate this is."""
    if wanted:
        typer.echo(f"passgate {version('passgate')}")
        raise typer.Exit


@cli.callback()
def _passgate(
    _version: Annotated[
        bool,
        typer.Option("--version", help="Say which version this is.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """The inspection station: a part leaves only on a fresh, proven pass."""


@cli.command()
def run(
    config: Annotated[Path, typer.Option("--config", help="The station's TOML file.")],
) -> None:
    """Run the engine of one station until it is stopped."""
    from app.engine.program import run_station

    run_station(config)


@cli.command()
def console(
    url: Annotated[str, typer.Option(help="The engine's API.")] = "http://127.0.0.1:8730",
    language: Annotated[str | None, typer.Option(help="en or zh; default: the desktop's.")] = None,
    fullscreen: Annotated[
        bool, typer.Option("--fullscreen", help="Fill the screen, without a frame.")
    ] = False,
    key: Annotated[
        Path | None,
        typer.Option("--key", help="File with the key by which the engine knows it; default: found."),
    ] = None,
    authority: Annotated[
        Path | None, typer.Option("--ca", help="Certificate of who signed the engine's, for https; PEM.")
    ] = None,
) -> None:
    """Open the operator console. It may be closed, or crash: the line does not notice."""
    from app.access.doors.panel import finding
    from app.console.main import run as open_console

    own_key = finding(url, key)
    raise typer.Exit(open_console(url, language, fullscreen=fullscreen, own_key=own_key, authority=authority))


@cli.command()
def inspect(
    images: Annotated[list[Path], typer.Argument(help="Pictures to judge.")],
    recipe_name: Annotated[
        str | None, typer.Option("--recipe", help="A taught recipe; with --config by default the station's.")
    ] = None,
    config: StationOption = None,
    inspector: AskedInspector = None,
    annotate: Annotated[
        Path | None, typer.Option(help="Folder for pictures with the decision drawn in.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Judge pictures by a recipe, without a PLC."""
    from app.recipes.inspecting import inspect_files
    from app.recipes.library import RecipeLibrary
    from inspection.pictures.labels.files import pictures_among

    setup = setup_of(config, inspector=inspector)
    decisions = inspect_files(
        pictures_among(images),
        library=RecipeLibrary(setup.recipes),
        recipe_name=named_recipe(recipe_name, setup, option="--recipe"),
        model=setup.model,
        line=setup.line,
        annotate_into=annotate,
    )
    if as_json:
        print_json(
            {
                "decisions": [
                    {"image": str(path), **decision.model_dump(mode="json")} for path, decision in decisions
                ]
            }
        )
        return
    for path, decision in decisions:
        score = decision.deviation
        deviation = "no score" if score is None else f"deviation {score:.3f}, limit {SCORE_LIMIT:.3f}"
        if decision.defect_probability is not None:
            deviation += f"; {decision.defect_probability.in_words}"
        typer.echo(f"{path}: {decision.action} ({deviation}) {decision.reason}")


@cli.command()
def demo(
    headless: Annotated[bool, typer.Option("--headless", help="No console.")] = False,
    parts: Annotated[int, typer.Option(min=0, help="Parts to run; 0: until the console is closed.")] = 0,
    rate: Annotated[float, typer.Option(min=1.0, max=300.0, help="Parts a minute.")] = 60.0,
    seed: Annotated[int, typer.Option(min=0, help="Makes the same parts again.")] = 1,
    images: Annotated[
        Path | None, typer.Option(help="Replay this folder instead of rendering parts.")
    ] = None,
    recipe_name: Annotated[
        str | None, typer.Option("--recipe", help="With --images: a taught recipe to judge by.")
    ] = None,
    challenge: Annotated[
        bool,
        typer.Option(
            "--challenge",
            help="Two of its first parts are known ones: nothing passes until they got what they must.",
        ),
    ] = False,
    work: Annotated[Path | None, typer.Option(help="Keep settings, logs and records in this folder.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Run the whole line on this machine: simulated PLC, conveyor and camera, engine, console."""
    if recipe_name is not None and images is None:
        raise typer.BadParameter("it is for --images FOLDER, which is not named", param_hint="--recipe")
    if challenge and images is not None:
        raise typer.BadParameter("nobody knows what the parts of --images are", param_hint="--challenge")
    from app.demo.demo import run_demo

    done = run_demo(
        headless=headless,
        parts=parts,
        rate=rate,
        seed=seed,
        images=images,
        recipe_name=recipe_name,
        work=work,
        challenge=challenge,
    )
    if as_json:
        print_json(done.contract())
    else:
        done.print_table()
    if done.console is not None and done.console.crashed:
        typer.echo(f"passgate: {done.console.in_words()}", err=True)
    if not done.sound:
        raise typer.Exit(1)


def main() -> None:
    """Entry point: an error that a person can mend is one line on stderr, never a traceback."""
    log_to_stderr()
    arguments = sys.argv[1:]

    def command() -> None:
        group = typer.main.get_command(cli)
        with group.make_context("passgate", list(arguments)) as context:
            group.invoke(context)

    sys.exit(run_to_its_end(command, arguments))
