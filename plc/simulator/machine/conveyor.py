"""The line without its PLC: belt, parts that may slide, light barriers, diverter, two lanes. No I/O.

Positions are in mm along the belt, 0 at the photo-eye; a part's position is that of its front. Parts are
laid down upstream of the photo-eye and leave behind the diverter's pivot: straight on, or to the side. What
the PLC gets to know of all this are the :class:`Sensors`; what it does about it are the :class:`Commands`.
"""

import random
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from inspection.motion.chunk import GRAVITY_MM_S2
from plc.simulator.machine.diverter import Diverter
from plc.simulator.machine.physics import SCAN_S, LinePhysics, approach, carried, stopping_distance

SPACING_JITTER: Final = 0.2
"""Parts lie up to this share of their mean distance nearer or farther: nobody feeds a belt like a clock."""

SPREAD: Final = 0.1
"""A part's mass and friction lie up to this share off their mean."""

STRAIGHT_SHARE: Final = 0.15
"""Up to this share of its end the diverter lets a part pass."""

SIDE_SHARE: Final = 0.6
"""From this share of its end on the diverter takes a part aside; between the two it wedges it."""

ARM_M: Final = 0.1
"""Where a part presses against the diverter, from its axis."""

TOUCHING_MM: Final = 0.5
"""No light gets through a gap of this size."""

_REMEMBERED: Final = 256
"""So many parts at the photo-eye are kept in mind for :meth:`Conveyor.uid_of`."""


class Lane(StrEnum):
    """Where a part leaves the line."""

    STRAIGHT = "straight"
    """Released."""
    SIDE = "side"
    """To the people who deal with rejects."""


@dataclass(slots=True)
class Part:
    """A part as it lies on the belt."""

    uid: int
    """Counts the parts of a run; no PLC knows it."""
    front_mm: float
    speed_mm_s: float
    mass_kg: float
    friction: float
    sliding: bool = False
    stuck: bool = False
    """It hangs on something and does not move, whatever the belt does."""
    lane: Lane | None = None
    """Set when its middle passes the diverter's pivot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """A part has left the line. The truth, against which the PLC's words can be held."""

    uid: int
    lane: Lane


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensors:
    """What the PLC can know of the line in one scan."""

    encoder_mm: float = 0.0
    """How far the belt has run; what slides on it is not seen in it."""
    belt_speed_mm_s: float = 0.0
    infeed_mm: tuple[float, ...] = ()
    """How far the next two fronts are from the photo-eye, by the barriers along the infeed."""
    eye: bool = False
    """The photo-eye sees a part."""
    eye_edges: int = 0
    """How often the photo-eye's beam has been broken: a counter in its input card that no restart clears."""
    gate_eye: bool = False
    """The barrier ahead of the diverter sees a part."""
    gate_edges: int = 0
    exits: tuple[Lane, ...] = ()
    """Lanes in which a part left in this scan, in order."""
    diverter_deg: float = 0.0
    diverter_stalled: bool = False
    emergency_stop: bool = False
    """The emergency stop circuit has opened: hard-wired, the PLC only gets to know of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """What the PLC's outputs ask of the drives, and what the person at the line is asked to do."""

    belt_speed_mm_s: float = 0.0
    belt_ramp_mm_s2: float = float("inf")
    """Change the belt's speed no faster than this; the drive has its own limit beside."""
    diverter_deg: float
    take_out_mm: float | None = None
    """Take the part from the belt that lies at about this position."""
    clear_from_mm: float | None = None
    """Take every part from the belt that lies there or farther."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where things are, mm from the photo-eye."""

    gate_eye_mm: float
    """The barrier ahead of the diverter: far enough that a part has been measured before it gets there."""
    diverter_mm: float
    """The diverter's pivot."""


@dataclass(slots=True)
class Hazards:
    """What may be wrong with the line; set from outside, at any time."""

    friction: float | None = None
    """Friction of every part, instead of its own: oil on the belt."""
    diverter_load_n_m: float = 0.0
    """Torque beside what belongs there: something jams the diverter."""
    emergency_stop: bool = False
    stick: int = 0
    """So many of the next parts to come between photo-eye and diverter get stuck there."""
    crowd_mm: deque[float] = field(default_factory=deque)
    """The next parts are laid down with these gaps to the one before, instead of their distance."""


