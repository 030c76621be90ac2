"""What belt and diverter may do in the next 100 ms, and what they should do for each action. No I/O.

A chunk is ten set points of belt speed and diverter angle, 10 ms apart. Two things are broken by a wrong one:
a part slides on the belt where the belt speeds up or slows down by more than friction can carry over (µ·g,
whatever the part's mass), and the diverter's drive stalls where its torque I·|α| plus load exceeds its limit.
The load may push either way, so it always counts against the drive.

The chunks that keep all limits are a convex set: the limits are linear in the set points. So the nearest one
to any wish is unique, and :func:`limited` finds it whatever the model said (promise 3: only stricter).
"""

from dataclasses import dataclass
from typing import Annotated, Final, NamedTuple, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, FiniteFloat, model_validator

from inspection.decision import Action, Frozen

STEPS: Final = 10
"""Set points in a chunk."""
STEP_S: Final = 0.01
"""Time between two set points: 100 Hz."""
GRAVITY_MM_S2: Final = 9806.65
"""Standard gravity (ISO 80000-3)."""

MARGIN: Final = 0.85
"""Share of the limits that a plan makes use of: friction and inertia are never known exactly."""
JERK_STEPS: Final = 3
"""Over how many set points a plan builds up an acceleration: its jerk is that acceleration over 30 ms."""

_TOLERANCE: Final = 1e-6
"""Excess over a limit, relative to it, that is rounding and no violation."""

Floats: TypeAlias = NDArray[np.float64]
_Positive = Annotated[FiniteFloat, Field(gt=0.0)]
_NotNegative = Annotated[FiniteFloat, Field(ge=0.0)]


class PhysicsContext(Frozen):
    """Part, belt and diverter at the moment in which a chunk begins.

    Raises:
        ValidationError: A value has no meaning, or the diverter can no longer stop before its end.
    """

    part_mass_kg: _Positive
    """Limits nothing by itself: friction's grip grows with it as much as what it has to hold."""
    belt_friction: _Positive
    """Coefficient µ of static friction between part and belt."""
    belt_speed_mm_s: _NotNegative
    """Speed now: the set point that holds before the chunk."""
    belt_max_speed_mm_s: _Positive
    diverter_inertia_kg_m2: _Positive
    """About its axis, with what it carries."""
    diverter_load_n_m: _NotNegative
    """Torque that friction and parts put on it, in whichever direction is worse."""
    diverter_torque_limit_n_m: _Positive
    diverter_max_angle_deg: Annotated[FiniteFloat, Field(gt=0.0, le=180.0)]
    """Its end, and where it rejects; 0 lets parts pass."""
    diverter_angle_deg: _NotNegative = 0.0
    """Angle now."""
    diverter_speed_deg_s: FiniteFloat = 0.0
    """Speed now, positive towards its end."""

    @property
    def slip_limit_mm_s2(self) -> float:
        """Greatest change of belt speed in a second at which the part does not slide."""
        return self.belt_friction * GRAVITY_MM_S2

    @property
    def turn_limit_deg_s2(self) -> float:
        """Greatest angular acceleration that the drive has torque for."""
        free_n_m = self.diverter_torque_limit_n_m - self.diverter_load_n_m
        return float(np.rad2deg(free_n_m / self.diverter_inertia_kg_m2))

    def after(self, chunk: "MotionChunk") -> Self:
        """The context at the end of ``chunk``, which must keep this one's limits.

        Raises:
            ValidationError: The chunk leaves the diverter too fast to stop.
        """
        return self.at(*chunk.points[-2:])

    def at(self, before: "SetPoint", last: "SetPoint") -> Self:
        """The same line in another state: at ``last``, and one step earlier at ``before``.

        Values out of range, as rounding leaves them, are set to the range's end.

        Raises:
            ValidationError: That leaves the diverter too fast to stop.
        """
        angles = np.clip([before.diverter_deg, last.diverter_deg], 0.0, self.diverter_max_angle_deg).tolist()
        state = {
            "belt_speed_mm_s": min(max(last.belt_speed_mm_s, 0.0), self.belt_max_speed_mm_s),
            "diverter_angle_deg": angles[1],
            "diverter_speed_deg_s": (angles[1] - angles[0]) / STEP_S,
        }
        return type(self).model_validate(self.model_dump() | state)

    @model_validator(mode="after")
    def _can_be_kept(self) -> Self:
        if self.belt_speed_mm_s > self.belt_max_speed_mm_s:
            raise ValueError(f"the belt runs at {self.belt_speed_mm_s} mm/s, above its greatest speed")
        if self.diverter_load_n_m >= self.diverter_torque_limit_n_m:
            raise ValueError("the diverter's load leaves its drive no torque to move it")
        if self.diverter_angle_deg > self.diverter_max_angle_deg:
            raise ValueError(f"the diverter stands at {self.diverter_angle_deg}°, beyond its end")
        rows, room = _stopping(self)
        state = np.array([self.diverter_angle_deg, self.diverter_speed_deg_s * STEP_S])
        if np.any(rows @ state > room + 2.0 * _TOLERANCE * self.diverter_max_angle_deg):
            raise ValueError("the diverter moves too fast to stop before its end")
        return self


