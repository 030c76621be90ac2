"""Runs the simulated PLC as a program: server, scan cycle, log and report."""

import asyncio
import contextlib
import secrets
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Final, TextIO

from pydantic import Field

from inspection.decision import Frozen
from inspection.errors import LineError
from plc.simulator.conveyor import Conveyor
from plc.simulator.handshake import PlcHandshake
from plc.simulator.program import PlcProgram
from plc.simulator.report import PartResult, Report
from plc.simulator.server import PlcServer

SCAN_NS: Final = 10_000_000
"""The PLC's scan cycle."""


class SimulatorSettings(Frozen):
    """One run of the simulated PLC."""

    host: str = "127.0.0.1"
    port: int = Field(default=5020, ge=0, le=0xFFFF)
    """0 takes a free one and tells it with the first progress."""
    parts: int = Field(default=100, ge=0)
    """How many parts come; 0 for no end."""
    rate_per_min: float = Field(default=30.0, gt=0.0, le=600.0)
    """Parts a minute at the photo-eye, as long as Passgate is ready."""
    seed: int = 0
    """Of the parts' spacing."""
    first_part_id: int = Field(default=1, ge=0, le=0xFFFFFFFF)
    recipe_request: int = Field(default=0, ge=0, le=0xFFFF)
    """The recipe that the PLC asks for; 0 for none."""
    deadline_ms: int = Field(default=500, ge=50, le=0xFFFF)
    """From the trigger to the result."""
    allow_simulated: bool = False
    """Accept decisions on simulated pictures. Only for trying things: no real part may be behind it."""
    auto_reset: bool = True
    """Pulse FaultReset when Passgate is halted, as an operator would."""
    belt_speed_mm_s: int = Field(default=250, ge=1, le=5000)
    diverter_mm: float = Field(default=250.0, gt=0.0)
    """From the photo-eye to the diverter."""
    operator_delay_s: float = Field(default=0.5, ge=0.0)
    """How long an operator needs to take a stop's part from the belt."""
    ack_wait_s: float = Field(default=10.0, ge=0.0)
    """How long to wait at the end for Passgate to acknowledge the last outcomes."""
    log: Path | None = None
    """Appends one JSON line for each part that has left the belt; survives the program's death."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the run is."""

    port: int
    triggers: int
    finished: int
    """Parts that have left the belt."""
    waiting: bool
    """Passgate is not ready: the belt stands, or will when the next part comes."""


async def run_simulator(
    settings: SimulatorSettings, on_progress: Callable[[Progress], None] | None = None
) -> Report:
    """Run until all parts are through and acknowledged, or SIGINT, SIGTERM or SIGBREAK ends it early.

    Args:
        settings: What to run.
        on_progress: Called once when the port is open, then whenever something in it has changed.

    Returns:
        What the PLC saw; ``complete`` says whether it got to its end.

    Raises:
        LineError: The port is taken, or the log cannot be written.
    """
    server = PlcServer(host=settings.host, port=settings.port)
    with _open_log(settings.log) as log, _ended_by_signal() as stop:
        await server.start()
        try:
            return await _Run(settings, server, log, on_progress).until(stop)
        finally:
            await server.stop()


