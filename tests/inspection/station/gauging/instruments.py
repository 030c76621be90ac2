"""Instruments and recipes for the tests of the gauges' thread, and a reader that does as a test says."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from inspection.instruments.code import CodeDescription
from inspection.instruments.description import Description
from inspection.instruments.dial import DialDescription
from inspection.instruments.display import DisplayDescription
from inspection.instruments.place import Mark
from inspection.instruments.reading import InstrumentKind, Reading
from inspection.levels import Picture
from inspection.recipe import GaugeSpec, Recipe, View
from tests.fakes import PATIENCE_S

DIAL = DialDescription(
    center=(20.0, 20.0),
    marks=(
        Mark(x=10.0, y=20.0, value=0.0),
        Mark(x=20.0, y=10.0, value=5.0),
        Mark(x=30.0, y=20.0, value=10.0),
    ),
    direction="cw",
    unit="bar",
)


def dial(name: str, *, view: str = "top", **other: Any) -> GaugeSpec:
    """A dial with limits of 3 to 5 bar."""
    return GaugeSpec(
        name=name, view=view, region=(0, 0, 40, 40), unit="bar", low=3.0, high=5.0, reads=DIAL, **other
    )


def display(name: str, *, frames: int, view: str = "top") -> GaugeSpec:
    """A display that is read off several pictures."""
    reads = DisplayDescription(digits=3, decimals=1, frames=frames, unit="V")
    return GaugeSpec(name=name, view=view, region=(0, 0, 40, 30), unit="V", reads=reads)


def code(name: str, *, field: Any = "serial", pattern: str = "", **other: Any) -> GaugeSpec:
    """A code that names the part."""
    return GaugeSpec(
        name=name, region=(0, 0, 40, 40), reads=CodeDescription(field=field, pattern=pattern), **other
    )


def recipe(*gauges: GaugeSpec, gauge_views: tuple[View, ...] = (), **other: Any) -> Recipe:
    """A recipe with these gauges."""
    return Recipe(id=1, name="cover", deadline_ms=450, gauges=gauges, gauge_views=gauge_views, **other)


def shows(value: float, *, u: float = 0.01) -> Reading:
    """A dial that was read."""
    return Reading(kind=InstrumentKind.DIAL, value=value, uncertainty=u, unit="bar", box=(1, 2, 30, 30))


def says(text: str) -> Reading:
    """A code that was read."""
    return Reading(kind=InstrumentKind.CODE, text=text)


class FakeReader:
    """Reads what the test says, in order, unless the test blocks it or lets it fail.

    Args:
        answers: What it reads, one gauge after the other; what is callable is called first.
    """

    def __init__(self, *answers: Reading | Callable[[], Reading]) -> None:
        self.answers = list(answers)
        self.calls: list[tuple[list[Picture], Description]] = []
        self.threads: set[str] = set()
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, pictures: Sequence[Picture], what: Description) -> Reading:
        self.calls.append((list(pictures), what))
        self.threads.add(threading.current_thread().name)
        answer = self.answers.pop(0)
        self.gate.wait(PATIENCE_S)
        return answer() if callable(answer) else answer
