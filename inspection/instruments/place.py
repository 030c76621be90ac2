"""Places in a picture, and marks: places with a value."""

from typing import Annotated, Final

from pydantic import Field, FiniteFloat, model_serializer, model_validator

from inspection.frozen import Frozen, Printable

MOST_COORDINATE: Final = 1e6
"""Pixels: farther than any picture is wide."""
MOST_VALUE: Final = 1e12
"""So far from what floats hold that differences and sums of values are exact enough."""

Coordinate = Annotated[FiniteFloat, Field(ge=-MOST_COORDINATE, le=MOST_COORDINATE)]
"""In pixels, 0 at the centre of the first one; it may lie outside the picture."""

Point = tuple[Coordinate, Coordinate]
"""x, y."""

Value = Annotated[FiniteFloat, Field(ge=-MOST_VALUE, le=MOST_VALUE)]
"""A value that an instrument shows, in its unit."""

Unit = Annotated[Printable, Field(max_length=32)]


class Mark(Frozen):
    """A place on an instrument, and the value that stands there. In JSON ``[x, y, value]``."""

    x: Coordinate
    y: Coordinate
    value: Value

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, written: object) -> object:
        if isinstance(written, list | tuple):
            if len(written) != 3:
                raise ValueError("a mark is [x, y, value]")
            return dict(zip(("x", "y", "value"), written, strict=True))
        return written

    @model_serializer
    def _as_list(self) -> tuple[float, float, float]:
        return self.x, self.y, self.value

    @property
    def point(self) -> Point:
        """Where it is."""
        return self.x, self.y
