"""Joins pictures of one reading: digits that are lit in turn are all lit in one of them or another. Pure."""

from collections.abc import Sequence
from functools import reduce
from typing import Final

import numpy as np

from inspection.gauges.display.decoding import BLANK, UNCLEAR, Cell
from inspection.levels import Picture

_LIT: Final = 0.6
"""Of a place's joined strength: a picture that shows it so strongly shows the whole of it."""


def joined(pictures: Sequence[Picture], *, dark: bool) -> Picture:
    """What is lit (dark or bright) in any of the pictures, all of one size."""
    return reduce(np.minimum if dark else np.maximum, pictures)


def contradict(whole: Sequence[Cell], alone: Sequence[Sequence[Cell]]) -> bool:
    """Whether a place shows one digit in one picture and another in the joined one: it changed between."""
    return any(
        seen.sign not in (BLANK, UNCLEAR, place.sign) and seen.strength >= _LIT * max(place.strength, 1.0)
        for cells in alone
        for place, seen in zip(whole, cells, strict=True)
    )
