"""Finds the row of digits: the likeliest field, in the likelier polarity, fitted and decoded. Pure."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from inspection.gauges.display.decoding import (
    BLANK,
    UNCLEAR,
    Decoded,
    blank_at,
    decoded,
    occupied,
    part_of_digit,
)
from inspection.gauges.display.fitting import fitted
from inspection.gauges.display.grid import CLOSE, COARSE_HEIGHT, WIDE, Guess, guessed
from inspection.gauges.display.panel import FIELD_HEIGHT, Field, Place, beyond, field_of, size_of
from inspection.gauges.display.segments import SEGMENTS, Row
from inspection.gauges.display.strokes import Strokes, strokes_of
from inspection.gauges.display.visibility import Lit
from inspection.instruments.display import MOST_DIGITS
from inspection.instruments.reading import Unreadable
from inspection.levels import Picture

_MOST_FITTED: Final = 2
"""The most promising fields, to be fitted."""
_PROMISING: Final = 0.6
"""Of what the best field's digits explain: fields that explain less are left."""
_BOLD: Final = 0.165
"""Stroke by height: what is bolder may be the ground between digits of the other polarity."""
_MARGIN: Final = 0.15
"""Of a field's height: room to be seen around it where digits reach to its edges."""
_AS_GOOD: Final = 0.9
"""Of the best contrast: a panel that holds the best one is taken instead, since it holds all digits."""
_BESIDE: Final = 2.0
"""Pitches to be seen beside a row: the next place, though digits may lean."""
_HALF: Final = 0.5
"""Of a segment's core: what must be in sight, lest it is the gap beside it which is seen blank."""
_LINE: Final = 1.7
"""Of a row's height: how far above and below it another line is looked for, of digits about as high."""
_GAP: Final = 0.1
"""Of a row's height: what parts it from another line at least."""
_NOISES: Final = 6.0
"""By how many standard deviations of what is not lit the lit segments must stand out on the whole."""
_ALIKE: Final = 0.2
"""Difference of the logarithms of digits' heights."""


@dataclass(frozen=True)
class _Candidate:
    """Where digits may be, and the row of them that seems likeliest."""

    place: Place
    dark: bool
    coarse: Strokes
    guess: Guess


@dataclass(frozen=True)
class Found:
    """A row of digits in a field, decoded."""

    place: Place
    field: Field
    strokes: Strokes
    row: Row
    seen: Decoded
    contrast: float
    beside: "Beside | None" = None
    """What was seen beside it, if that was looked at."""
    nothing_at: int | None = None
    """The place before the first one that shows something, if what stands there is known to be no digit."""

    @property
    def goes_on(self) -> bool:
        """Whether strokes stand beside it that are not in it."""
        return self.beside is not None and bool(self.beside.occupied)

    @property
    def merit(self) -> float:
        """The better, the more digits are clear and the fewer unclear."""
        return self.contrast * (self.seen.clear - self.seen.unclear)

    @property
    def clean(self) -> bool:
        """Whether each place, but for the last, shows a digit or nothing, and no more stands beside them."""
        if self.merit <= 0 or self.goes_on:
            return False
        last = self.shown[1]
        return not any(cell.sign == UNCLEAR and cell.number != last for cell in self.seen.cells)

    @property
    def shown(self) -> tuple[int, int]:
        """Numbers of the first and of the last place that show something."""
        numbers = [cell.number for cell in self.seen.cells if cell.sign != BLANK]
        return numbers[0], numbers[-1]

    @property
    def convincing(self) -> bool:
        """Whether more digits are clear than not, and what is lit stands out on the whole."""
        return self.merit > 0 and self.seen.lit.noise * _NOISES <= 1.0

    @property
    def sticks_out(self) -> bool:
        """Whether digits reach to the field's upper or lower edge, so that not all of them may be seen."""
        _, y = self.row.place(
            self.row.beside, [cell.number for cell in self.seen.cells if cell.sign != BLANK]
        )
        return bool(y.size and (y.min() < 0 or y.max() > self.field.picture.shape[0] - 1))

    @property
    def height_px(self) -> float:
        """Of the digits, in the picture's pixels."""
        inner = self.field.picture.shape[0] - 2 * self.field.margin
        return float(self.row.height / inner * size_of(self.field.corners)[1])


