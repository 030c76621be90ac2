"""``passgate bench kill``: the engine is killed at random moments, and nothing is lost, doubled or left open.

PLC and engine are the programs as they are shipped, but for the model (``app.testline.known_engine``). The
engine alone is killed, by SIGKILL, as a crash or the system would. Most blows meet a line at work, at a
moment spread over a part's way and the next part's; one in ``STARTING_EVERY`` meets an engine that is just
starting, in its recovery. Behind each recovery all parts that have left the belt must be on record, once,
with the outcome that the PLC says, and record and spool be verified, while the line goes on.
"""

import os
import random
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

import psutil

from app.demo.demo import reconcile
from app.testline.known_parts import RECIPE
from app.testline.reconciliation import account, read_plc_log, read_record
from app.testline.rig import LineRig, Tables
from inspection.decision import Frozen
from inspection.errors import LineError
from inspection.part import MissedCause, Trigger
from reports.audit.verification import verify_record
from reports.settings import StoreSettings

RATE: Final = 300.0
"""Parts a minute."""
DEADLINE_MS: Final = 500
STARTING_EVERY: Final = 5
SPREAD_S: Final = 0.6
"""From a part's outcome until the next but two is decided."""
PARTS_BETWEEN: Final = 2
"""So many parts go their way between two blows that meet a line at work."""
POLL_S: Final = 0.02
PATIENCE_S: Final = 120.0
"""How long to wait for what must happen; never how long it takes."""
KILL: Final = getattr(signal, "SIGKILL", signal.SIGTERM)
"""Windows has the other one alone, and it kills there."""


class KillBench(Frozen):
    """A run in which the engine was killed again and again."""

    promises_kept: bool
    """No fault behind any recovery, nothing unreconciled at the end: no part that left the belt is open."""
    kills: int
    while_starting: int
    """Kills that met an engine which did not yet take parts."""
    with_open_parts: int
    """Kills that left an intent without outcome in the record."""
    recoveries_checked: int
    faults: tuple[str, ...]
    """What was wrong behind a recovery; empty for nothing."""
    parts: int
    """That left the belt."""
    unreconciled: int
    released_without_pass: int
    on_the_belt: int
    """Parts on record that had not left the belt when the PLC ended; they are open, as they must be."""
    missed: dict[MissedCause, int]
    """Parts that nobody looked at, by cause: the engine was away."""
    rows: int
    """Of the parts' chain, at the end."""
    recovery_s: float
    """From a kill until two further parts were finished, on the average."""


def bench_kill(
    runs: int, *, seed: int, minutes: float, on_progress: Callable[[int], None] = lambda _: None
) -> KillBench:
    """Kill the engine ``runs`` times, or as often as ``minutes`` allow.

    Raises:
        LineError: The line did not go on for a minute, or a part stays open.
    """
    with tempfile.TemporaryDirectory(prefix="passgate-kills-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        tables: Tables = {
            "station": {"name": "Kills", "recipe": RECIPE.name},
            "cameras": [{"name": "main", "kind": "simulated", "seed": seed}],
        }
        engine = ("-m", "app.testline.known_engine")
        with LineRig(
            folder, tables=tables, parts=0, rate=RATE, seed=seed, engine=engine, most_restarts=4 * runs
        ) as rig:
            striker = _Striker(rig, seed=seed, until_s=time.monotonic() + 60 * minutes)
            striking = threading.Thread(
                target=striker.strike, args=(runs, on_progress), name="kills", daemon=True
            )
            striking.start()
            rig.watch(until=lambda: not striking.is_alive(), on_progress=lambda _: None)
            striking.join(PATIENCE_S)
        record = read_record(rig.record)
        plc = read_plc_log(rig.plc_log)
        summary = reconcile(plc, record, restarts=rig.engine_restarts, folder=folder)
        report = verify_record(StoreSettings(folder=rig.record))
    if striker.failed is not None:
        raise striker.failed
    faults = (*striker.faults, *([] if report.intact else [f"at the end: {report.reason}"]))
    gone = {(part.boot_id, part.seq) for part in plc}
    return KillBench(
        promises_kept=not (faults or summary.unreconciled or summary.released_without_pass),
        kills=striker.kills,
        while_starting=striker.while_starting,
        with_open_parts=striker.with_open_parts,
        recoveries_checked=striker.checked,
        faults=faults,
        parts=summary.triggers,
        unreconciled=summary.unreconciled,
        released_without_pass=summary.released_without_pass,
        on_the_belt=sum(_key_of(one.trigger) not in gone for one in record),
        missed=dict(Counter(one.missed for one in record if one.missed is not None)),
        rows=report.rows,
        recovery_s=round(striker.recovering_s / max(striker.checked, 1), 1),
    )