class SetPoint(NamedTuple):
    """What belt and diverter are to do at one moment."""

    belt_speed_mm_s: float
    diverter_deg: float


_Ten = Annotated[tuple[FiniteFloat, ...], Field(min_length=STEPS, max_length=STEPS)]


class MotionChunk(Frozen):
    """Set points for the next 100 ms: the first one holds 10 ms from now."""

    belt_speed_mm_s: _Ten
    diverter_angle_deg: _Ten

    @classmethod
    def of_shares(cls, shares: NDArray[np.floating], context: PhysicsContext) -> Self:
        """The chunk that a (10, 2) array stands for: belt speed and angle as shares of their greatest.

        Raises:
            ValidationError: Another shape, or a value that is not finite.
        """
        scaled = np.asarray(shares, np.float64) * _scale(context)
        return cls(
            belt_speed_mm_s=tuple(scaled[:, 0].tolist()), diverter_angle_deg=tuple(scaled[:, 1].tolist())
        )

    @property
    def points(self) -> tuple[SetPoint, ...]:
        """Its ten set points, in order."""
        return tuple(map(SetPoint, self.belt_speed_mm_s, self.diverter_angle_deg))

    def shares(self, context: PhysicsContext) -> Floats:
        """Belt speed and angle as shares of their greatest: (10, 2), 0 to 1 within range."""
        return np.stack([self.belt_speed_mm_s, self.diverter_angle_deg], axis=1) / _scale(context)


@dataclass(frozen=True, slots=True)
class ProposedMotion:
    """A motion that a model proposes along with its decision."""

    chunk: MotionChunk
    physics: PhysicsContext
    """The state of belt and diverter that it begins from."""
    meant: Action
    """The action that it amounts to. It serves for no other: where the decision becomes another one, by the
    guard or the recipe, this motion is void."""


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
        return max(float(each.max()) for each in (self.slip, self.torque, self.range)) > _TOLERANCE


def violations(chunk: MotionChunk, context: PhysicsContext) -> Violations:
    """Compare ``chunk`` with every limit."""
    speeds = np.array([context.belt_speed_mm_s, *chunk.belt_speed_mm_s])
    acceleration = np.abs(np.diff(speeds)) / STEP_S
    angles = _with_history(chunk, context)
    turning = np.deg2rad(np.abs(np.diff(angles, 2))) / STEP_S**2
    torque = context.diverter_inertia_kg_m2 * turning + context.diverter_load_n_m
    shares = chunk.shares(context)
    outside = np.maximum(-shares, shares - 1.0).max(axis=1)
    rows, room = _stopping(context)
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


# --- the limits as linear inequalities ------------------------------------------------------------------


_Limits: TypeAlias = tuple[Floats, Floats]
"""Rows (n, 10) and bounds (n,): a chunk's ten shares x keep the limits where rows @ x <= bounds."""


def _belt_limits(context: PhysicsContext) -> _Limits:
    step = context.slip_limit_mm_s2 * STEP_S / context.belt_max_speed_mm_s
    change = np.eye(STEPS) - np.eye(STEPS, k=-1)
    before = np.zeros(STEPS)
    before[0] = context.belt_speed_mm_s / context.belt_max_speed_mm_s
    return _both_ways(change, before, step)


