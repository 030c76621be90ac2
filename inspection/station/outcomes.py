"""What can wait for the disk, in the order in which it came: outcomes, missed parts, restarts of the PLC.

The *clerk* does it, behind a queue with a bound, so that whoever reads the line never waits for the record.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from inspection.alarms.catalogue import AlarmCode
from inspection.line_events import (
    LineEvent,
    LinkChanged,
    OutcomeReported,
    PartMissed,
    PlcRestarted,
    RunTakenOver,
)
from inspection.messages.codes import Code
from inspection.messages.message import Sentence
from inspection.messages.telling import say
from inspection.part import MissedCause, Outcome, Trigger
from inspection.ports import Line
from inspection.station.one_part import PartLife
from inspection.station.open_parts import OpenParts
from inspection.station.orders.latches import ENGINE, FAULT, Orders
from inspection.station.passage import PartKey
from inspection.station.recording.recorder import Recorder

log = structlog.get_logger(__name__)

CLERK_QUEUE: Final = 1024
"""Events that wait for the disk; beyond that the reader waits, and the line's own bounded queue halts it."""


class Clerk:
    """Closes the parts of one station, and records those that were missed. Lives in the event loop.

    Args:
        line: Is told which outcomes are durable.
        life: Takes the parts' last steps.
        open_parts: Those that wait for their outcome.
        orders: Where the station's own fault is latched.
        recorder: Says when all is durable.
        alarm: Told whatever asks for a person.
        changed: Called when something has changed.
    """

    def __init__(
        self,
        *,
        line: Line,
        life: PartLife,
        open_parts: OpenParts,
        orders: Orders,
        recorder: Recorder,
        alarm: Callable[[AlarmCode, str], None],
        changed: Callable[[], None],
    ) -> None:
        self._line = line
        self._life = life
        self._open = open_parts
        self._orders = orders
        self._recorder = recorder
        self._alarm = alarm
        self._changed = changed
        self._queue: asyncio.Queue[LineEvent | None] = asyncio.Queue(CLERK_QUEUE)
        """None: nothing happened, but there are too many open parts."""

    async def put(self, event: LineEvent) -> None:
        """Give the clerk an event; waits where ``CLERK_QUEUE`` of them wait already."""
        await self._queue.put(event)

    def wake(self) -> None:
        """Have surplus parts closed; where events wait for the clerk, it looks for them after each anyhow."""
        if self._open.crowded and self._queue.empty():
            self._queue.put_nowait(None)

    async def run(self) -> None:
        """Work until cancelled."""
        taken_over: RunTakenOver | None = None
        while True:
            await self._close_surplus()
            event = await self._queue.get()
            match event:
                case PartMissed(trigger, cause):
                    await self._record_missed(trigger, cause)
                    if cause is MissedCause.BEFORE_RECORD and taken_over is not None:
                        await self._close_told_elsewhere(taken_over)
                case RunTakenOver():
                    taken_over = event
                    await self._close_told_elsewhere(taken_over)
                case OutcomeReported(seq, plc_boot_id, outcome):
                    await self._close(PartKey(plc_boot_id, seq), outcome)
                    await self._recorder.caught_up()
                    self._line.outcome_recorded(seq, plc_boot_id)
                case PlcRestarted(old_boot_id, _):
                    self._alarm(AlarmCode.PLC_RESTARTED, say(Code.PLC_RESTARTED))
                    keys = [part.key for part in self._open]
                    await self._forget([key for key in keys if key.plc_boot_id == old_boot_id])
                case LinkChanged():
                    # Parts of an earlier run that were on record when we started. The line may be ahead of
                    # this queue: what is not settled has its own event in it, so waiting would never end.
                    now = self._line.state().plc_boot_id
                    settled = [part.key for part in self._open if part.settled.is_set()]
                    await self._forget([key for key in settled if key.plc_boot_id != now])
            self._changed()

    async def _record_missed(self, trigger: Trigger, cause: MissedCause) -> None:
        if cause is not MissedCause.BEFORE_RECORD:  # of which there is an alarm
            self._alarm(
                AlarmCode.PARTS_MISSED,
                say(Code.PARTS_BYPASSED if cause is MissedCause.BYPASS else Code.PARTS_NOT_INSPECTED),
            )
        passage = self._open.get(PartKey(trigger.plc_boot_id, trigger.seq))
        assert passage is not None  # whoever read the event has opened it, and nobody else closes parts
        await self._life.record_missed(passage, cause)

    async def _close(self, key: PartKey, outcome: Outcome) -> None:
        passage = self._open.get(key)
        if passage is None:
            # Shown again after a restart between our record and the PLC seeing our acknowledgement.
            log.info("outcome of a part that is not open", seq=key.seq, outcome=outcome)
            return
        await passage.settled.wait()
        if self._open.get(key) is not passage:
            log.info("outcome of a part that the record refused", seq=key.seq, outcome=outcome)
            return
        await self._life.close(passage, outcome)
        if passage.inspection is not None and passage.inspection.mismatched_release:
            self._orders.latch(
                FAULT,
                by=ENGINE,
                detail=say(Code.RELEASED_WITHOUT_PASS, part=passage.trigger.part_id),
            )
            self._line.set_fault(AlarmCode.RELEASED_WITHOUT_PASS)
            self._alarm(AlarmCode.RELEASED_WITHOUT_PASS, self._orders.why(FAULT))

    async def _forget(self, keys: list[PartKey]) -> None:
        """Close parts whose outcome the PLC will not tell any more."""
        for key in keys:
            self._alarm(AlarmCode.OUTCOME_UNKNOWN, say(Code.OUTCOMES_UNKNOWN))
            await self._close(key, Outcome.UNCONFIRMED)

    async def _close_told_elsewhere(self, taken: RunTakenOver) -> None:
        """Close parts whose outcome the PLC has told another engine, or this record before it lost rows.

        There is one alarm of all of them: that of the record that begins here.
        """
        for passage in self._open:
            key = passage.key
            of_that_run = key.plc_boot_id == taken.plc_boot_id and taken.has_outcome_of(key.seq)
            if of_that_run and passage.settled.is_set():
                await self._close(key, Outcome.UNCONFIRMED)

    async def _close_surplus(self) -> None:
        """Close the oldest parts while too many are open.

        One whose record is not settled waits: its own event is still in the queue, or its judging under way,
        and either comes back here.
        """
        while self._open.crowded:
            oldest = self._open.oldest
            if oldest is None or not oldest.settled.is_set():
                return
            await self._forget([oldest.key])
            self._changed()


def record_begins(taken: RunTakenOver) -> Sentence:
    """That this record begins in the midst of a run of the PLC, and why."""
    return say(
        Code.RECORD_LOST_ROWS if taken.rows_lost else Code.RECORD_BEGINS,
        engine=taken.other_boot_id,
        run=taken.plc_boot_id,
        trigger=taken.seq,
    )
