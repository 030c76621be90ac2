"""How the link does, measured in the running program. Bounded."""

from collections import deque
from typing import Final

from inspection.decision import Frozen
from inspection.status import Percentiles
from plc.diagnostics.timeline import Overhead
from plc.modbus.wire_failures import WireCounters

CYCLES: Final = 3000
"""Cycles whose times are kept: a minute at 20 ms."""


class LinkCounters(WireCounters, frozen=True):
    """What happened since the start: on the wire, and in the cycle."""

    cycles: int = 0
    """Exchanges that brought the line block."""
    late_cycles: int = 0
    """Cycles that started more than one cycle late: this computer was busy, or the PLC slow."""
    reconnects: int = 0
    """Connections made after the first."""

    @classmethod
    def of(cls, wire: WireCounters, *, cycles: int, late_cycles: int) -> "LinkCounters":
        """The wire's counters and the cycle's."""
        reconnects = max(wire.connections - 1, 0)
        return cls(**wire.model_dump(), cycles=cycles, late_cycles=late_cycles, reconnects=reconnects)


class CycleReport(Frozen):
    """The cycle as it really was, over the last ``CYCLES`` cycles, in ms."""

    target_ms: int
    """What the settings ask for."""
    interval_ms: Percentiles | None
    """From the start of one exchange to the start of the next on one connection: its spread is the jitter."""
    exchange_ms: Percentiles | None
    """How long an exchange took, answered or not."""


class MotionReport(Frozen):
    """The set points' own telegrams, between the exchanges."""

    following: bool = False
    """The PLC follows, and set points are streamed."""
    telegrams: int = 0
    late: int = 0
    """Those whose answer did not come before the next exchange: after each, 200 ms without."""


class LinkDiagnostics(Frozen):
    """Everything about the link's health, for maintenance and benches."""

    connected: bool
    peer: str
    """Host and port."""
    secure: bool
    """TLS with certificates on both sides."""
    functions: str
    """Which functions carry one exchange."""
    notice: str = ""
    """What is not as it should be though the link works, and which setting helps."""
    cycle: CycleReport
    counters: LinkCounters
    overhead_ms: Overhead
    motion: MotionReport = MotionReport()


class CycleTimes:
    """Takes the times of cycles. Lives in the event loop."""

    def __init__(self) -> None:
        self._intervals_ms: deque[float] = deque(maxlen=CYCLES)
        self._exchanges_ms: deque[float] = deque(maxlen=CYCLES)
        self._last_start_ns: int | None = None

    def started(self, now_ns: int) -> None:
        """An exchange starts."""
        if self._last_start_ns is not None:
            self._intervals_ms.append((now_ns - self._last_start_ns) / 1e6)
        self._last_start_ns = now_ns

    def ended(self, now_ns: int) -> None:
        """The exchange that started last has ended."""
        if self._last_start_ns is not None:
            self._exchanges_ms.append((now_ns - self._last_start_ns) / 1e6)

    def interrupted(self) -> None:
        """No connection: the time until the next exchange is no interval of the cycle."""
        self._last_start_ns = None

    def report(self, target_ms: int) -> CycleReport:
        """Percentiles of what is kept."""
        return CycleReport(
            target_ms=target_ms,
            interval_ms=Percentiles.of(self._intervals_ms),
            exchange_ms=Percentiles.of(self._exchanges_ms),
        )
