"""``passgate bench hostile``: whatever answers at the PLC's address, nothing breaks and nothing is published.

The station, its link and its record are the product's, with the inspector of ``known_parts``, before peers
that are no PLC: one babbles, one accepts and never answers, one has 0xFFFF in every register, one answers
good telegrams with random words. For each the engine's memory is watched, and every result that it offers.
"""

import asyncio
import contextlib
import gc
import random
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import StrEnum
from pathlib import Path
from typing import Final

import psutil

from app.benches.faults import POLL_S, RunningStation
from app.testline.known_parts import KnownInspector, known_parts_station
from app.testline.reconciliation import written_vision
from inspection.decision import Frozen
from inspection.times.clock import SystemClock
from plc.link import ModbusLine
from plc.register_map.registers import LINE_SIZE, MAP_VERSION, VISION_BASE, VisionBits
from plc.settings import LinkSettings
from plc.simulator.faults.wire_faults import split_telegrams

CYCLE_MS: Final = 10
RECONNECT_MS: Final = 50
WARM_SHARE: Final = 0.25
"""Memory is compared with what it was after this share of the time: buffers have their size then."""
GROWTH_LIMIT_MB: Final = 8.0
"""More than this is growth, and not an allocator's whim."""
MOST_NOISE: Final = 600
TURN_LIMIT_MS: Final = 300.0
"""Our heartbeat must never stand so long; work for the peer that takes longer would stop it."""


class Hostile(StrEnum):
    """What answers instead of a PLC."""

    GARBAGE = "garbage"
    """Random bytes, asked or not, of random length."""
    SILENT = "silent"
    """Accepts, reads, and never answers."""
    ONES = "ones"
    """Well-formed answers; every word is 0xFFFF."""
    RANDOM_WORDS = "random_words"
    """Well-formed answers with the right map version; every other word is random each time."""


class PeerBench(Frozen):
    """One peer, endured."""

    kept: bool
    """No crash, no decision published, no part inspected, no growth of memory, no busy event loop."""
    seconds: float
    decisions_published: int
    """Telegrams with a valid result that the peer received."""
    inspected: int
    """Parts that the inspector was shown."""
    memory_mb: float
    """Resident at the end, in MB (10⁶)."""
    memory_growth_mb: float
    """Since a quarter of the time had gone."""
    tasks: int
    """Tasks in the event loop at the end."""
    recorded: int
    """Triggers on record; all missed, for the peer's registers named them and no part was looked at."""
    longest_turn_ms: float
    """The most processor time that the event loop spent between two looks at it, 5 ms apart. Not the time by
    the clock: how busy this computer is with other things is not the peer's doing."""
    said: str
    """What the station says about it."""
    link: dict[str, int]


def bench_hostile(
    seconds: float,
    *,
    seed: int,
    peers: tuple[Hostile, ...] = tuple(Hostile),
    on_progress: Callable[[int], None],
) -> dict[Hostile, PeerBench]:
    """Put the station before each peer for ``seconds``.

    Args:
        seconds: For each peer.
        seed: Of what is random.
        peers: Which ones.
        on_progress: Told how many peers are done.
    """
    found = {}
    for number, peer in enumerate(peers, 1):
        with tempfile.TemporaryDirectory(prefix="passgate-hostile-", ignore_cleanup_errors=True) as name:
            found[peer] = asyncio.run(_endure(_Peer(peer, seed), seconds, Path(name)))
        on_progress(number)
    return found


async def _endure(peer: "_Peer", seconds: float, folder: Path) -> PeerBench:
    clock = SystemClock()
    inspector = KnownInspector()
    process = psutil.Process()
    async with peer.serve() as port:
        line = ModbusLine(LinkSettings(port=port, cycle_ms=CYCLE_MS, reconnect_ms=RECONNECT_MS), clock)
        station, recorder = known_parts_station(line=line, clock=clock, folder=folder, inspector=inspector)
        async with RunningStation(station, recorder) as running:
            started = last = time.monotonic()
            warm_bytes, longest_s, worked_s = 0, 0.0, time.thread_time()
            while last - started < seconds:
                await asyncio.sleep(POLL_S)
                running.check()
                last = time.monotonic()
                longest_s = max(longest_s, time.thread_time() - worked_s)
                if not warm_bytes and last - started >= WARM_SHARE * seconds:
                    gc.collect()
                    warm_bytes = process.memory_info().rss
                worked_s = time.thread_time()
            gc.collect()
            memory = process.memory_info().rss
            tasks, said = len(asyncio.all_tasks()), station.standing.reason
        recorded = station.telemetry.counts.triggers
    growth_mb = (memory - warm_bytes) / 1e6
    return PeerBench(
        kept=peer.results == inspector.inspected == 0
        and growth_mb < GROWTH_LIMIT_MB
        and longest_s * 1e3 < TURN_LIMIT_MS,
        seconds=round(last - started, 1),
        decisions_published=peer.results,
        inspected=inspector.inspected,
        memory_mb=round(memory / 1e6, 1),
        memory_growth_mb=round(growth_mb, 2),
        tasks=tasks,
        recorded=recorded,
        longest_turn_ms=round(longest_s * 1e3, 1),
        said=said,
        link=line.counters().model_dump(),
    )


class _Peer:
    """Serves one kind of nonsense, and looks at what it is told."""

    def __init__(self, kind: Hostile, seed: int) -> None:
        self._kind = kind
        self._chance = random.Random(seed)  # noqa: S311  (nonsense, not secrets)
        self._connections: set[asyncio.Task[None]] = set()
        self.results = 0
        """Telegrams with a valid result."""

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[int]:
        """Listen at the port that is yielded."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            for task in self._connections:
                task.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._talk(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        rest = b""
        try:
            with contextlib.suppress(ConnectionError):
                while chunk := await reader.read(4096):
                    telegrams, rest = split_telegrams(rest + chunk)
                    for telegram in telegrams:
                        self._look(telegram)
                        writer.write(self._answer(telegram))
                    await writer.drain()
        finally:
            writer.transport.abort()

    def _look(self, telegram: bytes) -> None:
        vision = written_vision(telegram, base=VISION_BASE)
        self.results += vision is not None and VisionBits.RESULT_VALID in vision.bits

    def _answer(self, request: bytes) -> bytes:
        match self._kind:
            case Hostile.SILENT:
                return b""
            case Hostile.GARBAGE:
                noise = self._chance.randbytes(self._chance.randint(1, MOST_NOISE))
                # Half of it begins like the answer that is waited for, so that it is looked at at all.
                return self._chance.choice((noise, request[:4] + noise))
            case Hostile.ONES:
                words = [0xFFFF] * LINE_SIZE
            case Hostile.RANDOM_WORDS:
                words = [MAP_VERSION, *(self._chance.randrange(0x10000) for _ in range(LINE_SIZE - 1))]
        values = b"".join(word.to_bytes(2, "big") for word in words)
        body = request[6:8] + bytes([len(values)]) + values
        return request[:4] + len(body).to_bytes(2, "big") + body
