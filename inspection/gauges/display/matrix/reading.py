"""Reads a row of characters of 5 x 7 dots: its field, its lattice, what they say, whether they are all."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from inspection.gauges.display.decoding import BLANK, UNCLEAR, Cell
from inspection.gauges.display.frames import contradict
from inspection.gauges.display.matrix.characters import Characters, alike, characters_at
from inspection.gauges.display.matrix.glyphs import COLUMNS, POINT, ROWS
from inspection.gauges.display.matrix.ink import Ink, Inner, ink_of
from inspection.gauges.display.matrix.lattice import (
    DotRow,
    Lattice,
    dots_at,
    dots_of,
    fitted,
    found,
    likeness,
)
from inspection.gauges.display.number import Ends, Number, number_of
from inspection.gauges.display.panel import Corners, Field, Place, beyond, field_of, panels, rows, size_of
from inspection.gauges.display.segments import sampled
from inspection.instruments.display import DisplayDescription
from inspection.instruments.reading import Unreadable
from inspection.levels import Picture

_MARGIN: Final = 1.0
"""Of a field's height around it: room to see whether a character stands beside it."""
_COARSE: Final = 40
_FINE: Final = 72
"""Pixels of a field's height, to find its lattice and to fit it: dots of some 5 and 9 pixels."""
_MOST_FIELDS: Final = 6
"""Panels that are looked into."""
_MOST_FITTED: Final = 2
_PROMISING: Final = 0.6
"""Of what the best field explains: fields that explain less are left."""
_SMALLEST_PX: Final = 14.0
"""Height of characters in the picture: dots of smaller ones lie less than two pixels apart."""
_NOISES: Final = 5.0
"""By how many standard deviations of what is not lit the lit dots must stand out on the whole."""
_GOES_ON: Final = 0.5
"""Of the faintest character's strength: a dot beside the field that is so deep belongs to another one."""
_BEYOND: Final = 3
"""Places beyond the outermost characters of a field that was found: none may show one."""
_SOME_DOTS: Final = 4
"""Dots that are lit in a place that shows something: dust has fewer, all characters but a point more."""
_HARDLY_ALIKE: Final = 0.5
"""Correlation that dots have with a character's at least, though the lattice misses them by half a dot."""
_POINT: Final = 0.7
"""Of the strength of the character before it: a lone point is as deep as other dots, a speck seldom is."""
_NO_POINT: Final = 0.4
"""What a gap without a point has at most; blur brings its neighbours into it."""
_FAINTEST: Final = 0.4
"""Of the display's lit depth: no character that is read is fainter."""
_RIM: Final = 0.35
"""The same for a column above and below the characters: a rim or a scratch runs on, a character does not."""
_SEEN: Final = (Unreadable.CUT_OFF, Unreadable.WRONG_LAYOUT, Unreadable.FLICKERS, Unreadable.TOO_SMALL)
"""What is said of a row whose characters are clear: no other one is looked for then."""
_LINES: Final = np.arange(7.5, 11.0, 0.5)
"""Dots from one line of characters to the next."""
_ALIKE: Final = 0.85
"""Correlation of dots with a character's, at which they are one."""


@dataclass(frozen=True)
class _Found:
    """A field with a row of characters in it."""

    place: Place
    dark: bool
    lattice: Lattice
    worth: float
    """How many of its cells look like a character."""


@dataclass(frozen=True)
class _Read:
    """A fitted field, decoded."""

    place: Place
    room: int
    """Pixels that the field was widened by at its left and right."""
    field: Field
    ink: Ink
    row: DotRow
    seen: Characters
    contrast: float
    dark: bool

    @property
    def merit(self) -> float:
        """The better, the more places are clear and the fewer unclear."""
        return self.contrast * (self.seen.clear - self.seen.unclear)

    @property
    def height_px(self) -> float:
        """Of the characters, in the picture's pixels."""
        return self.row.height / _FINE * size_of(self.field.corners)[1]