def _diverter_limits(context: PhysicsContext) -> _Limits:
    scale = context.diverter_max_angle_deg
    step = context.turn_limit_deg_s2 * STEP_S**2 / scale
    bend = np.eye(STEPS) - 2.0 * np.eye(STEPS, k=-1) + np.eye(STEPS, k=-2)
    angle, move = context.diverter_angle_deg / scale, context.diverter_speed_deg_s * STEP_S / scale
    before = np.zeros(STEPS)
    before[:2] = angle + move, -angle
    rows, bounds = _both_ways(bend, before, step)
    stop, room = _stopping(context)
    # Of the last angle, and of the last move, which is the difference of the last two angles.
    last = np.zeros((len(room), STEPS))
    last[:, -1], last[:, -2] = stop.sum(axis=1), -stop[:, 1]
    return np.concatenate([rows, last]), np.concatenate([bounds, room / scale])


def _both_ways(change: Floats, before: Floats, step: float) -> _Limits:
    """|change @ x - before| <= step, and 0 <= x <= 1."""
    one = np.eye(STEPS)
    return (
        np.concatenate([change, -change, one, -one]),
        np.concatenate([step + before, step - before, np.ones(STEPS), np.zeros(STEPS)]),
    )


def _stopping(context: PhysicsContext) -> _Limits:
    """Rows over (angle, move in a step) in degrees: kept where the diverter can stop before either end.

    Braking as hard as it can, it is n steps later n moves on, less n(n+1)/2 times what it loses in a step.
    """
    step = context.turn_limit_deg_s2 * STEP_S**2
    # A diverter that is faster than this has left its range before it stands.
    steps = int(np.ceil(np.sqrt(2.0 * context.diverter_max_angle_deg / step))) + 1
    n = np.arange(steps + 1.0)
    rows = np.stack([np.ones_like(n), n], axis=1)
    braked = step * n * (n + 1.0) / 2.0
    return (
        np.concatenate([rows, -rows]),
        np.concatenate([context.diverter_max_angle_deg + braked, braked]),
    )


def _nearest(wish: Floats, rows: Floats, bounds: Floats) -> Floats:
    """The point nearest to ``wish`` (10,) where rows @ x <= bounds.

    Least distance programming by non-negative least squares: Lawson and Hanson, Solving Least Squares
    Problems (1974), chapter 23. Exact after finitely many steps, about a millisecond.
    """
    length = np.linalg.norm(rows, axis=1)
    rows, bounds = rows / length[:, None], bounds / length
    system = np.concatenate([-rows.T, (rows @ wish - bounds)[None]])
    aim = np.zeros(STEPS + 1)
    aim[-1] = 1.0
    residual = system @ _non_negative_least_squares(system, aim) - aim
    if abs(residual[-1]) < np.finfo(np.float64).tiny:
        return wish  # cannot be kept, which the context rules out; the caller checks what it gets
    nearest: Floats = wish - residual[:-1] / residual[-1]
    return nearest


def _non_negative_least_squares(system: Floats, aim: Floats) -> Floats:
    """Vector u >= 0 with the least |system @ u - aim|: Lawson and Hanson's active set method (chapter 23)."""
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


def _with_history(chunk: MotionChunk, context: PhysicsContext) -> Floats:
    """The chunk's angles, and before them the two that the context stands for: (12,) degrees."""
    now = context.diverter_angle_deg
    return np.array([now - context.diverter_speed_deg_s * STEP_S, now, *chunk.diverter_angle_deg])


def _scale(context: PhysicsContext) -> Floats:
    return np.array([context.belt_max_speed_mm_s, context.diverter_max_angle_deg])


# --- what to do -----------------------------------------------------------------------------------------


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


NOMINAL_LINE: Final = PhysicsContext(
    part_mass_kg=1.0,
    belt_friction=0.4,
    belt_speed_mm_s=200.0,
    belt_max_speed_mm_s=500.0,
    diverter_inertia_kg_m2=0.02,
    diverter_load_n_m=0.2,
    diverter_torque_limit_n_m=2.0,
    diverter_max_angle_deg=45.0,
)
"""The line that is taken for granted where a recipe describes none."""
