"""How a dial is described: pivot, marks with their values along the sweep, and needle."""

import base64
import binascii
import math
import struct
from itertools import pairwise
from typing import Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from inspection.frozen import Frozen, Region
from inspection.instruments.colour import AUTO, Colour
from inspection.instruments.place import Mark, Point, Unit, Value
from inspection.messages.codes import Code
from inspection.messages.telling import say

MOST_MARKS: Final = 128
MOST_SIDE_PX: Final = 192
"""Of a reference's patch."""
LEAST_STEP_DEG: Final = 0.05
"""Between two marks, as seen from the pivot: less cannot be clicked apart."""
_WAY_ROUND_DEG: Final = 360.0
_PNG_HEAD: Final = struct.Struct(">8sI4sIIBB")
"""Signature, length and name of the first chunk; width, height, bits and kind of colour in it."""


class SecondNeedle(Frozen):
    """A needle that is not read: a drag pointer, or one that somebody set."""

    color: Colour = AUTO


class Needle(Frozen):
    """The needle that is read."""

    color: Colour = AUTO
    second_needle: SecondNeedle | None = None


class Reference(Frozen):
    """What the dial looked like when it was taught: later pictures are brought to it."""

    png: str = Field(max_length=1 << 17)
    """A grey picture of 8 bits, at most 192 pixels wide and high, as PNG in base64."""
    box: Region
    """What part of the taught picture it shows, perhaps made smaller."""

    @field_validator("png")
    @classmethod
    def _small_and_grey(cls, png: str) -> str:
        try:
            head = _PNG_HEAD.unpack_from(base64.b64decode(png, validate=True))
        except (binascii.Error, struct.error, ValueError):
            raise ValueError("a reference's patch is a PNG in base64") from None
        signature, _, chunk, width, height, bits, colour = head
        if signature != b"\x89PNG\r\n\x1a\n" or chunk != b"IHDR":
            raise ValueError("a reference's patch is a PNG in base64")
        if (bits, colour) != (8, 0) or not 8 <= min(width, height) <= max(width, height) <= MOST_SIDE_PX:
            raise ValueError(f"a reference's patch is grey, of 8 bits and 8 to {MOST_SIDE_PX} pixels a side")
        return png

    @property
    def data(self) -> bytes:
        """The PNG's bytes."""
        return base64.b64decode(self.png)


class DialDescription(Frozen):
    """A dial, described once."""

    kind: Literal["dial"] = "dial"
    center: Point
    """The pivot, as the picture shows it."""
    marks: tuple[Mark, ...] = Field(min_length=2, max_length=MOST_MARKS)
    """Along the sweep, values rising or falling throughout; two at least, three where the dial is tilted."""
    direction: Literal["cw", "ccw"]
    """The way round, in the picture, in which the list of marks runs."""
    unit: Unit = ""
    needle: Needle = Needle()
    full_circle: bool = False
    """Whether the scale goes all the way round, so that its end is its beginning (a water meter's)."""
    wraps_at: Value | None = Field(default=None, gt=0.0)
    """The value at which it begins again with 0; exactly where ``full_circle``."""
    relative: bool = False
    """Whether centre and marks are shares of the picture's width and height: of crops that are all alike."""
    reference: Reference | None = None
    """None: the description is of the very picture that is read, or of others that are just like it."""

    @field_validator("needle", mode="before")
    @classmethod
    def _unsaid(cls, needle: object) -> object:
        return Needle() if needle is None else needle

    @property
    def full_scale(self) -> float:
        """From the least to the greatest value; a whole way round where it wraps. Never 0."""
        if self.wraps_at is not None:
            return self.wraps_at
        return abs(self.marks[-1].value - self.marks[0].value)

    def in_picture(self, width: int, height: int) -> "DialDescription":
        """A ``relative`` description in the pixels of a picture of this size; any other as it is."""
        if not self.relative:
            return self

        def at(x: float, y: float) -> Point:
            return x * width - 0.5, y * height - 0.5

        marks = (Mark(x=x, y=y, value=m.value) for m in self.marks for x, y in (at(*m.point),))
        return self.model_copy(update={"center": at(*self.center), "marks": tuple(marks), "relative": False})

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        self._check_values()
        self._check_places()
        if self.relative and self.reference is not None:
            raise ValueError("a dial whose marks are shares of the picture has no reference")
        if self.relative and max(map(abs, (*self.center, *(c for m in self.marks for c in m.point)))) > 2.0:
            raise ValueError("relative: centre and marks are shares of width and height, 0 to 1")
        return self

    def _check_values(self) -> None:
        values = [mark.value for mark in self.marks]
        steps = [after - before for before, after in pairwise(values)]
        nearest = min(range(len(steps)), key=lambda place: abs(steps[place]))
        if abs(steps[nearest]) <= 1e-9 * max(map(abs, values)):
            raise ValueError(say(Code.DIAL_VALUES_EQUAL, first=values[nearest], second=values[nearest + 1]))
        if not (all(step > 0.0 for step in steps) or all(step < 0.0 for step in steps)):
            raise ValueError(say(Code.DIAL_VALUES_DISORDERED))
        if self.full_circle != (self.wraps_at is not None):
            raise ValueError("wraps_at is the value at which a full circle begins again: both, or none")
        if self.wraps_at is not None and not 0.0 <= min(values) <= max(values) < self.wraps_at:
            raise ValueError(say(Code.DIAL_BEYOND_CIRCLE, wraps_at=self.wraps_at))

    def _check_places(self) -> None:
        nearest = min(self.marks, key=lambda mark: math.dist(self.center, mark.point))
        if math.dist(self.center, nearest.point) < (0.01 if self.relative else 1.0):
            raise ValueError(say(Code.DIAL_MARK_ON_CENTRE, value=nearest.value))
        for one, following in pairwise(self.marks):
            if abs(self._step_deg(one, following)) < LEAST_STEP_DEG:
                raise ValueError(say(Code.DIAL_MARKS_AT_ONE_PLACE, first=one.value, second=following.value))
        if self._sweep_deg(self.direction) <= _WAY_ROUND_DEG:
            return
        other: Literal["cw", "ccw"] = "ccw" if self.direction == "cw" else "cw"
        if self._sweep_deg(other) <= _WAY_ROUND_DEG:
            raise ValueError(
                f"direction is {self.direction!r}, but the marks run {other!r} around the centre"
            )
        raise ValueError(say(Code.DIAL_NOT_ONCE_ROUND))

    def _step_deg(self, one: Mark, other: Mark) -> float:
        """From one mark to another as seen from the centre, clockwise, -180 to 180."""
        cx, cy = self.center
        before, after = (math.degrees(math.atan2(mark.y - cy, mark.x - cx)) for mark in (one, other))
        return (after - before + 180.0) % 360.0 - 180.0  # y goes down: the angle of atan2 grows clockwise

    def _sweep_deg(self, direction: Literal["cw", "ccw"]) -> float:
        """How far round it is from the first mark through all others to the last."""
        sense = 1.0 if direction == "cw" else -1.0
        return sum(sense * self._step_deg(one, other) % 360.0 for one, other in pairwise(self.marks))
