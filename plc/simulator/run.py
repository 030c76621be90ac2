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
from typing import Final, Self, TextIO

from pydantic import Field, model_validator

from inspection.decision import Frozen
from inspection.errors import LineError
from plc.simulator.bench import BenchSettings, TestBench
from plc.simulator.faults.line_faults import FaultPlan, LineFault, LineFaultKind
from plc.simulator.machine.physics import SCAN_S, LinePhysics
from plc.simulator.program.interlocks import layout_for
from plc.simulator.program.part_result import PartResult
from plc.simulator.report import Report
from plc.simulator.server import PlcServer

SCAN_NS: Final = int(SCAN_S * 1e9)
"""The PLC's scan cycle."""

FASTEST: Final = 25
"""Most lengths of a part that the belt may run in a second: faster, and the barriers cannot measure it."""


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
    diverter_mm: float | None = Field(default=None, gt=0.0)
    """From the photo-eye to the diverter; None: as far as the deadline and the diverter's swing need."""
    physics: LinePhysics | None = None
    """Belt, parts and diverter; None: as suits the parts' distance."""
    follow_motion: bool = False
    """Set FollowMotion: belt and diverter take Passgate's set points while it streams some."""
    bypass: bool = False
    """The bypass key is turned: nothing waits for Passgate, and every part goes aside."""
    faults: tuple[LineFault, ...] = ()
    """What goes wrong, and when."""
    fault_rate_per_min: float = Field(default=0.0, ge=0.0, le=600.0)
    """Faults a minute that chance adds, by the seed."""
    fault_kinds: tuple[LineFaultKind, ...] = Field(default=tuple(LineFaultKind), min_length=1)
    """What chance may choose from."""
    operator_delay_s: float = Field(default=0.5, ge=0.0)
    """How long an operator needs to take a stop's part from the belt."""
    ack_wait_s: float = Field(default=10.0, ge=0.0)
    """How long to wait at the end for Passgate to acknowledge the last outcomes."""
    stop_wait_s: float = Field(default=2.0, ge=0.0)
    """How long, once told to end, to wait for a moment in which no outcome is unacknowledged."""
    log: Path | None = None
    """Appends one JSON line for each part that has left the belt; survives the program's death."""

    @property
    def spacing_mm(self) -> float:
        """Mean distance of two parts."""
        return self.belt_speed_mm_s * 60.0 / self.rate_per_min

    def bench(self) -> BenchSettings:
        """The test bench that this describes."""
        physics = self.physics or LinePhysics.for_spacing(self.spacing_mm)
        if physics.belt_max_speed_mm_s < self.belt_speed_mm_s:
            physics = physics.model_copy(update={"belt_max_speed_mm_s": float(self.belt_speed_mm_s)})
        return BenchSettings(
            physics=physics,
            layout=layout_for(
                physics,
                speed_mm_s=self.belt_speed_mm_s,
                diverter_mm=self.diverter_mm,
                deadline_s=self.deadline_ms / 1000.0,
            ),
            belt_speed_mm_s=self.belt_speed_mm_s,
            spacing_mm=self.spacing_mm,
            parts=self.parts or sys.maxsize,
            seed=self.seed,
            first_part_id=self.first_part_id,
            recipe_request=self.recipe_request,
            deadline_ms=self.deadline_ms,
            allow_simulated=self.allow_simulated,
            auto_reset=self.auto_reset,
            operator_delay_s=self.operator_delay_s,
            follow_motion=self.follow_motion,
            bypass=self.bypass,
        )

    def plan(self) -> FaultPlan:
        """What goes wrong, and when."""
        return FaultPlan(
            self.faults, rate_per_min=self.fault_rate_per_min, seed=self.seed, kinds=self.fault_kinds
        )

    @model_validator(mode="after")
    def _can_be_built(self) -> Self:
        bench = self.bench()
        length_mm = bench.physics.part_length_mm
        if self.belt_speed_mm_s > FASTEST * length_mm:
            raise ValueError(
                f"at {self.belt_speed_mm_s} mm/s the barriers cannot measure parts of {length_mm:.0f} mm; "
                f"at most {FASTEST * length_mm:.0f} mm/s"
            )
        if self.spacing_mm < 1.5 * length_mm:
            raise ValueError(
                f"parts of {length_mm:.0f} mm do not fit on the belt every {self.spacing_mm:.0f} mm"
            )
        if bench.layout.gate_eye_mm <= 0.0:
            raise ValueError("diverter_mm leaves no way to measure a part before it is there")
        return self


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
    settings: SimulatorSettings,
    on_progress: Callable[[Progress], None] | None = None,
    *,
    on_scan: Callable[[TestBench], None] | None = None,
) -> Report:
    """Run until all parts are through and acknowledged, or SIGINT, SIGTERM or SIGBREAK ends it early.

    Told to end, it goes on to the first moment in which Passgate has acknowledged every outcome, so that log
    and record tell the same parts; not longer than ``stop_wait_s``.

    Args:
        settings: What to run.
        on_progress: Called once when the port is open, then whenever something in it has changed.
        on_scan: Given the test bench after each scan, to watch it or to inject faults; it must be quick.

    Returns:
        What the PLC saw; ``complete`` says whether it got to its end.

    Raises:
        LineError: The port is taken, or the log cannot be written.
    """
    server = PlcServer(host=settings.host, port=settings.port)
    with _open_log(settings.log) as log, _ended_by_signal() as stop:
        await server.start()
        try:
            return await _Run(settings, server, log, on_progress, on_scan).until(stop)
        finally:
            await server.stop()


