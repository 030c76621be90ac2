"""What the simulated line is made of, and the laws of motion that it obeys: ramps and friction. No I/O."""

from math import sqrt
from typing import Annotated, Final, Self

from pydantic import Field, FiniteFloat, model_validator

from inspection.decision import Frozen
from inspection.motion.chunk import GRAVITY_MM_S2, PhysicsContext

SCAN_S: Final = 0.01
"""The PLC's scan cycle: one step of simulated time."""

KINETIC_SHARE: Final = 0.8
"""Kinetic friction as a share of static friction: a part that slides is held less than one that rests."""

STANDARD_PART_MM: Final = 60.0

_STILL_MM_S: Final = 1e-9
"""Slower than this against the belt is at rest on it."""

_Positive = Annotated[FiniteFloat, Field(gt=0.0)]


class LinePhysics(Frozen):
    """Belt, parts and diverter. The defaults are the line that the action head was trained to expect."""

    part_length_mm: _Positive = STANDARD_PART_MM
    part_mass_kg: _Positive = 1.0
    """Mean; each part lies within a tenth of it."""
    belt_friction: _Positive = 0.4
    """Mean coefficient µ of static friction between part and belt; each part lies within a tenth of it."""
    assumed_friction: _Positive = 0.15
    """The least µ that the PLC reckons with: it brakes so that even such a part does not slide."""
    belt_max_speed_mm_s: _Positive = 500.0
    belt_acceleration_mm_s2: _Positive = 2500.0
    """What the belt's drive can do, up and down."""
    emergency_brake_mm_s2: _Positive = 8000.0
    """How hard the belt stops when its emergency stop is pressed: nobody asks the parts then."""
    diverter_inertia_kg_m2: _Positive = 0.02
    diverter_load_n_m: Annotated[FiniteFloat, Field(ge=0.0)] = 0.2
    """Torque of the diverter's own bearings."""
    diverter_torque_limit_n_m: _Positive = 2.0
    diverter_max_angle_deg: Annotated[FiniteFloat, Field(gt=0.0, le=180.0)] = 45.0
    """Where it rejects, and where it rests; 0 lets parts pass."""

    @classmethod
    def for_spacing(cls, spacing_mm: float) -> Self:
        """A line with parts ``spacing_mm`` apart: where that is little, parts and diverter are small."""
        length_mm = min(STANDARD_PART_MM, spacing_mm / 2.0)
        share = length_mm / STANDARD_PART_MM
        inertia = cls.model_fields["diverter_inertia_kg_m2"].default
        return cls(part_length_mm=length_mm, part_mass_kg=share, diverter_inertia_kg_m2=inertia * share**2)

    @property
    def clear_mm(self) -> float:
        """The least gap between two parts: with less the diverter has no time between them."""
        return self.part_length_mm / 4.0

    @property
    def gentle_mm_s2(self) -> float:
        """The braking that the PLC uses: what the drive can, but no more than the assumed friction holds."""
        return min(self.belt_acceleration_mm_s2, KINETIC_SHARE * self.assumed_friction * GRAVITY_MM_S2)

    @property
    def swing_s(self) -> float:
        """How long the diverter takes from one end to the other: half the way faster, half of it slower."""
        limit = self.context(belt_speed_mm_s=0.0).turn_limit_deg_s2
        return 2.0 * sqrt(self.diverter_max_angle_deg / limit)

    def context(self, *, belt_speed_mm_s: float) -> PhysicsContext:
        """The same line in the words of the motion planner."""
        return PhysicsContext(
            part_mass_kg=self.part_mass_kg,
            belt_friction=self.belt_friction,
            belt_speed_mm_s=belt_speed_mm_s,
            belt_max_speed_mm_s=self.belt_max_speed_mm_s,
            diverter_inertia_kg_m2=self.diverter_inertia_kg_m2,
            diverter_load_n_m=self.diverter_load_n_m,
            diverter_torque_limit_n_m=self.diverter_torque_limit_n_m,
            diverter_max_angle_deg=self.diverter_max_angle_deg,
        )

    @model_validator(mode="after")
    def _can_move(self) -> Self:
        self.context(belt_speed_mm_s=0.0)
        return self


def stopping_speed(distance: float, speed: float, limit: float, seconds: float) -> float:
    """The greatest speed at the end of this step from which one still stops within ``distance``.

    The step itself is driven at the mean of ``speed`` and the answer; after it, ``limit`` brakes. Any unit of
    length will do. 0 where even stopping at once would overrun.
    """
    room = distance - speed * seconds / 2.0
    if room <= 0.0:
        return 0.0
    half = limit * seconds / 2.0
    return sqrt(half * half + 2.0 * limit * room) - half


def stopping_distance(speed: float, limit: float) -> float:
    """How far one goes on when braking with ``limit`` from ``speed``."""
    return speed * speed / (2.0 * limit)


def approach(speed: float, target: float, step: float) -> float:
    """``target``, or as near to it as a change of ``step`` comes."""
    return min(max(target, speed - step), speed + step)


def carried(
    speed: float, *, belt_from: float, belt_to: float, seconds: float, friction: float
) -> tuple[float, float]:
    """What becomes of a part on a belt that changes its speed evenly from ``belt_from`` to ``belt_to``.

    A part at rest on the belt goes with it as long as the belt's acceleration stays below µ·g. Beyond that it
    slides, driven by kinetic friction alone, until both speeds match again (Coulomb). Speeds in mm/s.

    Returns:
        How far it moved, mm, and its speed at the end.
    """
    moved = 0.0
    belt, left = belt_from, seconds
    acceleration = (belt_to - belt_from) / seconds
    kinetic = KINETIC_SHARE * friction * GRAVITY_MM_S2
    for _ in range(2):  # slides until speeds match, and may then slide the other way
        slip = speed - belt
        if abs(slip) <= _STILL_MM_S:
            if abs(acceleration) <= friction * GRAVITY_MM_S2:
                return moved + (belt + belt_to) / 2.0 * left, belt_to
            pull = kinetic if acceleration > 0.0 else -kinetic
            return moved + (speed + pull * left / 2.0) * left, speed + pull * left
        pull = -kinetic if slip > 0.0 else kinetic
        closing = acceleration - pull if slip > 0.0 else pull - acceleration
        meets = abs(slip) / closing if closing > 0.0 else left
        if meets >= left:
            return moved + (speed + pull * left / 2.0) * left, speed + pull * left
        moved += (speed + pull * meets / 2.0) * meets
        belt += acceleration * meets
        speed, left = belt, left - meets
    return moved, speed
