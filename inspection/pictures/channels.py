"""Colour channels: one that shows nothing where those of good parts did is dead, whatever the others say."""

from typing import Final

import cv2
import numpy as np

from inspection.levels import BitDepth, RawPicture, top_level

NAMES: Final = ("red", "green", "blue")
DEAD: Final = 0.1
"""Share of a living channel's contrast: noise and what leaks in from its neighbours stay below, and good
parts of one product do not differ so much."""
_EACH: Final = 4
"""Of the pixels along either side one in so many is looked at."""

Contrasts = tuple[float, float, float]
"""Of red, green and blue: the standard deviation of the levels, in 255ths of white."""


def contrasts(picture: RawPicture, bit_depth: BitDepth) -> Contrasts:
    """How much each channel of a picture, (height, width, 3), shows."""
    _, spread = cv2.meanStdDev(np.ascontiguousarray(picture[::_EACH, ::_EACH]))
    red, green, blue = (float(one) * 255.0 / top_level(bit_depth) for one in spread.ravel())
    return red, green, blue


def dead(found: Contrasts, least: Contrasts) -> list[int]:
    """Which channels show less than they must."""
    return [channel for channel in range(3) if found[channel] < least[channel]]


def least_of(good: list[Contrasts]) -> Contrasts:
    """What each channel must show, by good pictures: a tenth of the faintest."""
    red, green, blue = (DEAD * min(one[channel] for one in good) for channel in range(3))
    return red, green, blue


def dead_among(good: list[Contrasts]) -> dict[int, list[int]]:
    """The pictures in which a channel is dead that lives in others, by channel; empty where there is none.

    One in which nothing lives shows no part at all, which is no matter of colour.
    """
    living = [max(one[channel] for one in good) for channel in range(3)]
    found: dict[int, list[int]] = {}
    for index, one in enumerate(good):
        without = [channel for channel in range(3) if one[channel] < DEAD * living[channel]]
        if len(without) < 3:
            for channel in without:
                found.setdefault(channel, []).append(index)
    return found
