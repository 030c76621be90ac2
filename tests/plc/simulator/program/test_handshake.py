"""The PLC's side: what it takes for a result, and what it default-rejects."""

from dataclasses import replace
from typing import Any

import pytest

from inspection.decision import Action
from inspection.part import Outcome
from plc.register_map.registers import (
    DECISION_CODES,
    LineBits,
    VisionBits,
    VisionBlock,
    VisionState,
    complement,
)
from plc.simulator.program.handshake import (
    OUTCOME_FIFO,
    RESET_PULSE_NS,
    START_NS,
    VISION_TIMEOUT_NS,
    PlcHandshake,
    Rejected,
    Switches,
    Verdict,
)
from tests.plc.handshaking import MS

READY = VisionBits.ONLINE | VisionBits.TRIGGER_READY


class Plc:
    """A PlcHandshake before a vision block that the test sets; scans every 10 ms."""

    def __init__(self, *, allow_simulated: bool = False) -> None:
        self.handshake = PlcHandshake(boot_id=3, deadline_ms=500, allow_simulated=allow_simulated)
        self.vision = VisionBlock(bits=READY, boot_id=5, state=VisionState.READY)
        self.now_ns = 1_000 * MS

    def scan(self, *, ms: int = 10, beat: bool = True, **words: Any) -> Verdict | None:
        self.now_ns += ms * MS
        if beat:
            words.setdefault("heartbeat", self.vision.heartbeat + 1 & 0xFFFF)
        self.vision = replace(self.vision, **words)
        return self.handshake.step(self.vision, received_ns=self.now_ns - 2 * MS, now_ns=self.now_ns)

    def alive(self) -> "Plc":
        self.scan()
        self.scan()
        return self

    def switch(self, **switches: bool) -> None:
        self.handshake.set_switches(replace(self.handshake.switches, **switches), now_ns=self.now_ns)

    def may_trigger(self) -> bool:
        return self.handshake.may_trigger(self.now_ns)

    def trigger(self, part_id: int = 9) -> int:
        return self.handshake.raise_trigger(part_id, now_ns=self.now_ns)

    def result(self, seq: int, action: Action = Action.PASS, **words: Any) -> dict[str, Any]:
        code = DECISION_CODES[action]
        return {
            "bits": VisionBits.ONLINE | VisionBits.BUSY | VisionBits.RESULT_VALID,
            "result_seq": seq,
            "result_seq_tail": seq,
            "part_id": 9,
            "decision": code,
            "decision_complement": complement(code),
            "trigger_ack_seq": seq,
        } | words

    def line(self) -> Any:
        return self.handshake.image(belt_speed_mm_s=250, diverter_angle_ddeg=0, now_ns=self.now_ns)


@pytest.mark.parametrize("action", Action)
def test_a_valid_result_is_taken_as_it_was_decided(action: Action) -> None:
    plc = Plc().alive()
    seq = plc.trigger()
    assert plc.scan() is None
    verdict = plc.scan(**plc.result(seq, action))
    assert verdict == Verdict(seq=1, part_id=9, action=action, rejected=None, latency_ns=18 * MS)
    assert plc.line().result_ack_seq == 1


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ({"part_id": 8}, Rejected.PART_ID),
        ({"decision_complement": complement(DECISION_CODES[Action.REWORK])}, Rejected.DECISION),
        ({"decision": 0, "decision_complement": 0xFFFF}, Rejected.DECISION),
        ({"bits": VisionBits.ONLINE | VisionBits.RESULT_VALID | VisionBits.SIMULATED}, Rejected.SIMULATED),
        ({"boot_id": 6}, Rejected.VISION_RESTARTED),
    ],
)
def test_a_doubtful_result_is_a_default_reject(words: dict[str, Any], reason: Rejected) -> None:
    plc = Plc().alive()
    verdict = plc.scan(**plc.result(plc.trigger(), **words))
    assert verdict is not None
    assert (verdict.action, verdict.rejected) == (None, reason)
    assert plc.line().result_ack_seq == 0


@pytest.mark.parametrize(
    "words",
    [
        {"result_seq_tail": 0},
        {"result_seq": 0},
        {"result_seq": 2, "result_seq_tail": 2},
        {"bits": VisionBits.ONLINE | VisionBits.BUSY},
    ],
    ids=["torn: tail missing", "torn: head missing", "another trigger's", "not valid"],
)
def test_a_result_that_is_not_whole_or_not_ours_is_waited_out(words: dict[str, Any]) -> None:
    plc = Plc().alive()
    seq = plc.trigger()
    assert plc.scan(**plc.result(seq, **words)) is None
    verdict = plc.scan(**plc.result(seq))
    assert verdict is not None
    assert verdict.action is Action.PASS


def test_a_result_at_the_deadline_is_too_late() -> None:
    plc = Plc().alive()
    seq = plc.trigger()
    for _ in range(4):
        assert plc.scan(ms=120) is None
    verdict = plc.scan(ms=20, **plc.result(seq))
    assert verdict is not None
    assert verdict.rejected is Rejected.DEADLINE