class Conveyor:
    """One belt with its parts, its barriers and one diverter.

    Args:
        physics: What it is made of.
        layout: Where things are.
        spacing_mm: Mean distance from front to front.
        parts: How many parts will come.
        seed: Of spacing, masses and friction.
    """

    def __init__(
        self, *, physics: LinePhysics, layout: Layout, spacing_mm: float, parts: int, seed: int
    ) -> None:
        self._physics = physics
        self._layout = layout
        self._spacing_mm = spacing_mm
        self._to_come = parts
        self._random = random.Random(f"{seed}:feed")  # noqa: S311  (parts, not secrets)
        self._length_mm = physics.part_length_mm
        self._infeed_mm = (
            stopping_distance(physics.belt_max_speed_mm_s, physics.gentle_mm_s2)
            + spacing_mm
            + self._length_mm
        )
        self._travel_mm = 0.0
        self._gap_mm = 0.0
        self._uids = 0
        self._eye_edges = 0
        self._edges: dict[int, int] = {}
        self._sensors = Sensors(diverter_deg=physics.diverter_max_angle_deg)
        self.hazards = Hazards()
        self.belt_speed_mm_s = 0.0
        self.diverter = Diverter(physics)
        self.parts: list[Part] = []
        """From the farthest to the last one laid down."""
        self.exits: list[Exit] = []
        """Parts that left in the last step."""
        self.removed: list[int] = []
        """Parts that were taken from the belt by hand in the last step."""

    @property
    def sensors(self) -> Sensors:
        """As of the last step."""
        return self._sensors

    @property
    def empty(self) -> bool:
        """No part is on the line and none will come."""
        return not self._to_come and not self.parts

    @property
    def infeed_mm(self) -> float:
        """Where parts are laid down: so far upstream of the photo-eye."""
        return self._infeed_mm

    def uid_of(self, eye_edge: int) -> int | None:
        """Which part broke the photo-eye's beam for the ``eye_edge``-th time; None where that is long ago."""
        return self._edges.get(eye_edge)

    def step(self, commands: Commands) -> Sensors:
        """Let one scan's time pass."""
        self.exits, self.removed = [], []
        self._obey_hands(commands)
        before = self.belt_speed_mm_s
        self._drive(commands)
        self._travel_mm += (before + self.belt_speed_mm_s) / 2.0 * SCAN_S
        crossed = self._move(before)
        load_n_m = self._pressing_n_m() + self.hazards.diverter_load_n_m
        self.diverter.step(commands.diverter_deg, load_n_m=load_n_m, seconds=SCAN_S)
        lanes = self._leave()
        self._lay_down()
        self._sensors = self._sense(lanes, crossed)
        return self._sensors

    # --- what moves ---------------------------------------------------------------------------------------

    def _drive(self, commands: Commands) -> None:
        physics = self._physics
        if self.hazards.emergency_stop:
            target, ramp = 0.0, physics.emergency_brake_mm_s2
        else:
            target = min(max(commands.belt_speed_mm_s, 0.0), physics.belt_max_speed_mm_s)
            ramp = min(commands.belt_ramp_mm_s2, physics.belt_acceleration_mm_s2)
        self.belt_speed_mm_s = approach(self.belt_speed_mm_s, target, ramp * SCAN_S)

    def _move(self, belt_from: float) -> int:
        """Carry every part, none through another; returns how many broke the gate eye's beam."""
        ahead: Part | None = None
        gate_edges = 0
        for part in self.parts:
            before = part.front_mm
            if not part.stuck:
                moved, part.speed_mm_s = carried(
                    part.speed_mm_s,
                    belt_from=belt_from,
                    belt_to=self.belt_speed_mm_s,
                    seconds=SCAN_S,
                    friction=self.hazards.friction or part.friction,
                )
                part.front_mm += moved
                # What has turned into the side lane is out of the way of what goes straight on.
                if ahead is not None and (ahead.lane is part.lane or ahead.lane is None):
                    self._push(part, ahead)
            part.sliding = abs(part.speed_mm_s - self.belt_speed_mm_s) > 1.0
            self._maybe_stick(part, before)
            self._maybe_cross(part, before)
            gate_edges += self._breaks(part, before, self._layout.gate_eye_mm, ahead)
            if self._breaks(part, before, 0.0, ahead):
                self._eye_edges += 1
                self._edges[self._eye_edges] = part.uid
                self._edges.pop(self._eye_edges - _REMEMBERED, None)
            ahead = part
        return gate_edges

    def _push(self, part: Part, ahead: Part) -> None:
        rear = ahead.front_mm - self._length_mm
        if part.front_mm > rear:
            part.front_mm = rear
            part.speed_mm_s = min(part.speed_mm_s, ahead.speed_mm_s)

    def _maybe_stick(self, part: Part, before: float) -> None:
        middle = self._layout.gate_eye_mm / 2.0
        if self.hazards.stick and before < middle <= part.front_mm:
            self.hazards.stick -= 1
            part.stuck, part.speed_mm_s = True, 0.0

    def _maybe_cross(self, part: Part, before: float) -> None:
        pivot = self._layout.diverter_mm + self._length_mm / 2.0
        if part.lane is not None or not before < pivot <= part.front_mm:
            return
        share = self.diverter.angle_deg / self._physics.diverter_max_angle_deg
        if share <= STRAIGHT_SHARE:
            part.lane = Lane.STRAIGHT
        elif share >= SIDE_SHARE:
            part.lane = Lane.SIDE
        else:
            part.front_mm, part.speed_mm_s, part.stuck = before, 0.0, True

    def _breaks(self, part: Part, before: float, at_mm: float, ahead: Part | None) -> bool:
        """Its front has come into a beam that the part ahead had left free again."""
        return before < at_mm <= part.front_mm and (
            ahead is None or ahead.front_mm - self._length_mm - part.front_mm > TOUCHING_MM
        )

    def _pressing_n_m(self) -> float:
        """Torque of the parts that lie in the diverter's way, where it were to move them."""
        pivot = self._layout.diverter_mm
        return sum(
            part.friction * part.mass_kg * GRAVITY_MM_S2 / 1000.0 * ARM_M
            for part in self.parts
            if part.front_mm > pivot and part.front_mm - self._length_mm < pivot
        )

    def _leave(self) -> tuple[Lane, ...]:
        end = self._layout.diverter_mm + self._length_mm
        for part in self.parts:
            if part.lane is not None and part.front_mm >= end:
                self.exits.append(Exit(uid=part.uid, lane=part.lane))
        gone = {left.uid for left in self.exits}
        self.parts = [part for part in self.parts if part.uid not in gone]
        return tuple(left.lane for left in self.exits)

    # --- what comes and what is taken away ----------------------------------------------------------------

    def _lay_down(self) -> None:
        while self._to_come:
            start = -self._infeed_mm
            if self.parts:
                if self.parts[-1].front_mm - self._gap_mm < start:
                    return
                start = self.parts[-1].front_mm - self._gap_mm
            self._to_come -= 1
            self._uids += 1
            self.parts.append(
                Part(
                    uid=self._uids,
                    front_mm=start,
                    speed_mm_s=self.belt_speed_mm_s,
                    mass_kg=self._physics.part_mass_kg * self._spread(SPREAD),
                    friction=self._physics.belt_friction * self._spread(SPREAD),
                )
            )
            gap = self._spacing_mm * self._spread(SPACING_JITTER)
            if self.hazards.crowd_mm:
                gap = self._length_mm + max(self.hazards.crowd_mm.popleft(), 0.0)
            self._gap_mm = max(gap, self._length_mm)

    def _spread(self, share: float) -> float:
        return self._random.uniform(1.0 - share, 1.0 + share)

    def _obey_hands(self, commands: Commands) -> None:
        if commands.clear_from_mm is not None:
            self._remove([part for part in self.parts if part.front_mm >= commands.clear_from_mm])
        elif commands.take_out_mm is not None:
            wanted = commands.take_out_mm
            passed = [part for part in self.parts if part.front_mm >= 0.0]
            nearest = min(passed, key=lambda part: abs(part.front_mm - wanted), default=None)
            if nearest is not None and abs(nearest.front_mm - wanted) < self._length_mm:
                self._remove([nearest])

    def _remove(self, parts: list[Part]) -> None:
        self.removed.extend(part.uid for part in parts)
        self.parts = [part for part in self.parts if part.uid not in self.removed]

    # --- what is seen -------------------------------------------------------------------------------------

    def _sense(self, lanes: tuple[Lane, ...], gate_edges: int) -> Sensors:
        return Sensors(
            encoder_mm=self._travel_mm,
            belt_speed_mm_s=self.belt_speed_mm_s,
            infeed_mm=self._infeed(),
            eye=self._dark(0.0),
            eye_edges=self._eye_edges,
            gate_eye=self._dark(self._layout.gate_eye_mm),
            gate_edges=self._sensors.gate_edges + gate_edges,
            exits=lanes,
            diverter_deg=self.diverter.angle_deg,
            diverter_stalled=self.diverter.stalled,
            emergency_stop=self.hazards.emergency_stop,
        )

    def _dark(self, at_mm: float) -> bool:
        return any(part.front_mm - self._length_mm < at_mm <= part.front_mm for part in self.parts)

    def _infeed(self) -> tuple[float, ...]:
        """The next two fronts that light can tell from the part ahead of them."""
        found: list[float] = []
        ahead: Part | None = None
        for part in self.parts:
            gap = None if ahead is None else ahead.front_mm - self._length_mm - part.front_mm
            if part.front_mm < 0.0 and (gap is None or gap > TOUCHING_MM):
                found.append(-part.front_mm)
                if len(found) == 2:
                    break
            ahead = part
        return tuple(found)
