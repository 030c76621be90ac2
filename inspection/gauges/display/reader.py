"""Reads a display: its field, the row of its digits, what they show, and whether that may be believed."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from inspection.frozen import Box
from inspection.gauges.display.decoding import BLANK, decoded, foreign, occupied, stands_elsewhere
from inspection.gauges.display.finding import Found, beside_of, best_row, has_another_line, likelier
from inspection.gauges.display.frames import contradict, joined
from inspection.gauges.display.matrix.reading import read_dot_matrix
from inspection.gauges.display.number import Ends, Number, number_of
from inspection.gauges.display.opinion.agreeing import Opinion
from inspection.gauges.display.panel import Corners, Place, beyond, inside, panels, rows
from inspection.gauges.display.segments import MIDDLE, RIGHT, SEGMENTS
from inspection.gauges.display.strokes import strokes_of
from inspection.instruments.display import DisplayDescription
from inspection.instruments.reading import InstrumentKind, Reading, Unreadable, unreadable
from inspection.levels import Picture

_MARGIN: Final = 0.12
"""Of a taught field's height: room to see that digits end."""
_SMALLEST_PX: Final = 12.0
"""Height of digits in the picture: smaller ones have strokes of less than two pixels."""


def read_display(pictures: Sequence[Picture], display: DisplayDescription) -> Reading:
    """What the display shows. ``pictures``: those of one reading, H x W x 3 RGB, not written into.

    Never raises for what the pictures hold: then the reading says why there is none.
    """
    began = time.perf_counter()
    result, box = _read(pictures, display)
    ms = (time.perf_counter() - began) * 1e3
    if isinstance(result, Unreadable):
        return unreadable(InstrumentKind.DISPLAY, result, unit=display.unit, box=box, ms=ms)
    return Reading(
        kind=InstrumentKind.DISPLAY,
        value=result.value,
        text=result.text,
        unit=display.unit,
        uncertainty=result.uncertainty,
        box=box,
        ms=ms,
    )


def _read(pictures: Sequence[Picture], display: DisplayDescription) -> tuple[Number | Unreadable, Box | None]:
    if len({picture.shape for picture in pictures}) > 1:
        return Unreadable.FLICKERS, None
    if display.corners is not None and not inside(pictures[0], np.array(display.corners)):
        return Unreadable.CUT_OFF, None
    polarities = (True, False) if display.polarity == "auto" else (display.polarity == "dark_on_bright",)
    joint = {dark: joined(pictures, dark=dark) for dark in polarities}
    ways = (False,) if display.upright else (False, True)
    if display.technology == "dot_matrix":
        seen = [read_dot_matrix(pictures, joint, display, on_its_head=way) for way in ways]
        corners = next((corners for _, corners in seen if corners is not None), None)
        return _right_way_up([result for result, _ in seen]), None if corners is None else _box(
            corners, pictures[0]
        )
    found = [row for way in ways if (row := _found(joint, display, on_its_head=way)) is not None]
    if not found:
        return (Unreadable.NO_DIGITS if display.corners else Unreadable.NOT_FOUND), None
    results = [_judged(pictures, joint, row, display) for row in found]
    return _right_way_up(results), _box(found[0].field.corners, pictures[0])


def _found(joint: Mapping[bool, Picture], display: DisplayDescription, *, on_its_head: bool) -> Found | None:
    """The row of digits, where it was taught or else in a panel, or else where strokes stand in a row."""
    if display.corners is not None:
        taught = Place(np.array(display.corners), margin=_MARGIN, taught=True)
        return best_row(joint, [taught.turned() if on_its_head else taught], minus=display.minus)
    places = panels(joint, any_turn=not display.upright)
    found = best_row(
        joint, [place.turned() for place in places] if on_its_head else places, minus=display.minus
    )
    if found is not None and found.clean:
        return found
    places = rows(joint, any_turn=not display.upright)
    loose = best_row(
        joint, [place.turned() for place in places] if on_its_head else places, minus=display.minus
    )
    return likelier(found, loose)


def _judged(
    pictures: Sequence[Picture], joint: Mapping[bool, Picture], found: Found, display: DisplayDescription
) -> Number | Unreadable:
    """The number that the row shows: by geometry, or where that is in doubt by what the net agrees with."""
    result = _by_geometry(pictures, joint, found, display)
    if all(cell.sign == BLANK for cell in found.seen.cells):
        return result
    opinion = Opinion(joint[found.strokes.dark], found)
    if isinstance(result, Number):
        return Unreadable.SEGMENT_UNCLEAR if opinion.says_otherwise else result
    if result not in (Unreadable.SEGMENT_UNCLEAR, Unreadable.NO_DIGITS) or opinion.says_otherwise:
        return result
    return _by_geometry(pictures, joint, opinion.agreed(), display)


