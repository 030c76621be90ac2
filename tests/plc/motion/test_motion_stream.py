"""The motion stream: what was decided is what moves, nothing ever jumps, and what breaks off ends safely."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection.decision import Action
from inspection.line_events import OutcomeReported, PartMissed, PartTriggered, PlcRestarted
from inspection.motion.chunk import (
    NOMINAL_LINE,
    STEP_S,
    STEPS,
    MotionChunk,
    PhysicsContext,
    ProposedMotion,
    SetPoint,
)
from inspection.motion.planner import JERK_STEPS, plan
from inspection.part import MissedCause, Outcome, Trigger
from plc.motion.motion_stream import MOST_STEPS, SETTLED_NS, STEP_NS, MotionStream
from plc.register_map.registers import LineBits, LineBlock
from tests.inspection.motion.lines import contexts, wishes
from tests.plc.handshaking import AT, MS, PLC_BOOT, RUNNING

SPEED, END = NOMINAL_LINE.belt_speed_mm_s, NOMINAL_LINE.diverter_max_angle_deg
IDLE, SAFE = SetPoint(SPEED, END), SetPoint(0.0, END)
GOALS = {
    Action.PASS: SetPoint(SPEED, 0.0),
    Action.REWORK: SetPoint(0.8 * SPEED, END),
    Action.MANUAL_REVIEW: SetPoint(0.5 * SPEED, END),
}
LONG = 1500
"""Milliseconds in which any goal is reached."""


class Following:
    """A stream, the PLC that follows it, and every set point that it was given."""

    def __init__(self, physics: PhysicsContext = NOMINAL_LINE, **line: Any) -> None:
        self.stream = MotionStream(physics)
        self.now_ns = 1_000 * MS
        standing = {"belt_speed_mm_s": round(physics.belt_speed_mm_s), "diverter_angle_ddeg": 0}
        self.line = LineBlock(boot_id=PLC_BOOT, bits=RUNNING | LineBits.FOLLOW_MOTION, **(standing | line))
        self.obeys = True
        """Belt and diverter are where the set points want them."""
        self.points: list[SetPoint] = []
        self.seq = 0
        self.take_up()

    def take_up(self) -> None:
        self.stream.follow(True, self.line, now_ns=self.now_ns)
        point = self.stream.at(self.now_ns)
        assert point is not None
        self.points = [point]

    def run(self, ms: float = LONG) -> SetPoint:
        """Let time pass in steps of 10 ms; returns the last set point."""
        for _ in range(round(ms / 10)):
            self.now_ns += STEP_NS
            point = self.stream.at(self.now_ns)
            if point is not None:
                self.points.append(point)
        return self.points[-1]

    def trigger(self) -> Trigger:
        if self.obeys:
            self.line = replace(
                self.line,
                belt_speed_mm_s=round(self.points[-1].belt_speed_mm_s),
                diverter_angle_ddeg=round(self.points[-1].diverter_deg * 10),
            )
        self.seq += 1
        trigger = Trigger(
            seq=self.seq,
            part_id=self.seq,
            plc_boot_id=PLC_BOOT,
            deadline_ms=500,
            seen_ns=self.now_ns,
            seen_at=AT,
        )
        self.stream.hear(PartTriggered(trigger), self.line)
        return trigger

    def decide(self, action: Action, motion: ProposedMotion | None = None) -> None:
        self.stream.decided(self.trigger(), action, motion)

    def outcome(self, seq: int | None = None) -> None:
        self.stream.hear(OutcomeReported(seq or self.seq, PLC_BOOT, Outcome.DIVERTED), self.line)

    def proposed(self, meant: Action, chunk: MotionChunk | None = None) -> ProposedMotion:
        physics = self.stream.physics
        assert physics is not None
        return ProposedMotion(chunk=chunk or plan(meant, physics), physics=physics, meant=meant)


def near(point: SetPoint) -> Any:
    return pytest.approx(point, abs=1e-4)


def keeps_the_limits(points: list[SetPoint], physics: PhysicsContext) -> None:
    way = np.array([points[0]] * 2 + points)
    rounding = 1 + 1e-5
    faster = np.diff(way[:, 0]) / STEP_S / physics.slip_limit_mm_s2
    turning = np.diff(way[:, 1], 2) / STEP_S**2 / physics.turn_limit_deg_s2
    assert np.abs(faster).max() <= rounding, "the part slides"
    assert np.abs(turning).max() <= rounding, "the drive stalls"
    assert np.abs(np.diff(faster)).max() <= 2 / JERK_STEPS * rounding, "the belt jerks"
    assert np.abs(np.diff(turning)).max() <= 2 / JERK_STEPS * rounding, "the diverter jerks"
    end = np.array([physics.belt_max_speed_mm_s, physics.diverter_max_angle_deg])
    assert np.all(way >= -1e-6 * end)
    assert np.all(way <= end * rounding)


# --- what was decided is what moves -----------------------------------------------------------------------


def test_between_parts_the_belt_runs_and_the_diverter_rejects() -> None:
    assert Following().run() == near(IDLE)


@pytest.mark.parametrize("action", list(GOALS))
def test_each_decision_is_carried_through_and_its_outcome_ends_it(action: Action) -> None:
    line = Following()
    line.run()
    line.decide(action)
    assert line.run() == near(GOALS[action])
    line.outcome()
    assert line.run() == near(IDLE)
    keeps_the_limits(line.points, NOMINAL_LINE)


def test_a_stop_brings_the_belt_to_a_stand_and_swings_nothing_against_its_part() -> None:
    line = Following()
    line.decide(Action.STOP)
    resting = line.run()
    assert resting.belt_speed_mm_s == pytest.approx(0.0, abs=1e-6)
    assert resting.diverter_deg < 1.0, "where it was when the part came"
    line.outcome()
    assert line.run() == near(IDLE)
    keeps_the_limits(line.points, NOMINAL_LINE)


def test_a_models_chunk_that_amounts_to_the_decision_is_followed() -> None:
    line = Following()
    line.run()
    gently = MotionChunk(
        belt_speed_mm_s=tuple(SPEED - k for k in range(1, STEPS + 1)), diverter_angle_deg=(END,) * STEPS
    )
    line.decide(Action.REWORK, line.proposed(Action.REWORK, gently))
    at = len(line.points)
    line.run(100)
    speeds = [point.belt_speed_mm_s for point in line.points[at + 2 : at + 10]]
    assert speeds == pytest.approx([SPEED - k for k in range(2, 10)])
    assert line.run() == near(GOALS[Action.REWORK]), "the planner goes on where the chunk ends"
    keeps_the_limits(line.points, NOMINAL_LINE)


def test_a_models_chunk_for_another_action_is_void() -> None:
    """The guard made it stricter: what moves is what was decided, from the first step on."""
    line, by_planner = Following(), Following()
    for one in (line, by_planner):
        one.run()
    line.decide(Action.REWORK, line.proposed(Action.PASS))
    by_planner.decide(Action.REWORK)
    line.run(), by_planner.run()
    assert line.points == by_planner.points


def test_of_a_models_chunk_that_begins_with_another_diverter_only_the_belt_is_followed() -> None:
    """It was proposed for a diverter at its other end: followed, it would swing open before a reject."""
    line = Following()
    line.run()
    elsewhere = NOMINAL_LINE.model_copy(update={"diverter_angle_deg": 0.0})
    gently = plan(Action.REWORK, elsewhere).model_copy(
        update={"belt_speed_mm_s": tuple(SPEED - k for k in range(1, STEPS + 1))}
    )
    settled = len(line.points)
    line.decide(Action.REWORK, ProposedMotion(chunk=gently, physics=elsewhere, meant=Action.REWORK))
    line.run()
    assert min(point.diverter_deg for point in line.points[settled:]) == pytest.approx(END)
    assert line.points[settled + 8].belt_speed_mm_s == pytest.approx(SPEED - 8)
    assert line.points[-1] == near(GOALS[Action.REWORK])


def test_of_a_models_chunk_for_another_belt_speed_the_planner_keeps_the_belt() -> None:
    line, by_planner = Following(), Following()
    for one in (line, by_planner):
        one.run()
    faster = NOMINAL_LINE.model_copy(update={"belt_speed_mm_s": 400.0, "diverter_angle_deg": END})
    motion = ProposedMotion(chunk=plan(Action.REWORK, faster), physics=faster, meant=Action.REWORK)
    line.decide(Action.REWORK, motion)
    by_planner.decide(Action.REWORK)
    line.run(), by_planner.run()
    assert [p.belt_speed_mm_s for p in line.points] == pytest.approx(
        [p.belt_speed_mm_s for p in by_planner.points]
    )


def test_until_the_plc_tells_outcomes_nothing_is_passed_while_a_part_is_under_way_that_is_none() -> None:
    """Which of the two comes to the diverter next is not known."""
    line = Following()
    line.run()
    settled = len(line.points)
    line.decide(Action.REWORK)
    line.run(100)
    line.decide(Action.PASS, line.proposed(Action.PASS))
    line.run()
    assert min(point.diverter_deg for point in line.points[settled:]) == pytest.approx(END)
    line.outcome(1)
    assert line.run() == near(GOALS[Action.PASS])


def test_where_outcomes_are_told_the_diverter_serves_the_part_that_comes_next() -> None:
    line = Following()
    line.decide(Action.PASS)
    line.outcome()
    line.run()
    line.decide(Action.PASS)
    line.run(200)
    behind = line.trigger()
    assert line.run(400) == near(GOALS[Action.PASS]), "the next one is still being judged"
    line.stream.decided(behind, Action.REWORK, None)
    assert line.run() == near(SetPoint(0.8 * SPEED, 0.0)), "the belt is as slow as either wants it"
    line.outcome(2)
    assert line.run() == near(GOALS[Action.REWORK])
    keeps_the_limits(line.points, NOMINAL_LINE)


def test_an_outcome_that_was_never_told_holds_nothing_up() -> None:
    line = Following()
    line.decide(Action.REWORK)
    line.decide(Action.PASS)
    line.decide(Action.PASS)
    line.outcome(2)  # and so the first has left too
    assert line.run() == near(GOALS[Action.PASS])


def test_a_stop_stands_whatever_else_is_under_way() -> None:
    line = Following()
    line.decide(Action.STOP)
    line.decide(Action.MANUAL_REVIEW)
    assert line.run().belt_speed_mm_s == pytest.approx(0.0, abs=1e-6)


# --- what breaks off ends safely --------------------------------------------------------------------------


def reached(points: list[SetPoint], goal: SetPoint) -> int:
    """At which step ``goal`` was first reached."""
    return next(k for k, point in enumerate(points) if point == near(goal))


def test_a_decision_that_does_not_come_stops_the_line_and_then_holds_the_part() -> None:
    line = Following()
    line.run()
    line.trigger()
    line.points.clear()
    line.run()
    assert line.points[48] == near(IDLE), "nothing happens before the deadline"
    assert reached(line.points, SAFE) < 49 + 30
    assert line.points[-1] == near(GOALS[Action.MANUAL_REVIEW])
    line.outcome()
    assert line.run() == near(IDLE)
    keeps_the_limits(line.points, NOMINAL_LINE)


def test_an_abandoned_part_stops_the_line_at_once() -> None:
    line = Following()
    line.run()
    trigger = line.trigger()
    line.stream.undecided(trigger)
    line.points.clear()
    line.run()
    assert reached(line.points, SAFE) < 30
    assert line.points[-1] == near(GOALS[Action.MANUAL_REVIEW])


def test_an_overtaken_part_stops_the_line_and_a_late_pass_opens_nothing() -> None:
    line = Following()
    line.run()
    first = line.trigger()
    overrun = first.model_copy(update={"seq": 2, "part_id": 2})
    line.stream.hear(PartMissed(overrun, MissedCause.OVERRUN), line.line)
    line.points.clear()
    line.run(400)
    reached(line.points, SAFE)
    line.stream.decided(first, Action.PASS, None)
    line.run()
    assert min(point.diverter_deg for point in line.points) == pytest.approx(END)


def test_a_new_part_ends_the_wait_for_the_last_ones_decision() -> None:
    line = Following()
    line.run()
    line.trigger()
    line.run(100)
    line.decide(Action.PASS)
    line.run()
    reached(line.points, SAFE)
    assert line.points[-1] == near(GOALS[Action.MANUAL_REVIEW])


def test_what_is_told_after_the_part_has_gone_stops_nothing() -> None:
    line = Following()
    line.run()
    trigger = line.trigger()
    line.outcome()  # default-rejected
    line.stream.undecided(trigger)
    line.points.clear()
    line.run()
    assert set(line.points) == {line.points[0]}
    assert line.points[0] == near(IDLE)


@pytest.mark.parametrize("ms", [0, 30, 60, 120, LONG])
@pytest.mark.parametrize("action", [None, *Action])
def test_when_the_plc_follows_no_longer_the_stream_ends_safely(action: Action | None, ms: float) -> None:
    """From any point of any motion: by a ramp to the safe state, and then nothing more."""
    line = Following()
    if action is not None:
        line.decide(action)
    line.run(ms)
    line.stream.follow(False, line.line, now_ns=line.now_ns)
    assert line.stream.stopping
    line.run()
    keeps_the_limits(line.points, NOMINAL_LINE)
    assert line.points[-1] == near(SAFE)
    assert line.stream.at(line.now_ns) is None
    count = len(line.points)
    line.run()
    assert len(line.points) == count, "it has ended"


def test_a_restarted_plc_is_followed_from_the_state_that_it_shows() -> None:
    line = Following()
    line.decide(Action.PASS)
    line.run()
    line.stream.hear(PlcRestarted(PLC_BOOT, 78), line.line)
    line.line = LineBlock(boot_id=78, bits=LineBits.ENABLE | LineBits.FOLLOW_MOTION)
    line.take_up()
    assert line.points == [SetPoint(0.0, 0.0)]
    assert line.run() == near(IDLE), "no part of its last run is under way"


def test_nothing_is_streamed_that_nobody_follows() -> None:
    stream = MotionStream(NOMINAL_LINE)
    assert stream.at(0) is None
    assert stream.physics is None
    stream.follow(False, LineBlock(bits=RUNNING), now_ns=0)
    assert stream.at(STEP_NS) is None


# --- from the state as it is --------------------------------------------------------------------------------


def test_a_stream_begins_where_belt_and_diverter_are() -> None:
    line = Following(belt_speed_mm_s=321, diverter_angle_ddeg=123)
    assert line.points == [SetPoint(321.0, 12.3)]
    assert line.run() == near(IDLE)
    keeps_the_limits(line.points, NOMINAL_LINE)


@pytest.mark.parametrize(
    ("told", "start"),
    [
        ({"belt_speed_mm_s": 0}, SetPoint(0.0, 0.0)),
        ({"belt_speed_mm_s": 0, "bits": LineBits.ENABLE | LineBits.FOLLOW_MOTION}, SetPoint(0.0, 0.0)),
        ({"belt_speed_mm_s": 60_000}, SetPoint(0.0, 0.0)),
        ({"belt_speed_mm_s": 505}, SetPoint(500.0, 0.0)),
        ({"diverter_angle_ddeg": 3600}, IDLE),
    ],
    ids=["runs without a speed", "stands", "faster than it can", "a little fast", "beyond its end"],
)
def test_where_the_plc_cannot_mean_what_it_says_the_last_set_point_holds(told: Any, start: SetPoint) -> None:
    stream = MotionStream(NOMINAL_LINE)
    line = LineBlock(**({"bits": RUNNING | LineBits.FOLLOW_MOTION, "belt_speed_mm_s": round(SPEED)} | told))
    stream.follow(True, line, now_ns=0)
    assert stream.at(0) == start


def test_a_new_part_on_a_belt_that_was_held_begins_at_a_stand() -> None:
    line = Following()
    line.run(LONG + SETTLED_NS / MS)
    line.obeys = False
    line.line = LineBlock(
        boot_id=PLC_BOOT, bits=LineBits.ENABLE | LineBits.FOLLOW_MOTION, diverter_angle_ddeg=450
    )
    line.trigger()
    line.points = [SetPoint(0.0, END)]
    line.run(400)
    assert line.points[1].belt_speed_mm_s < 0.1 * SPEED
    assert line.points[-1] == near(IDLE)
    keeps_the_limits(line.points, NOMINAL_LINE)


def test_a_belt_that_runs_and_has_no_speed_goes_on_at_its_set_point() -> None:
    line = Following()
    line.run(LONG + SETTLED_NS / MS)
    line.obeys = False
    line.line = replace(line.line, belt_speed_mm_s=0, diverter_angle_ddeg=450)
    line.trigger()
    assert line.run(20) == near(IDLE)


def test_no_new_part_finds_the_diverter_nearer_to_a_pass_than_it_was() -> None:
    """A PLC that measures no angle shows 0, which is where parts pass."""
    line = Following()
    line.run(LONG + SETTLED_NS / MS)
    line.obeys = False
    line.line = replace(line.line, belt_speed_mm_s=50, diverter_angle_ddeg=0)
    line.trigger()
    line.points.clear()
    line.run(400)
    assert line.points[0].belt_speed_mm_s < 0.5 * SPEED
    assert min(point.diverter_deg for point in line.points) == pytest.approx(END)


def test_a_line_that_lags_behind_its_set_points_is_no_other_state() -> None:
    line = Following()
    line.run(LONG)
    line.decide(Action.PASS)
    line.run(50)
    line.obeys = False
    line.line = LineBlock(boot_id=PLC_BOOT, bits=RUNNING, belt_speed_mm_s=150, diverter_angle_ddeg=450)
    line.trigger()
    line.run(300)
    keeps_the_limits(line.points, NOMINAL_LINE)


# --- every step, whatever happens -------------------------------------------------------------------------


@settings(max_examples=25)
@given(contexts(), st.data())
def test_whatever_happens_every_step_keeps_every_limit(physics: PhysicsContext, data: st.DataObject) -> None:
    line = Following(physics, belt_speed_mm_s=round(physics.belt_speed_mm_s * 0.99))
    line.obeys = False
    line.line = LineBlock(bits=RUNNING, diverter_angle_ddeg=9999)  # no state to begin anew from
    last: Trigger | None = None
    for _ in range(data.draw(st.integers(1, 8))):
        match data.draw(st.sampled_from(["decide", "undecided", "missed", "outcome", "let go", "wait"])):
            case "decide":
                action = data.draw(st.sampled_from(Action))
                wish = data.draw(st.none() | wishes)
                chunk = None if wish is None else MotionChunk.of_shares(wish, physics)
                last = line.trigger()
                motion = line.proposed(action, chunk) if line.stream.physics else None
                line.stream.decided(last, action, motion)
            case "undecided":
                line.stream.undecided(line.trigger())
            case "missed":
                line.seq += 1
                missed = Trigger(seq=line.seq, part_id=0, plc_boot_id=1, seen_ns=0, seen_at=AT)
                line.stream.hear(PartMissed(missed, MissedCause.GAP), line.line)
            case "outcome" if line.seq:
                line.outcome(data.draw(st.integers(1, line.seq)))
            case "let go":
                line.stream.let_go()
        line.run(10 * data.draw(st.integers(0, 25)))
    line.run(20)
    keeps_the_limits(line.points, physics)
    words = np.diff([round(point.belt_speed_mm_s) for point in line.points])
    if physics.belt_friction > 0.021 and len(words):
        assert np.abs(words).max() <= physics.slip_limit_mm_s2 * STEP_S + 1e-6, "rounded to whole mm/s too"


@given(st.lists(st.integers(0, 300), min_size=1, max_size=60))
def test_late_ticks_are_not_caught_up_with(gaps_ms: list[int]) -> None:
    """Two steps at most, however long the gap: what the PLC sees from one telegram to the next is no jump."""
    line = Following()
    line.decide(Action.PASS)
    steady = Following()
    steady.decide(Action.PASS)
    steady.run(10_000)
    index = 0
    for gap_ms in gaps_ms:
        line.now_ns += gap_ms * MS
        point = line.stream.at(line.now_ns)
        assert point is not None
        following = steady.points[index : index + MOST_STEPS + 1]
        assert point in following
        index += following.index(point)


@given(st.lists(st.floats(-1.9, 1.9), min_size=10, max_size=60))
def test_a_timer_that_trembles_costs_no_step(tremble_ms: list[float]) -> None:
    line, steady = Following(), Following()
    start_ns = line.now_ns
    for one in (line, steady):
        one.decide(Action.PASS)
    for k, ms in enumerate(tremble_ms, start=1):
        assert line.stream.at(start_ns + k * STEP_NS + int(ms * MS)) == steady.run(10)
