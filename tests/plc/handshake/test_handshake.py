"""Passgate's side of the handshake, promise by promise; time is a number, nothing sleeps."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from inspection.decision import Action
from inspection.line_events import (
    HaltCleared,
    Halted,
    KnownPart,
    LineEvent,
    LinkChanged,
    OutcomeReported,
    PartMissed,
    PartTriggered,
    PlcRestarted,
    ResultAccepted,
    RunTakenOver,
)
from inspection.part import MissedCause, Outcome
from plc.handshake.halts import LINK_HALTED
from plc.handshake.handshake import MAX_EVENTS
from plc.handshake.trigger_count import MAX_BACKLOG, MAX_GAP
from plc.register_map.registers import LineBits, LineBlock, VisionBits, VisionBlock, VisionState, action_of
from tests.plc.handshaking import AT, MS, PLC_BOOT, RUNNING, Vision, decision_on


def missed(events: Sequence[LineEvent]) -> list[tuple[int, MissedCause]]:
    return [(event.trigger.seq, event.cause) for event in events if isinstance(event, PartMissed)]


# --- taking up the count ------------------------------------------------------------------------------------


def test_the_link_is_up_only_when_the_plcs_heart_was_seen_to_beat() -> None:
    vision = Vision()
    assert vision.cycle() == []
    assert vision.cycle(beat=False) == []
    assert vision.cycle() == [LinkChanged(up=True, reason="the PLC's heartbeat beats")]


def test_a_first_start_before_an_idle_plc_reports_nothing() -> None:
    vision = Vision()
    assert missed(vision.up()) == []
    assert vision.shows(VisionBits.TRIGGER_READY)


def test_of_an_unknown_run_of_the_plc_all_from_the_outcome_it_shows_is_news() -> None:
    vision = Vision(known=KnownPart(plc_boot_id=1, seq=12, part_id=1))
    assert missed(vision.up(trigger_seq=40, outcome_seq=39, outcome=1)) == [
        (39, MissedCause.GAP),
        (40, MissedCause.RESTART),
    ]
    vision = Vision()
    assert missed(vision.up(trigger_seq=1, outcome_seq=1, outcome=5)) == [(1, MissedCause.GAP)]
    vision = Vision()
    assert missed(vision.up(trigger_seq=2)) == [(1, MissedCause.GAP), (2, MissedCause.RESTART)]


def test_of_an_unknown_run_with_a_long_history_only_the_newest_is_news() -> None:
    vision = Vision()
    assert missed(vision.up(trigger_seq=5000)) == [(5000, MissedCause.RESTART)]
    assert not vision.handshake.halt_reason


def test_two_kills_before_anything_is_recorded_lose_no_trigger() -> None:
    """Found by the stateful test: the miss told after the first kill was itself lost in the second."""
    vision = Vision()
    assert missed(vision.up(trigger_seq=1, outcome_seq=1, outcome=5)) == [(1, MissedCause.GAP)]
    successor = Vision()
    assert missed(successor.up(trigger_seq=2, outcome_seq=1, outcome=5)) == [
        (1, MissedCause.GAP),
        (2, MissedCause.RESTART),
    ]


def test_after_a_restart_every_trigger_beyond_the_record_is_missed_once() -> None:
    vision = Vision(known=KnownPart(plc_boot_id=PLC_BOOT, seq=65534, part_id=1))
    assert missed(vision.up(trigger_seq=2, outcome_seq=1)) == [
        (65535, MissedCause.GAP),
        (1, MissedCause.GAP),
        (2, MissedCause.RESTART),
    ]


def test_after_a_restart_the_trigger_on_record_is_not_reported_again() -> None:
    vision = Vision(known=KnownPart(plc_boot_id=PLC_BOOT, seq=7, part_id=1))
    assert missed(vision.up(trigger_seq=7)) == []
    assert vision.handshake.image().trigger_ack_seq == 7


def test_only_the_part_under_the_camera_is_named_in_a_gap() -> None:
    vision = Vision()
    vision.up()
    events = vision.cycle(trigger_seq=3, part_id=33)
    assert [event.trigger.part_id for event in events if isinstance(event, PartMissed | PartTriggered)] == [
        0,
        0,
        33,
    ]


# --- a part -------------------------------------------------------------------------------------------------


def test_a_trigger_is_told_once_however_often_it_is_read() -> None:
    vision = Vision()
    vision.up()
    trigger = vision.triggered(1)
    assert (trigger.seq, trigger.part_id, trigger.plc_boot_id, trigger.seen_at) == (1, 9, PLC_BOOT, AT)
    assert [vision.cycle() for _ in range(5)] == [[]] * 5


def test_a_part_keeps_us_busy_until_the_plc_has_its_result() -> None:
    vision = Vision()
    vision.up()
    trigger = vision.triggered(1)
    block = vision.handshake.image()
    assert VisionBits.BUSY in block.bits
    assert VisionBits.TRIGGER_READY not in block.bits
    assert (block.state, block.trigger_ack_seq) == (VisionState.EXECUTING, 1)
    vision.handshake.exposure_complete(trigger)
    assert vision.shows(VisionBits.EXPOSURE_COMPLETE)
    assert vision.publish(trigger, Action.REWORK)
    assert vision.shows(VisionBits.BUSY)
    assert vision.cycle(result_ack_seq=1) == [ResultAccepted(seq=1, plc_boot_id=PLC_BOOT)]
    assert vision.shows(VisionBits.TRIGGER_READY)
    assert not vision.shows(VisionBits.RESULT_VALID)


def test_a_result_is_whole_and_says_what_was_decided() -> None:
    vision = Vision()
    vision.up()
    trigger = vision.triggered(1, part_id=0xABCDE)
    vision.now_ns += 80 * MS
    assert vision.publish(trigger, Action.STOP, simulated=True)
    block = vision.handshake.image()
    assert VisionBits.RESULT_VALID | VisionBits.SIMULATED in block.bits
    assert block.result_seq == block.result_seq_tail == 1
    assert (block.part_id, block.defect_code, block.confidence, block.latency_ms) == (0xABCDE, 3, 9700, 80)
    assert action_of(decision=block.decision, decision_complement=block.decision_complement) is Action.STOP


def test_the_first_result_stands() -> None:
    vision = Vision()
    vision.up()
    trigger = vision.triggered(1)
    assert vision.publish(trigger, Action.MANUAL_REVIEW)
    assert not vision.publish(trigger, Action.PASS)
    block = vision.handshake.image()
    assert (
        action_of(decision=block.decision, decision_complement=block.decision_complement)
        is Action.MANUAL_REVIEW
    )


def test_a_decision_on_another_part_is_never_published() -> None:
    vision = Vision()
    vision.up()
    trigger = vision.triggered(1, part_id=9)
    other = decision_on(trigger.model_copy(update={"part_id": 10}))
    with pytest.raises(ValueError, match="part 10"):
        vision.handshake.publish(trigger, other, defect_code=0, simulated=False, now_ns=vision.now_ns)
    assert not vision.shows(VisionBits.RESULT_VALID)


def test_no_result_after_the_plcs_deadline() -> None:
    vision = Vision(deadline_ms=300)
    vision.up()
    trigger = vision.triggered(1)
    vision.now_ns = trigger.seen_ns + 300 * MS
    assert not vision.publish(trigger)
    assert not vision.shows(VisionBits.RESULT_VALID | VisionBits.BUSY)


def test_a_plc_that_gives_no_deadline_has_500_ms() -> None:
    vision = Vision(deadline_ms=0)
    vision.up()
    assert vision.triggered(1).deadline_ms == 500


def test_a_result_that_is_never_acknowledged_is_withdrawn_after_the_deadline() -> None:
    vision = Vision()
    vision.up()
    assert vision.publish(vision.triggered(1))
    for _ in range(31):
        vision.cycle()
    block = vision.handshake.image()
    assert VisionBits.TRIGGER_READY in block.bits
    assert (block.result_seq, block.result_seq_tail, block.decision) == (0, 0, 0)


def test_an_abandoned_part_makes_ready_for_the_next() -> None:
    vision = Vision()
    vision.up()
    vision.handshake.abandon(vision.triggered(1))
    assert vision.shows(VisionBits.TRIGGER_READY)
    assert vision.triggered(2).seq == 2


def test_a_result_is_taken_back_as_long_as_it_was_not_sent() -> None:
    vision = Vision()
    vision.up()
    trigger = vision.triggered(1)
    assert vision.publish(trigger)
    vision.handshake.abandon(trigger)
    block = vision.handshake.image()
    assert (block.result_seq, block.decision) == (0, 0)
    assert VisionBits.RESULT_VALID not in block.bits
    trigger = vision.triggered(2)
    assert vision.publish(trigger)
    assert vision.handshake.image().result_seq == 2
    vision.handshake.abandon(trigger)  # too late: it is the PLC's to judge
    assert vision.handshake.image().result_seq == 2


def test_an_outcome_that_comes_before_the_decision_closes_the_part() -> None:
    vision = Vision()
    vision.up()
    trigger = vision.triggered(1)
    assert vision.cycle(outcome_seq=1, outcome=5) == [
        OutcomeReported(seq=1, plc_boot_id=PLC_BOOT, outcome=Outcome.DEFAULT_REJECTED)
    ]
    assert not vision.publish(trigger)


# --- acknowledgement ----------------------------------------------------------------------------------------


def test_a_late_acknowledgement_is_told_but_no_longer_awaited() -> None:
    vision = Vision()
    vision.up()
    assert vision.publish(vision.triggered(1))
    for _ in range(40):
        vision.cycle()
    assert vision.shows(VisionBits.TRIGGER_READY)
    assert vision.cycle(result_ack_seq=1) == [ResultAccepted(seq=1, plc_boot_id=PLC_BOOT)]


def test_an_acknowledgement_is_told_once() -> None:
    vision = Vision()
    vision.up()
    assert vision.publish(vision.triggered(1))
    assert len(vision.cycle(result_ack_seq=1)) == 1
    assert vision.cycle(result_ack_seq=1) == []


@pytest.mark.parametrize("published", [False, True], ids=["undecided", "decided but not sent"])
def test_a_plc_that_acknowledges_what_it_was_never_given_is_halted(published: bool) -> None:
    vision = Vision()
    vision.up()
    trigger = vision.triggered(1)
    line = vision.line
    if published:
        assert vision.publish(trigger)
    vision.set(heartbeat=line.heartbeat + 1, result_ack_seq=1)
    (halted,) = vision.handshake.observe(vision.line, now_ns=vision.now_ns, at=AT)
    assert isinstance(halted, Halted)
    assert "part 9" in halted.reason
    assert not vision.publish(trigger)
    assert not vision.shows(VisionBits.RESULT_VALID)


def test_a_number_that_was_acknowledged_65535_triggers_ago_acknowledges_nothing() -> None:
    vision = Vision(known=KnownPart(plc_boot_id=PLC_BOOT, seq=6, part_id=1))
    vision.up(trigger_seq=6, result_ack_seq=7)
    trigger = vision.triggered(7)
    assert vision.publish(trigger)
    assert vision.cycle() == []
    assert vision.shows(VisionBits.RESULT_VALID)


# --- triggers that get no inspection -----------------------------------------------------------------------


def test_a_trigger_while_busy_is_an_overrun_and_latches() -> None:
    vision = Vision()
    vision.up()
    first = vision.triggered(1)
    assert missed(vision.cycle(trigger_seq=2)) == [(2, MissedCause.OVERRUN)]
    assert vision.shows(VisionBits.OVERRUN)
    assert not vision.publish(first), "the PLC waits for number 2 now"
    vision.cycle(bits=RUNNING | LineBits.FAULT_RESET)
    assert not vision.shows(VisionBits.OVERRUN)


def test_a_trigger_while_not_ready_is_missed() -> None:
    vision = Vision()
    vision.up()
    vision.handshake.set_ready(False)
    vision.cycle()
    vision.cycle()
    assert missed(vision.cycle(trigger_seq=1)) == [(1, MissedCause.NOT_READY)]


def test_an_offer_that_the_plc_took_before_it_saw_it_withdrawn_still_holds() -> None:
    vision = Vision()
    vision.up()
    vision.cycle()
    vision.handshake.set_ready(False)
    assert vision.triggered(1).seq == 1


@pytest.mark.parametrize("unable", ["fault", "disabled"])
def test_a_fault_or_a_disabled_line_withholds_ready(unable: str) -> None:
    vision = Vision()
    vision.up()
    if unable == "fault":
        vision.handshake.set_fault(0x2101)
        assert vision.handshake.image().state == VisionState.ERROR
    else:
        vision.cycle(bits=LineBits.AUTO)
    assert not vision.shows(VisionBits.TRIGGER_READY)
    assert missed(vision.cycle(trigger_seq=1)) == [(1, MissedCause.NOT_READY)]


def test_each_number_of_a_gap_is_missed_across_the_wrap() -> None:
    vision = Vision(known=KnownPart(plc_boot_id=PLC_BOOT, seq=65533, part_id=1))
    vision.up(trigger_seq=65533)
    events = vision.cycle(trigger_seq=2)
    assert missed(events) == [(65534, MissedCause.GAP), (65535, MissedCause.GAP), (1, MissedCause.GAP)]
    assert isinstance(events[-1], PartTriggered)


def test_a_jump_too_far_to_be_a_gap_halts_instead_of_flooding() -> None:
    vision = Vision()
    vision.up()
    events = vision.cycle(trigger_seq=MAX_BACKLOG + 1)
    assert isinstance(events[0], Halted)
    assert f"from 0 to {MAX_BACKLOG + 1}" in events[0].reason
    assert missed(events) == [(MAX_BACKLOG + 1, MissedCause.NOT_READY)]


def test_a_backlog_is_told_one_number_a_cycle_and_no_part_is_taken_until_its_end() -> None:
    vision = Vision()
    vision.up()
    told: list[tuple[int, MissedCause]] = []
    for _ in range(MAX_GAP):
        events = vision.cycle(trigger_seq=MAX_GAP + 1, part_id=33)
        assert len(events) == 1
        assert not vision.shows(VisionBits.TRIGGER_READY)
        told += missed(events)
    last = vision.cycle()
    told += missed(last)
    assert told == [(seq, MissedCause.GAP) for seq in range(1, MAX_GAP + 2)]
    assert isinstance(last[0], PartMissed)
    assert last[0].trigger.part_id == 33
    assert vision.shows(VisionBits.TRIGGER_READY)
    assert vision.triggered(MAX_GAP + 2)


def test_triggers_that_come_while_a_backlog_is_told_queue_up_behind_it() -> None:
    vision = Vision(known=KnownPart(plc_boot_id=PLC_BOOT, seq=65_000, part_id=1))
    told = missed(vision.up(trigger_seq=65_400))
    told += missed(vision.cycle(trigger_seq=3))
    for _ in range(600):
        told += missed(vision.cycle())
    assert [seq for seq, _ in told] == [*range(65_001, 65_536), 1, 2, 3]


def test_an_outcome_waits_until_the_backlog_has_told_its_trigger() -> None:
    vision = Vision()
    vision.up()
    events = vision.cycle(trigger_seq=MAX_GAP + 2, outcome_seq=MAX_GAP + 2, outcome=5)
    while not any(isinstance(event, OutcomeReported) for event in events):
        events += vision.cycle()
    assert [event.trigger.seq for event in events if isinstance(event, PartMissed)][-1] == MAX_GAP + 2
    assert isinstance(events[-1], OutcomeReported)


def test_the_largest_gap_stays_within_the_bound_that_the_link_reserves() -> None:
    vision = Vision()
    vision.up()
    events = vision.cycle(trigger_seq=MAX_GAP, outcome_seq=1, outcome=1)
    assert len(missed(events)) == MAX_GAP - 1
    assert len(events) <= MAX_EVENTS


def test_another_part_under_a_known_number_halts_for_it_cannot_be_on_record() -> None:
    vision = Vision()
    vision.up()
    trigger = vision.triggered(1, part_id=9)
    for _ in range(5):
        assert vision.cycle(part_id=10) == []
    (halted,) = vision.cycle()
    assert isinstance(halted, Halted)
    assert "part 10" in halted.reason
    assert not vision.publish(trigger)
    vision.cycle(bits=RUNNING | LineBits.FAULT_RESET)
    assert [vision.cycle() for _ in range(10)] == [[]] * 10, "said once"
    assert vision.triggered(2, part_id=11).part_id == 11


def test_a_part_id_that_is_there_a_moment_before_its_number_is_no_repetition() -> None:
    vision = Vision()
    vision.up()
    vision.handshake.abandon(vision.triggered(1, part_id=9))
    assert vision.cycle(part_id=10, ms=20) == []
    assert vision.triggered(2, part_id=10).part_id == 10
    assert [vision.cycle() for _ in range(10)] == [[]] * 10


def test_another_part_under_the_last_number_on_record_is_found_out_after_a_restart() -> None:
    vision = Vision(known=KnownPart(plc_boot_id=PLC_BOOT, seq=7, part_id=1))
    events = vision.up(trigger_seq=7, part_id=2)
    for _ in range(6):
        events += vision.cycle()
    assert [type(event) for event in events] == [LinkChanged, Halted]


# --- link and heartbeat ------------------------------------------------------------------------------------


def test_a_lost_connection_closes_the_open_part_and_replays_nothing() -> None:
    vision = Vision()
    vision.up()
    trigger = vision.triggered(1)
    assert vision.publish(trigger)
    assert vision.handshake.lost("cable") == (LinkChanged(up=False, reason="cable"),)
    assert vision.handshake.lost("cable") == (), "the same news once"
    assert vision.handshake.image().result_seq == 0
    assert missed(vision.cycle(trigger_seq=3)) == [(2, MissedCause.GAP), (3, MissedCause.GAP)]
    assert vision.cycle() == [LinkChanged(up=True, reason="the PLC's heartbeat beats")]
    assert vision.handshake.image().result_seq == 0


def test_an_acknowledgement_read_after_the_reconnect_still_counts() -> None:
    vision = Vision()
    vision.up()
    assert vision.publish(vision.triggered(1))
    vision.cycle()
    vision.handshake.lost("cable")
    assert vision.cycle(result_ack_seq=1) == [ResultAccepted(seq=1, plc_boot_id=PLC_BOOT)]


def test_a_frozen_heartbeat_halts_and_stays_halted() -> None:
    vision = Vision()
    vision.up()
    trigger = vision.triggered(1)
    assert vision.cycle(ms=499, beat=False) == []
    down, halted = vision.cycle(ms=1, beat=False)
    assert down == LinkChanged(up=False, reason="the PLC's heartbeat stood still for 500 ms")
    assert isinstance(halted, Halted)
    assert "FaultReset" in halted.reason
    assert not vision.publish(trigger)
    assert [type(event) for event in vision.cycle()] == [LinkChanged], "beating again is not enough"
    block = vision.handshake.image()
    assert (block.state, VisionBits.FAULT in block.bits) == (VisionState.HALTED, True)
    assert block.error_code != 0
    assert not vision.shows(VisionBits.TRIGGER_READY)


@pytest.mark.parametrize(
    ("before", "after"),
    [(RUNNING, RUNNING | LineBits.FAULT_RESET), (LineBits.AUTO, RUNNING)],
    ids=["FaultReset", "Enable 0→1"],
)
def test_the_latch_leaves_by_a_rising_edge(before: LineBits, after: LineBits) -> None:
    vision = Vision()
    vision.up()
    vision.cycle(ms=600, beat=False)
    vision.cycle(bits=before)
    assert vision.cycle(bits=after) == [HaltCleared()]
    assert vision.shows(VisionBits.TRIGGER_READY)


def test_a_reset_that_is_held_down_clears_no_later_halt() -> None:
    vision = Vision(bits=RUNNING | LineBits.FAULT_RESET)
    vision.up()
    vision.cycle(ms=600, beat=False)
    for _ in range(5):
        vision.cycle()
    assert vision.handshake.halt_reason


def test_a_reset_from_a_plc_without_a_heartbeat_clears_nothing() -> None:
    vision = Vision()
    vision.up()
    vision.cycle(ms=600, beat=False)
    vision.cycle(beat=False, bits=RUNNING | LineBits.FAULT_RESET)
    assert vision.handshake.halt_reason


def test_before_the_first_contact_nothing_halts() -> None:
    vision = Vision()
    vision.handshake.lost("nobody there")
    assert vision.handshake.tick(vision.now_ns + 60_000 * MS) == ()


def test_a_plc_that_restarts_is_told_and_closes_the_open_part() -> None:
    vision = Vision()
    vision.up()
    trigger = vision.triggered(1)
    events = vision.cycle(boot_id=78, trigger_seq=0, part_id=0)
    assert events == [PlcRestarted(old_boot_id=PLC_BOOT, new_boot_id=78)]
    assert not vision.publish(trigger)
    assert vision.triggered(1).plc_boot_id == 78


def test_another_map_version_halts_in_words() -> None:
    vision = Vision()
    events = vision.cycle(map_version=2)
    assert isinstance(events[-1], Halted)
    assert "map version 2" in events[-1].reason
    assert vision.cycle(map_version=2) == []


def test_a_plc_that_has_not_started_yet_is_waited_for() -> None:
    vision = Vision()
    (event,) = vision.handshake.observe(LineBlock(map_version=0), now_ns=vision.now_ns, at=AT)
    assert isinstance(event, LinkChanged)
    assert "map version 0" in event.reason
    assert not vision.handshake.halt_reason


def test_a_plc_that_counts_anew_under_its_old_boot_id_is_found_out_and_halted() -> None:
    vision = Vision()
    vision.up()
    trigger = vision.triggered(1)
    restarted, halted = vision.cycle(trigger_seq=0, part_id=0)
    assert restarted == PlcRestarted(old_boot_id=PLC_BOOT, new_boot_id=PLC_BOOT)
    assert isinstance(halted, Halted)
    assert "boot_id" in halted.reason
    assert not vision.publish(trigger)
    vision.cycle()
    assert vision.cycle(bits=RUNNING | LineBits.FAULT_RESET) == [HaltCleared()]
    assert vision.triggered(1).seq == 1, "the same number is another part's now"


def test_a_plc_that_counted_anew_while_we_were_away_is_found_out_as_well() -> None:
    vision = Vision(known=KnownPart(plc_boot_id=PLC_BOOT, seq=100, part_id=1))
    events = vision.up(trigger_seq=0)
    assert [type(event) for event in events] == [PlcRestarted, Halted, LinkChanged]


def test_an_image_that_comes_late_changes_nothing() -> None:
    vision = Vision()
    vision.up()
    old = vision.line
    trigger = vision.triggered(1)
    newest = vision.line
    vision.line = old
    assert vision.cycle(ms=5, beat=False) == []
    assert vision.handshake.image().trigger_ack_seq == 1
    vision.line = newest
    assert vision.publish(trigger)
    assert vision.cycle(result_ack_seq=1) == [ResultAccepted(seq=1, plc_boot_id=PLC_BOOT)]


def test_images_that_come_late_are_no_life() -> None:
    vision = Vision()
    vision.up()
    vision.cycle(heartbeat=100)
    events: list[LineEvent] = []
    for ms in range(25):
        events += vision.cycle(beat=False, heartbeat=99 - ms % 3)
    down, halted = events
    assert isinstance(down, LinkChanged)
    assert isinstance(halted, Halted)
    assert "instead of counting up" in halted.reason


def test_a_late_image_does_not_press_the_reset_again() -> None:
    vision = Vision()
    vision.up()
    vision.cycle(heartbeat=100, bits=RUNNING | LineBits.FAULT_RESET)
    vision.cycle(heartbeat=101, bits=RUNNING)
    vision.handshake.halt("test")
    vision.cycle(beat=False, heartbeat=100, bits=RUNNING | LineBits.FAULT_RESET)
    assert vision.handshake.halt_reason


# --- the bypass key -----------------------------------------------------------------------------------------


def test_a_part_that_comes_under_the_key_is_on_record_and_gets_no_result() -> None:
    vision = Vision()
    vision.up()
    vision.cycle(bits=RUNNING | LineBits.BYPASS)
    assert vision.handshake.bypassed
    assert not vision.shows(VisionBits.TRIGGER_READY)
    (event,) = vision.cycle(trigger_seq=1, part_id=9)
    assert isinstance(event, PartMissed)
    assert (event.trigger.part_id, event.cause) == (9, MissedCause.BYPASS)
    assert not vision.publish(event.trigger)
    assert not vision.shows(VisionBits.OVERRUN | VisionBits.RESULT_VALID)


@pytest.mark.parametrize("published", [False, True])
def test_the_key_takes_back_what_was_offered_for_the_open_part(published: bool) -> None:
    vision = Vision()
    vision.up()
    trigger = vision.triggered(1)
    if published:
        assert vision.publish(trigger)
    vision.cycle(bits=RUNNING | LineBits.BYPASS)
    assert not vision.publish(trigger)
    assert not vision.shows(VisionBits.RESULT_VALID)
    vision.cycle(bits=RUNNING)
    assert not vision.publish(trigger), "turned back, the part stays rejected"
    assert vision.shows(VisionBits.TRIGGER_READY)


# --- errors -------------------------------------------------------------------------------------------------


def error(vision: Vision) -> int:
    return vision.handshake.image().error_code


def test_a_fault_is_shown_until_it_is_gone_and_acknowledged() -> None:
    vision = Vision()
    vision.up()
    vision.handshake.set_fault(0x2101)
    vision.cycle()
    vision.cycle(error_ack=0x2101)
    assert error(vision) == 0x2101, "acknowledging mends nothing"
    vision.handshake.set_fault(0)
    assert error(vision) == 0
    assert vision.shows(VisionBits.TRIGGER_READY)


def test_a_fault_that_came_and_went_is_shown_until_it_is_acknowledged() -> None:
    vision = Vision()
    vision.up()
    vision.handshake.set_fault(0x2101)
    vision.handshake.set_fault(0)
    assert vision.shows(VisionBits.TRIGGER_READY), "it holds up nothing"
    vision.cycle()
    assert error(vision) == 0x2101
    vision.cycle(error_ack=0x2101)
    assert error(vision) == 0


def test_an_acknowledgement_from_last_time_acknowledges_nothing() -> None:
    vision = Vision()
    vision.up(error_ack=0x2101)
    vision.handshake.set_fault(0x2101)
    vision.cycle()
    vision.handshake.set_fault(0)
    vision.cycle()
    assert error(vision) == 0x2101
    vision.cycle(error_ack=0)
    vision.cycle(error_ack=0x2101)
    assert error(vision) == 0


def test_a_halt_is_shown_as_an_error_and_a_reset_acknowledges_all() -> None:
    vision = Vision()
    vision.up()
    vision.handshake.halt("test")
    vision.cycle()
    assert error(vision) == LINK_HALTED
    vision.cycle(bits=RUNNING | LineBits.FAULT_RESET)
    assert error(vision) == 0


# --- outcomes ----------------------------------------------------------------------------------------------


def test_an_outcome_is_acknowledged_only_when_it_is_on_record() -> None:
    vision = Vision()
    vision.up()
    vision.handshake.abandon(vision.triggered(1))
    assert vision.cycle(outcome_seq=1, outcome=2) == [
        OutcomeReported(seq=1, plc_boot_id=PLC_BOOT, outcome=Outcome.DIVERTED)
    ]
    assert vision.cycle() == []
    assert vision.handshake.image().outcome_ack_seq == 0
    vision.handshake.outcome_recorded(1, PLC_BOOT)
    assert vision.handshake.image().outcome_ack_seq == 1


def test_an_outcome_that_is_not_on_record_is_shown_again_to_the_next_run() -> None:
    vision = Vision(known=KnownPart(plc_boot_id=PLC_BOOT, seq=3, part_id=1))
    events = vision.up(trigger_seq=3, outcome_seq=3, outcome=1)
    assert OutcomeReported(seq=3, plc_boot_id=PLC_BOOT, outcome=Outcome.RELEASED) in events


def test_a_plc_that_overwrites_its_outcomes_is_coped_with() -> None:
    vision = Vision()
    vision.up()
    seen = [event for seq in (1, 2, 4) for event in vision.cycle(outcome_seq=seq, outcome=2)]
    assert [event.seq for event in seen if isinstance(event, OutcomeReported)] == [1, 2, 4]


def test_the_outcome_of_a_missed_trigger_comes_after_the_trigger() -> None:
    vision = Vision(known=KnownPart(plc_boot_id=PLC_BOOT, seq=1, part_id=1))
    first, second, *_ = vision.cycle(trigger_seq=2, outcome_seq=2, outcome=5)
    assert isinstance(first, PartMissed)
    assert isinstance(second, OutcomeReported)


def test_an_acknowledgement_for_another_run_of_the_plc_is_not_shown() -> None:
    vision = Vision()
    vision.up()
    vision.handshake.outcome_recorded(9, PLC_BOOT + 1)
    assert vision.handshake.image().outcome_ack_seq == 0


# --- what is shown -----------------------------------------------------------------------------------------


def test_each_image_is_one_heartbeat_and_wraps() -> None:
    vision = Vision()
    beats = [vision.handshake.image().heartbeat for _ in range(0x10001)]
    assert beats[:2] == [1, 2]
    assert beats[0xFFFE:] == [0xFFFF, 0, 1]


def test_recipe_store_and_fault_are_shown() -> None:
    vision = Vision()
    vision.up()
    vision.handshake.set_recipe(12)
    vision.handshake.set_degraded(True)
    vision.handshake.set_fault(0x3501)
    block = vision.handshake.image()
    assert (block.active_recipe, block.error_code) == (12, 0x3501)
    assert VisionBits.STORE_DEGRADED | VisionBits.FAULT in block.bits
    for due in (True, False):
        vision.handshake.set_challenge_due(due)
        assert (VisionBits.CHALLENGE_DUE in vision.handshake.image().bits) == due


def test_the_farewell_offers_nothing() -> None:
    vision = Vision()
    vision.up()
    vision.publish(vision.triggered(1))
    block = vision.handshake.farewell()
    assert not block.bits
    assert (block.result_seq, block.result_seq_tail) == (0, 0)


# --- another engine's parts -------------------------------------------------------------------------------

OTHER = VisionBlock(boot_id=99, trigger_ack_seq=28)
"""As an engine left it that has seen 28 parts."""


@pytest.mark.parametrize(
    ("known", "causes"),
    [
        (None, [(27, MissedCause.BEFORE_RECORD), (28, MissedCause.BEFORE_RECORD), (29, MissedCause.RESTART)]),
        (
            KnownPart(plc_boot_id=PLC_BOOT, seq=26, part_id=3),
            [(27, MissedCause.BEFORE_RECORD), (28, MissedCause.BEFORE_RECORD), (29, MissedCause.RESTART)],
        ),
        (KnownPart(plc_boot_id=PLC_BOOT, seq=28, part_id=3), [(29, MissedCause.RESTART)]),
    ],
    ids=["a new record", "a restored backup", "a record that has them all"],
)
def test_parts_that_an_engine_with_another_record_saw_are_told_as_such(
    known: KnownPart | None, causes: list[tuple[int, MissedCause]]
) -> None:
    vision = Vision(known=known, trigger_seq=29, outcome_seq=27, part_id=9)
    events = list(vision.handshake.take_up(vision.line, found=OTHER, own=False))
    assert events == ([] if len(causes) == 1 else [RunTakenOver(PLC_BOOT, 99, 28)])
    assert missed(vision.cycle()) == causes
    vision.cycle()
    assert missed(vision.cycle(trigger_seq=30)) == [(30, MissedCause.NOT_READY)]


@pytest.mark.parametrize(
    ("left", "lost"),
    [
        (replace(OTHER, outcome_ack_seq=25), False),
        (replace(OTHER, result_seq=26, outcome_ack_seq=25), False),
        (replace(OTHER, outcome_ack_seq=27), True),
        (replace(OTHER, result_seq=27, outcome_ack_seq=25), True),
    ],
    ids=["killed over a part", "killed before it was published", "an outcome is gone", "a result is gone"],
)
def test_rows_that_an_earlier_run_had_on_record_and_that_are_gone_are_told_and_no_others(
    left: VisionBlock, lost: bool
) -> None:
    known = KnownPart(plc_boot_id=PLC_BOOT, seq=26, part_id=3)
    vision = Vision(known=known, trigger_seq=28, outcome_seq=28, part_id=9)
    told = RunTakenOver(PLC_BOOT, 99, 28, rows_lost=True, outcomes_told=left.outcome_ack_seq)
    assert list(vision.handshake.take_up(vision.line, found=left, own=True)) == ([told] if lost else [])
    causes = {cause for _, cause in missed(vision.cycle())}
    assert (causes == {MissedCause.BEFORE_RECORD}) is lost


@pytest.mark.parametrize(
    ("shown", "acknowledged", "told"),
    [(25, 24, 24), (25, 25, 24), (0, 25, 25), (1, 0, 0), (25, 60, 0)],
    ids=[
        "the next is shown",
        "it is shown still",
        "none is shown",
        "none was told",
        "of another run of the PLC",
    ],
)
def test_outcomes_that_another_engine_acknowledged_are_named_but_not_the_one_that_is_shown_still(
    shown: int, acknowledged: int, told: int
) -> None:
    vision = Vision(trigger_seq=28, outcome_seq=shown, part_id=9)
    (event,) = vision.handshake.take_up(
        vision.line, found=replace(OTHER, outcome_ack_seq=acknowledged), own=False
    )
    assert isinstance(event, RunTakenOver)
    assert event.outcomes_told == told


def test_an_earlier_run_before_the_plc_restarted_proves_nothing() -> None:
    vision = Vision(known=KnownPart(plc_boot_id=PLC_BOOT + 1, seq=26, part_id=3), trigger_seq=2)
    left = replace(OTHER, result_seq=28, outcome_ack_seq=27)
    assert not vision.handshake.take_up(vision.line, found=left, own=True)


@pytest.mark.parametrize(("seq", "seen"), [(0, 28), (0, 40000), (3, 28), (3, 500)])
def test_a_block_that_a_plc_kept_over_its_own_restart_excuses_no_part(seq: int, seen: int) -> None:
    """It speaks of numbers that this run of the PLC has not come to: of another run, and of nothing here."""
    vision = Vision(trigger_seq=seq, part_id=9)
    left = replace(OTHER, trigger_ack_seq=seen, outcome_ack_seq=seen)
    assert vision.handshake.take_up(vision.line, found=left, own=False) == ()
    assert MissedCause.BEFORE_RECORD not in {cause for _, cause in missed(vision.cycle())}
    assert MissedCause.BEFORE_RECORD not in {cause for _, cause in missed(vision.cycle(trigger_seq=seq + 2))}


def test_the_numbers_of_another_engines_parts_mean_nothing_when_they_come_round_again() -> None:
    vision = Vision(trigger_seq=28, outcome_seq=28)
    vision.handshake.take_up(vision.line, found=OTHER, own=False)
    assert missed(vision.cycle()) == [(28, MissedCause.BEFORE_RECORD)]
    vision.up()
    vision.cycle(boot_id=78, trigger_seq=0, outcome_seq=0)
    assert missed(vision.cycle(trigger_seq=28))[-1][1] is not MissedCause.BEFORE_RECORD


def test_an_engine_that_stands_aside_says_so_whatever_was_the_matter_and_a_person_ends_it() -> None:
    vision = Vision()
    vision.up()
    vision.handshake.halt("the PLC's heartbeat stood still")
    down, halted = vision.handshake.stand_aside(99)
    assert isinstance(down, LinkChanged)
    assert isinstance(halted, Halted)
    assert "boot id 99" in halted.reason
    assert not vision.handshake.live
    assert vision.handshake.take_over() == (HaltCleared(),)
    vision.up()
    assert vision.shows(VisionBits.TRIGGER_READY)
