"""``passgate bench inference``: the process that holds the models is killed, stopped, and answers garbage.

PLC, engine and model are the programs as they are shipped. Again and again the inference process gets a
signal: killed, as by a crash or where memory is short; stopped, as where it hangs; told to answer garbage
once. It is struck while no part is there, and at moments spread over a part's way, from its trigger
until after its result was published. Every part must be accounted for, none released without a pass, and the
station must take parts again by itself.
"""

import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from app.api.messages import HealthReport
from app.demo.demo import reconcile, simulated_tables
from app.settings.station import InspectorKind
from app.testline.reconciliation import read_plc_log, read_record
from app.testline.rig import LineRig
from inspection.decision import DecidedBy, Frozen
from inspection.errors import LineError
from inspection.part import Inspection
from inspection.status import Mode, Percentiles

RATE: Final = 60.0
SEED: Final = 1
KILL: Final = getattr(signal, "SIGKILL", signal.SIGTERM)
"""Windows has the other one alone, and it kills there."""
BLOWS: Final = {
    "killed": KILL,
    "stopped": getattr(signal, "SIGSTOP", KILL),
    "garbage": getattr(signal, "SIGUSR1", KILL),
}
SPREAD_S: Final = 0.4
"""A part's way and what is said of it afterwards take less: the blows are spread over so long."""
IDLE_EVERY: Final = 4
"""One blow in so many meets a station without a part."""
POLL_S: Final = 0.01
PATIENCE_S: Final = 60.0
SETTLE_S: Final = 1.0
"""After it takes parts again: the next blow meets a station at work."""


class InferenceBench(Frozen):
    """A run in which the inference process was lost again and again."""

    promises_kept: bool
    """Every part accounted for, no release without a pass, and the model came back each time."""
    inspector: InspectorKind
    parts: int
    unreconciled: int
    released_without_pass: int
    blows: dict[str, int]
    """How often it met each of them."""
    while_idle: int
    """Blows that met a station without a part."""
    published_before: int
    """Blows of the others that came when the part's result was published already."""
    judged: int
    """Parts that a model decided."""
    back_after_ms: dict[str, Percentiles | None]
    """From the blow until the station took parts with another process; for garbage, from when it was told. A
    stopped process is given up at the part's deadline plus a grace of a second."""
    latency_ms: dict[str, float]
    """From the trigger to the accepted result, in the PLC's process."""


def bench_inference(
    times: int, *, inspector: InspectorKind, on_progress: Callable[[int], None] = lambda _: None
) -> InferenceBench:
    """Lose the inference process ``times`` times in each way.

    Raises:
        LineError: The station did not take parts again within a minute.
    """
    after: dict[str, list[Blow]] = {name: [] for name in BLOWS}
    failed: list[LineError] = []
    done = threading.Event()
    with tempfile.TemporaryDirectory(prefix="passgate-bench-") as name:
        folder = Path(name)
        tables = {**simulated_tables(folder, seed=SEED), "model": {"inspector": str(inspector)}}
        engine = ("-m", "app.testline.garbling")
        with LineRig(folder, tables=tables, parts=0, rate=RATE, seed=SEED, engine=engine) as rig:

            def strike() -> None:
                try:
                    for number in range(times * len(BLOWS)):
                        blow = list(BLOWS)[number % len(BLOWS)]
                        when = Mode.IDLE if number // len(BLOWS) % IDLE_EVERY == 0 else Mode.EXECUTE
                        delay_s = SPREAD_S * number / (times * len(BLOWS)) if when is Mode.EXECUTE else 0.0
                        after[blow].append(_lose(rig, BLOWS[blow], when=when, delay_s=delay_s))
                        on_progress(number + 1)
                        time.sleep(SETTLE_S)
                except LineError as error:
                    failed.append(error)
                finally:
                    done.set()

            threading.Thread(target=strike, name="blows", daemon=True).start()
            rig.watch(until=done.is_set, on_progress=lambda _: None)
        record = read_record(rig.record)
        summary = reconcile(read_plc_log(rig.plc_log), record, restarts=rig.engine_restarts, folder=folder)
    if failed:
        raise failed[0]
    return InferenceBench(
        promises_kept=not (summary.unreconciled or summary.released_without_pass or rig.engine_restarts),
        inspector=inspector,
        parts=summary.triggers,
        unreconciled=summary.unreconciled,
        released_without_pass=summary.released_without_pass,
        blows={name: len(blows) for name, blows in after.items()},
        while_idle=sum(blow.while_idle for blows in after.values() for blow in blows),
        published_before=sum(published_before(blow, record) for blows in after.values() for blow in blows),
        judged=sum(one.decision.decided_by in {DecidedBy.VLA, DecidedBy.REFLEX} for one in record),
        back_after_ms={
            name: Percentiles.of(1e3 * blow.back_after_s for blow in blows) for name, blows in after.items()
        },
        latency_ms=summary.latency_ms,
    )


@dataclass(frozen=True, slots=True)
class Blow:
    """One blow, and what came of it."""

    at: datetime
    while_idle: bool
    back_after_s: float


def published_before(blow: Blow, record: Sequence[Inspection]) -> bool:
    """Whether the PLC had taken the result of the part that was there when the station was struck.

    Args:
        blow: When it was, and whether a part was there.
        record: The parts in the order of their triggers.
    """
    seen = [one for one in record if one.trigger.seen_at <= blow.at]
    if blow.while_idle or not seen or seen[-1].accepted_ms is None:
        return False
    return seen[-1].trigger.seen_at + timedelta(milliseconds=seen[-1].accepted_ms) <= blow.at


def _lose(rig: LineRig, blow: signal.Signals, *, when: Mode, delay_s: float) -> Blow:
    """Strike ``delay_s`` after the station was in mode ``when``; then wait until it takes parts again."""
    pid = _seen(rig, lambda health: health.mode is when and health.inference_pid is not None)
    time.sleep(delay_s)
    at, struck = datetime.now(UTC), time.monotonic()
    with suppress(ProcessLookupError):  # it was lost by itself: another one comes all the same
        os.kill(pid, blow)
    if blow is BLOWS["garbage"]:
        _seen(rig, lambda health: health.inference_pid != pid)
        struck = time.monotonic()
    _seen(
        rig,
        lambda health: health.inference_pid not in {None, pid} and health.mode in {Mode.IDLE, Mode.EXECUTE},
    )
    return Blow(at, when is Mode.IDLE, time.monotonic() - struck)


def _seen(rig: LineRig, wanted: Callable[[HealthReport], bool]) -> int:
    """Wait until the engine tells what is wanted; the inference process's id then, 0 where there is none."""
    moment = time.monotonic()
    while time.monotonic() - moment < PATIENCE_S:
        health = rig.health()
        if health is not None and wanted(health):
            return health.inference_pid or 0
        time.sleep(POLL_S)
    raise LineError(
        f"the station took no part for {PATIENCE_S:.0f} s after its model was lost",
        part="the parts on the belt stay there",
        todo="read the engine's log",
    )
