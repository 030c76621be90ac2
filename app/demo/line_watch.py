"""Watching the simulated line in the terminal: the newest state, drawn a few times a second."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from plc.simulator import TestBench
from plc.simulator.drawing import LinePicture

FRAMES_PER_S: Final = 8


class Watch:
    """Takes the newest state in the simulator's thread; what draws it runs in its own."""

    def __init__(self, title: Callable[[], str]) -> None:
        self._title = title
        self._due_s = 0.0
        self._picture: LinePicture | None = None

    def look(self, bench: TestBench) -> None:
        """After each scan: take the state, if it is time for a new picture."""
        now_s = time.monotonic()
        if now_s >= self._due_s:
            self._due_s = now_s + 1.0 / FRAMES_PER_S
            self._picture = LinePicture(bench.state(), title=self._title())

    def picture(self) -> LinePicture | Text:
        """The newest picture."""
        return self._picture or Text("The line starts.")


def can_draw(console: Console) -> bool:
    """There is a terminal, and it can place its cursor."""
    return console.is_terminal and not console.is_dumb_terminal


@contextmanager
def watching(console: Console, title: Callable[[], str]) -> Iterator[Watch]:
    """Draw on the terminal's other screen, so that what was there before comes back at the end.

    Args:
        console: Where; see ``can_draw``.
        title: The picture's first words, asked for with each picture.
    """
    watch = Watch(title)
    with Live(
        get_renderable=watch.picture,
        console=console,
        screen=True,
        refresh_per_second=FRAMES_PER_S,
        redirect_stdout=False,
        redirect_stderr=False,
    ):
        yield watch
