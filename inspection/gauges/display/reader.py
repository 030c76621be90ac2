"""Reads a display: its field, the row of its digits, what they show, and whether that may be believed."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from inspection.frozen import Box
from inspection.gauges.display.decoding import BLANK, Decoded, decoded
from inspection.gauges.display.fitting import fitted
from inspection.gauges.display.grid import Guess, first_guess
from inspection.gauges.display.number import Ends, Number, number_of
from inspection.gauges.display.panel import Corners, Field, field_of, proposed
from inspection.gauges.display.segments import RIGHT, Row, sampled
from inspection.gauges.display.strokes import Strokes, strokes_of
from inspection.instruments.display import DisplayDescription
from inspection.instruments.reading import InstrumentKind, Reading, Unreadable, unreadable
from inspection.levels import Picture

_MARGIN: Final = 0.12
"""Of a taught field's height: room to see that digits end."""
_MOST_FIELDS: Final = 4
"""Panels that are looked into."""
_FITTED: Final = 2
"""The most promising of them, to be fitted."""
_SMALLEST_PX: Final = 12.0
"""Height of digits in the picture: smaller ones have strokes of less than two pixels."""
_NOISES: Final = 6.0
"""By how many standard deviations of what is not lit the lit segments must stand out on the whole."""


@dataclass(frozen=True)
class _Candidate:
    """A field, and the row in it that seems likeliest."""

    field: Field
    strokes: Strokes
    guess: Guess


@dataclass(frozen=True)
class _Read:
    """A fitted field, decoded."""

    field: Field
    strokes: Strokes
    row: Row
    seen: Decoded
    contrast: float

    @property
    def merit(self) -> float:
        """The better, the more digits are clear and the fewer unclear."""
        return self.contrast * (self.seen.clear - self.seen.unclear)


def read_display(pictures: Sequence[Picture], display: DisplayDescription) -> Reading:
    """What the display shows. ``pictures``: those of one reading, H x W x 3 RGB, not written into.

    Never raises for what the pictures hold: then the reading says why there is none.
    """
    began = time.perf_counter()
    result, box = _read(pictures[0], display)
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


def _read(picture: Picture, display: DisplayDescription) -> tuple[Number | Unreadable, Box | None]:
    candidates = sorted(_candidates(picture, display), key=lambda found: -found.guess.gain)
    if not candidates:
        return (Unreadable.NO_DIGITS if display.corners else Unreadable.NOT_FOUND), None
    reads = [read for found in candidates[:_FITTED] if (read := _fitted(found, display)) is not None]
    if not reads:
        return Unreadable.NO_DIGITS, None
    best = max(reads, key=lambda read: read.merit)
    if best.merit <= 0 or best.seen.noise * _NOISES > 1.0:
        return (Unreadable.NO_DIGITS if best.seen.clear == 0 else Unreadable.SEGMENT_UNCLEAR), None
    box = _box(best.field.corners, picture)
    if _height_px(best) < _SMALLEST_PX:
        return Unreadable.TOO_SMALL, box
    return number_of(best.seen.cells, _ends(best), display), box


def _candidates(picture: Picture, display: DisplayDescription) -> Iterator[_Candidate]:
    """Fields that may hold the digits, each with its likeliest row."""
    if display.corners is not None:
        fields = [field_of(picture, np.array(display.corners), margin=_MARGIN)]
    else:
        fields = [field_of(picture, corners) for corners in proposed(picture)[:_MOST_FIELDS]]
    for field in fields:
        if field is None:
            continue
        for strokes in _strokes(field, display):
            guess = first_guess(
                strokes.depth, strokes.level, left=field.margin, right=field.width - field.margin
            )
            if guess is not None:
                yield _Candidate(field, strokes, guess)


def _strokes(field: Field, display: DisplayDescription) -> list[Strokes]:
    """The field's strokes, in the polarity that was taught or else in the one that has the deeper ones."""
    if display.polarity != "auto":
        return [strokes_of(field.picture, dark=display.polarity == "dark_on_bright")]
    both = [strokes_of(field.picture, dark=dark) for dark in (True, False)]
    deeper = max(strokes.level for strokes in both)
    return [strokes for strokes in both if strokes.level > deeper / 2]


def _fitted(found: _Candidate, display: DisplayDescription) -> _Read | None:
    """The field's row fitted and decoded."""
    strokes, field = found.strokes, found.field
    left, right = field.margin, field.width - field.margin
    fit = fitted(strokes.depth, strokes.level, found.guess.row, left=left, right=right)
    if fit is None:
        return None
    seen = decoded(strokes, fit.row, fit.row.cells(left, right), minus=display.minus)
    return None if seen is None else _Read(field, strokes, fit.row, seen, fit.contrast)


def _ends(read: _Read) -> Ends:
    """What the field says of the places beyond the row's ends."""
    if read.field.margin:
        return Ends(first_is_first=True, last_is_last=True)
    cells = read.seen.cells
    first = next(index for index, cell in enumerate(cells) if cell.sign != BLANK)
    return Ends(
        first_is_first=first > 0 or _right_is_blank(read, cells[0].number - 1),
        last_is_last=not read.field.cut_right,
    )


def _right_is_blank(read: _Read, number: int) -> bool:
    """Whether a place that is partly outside is seen to be blank: each digit has a right side."""
    x, y = read.row.place(read.row.segments[list(RIGHT)], [number])
    if x.min() < read.row.stroke / 2:
        return False
    usual = sampled(read.strokes.depth, x, y).mean(-1)
    lowest = min(cell.strength for cell in read.seen.cells if cell.sign != BLANK)
    return bool(usual.max() < 0.3 * read.seen.depth * min(lowest, 1.0))


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
