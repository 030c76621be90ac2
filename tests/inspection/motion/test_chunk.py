"""Motion: whatever is wished for, what comes out keeps every limit, and is as near as it can be."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pydantic import ValidationError

from inspection.decision import Action
from inspection.motion.chunk import (
    JERK_STEPS,
    STEP_S,
    STEPS,
    MotionChunk,
    PhysicsContext,
    at_rest,
    limited,
    plan,
    violations,
)

PLAIN = {
    "part_mass_kg": 0.5,
    "belt_friction": 0.35,
    "belt_speed_mm_s": 300.0,
    "belt_max_speed_mm_s": 800.0,
    "diverter_inertia_kg_m2": 0.02,
    "diverter_load_n_m": 1.0,
    "diverter_torque_limit_n_m": 8.0,
    "diverter_max_angle_deg": 45.0,
}


def context(**changed: float) -> PhysicsContext:
    return PhysicsContext(**(PLAIN | changed))


@st.composite
def contexts(draw: st.DrawFn) -> PhysicsContext:
    """Any context: the diverter may stand or move, but not so fast that it cannot stop."""
    greatest = draw(st.floats(100.0, 3000.0))
    limit = draw(st.floats(0.5, 50.0))
    angle = draw(st.floats(5.0, 120.0))
    try:
        return PhysicsContext(
            part_mass_kg=draw(st.floats(0.01, 20.0)),
            belt_friction=draw(st.floats(0.05, 1.0)),
            belt_speed_mm_s=draw(st.floats(0.0, 1.0)) * greatest,
            belt_max_speed_mm_s=greatest,
            diverter_inertia_kg_m2=draw(st.floats(0.002, 0.5)),
            diverter_load_n_m=draw(st.floats(0.0, 0.9)) * limit,
            diverter_torque_limit_n_m=limit,
            diverter_max_angle_deg=angle,
            diverter_angle_deg=draw(st.floats(0.0, 1.0)) * angle,
            diverter_speed_deg_s=draw(st.just(0.0) | st.floats(-400.0, 400.0)),
        )
    except ValidationError:
        assume(False)
        raise


wishes = arrays(np.float64, (STEPS, 2), elements=st.floats(-3.0, 4.0)) | arrays(
    np.float64, (STEPS, 2), elements=st.floats(0.0, 1.0)
)


@settings(max_examples=100)
@given(contexts(), wishes)
def test_what_comes_out_keeps_every_limit_and_stays_as_it_is(
    physics: PhysicsContext, wish: np.ndarray
) -> None:
    chunk = limited(MotionChunk.of_shares(wish, physics), physics)
    assert not violations(chunk, physics).any
    assert limited(chunk, physics) == chunk


@settings(max_examples=60)
@given(contexts(), wishes, wishes)
def test_no_other_chunk_that_keeps_the_limits_is_nearer(
    physics: PhysicsContext, wish: np.ndarray, other: np.ndarray
) -> None:
    """The angle at the nearest point of a convex set is blunt, whichever other point one looks at."""
    wish = np.clip(wish, 0.0, 1.0)
    found = limited(MotionChunk.of_shares(wish, physics), physics).shares(physics)
    elsewhere = limited(MotionChunk.of_shares(other, physics), physics).shares(physics)
    ascent = ((wish - found) * (elsewhere - found)).sum(axis=0)
    assert np.all(ascent <= 1e-5)


@settings(max_examples=40)
@given(contexts(), st.lists(wishes, min_size=3, max_size=6))
def test_one_chunk_after_another_can_always_be_kept(
    physics: PhysicsContext, stream: list[np.ndarray]
) -> None:
    for wish in stream:
        chunk = limited(MotionChunk.of_shares(wish, physics), physics)
        assert not violations(chunk, physics).any
        physics = physics.after(chunk)


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


def test_each_limit_is_told_by_how_much_and_where() -> None:
    physics = context()
    grip = physics.slip_limit_mm_s2 * STEP_S
    speeds = (300.0,) * 4 + (300.0 - 1.5 * grip,) * 6
    told = violations(MotionChunk(belt_speed_mm_s=speeds, diverter_angle_deg=(0.0,) * 10), physics)
    assert told.slip == pytest.approx([0, 0, 0, 0, 0.5, 0, 0, 0, 0, 0])
    assert not told.torque.any()
    move = np.rad2deg(2 * (8.0 - 1.0) / 0.02) * STEP_S**2
    told = violations(MotionChunk(belt_speed_mm_s=(300.0,) * 10, diverter_angle_deg=(move,) * 10), physics)
    # Twice the free 7 Nm, and the load of 1 Nm, of 8 Nm: at the start, and again where it stops.
    assert told.torque == pytest.approx([7 / 8, 7 / 8, 0, 0, 0, 0, 0, 0, 0, 0])
    too_far = MotionChunk(belt_speed_mm_s=(300.0,) * 10, diverter_angle_deg=(0.0,) * 9 + (54.0,))
    assert violations(too_far, physics).range[-1] >= 0.2


@pytest.mark.parametrize(
    "wrong",
    [
        {"belt_speed_mm_s": 900.0},
        {"diverter_load_n_m": 8.0},
        {"diverter_angle_deg": 46.0},
        {"diverter_angle_deg": 44.0, "diverter_speed_deg_s": 800.0},
        {"belt_friction": float("nan")},
    ],
)
def test_a_context_that_cannot_be_kept_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        context(**wrong)


def test_what_is_no_number_is_no_chunk() -> None:
    shares = np.full((STEPS, 2), 0.5)
    shares[3, 1] = np.nan
    with pytest.raises(ValidationError):
        MotionChunk.of_shares(shares, context())
