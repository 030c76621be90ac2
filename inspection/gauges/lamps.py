"""Reads lamps: off, on or blinking, and in which colour they shine."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inspection.gauges.regions import cut
from inspection.instruments.colour import rgb_of
from inspection.instruments.indicator import BLINKING, OFF, ON, LampDescription
from inspection.instruments.reading import InstrumentKind, Reading, Unreadable, unreadable
from inspection.levels import Picture

_DRIFT: Final = 0.1
"""By this share light and exposure may have changed since a lamp was taught without its state being mistaken:
what is nearer to the level than that is unclear."""
_WHITE: Final = 250
_NEUTRAL: Final = np.full(3, 1.0 / 3.0)
_NEAR_NEUTRAL: Final = 0.08
"""A taught colour so near to white, by its shares of red, green and blue, counts as white itself."""
_CLEARLY_NEARER: Final = 0.5


def read_lamp(pictures: Sequence[Picture], lamp: LampDescription) -> Reading:
    """Whether a lamp is off (0), on (1) or blinking (2: seen on and seen off), and in which colour as text.

    Args:
        pictures: One or several, each height x width x 3, RGB.
        lamp: The lamp.

    Returns:
        LAMP_UNCLEAR where it is neither on nor off for certain, or shines in none of the taught colours;
        CUT_OFF where a picture does not hold its region.
    """
    lenses = [cut(picture, lamp.region) for picture in pictures]
    states: list[float | None] = []
    colours: set[str | None] = set()
    for lens in lenses:
        if lens is None:
            return unreadable(InstrumentKind.LAMP, Unreadable.CUT_OFF, box=lamp.region)
        states.append(state := _state(lens, lamp.on_level))
        if state == ON and lamp.colours:
            colours.add(_colour(lens, lamp))
    blinking = ON in states and OFF in states
    unclear = not states or (None in states and not blinking)  # one taken in the change is neither
    if unclear or None in colours or len(colours) > 1:
        return unreadable(InstrumentKind.LAMP, Unreadable.LAMP_UNCLEAR, box=lamp.region)
    value = BLINKING if blinking else states[0]
    text = next((name for name in colours if name is not None), "")
    return Reading(kind=InstrumentKind.LAMP, value=value, uncertainty=0.0, text=text, box=lamp.region)


def _state(lens: Picture, on_level: float) -> float | None:
    """On or off where three quarters of the lens are; None where they are not, or too near to the level."""
    low, middle, high = np.percentile(lens.max(axis=2), (25, 50, 75))
    if low > on_level and middle > on_level * (1.0 + _DRIFT):
        return ON
    return OFF if high < on_level and middle < on_level * (1.0 - _DRIFT) else None


def _colour(lens: Picture, lamp: LampDescription) -> str | None:
    """The taught colour that the lit lens is clearly nearest to, by its shares of red, green and blue.

    White is a colour that it may have too: an unknown lamp, or one that blinds the camera, is none of those.
    """
    pixels = lens.reshape(-1, 3)
    lit = pixels[pixels.max(axis=1) > lamp.on_level]
    coloured = lit[lit.min(axis=1) < _WHITE]  # the core of a bright lamp is white whatever its colour
    shares = _shares((coloured if len(coloured) * 10 >= len(lit) else lit).mean(axis=0))
    taught = {name: _shares(np.asarray(rgb_of(colour), np.float64)) for name, colour in lamp.colours.items()}
    away = {name: float(np.linalg.norm(shares - colour)) for name, colour in taught.items()}
    others = [float(np.linalg.norm(shares - _NEUTRAL))]
    if any(np.linalg.norm(colour - _NEUTRAL) < _NEAR_NEUTRAL for colour in taught.values()):
        others = []
    nearest = min(away, key=lambda name: away[name])
    others += [distance for name, distance in away.items() if name != nearest]
    return nearest if away[nearest] < _CLEARLY_NEARER * min(others, default=np.inf) else None


def _shares(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    total = float(rgb.sum())
    return rgb / total if total > 0.0 else _NEUTRAL
