"""``passgate bench api``: what clients of the API can do to the line.

PLC, engine and API are the programs as they are shipped, each in its own process, at 120 parts a minute; the
clients are ``app.benches.api.loads``'s, in this process, which steps back behind them. An honest client
watches the stream all the while, as a console does. How long our heartbeat stood still is measured by the
PLC.
"""

import asyncio
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psutil
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from app.api.engine.supervisor import PROGRAM as API_PROGRAM
from app.benches.api.loads import HALF_OPEN, MAY_BE_SILENT_S, Clients, Load, Seen
from app.demo.demo import LATE, simulated_tables
from app.settings.station import InspectorKind
from app.testline.reconciliation import read_plc_log
from app.testline.rig import LineRig
from inspection.decision import Frozen
from inspection.errors import LineError
from plc.simulator import PartResult

SEED: Final = 1
RATE_PER_MIN: Final = 120.0
STILL_MS: Final = 100.0
GOES_ON: Final = 0.8
"""Of the parts that the rate asks for: belt and spacing have their own variation."""
NICENESS: Final = 5
SAMPLE_EVERY_S: Final = 0.5
LAST_PARTS_S: Final = 15.0
"""From a trigger until its part has left the belt, and is in the PLC's log."""
BETWEEN_S: Final = 2.0
"""Between two loads: what one leaves behind is not the next one's doing."""
FUZZ_TIMEOUT_S: Final = 300.0
OTHER_DESCRIPTORS: Final = 256


class PhaseReport(Frozen):
    """One load beside the line."""

    seconds: float
    parts: int
    """Triggered meanwhile."""
    late: int
    """Of them, those whose decision came too late, or not at all."""
    slowest_ms: float | None
    """From the trigger to the accepted result, in the PLC's process."""
    heartbeat_still_ms: float
    """The longest time between two beats of our heartbeat, as the PLC saw it."""
    opened: int
    ended: int
    """Connections that the clients opened, and that the server ended."""
    answers: dict[int, int]
    """By HTTP status code."""
    rows: int
    sent_mb: float
    """Of bodies, before they were refused."""
    silent_s: float
    """The longest that a client which reads nothing was kept."""
    stream_gap_ms: float
    """The longest that an honest client heard nothing; the state is pushed at least each second."""
    engine_memory_mb: float
    engine_descriptors: int
    api_memory_mb: float
    api_descriptors: int


class ApiBench(Frozen):
    """What was measured; memory in MB (10⁶), the largest of each phase."""

    goals_met: dict[str, bool]
    phases: dict[Load, PhaseReport]
    inspector: InspectorKind
    engine_restarts: int
    api_restarts: int
    log_mb: float
    """What engine and API process wrote to their log."""
    load_1min: float | None
    """The machine's load average at the end: what else ran counts, too."""
    cpu_count: int


class _Watched:
    """The engine and its API process, looked at again and again."""

    def __init__(self, rig: LineRig) -> None:
        self._engine = psutil.Process(rig.engine_pid)
        self.api_pids: list[int] = []
        self.clear()

    def clear(self) -> None:
        self.engine_bytes = self.engine_descriptors = self.api_bytes = self.api_descriptors = 0

    def look(self) -> None:
        """Take the largest of each."""
        with contextlib.suppress(psutil.Error):
            self.engine_bytes = max(self.engine_bytes, self._engine.memory_info().rss)
            self.engine_descriptors = max(self.engine_descriptors, _descriptors(self._engine))
            for child in self._engine.children():
                if API_PROGRAM not in child.cmdline():
                    continue
                if child.pid not in self.api_pids:
                    self.api_pids.append(child.pid)
                self.api_bytes = max(self.api_bytes, child.memory_info().rss)
                self.api_descriptors = max(self.api_descriptors, _descriptors(child))


def _descriptors(process: psutil.Process) -> int:
    if sys.platform == "win32":
        return process.num_handles()
    return process.num_fds()


class _Phase:
    """One load, from its begin to its end."""

    def __init__(self, load: Load, seen: Seen, watched: _Watched, began: datetime) -> None:
        self.load = load
        self.seen = seen
        self.began = began
        self.ended = datetime.now(UTC)
        self.gap_s = 0.0
        self._watched = (
            watched.engine_bytes,
            watched.engine_descriptors,
            watched.api_bytes,
            watched.api_descriptors,
        )

    def report(self, parts: Iterable[PartResult]) -> PhaseReport:
        """With what the PLC's log says of its time."""
        mine = [part for part in parts if self.began <= part.triggered_at < self.ended]
        engine_bytes, engine_descriptors, api_bytes, api_descriptors = self._watched
        return PhaseReport(
            seconds=round((self.ended - self.began).total_seconds(), 1),
            parts=len(mine),
            late=sum(part.rejected in LATE for part in mine),
            slowest_ms=max((part.latency_ms for part in mine if part.latency_ms is not None), default=None),
            heartbeat_still_ms=max((part.vision_still_ms for part in mine), default=0.0),
            opened=self.seen.opened,
            ended=self.seen.ended,
            answers=dict(sorted(self.seen.answers.items())),
            rows=self.seen.rows,
            sent_mb=round(self.seen.sent_bytes / 1e6, 1),
            silent_s=round(self.seen.silent_s, 1),
            stream_gap_ms=round(self.gap_s * 1e3, 1),
            engine_memory_mb=round(engine_bytes / 1e6, 1),
            engine_descriptors=engine_descriptors,
            api_memory_mb=round(api_bytes / 1e6, 1),
            api_descriptors=api_descriptors,
        )