def test_a_dead_vision_heartbeat_rejects_even_a_standing_pass() -> None:
    plc = Plc().alive()
    seq = plc.trigger()
    verdict = plc.scan(ms=300, beat=False, **plc.result(seq))
    assert verdict is not None
    assert verdict.rejected is Rejected.VISION_LOST


def test_simulated_pictures_count_only_where_they_are_allowed() -> None:
    plc = Plc(allow_simulated=True).alive()
    simulated = VisionBits.ONLINE | VisionBits.RESULT_VALID | VisionBits.SIMULATED
    verdict = plc.scan(**plc.result(plc.trigger(), bits=simulated))
    assert verdict is not None
    assert verdict.action is Action.PASS


@pytest.mark.parametrize(
    "words",
    [
        {"bits": VisionBits.ONLINE},
        {"bits": VisionBits.TRIGGER_READY},
        {"trigger_ack_seq": 4},
        {"map_version": 2},
    ],
    ids=["not ready", "not online", "has not seen our last trigger", "another map"],
)
def test_the_belt_waits_while_vision_is_not_ready(words: dict[str, Any]) -> None:
    plc = Plc().alive()
    plc.scan(**words)
    assert not plc.handshake.may_trigger(plc.now_ns)
    with pytest.raises(RuntimeError, match="not ready"):
        plc.trigger()


def test_what_a_dead_program_left_in_the_registers_is_no_life() -> None:
    plc = Plc()
    plc.scan(heartbeat=500)
    assert not plc.handshake.vision_alive(plc.now_ns)
    plc.scan(beat=False)
    assert not plc.handshake.vision_alive(plc.now_ns)


def test_outcomes_are_kept_until_they_are_acknowledged_in_order() -> None:
    plc = Plc().alive()
    for seq in (1, 2):
        assert plc.trigger() == seq
        plc.scan(**plc.result(seq))
        plc.scan(bits=READY)
        plc.handshake.report_outcome(seq, Outcome.RELEASED if seq == 1 else Outcome.HELD)
    assert list(plc.handshake.unacknowledged) == [1, 2]
    assert (plc.line().outcome_seq, plc.line().outcome) == (1, 1)
    plc.scan(outcome_ack_seq=1)
    assert (plc.line().outcome_seq, plc.line().outcome) == (2, 4)
    plc.scan(outcome_ack_seq=2)
    assert not plc.handshake.unacknowledged
    assert plc.line().outcome_seq == 2, "the last one stays in view"


def test_no_part_comes_whose_outcome_would_find_no_room() -> None:
    plc = Plc().alive()
    for seq in range(1, OUTCOME_FIFO + 1):
        plc.trigger()
        plc.scan(**plc.result(seq))
        plc.scan(bits=READY)
    assert not plc.handshake.may_trigger(plc.now_ns)
    plc.handshake.report_outcome(1, Outcome.RELEASED)
    assert not plc.handshake.may_trigger(plc.now_ns), "it still takes a place until it is acknowledged"
    plc.scan(outcome_ack_seq=1)
    assert plc.handshake.may_trigger(plc.now_ns)


def test_fault_reset_is_a_pulse() -> None:
    plc = Plc().alive()
    plc.scan(state=VisionState.HALTED, error_code=0x2101)
    assert plc.handshake.vision_halted(plc.now_ns)
    plc.handshake.reset_fault(plc.now_ns)
    assert LineBits.FAULT_RESET in plc.line().bits
    assert plc.line().error_ack == 0x2101
    plc.now_ns += RESET_PULSE_NS
    assert LineBits.FAULT_RESET not in plc.line().bits


def test_an_error_code_is_taken_note_of_as_it_is_shown() -> None:
    plc = Plc().alive()
    for code in (0x2101, 0, 0x2101):
        plc.scan(error_code=code)
        assert plc.line().error_ack == code


def test_a_challenge_that_is_due_is_shown_while_passgate_lives_and_decides_nothing() -> None:
    plc = Plc().alive()
    plc.scan(bits=READY | VisionBits.CHALLENGE_DUE)
    assert plc.handshake.challenge_due(plc.now_ns)
    assert plc.may_trigger(), "its pieces must come"
    plc.now_ns += VISION_TIMEOUT_NS
    assert not plc.handshake.challenge_due(plc.now_ns)


# --- the heartbeat of Passgate ------------------------------------------------------------------------------


def frozen(plc: Plc) -> None:
    plc.scan(ms=300, beat=False)
    assert plc.handshake.vision_lost


def test_a_frozen_vision_heartbeat_is_latched_though_it_beats_again() -> None:
    plc = Plc().alive()
    frozen(plc)
    plc.scan()
    assert plc.handshake.vision_alive(plc.now_ns)
    assert plc.handshake.vision_halted(plc.now_ns)
    assert not plc.may_trigger()
    plc.handshake.reset_fault(plc.now_ns)
    assert plc.may_trigger()


def test_enable_off_and_on_resets_the_latch_as_well() -> None:
    plc = Plc().alive()
    frozen(plc)
    plc.alive()
    plc.switch(enable=False)
    assert plc.handshake.vision_lost
    assert LineBits.ENABLE not in plc.line().bits
    plc.switch(enable=True)
    assert not plc.handshake.vision_lost


