"""What people see of long work, on stderr: a bar, and words beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

screen = Console(stderr=True)
"""For people: progress, tables that are not the result, hints."""


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