def bench_api(
    seconds: float,
    *,
    kind: InspectorKind,
    loads: tuple[Load, ...] = tuple(Load),
    on_progress: Callable[[int], None] = lambda _: None,
) -> ApiBench:
    """Put each load beside the line for ``seconds``; fuzzing until it is through, if that is longer.

    Args:
        seconds: For each.
        kind: Who judges.
        loads: Which ones, in this order.
        on_progress: Told how many loads are done.

    Raises:
        LineError: The line did not come up, or ended.
        PassgateError: The product cannot be taught, or weights are absent.
    """
    with tempfile.TemporaryDirectory(prefix="passgate-api-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        tables = {**simulated_tables(folder, seed=SEED), "model": {"inspector": kind.value}}
        with LineRig(folder, tables=tables, parts=0, rate=RATE_PER_MIN, seed=SEED) as rig:
            _step_back()
            watched = _Watched(rig)
            phases = []
            for number, load in enumerate(loads, 1):
                phases.append(asyncio.run(_endure(load, seconds, rig, watched)))
                _pass_time(rig, BETWEEN_S)
                on_progress(number)
            _pass_time(rig, LAST_PARTS_S)
            parts, restarts = read_plc_log(rig.plc_log), rig.engine_restarts
            log_mb = (folder / "engine.log").stat().st_size / 1e6
    reports = {phase.load: phase.report(parts) for phase in phases}
    return ApiBench(
        goals_met=_goals(reports, restarts=restarts + len(watched.api_pids) - 1),
        phases=reports,
        inspector=kind,
        engine_restarts=restarts,
        api_restarts=len(watched.api_pids) - 1,
        log_mb=round(log_mb, 3),
        load_1min=os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        cpu_count=os.cpu_count() or 0,
    )


def _goals(reports: dict[Load, PhaseReport], *, restarts: int) -> dict[str, bool]:
    phases = reports.values()
    return {
        f"heartbeat never still for more than {STILL_MS:.0f} ms": all(
            phase.heartbeat_still_ms <= STILL_MS for phase in phases
        ),
        "no part late": not any(phase.late for phase in phases),
        "the line went on": all(
            phase.parts >= GOES_ON * phase.seconds * RATE_PER_MIN / 60.0 for phase in phases
        ),
        f"no client kept that reads nothing for {MAY_BE_SILENT_S:.0f} s": all(
            phase.silent_s <= MAY_BE_SILENT_S for phase in phases
        ),
        "no request made the server fail": not any(
            status >= 500 for phase in phases for status in phase.answers
        ),
        "neither engine nor API process ended": not restarts,
    }


async def _endure(load: Load, seconds: float, rig: LineRig, watched: _Watched) -> _Phase:
    headers = rig.auth.headers
    clients = Clients(rig.url, headers)
    watched.clear()
    began, end_s = datetime.now(UTC), time.monotonic() + seconds
    honest = _Honest(rig.url, headers)
    tasks = [asyncio.create_task(clients.run(load)), asyncio.create_task(honest.listen())]
    try:
        while time.monotonic() < end_s or (load is Load.FUZZ and not tasks[0].done()):
            await asyncio.sleep(SAMPLE_EVERY_S)
            watched.look()
            honest.look()
            if tasks[0].done() and (error := tasks[0].exception()) is not None:
                raise error
            if time.monotonic() > end_s + FUZZ_TIMEOUT_S:
                raise LineError(f"the requests of {load} were not answered", todo="run it again")
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    phase = _Phase(load, clients.seen, watched, began)
    phase.gap_s = honest.gap_s
    return phase


class _Honest:
    """A client as it should be: reads the stream, and comes back when it is sent away."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self._headers = headers
        self._url = url.replace("http", "ws", 1) + "/api/stream"
        self._heard_s = time.monotonic()
        self.gap_s = 0.0

    def look(self) -> None:
        """Count the silence that lasts."""
        self.gap_s = max(self.gap_s, time.monotonic() - self._heard_s)

    async def listen(self) -> None:
        """Until cancelled."""
        while True:
            with contextlib.suppress(OSError, TimeoutError, WebSocketException):
                async with connect(
                    self._url, proxy=None, max_queue=4, additional_headers=self._headers
                ) as stream:
                    async for _ in stream:
                        self.look()
                        self._heard_s = time.monotonic()
            await asyncio.sleep(0.1)


def _pass_time(rig: LineRig, seconds: float) -> None:
    end_s = time.monotonic() + seconds
    rig.watch(until=lambda: time.monotonic() >= end_s, on_progress=lambda _: None)


def _step_back() -> None:
    """Leave the processors to the line, and have descriptors enough for all clients."""
    if sys.platform == "win32":
        return
    import resource

    os.nice(NICENESS)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = HALF_OPEN + OTHER_DESCRIPTORS
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (needed if hard == resource.RLIM_INFINITY else min(needed, hard), hard)
        )
