"""The stack light: the machine's condition in five lamps.

Colours by IEC 60073 (coding of indicators; IEC 60204-1, 10.3 says the same for machines): red an emergency,
act at once; yellow something abnormal, watch; blue somebody must act; green all is normal; white nothing of
these. A flashing lamp asks for more attention than a steady one. No I/O.
"""

from dataclasses import dataclass
from enum import StrEnum


class Lamp(StrEnum):
    """From top to bottom, as they are mounted."""

    RED = "red"
    YELLOW = "yellow"
    GREEN = "green"
    BLUE = "blue"
    WHITE = "white"


class Lit(StrEnum):
    """How a lamp is lit. One that is not mentioned is dark."""

    STEADY = "steady"
    FLASHING = "flashing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What the light is derived from."""

    powered: bool = True
    running: bool = False
    """The belt moves."""
    emergency_stop: bool = False
    jam: str = ""
    """Why the line has to be cleared; empty where it need not."""
    stalled: bool = False
    """The diverter's motor is too weak for what holds it."""
    stop_part: bool = False
    """A part that was judged *stop* has to be taken from the belt."""
    vision_lost: bool = False
    """Passgate's heartbeat stands."""
    vision_halted: bool = False
    """Passgate waits for FaultReset."""
    waiting: bool = False
    """A part is at the photo-eye and Passgate does not take it."""
    rejecting: bool = False
    """The last part got a default reject."""
    bypass: bool = False
    challenge_due: bool = False
    """No part passes until known ones have shown that Passgate still sees."""


@dataclass(frozen=True, slots=True)
class StackLight:
    """What is lit, and why."""

    lamps: dict[Lamp, Lit]
    reason: str
    """The weightiest of the reasons, in words."""


def stack_light(now: Condition) -> StackLight:
    """The lamps for a condition; the first row that holds gives the words."""
    if not now.powered:
        return StackLight({}, "the PLC is off")
    rows = [
        (now.emergency_stop, Lamp.RED, Lit.FLASHING, "emergency stop"),
        (bool(now.jam), Lamp.RED, Lit.FLASHING, f"jam: {now.jam}"),
        (now.stalled, Lamp.RED, Lit.STEADY, "the diverter is stalled"),
        (bool(now.jam), Lamp.BLUE, Lit.FLASHING, "clear the line"),
        (now.stop_part, Lamp.BLUE, Lit.FLASHING, "take the part from the belt"),
        (now.vision_lost, Lamp.YELLOW, Lit.FLASHING, "Passgate is lost: hold or divert"),
        (now.vision_halted, Lamp.BLUE, Lit.STEADY, "Passgate is halted: press FaultReset"),
        (now.bypass, Lamp.YELLOW, Lit.FLASHING, "bypass key: every part goes aside"),
        (now.challenge_due, Lamp.YELLOW, Lit.STEADY, "a challenge is due: no part passes"),
        (now.waiting, Lamp.YELLOW, Lit.STEADY, "a part waits for Passgate"),
        (now.rejecting, Lamp.YELLOW, Lit.STEADY, "the last part got a default reject"),
    ]
    rows = [row for row in rows if row[0]]
    abnormal = {lamp for _, lamp, _, _ in rows}
    if now.running and Lamp.RED not in abnormal:
        rows.append((True, Lamp.GREEN, Lit.STEADY, "the line runs"))
    if not now.running and not abnormal:
        rows.append((True, Lamp.WHITE, Lit.STEADY, "the line stands and waits"))
    lamps: dict[Lamp, Lit] = {}
    for _, lamp, lit, _ in rows:
        if lamps.get(lamp) is not Lit.FLASHING:
            lamps[lamp] = lit
    return StackLight(lamps, rows[0][3])
