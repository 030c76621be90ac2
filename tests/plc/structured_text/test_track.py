"""PASSGATE_TRACK: a verdict stays with its own part, and the gate opens for nothing else."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plc.structured_text.compiler import Clock, instance
from tests.plc.structured_text.station import blocks

DISTANCE, WINDOW, LENGTH = 300, 15, 10


class Belt:
    """The block, one scan and five pulses at a time; collects the outcomes."""

    def __init__(self) -> None:
        self.block: Any = instance(blocks(), "PASSGATE_TRACK", Clock())
        self.outcomes: list[tuple[int, int]] = []
        self.released_at: list[int] = []
        self.travel = 0

    def scan(self, step: int = 5, **pins: Any) -> "Belt":
        rest = {"AtDiverter": False, "PartTaken": False, "TriggerNew": False, "VerdictNew": False}
        self.travel += step
        settings = {"Distance": DISTANCE, "Window": WINDOW, "GateLength": LENGTH, "BeltStep": step}
        self.block(**{**rest, **settings, **pins})
        if self.block.OutcomeNew:
            self.outcomes.append((self.block.OutcomeOfSeq, self.block.OutcomeCode))
        return self

    def trigger(self, seq: int) -> "Belt":
        return self.scan(TriggerNew=True, TriggerSeq=seq)

    def verdict(self, seq: int, verdict: int) -> "Belt":
        return self.scan(VerdictNew=True, VerdictSeq=seq, Verdict=verdict)

    def run(self, pulses: int) -> "Belt":
        for _ in range(pulses // 5):
            self.scan()
        return self

    def arrives(self) -> "Belt":
        return self.scan(AtDiverter=True)


PASS, REWORK, STOP, REVIEW, REJECT = 1, 2, 3, 4, 5


@pytest.mark.parametrize(
    ("verdict", "code", "open_"),
    [(PASS, 1, True), (REWORK, 2, False), (REVIEW, 4, False), (REJECT, 5, False)],
)
def test_the_gate_opens_for_a_pass_and_for_nothing_else(verdict: int, code: int, open_: bool) -> None:
    belt = Belt().trigger(7).verdict(7, verdict).run(DISTANCE - 10).arrives()
    assert belt.outcomes == [(7, code)]
    assert belt.block.GateOpen is open_
    assert belt.scan().block.GateOpen is open_, "past the eye is not through the gate"
    assert not belt.run(LENGTH).block.GateOpen, "it closes behind the part"


def test_a_part_without_a_result_at_the_diverter_is_rejected_and_given_up() -> None:
    belt = Belt().trigger(7).run(DISTANCE - 5).arrives()
    assert (belt.outcomes, belt.block.GiveUp, belt.block.GateOpen) == ([(7, 5)], True, False)
    assert not belt.scan().block.GiveUp


def test_a_part_that_nobody_expects_is_rejected() -> None:
    belt = Belt().arrives()
    assert (belt.outcomes, belt.block.GateOpen, belt.block.UnknownParts) == ([], False, 1)


@pytest.mark.parametrize("late", [-20, 20])
def test_a_part_outside_its_window_is_nobody(late: int) -> None:
    belt = Belt().trigger(7).verdict(7, PASS).run(DISTANCE - 10 + late).arrives()
    assert not belt.block.GateOpen
    assert belt.block.UnknownParts == 1


def test_the_verdict_of_a_part_that_was_taken_does_not_fall_to_the_next() -> None:
    belt = Belt().trigger(1).verdict(1, PASS).run(50).trigger(2).verdict(2, REWORK)
    belt.run(DISTANCE - 10)  # part 1 never comes
    belt.arrives()
    assert belt.outcomes == [(1, 4), (2, 2)], "1 is with somebody, 2 went aside"
    assert not belt.block.GateOpen
    assert belt.block.LostParts == 1


def test_two_parts_too_close_to_tell_apart_are_not_released() -> None:
    belt = Belt().trigger(1).verdict(1, PASS).trigger(2).verdict(2, REWORK).run(DISTANCE - 20).arrives()
    assert not belt.block.GateOpen
    assert belt.outcomes == [(1, 5)]


def test_what_rides_closely_behind_a_passed_part_meets_a_closed_gate() -> None:
    belt = Belt().trigger(1).verdict(1, PASS).run(DISTANCE - 10).arrives()
    assert belt.block.GateOpen
    open_for = sum(belt.scan(AtDiverter=True).block.GateOpen for _ in range(10))
    assert open_for * 5 <= LENGTH, "the eye is still covered, but a part is no longer than that"


def test_a_stop_stops_the_belt_until_the_part_is_taken() -> None:
    belt = Belt().trigger(1).verdict(1, STOP)
    assert belt.block.StopBelt
    for _ in range(3):
        assert belt.scan(0).block.StopBelt
    belt.scan(0, PartTaken=True)
    assert not belt.block.StopBelt
    assert belt.outcomes == [(1, 3)]
    belt.run(DISTANCE + 50)
    assert belt.outcomes == [(1, 3)], "it left the table with the operator"


def test_a_button_that_is_held_down_takes_no_later_stop() -> None:
    belt = Belt().trigger(1).verdict(1, STOP).scan(0, PartTaken=True).trigger(2)
    belt.scan(PartTaken=True)
    belt.scan(VerdictNew=True, VerdictSeq=2, Verdict=STOP, PartTaken=True)
    assert belt.block.StopBelt
    assert belt.scan(0, PartTaken=True).block.StopBelt


def test_two_stops_are_two_parts_to_be_taken() -> None:
    belt = Belt().trigger(1).trigger(2).verdict(1, STOP).verdict(2, STOP)
    belt.scan(0, PartTaken=True).scan(0)
    assert belt.block.StopBelt, "one of them still lies there"
    belt.scan(0, PartTaken=True)
    assert not belt.block.StopBelt
    assert belt.outcomes == [(1, 3), (2, 3)]


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(40, 90), st.sampled_from([0, 1, 1, 2, 4, 5]), st.booleans()),
        min_size=1,
        max_size=12,
    ),
    st.integers(-1, 1),
)
def test_each_part_ends_once_and_only_passes_go_through(
    parts: list[tuple[int, int, bool]], slip: int
) -> None:
    """Any row of parts, some taken from the belt on the way, all a little late or early."""
    belt = Belt()
    at: dict[int, int] = {}
    position = 0
    for number, (spacing, _, _) in enumerate(parts, 1):
        position += spacing // 5 * 5
        at[number] = position
    through: list[int] = []
    while belt.travel < position + DISTANCE + 100:
        now = belt.travel + 5
        pins: dict[str, Any] = {}
        for number, start in at.items():
            _, verdict, taken = parts[number - 1]
            if now == start:
                pins |= {"TriggerNew": True, "TriggerSeq": number}
            if now == start + 20 and verdict:
                pins |= {"VerdictNew": True, "VerdictSeq": number, "Verdict": verdict}
            if not taken and 0 <= now - start - DISTANCE - 5 * slip < LENGTH:
                pins |= {"AtDiverter": True}
                here = number
        belt.scan(**pins)
        if belt.block.GateOpen and pins.get("AtDiverter"):
            through.append(here)
    said = dict(belt.outcomes)
    assert len(belt.outcomes) == len(said) == len(parts), "each part has one outcome"
    assert all(parts[number - 1][1] == PASS for number in through)
    assert set(through) == {number for number, code in said.items() if code == 1}
    expected = {
        number for number, (_, verdict, taken) in enumerate(parts, 1) if verdict == PASS and not taken
    }
    assert set(through) == expected
