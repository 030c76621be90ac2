"""One engine alone works at a PLC: looks for another one, gives way to it, and tells it of this one.

``handshake.authorship`` decides whether this engine may write the vision block, ``handshake.knock`` when a
refused engine tells the one at work of itself; here their telegrams are sent and read, between the exchanges.
"""

from typing import Final

from inspection.line_events import LineEvent
from inspection.ports import Clock
from plc.handshake.authorship import Authorship
from plc.handshake.handshake import VisionHandshake
from plc.handshake.knock import Knocking, Listening
from plc.modbus.wire import REFUSALS, Wire
from plc.modbus.wire_failures import WireError
from plc.register_map.registers import MAP_VERSION, LineBlock, VisionBlock
from plc.settings import LinkSettings

ROOM_NS: Final = 4_000_000
"""Least time before the next write at which the vision block is read back."""


class OtherEngine:
    """What is known of other engines at this PLC, and what follows from it. Lives in the event loop.

    Args:
        settings: How to reach the PLC.
        handshake: This engine's side of the handshake, which another engine halts.
        wire: The connection.
        clock: Time.
    """

    def __init__(
        self, settings: LinkSettings, *, handshake: VisionHandshake, wire: Wire, clock: Clock
    ) -> None:
        self._half_cycle_ns = settings.cycle_ms * 500_000
        self._handshake = handshake
        self._wire = wire
        self._clock = clock
        self._authorship = Authorship(boot_id=handshake.boot_id)
        self._knocking = Knocking(boot_id=handshake.boot_id)
        self._listening = Listening(boot_id=handshake.boot_id)
        self._aside = False
        """Another engine writes, and this one is halted because of that."""
        self._new = True
        """Nothing was written yet, or not since another engine did."""
        self._found: VisionBlock | None = None
        """The vision block as last read back."""
        self.own_runs: frozenset[int] = frozenset()
        """Boot ids of earlier runs of this program, with the same record."""

    @property
    def may_write(self) -> bool:
        """Nobody else writes the vision block, as far as can be known."""
        return self._authorship.may_write

    @property
    def notices(self) -> tuple[str, ...]:
        """In words, why another engine would not be noticed, or cannot be told of this one; may be empty."""
        return (self._authorship.notice, self._knocking.notice)

    def connected(self, now_ns: int) -> None:
        """A new connection: the vision block is to be looked at before anything is written."""
        self._authorship.connected(now_ns)

    def admit(self, line: LineBlock) -> tuple[LineEvent, ...] | None:
        """Before anything is made of the line block as just read.

        Returns:
            None while another engine is at work, and nothing may be made of it; else what happened where
            this engine takes the line up.
        """
        if not self.may_write:
            if self._authorship.taken_by:
                self._authorship.hear(line.bits)
            if not self._authorship.taken_by:
                self._knocking.end()
            return None
        events: tuple[LineEvent, ...] = ()
        if self._aside:  # a person has reset, and nobody else writes any more
            self._aside = False
            events += self._handshake.take_over()
        if self._new:
            self._new = False
            events += self._take_up(line)
        return events

    def hear(self, line: LineBlock, now_ns: int) -> tuple[LineEvent, ...]:
        """Whether another engine knocks, by the line block as just read."""
        return self._listening.hear(line, now_ns)

    def tick(self, now_ns: int) -> tuple[LineEvent, ...]:
        """Let time pass: an engine that knocks no longer is gone."""
        return self._listening.tick(now_ns)

    async def look_first(self, now_ns: int) -> tuple[LineEvent, ...]:
        """Before the first write of a connection: whose is the block? Raises WireError."""
        return await self._look() if self._authorship.wants_look(now_ns) else ()

    async def look_back(self, due_ns: int, *, cycle_ms: float) -> tuple[LineEvent, ...]:
        """Now and then, between two writes: is the block still ours? Raises WireError.

        Mostly just before the next one, since whatever another engine wrote after our last is still there. Of
        two engines with the same cycle at least one sees the other so.

        Args:
            due_ns: When the next exchange is due.
            cycle_ms: How long the last one took.
        """
        now_ns = self._clock.monotonic_ns()
        if not self._wire.has_read or not self._authorship.wants_look(now_ns):
            return ()
        room_ns = min(max(2 * int(cycle_ms * 1e6), ROOM_NS), self._half_cycle_ns)
        await self._clock.sleep(self._authorship.moment * max(due_ns - room_ns - now_ns, 0) / 1e9)
        return await self._look()

    async def knock(self, line: LineBlock | None, *, due_ns: int = 0) -> None:
        """Tell the engine that is at work of this one, where that refuses us. Raises WireError.

        Args:
            line: The line block as last read; None before the first read.
            due_ns: When the next exchange is due; 0 for at once.
        """
        if not self._wire.has_read or line is None:
            return
        if self._knocking.wants_look(self._clock.monotonic_ns()):
            self._knocking.look(await self._vision_or_none(), self._clock.monotonic_ns())
        word = self._knocking.word(line, self._clock.monotonic_ns())
        if word is None:
            return
        # Anywhere in the cycle: where PLC and both engines go in step, a part left out might be the one.
        rest_ns = max(due_ns - self._clock.monotonic_ns(), 0)
        await self._clock.sleep(self._knocking.phase * rest_ns / 1e9)
        self._knocking.writing(word)
        try:
            await self._wire.write_refused_boot_id(word)
        except WireError as failure:
            if failure.exception is None or failure.exception in REFUSALS:
                self._knocking.failed(self._clock.monotonic_ns(), refused_by=failure.exception)
            if failure.exception is None:
                raise
        else:
            self._knocking.written(word)

    async def take_leave(self, line: LineBlock | None) -> None:
        """Leave no number of this engine in the PLC: it ends. Raises WireError."""
        self._knocking.end()
        await self.knock(line)

    def _take_up(self, line: LineBlock) -> tuple[LineEvent, ...]:
        """Before the first write: whose block it was, and whether that one had this record."""
        found = self._found
        if found is None or found.map_version != MAP_VERSION:
            return ()
        if found.boot_id in {0, self._handshake.boot_id}:
            return ()
        return self._handshake.take_up(line, found=found, own=found.boot_id in self.own_runs)

    async def _look(self) -> tuple[LineEvent, ...]:
        """Read the vision block back. Raises WireError where the connection is at fault."""
        try:
            self._found = await self._wire.read_vision()
        except WireError as failure:
            refused = failure.exception in REFUSALS
            self._authorship.missed(self._clock.monotonic_ns(), refused=refused)
            if not refused:
                raise
            return ()
        self._authorship.look(self._found, self._clock.monotonic_ns())
        if not self._authorship.taken_by:
            return ()
        self._aside = self._new = True
        self._knocking.begin(self._found, self._clock.monotonic_ns())
        return self._handshake.stand_aside(self._authorship.taken_by)

    async def _vision_or_none(self) -> VisionBlock | None:
        """The vision block; None where the PLC does not give it. Raises WireError where the wire fails."""
        try:
            return await self._wire.read_vision()
        except WireError as failure:
            if failure.exception is None:
                raise
            return None
