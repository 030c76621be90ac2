"""The engine as a program: from a station's file until it is stopped."""

import asyncio
from pathlib import Path

from app.inference.worker import preload
from app.settings.station import load


def run_station(config: Path) -> None:
    """Run the engine of one station until SIGINT or SIGTERM.

    Raises:
        PassgateError: What the file says cannot be run.
    """
    settings = load(config)
    preload()  # beside us, while we import our own
    from app.engine.engine import Engine  # after the settings: their errors need not wait for it

    asyncio.run(Engine(settings).run())