class _Run:
    def __init__(
        self,
        settings: SimulatorSettings,
        server: PlcServer,
        log: TextIO | None,
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        self._settings = settings
        self._server = server
        self._log = log
        self._on_progress = on_progress
        self._told: Progress | None = None
        self._results: list[PartResult] = []
        # From the system's entropy even with a seed: two runs must never count under one boot id.
        self._boot_id = 1 + secrets.randbelow(0xFFFF)
        self._handshake = PlcHandshake(
            boot_id=self._boot_id,
            deadline_ms=settings.deadline_ms,
            allow_simulated=settings.allow_simulated,
        )
        self._program = PlcProgram(
            handshake=self._handshake,
            conveyor=Conveyor(
                speed_mm_s=settings.belt_speed_mm_s,
                spacing_mm=settings.belt_speed_mm_s * 60 / settings.rate_per_min,
                diverter_mm=settings.diverter_mm,
                parts=settings.parts or sys.maxsize,
                seed=settings.seed,
            ),
            belt_speed_mm_s=settings.belt_speed_mm_s,
            first_part_id=settings.first_part_id,
            recipe_request=settings.recipe_request,
            operator_delay_s=settings.operator_delay_s,
            auto_reset=settings.auto_reset,
            boot_id=self._boot_id,
            on_part=self._record,
        )

    async def until(self, stop: asyncio.Event) -> Report:
        """Scan until the end, or until ``stop`` is set."""
        started_at, started_ns = datetime.now(UTC), time.monotonic_ns()
        due_ns, through_ns, ended_by = started_ns, None, ""
        while not ended_by:
            now_ns = time.monotonic_ns()
            self._scan(now_ns)
            if stop.is_set():
                ended_by = "it was told to end"
            elif self._all_through():
                through_ns = through_ns or now_ns
                if not self._program.unacknowledged:
                    ended_by = "all parts are through"
                elif now_ns - through_ns > self._settings.ack_wait_s * 1e9:
                    ended_by = f"Passgate did not acknowledge the outcomes of {self._program.unacknowledged}"
            due_ns += SCAN_NS
            behind_ns = time.monotonic_ns() - due_ns
            if behind_ns > SCAN_NS:  # a late scan is skipped, not made up for
                due_ns += behind_ns // SCAN_NS * SCAN_NS
            await asyncio.sleep(max(due_ns - time.monotonic_ns(), 0) / 1e9)
        return Report.of(
            self._results,
            boot_id=self._boot_id,
            port=self._server.port,
            started_at=started_at,
            duration_s=(time.monotonic_ns() - started_ns) / 1e9,
            complete=self._all_through() and not self._program.unacknowledged,
            ended_by=ended_by,
            triggers=self._program.triggers,
            unacknowledged=self._program.unacknowledged,
            held_s=self._program.held_ns / 1e9,
            fault_resets=self._program.fault_resets,
        )

    def _scan(self, now_ns: int) -> None:
        line = self._program.scan(
            self._server.vision, received_ns=self._server.received_ns, now_ns=now_ns, at=datetime.now(UTC)
        )
        self._server.show(line)
        progress = Progress(
            port=self._server.port,
            triggers=self._program.triggers,
            finished=len(self._results),
            waiting=not (self._handshake.checking or self._handshake.may_trigger(now_ns)),
        )
        if self._on_progress is not None and progress != self._told:
            self._told = progress
            self._on_progress(progress)

    def _all_through(self) -> bool:
        parts = self._settings.parts
        return parts > 0 and self._program.triggers >= parts and not self._program.parts_on_belt

    def _record(self, result: PartResult) -> None:
        self._results.append(result)
        if self._log is not None:
            self._log.write(result.model_dump_json() + "\n")
            self._log.flush()


@contextlib.contextmanager
def _open_log(path: Path | None) -> Iterator[TextIO | None]:
    if path is None:
        yield None
        return
    try:
        log = path.open("a", encoding="utf-8", newline="\n")
    except OSError as error:
        raise LineError(
            f"the simulated PLC cannot write its log {path}: {error.strerror}",
            todo="choose another file with --log",
        ) from error
    with log:
        yield log


@contextlib.contextmanager
def _ended_by_signal() -> Iterator[asyncio.Event]:
    """An event that SIGINT, SIGTERM and, on Windows, SIGBREAK set.

    With ``signal.signal``, since the loop's own ``add_signal_handler`` does not exist on Windows; there the
    scan cycle makes sure that Python gets to run the handler. Other threads than the main one get no signals.
    """
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop.set)

    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, name)]
    before = {}
    with contextlib.suppress(ValueError):  # not in the main thread
        before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
