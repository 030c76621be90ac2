"""The pictures of one part on their way into the archive: kept by its deadline, or the part goes to a person.

Pictures that the archive has not kept by then cost the part its pass, and no other part anything: they join
the part's record when they are kept.
"""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

import structlog

from inspection.alarms.catalogue import AlarmCode
from inspection.errors import StoreError, in_words
from inspection.messages.codes import Code
from inspection.messages.telling import say
from inspection.part import Frame
from inspection.ports import Clock
from inspection.station.recording.picture_keeper import PictureKeeper
from inspection.station.waiting import done_by

log = structlog.get_logger(__name__)


class Kept(NamedTuple):
    """What came of one part's pictures."""

    pictures: tuple[str, ...]
    """SHA-256 of each that is in the archive."""
    fault: str
    """Why one is not; empty where each is."""


class PartPictures:
    """Has the parts' pictures kept, and knows whether that works. Lives in the event loop.

    Args:
        keeper: Keeps one picture.
        clock: Time.
        alarm: Told where a picture is not kept.
        well: Told where pictures are kept again.
    """

    def __init__(
        self,
        keeper: PictureKeeper,
        clock: Clock,
        *,
        alarm: Callable[[AlarmCode, str], None],
        well: Callable[[AlarmCode], None],
    ) -> None:
        self.fault = ""
        """Why a picture of the last part that had any is not kept; empty where each is."""
        self._keeper = keeper
        self._clock = clock
        self._alarm = alarm
        self._well = well
        self._parts = 0
        """Parts of which there were pictures: the archive may be at work on those of several."""

    def begin(self, frames: tuple[Frame, ...]) -> "asyncio.Task[Kept]":
        """Begin to keep the pictures of the next part; see ``kept_by`` for what comes of it."""
        self._parts += 1
        return asyncio.create_task(self._keep(frames, self._parts))

    async def kept_by(
        self, deadline_ns: int, keeping: "asyncio.Task[Kept]"
    ) -> tuple[Kept, "asyncio.Future[Kept] | None"]:
        """What came of the pictures by the deadline.

        No later part waits for what comes afterwards, but in turn, for the disk. Where that has been silent
        for long, no part waits at all: a decision at the deadline may be too late for the PLC.

        Args:
            deadline_ns: The part's, on the monotonic clock.
            keeping: What ``begin`` gave for it.

        Returns:
            What is kept so far, and what is still to come; None where nothing is.
        """
        silent_s = self._keeper.silent_s
        if keeping.done() or (not silent_s and await done_by(deadline_ns, keeping, self._clock)):
            return keeping.result(), None
        self.fault = (
            say(Code.PICTURES_DISK_SILENT, silent_s=silent_s) if silent_s else say(Code.PICTURES_DISK_LATE)
        )
        self._alarm(AlarmCode.PICTURE_NOT_KEPT, say(Code.CHECK_DISK, cause=self.fault))
        return Kept((), self.fault), keeping

    async def _keep(self, frames: tuple[Frame, ...], number: int) -> Kept:
        """Have the pictures of the ``number``-th part kept; the newest part's say whether that works."""
        kept, fault = [], ""
        for frame in frames:
            try:
                kept.append(await self._keeper.keep(frame))
            except Exception as error:  # whatever fails there: the part goes to a person
                fault = in_words(error)
                log.warning(
                    "a picture is not kept",
                    camera=frame.camera,
                    error=fault,
                    exc_info=None if isinstance(error, StoreError) else error,
                )
                self._alarm(AlarmCode.PICTURE_NOT_KEPT, fault)
        if number == self._parts:
            self.fault = fault
            if not fault:
                self._well(AlarmCode.PICTURE_NOT_KEPT)
        return Kept(tuple(kept), fault)
