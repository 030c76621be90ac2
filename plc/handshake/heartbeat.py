"""Whether the PLC lives, as its heartbeat tells. No I/O.

The PLC counts word 1 of the line block up in each scan of its program. A number that *changes* is a sign of
life; one that merely stands in the registers is none, for a stopped PLC's registers can still be read. An
image with an older number than one that was read before was held up on its way: it is thrown away, and is no
sign of life either.
"""

from typing import Final

from inspection.line_events import LineEvent, LinkChanged
from inspection.messages.codes import Code
from inspection.messages.telling import say
from plc.register_map.registers import LineBlock
from plc.register_map.sequence import is_behind

HEARTBEAT_TIMEOUT_NS: Final = 500_000_000
"""A PLC heartbeat that stands still for this long halts the line."""

LATE_NS: Final = 5_000_000_000
"""No answer of the PLC is under way for longer than this: an older number is then a count that began anew."""


class PlcHeartbeat:
    """The PLC's heartbeat as it was read, and what follows: whether the PLC lives, and if not, why."""

    def __init__(self) -> None:
        self._beat: int | None = None
        """The newest number; None before the first read."""
        self._moved_ns = 0
        """When that number was first read."""
        self._late = 0
        """Images in a row that were held up, since that number was read."""
        self._alive_ns: int | None = None
        """When the PLC last gave a sign of life; None while nothing is to be watched."""
        self._live = False
        self._down_reason = ""

    @property
    def live(self) -> bool:
        """The heartbeat has been seen to change on this connection, and has not stood still since."""
        return self._live

    @property
    def down_reason(self) -> str:
        """Why the PLC is not ``live``, as far as that is known; empty where it is."""
        return "" if self._live else self._down_reason

    def came_late(self, line: LineBlock, *, now_ns: int) -> bool:
        """Whether a newer image than ``line``, of the same run of the PLC, was read before.

        Such an image was held up on its way: it says what was, and the caller takes nothing from it.
        """
        late = (
            self._beat is not None
            and is_behind(newest=self._beat, beat=line.heartbeat)
            and now_ns - self._moved_ns < LATE_NS
        )
        self._late += late
        return late

    def take(self, beat: int, *, resync: bool, now_ns: int) -> tuple[LineEvent, ...]:
        """Take in the number as just read; tells where the PLC has come to life with it.

        Args:
            beat: The heartbeat of the line block.
            resync: It is the first read of a connection, which proves nothing: the number may stand still.
            now_ns: The time.
        """
        changed = beat != self._beat
        if changed:
            self._beat, self._moved_ns, self._late = beat, now_ns, 0
        if resync or not changed:
            return ()
        self._alive_ns = now_ns
        if self._live:
            return ()
        self._live, self._down_reason = True, ""
        return (LinkChanged(up=True, reason="the PLC's heartbeat beats"),)

    def lost(self, reason: str) -> tuple[LineEvent, ...]:
        """The PLC cannot be read, for ``reason``; tells it where that is news."""
        was_live, self._live = self._live, False
        if not was_live and reason == self._down_reason:
            return ()
        self._down_reason = reason
        return (LinkChanged(up=False, reason=reason),)

    def stood_still(self, now_ns: int) -> str:
        """How the heartbeat failed, in words, where it has just failed for too long; else empty.

        Said once: the next beat starts the watch again. The PLC stays ``live`` until ``lost`` is called.
        """
        if self._alive_ns is None or now_ns - self._alive_ns < HEARTBEAT_TIMEOUT_NS:
            return ""
        self._alive_ns = None
        stood_ms = HEARTBEAT_TIMEOUT_NS // 1_000_000
        return say(Code.HEARTBEAT_TO_AND_FRO if self._late else Code.HEARTBEAT_STOOD, stood_ms=stood_ms)
