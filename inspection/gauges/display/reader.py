"""Reads a display: its field, the row of its digits, what they show, and whether that may be believed."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from inspection.frozen import Box
from inspection.gauges.display.decoding import BLANK, Decoded, decoded
from inspection.gauges.display.fitting import fitted
from inspection.gauges.display.frames import contradict, joined
from inspection.gauges.display.grid import CLOSE, COARSE_HEIGHT, WIDE, Guess, guessed
from inspection.gauges.display.number import Ends, Number, number_of
from inspection.gauges.display.panel import Corners, Field, field_of, moved_right, proposed, size_of
from inspection.gauges.display.segments import RIGHT, Row, sampled
from inspection.gauges.display.strokes import Strokes, strokes_of
from inspection.instruments.display import DisplayDescription
from inspection.instruments.reading import InstrumentKind, Reading, Unreadable, unreadable
from inspection.levels import Picture

_MARGIN: Final = 0.12
"""Of a taught field's height: room to see that digits end."""
_MOST_FIELDS: Final = 10
"""Panels that are looked into."""
_MOST_FITTED: Final = 2
"""The most promising of them, to be fitted."""
_PROMISING: Final = 0.6
"""Of what the best field's digits explain: fields that explain less are left."""
_SMALLEST_PX: Final = 12.0
"""Height of digits in the picture: smaller ones have strokes of less than two pixels."""
_NOISES: Final = 6.0
"""By how many standard deviations of what is not lit the lit segments must stand out on the whole."""
_AS_GOOD: Final = 0.9
"""Of the best contrast: a panel that holds the best one is taken instead, since it holds all digits."""
_ALIKE: Final = 0.2
"""Difference of the logarithms of digits' heights."""
_VISIBLE: Final = 0.3
"""Of the faintest digit's depth: what a place's right side has at most where it is blank."""


@dataclass(frozen=True)
class _Candidate:
    """Where digits may be, and the row of them that seems likeliest."""

    corners: Corners
    margin: float
    dark: bool
    coarse: Strokes
    guess: Guess

    @property
    def edges(self) -> tuple[float, float]:
        """Where digits may begin and end, in shares of the field's width."""
        room = self.margin / (1.0 + 2.0 * self.margin) * COARSE_HEIGHT / self.coarse.depth.shape[1]
        return room, 1.0 - room


@dataclass(frozen=True)
class _Read:
    """A fitted field, decoded."""

    field: Field
    strokes: Strokes
    row: Row
    seen: Decoded
    contrast: float
    dark: bool
    margin: float

    @property
    def merit(self) -> float:
        """The better, the more digits are clear and the fewer unclear."""
        return self.contrast * (self.seen.clear - self.seen.unclear)


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
    joint = {dark: joined(pictures, dark=dark) for dark in _polarities(display)}
    picture = next(iter(joint.values()))
    candidates = _promising(
        [found for dark in joint for found in _candidates(joint[dark], display, dark=dark)]
    )
    if not candidates:
        return (Unreadable.NO_DIGITS if display.corners else Unreadable.NOT_FOUND), None
    reads = [read for found in candidates if (read := _fitted(joint[found.dark], found, display)) is not None]
    if not reads:
        return Unreadable.NO_DIGITS, None
    best = _best(reads)
    if best.merit <= 0 or best.seen.noise * _NOISES > 1.0:
        return (Unreadable.NO_DIGITS if best.seen.clear == 0 else Unreadable.SEGMENT_UNCLEAR), None
    box = _box(best.field.corners, picture)
    if _height_px(best) < _SMALLEST_PX:
        return Unreadable.TOO_SMALL, box
    if len(pictures) > 1 and _changes(pictures, best, display):
        return Unreadable.FLICKERS, box
    return number_of(best.seen.cells, _ends(joint[best.dark], best), display), box


def _polarities(display: DisplayDescription) -> tuple[bool, ...]:
    """Whether digits may be dark, bright, or either."""
    return (True, False) if display.polarity == "auto" else (display.polarity == "dark_on_bright",)


def _best(reads: Sequence[_Read]) -> _Read:
    """The best; of two of which one lies within the other the outer, unless that is clearly worse."""
    best = max(reads, key=lambda read: read.merit)
    for read in reads:
        if read.merit > 0 and read.contrast > _AS_GOOD * best.contrast and _within(best, read):
            best = read
    return best


def _within(inner: _Read, outer: _Read) -> bool:
    """Whether the inner field lies within the outer one, and digits are alike."""
    x, y = inner.field.corners.mean(0)
    around = outer.field.corners.astype(np.float32)
    alike = abs(np.log(_height_px(inner) / _height_px(outer))) < _ALIKE
    wider = size_of(outer.field.corners)[0] > size_of(inner.field.corners)[0]
    return bool(alike and wider and cv2.pointPolygonTest(around, (float(x), float(y)), False) > 0)


