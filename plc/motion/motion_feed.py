"""Brings the motion stream to the PLC: into each cycle's image, and by a short telegram of its own between.

The cycle of 20 ms carries every second pair of set points. The one between goes out as a write of three
words. It takes nothing from the cycle: it is sent only where its answer may come before the next exchange is
due, is not waited for longer, is never repeated and never kept for later.
"""

from collections.abc import Sequence
from typing import Final

from inspection.line_events import LineEvent
from inspection.ports import Clock
from plc.diagnostics.diagnostics import MotionReport
from plc.handshake.set_points import SetPoints
from plc.modbus.wire import Wire
from plc.modbus.wire_failures import WireError
from plc.motion.motion_stream import STEP_NS, MotionStream
from plc.register_map.registers import LineBlock

ROOM_NS: Final = 4_000_000
"""Time that a telegram must have for its answer before the next exchange."""

PAUSE_NS: Final = 200_000_000
"""After an answer that was late: the PLC, or this computer, has enough to do with the exchange."""


class MotionFeed:
    """One line's set points on their way. Lives in the event loop."""

    def __init__(self, stream: MotionStream, *, set_points: SetPoints, wire: Wire, clock: Clock) -> None:
        self.stream = stream
        self._sent = self._late = 0
        self._set_points = set_points
        self._wire = wire
        self._clock = clock
        self._renewed_ns = 0
        self._paused_until_ns = 0
        self._refused_by: int | None = None
        """Which connection's PLC takes no short writes; its set points go with the exchange alone."""

    def report(self) -> MotionReport:
        """What became of the telegrams between the cycles so far."""
        following = self.stream.physics is not None
        return MotionReport(following=following, telegrams=self._sent, late=self._late)

    def observed(self, line: LineBlock, events: Sequence[LineEvent], *, now_ns: int) -> None:
        """After each read, with what the handshake made of it."""
        self.stream.follow(self._set_points.followed, line, now_ns=now_ns)
        for event in events:
            self.stream.hear(event, line)

    def renew(self) -> bool:
        """Put the pair that holds now into the next image; False where nothing is streamed."""
        self._renewed_ns = self._clock.monotonic_ns()
        if not self._set_points.followed:
            self.stream.let_go()  # halted, or lost, since the last read
        pair = self.stream.at(self._renewed_ns)
        return pair is not None and self._set_points.show(
            belt_speed_mm_s=pair.belt_speed_mm_s,
            diverter_deg=pair.diverter_deg,
            now_ns=self._renewed_ns,
            stopping=self.stream.stopping,
        )

    async def stream_until(self, due_ns: int) -> None:
        """Stream between two exchanges, of which the next is due at ``due_ns``. Raises WireError."""
        while self._may_send(due_ns):
            await self._clock.sleep(max(self._renewed_ns + STEP_NS - self._clock.monotonic_ns(), 0) / 1e9)
            if self._clock.monotonic_ns() + ROOM_NS > due_ns or not self.renew():
                return
            await self._send(due_ns)

    def _may_send(self, due_ns: int) -> bool:
        return (
            self._wire.has_read
            and self._wire.writes_between
            and self.stream.moving
            and self._renewed_ns + STEP_NS + ROOM_NS <= due_ns
            and self._clock.monotonic_ns() >= self._paused_until_ns
            and self._refused_by != self._wire.counters.connections
        )

    async def _send(self, due_ns: int) -> None:
        self._sent += 1
        try:
            answered = await self._wire.write_motion(
                self._set_points.words, patience_s=(due_ns - self._clock.monotonic_ns()) / 1e9
            )
        except WireError as failure:
            if failure.exception is None:
                raise
            self._refused_by = self._wire.counters.connections
            return
        if not answered:
            self._late += 1
            self._paused_until_ns = self._clock.monotonic_ns() + PAUSE_NS
