"""What the link keeps of its handshakes and cycles: bounded, each moment once, ages told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.decision import Action, Decision
from inspection.line_events import OutcomeReported, PartMissed, PartTriggered, ResultAccepted
from inspection.part import MissedCause, Outcome, Trigger
from plc.diagnostics.diagnostics import CYCLES, CycleTimes, LinkCounters
from plc.diagnostics.register_image import register_image
from plc.diagnostics.timeline import LENGTH, OVERHEADS, Timeline
from plc.modbus.wire_failures import WireCounters
from plc.register_map.registers import LineBits, LineBlock, VisionBits, VisionBlock, VisionState
from plc.settings import LinkSettings
from tests.plc.handshaking import AT, MS, decision_on

BOOT = 77


def trigger(seq: int, *, seen_ms: int = 0) -> Trigger:
    return Trigger(
        seq=seq, part_id=seq + 100, plc_boot_id=BOOT, deadline_ms=500, seen_ns=seen_ms * MS, seen_at=AT
    )


def decided(part: Trigger, *, begun_ms: float, at_ms: float) -> Decision:
    decision = decision_on(part, Action.REWORK)
    timings = decision.timings_ms.model_copy(update={"trigger_to_capture": begun_ms, "total": at_ms})
    return decision.model_copy(update={"timings_ms": timings})


def go_through(timeline: Timeline, seq: int, *, start_ms: int = 0) -> None:
    part = trigger(seq, seen_ms=start_ms)
    timeline.note(PartTriggered(part), start_ms * MS)
    timeline.exposed(part, (start_ms + 12) * MS)
    timeline.published(part, decided(part, begun_ms=2.0, at_ms=90.0), (start_ms + 95) * MS)
    timeline.in_plc(seq, (start_ms + 110) * MS)
    timeline.note(ResultAccepted(seq, BOOT), (start_ms + 130) * MS)
    timeline.note(OutcomeReported(seq, BOOT, Outcome.DIVERTED), (start_ms + 900) * MS)


def test_a_handshake_is_told_moment_by_moment() -> None:
    timeline = Timeline()
    go_through(timeline, 5, start_ms=1000)
    (told,) = timeline.all()
    assert (told.seq, told.part_id, told.plc_boot_id, told.seen_at) == (5, 105, BOOT, AT)
    assert (told.capture_begun_ms, told.exposed_ms, told.decided_ms) == (2.0, 12.0, 90.0)
    assert (told.published_ms, told.in_plc_ms) == (95.0, 110.0)
    assert (told.acknowledged_ms, told.outcome_ms) == (130.0, 900.0)
    assert (told.action, told.outcome, told.missed, told.withheld) == (
        Action.REWORK,
        Outcome.DIVERTED,
        None,
        False,
    )
    assert told.overhead_ms == 2.0 + 110.0 - 90.0


def test_a_missed_part_says_why_and_still_gets_its_outcome() -> None:
    timeline = Timeline()
    timeline.note(PartMissed(trigger(1), MissedCause.OVERRUN), 0)
    timeline.note(OutcomeReported(1, BOOT, Outcome.DEFAULT_REJECTED), 30 * MS)
    (told,) = timeline.all()
    assert (told.missed, told.outcome, told.published_ms) == (
        MissedCause.OVERRUN,
        Outcome.DEFAULT_REJECTED,
        None,
    )


def test_a_part_whose_result_was_withheld_says_so() -> None:
    timeline = Timeline()
    timeline.note(PartTriggered(trigger(1)), 0)
    timeline.withheld(trigger(1))
    assert timeline.all()[0].withheld


def test_a_moment_is_told_once_and_never_moves() -> None:
    timeline = Timeline()
    go_through(timeline, 1)
    before = timeline.all()
    timeline.in_plc(1, 5000 * MS)
    timeline.note(ResultAccepted(1, BOOT), 5000 * MS)
    assert timeline.all() == before
    together = timeline.overhead().together
    assert together is not None
    assert together.n == 1


def test_another_run_of_the_plc_is_another_handshake() -> None:
    timeline = Timeline()
    go_through(timeline, 1)
    timeline.note(OutcomeReported(1, BOOT + 1, Outcome.RELEASED), 0)
    assert timeline.all()[0].outcome is Outcome.DIVERTED


@given(count=st.integers(0, 2 * LENGTH))
def test_the_newest_hundred_are_kept_newest_first(count: int) -> None:
    timeline = Timeline()
    for seq in range(1, count + 1):
        timeline.note(PartTriggered(trigger(seq)), 0)
    assert [told.seq for told in timeline.all()] == list(range(count, max(count - LENGTH, 0), -1))


def test_overheads_are_kept_longer_than_handshakes_and_still_bounded() -> None:
    timeline = Timeline()
    for seq in range(1, OVERHEADS + 200):
        go_through(timeline, seq, start_ms=seq * 1000)
    overhead = timeline.overhead()
    assert overhead.together is not None
    assert overhead.trigger_to_capture is not None
    assert overhead.decision_to_plc is not None
    assert overhead.together.n == OVERHEADS
    assert overhead.together.p99 == pytest.approx(22.0)
    assert overhead.trigger_to_capture.p50 == pytest.approx(2.0)
    assert overhead.decision_to_plc.p50 == pytest.approx(20.0)


# --- cycles -----------------------------------------------------------------------------------------------


def test_the_jitter_is_from_start_to_start_and_not_over_a_lost_connection() -> None:
    times = CycleTimes()
    for start_ms in (0, 20, 41, 60):
        times.started(start_ms * MS)
        times.ended((start_ms + 3) * MS)
    times.interrupted()
    for start_ms in (5000, 5020):
        times.started(start_ms * MS)
        times.ended((start_ms + 9) * MS)
    report = times.report(20)
    assert report.interval_ms is not None
    assert report.exchange_ms is not None
    assert (report.interval_ms.n, report.interval_ms.p50, report.interval_ms.max) == (4, 20.0, 21.0)
    assert (report.exchange_ms.n, report.exchange_ms.max) == (6, 9.0)


def test_the_times_of_cycles_are_bounded() -> None:
    times = CycleTimes()
    for start in range(2 * CYCLES):
        times.started(start * 20 * MS)
        times.ended(start * 20 * MS + MS)
    report = times.report(20)
    assert report.interval_ms is not None
    assert report.interval_ms.n == CYCLES


def test_before_the_first_cycle_nothing_is_claimed() -> None:
    report = CycleTimes().report(20)
    assert (report.interval_ms, report.exchange_ms) == (None, None)


def test_every_counter_of_the_wire_is_told() -> None:
    wire = WireCounters(**{name: number for number, name in enumerate(WireCounters.model_fields, 2)})
    told = LinkCounters.of(wire, cycles=70, late_cycles=71).model_dump()
    assert told.items() >= wire.model_dump().items()
    assert (told["cycles"], told["late_cycles"], told["reconnects"]) == (70, 71, wire.connections - 1)


# --- registers by name ------------------------------------------------------------------------------------


def test_registers_are_told_in_words() -> None:
    image = register_image(
        LineBlock(bits=LineBits.ENABLE | LineBits.FAULT_RESET | LineBits(1 << 9), outcome=2, outcome_seq=4),
        VisionBlock(
            bits=VisionBits.TRIGGER_READY,
            state=VisionState.EXECUTING,
            result_seq=3,
            decision=0x2D69,
            decision_complement=0xD296,
            error_code=0x2101,
        ),
        line_age_ms=5.0,
        vision_age_ms=None,
        settings=LinkSettings(line_base=1000, vision_base=2000),
    )
    line = {register.name: register for register in image.line.registers}
    vision = {register.name: register for register in image.vision.registers}
    assert line["bits"].text == "Enable, FaultReset, bit 9"
    assert (line["outcome"].text, line["outcome"].address) == ("diverted", 1008)
    assert (line["belt_speed_mm_s"].unit, line["belt_speed_mm_s"].value) == ("mm/s", 0)
    assert vision["bits"].text == "TriggerReady"
    assert vision["state"].text == "executing"
    assert vision["decision"].text == "rework"
    assert vision["error_code"].text == "severity 2, component 1, code 1"
    assert vision["result_seq_tail"].address == 2019
    assert (image.line.age_ms, image.vision.age_ms) == (5.0, None)


@given(words=st.lists(st.integers(0, 0xFFFF), min_size=21, max_size=21))
def test_any_registers_have_words(words: list[int]) -> None:
    image = register_image(
        LineBlock.unpack(words[:16]),
        VisionBlock.unpack(words),
        line_age_ms=0.0,
        vision_age_ms=0.0,
        settings=LinkSettings(),
    )
    decision = next(register for register in image.vision.registers if register.name == "decision")
    if words[8] != words[9] ^ 0xFFFF:
        assert decision.text in ("", "invalid")