def read_dot_matrix(
    pictures: Sequence[Picture],
    joint: Mapping[bool, Picture],
    display: DisplayDescription,
    *,
    on_its_head: bool,
) -> tuple[Number | Unreadable, Corners | None]:
    """What the display shows, and the corners of its field.

    ``joint``: ``pictures`` joined, by whether dots are dark, for each way that they may be.
    """
    reads: list[_Read] = []
    result: Number | Unreadable = Unreadable.NO_DIGITS if display.corners else Unreadable.NOT_FOUND
    best: _Read | None = None
    for places in _places(joint, display):
        turned = [place.turned() for place in places] if on_its_head else places
        promising = _promising([one for dark in joint for one in _found(joint[dark], turned, dark)])
        reads += [read for one in promising if (read := _fitted(joint[one.dark], one, display)) is not None]
        if not reads:
            continue
        best = max(reads, key=lambda read: read.merit)
        result = _judged(pictures, best, display)
        if isinstance(result, Number) or result in _SEEN:
            break
    return result, None if best is None else best.field.corners


def _places(joint: Mapping[bool, Picture], display: DisplayDescription) -> Iterator[list[Place]]:
    """Where characters may be: where taught, or else in panels, or else where strokes stand in a row."""
    if display.corners is not None:
        yield [Place(np.array(display.corners), margin=_MARGIN, taught=True)]
        return
    for kind in (panels, rows):
        places = kind(joint, any_turn=not display.upright)[:_MOST_FIELDS]
        yield [replace(place, margin=_MARGIN) for place in places]


def _judged(pictures: Sequence[Picture], read: _Read, display: DisplayDescription) -> Number | Unreadable:
    """The number that the row shows, if all speaks for it."""
    if read.seen.noise * _NOISES > 1.0 or read.merit <= 0:
        return Unreadable.NO_DIGITS if read.seen.clear == 0 else Unreadable.SEGMENT_UNCLEAR
    if read.height_px < _SMALLEST_PX:
        return Unreadable.TOO_SMALL
    if len(pictures) > 1 and _changes(pictures, read, display):
        return Unreadable.FLICKERS
    return _number(read, display)


def _found(picture: Picture, places: Sequence[Place], dark: bool) -> list[_Found]:
    """Places that may hold characters."""
    seen = []
    for place in places:
        field = _field(picture, place, _COARSE)
        if field is None:
            continue
        inner = _inner(field, place)
        ink = ink_of(field, inner, dark=dark)
        lattice = found(ink.depth, ink.level, inner=inner)
        if lattice is not None:
            left, _, right, _ = inner
            worth = likeness(ink.depth, ink.level, lattice, left=left, right=right)
            seen.append(_Found(place, dark, lattice, worth))
    return seen


def _field(picture: Picture, place: Place, height: int, room: int = 0) -> Field | None:
    """The field, ``height`` pixels high, with its margin around it and ``room`` more at either end."""
    field = field_of(picture, place, full=round(height * (1.0 + 2.0 * place.margin)))
    return beyond(picture, field, left=room, right=room) if field is not None and room else field


def _inner(field: Field, place: Place, room: int = 0) -> Inner:
    """Left, top, right and bottom of where characters may lie: corners may be taught a dot too near."""
    height, width = field.picture.shape[:2]
    margin = field.margin
    across = margin + room
    if place.taught:
        across -= (height - 2 * margin) / ROWS
    return across, margin, width - 1.0 - across, height - 1.0 - margin


def _promising(candidates: Sequence[_Found]) -> list[_Found]:
    most = max((one.worth for one in candidates), default=0.0)
    likely = [one for one in candidates if one.worth >= _PROMISING * most]
    return sorted(likely, key=lambda one: -one.worth)[:_MOST_FITTED]


def _fitted(picture: Picture, one: _Found, display: DisplayDescription) -> _Read | None:
    """The field's lattice fitted and decoded."""
    scale = _FINE / _COARSE
    coarse = one.lattice.row
    room = 0 if one.place.taught else round(_BEYOND * coarse.pitch * scale)
    field = _field(picture, one.place, _FINE, room)
    if field is None:
        return None
    inner = _inner(field, one.place, room)
    ink = ink_of(field, inner, dark=one.dark)
    row = replace(
        coarse,
        x=coarse.x * scale + room,
        pitch=coarse.pitch * scale,
        top=coarse.top * scale,
        height=coarse.height * scale,
        width=coarse.width * scale,
        stroke=coarse.stroke * scale,
        middle=coarse.middle * scale + room,
    )
    left, _, right, _ = inner
    fit = fitted(ink.depth, ink.level, row, left=left, right=right)
    if fit is None:
        return None
    seen = characters_at(ink, fit.row, fit.row.cells(left, right), point_known=display.decimals is not None)
    return None if seen is None else _Read(one.place, room, field, ink, fit.row, seen, fit.gain, one.dark)


