"""Limits: whatever is wished for, what comes out keeps every limit, and is as near as it can be."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from inspection.motion import limits
from inspection.motion.chunk import STEP_S, MotionChunk, PhysicsContext
from inspection.motion.limits import at_rest, limited, violations
from tests.inspection.motion.lines import context, contexts, wishes

Shares = NDArray[np.float64]


@settings(max_examples=100)
@given(contexts(), wishes)
def test_what_comes_out_keeps_every_limit_and_stays_as_it_is(physics: PhysicsContext, wish: Shares) -> None:
    chunk = limited(MotionChunk.of_shares(wish, physics), physics)
    assert not violations(chunk, physics).any
    assert limited(chunk, physics) == chunk


@settings(max_examples=60)
@given(contexts(), wishes, wishes)
def test_no_other_chunk_that_keeps_the_limits_is_nearer(
    physics: PhysicsContext, wish: Shares, other: Shares
) -> None:
    """The angle at the nearest point of a convex set is blunt, whichever other point one looks at."""
    wish = np.clip(wish, 0.0, 1.0)
    found = limited(MotionChunk.of_shares(wish, physics), physics).shares(physics)
    elsewhere = limited(MotionChunk.of_shares(other, physics), physics).shares(physics)
    ascent = ((wish - found) * (elsewhere - found)).sum(axis=0)
    assert np.all(ascent <= 1e-5)


@settings(max_examples=40)
@given(contexts(), st.lists(wishes, min_size=3, max_size=6))
def test_one_chunk_after_another_can_always_be_kept(physics: PhysicsContext, stream: list[Shares]) -> None:
    for wish in stream:
        chunk = limited(MotionChunk.of_shares(wish, physics), physics)
        assert not violations(chunk, physics).any
        physics = physics.after(chunk)


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


def lawson_and_hanson(system: Shares, aim: Shares) -> Shares:
    """Vector u >= 0 with the least |system @ u - aim|: the method of 1974, as it was here before scipy's."""
    free = np.zeros(system.shape[1], bool)
    found = np.zeros(system.shape[1])
    for _ in range(3 * system.shape[1]):
        gain = np.where(free, -np.inf, system.T @ (aim - system @ found))
        best = int(np.argmax(gain))
        if gain[best] <= 1e-14:
            break
        free[best] = True
        while True:
            trial = np.zeros_like(found)
            trial[free] = np.linalg.lstsq(system[:, free], aim, rcond=None)[0]
            blocking = free & (trial <= 0.0)
            if not blocking.any():
                break
            way = float(np.min(found[blocking] / (found[blocking] - trial[blocking])))
            found = found + way * (trial - found)
            free &= found > 1e-15
            found[~free] = 0.0
        found = trial
    return found


@settings(max_examples=60)
@given(contexts(), wishes)
def test_scipys_solver_finds_the_chunk_that_lawsons_and_hansons_own_method_finds(
    physics: PhysicsContext, wish: Shares
) -> None:
    """Their difference, 1e-13 of a share, is far below the rounding of 1e-6 that a limit allows for."""
    chunk = MotionChunk.of_shares(wish, physics)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "nnls", lambda system, aim: (lawson_and_hanson(system, aim), 0.0))
        by_hand = limited(chunk, physics)
    assert np.abs(limited(chunk, physics).shares(physics) - by_hand.shares(physics)).max() < 1e-9


def test_where_the_solver_gives_up_belt_and_diverter_rest() -> None:
    def gives_up(*_: object) -> None:
        raise RuntimeError("Maximum number of iterations reached.")

    physics = context(diverter_speed_deg_s=200.0)
    too_fast = MotionChunk(belt_speed_mm_s=(800.0,) * 10, diverter_angle_deg=(0.0,) * 10)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "nnls", gives_up)
        assert limited(too_fast, physics) == at_rest(physics)
    assert not violations(at_rest(physics), physics).any
