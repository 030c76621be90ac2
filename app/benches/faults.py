"""``passgate bench faults``: the promises, under faults of the wire between engine and PLC.

This is about the link, not about the model: station, link and SQLite record are the product's and run in
this process; the PLC is the simulated one, a process of its own, that a scripted operator resets half a
second after a halt; between them a proxy does harm by seed. Camera and inspector are ``known_parts``', so
what must be decided on each part is known and every release can be checked.

The line is fast so that thousands of parts take minutes: a part about every 100 ms, a cycle of 10 ms.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from pydantic import Field

from app.testline.known_parts import known_action, known_parts_station
from app.testline.outages import Effect, Outages
from app.testline.plc_process import PlcProcess
from app.testline.reconciliation import Account, WireWitness, account, read_plc_log, read_record
from inspection.decision import Frozen
from inspection.errors import LineError
from inspection.station.recording.recorder import Recorder
from inspection.station.station import Station
from inspection.status import Mode, Percentiles
from inspection.times.clock import SystemClock
from plc.link import ModbusLine
from plc.settings import LinkSettings
from plc.simulator import Report, SimulatorSettings
from plc.simulator.faults.fault_proxy import FaultProxy
from plc.simulator.faults.wire_faults import Direction, FaultSchedule, WireFaultKind
from plc.simulator.program.handshake import Rejected

RATE_PER_MIN: Final = 600.0
CYCLE_MS: Final = 10
RECONNECT_MS: Final = 100
DEADLINE_MS: Final = 500
MEAN_GAP: Final = 100
"""One telegram in so many meets a fault, in each direction: about two faults a second."""
OPERATOR_S: Final = 0.1
"""Taking a stopped part from the belt; this bench isn't about that."""
POLL_S: Final = 0.005
STALL_TIMEOUT_S: Final = 60.0
"""A line that finishes no part for so long will not finish."""
READY: Final = {Mode.IDLE, Mode.EXECUTE}


class FaultBench(Frozen):
    """A run under faults."""

    promises_kept: bool
    """Nothing unreconciled, no release without a matching pass, all parts through: so the line went on after
    each outage but perhaps the last."""
    ended_by: str
    seed: int
    duration_s: float
    triggers: int
    """Triggers that the PLC raised."""
    strays: int
    """What came to the diverter without a trigger, and went aside: none, where the belt stops in time."""
    parts: int
    accounted: int
    unreconciled: int
    released: int
    released_without_matching_pass: int
    contradictions: tuple[str, ...]
    by_outcome: dict[str, int]
    by_rejection: dict[Rejected, int]
    """Default rejects by the PLC's reason."""
    missed: dict[str, int]
    """Triggers that were not inspected, by cause."""
    faults: dict[WireFaultKind, dict[str, int]]
    """Faults injected by kind, and what came of them: see ``app.testline.outages.Effect``."""
    telegrams: dict[Direction, int]
    recoveries: dict[Effect, int]
    """Outages by how they ended."""
    outages_without_a_fault: int
    recovery_ms: dict[Effect, dict[str, float]]
    """From Ready lost to Ready again."""
    fault_resets: int
    """How often the scripted operator pressed FaultReset."""
    held_s: float
    """How long the belt stood because the station was not ready."""
    latency_ms: Percentiles | None
    """Trigger to accepted result, in the PLC's process."""
    link: dict[str, int] = Field(default_factory=dict)
    """The link's own counters."""


def bench_faults(
    parts: int, *, seed: int, mean_gap: int, on_progress: Callable[[int], None] = lambda _: None
) -> FaultBench:
    """Run ``parts`` parts under faults and hold every record against every other.

    Args:
        parts: How many parts come.
        seed: Of the faults and of the parts' spacing.
        mean_gap: One telegram in so many meets a fault, in each direction.
        on_progress: Told how many parts have left the belt.

    Raises:
        LineError: No part was finished for a minute, or the PLC's process died.
    """
    with tempfile.TemporaryDirectory(prefix="passgate-faults-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        settings = SimulatorSettings(
            port=0,
            parts=parts,
            rate_per_min=RATE_PER_MIN,
            seed=seed,
            deadline_ms=DEADLINE_MS,
            allow_simulated=True,
            operator_delay_s=OPERATOR_S,
            log=folder / "plc.jsonl",
        )
        schedule = FaultSchedule(seed=seed, mean_gap=mean_gap)
        with PlcProcess(settings) as plc:
            run = _Run(plc, folder / "record", schedule)
            asyncio.run(run.until_done(on_progress))
        assert plc.report is not None  # until_done raises otherwise
        found = account(
            read_plc_log(folder / "plc.jsonl"),
            read_record(folder / "record"),
            witness=run.witness,
            known_action=known_action,
            deadline_ms=DEADLINE_MS,
        )
        return run.result(found, plc.report, seed=seed)


