"""An engine whose inference process answers garbage once for each SIGUSR1 that it gets.

``python -m app.testline.garbling --config FILE`` runs the engine as ``passgate run`` does. Not on Windows.
"""

import signal
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Annotated, Final

import typer

from app.engine.program import run_station
from app.inference import process
from app.inference.building import for_station
from app.inference.messages import Answer, packed
from app.inference.process import Build, Built
from app.settings.station import Settings

GARBAGE: Final = b'{"kind": "judged", "decision": "pass"'
"""It begins as an answer does, and says what must never be believed."""


@dataclass(frozen=True)
class _Garbling:
    """Builds what ``build`` builds, in a process that answers garbage when told to."""

    build: Build

    def __call__(self, version: int | None) -> Built:
        ordered: list[int] = []

        def order(number: int, _: FrameType | None) -> None:
            ordered.append(number)

        def said(answer: Answer) -> bytes:
            if not ordered:
                return packed(answer)
            ordered.clear()
            return GARBAGE

        signal.signal(signal.SIGUSR1, order)
        process.packed = said
        return self.build(version)


def garbling_for_station(settings: Settings) -> Build:
    """What ``for_station`` builds, and garbage now and then."""
    return _Garbling(for_station(settings))


def main(config: Annotated[Path, typer.Option("--config", help="The station's TOML file.")]) -> None:
    """Run an engine that must not believe all that it is told."""
    run_station(config, build_for=garbling_for_station)


if __name__ == "__main__":
    from app.testline.garbling import main as importable_main  # what is pickled must not be of __main__

    typer.run(importable_main)
