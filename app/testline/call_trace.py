"""An engine that tells which file called which: a part's way through the house can be drawn from a real run.

``python -m app.testline.call_trace --config FILE --trace FILE`` runs the engine as ``passgate run`` does; at
its end what was seen is written in JSON Lines: first the two clocks' common moment, then one ``Call`` each.
Python tells of every call, which makes the engine slower: nothing is timed with it.
"""

import dis
import json
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Annotated, Any, Final, NamedTuple, Self

import typer

MOST_CALLS: Final = 400_000
"""So many are kept, the newest: some minutes of a line."""
WAY: Final = (
    "plc",
    "inspection.station",
    "inspection.cameras",
    "app.inference",
    "reports.store",
    "reports.database",
    "reports.pictures",
)
"""What does something with a part on its way; words, figures and clocks are looked through."""
_ROOT: Final = Path(__file__).parents[2]


class Call(NamedTuple):
    """One call from a file of ours into another one."""

    at_s: float
    """Since the run's common moment."""
    caller: str
    """The module that called; empty where the event loop or a thread's begin did."""
    callee: str
    function: str
    thread: str
    ends: bool
    """It is the return of the call that went before."""


@cache
def _begin(code: CodeType) -> int:
    """Where in ``code`` its first instruction to resume is: a call there is no coroutine that goes on."""
    return next(
        (one.offset for one in dis.get_instructions(code) if one.opname == "RESUME" and one.arg == 0), 0
    )


@cache
def _yields(code: CodeType) -> frozenset[int]:
    """Where in ``code`` it only pauses."""
    return frozenset(
        one.offset for one in dis.get_instructions(code) if one.opname in {"YIELD_VALUE", "SEND"}
    )


class Tracer:
    """Watches all threads that begin between its begin and its end, and the one that it begins in.

    Args:
        root: The folder that the modules' names count from.
        way: The modules and packages that are watched; others are looked through.
    """

    def __init__(self, root: Path = _ROOT, way: Sequence[str] = WAY) -> None:
        self._root = root
        self._way = tuple(way)
        self._names: dict[str, str] = {}
        self.calls: deque[Call] = deque(maxlen=MOST_CALLS)
        self._began = time.perf_counter()
        self._began_utc_s = time.time()

    def __enter__(self) -> Self:
        threading.setprofile(self._saw)
        sys.setprofile(self._saw)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
        threading.setprofile(None)

    def write(self, path: Path) -> None:
        """Write what was seen to ``path``."""
        with path.open("w", encoding="utf-8") as file:
            file.write(json.dumps({"began_utc_s": self._began_utc_s}) + "\n")
            for call in tuple(self.calls):
                file.write(json.dumps(call) + "\n")

    def _saw(self, frame: FrameType, event: str, _argument: Any) -> None:
        if event not in {"call", "return"}:
            return
        code = frame.f_code
        callee = self._module(code.co_filename)
        if not callee or code.co_name.startswith("<"):
            return
        if frame.f_lasti != _begin(code) if event == "call" else frame.f_lasti in _yields(code):
            return
        caller = self._below(frame)
        if caller != callee:
            self.calls.append(
                Call(
                    round(time.perf_counter() - self._began, 6),
                    caller,
                    callee,
                    code.co_name,
                    threading.current_thread().name,
                    event == "return",
                )
            )

    def _below(self, frame: FrameType) -> str:
        """The watched module whose call ``frame`` is part of; empty where the loop or a thread began it."""
        below = frame.f_back
        while below is not None:
            if name := self._module(below.f_code.co_filename):
                return name
            below = below.f_back
        return ""

    def _module(self, file: str) -> str:
        """The dotted name of a file that is watched; empty for any other."""
        name = self._names.get(file)
        if name is None:
            path = Path(file)
            name = (
                ".".join(path.relative_to(self._root).with_suffix("").parts)
                if path.is_relative_to(self._root)
                else ""
            )
            watched = any(name == room or name.startswith(f"{room}.") for room in self._way)
            name = self._names[file] = name if watched else ""
        return name


@dataclass(frozen=True, slots=True)
class Trace:
    """What was seen of a run."""

    began_utc_s: float
    calls: tuple[Call, ...]

    @classmethod
    def read(cls, path: Path) -> Self:
        """What ``Tracer.write`` wrote."""
        with path.open(encoding="utf-8") as lines:
            began = json.loads(next(lines))["began_utc_s"]
            return cls(float(began), tuple(Call(*json.loads(line)) for line in lines))

    def between(self, begin_utc_s: float, end_utc_s: float) -> tuple[Call, ...]:
        """The calls between two moments."""
        begin, end = begin_utc_s - self.began_utc_s, end_utc_s - self.began_utc_s
        return tuple(call for call in self.calls if begin <= call.at_s <= end)


def main(
    config: Annotated[Path, typer.Option("--config", help="The station's TOML file.")],
    trace: Annotated[Path, typer.Option("--trace", help="Where the calls are written at the end.")],
) -> None:
    """Run an engine and watch it."""
    from app.engine.program import run_station

    tracer = Tracer()
    try:
        with tracer:
            run_station(config)
    finally:
        tracer.write(trace)
    sys.stdout.flush()
    os._exit(0)  # threads may hang, as the engine says; the trace is written


if __name__ == "__main__":
    typer.run(main)
