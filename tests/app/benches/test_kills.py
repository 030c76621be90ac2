"""The bench that kills: it kills whom it says, and tells what is lost, doubled or left open behind it."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest

from app.benches import kills
from app.benches.kills import _Striker
from app.testline.rig import LineRig
from inspection.errors import LineError
from inspection.part import Inspection, Outcome
from plc.simulator import PartResult
from reports.settings import StoreSettings
from reports.store.store import SqlStore
from tests.app.benches.test_faults import passed
from tests.reports.parts import closed, part


class Rig:
    """A line whose engine is a program that waits, and whose PLC sees what the test lets it see."""

    engine_ready_s = 0.0

    def __init__(self, folder: Path) -> None:
        self.folder, self.record, self.plc_log = folder, folder / "record", folder / "plc.jsonl"
        self.store = SqlStore(StoreSettings(folder=self.record))
        self.store.open()
        self.on_record: Callable[[Inspection], list[Inspection]] = lambda intent: [intent, closed(intent)]
        self.engines: list[subprocess.Popen[bytes]] = []
        self._finished = 0

    @property
    def engine_pid(self) -> int:
        """Started again where it ended."""
        if not self.engines or self.engines[-1].poll() is not None:
            self.engines.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]))
        return self.engines[-1].pid

    def parts_finished(self) -> int:
        self._finished += 1
        intent = part(self._finished)
        for revision in self.on_record(intent):
            self.store.append(revision)
        seen = passed(
            intent.trigger.seq,
            boot_id=intent.trigger.plc_boot_id,
            part_id=intent.trigger.part_id,
            outcome=Outcome.RELEASED,
        )
        assert isinstance(seen, PartResult)
        with self.plc_log.open("a", encoding="utf-8") as log:
            log.write(seen.model_dump_json() + "\n")
        return self._finished


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    monkeypatch.setattr(kills, "SPREAD_S", 0.0)
    monkeypatch.setattr(kills, "POLL_S", 0.0)
    rig = Rig(tmp_path)
    yield rig
    rig.store.close()
    for engine in rig.engines:
        engine.kill()
        engine.wait()


def struck(rig: Rig, runs: int = 2) -> _Striker:
    striker = _Striker(cast(LineRig, rig), seed=1, until_s=time.monotonic() + 60.0)
    striker.strike(runs, lambda _: None)
    return striker


def test_the_engine_is_killed_so_often_and_an_intact_line_has_no_fault(rig: Rig) -> None:
    striker = struck(rig)
    assert (striker.kills, striker.checked, striker.faults, striker.failed) == (2, 3, [], None)
    assert [engine.wait() for engine in rig.engines[:2]] == [-signal.SIGKILL] * 2


def test_a_part_on_record_with_another_outcome_than_the_plc_says_is_a_fault(rig: Rig) -> None:
    rig.on_record = lambda intent: [intent, closed(intent, Outcome.HELD)]
    (fault, *_) = struck(rig, runs=1).faults
    assert "released says the PLC, held the record" in fault


def test_a_part_that_stays_open_ends_the_bench(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kills, "PATIENCE_S", 0.1)
    rig.on_record = lambda intent: [intent]
    failed = struck(rig, runs=1).failed
    assert isinstance(failed, LineError)
    assert "stay open" in str(failed)
