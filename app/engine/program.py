"""The engine as a program: from a station's file until it is stopped."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from app.inference.building import for_station
from app.inference.process import Build
from app.inference.worker import preload
from app.settings.station import Settings, load


def run_station(config: Path, build_for: Callable[[Settings], Build] = for_station) -> None:
    """Run the engine of one station until SIGINT or SIGTERM.

    Args:
        config: The station's TOML file.
        build_for: What is built in the inference process, by the station's settings.

    Raises:
        PassgateError: What the file says cannot be run.
    """
    settings = load(config)
    preload()  # beside us, while we import our own
    import cv2  # after the settings: their errors need not wait for it

    from app.engine.engine import Engine

    cv2.setNumThreads(1)  # others of its own would take the processor on which the model looks at the part
    asyncio.run(Engine(settings, build_for(settings)).run())
