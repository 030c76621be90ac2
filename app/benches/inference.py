"""``passgate bench inference``: the process that holds the models is killed and stopped amid parts.

PLC, engine and model are the programs as they are shipped. Again and again, while a part is being judged, the
inference process gets a signal: killed, as by a crash in native code or by the system where memory is short;
stopped, as where it hangs. Every part must be accounted for, none released without a pass, and the station
must take parts again by itself.
"""

import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from app.demo.demo import reconcile, simulated_tables
from app.settings.station import InspectorKind
from app.testline.reconciliation import read_plc_log, read_record
from app.testline.rig import LineRig
from inspection.decision import DecidedBy, Frozen
from inspection.errors import LineError
from inspection.status import Mode, Percentiles

RATE: Final = 60.0
SEED: Final = 1
KILL: Final = getattr(signal, "SIGKILL", signal.SIGTERM)
"""Windows has the other one alone, and it kills there."""
BLOWS: Final = {"killed": KILL, "stopped": getattr(signal, "SIGSTOP", KILL)}
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
    """How often it was killed, and how often stopped, while a part was being judged."""
    judged: int
    """Parts that a model decided."""
    back_after_ms: dict[str, Percentiles | None]
    """From the blow until the station took parts again. A stopped process is given up at the part's deadline
    plus a grace of a second."""
    latency_ms: dict[str, float]
    """From the trigger to the accepted result, in the PLC's process."""


def bench_inference(
    times: int, *, inspector: InspectorKind, on_progress: Callable[[int], None] = lambda _: None
) -> InferenceBench:
    """Lose the inference process ``times`` times in each way.

    Raises:
        LineError: The station did not take parts again within a minute.
    """
    after: dict[str, list[float]] = {name: [] for name in BLOWS}
    failed: list[LineError] = []
    done = threading.Event()
    with tempfile.TemporaryDirectory(prefix="passgate-bench-") as name:
        folder = Path(name)
        tables = {**simulated_tables(folder, seed=SEED), "model": {"inspector": str(inspector)}}
        with LineRig(folder, tables=tables, parts=0, rate=RATE, seed=SEED) as rig:

            def strike() -> None:
                try:
                    for number in range(times * len(BLOWS)):
                        blow = list(BLOWS)[number % len(BLOWS)]
                        after[blow].append(_lose(rig, BLOWS[blow]))
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
        blows={name: len(seconds) for name, seconds in after.items()},
        judged=sum(one.decision.decided_by in {DecidedBy.VLA, DecidedBy.REFLEX} for one in record),
        back_after_ms={
            name: Percentiles.of(1e3 * each for each in seconds) for name, seconds in after.items()
        },
        latency_ms=summary.latency_ms,
    )


def _lose(rig: LineRig, blow: signal.Signals) -> float:
    """Strike while a part is judged; the seconds until the station takes parts with another process."""
    struck: int | None = None
    began = moment = time.monotonic()
    while time.monotonic() - moment < PATIENCE_S:
        health = rig.health()
        if health is None:
            time.sleep(POLL_S)
        elif struck is None:
            if health.mode is Mode.EXECUTE and health.inference_pid is not None:
                struck, began = health.inference_pid, time.monotonic()
                moment = began
                with suppress(ProcessLookupError):  # it was lost by itself: another one comes all the same
                    os.kill(struck, blow)
            time.sleep(POLL_S / 2)
        elif health.inference_pid not in {None, struck} and health.mode in {Mode.IDLE, Mode.EXECUTE}:
            return time.monotonic() - began
        else:
            time.sleep(POLL_S)
    raise LineError(
        f"the station took no part for {PATIENCE_S:.0f} s after its model was lost",
        part="the parts on the belt stay there",
        todo="read the engine's log",
    )
