"""The number that a row of cells shows, checked against the taught layout, or why it is none. Pure."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from inspection.gauges.display.decoding import BLANK, MINUS, UNCLEAR, Cell
from inspection.instruments.display import DisplayDescription
from inspection.instruments.reading import Unreadable

_POINT: Final = 0.5
"""Of the digits' strength: what a point has at least."""
_NO_POINT: Final = 0.3
"""What a gap without one has at most."""
_STANDS_OUT: Final = 0.6
"""Of the point's strength: what any other gap has at most."""


@dataclass(frozen=True)
class Number:
    """What a display shows."""

    text: str
    """As shown; a last place that is unclear is ``?``."""
    value: float
    uncertainty: float
    """Standard uncertainty of the resolution: one unit of the last place by the square root of 12."""


@dataclass(frozen=True)
class Ends:
    """What is known of the row's ends."""

    before: Unreadable | None
    """Why a digit may stand left of the first one that is seen; None where none does."""
    behind: Unreadable | None
    """Why a digit may stand right of the last one that is seen; None where none does."""


def number_of(cells: Sequence[Cell], ends: Ends, display: DisplayDescription) -> Number | Unreadable:
    """The number that ``cells`` show, from left to right."""
    shown = [index for index, cell in enumerate(cells) if cell.sign != BLANK]
    if not shown:
        return Unreadable.NO_DIGITS
    places = list(cells[shown[0] : shown[-1] + 1])
    if any(cell.sign == BLANK for cell in places):
        return Unreadable.WRONG_LAYOUT
    if any(cell.sign == UNCLEAR for cell in places[:-1]):
        return Unreadable.SEGMENT_UNCLEAR
    minus = places[0].sign == MINUS
    if minus:
        places = places[1:]
    if not places or any(cell.sign == MINUS for cell in places):
        return Unreadable.WRONG_LAYOUT
    full = display.digits is not None and len(places) + minus == display.digits
    if not minus and not full and ends.before is not None:
        return ends.before
    if display.digits is not None and len(places) + minus > display.digits:
        return Unreadable.WRONG_LAYOUT
    behind = _behind_point(places, display, full=full)
    if isinstance(behind, Unreadable):
        return behind
    unclear = places[-1].sign == UNCLEAR
    if unclear and behind < 2:  # nothing but the unclear place would say that there is a point
        return Unreadable.SEGMENT_UNCLEAR
    if behind == 0 and not full and ends.behind is not None:
        return ends.behind
    if display.leading_zeros is False and len(places) - behind > 1 and places[0].sign == "0":
        return Unreadable.WRONG_LAYOUT
    return _number([cell.sign for cell in places], behind, minus=minus)


def _behind_point(places: Sequence[Cell], display: DisplayDescription, *, full: bool) -> int | Unreadable:
    """How many places are behind the point."""
    gaps = [
        2.0 * cell.point / max(cell.strength + max(after.strength, cell.strength / 2), 1e-6)
        for cell, after in itertools.pairwise(places)
    ]
    strongest = max(gaps, default=0.0)
    at = gaps.index(strongest) if gaps else 0
    taught = bool(display.decimals) and len(places) - 1 - at == display.decimals
    if strongest >= (_NO_POINT if taught else _POINT):
        if any(gap > _STANDS_OUT * strongest for index, gap in enumerate(gaps) if index != at):
            return Unreadable.SEGMENT_UNCLEAR
        behind = len(places) - 1 - at
        if display.decimals is not None and behind != display.decimals:
            return Unreadable.WRONG_LAYOUT
        return behind
    if not display.decimals:
        return 0 if strongest < _NO_POINT or display.decimals == 0 else Unreadable.SEGMENT_UNCLEAR
    if full and strongest < _NO_POINT and len(places) > display.decimals:
        return display.decimals
    return Unreadable.SEGMENT_UNCLEAR


def _number(signs: Sequence[str], behind: int, *, minus: bool) -> Number:
    """The number of these signs; where the last is unclear, the middle of what it may be."""
    before = len(signs) - behind
    text = "".join([MINUS] if minus else []) + "".join(signs[:before])
    if behind:
        text += "." + "".join(signs[before:])
    unit = 10.0**-behind
    if signs[-1] == UNCLEAR:
        unit *= 10.0
        value = abs(float(text[:-1])) + unit / 2
    else:
        value = abs(float(text))
    return Number(text, -value if minus else value, unit / math.sqrt(12.0))
