"""What was read off an instrument: a value with its uncertainty, or why there is none."""

from collections.abc import Mapping
from enum import StrEnum, auto
from math import floor, log10
from typing import Annotated, Final, Self

from pydantic import Field, FiniteFloat, model_validator

from inspection.frozen import Box, Frozen, Printable
from inspection.messages.codes import Code
from inspection.messages.message import Sentence
from inspection.messages.telling import say

MOST_TEXT: Final = 256
"""Characters of a text that was read."""


class InstrumentKind(StrEnum):
    """What is read."""

    DIAL = auto()
    DISPLAY = auto()
    LAMP = auto()
    LEVEL = auto()
    CODE = auto()


class Unreadable(StrEnum):
    """Why an instrument could not be read. On record: added to, never changed."""

    NOT_FOUND = auto()
    TWO_NEEDLES = auto()
    GLARE = auto()
    BLUR = auto()
    OUT_OF_SCALE = auto()
    MOVED_TOO_FAR = auto()
    DISAGREEMENT = auto()
    """Ways to read it that should agree do not."""
    COVERED = auto()
    CUT_OFF = auto()
    """It goes beyond the picture's border."""
    TOO_SMALL = auto()
    NO_DIGITS = auto()
    SEGMENT_UNCLEAR = auto()
    NO_SUCH_DIGIT = auto()
    WRONG_LAYOUT = auto()
    """Places, point or sign are not those that were taught."""
    UPSIDE_DOWN = auto()
    """Nothing tells which way up it is."""
    FLICKERS = auto()
    LAMP_UNCLEAR = auto()
    """Neither on nor off for certain, or of none of the taught colours."""
    NO_CODE = auto()
    CODE_TWICE = auto()
    """More than one code in view may be the one that is meant."""
    CODE_DAMAGED = auto()
    CODE_UNFIT = auto()
    """What the code holds is no text that can be kept: too long, or not printable."""
    WRONG_DEPTH = auto()
    """The picture has another depth than it should."""
    LATE = auto()
    FAILED = auto()
    """The reader itself failed: a fault of ours."""

    @property
    def sentence(self) -> Sentence:
        """It in words, for any language."""
        return say(_SAID[self])


_SAID: Final[Mapping[Unreadable, Code]] = {
    Unreadable.NOT_FOUND: Code.GAUGE_REASON_NOT_FOUND,
    Unreadable.TWO_NEEDLES: Code.GAUGE_REASON_TWO_NEEDLES,
    Unreadable.GLARE: Code.GAUGE_REASON_GLARE,
    Unreadable.BLUR: Code.GAUGE_REASON_BLUR,
    Unreadable.OUT_OF_SCALE: Code.GAUGE_REASON_OUT_OF_SCALE,
    Unreadable.MOVED_TOO_FAR: Code.GAUGE_REASON_MOVED_TOO_FAR,
    Unreadable.DISAGREEMENT: Code.GAUGE_REASON_DISAGREEMENT,
    Unreadable.COVERED: Code.GAUGE_REASON_COVERED,
    Unreadable.CUT_OFF: Code.GAUGE_REASON_CUT_OFF,
    Unreadable.TOO_SMALL: Code.GAUGE_REASON_TOO_SMALL,
    Unreadable.NO_DIGITS: Code.GAUGE_REASON_NO_DIGITS,
    Unreadable.SEGMENT_UNCLEAR: Code.GAUGE_REASON_SEGMENT_UNCLEAR,
    Unreadable.NO_SUCH_DIGIT: Code.GAUGE_REASON_NO_SUCH_DIGIT,
    Unreadable.WRONG_LAYOUT: Code.GAUGE_REASON_WRONG_LAYOUT,
    Unreadable.UPSIDE_DOWN: Code.GAUGE_REASON_UPSIDE_DOWN,
    Unreadable.FLICKERS: Code.GAUGE_REASON_FLICKERS,
    Unreadable.LAMP_UNCLEAR: Code.GAUGE_REASON_LAMP_UNCLEAR,
    Unreadable.NO_CODE: Code.GAUGE_REASON_NO_CODE,
    Unreadable.CODE_TWICE: Code.GAUGE_REASON_CODE_TWICE,
    Unreadable.CODE_DAMAGED: Code.GAUGE_REASON_CODE_DAMAGED,
    Unreadable.CODE_UNFIT: Code.GAUGE_REASON_CODE_UNFIT,
    Unreadable.WRONG_DEPTH: Code.GAUGE_REASON_WRONG_DEPTH,
    Unreadable.LATE: Code.GAUGE_REASON_LATE,
    Unreadable.FAILED: Code.GAUGE_REASON_FAILED,
}


