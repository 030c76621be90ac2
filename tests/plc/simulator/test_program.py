"""The PLC's program with its belt, before Passgate's own handshake, in simulated time."""

from collections.abc import Callable

import pytest

from inspection.decision import Action
from inspection.part import Outcome, Trigger
from inspection.ports import HaltCleared, Halted, LineEvent, OutcomeReported, PartMissed, PartTriggered
from plc.handshake import VisionHandshake
from plc.registers import LineBlock, VisionBlock
from plc.simulator.conveyor import Conveyor
from plc.simulator.handshake import PlcHandshake, Rejected
from plc.simulator.program import PlcProgram
from plc.simulator.report import PartResult
from tests.plc.handshaking import AT, MS, decision_on

SCAN_MS = 10
CYCLE_SCANS = 2


class Rig:
    """Program and vision, exchanging every second scan; a station that answers after ``think_ms``."""

    def __init__(
        self, *, parts: int = 3, answer: Callable[[Trigger], Action | None], think_ms: int = 60
    ) -> None:
        self.results: list[PartResult] = []
        self.events: list[LineEvent] = []
        self.program = PlcProgram(
            handshake=PlcHandshake(boot_id=7, deadline_ms=500, allow_simulated=False),
            conveyor=Conveyor(speed_mm_s=250, spacing_mm=250, diverter_mm=250, parts=parts, seed=0),
            belt_speed_mm_s=250,
            first_part_id=100,
            recipe_request=4,
            operator_delay_s=0.5,
            auto_reset=True,
            boot_id=7,
            on_part=self.results.append,
        )
        self.answer = answer
        self.think_ms = think_ms
        self.now_ns = 0
        self.line = LineBlock(map_version=0)
        self.registers = VisionBlock()
        self.alive = True
        self.boots = 10
        self.waiting: list[tuple[int, Trigger]] = []
        self.start_vision()

    def start_vision(self) -> None:
        self.boots += 1
        self.vision = VisionHandshake(boot_id=self.boots)
        self.vision.set_ready(True)
        self.waiting.clear()

    def run(self, seconds: float) -> None:
        for scan in range(int(seconds * 1000 / SCAN_MS)):
            self.now_ns += SCAN_MS * MS
            self.line = self.program.scan(self.registers, received_ns=self.now_ns, now_ns=self.now_ns, at=AT)
            if self.alive and scan % CYCLE_SCANS == 0:
                self.exchange()

    def exchange(self) -> None:
        for due_ns, trigger in list(self.waiting):
            if self.now_ns >= due_ns:
                self.waiting.remove((due_ns, trigger))
                self.decide(trigger)
        self.registers = self.vision.image()
        events = (
            *self.vision.observe(self.line, now_ns=self.now_ns, at=AT),
            *self.vision.tick(self.now_ns),
        )
        self.events.extend(events)
        for event in events:
            if isinstance(event, PartTriggered):
                self.waiting.append((self.now_ns + self.think_ms * MS, event.trigger))
            elif isinstance(event, OutcomeReported):
                self.vision.outcome_recorded(event.seq, event.plc_boot_id)

    def decide(self, trigger: Trigger) -> None:
        action = self.answer(trigger)
        if action is not None:
            decision = decision_on(trigger, action)
            self.vision.publish(trigger, decision, defect_code=0, simulated=False, now_ns=self.now_ns)

    def outcomes(self) -> list[Outcome]:
        return [result.outcome for result in self.results]


@pytest.mark.parametrize(
    ("action", "outcome"),
    [
        (Action.PASS, Outcome.RELEASED),
        (Action.REWORK, Outcome.DIVERTED),
        (Action.STOP, Outcome.STOPPED),
        (Action.MANUAL_REVIEW, Outcome.HELD),
        (None, Outcome.DEFAULT_REJECTED),
    ],
)
def test_each_decision_has_its_outcome_and_silence_is_a_reject(
    action: Action | None, outcome: Outcome
) -> None:
    rig = Rig(parts=1, answer=lambda _: action)
    rig.run(6)
    (result,) = rig.results
    assert (result.outcome, result.action) == (outcome, action)
    assert result.rejected is (Rejected.DEADLINE if action is None else None)
    assert [event.outcome for event in rig.events if isinstance(event, OutcomeReported)] == [outcome]
    assert rig.program.unacknowledged == ()


