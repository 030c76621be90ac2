"""Whether the vision block can be written, tried as a Passgate writes that is not online."""

import secrets
from functools import partial
from typing import Final

from plc.commissioning import findings
from plc.commissioning.findings import Finding
from plc.commissioning.grid import Grid
from plc.commissioning.inquiry import Inquiry
from plc.diagnostics.diagnostics import CycleReport, CycleTimes
from plc.modbus.wire import Wire
from plc.modbus.wire_failures import WireError
from plc.register_map.registers import VisionBlock
from plc.settings import Telegrams

_FC23_TRIES: Final = 2
"""One telegram may be lost."""


class WritingTrial:
    """Writes the vision block, reads it back, and says what came of it.

    Args:
        inquiry: Whose questions it asks.
        length_ns: How long to exchange on the cycle's grid, in nanoseconds.
    """

    def __init__(self, inquiry: Inquiry, *, length_ns: int) -> None:
        self._inquiry = inquiry
        self._length_ns = length_ns
        self._boot_id, self._beat = 1 + secrets.randbelow(0xFFFF), 0
        self.exchanging: CycleReport | None = None
        """Cycles of whole exchanges; None before the first."""

    async def run(self) -> None:
        """Try it. The line must stand: what the vision block held is lost."""
        try:
            lacking = await self._try_fc23()
            written = await self._exchange_for_a_while()
            back = await self._inquiry.ask(Wire.read_vision)
        except WireError as error:
            self._inquiry.say(findings.wrong("writing", str(error), self._inquiry.hint()))
            return
        if lacking is not None:
            self._inquiry.say(lacking)
        self._inquiry.say(self._judge_writing(intact=back == written))

    def _next_vision(self) -> VisionBlock:
        """As a Passgate writes that is not online, which no PLC follows."""
        self._beat = self._beat + 1 & 0xFFFF
        return VisionBlock(heartbeat=self._beat, boot_id=self._boot_id)

    async def _try_fc23(self) -> Finding | None:
        """Whether the PLC lacks FC23, of which nobody but this probe then knows; go on without it.

        What FC23 reads is read with FC03 first: FC23 may be refused for its read part, and have written.

        Raises:
            WireError: The PLC does not answer FC03 either.
        """
        configured = self._inquiry.settings.telegrams
        if configured is Telegrams.FC16_FC03:
            return None
        self._inquiry.go_on_with(telegrams=Telegrams.FC23)
        failure: WireError | None = None
        for _ in range(_FC23_TRIES):
            await self._inquiry.ask(Wire.read)
            vision = self._next_vision()
            try:
                await self._inquiry.ask(partial(Wire.exchange, vision=vision))
            except WireError as error:
                failure = error
            else:
                return None
        assert failure is not None
        written = await self._inquiry.ask(Wire.read_vision) == vision
        self._inquiry.go_on_with(telegrams=Telegrams.FC16_FC03)
        return findings.lacks_fc23(failure, written=written, wanted=configured is Telegrams.FC23)

    async def _exchange_for_a_while(self) -> VisionBlock:
        """Exchange on the grid. Returns what was written last. Raises WireError."""
        times = CycleTimes()
        grid = Grid(self._inquiry.clock, self._inquiry.settings.cycle_ms, self._length_ns)
        while True:
            vision = self._next_vision()
            times.started(self._inquiry.clock.monotonic_ns())
            await self._inquiry.ask(partial(Wire.exchange, vision=vision))
            times.ended(self._inquiry.clock.monotonic_ns())
            self.exchanging = times.report(self._inquiry.settings.cycle_ms)
            if not grid.goes_on:
                return vision
            await grid.next()

    def _judge_writing(self, *, intact: bool) -> Finding:
        if not intact:
            return findings.wrong(
                "writing",
                "the PLC took the vision block, but what is read back differs",
                "see to it that nothing in the PLC's program writes these registers",
            )
        taken = self.exchanging and self.exchanging.exchange_ms
        cost = f"; an exchange takes p50 {taken.p50:.1f}, p99 {taken.p99:.1f} ms" if taken else ""
        functions = "FC23" if self._inquiry.wire.uses_fc23 else "FC16 and FC03"
        return findings.ok("writing", f"the vision block can be written, with {functions}{cost}")