@dataclass(frozen=True)
class Beside:
    """What is seen of the places beside the row, in its field made wider."""

    field: Field
    strokes: Strokes
    row: Row
    """The same one, in the wider field."""
    lit: Lit
    occupied: tuple[int, ...]
    """The places, of the one before and the one behind, in which (or before which) upright strokes stand."""
    own: frozenset[int]
    """The places of its own field."""

    def shows_digit(self, number: int) -> bool:
        """Whether what stands in this place may be a digit, or what the border leaves of one, and no rim."""
        if number not in self.occupied:
            return False
        x, y = self.row.place(self.row.segments, [number])
        seen = self.field.in_sight(x, y)[0].mean(-1) >= _HALF
        return part_of_digit(self.strokes, self.row, number, seen, self.lit)

    def may_hold(self, number: int, segments: str, *, whole: bool) -> Unreadable | None:
        """Why a digit that lights one of these segments may be in this place; None: there is none.

        ``whole``: it is known that the picture's border cuts no digit off.
        """
        x, y = self.row.place(self.row.segments[[SEGMENTS.index(name) for name in segments]], [number])
        sight = self.field.in_sight(x, y)[0]
        cut = not sight.all()
        if number in self.occupied:
            return Unreadable.CUT_OFF if cut else Unreadable.SEGMENT_UNCLEAR
        if cut and whole:
            return None
        if sight.mean(-1).min() >= _HALF and blank_at(self.strokes, x[0], y[0], sight, self.lit):
            return None
        if cut:
            return Unreadable.CUT_OFF
        return Unreadable.GLARE if number in self.own else Unreadable.SEGMENT_UNCLEAR


def beside_of(picture: Picture, found: Found) -> Beside:
    """What the picture shows beside a row that was found in it."""
    room = math.ceil(_BESIDE * found.row.pitch)
    wider = beyond(picture, found.field, left=room, right=room)
    strokes = strokes_of(wider.picture, dark=found.strokes.dark, sight=wider.sight)
    row, lit, (first, last) = found.row.shifted(room), found.seen.lit, found.shown
    ends = tuple(
        number
        for number in (first - 1, last + 1)
        if occupied(strokes, row, number, lit, behind=number > last)
    )
    return Beside(wider, strokes, row, lit, ends, frozenset(cell.number for cell in found.seen.cells))


def best_row(pictures: Mapping[bool, Picture], places: Sequence[Place], *, minus: bool) -> Found | None:
    """The row of digits in one of ``places``. ``pictures``: by whether digits are dark in them."""
    candidates = [
        found for dark, picture in pictures.items() for found in _candidates(picture, places, dark=dark)
    ]
    found = _fits(pictures, _promising(candidates), minus=minus)
    if not found:
        return None
    best = _outermost(found)
    if best.row.stroke > _BOLD * best.row.height:
        others = [
            other for other in candidates if other.place is best.place and other.dark != best.strokes.dark
        ]
        best = max([best, *_fits(pictures, _promising(others), minus=minus)], key=lambda row: row.merit)
    return best if best.place.taught else _grown(pictures[best.strokes.dark], best, minus=minus)


def _grown(picture: Picture, found: Found, *, minus: bool) -> Found:
    """The row with the digits beside it that its field leaves out: as long as more becomes clear."""
    larger: Found | None = found
    while larger is not None and larger.merit > 0:
        beside = beside_of(picture, larger)
        found = replace(larger, beside=beside)
        room = len(found.seen.cells) < MOST_DIGITS
        larger = next(_larger(picture, found, beside, minus=minus), None) if room else None
    return found


def _larger(picture: Picture, found: Found, beside: Beside, *, minus: bool) -> Iterator[Found]:
    """Rows with one more place, where strokes stand beside this one, of which more is clear."""
    for number in beside.occupied:
        seen = decoded(beside.strokes, beside.row, [number], minus=minus)
        if seen is None or seen.cells[0].sign == BLANK:
            continue
        to_left = number < found.shown[0]
        larger = _with_more(picture, found, to_left, not to_left, minus=minus)
        if larger is not None and larger.merit > found.merit:
            yield larger


def _with_more(picture: Picture, found: Found, to_left: bool, to_right: bool, *, minus: bool) -> Found | None:
    """The row fitted anew, with one more place at its left or its right."""
    (first, last), row, margin = found.shown, found.row, found.field.margin
    left = max(0, math.ceil(margin - row.x - row.pitch * (first - to_left)))
    right = max(0, math.ceil(row.x + row.pitch * (last + 1 + to_right) - found.field.width + margin))
    field = beyond(picture, found.field, left=left, right=right)
    corners = field.own_corners
    if not np.isfinite(corners).all() or not cv2.isContourConvex(corners.astype(np.float32)):
        return None  # beyond the horizon of a field whose perspective is wrong
    field = replace(field, corners=corners)
    return _fit(field, found.place, row.shifted(left), dark=found.strokes.dark, minus=minus)


def has_another_line(picture: Picture, found: Found, *, minus: bool) -> bool:
    """Whether digits stand above or below the row, about as high: then nobody knows which number is meant."""
    candidates = [
        candidate
        for candidate in _candidates(picture, _lines_beside(found), dark=found.strokes.dark)
        if candidate.coarse.level > found.strokes.level / 2
    ]
    others = _fits({found.strokes.dark: picture}, _promising(candidates), minus=minus)
    return any(other.convincing and other.seen.clear > 1 for other in others)


