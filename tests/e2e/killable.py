"""An engine that a test can kill at any step of the handshake.

A process of its own with the product's station, link, recorder and SQLite record. Its ports are watched: each
crossing of a port's boundary, each event of the line and each new picture of the vision block that the PLC
has confirmed is a *step*, and has a name. So the steps are found by running, not by counting in the source.
Told to, the process kills itself, or the PLC, exactly there.
"""

import asyncio
import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from inspect import iscoroutinefunction
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, Self, cast

import structlog

import app.testline.plc_process  # noqa: F401  (imported once, by the server that both kinds of process are forked from)
from app.testline.known_parts import KnownInspector, NoiseCamera, known_parts_station
from inspection.line_events import LineEvent, PartTriggered, ResultAccepted
from inspection.part import Inspection
from inspection.times.clock import SystemClock
from plc.link import ModbusLine
from plc.register_map.registers import VisionBits, VisionBlock
from plc.settings import LinkSettings
from reports.settings import StoreSettings
from reports.store.store import SqlStore

CONTEXT: Final = multiprocessing.get_context("forkserver")
PATIENCE_S: Final = 150.0
"""How long a test waits for what must happen; never how long it takes. A machine may be very busy."""
LINGER_S: Final = 0.03
"""So long takes whatever blocks, in its thread: three cycles, in which the PLC sees each state."""


@dataclass(frozen=True)
class Orders:
    """What a life of the engine is for."""

    port: int
    record: Path
    die_at: str | None = None
    """Kill at this step, once ``armed``."""
    victim: int | None = None
    """Whom to kill: a process id; None for the engine itself."""
    from_start: bool = False
    """Armed from the beginning: steps of the recovery; otherwise from the first trigger taken."""


class Engine:
    """One life of the engine, seen from the test. A context manager: leaving it kills it."""

    def __init__(self, orders: Orders) -> None:
        self._ours, self._theirs = CONTEXT.Pipe()
        self._process = CONTEXT.Process(target=_live, args=(orders, self._theirs), daemon=True)

    def __enter__(self) -> Self:
        CONTEXT.set_forkserver_preload(["tests.e2e.killable"])
        self._process.start()
        self._theirs.close()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join(PATIENCE_S)
        self._ours.close()

    def told(self) -> Any:
        """The next thing it says. Fails where it says nothing."""
        assert self._ours.poll(PATIENCE_S), "the engine did not get there"
        return self._ours.recv()

    def now(self, orders: Orders) -> None:
        """New orders for the same life."""
        self._ours.send(orders)

    def died_of(self) -> int:
        """The signal that killed it."""
        self._process.join(PATIENCE_S)
        assert self._process.exitcode is not None, "the engine lives"
        return -self._process.exitcode


class _Steps:
    """Notes steps, and kills at the one that was ordered. Called from every thread."""

    def __init__(self, orders: Orders, conn: Connection) -> None:
        self._conn = conn
        self._lock = threading.Lock()
        self.obey(orders)

    def obey(self, orders: Orders) -> None:
        """Take new orders."""
        with self._lock:
            self._orders = orders
            self._armed = orders.from_start
            self._seen: dict[str, None] = {}
            self._before: dict[str, None] | None = None
            self._done = False

    def take(self, step: str) -> None:
        """A step was reached."""
        with self._lock:
            if self._done:
                return
            trigger = step == f"event {PartTriggered.__name__}"
            if trigger and self._orders.die_at is None and self._complete():
                # Two parts are compared: what only one of them saw is chance, and not to be waited for.
                self._done = self._orders.from_start or self._before is not None
                if self._done:
                    before = self._seen if self._before is None else self._before
                    self._conn.send([seen for seen in before if seen in self._seen])
                    return
                self._before, self._seen = self._seen, {}
            self._armed |= trigger
            if not self._armed:
                return
            self._seen[step] = None
            if step != self._orders.die_at:
                return
            self._done = True
            self._conn.send(step)
            os.kill(self._orders.victim or os.getpid(), signal.SIGKILL)

    def _complete(self) -> bool:
        """The steps of one part's life, or of the recovery, have all been seen when the next part comes.

        A part that was default-rejected, because this computer was too busy, has not seen them all.
        """
        whole = {f"event {ResultAccepted.__name__}", "line.outcome_recorded ends"}
        return self._orders.from_start or whole <= self._seen.keys()


