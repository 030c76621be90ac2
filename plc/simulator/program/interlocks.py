"""What belt and diverter may do, by where the parts are: what nothing in the PLC's program overrules.

The belt comes to a stand before a part is where it must not be yet: at the photo-eye while Passgate takes
none, at the diverter while it is not in place for it. It brakes early enough for that, and gently enough for
the part not to slide. No I/O.
"""

from dataclasses import dataclass
from typing import Final

from plc.simulator.machine.conveyor import Lane, Layout, Sensors
from plc.simulator.machine.diverter import IN_PLACE_DEG
from plc.simulator.machine.physics import SCAN_S, LinePhysics, stopping_distance, stopping_speed
from plc.simulator.program.tracking import AtGate, Tracking

STAND_OFF: Final = 1 / 12
"""So far before the diverter a part waits for it, in lengths of a part."""

UNDER_EYE: Final = 1 / 20
"""So far into the photo-eye's beam a part is driven that has to wait there, in lengths of a part."""

STILL_UNDER_EYE: Final = 4 / 5
"""So far at most a part is through the beam where its trigger is refused at the last moment, in lengths."""

NO_LIMIT: Final = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What holds in this scan."""

    belt_mm_s: float
    """The belt must not be faster than this at the scan's end."""
    lane: Lane | None
    """Where the diverter has to be; None: anywhere, for nothing comes that would need it."""
    hold_diverter: bool
    """A part is within the diverter's reach: it must not move."""
    waits_for_diverter: bool
    """The belt stands because the diverter is not in place."""


def layout_for(
    physics: LinePhysics, *, speed_mm_s: float, diverter_mm: float | None, deadline_s: float
) -> Layout:
    """Barriers so far apart that at ``speed_mm_s`` nothing has to wait for them.

    Args:
        physics: The line.
        speed_mm_s: The belt's usual speed.
        diverter_mm: From photo-eye to diverter; None to have it far enough for the deadline to pass before.
        deadline_s: From the trigger to the result.
    """
    measured = 1.25 * physics.part_length_mm + 4.0 * speed_mm_s * SCAN_S + physics.clear_mm
    lead = (
        measured
        + STAND_OFF * physics.part_length_mm
        + stopping_distance(speed_mm_s, physics.gentle_mm_s2)
        + speed_mm_s * physics.swing_s
    )
    if diverter_mm is None:
        return Layout(gate_eye_mm=speed_mm_s * deadline_s, diverter_mm=speed_mm_s * deadline_s + lead)
    # Where there is no room for all of it the belt slows down; but what a part is must be known before.
    least = measured + STAND_OFF * physics.part_length_mm
    return Layout(gate_eye_mm=diverter_mm - max(min(lead, diverter_mm / 2.0), least), diverter_mm=diverter_mm)


def limits(
    tracking: Tracking,
    sensors: Sensors,
    *,
    physics: LinePhysics,
    may_trigger: bool,
    asked: Lane | None,
) -> Limits:
    """Look at every part that the PLC knows of.

    Args:
        tracking: The parts.
        sensors: The line.
        physics: What the line is made of.
        may_trigger: Passgate takes a part now.
        asked: The lane that somebody else asks for, who may only be stricter; None where nobody does.
    """
    at_eye = _before_the_eye(tracking, sensors, physics=physics, may_trigger=may_trigger)
    pivot_mm, encoder_mm = tracking.layout.diverter_mm, sensors.encoder_mm
    coming = [thing for thing in tracking.gate if tracking.front_mm(thing, encoder_mm) < pivot_mm - 1.0]
    hold = len(coming) < len(tracking.gate)
    here = lane_of(sensors.diverter_deg, physics)
    brakes_mm = stopping_distance(sensors.belt_speed_mm_s, physics.gentle_mm_s2)
    brakes_mm += 2.0 * sensors.belt_speed_mm_s * SCAN_S
    at_gate, waits = NO_LIMIT, False
    for thing in coming:
        left_mm = pivot_mm - STAND_OFF * physics.part_length_mm - tracking.front_mm(thing, encoder_mm)
        wanted = asked or thing.lane if thing.lane is Lane.STRAIGHT else thing.lane
        if here is None or here is not wanted:
            at_gate = stopping_speed(left_mm, sensors.belt_speed_mm_s, physics.gentle_mm_s2, SCAN_S)
            waits = at_gate < 1.0
            break
        hold |= left_mm < brakes_mm  # too near to change one's mind
    return Limits(
        belt_mm_s=min(at_eye, at_gate),
        lane=_wanted(coming, tracking),
        hold_diverter=hold,
        waits_for_diverter=waits,
    )


def _before_the_eye(
    tracking: Tracking, sensors: Sensors, *, physics: LinePhysics, may_trigger: bool
) -> float:
    """So fast that the belt can stop where the next part has to wait.

    While Passgate takes a part that is not the next one but the one after it: its trigger ends the offer. But
    the offer may end before, and then the next one must still stop within the beam, not behind it.
    """
    speed, gentle = sensors.belt_speed_mm_s, physics.gentle_mm_s2
    if tracking.waiting is not None and not may_trigger:
        return 0.0
    taken = may_trigger and tracking.waiting is None
    depths = (STILL_UNDER_EYE, UNDER_EYE) if taken else (UNDER_EYE,)
    return min(
        (
            stopping_speed(front_mm + depth * physics.part_length_mm, speed, gentle, SCAN_S)
            for front_mm, depth in zip(sensors.infeed_mm, depths, strict=False)
        ),
        default=NO_LIMIT,
    )


def lane_of(diverter_deg: float, physics: LinePhysics) -> Lane | None:
    """The lane that the diverter serves where it stands; None between the two."""
    if diverter_deg <= IN_PLACE_DEG:
        return Lane.STRAIGHT
    return Lane.SIDE if diverter_deg >= physics.diverter_max_angle_deg - IN_PLACE_DEG else None


def _wanted(coming: list[AtGate], tracking: Tracking) -> Lane | None:
    if tracking.purging:
        return Lane.SIDE
    if coming:
        return coming[0].lane
    if tracking.expected and tracking.expected[0].passed:
        return Lane.STRAIGHT  # ahead of time: the barrier shows soon enough if it is something else
    return Lane.SIDE
