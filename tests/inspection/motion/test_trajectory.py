"""Trajectories: whatever is wanted next, no step breaks a limit and no corner is sharp."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection.decision import Action
from inspection.motion.chunk import NOMINAL_LINE, STEP_S, STEPS, MotionChunk, PhysicsContext, SetPoint
from inspection.motion.planner import JERK_STEPS, MARGIN, Goal, goal_of, plan
from inspection.motion.trajectory import Trajectory
from tests.inspection.motion.lines import context, contexts, wishes

ROUNDING = 1 + 1e-5


def goals(physics: PhysicsContext) -> st.SearchStrategy[Goal]:
    """Any goal, the ends of the ranges more often than the rest."""
    speeds = st.sampled_from([0.0, 1.0]) | st.floats(0.0, 1.0)
    return st.builds(
        lambda speed, angle: Goal(
            belt_speed_mm_s=speed * physics.belt_max_speed_mm_s,
            diverter_deg=None if angle is None else angle * physics.diverter_max_angle_deg,
        ),
        speeds,
        st.none() | speeds,
    )


def keeps_the_limits(points: list[SetPoint], physics: PhysicsContext) -> None:
    """``points`` began at rest; two more of the first stand before them."""
    way = np.array([points[0]] * 2 + points)
    faster = np.diff(way[:, 0]) / STEP_S / physics.slip_limit_mm_s2
    turning = np.diff(way[:, 1], 2) / STEP_S**2 / physics.turn_limit_deg_s2
    assert np.abs(faster).max() <= ROUNDING, "the part slides"
    assert np.abs(turning).max() <= ROUNDING, "the drive stalls"
    assert np.abs(np.diff(faster)).max() <= 2 / JERK_STEPS * ROUNDING, "the belt jerks"
    assert np.abs(np.diff(turning)).max() <= 2 / JERK_STEPS * ROUNDING, "the diverter jerks"
    end = np.array([physics.belt_max_speed_mm_s, physics.diverter_max_angle_deg])
    assert np.all(way >= -1e-6 * end)
    assert np.all(way <= end * ROUNDING)


def standing(physics: PhysicsContext) -> PhysicsContext:
    return physics.model_copy(update={"diverter_speed_deg_s": 0.0})


@settings(max_examples=40)
@given(contexts(), st.data())
def test_whatever_is_wanted_next_every_step_keeps_every_limit(
    physics: PhysicsContext, data: st.DataObject
) -> None:
    physics = standing(physics)
    trajectory = Trajectory(physics)
    points = [SetPoint(physics.belt_speed_mm_s, physics.diverter_angle_deg)]
    for _ in range(data.draw(st.integers(1, 6))):
        wish = data.draw(st.none() | wishes)
        chunk = None if wish is None else MotionChunk.of_shares(wish, physics)
        trajectory.head_for(data.draw(goals(physics)), by=chunk)
        points += [trajectory.step() for _ in range(data.draw(st.integers(1, 25)))]
    keeps_the_limits(points, physics)


@settings(max_examples=40)
@given(contexts(), wishes, st.data())
def test_it_arrives_wherever_it_was_and_stays(
    physics: PhysicsContext, wish: np.ndarray, data: st.DataObject
) -> None:
    trajectory = Trajectory(standing(physics))
    goal = data.draw(goals(physics))
    trajectory.head_for(goal, by=MotionChunk.of_shares(wish, physics))
    # At half the margin's acceleration, and once there and back, with room for the corners.
    ramp = physics.belt_max_speed_mm_s / (MARGIN * physics.slip_limit_mm_s2 * STEP_S)
    swing = np.sqrt(physics.diverter_max_angle_deg / (MARGIN * physics.turn_limit_deg_s2)) / STEP_S
    for _ in range(int(2 * ramp + 6 * swing) + 4 * STEPS):
        point = trajectory.step()
    assert trajectory.arrived
    assert point.belt_speed_mm_s == pytest.approx(goal.belt_speed_mm_s, abs=1e-5)
    if goal.diverter_deg is not None:
        assert point.diverter_deg == pytest.approx(goal.diverter_deg, abs=1e-5)
    assert trajectory.step() == pytest.approx(point)


@pytest.mark.parametrize("action", list(Action))
def test_for_its_first_100_ms_it_is_the_plan(action: Action) -> None:
    trajectory = Trajectory(NOMINAL_LINE)
    trajectory.head_for(goal_of(action, NOMINAL_LINE))
    steps = [trajectory.step() for _ in range(STEPS)]
    assert np.array(steps) == pytest.approx(np.array(plan(action, NOMINAL_LINE).points), abs=1e-6)


def test_a_chunk_is_followed_to_its_end_and_the_goal_approached_from_there() -> None:
    physics = context()
    wish = MotionChunk(
        belt_speed_mm_s=tuple(300.0 - 10 * k for k in range(1, 11)), diverter_angle_deg=(0.0,) * STEPS
    )
    trajectory = Trajectory(physics)
    trajectory.head_for(Goal(belt_speed_mm_s=0.0, diverter_deg=0.0), by=wish)
    speeds = [trajectory.step().belt_speed_mm_s for _ in range(3 * STEPS)]
    assert speeds[2:10] == pytest.approx([300.0 - 10 * k for k in range(2, 10)]), "a step later, corner cut"
    assert speeds[-1] == pytest.approx(0.0, abs=1e-6)


def test_a_new_goal_ends_the_chunk_at_once() -> None:
    trajectory = Trajectory(context())
    hold = MotionChunk(belt_speed_mm_s=(300.0,) * STEPS, diverter_angle_deg=(0.0,) * STEPS)
    trajectory.head_for(Goal(belt_speed_mm_s=300.0, diverter_deg=0.0), by=hold)
    trajectory.step()
    trajectory.head_for(Goal(belt_speed_mm_s=0.0, diverter_deg=45.0))
    assert trajectory.step() < SetPoint(300.0, 0.0)


def test_it_knows_the_state_that_it_has_brought_the_line_to() -> None:
    trajectory = Trajectory(context())
    trajectory.head_for(Goal(belt_speed_mm_s=150.0, diverter_deg=45.0))
    for _ in range(5):
        trajectory.step()
    assert trajectory.physics.diverter_speed_deg_s > 0
    for _ in range(100):
        trajectory.step()
    assert trajectory.physics == context(belt_speed_mm_s=150.0, diverter_angle_deg=45.0)