class _Watched:
    """A port whose every method is a step as it begins and as it ends."""

    def __init__(self, name: str, port: object, steps: _Steps, *, linger_s: float = 0.0) -> None:
        self._name = name
        self._port = port
        self._steps = steps
        self._linger_s = linger_s

    def __getattr__(self, attribute: str) -> Any:
        found = getattr(self._port, attribute)
        if not callable(found) or attribute in QUESTIONS or iscoroutinefunction(found):
            return found
        if attribute == "events":
            return lambda: self._events(found())
        return lambda *args, **kwargs: self._call(attribute, found, *args, **kwargs)

    def _call(self, attribute: str, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        step = f"{self._name}.{attribute}{_of_which(args)}"
        self._steps.take(f"{step} begins")
        time.sleep(self._linger_s)
        result = method(*args, **kwargs)
        self._steps.take(f"{step} ends")
        return result

    async def _events(self, events: AsyncIterator[LineEvent]) -> AsyncIterator[LineEvent]:
        async for event in events:
            self._steps.take(f"event {type(event).__name__}")
            yield event


QUESTIONS: Final = {
    *("state", "health", "counters", "diagnostics", "registers", "timeline"),
    *("set_ready", "set_recipe", "set_degraded", "set_challenge_due", "set_fault"),
    *("maintain", "retire_pictures", "watch"),
}
"""Methods that are no steps of a part's life: asked or told again and again, whatever happens."""


def _of_which(arguments: tuple[Any, ...]) -> str:
    """Intent and outcome go through the same method."""
    match arguments:
        case [Inspection(outcome=None)]:
            return " (intent)"
        case [Inspection()]:
            return " (outcome)"
    return ""


class _CycleClock(SystemClock):
    """The link's own clock: it sleeps at the end of each cycle, when the PLC has confirmed a vision block."""

    def __init__(self, at_end: Callable[[], None]) -> None:
        self._at_end = at_end

    async def sleep(self, seconds: float) -> None:
        self._at_end()
        await super().sleep(seconds)


def _live(orders: Orders, conn: Connection) -> None:
    """The process's whole life."""
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    asyncio.run(_serve(orders, conn))


async def _serve(orders: Orders, conn: Connection) -> None:
    steps = _Steps(orders, conn)

    def shown() -> None:
        vision = line._vision
        if vision is not None and line.state().connected:
            steps.take(f"the PLC has {_shown(vision)}")

    line = ModbusLine(LinkSettings(port=orders.port, cycle_ms=10, reconnect_ms=50), _CycleClock(shown))
    station, recorder = known_parts_station(
        line=cast(Any, _Watched("line", line, steps)),
        camera=cast(Any, _Watched("camera", NoiseCamera(), steps, linger_s=LINGER_S)),
        inspector=cast(Any, _Watched("inspector", KnownInspector(), steps, linger_s=LINGER_S)),
        store=cast(
            Any, _Watched("store", SqlStore(StoreSettings(folder=orders.record)), steps, linger_s=LINGER_S)
        ),
        clock=SystemClock(),
        folder=orders.record,
    )
    await recorder.open()
    await station.prepare()
    run = asyncio.create_task(station.run())
    while not run.done():
        await asyncio.sleep(0.01)
        if conn.poll():
            steps.obey(conn.recv())
    run.result()


def _shown(vision: VisionBlock) -> str:
    """What of a part's life the block shows, in words that are the same for each part."""
    bits = vision.bits & (
        VisionBits.TRIGGER_READY | VisionBits.BUSY | VisionBits.EXPOSURE_COMPLETE | VisionBits.RESULT_VALID
    )
    result = vision.result_seq and vision.result_seq == vision.trigger_ack_seq
    outcome = vision.outcome_ack_seq and vision.outcome_ack_seq == vision.trigger_ack_seq
    return f"{bits.name or 'nothing'}{', the result' * bool(result)}{', the outcome known' * bool(outcome)}"
