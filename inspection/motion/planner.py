"""What belt and diverter should do for each action: goals, and the quick and gentle ways to them. No I/O."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from inspection.decision import Action
from inspection.motion.chunk import STEP_S, STEPS, Floats, MotionChunk, PhysicsContext
from inspection.motion.limits import limited

MARGIN: Final = 0.85
"""Share of the limits that a plan makes use of: friction and inertia are never known exactly."""
JERK_STEPS: Final = 3
"""Over how many set points a plan builds up an acceleration: its jerk is that acceleration over 30 ms."""


@dataclass(frozen=True, slots=True)
class Goal:
    """Where belt and diverter are to come to."""

    belt_speed_mm_s: float
    diverter_deg: float | None
    """None: to rest wherever it is."""


@dataclass(frozen=True, slots=True)
class _Shares:
    """Where belt and diverter go for an action."""

    speed: float
    """Share of the belt speed that holds."""
    angle: float | None
    """Share of the greatest angle; None: come to rest wherever it is."""


_GOALS: Final = {
    Action.PASS: _Shares(speed=1.0, angle=0.0),
    Action.REWORK: _Shares(speed=0.8, angle=1.0),
    # A diverter that swings against a part that stands would jam it.
    Action.STOP: _Shares(speed=0.0, angle=None),
    # Half the speed leaves a person time to see where the part goes.
    Action.MANUAL_REVIEW: _Shares(speed=0.5, angle=1.0),
}


def goal_of(action: Action, context: PhysicsContext) -> Goal:
    """Where ``action`` takes belt and diverter from ``context``, in however many chunks.

    pass holds the speed and clears the way; rework slows by a fifth and diverts; stop brings the belt to a
    stand and lets the diverter rest; manual_review halves the speed and diverts.
    """
    shares = _GOALS[action]
    return Goal(
        belt_speed_mm_s=shares.speed * context.belt_speed_mm_s,
        diverter_deg=None if shares.angle is None else shares.angle * context.diverter_max_angle_deg,
    )


def approach(goal: Goal, context: PhysicsContext) -> MotionChunk:
    """The next 100 ms of the quickest way to ``goal``: it keeps all limits, with ``MARGIN`` to them.

    Its corners are sharp: acceleration is there from one step to the next. Whoever follows it rounds them,
    as ``plan`` does and ``inspection.motion.trajectory`` across chunks. Where the goal is reached only in a
    later chunk, approach it again from where this one ended.
    """
    speeds = _straight(context.belt_speed_mm_s, goal.belt_speed_mm_s, step=_belt_step(context))
    angles = context.diverter_angle_deg + np.cumsum(_moves(goal.diverter_deg, context, coasting=0.0))
    return _kept(speeds, angles, context)


def plan(action: Action, context: PhysicsContext) -> MotionChunk:
    """What belt and diverter should do in the next 100 ms for ``action``: it keeps all limits.

    Towards ``goal_of`` the action, with ``MARGIN`` to the limits, and with accelerations that build up over
    ``JERK_STEPS`` set points. Belt and diverter go as fast as that allows.

    A plan may reach its goal only in a later chunk: plan again from where it ended.
    """
    goal = goal_of(action, context)
    speed, first = context.belt_speed_mm_s, context.diverter_speed_deg_s * STEP_S
    speeds = _smooth(_straight(speed, goal.belt_speed_mm_s, step=_belt_step(context)), speed)
    # Rounding lets the present speed go on for a while; the rest of the way is shorter by that.
    moves = _moves(goal.diverter_deg, context, coasting=first * (JERK_STEPS - 1) / 2)
    return _kept(speeds, context.diverter_angle_deg + np.cumsum(_smooth(moves, first)), context)


def _kept(speeds: Floats, angles: Floats, context: PhysicsContext) -> MotionChunk:
    within = np.clip(angles, 0.0, context.diverter_max_angle_deg)
    chunk = MotionChunk(belt_speed_mm_s=tuple(speeds.tolist()), diverter_angle_deg=tuple(within.tolist()))
    return limited(chunk, context)


def _belt_step(context: PhysicsContext) -> float:
    """By how much the belt may change its speed from one set point to the next, in mm/s."""
    return MARGIN * context.slip_limit_mm_s2 * STEP_S


def _straight(start: float, end: float, *, step: float) -> Floats:
    """From ``start`` to ``end`` by ``step`` at most: (10,)."""
    way = end - start
    result: Floats = start + np.sign(way) * np.minimum(step * np.arange(1, STEPS + 1), abs(way))
    return result


def _moves(angle: float | None, context: PhysicsContext, *, coasting: float) -> Floats:
    """Moves on the quickest way to rest at ``angle``, or to rest anywhere: (10,) degrees.

    Args:
        angle: None to rest anywhere.
        context: Where the diverter is, how fast, and what its drive can do.
        coasting: Degrees of the way that are not these moves' to make.
    """
    step = MARGIN * context.turn_limit_deg_s2 * STEP_S**2
    left = None if angle is None else angle - context.diverter_angle_deg - coasting
    moves, move = np.zeros(STEPS), context.diverter_speed_deg_s * STEP_S
    for k in range(STEPS):
        wanted = 0.0 if left is None else _last_chance(left, step)
        move = float(np.clip(wanted, move - step, move + step))
        moves[k] = move
        left = None if left is None else left - move
    return moves


def _last_chance(way: float, step: float) -> float:
    """The greatest move in one step from which one can still stop after ``way``, losing ``step`` each time.

    With m moves left, each shorter by ``step``, m·move - step·m(m-1)/2 is the way.
    """
    m = max(np.ceil((np.sqrt(1.0 + 8.0 * abs(way) / step) - 1.0) / 2.0), 1.0)
    return float(np.sign(way) * (abs(way) / m + step * (m - 1.0) / 2.0))


def _smooth(values: Floats, before: float) -> Floats:
    """The mean of each value and the ones before it: a step becomes a slope of ``JERK_STEPS`` steps."""
    padded = np.concatenate([np.full(JERK_STEPS - 1, before), values])
    return np.convolve(padded, np.full(JERK_STEPS, 1.0 / JERK_STEPS), mode="valid")
