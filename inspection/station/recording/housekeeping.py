"""The disks between parts: the store does its own work while nobody waits for it, and silence is told."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from inspection.alarms.catalogue import AlarmCode
from inspection.errors import StoreError
from inspection.messages.codes import Code
from inspection.messages.telling import say
from inspection.ports import Clock, StoreHealth
from inspection.station.recording.recorder import Recorder

HOUSEKEEPING_S: Final = 1.0
"""How often, in s, the store may do its own work, and the station sees whether its disks answer."""


class Housekeeping:
    """Has record and archive kept in order. Lives in the event loop.

    Args:
        recorder: Has the work done.
        clock: Time.
        idle: Whether no part is being judged.
        alarm: Told what fails.
        well: Told what works again.
        changed: Called when something has changed, and once a second.
    """

    def __init__(
        self,
        recorder: Recorder,
        clock: Clock,
        *,
        idle: Callable[[], bool],
        alarm: Callable[[AlarmCode, str], None],
        well: Callable[[AlarmCode], None],
        changed: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._idle = idle
        self._alarm = alarm
        self._well = well
        self._changed = changed
        self._chores: dict[AlarmCode, Callable[[], Awaitable[None]]] = {
            AlarmCode.RECORD_NOT_KEPT_UP: recorder.maintain,
            AlarmCode.PICTURES_NOT_RETIRED: recorder.pictures.retire,
        }

    async def run(self) -> None:
        """Each second see whether the disks answer; between parts, let the store do its own work.

        One such work at a time on record and on pictures, and never waited for: it may hang on its disk. Ends
        when it is cancelled.
        """
        under_way: dict[AlarmCode, asyncio.Task[None]] = {}
        try:
            while True:
                await self._clock.sleep(HOUSEKEEPING_S)
                self._changed()
                for code in [code for code, work in under_way.items() if work.done()]:
                    under_way.pop(code).result()
                for code in self._chores.keys() - under_way.keys():
                    if self._idle():
                        under_way[code] = asyncio.create_task(self._do(code), name=code.name)
        finally:
            for work in under_way.values():
                work.cancel()

    async def _do(self, code: AlarmCode) -> None:
        """One chore; what fails is an alarm until it works again."""
        try:
            await self._chores[code]()
        except StoreError as error:
            self._alarm(code, error.sentence)
        else:
            self._well(code)
        self._changed()


class DiskWatch:
    """Says once, when it begins, that a disk does not answer or refuses, and when that is over.

    Args:
        alarm: Told that it begins.
        well: Told that it is over.
    """

    def __init__(self, *, alarm: Callable[[AlarmCode, str], None], well: Callable[[AlarmCode], None]) -> None:
        self._alarm = alarm
        self._well = well
        self._degraded = False
        self._record_silent = self._pictures_silent = False

    def see(self, health: StoreHealth, *, behind: bool) -> None:
        """How the store is doing now.

        Args:
            health: Its own word, and whether the disks answer.
            behind: Something that happened is not on record.
        """
        silent_s = health.silent_s
        if silent_s and not self._record_silent:
            self._alarm(
                AlarmCode.NOT_RECORDED,
                say(Code.RECORD_NOT_ANSWERING, silent_s=silent_s),
            )
        self._record_silent = silent_s > 0.0
        self._see_pictures(health.pictures_silent_s)
        if not behind:
            self._well(AlarmCode.NOT_RECORDED)
        if health.degraded and not self._degraded:
            self._alarm(AlarmCode.STORE_DEGRADED, say(Code.RECORDS_SPOOLED, cause=health.detail))
        elif not health.degraded:
            self._well(AlarmCode.STORE_DEGRADED)
        self._degraded = health.degraded

    def _see_pictures(self, silent_s: float) -> None:
        """Where the disk of the pictures does not answer, whether a part waits for it or not."""
        if silent_s and not self._pictures_silent:
            self._alarm(
                AlarmCode.PICTURES_SILENT,
                say(Code.PICTURES_SILENT, silent_s=silent_s),
            )
        elif not silent_s:
            self._well(AlarmCode.PICTURES_SILENT)
        self._pictures_silent = silent_s > 0.0
