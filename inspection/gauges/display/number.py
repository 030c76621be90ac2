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
    goes_on: bool = False
    """Whether strokes are seen there."""


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
    signs = [cell.sign for cell in places]
    behind = _behind_point(places, display.decimals, full=full)
    if display.decimals and not full and _with_one_unseen(places, ends, display.decimals):
        behind = display.decimals
        signs.append(UNCLEAR)
    if isinstance(behind, Unreadable):
        return behind
    more = ends.goes_on or ends.behind is Unreadable.CUT_OFF
    if behind and more and not full and display.decimals is None and signs[-1] != UNCLEAR:
        behind += 1
        signs.append(UNCLEAR)
    if signs[-1] == UNCLEAR and behind < 2:  # nothing but the unclear place would say that there is a point
        return Unreadable.SEGMENT_UNCLEAR
    known = display.whole and ends.behind is Unreadable.CUT_OFF
    if behind == 0 and not full and not known and ends.behind is not None:
        return ends.behind
    if display.leading_zeros is False and len(signs) - behind > 1 and signs[0] == "0":
        return Unreadable.WRONG_LAYOUT
    return _number(signs, behind, minus=minus)


def _with_one_unseen(places: Sequence[Cell], ends: Ends, decimals: int) -> bool:
    """Whether all but one of the places that must be behind the point are seen, and that one cannot be."""
    if places[-1].sign == UNCLEAR or ends.behind in (None, Unreadable.WRONG_LAYOUT):
        return False
    return 0 < decimals - 1 == _behind_point(places, None, full=False)


def _behind_point(places: Sequence[Cell], decimals: int | None, *, full: bool) -> int | Unreadable:
    """How many places are behind the point; ``decimals``: how many there must be."""
    gaps = [
        2.0 * cell.point / max(cell.strength + max(after.strength, cell.strength / 2), 1e-6)
        for cell, after in itertools.pairwise(places)
    ]
    strongest = max(gaps, default=0.0)
    at = gaps.index(strongest) if gaps else 0
    behind = len(places) - 1 - at
    if strongest >= (_NO_POINT if full and decimals and behind == decimals else _POINT):
        others = [gap for index, gap in enumerate(gaps) if index != at]
        at_end = places[-1].point > _STANDS_OUT * places[at].point  # where a digit may be cut off behind it
        if at_end or any(gap > _STANDS_OUT * strongest for gap in others):
            return Unreadable.SEGMENT_UNCLEAR
        return behind if decimals in (None, behind) else Unreadable.WRONG_LAYOUT
    if not decimals:
        return 0 if strongest < _NO_POINT or decimals == 0 else Unreadable.SEGMENT_UNCLEAR
    if full and strongest < _NO_POINT and len(places) > decimals:
        return decimals
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
