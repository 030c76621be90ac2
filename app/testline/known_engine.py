"""The engine as ``passgate run`` starts it, but for its model: the parts' truth follows from their number.

``python -m app.testline.known_engine --config FILE``: for what is about record and handshake and not about
the model. Nothing learned is loaded, so it takes parts soon after its start.
"""

from pathlib import Path
from typing import Annotated

import typer

from app.engine.program import run_station
from app.inference import worker
from app.inference.process import Build, Built
from app.settings.station import Settings
from app.testline.known_parts import RECIPE, KnownInspector

_WITH_TORCH = "app.recipes.inspectors"


def _known(_: int | None) -> Built:
    """In the inference process."""
    return Built(RECIPE, KnownInspector())


def known_parts_of(_: Settings) -> Build:
    """Builds an inspector that knows its parts."""
    return _known


def main(config: Annotated[Path, typer.Option("--config", help="The station's TOML file.")]) -> None:
    """Run an engine without a model."""
    worker.PRELOAD.remove(_WITH_TORCH)
    run_station(config, build_for=known_parts_of)


if __name__ == "__main__":
    from app.testline.known_engine import main as importable_main  # what is pickled must not be of __main__

    typer.run(importable_main)
