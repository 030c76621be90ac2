"""What was clicked so far, and the dial that it makes. Pure."""

from dataclasses import dataclass, replace
from math import dist, hypot
from typing import Final

from pydantic import ValidationError

from inspection.instruments.colour import AUTO
from inspection.instruments.description import in_short
from inspection.instruments.dial import MOST_MARKS, DialDescription
from inspection.instruments.place import Mark, Point
from inspection.messages.message import NOTHING, Sentence

LEAST_MARKS: Final = 3
"""Two would do for a dial that is seen straight; which way round it goes, three show."""


@dataclass(frozen=True, slots=True)
class ClickedMark:
    """A mark, and the value that was typed for it; None: none was yet, or it is no number."""

    point: Point
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Clicks:
    """A dial as far as it was clicked. Each change gives another."""

    centre: Point | None = None
    marks: tuple[ClickedMark, ...] = ()
    unit: str = ""
    color: str = AUTO
    second: bool = False
    """Whether there is a second needle, which is not read."""
    second_color: str = AUTO
    wraps_at: float | None = None
    """As it was proposed: the value at which a scale that goes all the way round begins again."""

    @classmethod
    def of(cls, dial: DialDescription) -> "Clicks":
        """A dial that was proposed, to be looked at and changed."""
        marks = tuple(ClickedMark(mark.point, mark.value) for mark in dial.marks)
        second = dial.needle.second_needle
        return cls(
            centre=dial.center,
            marks=marks,
            unit=dial.unit,
            color=dial.needle.color,
            second=second is not None,
            second_color=AUTO if second is None else second.color,
            wraps_at=dial.wraps_at,
        )

    def clicked(self, point: Point) -> "Clicks":
        """The pivot first, then marks, as many as a dial may have."""
        if self.centre is None:
            return replace(self, centre=point)
        if len(self.marks) == MOST_MARKS:
            return self
        return replace(self, marks=(*self.marks, ClickedMark(point)))

    def undone(self) -> "Clicks":
        """Without the last click."""
        if self.marks:
            return replace(self, marks=self.marks[:-1])
        return replace(self, centre=None)

    def moved(self, place: int, point: Point) -> "Clicks":
        """With what is at ``place`` (:meth:`at`) moved to ``point``."""
        if place < 0:
            return replace(self, centre=point)
        marks = list(self.marks)
        marks[place] = replace(marks[place], point=point)
        return replace(self, marks=tuple(marks))

    def valued(self, place: int, value: float | None) -> "Clicks":
        """With the value of mark ``place``, from 0."""
        marks = list(self.marks)
        marks[place] = replace(marks[place], value=value)
        return replace(self, marks=tuple(marks))

    def at(self, point: Point, *, within: float) -> int | None:
        """What lies nearest, within so many pixels: -1 the pivot, from 0 on a mark; None: nothing."""
        places = [] if self.centre is None else [(dist(self.centre, point), -1)]
        places += [(dist(mark.point, point), place) for place, mark in enumerate(self.marks)]
        near = min(places, default=(hypot(within, 1.0), 0))
        return near[1] if near[0] <= within else None

    @property
    def unvalued(self) -> int:
        """How many marks have no value yet."""
        return sum(mark.value is None for mark in self.marks)

    def dial(self) -> DialDescription | Sentence | None:
        """The dial that it makes; why it makes none; None where something is still missing.

        Marks are taken in the order of their values; which way round they run shows by itself.
        """
        if self.centre is None or len(self.marks) < LEAST_MARKS or self.unvalued:
            return None
        valued = sorted((mark.value or 0.0, mark.point) for mark in self.marks)
        marks = [Mark(x=x, y=y, value=value) for value, (x, y) in valued]
        second = {"color": self.second_color} if self.second else None
        problem = NOTHING
        for direction in ("cw", "ccw"):
            try:
                return DialDescription.model_validate(
                    {
                        "center": self.centre,
                        "marks": marks,
                        "direction": direction,
                        "unit": self.unit,
                        "needle": {"color": self.color, "second_needle": second},
                        "full_circle": self.wraps_at is not None,
                        "wraps_at": self.wraps_at,
                    }
                )
            except ValidationError as error:
                problem = in_short(error)
        return problem