def _changes(pictures: Sequence[Picture], read: _Read, display: DisplayDescription) -> bool:
    """Whether single pictures show other characters than all together."""
    alone = []
    for picture in pictures:
        field = _field(picture, read.place, _FINE, read.room)
        assert field is not None  # it was one in the joined picture, of the same size
        ink = replace(
            ink_of(field, _inner(field, read.place, read.room), dark=read.dark), level=read.ink.level
        )
        seen = characters_at(
            ink,
            read.row,
            [cell.number for cell in read.seen.cells],
            point_known=display.decimals is not None,
        )
        alone.append(seen.cells if seen is not None else read.seen.cells)
    return contradict(read.seen.cells, alone)


def _number(read: _Read, display: DisplayDescription) -> Number | Unreadable:
    """The number that the characters show, if they are all of it."""
    cells = list(read.seen.cells)
    shown = [index for index, cell in enumerate(cells) if cell.sign != BLANK]
    if not shown:
        return Unreadable.NO_DIGITS
    if any(cell.sign == UNCLEAR for cell in cells):  # the last one too: it may be a letter
        return Unreadable.SEGMENT_UNCLEAR
    found = display.corners is None
    if found and len(shown) == 1:
        return Unreadable.NO_DIGITS  # one sign alone may be anything
    whole = display.whole
    if not _ends(read, cells[shown[0]].number, cells[shown[-1]].number, taught=not found, whole=whole):
        return Unreadable.CUT_OFF
    if found and _other_lines(read):
        return Unreadable.WRONG_LAYOUT
    points = [index for index, cell in enumerate(cells) if cell.sign == POINT]
    taught = display.digits
    if display.corners and taught and len(cells) not in (taught, taught + len(points)):
        return Unreadable.WRONG_LAYOUT
    if len(points) > 1 or (points and not shown[0] < points[0] < shown[-1]):
        return Unreadable.WRONG_LAYOUT
    if _between_places(read, [cell.number for cell in cells[shown[0] : shown[-1]]]):
        return Unreadable.SEGMENT_UNCLEAR
    gaps = [cell.point / max(cell.strength, _FAINTEST) for cell in cells[shown[0] : shown[-1]]]
    if any(_NO_POINT < gap < _POINT for gap in gaps):
        return Unreadable.SEGMENT_UNCLEAR
    if points:
        cells = _with_point(cells, points[0])
        if taught and shown[-1] - shown[0] < taught:  # the point's own place counts as one
            display = display.model_copy(update={"digits": taught - 1})
    return number_of(cells, Ends(before=None, behind=None), display)


def _between_places(read: _Read, places: Sequence[int]) -> bool:
    """Whether something stands in the gaps behind these places, above where a point is: another character."""
    row = read.row
    across = np.arange(COLUMNS + 0.5, row.pitch / row.width * COLUMNS - 0.4)
    if not places or not across.size:
        return False
    u, v = (grid.ravel() for grid in np.meshgrid(across, np.arange(0.5, ROWS - 2.0)))
    shares = sampled(read.ink.depth, *row.place(dots_at(row, u, v), places)).mean(-1) / read.seen.depth
    return bool((shares > _POINT).sum(1).max() > 1)


def _with_point(cells: Sequence[Cell], at: int) -> list[Cell]:
    """The cells without that of the point, which is then behind the one before it."""
    before, after = cells[at - 1], cells[at + 1]
    strength = (before.strength + max(after.strength, before.strength / 2)) / 2
    return [*cells[: at - 1], replace(before, point=strength), *cells[at + 1 :]]


