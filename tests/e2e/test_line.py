"""The real programs on one machine: PLC simulator, engine, console, each a process of its own."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest

from app.demo.demo import DemoSummary, reconcile
from app.testline.reconciliation import read_plc_log, read_record
from app.testline.rig import LineRig, Tables
from inspection.part import Outcome

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

RATE = 150.0
SEED = 1


@pytest.fixture
def tables(taught_library: Path) -> Tables:
    """The settings of a line that makes the simulated product, half of it defective."""
    return {
        "recipes": str(taught_library),
        "station": {"name": "Test line", "recipe": "cover"},
        "cameras": [{"name": "main", "kind": "simulated", "seed": SEED, "defect_rate": 0.5}],
    }


@pytest.fixture
def reflex(tables: Tables) -> Tables:
    """The same, judged by the reflex alone: where the words do not matter, nobody waits for them."""
    return {**tables, "model": {"inspector": "reflex"}}


def run(
    folder: Path, tables: Tables, *, parts: int, when: Callable[[LineRig, int], None] = lambda *_: None
) -> DemoSummary:
    """Run a line to its end; ``when`` is called again and again with the parts that are finished."""
    with LineRig(folder, tables=tables, parts=parts, rate=RATE, seed=SEED) as rig:

        def until() -> bool:
            when(rig, rig.parts_finished())
            return False

        rig.watch(until=until, on_progress=lambda _: None)
        restarts = rig.engine_restarts
    return reconcile(read_plc_log(rig.plc_log), read_record(rig.record), restarts=restarts, folder=folder)


def assert_promises(summary: DemoSummary, parts: int) -> None:
    """Promises 1 and 2, part by part."""
    assert summary.triggers == summary.accounted == parts
    assert summary.unreconciled == 0
    assert summary.released_without_pass == 0


def test_every_part_is_accounted_for_and_every_release_has_its_pass(tmp_path: Path, tables: Tables) -> None:
    summary = run(tmp_path, tables, parts=20)
    assert_promises(summary, 20)
    assert summary.engine_restarts == 0
    assert set(summary.by_outcome) >= {Outcome.RELEASED}
    assert summary.by_outcome[Outcome.RELEASED] < 20, "half of the parts are defective"


def test_an_engine_that_is_killed_twice_loses_no_part_and_releases_none(
    tmp_path: Path, tables: Tables
) -> None:
    at = [4, 9]

    def kill(rig: LineRig, finished: int) -> None:
        if at and finished >= at[0] and psutil.pid_exists(rig.engine_pid):
            at.pop(0)
            os.kill(rig.engine_pid, signal.SIGKILL)

    summary = run(tmp_path, tables, parts=14, when=kill)
    assert summary.engine_restarts == 2
    assert_promises(summary, 14)


def test_the_line_does_not_notice_that_the_console_is_killed(tmp_path: Path, reflex: Tables) -> None:
    steps: list[str] = []

    def kill(rig: LineRig, finished: int) -> None:
        if not steps and finished >= 2:
            rig.start_console()
            steps.append("started")
        elif steps == ["started"] and finished >= 6:
            assert rig.console_open
            rig.kill_console()
            steps.append("killed")

    summary = run(tmp_path, reflex, parts=12, when=kill)
    assert steps == ["started", "killed"]
    assert_promises(summary, 12)
    assert summary.engine_restarts == 0


def test_hold_stops_the_parts_and_start_lets_them_come_again(tmp_path: Path, reflex: Tables) -> None:
    states: list[str] = []

    def command(rig: LineRig, finished: int) -> None:
        if not states and finished >= 3:
            states.append(httpx.post(f"{rig.url}/api/commands/hold", auth=rig.auth).json()["mode"])
        elif len(states) == 1:
            states.append(httpx.get(f"{rig.url}/api/state", auth=rig.auth).json()["mode"])
            httpx.post(f"{rig.url}/api/commands/start", auth=rig.auth)

    summary = run(tmp_path, reflex, parts=8, when=command)
    assert states == ["held", "held"]
    assert_promises(summary, 8)
