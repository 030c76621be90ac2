"""A chunk of motion: set points for the next 100 ms, and the state of the line that they begin from. No I/O.

A chunk is ten set points of belt speed and diverter angle, 10 ms apart. Two things are broken by a wrong one:
a part slides on the belt where the belt speeds up or slows down by more than friction can carry over (µ·g,
whatever the part's mass), and the diverter's drive stalls where its torque I·|α| plus load exceeds its limit.
The load may push either way, so it always counts against the drive. :mod:`inspection.motion.limits` finds the
nearest chunk that does neither, :mod:`inspection.motion.planner` the chunk that leads to an action's goal.
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

TOLERANCE: Final = 1e-6
"""Excess over a limit, relative to it, that is rounding and no violation."""

Floats: TypeAlias = NDArray[np.float64]
Limits: TypeAlias = tuple[Floats, Floats]
"""Linear inequalities: rows (n, m) and bounds (n,), kept by the vector x (m,) where rows @ x <= bounds."""
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
        rows, room = stopping(self)
        state = np.array([self.diverter_angle_deg, self.diverter_speed_deg_s * STEP_S])
        if np.any(rows @ state > room + 2.0 * TOLERANCE * self.diverter_max_angle_deg):
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


def _scale(context: PhysicsContext) -> Floats:
    return np.array([context.belt_max_speed_mm_s, context.diverter_max_angle_deg])


def stopping(context: PhysicsContext) -> Limits:
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