class _Run:
    def __init__(
        self,
        settings: SimulatorSettings,
        server: PlcServer,
        log: TextIO | None,
        on_progress: Callable[[Progress], None] | None,
        on_scan: Callable[[TestBench], None] | None,
    ) -> None:
        self._settings = settings
        self._server = server
        self._log = log
        self._on_progress = on_progress
        self._on_scan = on_scan
        self._told: Progress | None = None
        self._results: list[PartResult] = []
        self.bench = TestBench(
            settings.bench(), boot_ids=_new_boot_id, faults=settings.plan(), on_part=self._record
        )
        self._boot_id = self.bench.boot_id

    async def until(self, stop: asyncio.Event) -> Report:
        """Scan until the end, or until ``stop`` is set."""
        started_at, started_ns = datetime.now(UTC), time.monotonic_ns()
        due_ns, through_ns, told_ns, ended_by = started_ns, None, None, ""
        while not ended_by:
            now_ns = time.monotonic_ns()
            await self._scan(now_ns)
            if stop.is_set():
                told_ns = told_ns or now_ns
                if not self.bench.unacknowledged or now_ns - told_ns > self._settings.stop_wait_s * 1e9:
                    ended_by = "it was told to end"
            elif self.bench.through:
                through_ns = through_ns or now_ns
                if not self.bench.unacknowledged:
                    ended_by = "all parts are through"
                elif now_ns - through_ns > self._settings.ack_wait_s * 1e9:
                    ended_by = f"Passgate did not acknowledge the outcomes of {self.bench.unacknowledged}"
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
            complete=self.bench.through and not self.bench.unacknowledged,
            ended_by=ended_by,
            triggers=self.bench.triggers,
            unacknowledged=self.bench.unacknowledged,
            held_s=self.bench.held_s,
            fault_resets=self.bench.fault_resets,
            vision_still_ms=self._server.vision_still_ns / 1e6,
            bench=self.bench.counted,
        )

    async def _scan(self, now_ns: int) -> None:
        server, bench = self._server, self.bench
        line = bench.scan(server.vision, received_ns=server.received_ns, now_ns=now_ns, at=datetime.now(UTC))
        if line is None:
            await server.stop()  # a PLC that is off answers nobody
            server.clear()
        else:
            server.delay_s = bench.answer_delay_s
            server.show(line)
            if not server.listening:
                await server.start()
        if self._on_scan is not None:
            self._on_scan(bench)
        progress = Progress(
            port=server.port,
            triggers=bench.triggers,
            finished=len(self._results),
            waiting=not bench.ready,
        )
        if self._on_progress is not None and progress != self._told:
            self._told = progress
            self._on_progress(progress)

    def _record(self, result: PartResult) -> None:
        result = result.model_copy(update={"vision_still_ms": self._server.take_still_ns() / 1e6})
        self._results.append(result)
        if self._log is not None:
            self._log.write(result.model_dump_json() + "\n")
            self._log.flush()


def _new_boot_id() -> int:
    # From the system's entropy even with a seed: two runs must never count under one boot id.
    return 1 + secrets.randbelow(0xFFFF)


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
