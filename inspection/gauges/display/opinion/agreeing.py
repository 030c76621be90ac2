"""Where geometry is in doubt, and the net is sure of what geometry holds for likely, both settle it.

The net alone settles nothing: a digit needs its segments' contrast as well, a place without one that the
segments at its right are seen not to be lit. Pure.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from inspection.gauges.display.decoding import BLANK, UNCLEAR, Cell, blank_at
from inspection.gauges.display.finding import Beside, Found, beside_of
from inspection.gauges.display.opinion.net import NOTHING, Thought, thoughts
from inspection.gauges.display.opinion.view import channels, cut_out
from inspection.gauges.display.segments import RIGHT, SEGMENTS
from inspection.levels import Picture

_SURE: Final = 0.9
"""Probability from which on the net is."""
_NO_POINT: Final = 0.1
"""Probability of a point below which there is none."""
_RIGHT: Final = [SEGMENTS.index(name) for name in RIGHT]


def agreed(picture: Picture, found: Found) -> Found:
    """The row, with what is settled so."""
    beside = found.beside or beside_of(picture, found)
    first, last = found.shown
    seen = _thoughts(beside, range(first - 1, last + 2))
    cells = _pointed([_settled(cell, seen.get(cell.number)) for cell in found.seen.cells], seen)
    if all(cell.sign == BLANK for cell in cells):
        return found
    row = replace(found, seen=replace(found.seen, cells=tuple(cells)))
    before = row.shown[0] - 1
    if before in seen and seen[before].classes[NOTHING] >= _SURE and _unlit_at_right(beside, before):
        row = replace(row, nothing_at=before)
    return row


def _thoughts(beside: Beside, numbers: range) -> Mapping[int, Thought]:
    """What the net thinks of these places."""
    row = beside.row
    corners = np.array([[0.0, 0.0], [row.width, 0.0], [0.0, row.height]])
    x, y = row.place(corners, numbers)
    places = np.stack([x, y], -1).astype(np.float64)
    seen = np.stack([channels(cut_out(beside.field.picture, place)) for place in places])
    return dict(zip(numbers, thoughts(seen), strict=True))


def _settled(cell: Cell, thought: Thought | None) -> Cell:
    """An unclear place as what is likely, if the net is sure of that."""
    if thought is None or cell.sign != UNCLEAR or cell.likely == UNCLEAR:
        return cell
    believed = NOTHING if cell.likely == BLANK else int(cell.likely)
    return replace(cell, sign=cell.likely) if thought.classes[believed] >= _SURE else cell


def _pointed(cells: list[Cell], seen: Mapping[int, Thought]) -> list[Cell]:
    """Where the net is sure of one point, other gaps have none if it is sure of that as well."""
    sure = [cell.number for cell in cells if cell.number in seen and seen[cell.number].point >= _SURE]
    if len(sure) != 1:
        return cells
    return [
        replace(cell, point=0.0)
        if cell.number in seen and cell.number != sure[0] and seen[cell.number].point <= _NO_POINT
        else cell
        for cell in cells
    ]


def _unlit_at_right(beside: Beside, number: int) -> bool:
    """Whether the segments at the right of this place are in sight, and not lit."""
    x, y = beside.row.place(beside.row.segments[_RIGHT], [number])
    sight = beside.field.in_sight(x, y)[0]
    return bool(sight.all() and blank_at(beside.strokes, x[0], y[0], sight, beside.lit))
