"""How a display is described: its technology, its layout, and where its digits lie."""

from typing import Final, Literal, Self

from pydantic import Field, model_validator

from inspection.frozen import Frozen
from inspection.instruments.place import Point, Unit

MOST_DIGITS: Final = 12
MOST_FRAMES: Final = 5


class DisplayDescription(Frozen):
    """A display, described once. What is None is found in the picture, and then not checked."""

    kind: Literal["display"] = "display"
    technology: Literal["seven_segment", "dot_matrix"] = "seven_segment"
    polarity: Literal["auto", "dark_on_bright", "bright_on_dark"] = "auto"
    digits: int | None = Field(default=None, ge=1, le=MOST_DIGITS)
    """Places, blank ones included."""
    decimals: int | None = Field(default=None, ge=0, le=MOST_DIGITS)
    """Places behind the point."""
    minus: bool = False
    """Whether it can show a minus."""
    leading_zeros: bool | None = None
    """Whether places in front of the number show 0 (True) or nothing (False)."""
    whole: bool = False
    """Whether it is known that the picture's border never cuts off a digit in front of the point."""
    unit: Unit = ""
    corners: tuple[Point, Point, Point, Point] | None = None
    """Of the field of digits, from its upper left clockwise *as a person reads it*."""
    upright: bool = True
    """Whether the picture is within 45 degrees of upright. False: any turn; which way up must then show."""
    frames: int = Field(default=1, ge=1, le=MOST_FRAMES)
    """How many pictures are joined into one reading, against multiplexing and flicker."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.digits is not None and self.decimals is not None and self.decimals > self.digits:
            raise ValueError(f"{self.decimals} decimals do not fit into {self.digits} digits")
        if self.corners is not None and not _clockwise(self.corners):
            raise ValueError(
                "corners are those of the field of digits, from its upper left clockwise as a person reads it"
            )
        return self


def _clockwise(corners: tuple[Point, ...]) -> bool:
    """Whether they run clockwise in the picture (y goes down) around a convex field of at least a pixel."""
    for index, (x, y) in enumerate(corners):
        (x1, y1), (x2, y2) = corners[(index + 1) % 4], corners[(index + 2) % 4]
        if (x1 - x) * (y2 - y1) - (y1 - y) * (x2 - x1) < 1.0:
            return False
    return True