ReadText = Annotated[Printable, Field(max_length=MOST_TEXT)]
"""A text that was read: printable, of at most 256 characters."""

Uncertainty = Annotated[FiniteFloat, Field(ge=0.0)]
"""A standard uncertainty (GUM, k=1), in the unit of its value."""


class Reading(Frozen):
    """What a reader says of an instrument. Whatever a picture holds, it is this and never an error."""

    kind: InstrumentKind
    value: FiniteFloat | None = None
    """Dial, display, level: in ``unit``. Lamp: 0 off, 1 on, 2 blinking. Code: None."""
    text: ReadText = ""
    """A display's digits as shown (``-12.49``), a lamp's colour, what a code holds."""
    unit: str = ""
    uncertainty: Uncertainty | None = None
    """In ``unit``; None exactly where ``value`` is None."""
    reason: Unreadable | None = None
    """None exactly where it was read."""
    box: Box | None = None
    """Where the instrument is, in the picture's pixels; None where that is not known."""
    angle_deg: FiniteFloat | None = None
    """A dial's needle: its direction in the picture, clockwise from up."""
    ms: float = Field(default=0.0, ge=0.0, allow_inf_nan=False)
    """How long reading took."""

    @property
    def readable(self) -> bool:
        """Whether it was read."""
        return self.reason is None

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if (self.value is None) != (self.uncertainty is None):
            raise ValueError("a value has an uncertainty, and where there is no value there is none")
        if self.reason is not None and (self.value is not None or self.text):
            raise ValueError(f"what could not be read ({self.reason}) has neither value nor text")
        if self.reason is None and self.value is None and self.kind is not InstrumentKind.CODE:
            raise ValueError(f"a {self.kind} that was read has a value")
        if (
            self.reason is None
            and self.kind is InstrumentKind.CODE
            and (self.value is not None or not self.text)
        ):
            raise ValueError("a code that was read has a text, and no value")
        return self


def unreadable(
    kind: InstrumentKind, reason: Unreadable, *, unit: str = "", box: Box | None = None, ms: float = 0.0
) -> Reading:
    """The reading of what could not be read, for ``reason``."""
    return Reading(kind=kind, reason=reason, unit=unit, box=box, ms=ms)


def places(uncertainty: float) -> int:
    """How many places behind the point say two digits of an uncertainty; 0 to 9.

    >>> places(0.0413), places(12.0)
    (3, 0)
    """
    return min(max(1 - floor(log10(uncertainty)), 0), 9)


def measured(value: float, uncertainty: float, *, kind: InstrumentKind | None = None) -> str:
    """A value with its standard uncertainty, to two digits of that (GUM, 7.2.6); a display's as it shows it.

    >>> measured(4.2137, 0.0413), measured(131.0, 12.0), measured(4.21, 0.0)
    ('4.214 ± 0.041', '131 ± 12', '4.21')
    >>> measured(20.73, 0.0029, kind=InstrumentKind.DISPLAY)
    '20.73 ± 0.0029'
    """
    if uncertainty <= 0.0:
        return f"{value:.12g}"
    behind = places(uncertainty)
    shown = f"{value:.12g}" if kind is InstrumentKind.DISPLAY else f"{value:.{behind}f}"
    return f"{shown} ± {uncertainty:.{behind}f}"
