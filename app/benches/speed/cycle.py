"""``passgate bench cycle``: how well the link keeps its time while the model works on both cores.

Station, link, record and inspector are the product's, in one process as in the engine; the PLC is the
simulated one in a process of its own, with a part at the photo-eye whenever the station is ready, so that the
inference thread hardly rests. Afterwards the PLC is frozen and killed under the same load, to see how soon
that is noticed.
"""

import asyncio
import gc
import os
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from app.benches.faults import READY, RunningStation
from app.recipes.inspectors import build_inspector
from app.recipes.library import RecipeLibrary
from app.recipes.teaching import teach_simulated
from app.settings.station import InspectorKind, ModelTable
from app.testline.plc_process import PlcProcess
from inspection.cameras.simulated import SimulatedCamera
from inspection.decision import Frozen, ModelRef
from inspection.errors import LineError
from inspection.part import Frame
from inspection.ports import Inspector
from inspection.recipe import Recipe
from inspection.result import InspectionResult, LaterWords
from inspection.station.recording.recorder import Recorder
from inspection.station.station import Station
from inspection.status import Command, Percentiles
from inspection.times.clock import SystemClock
from plc.diagnostics.diagnostics import LinkCounters, MotionReport
from plc.diagnostics.timeline import Overhead
from plc.link import ModbusLine
from plc.settings import LinkSettings
from plc.simulator import SimulatorSettings
from reports.settings import StoreSettings
from reports.store.store import SqlStore

SEED: Final = 1
RATE_PER_MIN: Final = 240.0
"""More than the model can do on two cores: the next part waits at the photo-eye."""
CYCLE_MS: Final = 20
BY: Final = "the cycle bench"
FREEZES: Final = 3
"""How often the PLC is frozen, and how often killed."""
READY_TIMEOUT_S: Final = 30.0
DETECT_TIMEOUT_S: Final = 5.0

CYCLE_P99_MS: Final = 30.0
STILL_MS: Final = 300.0
DETECTION_MS: Final = 600.0
OVERHEAD_P99_MS: Final = 45.0


class CycleBench(Frozen):
    """What was measured; times in ms."""

    goals_met: dict[str, bool]
    seconds: float
    target_ms: int
    interval_ms: Percentiles | None
    """From the start of one exchange to the start of the next, over the last minute."""
    exchange_ms: Percentiles | None
    heartbeat_still_ms: float | None
    """The longest time that our heartbeat stood still, as the PLC's process saw it."""
    overhead_ms: Overhead
    frozen_plc_detected_ms: tuple[float, ...]
    """From the moment the PLC's process stood still to the link's knowing."""
    killed_plc_detected_ms: tuple[float, ...]
    model: str
    parts: int
    """Parts judged meanwhile."""
    model_busy: float
    """Share of the time in which the inference thread worked."""
    load_1min: float | None
    """The machine's load average at the end: what else ran counts, too."""
    cpu_count: int
    link: LinkCounters
    motion: MotionReport
    set_points_hz: float | None
    """New pairs of set points a second, with the cycle and between; None where none are followed."""


class _Timed:
    """An inspector that tells how long it worked."""

    def __init__(self, inspector: Inspector) -> None:
        self._inspector = inspector
        self._alone = threading.Lock()
        """An inspector is for one thread; the load of ``_load`` would be a second."""
        self.busy_ns = 0
        self.parts = 0

    @property
    def model(self) -> ModelRef:
        """The inspector's own."""
        return self._inspector.model

    @property
    def fault(self) -> str:
        """The inspector's own."""
        return self._inspector.fault

    def watch(self, changed: Callable[[], None]) -> None:
        """As the inspector does."""
        self._inspector.watch(changed)

    def prepare(self, recipe: Recipe) -> None:
        """As the inspector does."""
        self._inspector.prepare(recipe)

    def close(self) -> None:
        """As the inspector does."""
        self._inspector.close()

    def inspect(
        self, frames: tuple[Frame, ...], *, recipe: Recipe, part_id: int, trigger_seq: int, deadline_ns: int
    ) -> InspectionResult:
        """As the inspector does, timed, and its words likewise."""
        self.parts += 1
        with self._at_work():
            result = self._inspector.inspect(
                frames, recipe=recipe, part_id=part_id, trigger_seq=trigger_seq, deadline_ns=deadline_ns
            )
        words = result.words
        return result if words is None else replace(result, words=partial(self._say, words))

    def _say(self, words: LaterWords, *, go_on: Callable[[], bool]) -> str:
        with self._at_work():
            return words(go_on=go_on)

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        started_ns = time.monotonic_ns()
        try:
            with self._alone:
                yield
        finally:
            self.busy_ns += time.monotonic_ns() - started_ns


