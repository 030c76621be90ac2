"""The models' process dies, stops, hangs and lies amid parts of a fast line: every part is accounted for."""

import asyncio
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from app.benches.faults import READY, RunningStation
from app.inference import process
from app.inference.process import Built
from app.inference.supervised import SupervisedInspector
from app.testline.known_parts import RECIPE, KnownInspector, known_action, known_parts_station
from app.testline.plc_process import PlcProcess
from app.testline.reconciliation import account, read_plc_log, read_record
from inspection.decision import Action
from inspection.part import Frame
from inspection.recipe import Recipe
from inspection.result import InspectionResult
from inspection.times.clock import SystemClock
from plc.link import ModbusLine
from plc.settings import LinkSettings
from plc.simulator import SimulatorSettings

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="Windows stops no process"),
]
PARTS = 60
DEEDS = ("dies", "stops", "hangs", "lies", "tells another part's", "passes what it must not see passed")
EVERY = 6
"""One part in so many meets the next of the deeds."""


class Treacherous(KnownInspector):
    """Knows its parts, and now and then does harm to its process, or through it."""

    def inspect(
        self, frames: tuple[Frame, ...], *, recipe: Recipe, part_id: int, trigger_seq: int, deadline_ns: int
    ) -> InspectionResult:
        result = super().inspect(
            frames, recipe=recipe, part_id=part_id, trigger_seq=trigger_seq, deadline_ns=deadline_ns
        )
        if part_id % EVERY:
            return result
        changed: dict[str, object] = {}
        match DEEDS[part_id // EVERY % len(DEEDS)]:
            case "dies":
                os.kill(os.getpid(), signal.SIGKILL)
            case "stops":
                os.kill(os.getpid(), signal.SIGSTOP)
            case "hangs":
                time.sleep(3600.0)
            case "lies":
                process.packed = lambda answer: b'{"kind": "judged", "decision": "pass"}'
            case "tells another part's":
                changed = {"trigger_seq": trigger_seq + 1, "action": Action.PASS}
            case _:
                changed = {"part_id": part_id - 1, "action": Action.PASS}
        return replace(result, decision=result.decision.model_copy(update=changed))


def build(version: int | None) -> Built:
    """In the inference process."""
    return Built(RECIPE, Treacherous())


async def run_line(plc: PlcProcess, record: Path, inspector: SupervisedInspector) -> None:
    line = ModbusLine(LinkSettings(port=plc.port, cycle_ms=10), SystemClock())
    station, recorder = known_parts_station(
        line=line, clock=SystemClock(), folder=record, inspector=inspector
    )
    waited = False
    async with RunningStation(station, recorder) as running:
        while plc.report is None:
            await asyncio.sleep(0.01)
            running.check()
            plc.listen()
            assert plc.alive or plc.report is not None
            if inspector.fault:
                waited = True
                standing = station.standing
                assert standing.mode not in READY or standing.reason, "nobody is told that all is well"
    assert waited


def test_whatever_the_models_do_to_their_process_no_part_is_lost_and_none_passes_by_it(
    tmp_path: Path,
) -> None:
    settings = SimulatorSettings(
        port=0,
        parts=PARTS,
        rate_per_min=240.0,
        seed=1,
        allow_simulated=True,
        operator_delay_s=0.1,
        log=tmp_path / "plc.jsonl",
    )
    inspector = SupervisedInspector(build, grace_s=0.3)
    with PlcProcess(settings) as plc:
        asyncio.run(run_line(plc, tmp_path / "record", inspector))
    record = read_record(tmp_path / "record")
    found = account(
        read_plc_log(tmp_path / "plc.jsonl"),
        record,
        witness=None,
        known_action=None,
        deadline_ms=settings.deadline_ms,
    )
    assert found.parts == PARTS
    assert found.unreconciled == 0, found.contradictions
    assert found.released_without_matching_pass == 0
    assert inspector.replaced >= len(DEEDS), "each deed cost a process, and each time there was another one"
    for one in record:
        if one.decision.action is Action.PASS:
            assert known_action(one.trigger.part_id) is Action.PASS
            assert one.trigger.part_id % EVERY, "what a treacherous process said is believed of no part"
    judged = [one for one in record if one.decision.model.name == KnownInspector.model.name]
    assert len(judged) > PARTS / 3, "the station took parts again each time"