class _Striker:
    """Kills the engine of a rig that starts it again, and looks at the record behind each recovery."""

    def __init__(self, rig: LineRig, *, seed: int, until_s: float) -> None:
        self._rig = rig
        self._random = random.Random(seed)  # noqa: S311  (moments, no secrets)
        self._until_s = until_s
        self._killed_pid = 0
        self._starts_s = rig.engine_ready_s
        self.kills = self.while_starting = self.with_open_parts = self.checked = 0
        self.recovering_s = 0.0
        self.faults: list[str] = []
        self.failed: LineError | None = None

    def strike(self, runs: int, on_progress: Callable[[int], None]) -> None:
        """In a thread of its own."""
        try:
            while self.kills < runs and time.monotonic() < self._until_s:
                if self.kills % STARTING_EVERY == STARTING_EVERY - 1:
                    self._wait(self._new_engine, "the engine is not started again")
                    time.sleep(self._random.uniform(0.0, self._starts_s))
                    self.while_starting += 1
                else:
                    self._recovered()
                    time.sleep(self._random.uniform(0.0, SPREAD_S))
                self._kill()
                on_progress(self.kills)
            self._recovered()
        except LineError as error:
            self.failed = error

    def _kill(self) -> None:
        self._killed_pid = self._rig.engine_pid
        os.kill(self._killed_pid, KILL)
        self.kills += 1
        self.with_open_parts += any(one.outcome is None for one in read_record(self._rig.record))

    def _new_engine(self) -> bool:
        pid = self._rig.engine_pid
        return pid != self._killed_pid and psutil.pid_exists(pid)

    def _recovered(self) -> None:
        """Wait until the line goes on, and hold the record against all that has left the belt so far."""
        began_s = time.monotonic()
        self._wait(self._new_engine, "the engine is not started again")
        enough = self._rig.parts_finished() + PARTS_BETWEEN
        self._wait(lambda: self._rig.parts_finished() >= enough, "the line does not go on")
        self.recovering_s += time.monotonic() - began_s
        gone = read_plc_log(self._rig.plc_log)
        keys = {(part.boot_id, part.seq) for part in gone}

        def closed() -> bool:
            record = read_record(self._rig.record)
            return keys <= {_key_of(one.trigger) for one in record if one.outcome is not None}

        self._wait(closed, "parts that have left the belt stay open")
        record = [one for one in read_record(self._rig.record) if _key_of(one.trigger) in keys]
        found = account(gone, record, witness=None, known_action=None, deadline_ms=DEADLINE_MS)
        report = verify_record(StoreSettings(folder=self._rig.record))
        behind = f"behind kill {self.kills}"
        self.faults += [f"{behind}: {one}" for one in found.contradictions]
        if not report.intact:
            self.faults.append(f"{behind}: {report.reason}")
        self.checked += 1

    def _wait(self, holds: Callable[[], bool], what: str) -> None:
        end_s = time.monotonic() + PATIENCE_S
        while not holds():
            if time.monotonic() > end_s:
                raise LineError(
                    f"{what}, {self.kills} kills after the beginning",
                    todo=f"read {self._rig.folder / 'engine.log'}; run it again with the same seed",
                )
            time.sleep(POLL_S)


def _key_of(trigger: Trigger) -> tuple[int, int]:
    """What names a part to PLC and record alike."""
    return trigger.plc_boot_id, trigger.seq
