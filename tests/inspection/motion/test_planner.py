"""Plans: every one keeps every limit, builds its acceleration up, and reaches its goal in the end."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection.decision import Action
from inspection.motion.chunk import STEP_S, PhysicsContext
from inspection.motion.limits import at_rest, violations
from inspection.motion.planner import JERK_STEPS, plan
from tests.inspection.motion.lines import context, contexts


@settings(max_examples=80)
@given(contexts(), st.sampled_from(Action))
def test_every_plan_keeps_every_limit(physics: PhysicsContext, action: Action) -> None:
    chunk = plan(action, physics)
    assert not violations(chunk, physics).any
    assert not violations(at_rest(physics), physics).any
    assert max(chunk.belt_speed_mm_s) <= physics.belt_speed_mm_s + 1e-9, "no plan speeds the belt up"


@settings(max_examples=20)
@given(contexts(), st.sampled_from(Action))
def test_plan_after_plan_reaches_its_goal(physics: PhysicsContext, action: Action) -> None:
    start = physics.belt_speed_mm_s
    for _ in range(60):
        previous, physics = physics, physics.after(plan(action, physics))
    share = {Action.PASS: 0.0, Action.REWORK: 1.0, Action.MANUAL_REVIEW: 1.0}
    if action is Action.STOP:
        assert physics.belt_speed_mm_s < start or start == 0.0
        assert physics.diverter_angle_deg == pytest.approx(previous.diverter_angle_deg, abs=0.2)
    elif physics.turn_limit_deg_s2 > 200.0:
        goal = share[action] * physics.diverter_max_angle_deg
        assert physics.diverter_angle_deg == pytest.approx(goal, abs=0.5)


def test_what_each_action_does() -> None:
    chunks = {action: plan(action, context()) for action in Action}
    assert set(chunks[Action.PASS].belt_speed_mm_s) == {300.0}
    assert set(chunks[Action.PASS].diverter_angle_deg) == {0.0}
    assert chunks[Action.REWORK].belt_speed_mm_s[-1] == pytest.approx(240.0)
    assert chunks[Action.REWORK].diverter_angle_deg[-1] > 40.0
    assert chunks[Action.STOP].belt_speed_mm_s[-1] < 60.0
    assert set(chunks[Action.STOP].diverter_angle_deg) == {0.0}
    assert chunks[Action.MANUAL_REVIEW].belt_speed_mm_s[-1] == pytest.approx(150.0)
    assert plan(Action.PASS, context(diverter_angle_deg=45.0)).diverter_angle_deg[-1] < 5.0


def test_a_plan_builds_its_acceleration_up() -> None:
    physics = context()
    chunk = plan(Action.STOP, physics)
    braking = np.diff([physics.belt_speed_mm_s, *chunk.belt_speed_mm_s]) / STEP_S
    jerk = np.abs(np.diff([0.0, *braking])) / STEP_S
    assert jerk.max() <= 1.001 * physics.slip_limit_mm_s2 / (JERK_STEPS * STEP_S)


def test_a_diverter_does_not_overshoot_its_goal() -> None:
    assert max(plan(Action.REWORK, context(diverter_speed_deg_s=200.0)).diverter_angle_deg) <= 45.0