def _lines_beside(found: Found) -> list[Place]:
    """Where lines above and below the row would be."""
    row, (first, last) = found.row, found.shown
    places = []
    for start, end in ((-_LINE, -_GAP), (1.0 + _GAP, 1.0 + _LINE)):
        ends = np.array(
            [[-row.width, start], [row.width * 2, start], [row.width * 2, end], [-row.width, end]]
        )
        x, y = row.place(ends * (1.0, row.height), [first, last])
        corners = np.array([[x[0, 0], y[0, 0]], [x[1, 1], y[1, 1]], [x[1, 2], y[1, 2]], [x[0, 3], y[0, 3]]])
        back = cv2.perspectiveTransform(corners[None].astype(np.float64), np.linalg.inv(found.field.to_field))
        places.append(Place(np.asarray(back[0], np.float64)))
    return places


def _candidates(picture: Picture, places: Sequence[Place], *, dark: bool) -> Iterator[_Candidate]:
    """Places with a first guess of their rows."""
    for place in places:
        field = field_of(picture, place, full=COARSE_HEIGHT)
        if field is None:
            continue
        coarse = strokes_of(field.picture, dark=dark)
        guess = guessed(
            coarse.depth, coarse.level, WIDE, room=field.margin / field.width, taught=place.taught_height
        )
        if guess is not None:
            yield _Candidate(place, dark, coarse, guess)


def _promising(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """Those that explain most, with a closer guess of their rows."""
    most = max((candidate.guess.merit for candidate in candidates), default=0.0)
    likely = [candidate for candidate in candidates if candidate.guess.merit >= _PROMISING * most]
    likely.sort(key=lambda candidate: -candidate.guess.merit)
    closer = []
    for candidate in likely[:_MOST_FITTED]:
        coarse = candidate.coarse
        room = candidate.place.margin_share * COARSE_HEIGHT / coarse.depth.shape[1]
        guess = guessed(coarse.depth, coarse.level, CLOSE, room=room, taught=candidate.place.taught_height)
        if guess is not None:
            closer.append(replace(candidate, guess=guess))
    return closer


def _fits(pictures: Mapping[bool, Picture], candidates: Sequence[_Candidate], *, minus: bool) -> list[Found]:
    """Those whose row can be fitted and decoded."""
    found = []
    for candidate in candidates:
        picture, dark = pictures[candidate.dark], candidate.dark
        place, start = candidate.place, candidate.guess.row
        row = _fit(field_of(picture, place), place, start, dark=dark, minus=minus)
        if row is not None and not row.place.margin and row.sticks_out:
            wider = replace(row.place, margin=_MARGIN)
            start = row.row.moved(1.0 - 2.0 * wider.margin_share, wider.margin_share * FIELD_HEIGHT)
            row = _fit(field_of(picture, wider), wider, start, dark=dark, minus=minus)
        if row is not None:
            found.append(row)
    return found


def _fit(field: Field | None, place: Place, start: Row, *, dark: bool, minus: bool) -> Found | None:
    """The row fitted from ``start``, and decoded."""
    if field is None:
        return None
    strokes = strokes_of(field.picture, dark=dark)
    left, right = field.margin, field.width - field.margin
    fit = fitted(strokes.depth, strokes.level, start, left=left, right=right)
    if fit is None:
        return None
    seen = decoded(strokes, fit.row, fit.row.cells(left, right), minus=minus)
    return None if seen is None else Found(place, field, strokes, fit.row, seen, fit.contrast)


def _outermost(found: Sequence[Found]) -> Found:
    """The best; of two of which one lies within the other the outer, unless that is clearly worse."""
    best = max(found, key=lambda row: row.merit)
    for other in found:
        if other.merit > 0 and other.contrast > _AS_GOOD * best.contrast and _within(best, other):
            best = other
    return best


def likelier(found: Found | None, other: Found | None) -> Found | None:
    """Of two rows the better one; where one goes on beyond its ends, another that has all of it."""
    if found is None or other is None:
        return found or other
    if found.goes_on and other.clean and _within(found, other):
        return other
    return max(found, other, key=lambda row: row.merit)


def _within(inner: Found, outer: Found) -> bool:
    """Whether the inner field lies within the outer one, and digits are alike."""
    x, y = inner.field.corners.mean(0)
    around = outer.field.corners.astype(np.float32)
    alike = abs(np.log(inner.height_px / outer.height_px)) < _ALIKE
    wider = size_of(outer.field.corners)[0] > size_of(inner.field.corners)[0]
    return bool(alike and wider and cv2.pointPolygonTest(around, (float(x), float(y)), False) > 0)
