"""kill -9 of the engine, and of the PLC, at every step of the handshake: promises 1, 2 and 4 hold.

The steps are what ``killable`` finds when one part, and one recovery, go their way undisturbed. One PLC (one
record) lives through all deaths of the engine, and one engine through all deaths of the PLC; at the end every
part is held against the record.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from signal import SIGKILL

import pytest

from app.testline.known_parts import known_action
from app.testline.plc_process import PlcProcess
from app.testline.reconciliation import account, read_plc_log, read_record
from inspection.part import Inspection, Outcome
from plc.simulator import PartResult, SimulatorSettings
from tests.e2e.killable import PATIENCE_S, Engine, Orders

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1500)]

DEADLINE_MS = 500
RATE_PER_MIN = 50.0
"""So that a part is through before the next one comes, and steps belong to one part."""
MOST_ON_BELT = 5
"""Parts between photo-eye and diverter, and those that leave while the last records are read."""
WHOLE_LIFE = (
    "event PartTriggered",
    "camera.capture begins",
    "camera.capture ends",
    "line.exposure_complete begins",
    "inspector.inspect begins",
    "inspector.inspect ends",
    "store.append (intent) begins",
    "store.append (intent) ends",
    "line.publish begins",
    "line.publish ends",
    "event ResultAccepted",
    "event OutcomeReported",
    "store.append (outcome) begins",
    "store.append (outcome) ends",
    "line.outcome_recorded begins",
    "line.outcome_recorded ends",
)
"""What a part's life must hold at least, or the steps were not found."""


