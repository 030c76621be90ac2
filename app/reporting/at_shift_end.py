"""Has the report of each shift written when it is over. In the engine's event loop, and little of it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

import structlog

from app.reporting.due import FILE_NAME, Due
from app.reporting.maker import ReportRefusedError, made
from app.reporting.messages import Done, Wanted
from app.settings.station import Settings
from inspection.alarms.catalogue import AlarmCode
from inspection.messages.codes import Code
from inspection.messages.message import Sentence
from inspection.messages.telling import say
from inspection.ports import Clock
from inspection.station.recording.lone_thread import LoneThread
from inspection.times.shifts import Shift

LOOK_EVERY_S: Final = 20.0
LIMIT_S: Final = 600.0
"""How long a report may take."""
FIRST_BACKOFF_S: Final = 60.0
MOST_BACKOFF_S: Final = 1800.0

P = ParamSpec("P")
T = TypeVar("T")

Make = Callable[[Wanted], Awaitable[Done]]

log = structlog.get_logger(__name__)


async def make_files(wanted: Wanted) -> Done:
    """Have a report made and written by a process of its own. Raises ReportRefusedError."""
    done, _ = await made(wanted, limit_s=LIMIT_S)
    return done


class ShiftEnds:
    """Has reports written, one at a time; what fails is an alarm, and tried again with growing pauses.

    Args:
        settings: The station's.
        clock: Time.
        alarm: Told what fails.
        well: Told that all that is due is written.
        make: Has one report made and written.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        *,
        alarm: Callable[[AlarmCode, str], None],
        well: Callable[[AlarmCode], None],
        make: Make = make_files,
    ) -> None:
        self._settings = settings
        self._calendar = settings.station.calendar
        self._clock = clock
        self._alarm = alarm
        self._well = well
        self._make = make
        self._path = settings.store.folder / FILE_NAME
        self._due: Due | None = None
        self._backoff_s = FIRST_BACKOFF_S
        self._thread = LoneThread("shift-reports")  # the record's disk may hang, and the engine must end

    async def run(self) -> None:
        """Until cancelled. Does nothing where no folder for reports is named."""
        folder = self._settings.report.folder
        if folder is None:
            return
        while True:
            pause_s = LOOK_EVERY_S
            try:
                if not await self._write(folder):
                    pause_s = self._backoff_s
                    self._backoff_s = min(2.0 * self._backoff_s, MOST_BACKOFF_S)
                else:
                    self._backoff_s = FIRST_BACKOFF_S
            except Exception:  # a fault of what serves people must not end the line
                log.exception("shift reports failed")
                pause_s = MOST_BACKOFF_S
            await self._clock.sleep(pause_s)

    async def _write(self, folder: Path) -> bool:
        """Write what is due; whether all of it is written."""
        table, now = self._settings.report, self._clock.now()
        before = self._due
        if before is None:
            before = await self._in_thread(Due.read, self._path, self._calendar, now)
        due = before.seen(self._calendar, now, grace=timedelta(minutes=table.grace_min))
        if due.given_up:
            log.warning("reports of older shifts are not made up for: passgate report shift makes them")
        if self._due is None or due != before:
            await self._keep(due)
        failed = False
        for shift in due.open:
            try:
                done = await self._make(self._wanted(shift, folder))
            except ReportRefusedError as error:
                failed = True
                self._tell(shift, error.sentence)
                continue
            log.info("shift report written", shift=shift.name, date=str(shift.date), final=done.final)
            await self._keep((self._due or due).without(shift))
        if not failed:
            self._well(AlarmCode.REPORT_NOT_WRITTEN)
        return not failed

    async def _keep(self, due: Due) -> None:
        """Make it durable; where the disk refuses, a restart writes the same reports again."""
        self._due = due
        try:
            await self._in_thread(due.keep, self._path)
        except OSError as error:
            log.warning("which reports are written cannot be kept", error=str(error))

    async def _in_thread(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(work, *args, **kwargs))

    def _wanted(self, shift: Shift, folder: Path) -> Wanted:
        settings = self._settings
        return Wanted(
            store=settings.store,
            shift=shift,
            station=settings.station.name,
            zone=settings.station.zone,
            kinds=settings.report.formats,
            languages=settings.report.languages,
            rule_set=settings.report.rules,
            subgroup=settings.report.subgroup,
            folder=folder,
            keep_free_bytes=settings.report.keep_free_bytes,
        )

    def _tell(self, shift: Shift, why: Sentence) -> None:
        said = say(Code.REPORT_NOT_WRITTEN, shift=shift.name, date=shift.date.isoformat(), cause=why)
        self._alarm(AlarmCode.REPORT_NOT_WRITTEN, said)
