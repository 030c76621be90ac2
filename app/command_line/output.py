"""What every command says and how: results on stdout, everything else on stderr."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Final

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

from app.settings.station import InspectorKind

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


def _no_station(kind: InspectorKind) -> InspectorKind:
    """A foreign model's folder stands in a station's file, which such a command does not read."""
    if kind is InspectorKind.FOREIGN:
        raise typer.BadParameter("a foreign model judges only as a station's [model] (passgate run)")
    return kind


InspectorOption = Annotated[
    InspectorKind,
    typer.Option(
        "--inspector",
        metavar="vla|reflex",
        callback=_no_station,
        help="Who judges: vla, with the language model; reflex, vision and memory alone.",
    ),
]

screen = Console(stderr=True)
"""For people: progress, tables that are not the result, hints."""


class Answer:
    """What is owed to whoever asked with ``--json``: one object, whichever way the command ends."""

    def __init__(self) -> None:
        self.expect(wanted=False)

    def expect(self, *, wanted: bool) -> None:
        """A command begins; ``wanted``: with ``--json``."""
        self.wanted = wanted
        self.given = False


answer: Final = Answer()
"""Of the command that runs in this process."""


def print_json(value: BaseModel | dict[str, Any]) -> None:
    """Print one JSON object on stdout, in one line."""
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    sys.stdout.write(json.dumps(plain, ensure_ascii=False) + "\n")
    sys.stdout.flush()
    answer.given = True


@contextmanager
def progress(title: str, total: int | None, *, unit_bytes: bool = False) -> Iterator["Bar"]:
    """A progress bar on stderr; only its last state where stderr is no terminal."""
    with Progress(
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        DownloadColumn() if unit_bytes else MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"),
        console=screen,
        transient=False,
    ) as bars:
        yield Bar(bars, bars.add_task(title, total=total, note=""))


class Bar:
    """One bar."""

    def __init__(self, bars: Progress, task: Any) -> None:
        self._bars = bars
        self._task = task

    def show(self, done: int, total: int | None = None, note: str = "") -> None:
        """Show how far it is."""
        self._bars.update(self._task, completed=done, total=total, note=note)