def _by_geometry(
    pictures: Sequence[Picture], joint: Mapping[bool, Picture], found: Found, display: DisplayDescription
) -> Number | Unreadable:
    """The number that the row shows, if all speaks for it."""
    if not found.convincing:
        return Unreadable.NO_DIGITS if found.seen.clear == 0 else Unreadable.SEGMENT_UNCLEAR
    if found.height_px < _SMALLEST_PX:
        return Unreadable.TOO_SMALL
    first, last = found.shown
    if first == last and not found.place.taught:
        return Unreadable.NO_DIGITS  # one sign alone may be anything
    if first == last and stands_elsewhere(
        found.strokes, found.row, first, found.seen.lit, found.field.margin
    ):
        return Unreadable.SEGMENT_UNCLEAR  # one digit does not tell how far apart places are
    if found.sticks_out and not found.place.taught:
        return Unreadable.SEGMENT_UNCLEAR  # what hides the edges of digits may hide bars of them
    if foreign(found.strokes, found.row, range(first, last), found.seen.lit):
        return Unreadable.SEGMENT_UNCLEAR
    if len(pictures) > 1 and _changes(pictures, found, display):
        return Unreadable.FLICKERS
    picture = joint[found.strokes.dark]
    number = number_of(found.seen.cells, _ends(picture, found, display), display)
    if isinstance(number, Unreadable) or found.place.taught:
        return number
    return Unreadable.WRONG_LAYOUT if has_another_line(picture, found, minus=display.minus) else number


def _right_way_up(results: Sequence[Number | Unreadable]) -> Number | Unreadable:
    """Of readings upside down to each other that which alone is a number, or has its point at the base."""
    numbers = [result for result in results if not isinstance(result, Unreadable)]
    with_point = [number for number in numbers if "." in number.text]
    if len(numbers) > 1 and len(with_point) != 1:
        return Unreadable.UPSIDE_DOWN
    return next(iter(with_point or numbers), results[0])


def _changes(pictures: Sequence[Picture], found: Found, display: DisplayDescription) -> bool:
    """Whether single pictures show other digits than all together."""
    alone = []
    for picture in pictures:
        field = beyond(picture, found.field, left=0, right=0)
        strokes = replace(strokes_of(field.picture, dark=found.strokes.dark), level=found.strokes.level)
        seen = decoded(strokes, found.row, [cell.number for cell in found.seen.cells], minus=display.minus)
        if seen is not None:
            alone.append(seen.cells)
    return contradict(found.seen.cells, alone)


def _ends(picture: Picture, found: Found, display: DisplayDescription) -> Ends:
    """What the picture says of the places before the first and behind the last that show something."""
    first, last = found.shown
    cells = {cell.number: cell for cell in found.seen.cells}
    if found.place.taught:
        inside = last + 1 in cells
        before = None
        if first - 1 in cells and not cells[first - 1].certain:
            before = Unreadable.GLARE
        elif (
            first - 1 in cells
            and first - 1 != found.nothing_at
            and occupied(found.strokes, found.row, first - 1, found.seen.lit, behind=False)
        ):
            before = Unreadable.SEGMENT_UNCLEAR
        return Ends(before, Unreadable.WRONG_LAYOUT if inside else None)
    beside = found.beside or beside_of(picture, found)
    if found.nothing_at == first - 1:
        beside = replace(beside, occupied=tuple(place for place in beside.occupied if place > first))
    before = beside.may_hold(first - 1, RIGHT, whole=display.whole)
    sign = beside.may_hold(first - 1, MIDDLE, whole=display.whole) if before is None else None
    if display.minus or sign is not Unreadable.CUT_OFF:  # out of sight may be what there never is
        before = before or sign
    behind = beside.may_hold(last + 1, SEGMENTS, whole=False)
    return Ends(before, behind, goes_on=beside.shows_digit(last + 1))


def _box(corners: Corners, picture: Picture) -> Box | None:
    """The rectangle around the corners, within the picture."""
    left, top = np.clip(np.floor(corners.min(0)), 0, None).astype(int)
    right = min(int(np.ceil(corners[:, 0].max())) + 1, picture.shape[1])
    bottom = min(int(np.ceil(corners[:, 1].max())) + 1, picture.shape[0])
    if right <= left or bottom <= top:
        return None
    return int(left), int(top), int(right - left), int(bottom - top)