def test_parts_are_numbered_and_ask_for_their_recipe() -> None:
    rig = Rig(answer=lambda _: Action.PASS)
    rig.run(8)
    triggers = [event.trigger for event in rig.events if isinstance(event, PartTriggered)]
    assert [(t.seq, t.part_id, t.recipe_request) for t in triggers] == [(1, 100, 4), (2, 101, 4), (3, 102, 4)]
    assert rig.outcomes() == [Outcome.RELEASED] * 3


def test_several_parts_travel_between_camera_and_diverter_and_keep_their_decisions() -> None:
    wanted = [Action.PASS, Action.REWORK, Action.PASS, Action.MANUAL_REVIEW] * 3
    rig = Rig(parts=12, answer=lambda trigger: wanted[trigger.seq - 1], think_ms=20)
    rig.program._conveyor._diverter_mm = 1200.0
    rig.run(40)
    assert [result.action for result in rig.results] == wanted


def test_a_stop_holds_the_belt_until_the_part_is_taken_out() -> None:
    rig = Rig(parts=1, answer=lambda _: Action.STOP)
    speeds = []
    for _ in range(300):
        rig.run(0.01 * CYCLE_SCANS)
        speeds.append(rig.line.belt_speed_mm_s)
    stood = speeds.count(0) * CYCLE_SCANS * SCAN_MS
    assert stood == pytest.approx(500, abs=40)


def test_without_passgate_the_belt_waits_and_no_part_is_lost() -> None:
    rig = Rig(answer=lambda _: Action.PASS)
    rig.alive = False
    rig.run(10)
    assert (rig.program.triggers, rig.results) == (0, [])
    assert rig.program.held_ns > 8e9
    rig.alive = True
    rig.run(8)
    assert rig.outcomes() == [Outcome.RELEASED] * 3


def test_a_killed_passgate_costs_the_open_part_and_nothing_else() -> None:
    rig = Rig(parts=3, answer=lambda _: Action.PASS, think_ms=200)
    while not rig.waiting:
        rig.run(0.02)
    rig.alive = False
    rig.run(3)
    rig.alive = True
    rig.start_vision()
    rig.run(8)
    assert [result.rejected for result in rig.results] == [Rejected.VISION_LOST, None, None]
    told = [event.seq for event in rig.events if isinstance(event, OutcomeReported)]
    assert told == [1, 2, 3]
    assert [event.trigger.seq for event in rig.events if isinstance(event, PartMissed)] == [1]


def test_a_restart_between_trigger_and_result_rejects_the_part() -> None:
    rig = Rig(parts=1, answer=lambda _: Action.PASS)
    while not rig.waiting:
        rig.run(0.02)
    rig.start_vision()
    rig.run(3)
    assert [result.rejected for result in rig.results] == [Rejected.VISION_RESTARTED]


def test_a_part_that_reaches_the_diverter_undecided_is_rejected() -> None:
    rig = Rig(parts=1, answer=lambda _: Action.PASS, think_ms=300)
    rig.program._conveyor._diverter_mm = 50.0
    rig.run(4)
    assert [result.rejected for result in rig.results] == [Rejected.UNDECIDED_AT_DIVERTER]


def test_a_halted_passgate_is_reset_and_the_line_goes_on() -> None:
    rig = Rig(answer=lambda _: Action.PASS)
    rig.run(0.2)
    rig.events.extend(rig.vision.halt("test"))
    rig.run(8)
    assert [type(event) for event in rig.events if isinstance(event, Halted | HaltCleared)] == [
        Halted,
        HaltCleared,
    ]
    assert rig.program.fault_resets == 1
    assert rig.outcomes() == [Outcome.RELEASED] * 3