def test_nobody_resets_the_latch_while_the_heart_stands() -> None:
    plc = Plc().alive()
    frozen(plc)
    plc.handshake.reset_fault(plc.now_ns)
    plc.switch(enable=False)
    plc.switch(enable=True)
    assert plc.handshake.vision_lost


def test_a_program_that_took_leave_may_come_back_without_a_reset() -> None:
    plc = Plc().alive()
    plc.scan(bits=VisionBits(0), beat=False)
    plc.scan(ms=300, beat=False)
    assert not plc.handshake.vision_lost
    plc.scan(bits=READY, boot_id=6)
    plc.scan()
    assert plc.may_trigger()


def test_images_that_come_late_are_no_life() -> None:
    """Telegrams of a dead program that were held up on their way, twice over."""
    plc = Plc().alive()
    plc.scan(heartbeat=100)
    for ms in range(0, 290, 10):
        plc.scan(heartbeat=99 - ms % 20)
    assert plc.handshake.vision_alive(plc.now_ns)
    for _ in range(3):  # it goes on standing there
        plc.scan(heartbeat=98)
        assert not plc.handshake.vision_alive(plc.now_ns)
    assert plc.handshake.vision_lost


def test_an_image_that_comes_late_does_not_take_back_what_a_newer_one_said() -> None:
    plc = Plc().alive()
    seq = plc.trigger()
    plc.scan(heartbeat=50)
    assert plc.scan(heartbeat=49, **plc.result(seq)) is None, "nothing is taken from an old image"
    verdict = plc.scan(heartbeat=51)
    assert verdict is not None
    assert verdict.action is Action.PASS


def test_an_empty_vision_block_is_no_life() -> None:
    plc = Plc().alive()
    for _ in range(31):
        plc.vision = VisionBlock(map_version=0)
        plc.scan(beat=False)
    assert not plc.handshake.vision_alive(plc.now_ns)


# --- switches -----------------------------------------------------------------------------------------------


def test_a_disabled_line_takes_no_part() -> None:
    plc = Plc().alive()
    plc.switch(enable=False)
    assert not plc.may_trigger()


def bypassed(plc: Plc) -> Plc:
    plc.scan(ms=START_NS // MS, beat=False)
    plc.switch(bypass=True)
    return plc


def test_under_bypass_the_belt_does_not_wait_and_every_part_is_rejected() -> None:
    plc = Plc().alive()
    bypassed(plc)
    assert plc.handshake.vision_lost
    assert LineBits.BYPASS in plc.line().bits
    seq = plc.trigger()
    assert plc.line().trigger_seq == seq, "it is counted, so it comes on record"
    verdict = plc.scan()
    assert verdict is not None
    assert (verdict.action, verdict.rejected) == (None, Rejected.BYPASS)
    assert plc.line().result_ack_seq == 0


def test_the_key_rejects_even_a_part_that_has_its_pass() -> None:
    plc = Plc().alive()
    seq = plc.trigger()
    plc.switch(bypass=True)
    verdict = plc.scan(**plc.result(seq))
    assert verdict is not None
    assert verdict.rejected is Rejected.BYPASS


def test_turning_the_key_back_saves_no_part_that_came_under_it() -> None:
    plc = bypassed(Plc().alive())
    plc.alive()
    seq = plc.trigger()
    plc.switch(bypass=False)
    verdict = plc.scan(**plc.result(seq))
    assert verdict is not None
    assert verdict.rejected is Rejected.BYPASS


def test_the_key_opens_nothing_beyond_the_outcomes_that_can_be_kept() -> None:
    plc = bypassed(Plc().alive())
    for seq in range(1, OUTCOME_FIFO + 1):
        assert plc.may_trigger()
        plc.trigger()
        plc.scan(beat=False)
        plc.handshake.report_outcome(seq, Outcome.DEFAULT_REJECTED)
    assert not plc.may_trigger(), "the line waits until Passgate has them on record"


def test_in_its_first_second_a_restarted_plc_takes_no_part_even_under_bypass() -> None:
    plc = Plc()
    plc.scan()
    plc.switch(bypass=True)
    plc.scan(ms=START_NS // MS - 1)
    assert not plc.may_trigger()
    plc.scan(ms=1)
    assert plc.may_trigger()


def test_what_a_dead_program_acknowledged_in_an_earlier_run_of_the_plc_is_no_acknowledgement() -> None:
    plc = Plc()
    plc.scan(outcome_ack_seq=1, beat=False)
    bypassed(plc)
    plc.trigger()
    plc.scan(beat=False)
    plc.handshake.report_outcome(1, Outcome.DEFAULT_REJECTED)
    plc.scan(beat=False)
    assert plc.handshake.unacknowledged == (1,)


def test_the_switches_are_shown() -> None:
    plc = Plc()
    plc.handshake.set_switches(Switches(bypass=True, follow_motion=True), now_ns=0)
    assert plc.line().bits == (
        LineBits.ENABLE | LineBits.AUTO | LineBits.RUNNING | LineBits.BYPASS | LineBits.FOLLOW_MOTION
    )
