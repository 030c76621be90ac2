"""What a small net thinks of a row's places, and what follows where geometry is in doubt, or says otherwise.

The net alone settles nothing: a digit needs its segments' contrast as well, a place without one that the
segments at its right are seen not to be lit. But alone it makes a number unreadable. Pure.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np

from inspection.gauges.display.decoding import BLANK, UNCLEAR, Cell, blank_at
from inspection.gauges.display.finding import Found, beside_of
from inspection.gauges.display.opinion.net import Thought, thoughts
from inspection.gauges.display.opinion.view import channels, cut_out
from inspection.gauges.display.panel import beyond
from inspection.gauges.display.segments import RIGHT, SEGMENTS, Row
from inspection.levels import Picture

_SURE: Final = 0.9
"""Probability from which on the net is."""
_OTHERWISE: Final = 0.7
"""Probability of another sign from which on it says otherwise."""
_NO_POINT: Final = 0.1
"""Probability of a point below which there is none."""
_RIGHT: Final = [SEGMENTS.index(name) for name in RIGHT]


@dataclass(frozen=True)
class Opinion:
    """What the net thinks of a row that was found in a picture, and of the places beside it."""

    picture: Picture
    found: Found

    @property
    def _view(self) -> tuple[Picture, Row]:
        """The row's field with the places beside it, and the row in it."""
        if self.found.beside is not None:
            return self.found.beside.field.picture, self.found.beside.row
        room = math.ceil(self.found.row.pitch)
        wider = beyond(self.picture, self.found.field, left=room, right=room)
        return wider.picture, self.found.row.shifted(room)

    @cached_property
    def _thoughts(self) -> Mapping[int, Thought]:
        (picture, row), (first, last) = self._view, self.found.shown
        numbers = range(first - 1, last + 2)
        x, y = row.place(np.array([[0.0, 0.0], [row.width, 0.0], [0.0, row.height]]), numbers)
        places = np.stack([x, y], -1).astype(np.float64)
        seen = np.stack([channels(cut_out(picture, place)) for place in places])
        return dict(zip(numbers, thoughts(seen), strict=True))

    @property
    def says_otherwise(self) -> bool:
        """Whether the net sees another digit, or none, where geometry is sure of one."""
        seen = self._thoughts
        return any(
            seen[cell.number].sign not in ("", cell.sign) and seen[cell.number].belief >= _OTHERWISE
            for cell in self.found.seen.cells
            if cell.number in seen and cell.sign.isdigit()
        )

    def agreed(self) -> Found:
        """The row, with what the net is sure of where geometry is in doubt but holds that for likely."""
        seen = self._thoughts
        cells = self._pointed([_settled(cell, seen.get(cell.number)) for cell in self.found.seen.cells])
        if all(cell.sign == BLANK for cell in cells):
            return self.found
        row = replace(self.found, seen=replace(self.found.seen, cells=tuple(cells)))
        before = row.shown[0] - 1
        nothing = before in seen and seen[before].sign == BLANK and seen[before].belief >= _SURE
        return replace(row, nothing_at=before) if nothing and self._unlit_at_right(before) else row

    def _pointed(self, cells: list[Cell]) -> list[Cell]:
        """Where the net is sure of one point, other gaps have none if it is sure of that as well."""
        points = {number: thought.point for number, thought in self._thoughts.items()}
        sure = [cell.number for cell in cells if points.get(cell.number, 0.0) >= _SURE]
        if len(sure) != 1:
            return cells
        return [
            replace(cell, point=0.0)
            if cell.number != sure[0] and points.get(cell.number, 1.0) <= _NO_POINT
            else cell
            for cell in cells
        ]

    def _unlit_at_right(self, number: int) -> bool:
        """Whether the segments at the right of this place are in sight, and not lit."""
        beside = self.found.beside or beside_of(self.picture, self.found)
        x, y = beside.row.place(beside.row.segments[_RIGHT], [number])
        sight = beside.field.in_sight(x, y)[0]
        return bool(sight.all() and blank_at(beside.strokes, x[0], y[0], sight, beside.lit))


def _settled(cell: Cell, thought: Thought | None) -> Cell:
    """An unclear place as what the net is sure of, if its segments allow that."""
    if thought is None or cell.sign != UNCLEAR or thought.belief < _SURE:
        return cell
    return replace(cell, sign=thought.sign) if thought.sign != "" and thought.sign in cell.likely else cell
