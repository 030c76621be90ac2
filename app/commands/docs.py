"""``passgate docs``: what in ``docs/`` is made by a command."""

import os
from pathlib import Path
from typing import Annotated

import typer

from app.command_line.output import JsonFlag, print_json
from app.command_line.writable import refuse_unwritable
from app.progress import screen

cli = typer.Typer(help="Make the documentation's pictures.", no_args_is_help=True)

SIZES = {"": (1280, 800), "-large": (1920, 1080)}
PARTS = 24


@cli.callback()
def _noun() -> None:
    """Keep ``screenshots`` a verb although it is the only one yet."""


@cli.command()
def screenshots(
    folder: Annotated[Path, typer.Option(help="Where the PNG files go.")] = Path("docs/screens"),
    seed: Annotated[int, typer.Option(min=0, help="Of the simulated parts.")] = 1,
    as_json: JsonFlag = False,
) -> None:
    """Run the demo line and photograph the Run screen of what really happened, in both languages."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from app.console.main import screenshot
    from app.demo.screenshots import run_line

    refuse_unwritable(folder / "run.png")
    folder.mkdir(parents=True, exist_ok=True)
    status, picture = run_line(parts=PARTS, seed=seed)
    files = []
    for language in ("en", "zh"):
        for suffix, size in SIZES.items():
            path = folder / f"run-{language}{suffix}.png"
            screenshot(path, size=size, language=language, status=status, picture=picture)
            screen.print(f"{path} {size[0]} x {size[1]}")
            files.append(str(path))
    if as_json:
        print_json({"files": files})
