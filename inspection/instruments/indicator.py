"""How lamps and level glasses are described."""

import math
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from inspection.frozen import Frozen, Region
from inspection.instruments.place import Mark, Unit

MOST_FRAMES: Final = 5
OFF, ON, BLINKING = 0.0, 1.0, 2.0
LAMP_STATES: Final = {OFF: "unlit", ON: "lit", BLINKING: "blinking"}
"""In English: terms that messages know in every language."""
"""What a lamp's reading says as its value."""

ColourName = Annotated[str, Field(min_length=1, max_length=32, pattern=r"^[\w][\w .-]*$")]
Hex = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]


class LampDescription(Frozen):
    """A lamp: where it is, how bright it is when on, and in which colours it shines."""

    kind: Literal["lamp"] = "lamp"
    region: Region
    """The lens itself, without its rim."""
    colours: dict[ColourName, Hex] = Field(default_factory=dict, max_length=8)
    """Colours that it may shine in, by name, as the picture shows them lit; empty: its colour is not told."""
    on_level: float = Field(ge=1.0, le=254.0, allow_inf_nan=False)
    """Grey level, 0 to 255, half way between the lens lit and the lens dark: the greatest of red, green and
    blue, in the median over the region."""
    frames: int = Field(default=1, ge=1, le=MOST_FRAMES)
    """Pictures that are looked at; from 2 on a lamp can be seen to blink."""


class LevelDescription(Frozen):
    """A level in a sight glass: two places on its axis with their values, and how wide the glass is."""

    kind: Literal["level"] = "level"
    bottom: Mark
    top: Mark
    width_px: float = Field(ge=3.0, le=4096.0, allow_inf_nan=False)
    """How wide the part of the glass is in which the liquid shows."""
    unit: Unit = ""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if math.dist(self.bottom.point, self.top.point) < 8.0:
            raise ValueError("bottom and top of the glass lie less than 8 pixels apart")
        if not self.bottom.value < self.top.value:
            raise ValueError("the value at the top must be above the one at the bottom")
        return self

    @property
    def full_scale(self) -> float:
        """From the bottom's value to the top's."""
        return self.top.value - self.bottom.value
