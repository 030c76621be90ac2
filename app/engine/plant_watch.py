"""What the plant database does not take of this station's record is an alarm here, too.

``passgate sync`` is a process of its own and leaves word of it beside the record; the engine only looks.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from inspection.alarms.catalogue import AlarmCode
from inspection.messages.codes import Code
from inspection.messages.telling import say
from inspection.ports import Clock
from reports.outgoing.progress import Progress

LOOK_EVERY_S: Final = 20.0


class PlantWatch:
    """Looks whether the plant refuses a row.

    Args:
        folder: The record's.
        clock: Time.
        alarm: Told that it does.
        well: Told that it does no longer.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *,
        alarm: Callable[[AlarmCode, str], None],
        well: Callable[[AlarmCode], None],
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._alarm = alarm
        self._well = well
        self._told: tuple[str, int, str, str] | None = None
        """The row that was told."""

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.look()
            await self._clock.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Once. What was left beside the record may be absent or unreadable: then nothing is known."""
        known = await asyncio.to_thread(Progress.read, self._folder)
        refused = None if known is None else known.refused
        row = None if refused is None else refused.row
        if refused is not None and row != self._told:
            self._alarm(AlarmCode.PLANT_REFUSES, say(Code.PLANT_REFUSES, row=refused.position))
        elif row is None and self._told is not None:
            self._well(AlarmCode.PLANT_REFUSES)
        self._told = row
