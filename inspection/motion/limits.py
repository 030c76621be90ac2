"""What belt and diverter can do: by how much a chunk exceeds it, and the nearest one that does not. No I/O.

The chunks that keep all limits are a convex set: the limits are linear in the set points. So the nearest one
to any wish is unique, and :func:`limited` finds it whatever the model said (promise 3: only stricter).
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls  # here, not late: the first call is made in the engine's event loop

from inspection.motion.chunk import (
    STEP_S,
    STEPS,
    TOLERANCE,
    Floats,
    Limits,
    MotionChunk,
    PhysicsContext,
    stopping,
)


@dataclass(frozen=True, slots=True)
class Violations:
    """By how much a chunk exceeds each limit at each of its ten steps, relative to the limit; 0 keeps it."""

    slip: Floats
    """(10,): of µ·g."""
    torque: Floats
    """(10,): of the drive's torque."""
    range: Floats
    """(10,): of belt or diverter outside of 0 to their greatest, the worse of the two. The last step counts
    too how far the diverter would overrun its end after the chunk, braking as hard as it can."""

    @property
    def any(self) -> bool:
        """Whether a limit is exceeded by more than rounding."""
        return max(float(each.max()) for each in (self.slip, self.torque, self.range)) > TOLERANCE


def violations(chunk: MotionChunk, context: PhysicsContext) -> Violations:
    """Compare ``chunk`` with every limit."""
    speeds = np.array([context.belt_speed_mm_s, *chunk.belt_speed_mm_s])
    acceleration = np.abs(np.diff(speeds)) / STEP_S
    angles = _with_history(chunk, context)
    turning = np.deg2rad(np.abs(np.diff(angles, 2))) / STEP_S**2
    torque = context.diverter_inertia_kg_m2 * turning + context.diverter_load_n_m
    shares = chunk.shares(context)
    outside = np.maximum(-shares, shares - 1.0).max(axis=1)
    rows, room = stopping(context)
    overrun = (rows @ np.array([angles[-1], angles[-1] - angles[-2]]) - room).max()
    outside[-1] = max(outside[-1], overrun / context.diverter_max_angle_deg)
    return Violations(
        slip=np.maximum(acceleration / context.slip_limit_mm_s2 - 1.0, 0.0),
        torque=np.maximum(torque / context.diverter_torque_limit_n_m - 1.0, 0.0),
        range=np.maximum(outside, 0.0),
    )


def limited(chunk: MotionChunk, context: PhysicsContext) -> MotionChunk:
    """The chunk nearest to ``chunk`` that keeps all limits; itself where it keeps them.

    Nearest by the sum of squared differences, for belt and diverter each by itself, after values out of range
    have been set to the range's end. There always is one: from any context the diverter can stop in time. It
    can stop after the chunk as well, so the next context is as good.
    """
    if not violations(chunk, context).any:
        return chunk
    wish = np.clip(chunk.shares(context), 0.0, 1.0)
    speed, angle = _belt_limits(context), _diverter_limits(context)
    shares = np.stack([_nearest(wish[:, 0], *speed), _nearest(wish[:, 1], *angle)], axis=1)
    found = MotionChunk.of_shares(np.clip(shares, 0.0, 1.0), context)
    # Rounding may leave a limit exceeded where limits are extremely narrow: then nothing is done but to rest.
    return at_rest(context) if violations(found, context).any else found


def at_rest(context: PhysicsContext) -> MotionChunk:
    """Hold the belt's speed, and bring the diverter to rest as soon as its torque allows."""
    step = context.turn_limit_deg_s2 * STEP_S**2
    first = context.diverter_speed_deg_s * STEP_S
    moves = np.sign(first) * np.maximum(np.abs(first) - step * np.arange(1, STEPS + 1), 0.0)
    return MotionChunk(
        belt_speed_mm_s=(context.belt_speed_mm_s,) * STEPS,
        diverter_angle_deg=tuple((context.diverter_angle_deg + np.cumsum(moves)).tolist()),
    )


def _belt_limits(context: PhysicsContext) -> Limits:
    step = context.slip_limit_mm_s2 * STEP_S / context.belt_max_speed_mm_s
    change = np.eye(STEPS) - np.eye(STEPS, k=-1)
    before = np.zeros(STEPS)
    before[0] = context.belt_speed_mm_s / context.belt_max_speed_mm_s
    return _both_ways(change, before, step)


def _diverter_limits(context: PhysicsContext) -> Limits:
    scale = context.diverter_max_angle_deg
    step = context.turn_limit_deg_s2 * STEP_S**2 / scale
    bend = np.eye(STEPS) - 2.0 * np.eye(STEPS, k=-1) + np.eye(STEPS, k=-2)
    angle, move = context.diverter_angle_deg / scale, context.diverter_speed_deg_s * STEP_S / scale
    before = np.zeros(STEPS)
    before[:2] = angle + move, -angle
    rows, bounds = _both_ways(bend, before, step)
    stop, room = stopping(context)
    # Of the last angle, and of the last move, which is the difference of the last two angles.
    last = np.zeros((len(room), STEPS))
    last[:, -1], last[:, -2] = stop.sum(axis=1), -stop[:, 1]
    return np.concatenate([rows, last]), np.concatenate([bounds, room / scale])


def _both_ways(change: Floats, before: Floats, step: float) -> Limits:
    """|change @ x - before| <= step, and 0 <= x <= 1."""
    one = np.eye(STEPS)
    return (
        np.concatenate([change, -change, one, -one]),
        np.concatenate([step + before, step - before, np.ones(STEPS), np.zeros(STEPS)]),
    )


def _nearest(wish: Floats, rows: Floats, bounds: Floats) -> Floats:
    """The point nearest to ``wish`` (10,) where rows @ x <= bounds.

    Least distance programming by non-negative least squares: Lawson and Hanson, Solving Least Squares
    Problems (1974), chapter 23. Exact after finitely many steps. Where the limits cannot be kept, which the
    context rules out, or the solver gives up, it is ``wish``; the caller checks what it gets.
    """
    length = np.linalg.norm(rows, axis=1)
    rows, bounds = rows / length[:, None], bounds / length
    system = np.concatenate([-rows.T, (rows @ wish - bounds)[None]])
    aim = np.zeros(STEPS + 1)
    aim[-1] = 1.0
    try:
        found, _ = nnls(system, aim)
    except RuntimeError:  # too many iterations
        return wish
    residual = system @ found - aim
    if abs(residual[-1]) < np.finfo(np.float64).tiny:
        return wish
    nearest: Floats = wish - residual[:-1] / residual[-1]
    return nearest


def _with_history(chunk: MotionChunk, context: PhysicsContext) -> Floats:
    """The chunk's angles, and before them the two that the context stands for: (12,) degrees."""
    now = context.diverter_angle_deg
    return np.array([now - context.diverter_speed_deg_s * STEP_S, now, *chunk.diverter_angle_deg])