class RunningStation(AbstractAsyncContextManager["RunningStation"]):
    """A station in the event loop, from open record to closed one."""

    def __init__(self, station: Station, recorder: Recorder) -> None:
        self.station = station
        self._recorder = recorder
        self._task: asyncio.Task[None]

    async def __aenter__(self) -> Self:
        await self._recorder.open()
        await self.station.prepare()
        self._task = asyncio.create_task(self.station.run(), name="station")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    def check(self) -> None:
        """Raise what the station raised: it must not end by itself."""
        if self._task.done():
            self._task.result()


class _Run:
    def __init__(self, plc: PlcProcess, record: Path, schedule: FaultSchedule) -> None:
        self._plc = plc
        self._record = record
        self._outages: Outages[WireFaultKind] = Outages()
        self._started_ns = time.monotonic_ns()
        self._link: dict[str, int] = {}
        self.witness = WireWitness()
        self._proxy = FaultProxy(
            target=("127.0.0.1", plc.port),
            schedule=schedule,
            on_fault=lambda kind, _: self._outages.fault(kind, now_ns=time.monotonic_ns()),
            on_telegram=self._look,
        )

    async def until_done(self, on_progress: Callable[[int], None]) -> None:
        clock = SystemClock()
        async with self._proxy:
            line = ModbusLine(
                LinkSettings(port=self._proxy.port, cycle_ms=CYCLE_MS, reconnect_ms=RECONNECT_MS), clock
            )
            station, recorder = known_parts_station(line=line, clock=clock, folder=self._record)
            async with RunningStation(station, recorder) as running:
                await self._watch(running, line, on_progress)
            self._link = line.counters().model_dump()

    async def _watch(
        self, running: RunningStation, line: ModbusLine, on_progress: Callable[[int], None]
    ) -> None:
        finished, moved_ns = 0, time.monotonic_ns()
        while self._plc.report is None:
            await asyncio.sleep(POLL_S)
            running.check()
            now_ns = time.monotonic_ns()
            mode = running.station.mode
            self._outages.observe(now_ns=now_ns, ready=mode in READY, halted=line.state().halted)
            alive = self._plc.alive
            self._plc.listen()
            progress = self._plc.progress
            if progress is not None and progress.finished != finished:
                finished, moved_ns = progress.finished, now_ns
                on_progress(finished)
            if self._plc.report is None and (not alive or now_ns - moved_ns > STALL_TIMEOUT_S * 1e9):
                died = "the simulated PLC died" if not alive else "no part was finished for a minute"
                raise LineError(
                    f"{died}, after {finished} parts; the station is {mode}: "
                    f"{running.station.standing.reason}",
                    part="the parts on the belt stay there",
                    todo="run it again with the same seed; if it happens again it is a bug of the link",
                )

    def _look(self, direction: Direction, telegram: bytes) -> None:
        if direction is Direction.TO_PLC:
            self.witness.look(telegram)

    def result(self, found: Account, report: Report, *, seed: int) -> FaultBench:
        effects = self._outages.effects()
        kept = (
            report.complete
            and found.parts == report.triggers
            and found.unreconciled == found.released_without_matching_pass == 0
        )
        recovery = {effect: self._outages.recovery_ms(effect) for effect in Effect}
        return FaultBench(
            promises_kept=kept,
            ended_by=report.ended_by,
            seed=seed,
            duration_s=round((time.monotonic_ns() - self._started_ns) / 1e9, 1),
            triggers=report.triggers,
            strays=report.bench.strays,
            **found.model_dump(exclude={"missed", "by_outcome"}),
            by_outcome={outcome.value: count for outcome, count in found.by_outcome.items()},
            missed={cause.value: count for cause, count in found.missed.items()},
            by_rejection=report.by_rejection,
            faults={
                kind: {"injected": self._proxy.injected[kind], **dict(effects.get(kind, {}))}
                for kind in WireFaultKind
            },
            telegrams=self._proxy.telegrams,
            recoveries={
                effect: count
                for effect in (Effect.BY_ITSELF, Effect.BY_FAULT_RESET, Effect.NOT_BACK)
                if (count := self._outages.count(effect))
            },
            outages_without_a_fault=self._outages.unexplained,
            recovery_ms={
                effect: {name: round(value, 1) for name, value in found_ms.model_dump().items()}
                for effect, found_ms in recovery.items()
                if found_ms is not None
            },
            fault_resets=report.fault_resets,
            held_s=round(report.held_s, 1),
            latency_ms=report.latency_ms,
            link=self._link,
        )