class Bench:
    """A PLC that never ends, its log, and the engine's record."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "plc.jsonl"
        self.record = folder / "record"
        self.settings = SimulatorSettings(
            port=0,
            parts=0,
            rate_per_min=RATE_PER_MIN,
            deadline_ms=DEADLINE_MS,
            allow_simulated=True,
            operator_delay_s=0.0,
            log=self.log,
        )

    def plc(self, port: int = 0) -> PlcProcess:
        return PlcProcess(self.settings.model_copy(update={"port": port}))

    def parts(self) -> list[PartResult]:
        return read_plc_log(self.log)

    def inspections(self) -> list[Inspection]:
        return read_record(self.record)

    def wait(self, holds: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < end, what
            time.sleep(0.05)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def record_steps(orders: Orders) -> list[str]:
    """Run undisturbed for as long as ``orders`` ask, and tell the steps."""
    with Engine(replace(orders, die_at=None)) as engine:
        steps = engine.told()
    assert isinstance(steps, list)
    return steps


def die(orders: Orders, step: str) -> None:
    """One life of the engine, which ends at ``step``."""
    with Engine(replace(orders, die_at=step)) as engine:
        assert engine.told() == step
        assert engine.died_of() == SIGKILL


def settle(bench: Bench, orders: Orders) -> tuple[list[PartResult], list[Inspection]]:
    """A last life of the engine closes what is open; then every part that has left the belt, and its record.

    It takes further parts: a belt that waits at the photo-eye brings none to the diverter.
    """
    with Engine(replace(orders, die_at=None)):
        enough = len(bench.parts()) + 2
        bench.wait(lambda: len(bench.parts()) >= enough, "the line does not go on after the last restart")
        parts = bench.parts()
        logged = {(part.boot_id, part.seq) for part in parts}

        def closed() -> set[tuple[int, int]]:
            return {_key(i) for i in bench.inspections() if i.outcome is not None}

        bench.wait(lambda: logged <= closed(), "parts stay open after the last restart")
    inspections = bench.inspections()
    on_belt = [inspection for inspection in inspections if _key(inspection) not in logged]
    assert len(on_belt) <= MOST_ON_BELT, "inspections of parts that the PLC never had"
    return parts, [inspection for inspection in inspections if _key(inspection) in logged]


def _key(inspection: Inspection) -> tuple[int, int]:
    return inspection.trigger.plc_boot_id, inspection.trigger.seq


def assert_promises(parts: Sequence[PartResult], inspections: Sequence[Inspection]) -> None:
    """Promises 1, 2 and 4, part by part."""
    found = account(parts, inspections, witness=None, known_action=known_action, deadline_ms=DEADLINE_MS)
    assert found.unreconciled == 0, found.contradictions
    assert found.released_without_matching_pass == 0, found.contradictions
    by_trigger = {_key(i): i for i in inspections}
    for part in parts:
        if part.action is not None:  # it was visible in the PLC: so it is on record
            inspection = by_trigger[part.boot_id, part.seq]
            assert inspection.decision.action is part.action
            assert inspection.published


def test_an_engine_that_is_killed_at_any_step_of_a_part_keeps_its_promises(bench: Bench) -> None:
    with bench.plc() as plc:
        orders = Orders(port=plc.port, record=bench.record)
        steps = record_steps(orders)
        assert set(steps) >= set(WHOLE_LIFE)
        assert sum(step.startswith("the PLC has") for step in steps) >= 4
        for step in steps:
            die(orders, step)
        parts, inspections = settle(bench, orders)
    assert_promises(parts, inspections)
    assert sum(part.outcome is Outcome.DEFAULT_REJECTED for part in parts) >= len(steps) / 3
    assert any(part.outcome is Outcome.RELEASED for part in parts)


@pytest.mark.soak
def test_an_engine_that_is_killed_again_at_any_step_of_its_recovery_keeps_its_promises(
    bench: Bench,
) -> None:
    with bench.plc() as plc:
        orders = Orders(port=plc.port, record=bench.record)
        wound = "line.publish ends"  # on record and published; neither accepted nor closed
        die(orders, wound)
        recovering = replace(orders, from_start=True)
        steps = record_steps(recovering)
        assert set(steps) >= {"store.open begins", "store.last_part ends", "event LinkChanged"}
        for step in steps:
            die(orders, wound)
            die(recovering, step)
        parts, inspections = settle(bench, orders)
    assert_promises(parts, inspections)


def has_died(plc: PlcProcess) -> bool:
    return not plc.alive


def test_a_plc_that_is_killed_at_any_step_of_a_part_releases_nothing_and_the_engine_goes_on(
    bench: Bench,
) -> None:
    with ExitStack() as stack:
        plc = stack.enter_context(bench.plc())
        port = plc.port
        orders = Orders(port=port, record=bench.record)
        steps = record_steps(orders)
        assert set(steps) >= set(WHOLE_LIFE)
        engine = stack.enter_context(Engine(replace(orders, die_at=steps[0], victim=plc.pid)))
        for number, step in enumerate(steps, 1):
            assert engine.told() == step
            bench.wait(partial(has_died, plc), "the PLC lives")
            plc = stack.enter_context(bench.plc(port))
            if number < len(steps):
                engine.now(replace(orders, die_at=steps[number], victim=plc.pid))
        at_least = len(bench.parts()) + 2
        bench.wait(lambda: len(bench.parts()) >= at_least, "the line does not go on after the last restart")
        engine.now(orders)
    assert_after_restarts_of_the_plc(bench.parts(), bench.inspections(), restarts=len(steps))


def assert_after_restarts_of_the_plc(
    parts: Sequence[PartResult], inspections: Sequence[Inspection], *, restarts: int
) -> None:
    """A PLC that dies forgets the parts on its belt and the outcomes that it has not told."""
    logged = {(part.boot_id, part.seq): part for part in parts}
    runs = list(dict.fromkeys(i.trigger.plc_boot_id for i in inspections))
    assert len(runs) == restarts + 1
    for inspection in inspections:
        key = _key(inspection)
        part = logged.get(key)
        if key[0] != runs[-1]:
            assert inspection.outcome is not None, "a part of a dead PLC stays open"
        if inspection.outcome in (None, Outcome.UNCONFIRMED):
            continue
        assert part is not None
        assert inspection.outcome is part.outcome
    told = [i for i in inspections if i.outcome not in (None, Outcome.UNCONFIRMED)]
    keys = {_key(i) for i in told}
    assert_promises([part for part in parts if (part.boot_id, part.seq) in keys], told)
    for part in parts:  # those whose outcome was lost with the PLC, too: what was released had its pass
        if part.outcome is Outcome.RELEASED:
            (inspection,) = (i for i in inspections if _key(i) == (part.boot_id, part.seq))
            assert inspection.published
            assert inspection.decision.action is part.action