def _changes(pictures: Sequence[Picture], read: _Read, display: DisplayDescription) -> bool:
    """Whether single pictures show other digits than all together."""
    alone = []
    for picture in pictures:
        field = field_of(picture, read.field.corners, margin=read.margin)
        assert field is not None
        strokes = replace(strokes_of(field.picture, dark=read.dark), level=read.strokes.level)
        cells = [cell.number for cell in read.seen.cells]
        seen = decoded(strokes, read.row, cells, minus=display.minus)
        alone.append(seen.cells if seen is not None else read.seen.cells)
    return contradict(read.seen.cells, alone)


def _candidates(picture: Picture, display: DisplayDescription, *, dark: bool) -> Iterator[_Candidate]:
    """Fields that may hold digits."""
    if display.corners is not None:
        fields, margin = [np.array(display.corners)], _MARGIN
    else:
        fields, margin = proposed(picture)[:_MOST_FIELDS], 0.0
    for corners in fields:
        field = field_of(picture, corners, margin=margin, full=COARSE_HEIGHT)
        if field is None:
            continue
        left, right = field.margin / field.width, 1.0 - field.margin / field.width
        coarse = strokes_of(field.picture, dark=dark)
        guess = guessed(coarse.depth, coarse.level, WIDE, left=left, right=right)
        if guess is not None:
            yield _Candidate(corners, margin, dark, coarse, guess)


def _promising(found: Sequence[_Candidate]) -> list[_Candidate]:
    """Those that explain most, with a closer guess of their rows."""
    most = max((candidate.guess.gain for candidate in found), default=0.0)
    likely = [candidate for candidate in found if candidate.guess.gain >= _PROMISING * most]
    likely.sort(key=lambda candidate: -candidate.guess.gain)
    closer = []
    for candidate in likely[:_MOST_FITTED]:
        left, right = candidate.edges
        guess = guessed(candidate.coarse.depth, candidate.coarse.level, CLOSE, left=left, right=right)
        if guess is not None:
            closer.append(replace(candidate, guess=guess))
    return closer


def _fitted(picture: Picture, found: _Candidate, display: DisplayDescription) -> _Read | None:
    """The field's row fitted and decoded."""
    field = field_of(picture, found.corners, margin=found.margin)
    if field is None:
        return None
    strokes = strokes_of(field.picture, dark=found.dark)
    left, right = field.margin, field.width - field.margin
    fit = fitted(strokes.depth, strokes.level, found.guess.row, left=left, right=right)
    if fit is None:
        return None
    seen = decoded(strokes, fit.row, fit.row.cells(left, right), minus=display.minus)
    return (
        None if seen is None else _Read(field, strokes, fit.row, seen, fit.contrast, found.dark, found.margin)
    )


def _ends(picture: Picture, read: _Read) -> Ends:
    """What the picture says of the places beyond the row's ends."""
    if read.field.margin:
        return Ends(first_is_first=True, last_is_last=True)
    cells = read.seen.cells
    first = next(index for index, cell in enumerate(cells) if cell.sign != BLANK)
    return Ends(
        first_is_first=first > 0 or _left_is_blank(picture, read),
        last_is_last=not read.field.cut_right,
    )


def _left_is_blank(picture: Picture, read: _Read) -> bool:
    """Whether the place left of the first one is seen to be blank: each digit has a right side."""
    number = read.seen.cells[0].number - 1
    row = read.row
    x, y = row.place(row.segments[list(RIGHT)], [number])
    room = row.stroke / 2
    field, strokes = read.field, read.strokes
    if x.min() < room:
        by = int(2 * row.pitch)
        field = moved_right(picture, field, by, by + field.width)
        if not field.reaches(x + by - room, y):
            return False
        strokes, x = strokes_of(field.picture, dark=read.dark), x + by
    seen = sampled(strokes.depth, x, y).mean(-1)
    faintest = min(cell.strength for cell in read.seen.cells if cell.sign != BLANK)
    return bool(seen.max() < _VISIBLE * read.seen.depth * min(faintest, 1.0))


def _height_px(read: _Read) -> float:
    """Of the digits, in the picture's pixels."""
    corners = read.field.corners
    high = float(np.linalg.norm(corners[3] - corners[0]) + np.linalg.norm(corners[2] - corners[1])) / 2
    inner = read.field.picture.shape[0] - 2 * read.field.margin
    return float(read.row.height / inner * high)


def _box(corners: Corners, picture: Picture) -> Box | None:
    """The rectangle around the corners, within the picture."""
    left, top = np.clip(np.floor(corners.min(0)), 0, None).astype(int)
    right = min(int(np.ceil(corners[:, 0].max())) + 1, picture.shape[1])
    bottom = min(int(np.ceil(corners[:, 1].max())) + 1, picture.shape[0])
    if right <= left or bottom <= top:
        return None
    return int(left), int(top), int(right - left), int(bottom - top)