def bench_cycle(
    seconds: float,
    *,
    kind: InspectorKind,
    follow_motion: bool = False,
    on_progress: Callable[[int], None] = lambda _: None,
) -> CycleBench:
    """Measure for ``seconds`` under load, then freeze and kill the PLC.

    Args:
        seconds: How long the cycle is watched; the link remembers the last minute.
        kind: Who judges.
        follow_motion: The PLC follows set points: their telegrams come between the cycle's own.
        on_progress: Told the seconds that have gone.

    Raises:
        LineError: The link did not come up.
        PassgateError: The product cannot be taught, or weights are absent.
    """
    with tempfile.TemporaryDirectory(prefix="passgate-cycle-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        library = RecipeLibrary(folder / "recipes")
        recipe_name = teach_simulated(library, seed=SEED).recipe.name
        recipe, inspector = build_inspector(library, recipe_name, model=ModelTable(inspector=kind))
        return asyncio.run(
            _Measure(folder, recipe, _Timed(inspector), follow_motion).run(seconds, on_progress)
        )


class _Measure:
    def __init__(self, folder: Path, recipe: Recipe, inspector: _Timed, follow_motion: bool) -> None:
        self._follow_motion = follow_motion
        self._folder = folder
        self._recipe = recipe
        self._inspector = inspector

    async def run(self, seconds: float, on_progress: Callable[[int], None]) -> CycleBench:
        with PlcProcess(_plc_settings(follow_motion=self._follow_motion)) as plc:
            port = plc.port
            async with self._station(port) as (line, running):
                await _until_ready(running)
                self._inspector.busy_ns = self._inspector.parts = 0
                started_ns = time.monotonic_ns()
                while (gone_s := (time.monotonic_ns() - started_ns) / 1e9) < seconds:
                    await asyncio.sleep(min(0.5, seconds - gone_s))
                    running.check()
                    plc.listen()
                    on_progress(int(gone_s))
                diagnostics = line.diagnostics()
                busy, parts = self._inspector.busy_ns / (gone_s * 1e9), self._inspector.parts
                report = await asyncio.to_thread(plc.finish)
                frozen, killed = await self._detections(line, running, port)
        if report is None:
            raise LineError("the simulated PLC died", todo="run it again")
        interval, together = diagnostics.cycle.interval_ms, diagnostics.overhead_ms.together
        return CycleBench(
            goals_met={
                f"cycle p99 ≤ {CYCLE_P99_MS:.0f} ms": interval is not None and interval.p99 <= CYCLE_P99_MS,
                f"heartbeat never still for {STILL_MS:.0f} ms": report.vision_still_ms < STILL_MS,
                f"dead PLC known within {DETECTION_MS:.0f} ms": max(*frozen, *killed) <= DETECTION_MS,
                f"overhead p99 ≤ {OVERHEAD_P99_MS:.0f} ms": together is not None
                and together.p99 <= OVERHEAD_P99_MS,
            },
            seconds=round(gone_s, 1),
            target_ms=CYCLE_MS,
            interval_ms=interval,
            exchange_ms=diagnostics.cycle.exchange_ms,
            heartbeat_still_ms=report.vision_still_ms,
            overhead_ms=diagnostics.overhead_ms,
            frozen_plc_detected_ms=tuple(frozen),
            killed_plc_detected_ms=tuple(killed),
            model=f"{self._inspector.model.name} {self._inspector.model.version}",
            parts=parts,
            model_busy=round(busy, 3),
            load_1min=os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
            cpu_count=os.cpu_count() or 0,
            link=diagnostics.counters,
            motion=diagnostics.motion,
            set_points_hz=round((diagnostics.motion.telegrams + diagnostics.counters.cycles) / gone_s, 1)
            if diagnostics.motion.following
            else None,
        )

    @asynccontextmanager
    async def _station(self, port: int) -> AsyncIterator[tuple[ModbusLine, RunningStation]]:
        """As the engine composes it."""
        clock = SystemClock()
        line = ModbusLine(LinkSettings(port=port, cycle_ms=CYCLE_MS), clock)
        recorder = Recorder(SqlStore(StoreSettings(folder=self._folder / "record")), clock)
        station = Station(
            line=line,
            cameras={"main": SimulatedCamera("main", seed=SEED)},
            inspector=self._inspector,
            recorder=recorder,
            clock=clock,
            recipe=self._recipe,
        )
        async with RunningStation(station, recorder) as running:
            gc.collect()
            gc.freeze()
            yield line, running

    async def _detections(
        self, line: ModbusLine, running: RunningStation, port: int
    ) -> tuple[list[float], list[float]]:
        """Freeze and kill the PLC again and again, under load."""
        frozen: list[float] = []
        killed: list[float] = []
        with _load(self._inspector, self._recipe):
            for _ in range(FREEZES):
                with PlcProcess(_plc_settings(port)) as plc:
                    await _until_ready(running)
                    await running.station.command(
                        Command.HOLD, by=BY
                    )  # no part: the model's work is the load's
                    frozen.append(await _time_to_notice(line, plc.freeze))
                    plc.thaw()
                    await _until(lambda: line.state().connected, "the link did not come back")
                    killed.append(await _time_to_notice(line, plc.kill))
                    await running.station.command(Command.START, by=BY)
        return frozen, killed


class _load:  # noqa: N801  (reads as what it does)
    """The model works on pictures without end, in a thread, as in the inference thread of a full line."""

    def __init__(self, inspector: _Timed, recipe: Recipe) -> None:
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(inspector, recipe), name="inference")

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _work(self, inspector: _Timed, recipe: Recipe) -> None:
        camera = SimulatedCamera("main", seed=SEED)
        camera.open()
        number = 0
        while not self._end.is_set():
            number += 1
            inspector.inspect(
                (camera.capture(number),),
                recipe=recipe,
                part_id=number,
                trigger_seq=1,
                deadline_ns=time.monotonic_ns() + 10**10,
            )


def _plc_settings(port: int = 0, *, follow_motion: bool = False) -> SimulatorSettings:
    return SimulatorSettings(
        port=port,
        parts=0,
        rate_per_min=RATE_PER_MIN,
        seed=SEED,
        allow_simulated=True,
        operator_delay_s=0.0,
        follow_motion=follow_motion,
    )


async def _time_to_notice(line: ModbusLine, strike: Callable[[], None]) -> float:
    """Milliseconds from ``strike`` to the link's being down; it is up before."""
    await _until(lambda: line.state().connected, "the link was not up")
    struck_ns = time.monotonic_ns()
    strike()
    await _until(lambda: not line.state().connected, "the link never noticed", seconds=DETECT_TIMEOUT_S)
    return round((time.monotonic_ns() - struck_ns) / 1e6, 1)


async def _until_ready(running: RunningStation) -> None:
    await _until(lambda: running.station.mode in READY, "the station did not get ready")


async def _until(holds: Callable[[], bool], what: str, *, seconds: float = READY_TIMEOUT_S) -> None:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise LineError(f"{what} within {seconds:.0f} s", todo="run it on a machine that is less busy")
        await asyncio.sleep(0.002)