def _ends(read: _Read, first: int, last: int, *, taught: bool, whole: bool) -> bool:
    """Whether nothing goes on before ``first`` or behind ``last``, the outermost places that show something.

    A taught field ends where it was taught, unless something stands right beside it; of one that was found
    some places more are looked at, since a point between may be hidden.
    """
    cells = read.seen.cells
    before = range(first - 1, first - 1 - _BEYOND, -1)
    behind = range(last + 1, last + 1 + _BEYOND)
    for places, end in ((before, cells[0].number), (behind, cells[-1].number)):
        outside = [place for place in places if place < cells[0].number or place > cells[-1].number]
        if not taught and any(_shows(read, place) for place in outside):
            return False
        if outside and outside[0] == places[0] and not _is_free(read, end, outside[0], known=taught or whole):
            return False
    return True


def _shows(read: _Read, place: int) -> bool:
    """Whether several dots are lit at a place outside of the field, on ground as that of the field."""
    row, seen = read.row, read.seen
    across, down = np.arange(0.5, COLUMNS), np.arange(-0.5, ROWS + 1.0)
    u, v = (grid.ravel() for grid in np.meshgrid(across, down))
    x, y = row.place(dots_at(row, u, v), [place])
    if not read.field.in_sight(x, y).all():
        return False
    depth = sampled(read.ink.depth, x, y).mean(-1).reshape(down.size, across.size)
    ground = sampled(read.ink.ground, x, y).mean(-1).reshape(down.size, across.size)
    lit = (depth > max(_GOES_ON, _NOISES * seen.noise) * seen.depth) & (ground > _ground(read) - seen.depth)
    rim = lit[0] & lit[-1]
    like = float(alike(depth[1:-1].reshape(1, -1))[0])
    return int(lit[1:-1, ~rim].sum()) >= _SOME_DOTS and like > _HARDLY_ALIKE


def _ground(read: _Read) -> float:
    """The lowest ground of a place that shows something."""
    cells = [cell.number for cell in read.seen.cells if cell.sign != BLANK]
    grounds = sampled(read.ink.ground, *read.row.place(dots_of(read.row), cells))
    return float(grounds.mean((1, 2)).min())


def _is_free(read: _Read, end: int, place: int, *, known: bool) -> bool:
    """Whether nothing stands in the ``place`` beside the last one, ``end``, not even part of a character.

    ``known``: it is known that nothing does where the place is out of sight.
    """
    row, seen = read.row, read.seen
    across, down = np.arange(-0.5, COLUMNS + 1.0), np.arange(-0.5, ROWS + 1.0)
    u, v = (grid.ravel() for grid in np.meshgrid(across, down))
    x, y = row.place(dots_at(row, u, v), [place])
    if not read.field.in_sight(x, y).all():
        return known
    faintest = min(min(cell.strength for cell in seen.cells if cell.sign != BLANK), 1.0)
    depth = sampled(read.ink.depth, x, y).mean(-1).reshape(down.size, across.size)
    ground = sampled(read.ink.ground, x, y).mean(-1).reshape(down.size, across.size)
    share = (depth - np.median(depth)) / (seen.depth * faintest)
    if place < end:  # from the field outwards
        share, ground = share[:, ::-1], ground[:, ::-1]
    lower = ground[1:-1].max(0) < ground[:, 0].max() - seen.depth
    rim = (share[0] > _RIM) & (share[-1] > _RIM)
    ends = np.flatnonzero((lower | rim)[1:]) + 1
    inside = share[1:-1, : ends[0]] if ends.size else share[1:-1]
    return bool(inside[:, 1:].size == 0 or inside[:, 1:].max() < max(_GOES_ON, _NOISES * seen.noise))


def _other_lines(read: _Read) -> bool:
    """Whether a line of characters stands above this one, or below."""
    cells = [cell.number for cell in read.seen.cells]
    lowest = _ground(read)
    for lines in (*-_LINES, *_LINES):
        row = replace(read.row, top=read.row.top + float(lines) * read.row.stroke)
        places = row.place(dots_of(row), cells)
        dots = sampled(read.ink.depth, *places).mean(-1) / read.seen.depth
        ground = sampled(read.ink.ground, *places).mean((1, 2))
        if np.any((alike(dots) > _ALIKE) & (dots.max(1) > _GOES_ON) & (ground > lowest - read.seen.depth)):
            return True
    return False
