"""PASSGATE_STATION: the text of the function block, run, keeps what the Python PLC keeps.

The tests of ``tests/plc/simulator/program/test_handshake.py`` and the stateful test of both sides run here
once more, against the Structured Text; then both PLCs go through the same random registers and must agree,
step by step.
"""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspection.decision import Action
from inspection.part import Outcome
from plc.register_map.registers import (
    DECISION_CODES,
    PLC_WORDS,
    LineBits,
    VisionBits,
    VisionBlock,
    VisionState,
    complement,
)
from plc.simulator.program.handshake import PlcHandshake, Switches
from tests.plc.handshake import test_both_sides as both_sides
from tests.plc.simulator.program import test_handshake as reference
from tests.plc.simulator.program.test_handshake import *  # noqa: F403  (the same promises, by the other PLC)
from tests.plc.structured_text.station import MS, StructuredTextPlc, line_block, line_words, vision_pins


@pytest.fixture(autouse=True)
def by_structured_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests that are taken over meet the Structured Text where they say PlcHandshake."""
    monkeypatch.setattr(reference, "PlcHandshake", StructuredTextPlc)
    monkeypatch.setattr(both_sides, "PlcHandshake", StructuredTextPlc)


class StructuredTextLine(both_sides.Line):
    pass


TestLine = pytest.mark.slow(StructuredTextLine.TestCase)
TestLine.settings = settings(
    max_examples=both_sides.EXAMPLES // 8, stateful_step_count=50, suppress_health_check=list(HealthCheck)
)


# --- step by step --------------------------------------------------------------------------------------

SELDOM = st.sampled_from([False, False, False, False, True])
LIMITS = {"max_speed_mm_s": 300, "max_angle_ddeg": 450}
SEQS = st.sampled_from([0, 1, 2, 3, 65535])
CODES = st.sampled_from([0, 0xFFFF, *DECISION_CODES.values(), *map(complement, DECISION_CODES.values())])
ANY_BITS = st.sampled_from(
    [
        VisionBits.ONLINE | VisionBits.TRIGGER_READY,
        VisionBits.ONLINE | VisionBits.BUSY | VisionBits.RESULT_VALID,
        VisionBits.ONLINE | VisionBits.RESULT_VALID | VisionBits.SIMULATED,
    ]
) | st.integers(0, 0x3FF).map(VisionBits)


@st.composite
def steps(draw: st.DrawFn) -> dict[str, Any]:
    """What one scan brings: words that change, and what the machine does."""
    return {
        "ms": draw(st.sampled_from([1, 5, 20, 20, 20, 100, 299, 300, 499])),
        "words": draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "map_version": st.sampled_from([1, 1, 1, 2]),
                    "bits": ANY_BITS,
                    "state": st.sampled_from(VisionState),
                    "error_code": st.sampled_from([0, 0x2101]),
                    "boot_id": st.sampled_from([5, 5, 5, 6, 0]),
                    "part_id": st.sampled_from([9, 9, 0x10009, 0x90000]),
                    "motion_seq": SEQS,
                    "belt_speed_set_mm_s": st.sampled_from([0, 300, 301]),
                    "diverter_set_ddeg": st.sampled_from([0, 450, 451]),
                    "outcome_ack_seq": SEQS,
                    "trigger_ack_seq": SEQS,
                    "result_seq": SEQS,
                    "result_seq_tail": SEQS,
                    "decision": CODES,
                    "decision_complement": CODES,
                },
            )
        ),
        "beat": draw(st.sampled_from([True, True, True, False])),
        "follow": draw(st.sampled_from([True, True, True, False])),
        "answer": draw(st.sampled_from([None, *Action])),
        "part": draw(st.sampled_from([None, 9, 0x10009])),
        "reset": draw(st.sampled_from([False, False, True])),
        "outcome": draw(st.sampled_from([None, *list(Outcome)[:5]])),
        "back": draw(st.sampled_from([0, 0, 0, 0, 1, 30, 1024, 1025])),
        "switches": draw(
            st.none() | st.builds(Switches, enable=st.booleans(), bypass=SELDOM, follow_motion=st.booleans())
        ),
    }


@settings(max_examples=150)
@given(st.booleans(), st.lists(steps(), min_size=5, max_size=60))
def test_both_plcs_agree_on_any_registers_step_by_step(simulated: bool, scans: list[dict[str, Any]]) -> None:
    python = PlcHandshake(boot_id=3, deadline_ms=500, allow_simulated=simulated, **LIMITS)
    text = StructuredTextPlc(boot_id=3, deadline_ms=500, allow_simulated=simulated, **LIMITS)
    vision = VisionBlock(boot_id=5, bits=VisionBits.ONLINE | VisionBits.TRIGGER_READY)
    now_ns, seq, part_id = 10_000 * MS, 0, 9
    on_the_way: list[int] = []
    for scan in scans:
        now_ns += scan["ms"] * MS
        words = dict(scan["words"])
        if scan["follow"]:  # as Passgate would: so that parts do come and are decided
            words |= {"trigger_ack_seq": seq, "boot_id": 5, "map_version": 1}
            if scan["answer"] is None:
                words["bits"] = VisionBits.ONLINE | VisionBits.TRIGGER_READY
            else:
                code = DECISION_CODES[scan["answer"]]
                words |= {"result_seq": seq, "result_seq_tail": seq, "part_id": part_id, "decision": code}
                words |= {"decision_complement": complement(code)}
                words["bits"] = (
                    VisionBits.ONLINE | VisionBits.RESULT_VALID | VisionBits(words.get("bits", 0)) & 128
                )
        if scan["beat"]:
            words["heartbeat"] = vision.heartbeat + 1 & 0xFFFF
        vision = replace(vision, **words)
        shown = replace(vision, heartbeat=vision.heartbeat - scan["back"] & 0xFFFF)  # held up on its way
        if scan["switches"] is not None:
            python.set_switches(scan["switches"], now_ns=now_ns)
            text.set_switches(scan["switches"], now_ns=now_ns)
        verdicts = [plc.step(shown, received_ns=now_ns, now_ns=now_ns) for plc in (python, text)]
        assert verdicts[0] == verdicts[1]
        if scan["reset"]:
            python.reset_fault(now_ns)
            text.reset_fault(now_ns)
        assert python.vision_alive(now_ns) == text.vision_alive(now_ns)
        assert python.vision_halted(now_ns) == text.vision_halted(now_ns)
        assert python.challenge_due(now_ns) == text.challenge_due(now_ns)
        assert python.vision_lost == text.vision_lost
        assert python.motion == text.motion
        if on_the_way and scan["outcome"] is not None and not python.checking:
            gone = on_the_way.pop(0)
            python.report_outcome(gone, scan["outcome"])
            text.report_outcome(gone, scan["outcome"])
        may = python.may_trigger(now_ns)
        assert may == text.may_trigger(now_ns)
        if may and scan["part"] is not None:
            part_id = scan["part"]
            seq = python.raise_trigger(part_id, now_ns=now_ns)
            assert text.raise_trigger(part_id, now_ns=now_ns) == seq
            on_the_way.append(seq)
        assert python.unacknowledged == text.unacknowledged
        one, other = (
            plc.image(belt_speed_mm_s=250, diverter_angle_ddeg=450, now_ns=now_ns) for plc in (python, text)
        )
        assert replace(one, heartbeat=0) == replace(other, heartbeat=0)


# --- what the block does beside the Python PLC ---------------------------------------------------------


class Machine:
    """The block alone, one call a scan of 10 ms, before a Passgate that is ready."""

    def __init__(self, **pins: Any) -> None:
        self.plc = StructuredTextPlc(boot_id=3, deadline_ms=500, allow_simulated=False)
        self.block = self.plc.block
        self.vision = VisionBlock(boot_id=5, bits=VisionBits.ONLINE | VisionBits.TRIGGER_READY)
        self.now_ns = 0
        self.pins = pins
        for _ in range(2):
            self.scan()

    def scan(self, ms: int = 10, *, beat: bool = True, **pins: Any) -> "Machine":
        words = {name: pins.pop(name) for name in list(pins) if hasattr(self.vision, name)}
        if beat:
            words.setdefault("heartbeat", self.vision.heartbeat + 1 & 0xFFFF)
        self.vision = replace(self.vision, **words)
        self.plc._vision = vision_pins(self.vision)
        self.now_ns += ms * MS
        self.plc._verdict = None  # these tests look at the pins
        self.plc.call(self.now_ns, **{**self.plc._vision, **self.pins, **pins})
        return self


def test_the_line_block_has_the_words_of_the_register_map_in_their_order() -> None:
    machine = Machine(RecipeRequest=4, BeltSpeed=250, DiverterAngle=450, Running=True)
    machine.scan(PartAtEye=True, PartId=0xABCD1234)
    assert len(line_words(machine.block)) == PLC_WORDS
    block = line_block(machine.block)
    assert (block.map_version, block.boot_id, block.trigger_seq, block.part_id) == (1, 3, 1, 0xABCD1234)
    assert (block.recipe_request, block.belt_speed_mm_s, block.diverter_angle_ddeg) == (4, 250, 450)
    assert block.deadline_ms == 500
    assert block.bits == LineBits.ENABLE | LineBits.AUTO | LineBits.RUNNING


def test_trigger_numbers_run_to_65535_and_then_from_1() -> None:
    machine = Machine()
    machine.block.LineTriggerSeq = 65534
    seen = []
    for _ in range(3):
        machine.scan(trigger_ack_seq=machine.block.LineTriggerSeq).scan(PartAtEye=True)
        assert machine.block.TriggerNew
        seen.append(machine.block.LineTriggerSeq)
        machine.scan(510)
        assert machine.block.Verdict == 5
    assert seen == [65535, 1, 2]


def test_the_heartbeat_counts_each_call_and_wraps() -> None:
    machine = Machine()
    machine.block.LineHeartbeat = 65534
    beats = [machine.scan().block.LineHeartbeat for _ in range(3)]
    assert beats == [65535, 0, 1]


def test_a_part_gets_one_number_however_long_it_covers_the_eye() -> None:
    machine = Machine()
    for _ in range(5):
        machine.scan(PartAtEye=True)
    assert machine.block.LineTriggerSeq == 1
    machine.scan(510, PartAtEye=True)
    machine.scan(PartAtEye=True, trigger_ack_seq=1)
    assert machine.block.MayTrigger
    assert machine.block.LineTriggerSeq == 1, "it is still the same part"


def test_a_part_that_cannot_be_taken_holds_the_belt_and_is_counted_where_it_slips_through() -> None:
    machine = Machine()
    machine.scan(bits=VisionBits.ONLINE, PartAtEye=True)
    assert machine.block.HoldBelt
    machine.scan(bits=VisionBits.ONLINE | VisionBits.TRIGGER_READY, PartAtEye=True)
    assert machine.block.TriggerNew
    assert not machine.block.HoldBelt
    machine.scan(510, PartAtEye=False, bits=VisionBits.ONLINE, trigger_ack_seq=1)
    machine.scan(PartAtEye=True)
    machine.scan(PartAtEye=False)
    assert machine.block.SkippedParts == 1


@pytest.mark.parametrize("pins", [{"Enable": False}, {"Auto": False}, {"BootId": 0}])
def test_no_part_is_taken_while_the_machine_forbids_it(pins: dict[str, Any]) -> None:
    machine = Machine()
    machine.plc._settings |= pins
    machine.scan(PartAtEye=True)
    assert machine.block.LineTriggerSeq == 0


def test_without_a_boot_id_the_line_block_stays_empty() -> None:
    machine = Machine()
    machine.plc._settings["BootId"] = 0
    assert machine.scan().block.LineMapVersion == 0


def test_the_bypass_key_rejects_the_part_that_waits_even_with_its_pass_there() -> None:
    machine = Machine()
    machine.scan(PartAtEye=True, PartId=9)
    code = DECISION_CODES[Action.PASS]
    words: dict[str, Any] = {"result_seq": 1, "result_seq_tail": 1, "part_id": 9, "decision": code}
    words |= {"decision_complement": complement(code), "bits": VisionBits.ONLINE | VisionBits.RESULT_VALID}
    machine.scan(BypassKey=True, **words)
    assert (machine.block.Verdict, machine.block.RejectReason) == (5, 8)
    assert machine.block.LineBits & LineBits.BYPASS
    assert machine.block.LineResultAck == 0


def test_an_outcome_that_stands_for_several_scans_is_reported_once() -> None:
    machine = Machine()
    machine.scan(PartAtEye=True)
    machine.scan(510)
    for _ in range(3):
        machine.scan(OutcomeNew=True, OutcomeOfSeq=1, OutcomeCode=5)
    assert machine.plc.unacknowledged == (1,)
    assert (machine.block.LineOutcome, machine.block.LineOutcomeSeq) == (5, 1)


def test_set_points_are_followed_only_while_new_ones_come() -> None:
    machine = Machine(FollowMotion=True, MaxBeltSpeed=300, MaxDiverter=450)
    assert machine.block.MotionMode == 0
    machine.scan(motion_seq=2, belt_speed_set_mm_s=250, diverter_set_ddeg=100)
    block = machine.block
    assert (block.MotionMode, block.BeltSpeedCommand, block.DiverterCommand) == (1, 250, 100)
    assert machine.scan(90).block.MotionMode == 1
    assert machine.scan(10).block.MotionMode == 2, "dried up: brake"
    assert machine.scan(motion_seq=3).block.MotionMode == 1
    assert machine.scan(motion_seq=4, belt_speed_set_mm_s=301).block.MotionMode == 2, "limited here too"
    assert machine.scan(motion_seq=0).block.MotionMode == 0, "ended in order"


def test_a_number_that_stands_in_the_registers_is_no_stream() -> None:
    machine = Machine(MaxBeltSpeed=300)
    machine.scan(motion_seq=7, belt_speed_set_mm_s=250)
    assert machine.scan(FollowMotion=True).block.MotionMode == 0
    assert machine.scan(FollowMotion=True, motion_seq=8).block.MotionMode == 1


@pytest.mark.parametrize(
    "words", [{"bits": VisionBits.ONLINE | VisionBits.FAULT}, {"boot_id": 6}, {"bits": VisionBits(0)}]
)
def test_set_points_of_a_faulty_or_restarted_passgate_brake(words: dict[str, Any]) -> None:
    machine = Machine(FollowMotion=True, MaxBeltSpeed=300)
    machine.scan(motion_seq=1, belt_speed_set_mm_s=250).scan(motion_seq=2)
    assert machine.block.MotionMode == 1
    assert machine.scan(motion_seq=3, **words).block.MotionMode == 2


def test_the_bypass_key_lets_parts_through_the_eye_numbered_and_rejected_without_any_passgate() -> None:
    machine = Machine(BypassKey=True)
    machine.scan(PartAtEye=True, beat=False)
    assert machine.block.HoldBelt, "Passgate may not have seen our start yet"
    machine.scan(1000, PartAtEye=True, beat=False)
    assert machine.block.TriggerNew
    machine.scan(beat=False)
    assert (machine.block.VerdictNew, machine.block.Verdict, machine.block.RejectReason) == (True, 5, 8)


def test_one_scan_may_end_the_check_of_a_part_and_take_the_next_part() -> None:
    machine = Machine()
    machine.scan(1000).scan(PartAtEye=True, PartId=9).scan()
    block = machine.scan(PartAtEye=True, PartId=10, BypassKey=True).block
    assert (block.VerdictNew, block.VerdictSeq, block.Verdict, block.RejectReason) == (True, 1, 5, 8)
    assert (block.TriggerNew, block.LineTriggerSeq, block.LinePartIdLow) == (True, 2, 10)
    block = machine.scan(BypassKey=True).block
    assert (block.VerdictNew, block.VerdictSeq, block.Verdict, block.RejectReason) == (True, 2, 5, 8)
