"""What all messages are made of: the frozen base, text that can be kept, and rectangles in a picture."""

from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict

Box = tuple[int, int, int, int]
"""A rectangle in picture pixels: left, top, width, height."""

MOST_PIXELS: Final = 1 << 28
"""How many pixels a picture, or one of its sides, has at most: more than any camera gives, and few enough
that memory holds them."""


class Frozen(BaseModel):
    """Base of all messages: immutable, unknown keys refused, written under their public names."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("it holds characters that cannot be printed")
    return text


Printable = Annotated[str, AfterValidator(_printable)]
"""Text without control characters: PostgreSQL takes no NUL, and one line of a table stays one line."""


def _inside_a_picture(region: Box) -> Box:
    left, top, width, height = region
    if left < 0 or top < 0 or width < 1 or height < 1 or max(region) > MOST_PIXELS:
        raise ValueError(f"{region} is no region of a picture: left, top, width, height in pixels")
    return region


def holds(outer: Box, inner: Box) -> bool:
    """Whether all of one rectangle lies in another."""
    return all(
        outer[axis] <= inner[axis] and inner[axis] + inner[axis + 2] <= outer[axis] + outer[axis + 2]
        for axis in (0, 1)
    )


Region = Annotated[Box, AfterValidator(_inside_a_picture)]
"""A rectangle in which something is looked at: not empty, and in reach of a picture."""
