"""How a code is described: its symbologies, where it is, and what may stand in it."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError, model_validator
from pydantic_core import SchemaError

from inspection.frozen import Frozen, Region
from inspection.instruments.reading import MOST_TEXT

MOST_PATTERN: Final = 128

CodeFormat = Literal[
    "DataMatrix", "QRCode", "MicroQRCode", "Aztec",
    "Code128", "Code39", "Code93", "Codabar", "ITF", "EAN13", "EAN8", "UPCA",
]  # fmt: skip
"""Not PDF417: zxing-cpp 3.1.1 takes a spoilt one for some other text, about once in 1,000, and calls
it valid."""

CUT_SHORT_UNSEEN: Final[frozenset[CodeFormat]] = frozenset({"ITF", "Codabar"})
"""A part of such a code, seen at a slant or cut off, is a code of its own and nothing shows it."""


CodeData = Literal["plain", "gs1", "iso15434"]
"""How a code's content is written: a text that is taken whole, GS1 data, a message of ISO/IEC 15434."""

CARRIERS: Final[Mapping[CodeData, frozenset[CodeFormat]]] = {
    "gs1": frozenset({"DataMatrix", "QRCode", "Code128"}),
    "iso15434": frozenset({"DataMatrix", "QRCode", "Aztec"}),
}
"""The symbologies above in which elements are written."""


class CodeDescription(Frozen):
    """A DataMatrix, QR or bar code, and which field of the part's identity it tells."""

    kind: Literal["code"] = "code"
    formats: tuple[CodeFormat, ...] = Field(default=("DataMatrix", "QRCode"), min_length=1, max_length=12)
    """Only these are looked for."""
    region: Region | None = None
    """Where it may be; None for all of the picture."""
    pattern: str = Field(default="", max_length=MOST_PATTERN)
    """A regular expression that all of the content must match; empty: any. Syntax of Rust's ``regex``, which
    takes linear time on any text: without look-around and references back, which are refused."""
    length: int | None = Field(default=None, ge=1, le=MOST_TEXT)
    """Characters that the content has; ITF and Codabar need it."""
    field: Literal["serial", "lot"] = "serial"
    data: CodeData = "plain"
    """Where it is not ``plain``, serial or lot is one element of the content, and ``pattern`` and ``length``
    speak of that element. A code without it is not the one that is meant."""

    def fits(self, text: str) -> bool:
        """Whether a content is one as was taught."""
        if self.length is not None and len(text) != self.length:
            return False
        return not self.pattern or _matches(self.pattern, text)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.pattern:
            try:
                _expression(self.pattern)
            except SchemaError as error:
                said = str(error).rsplit("error: ", 1)[-1].strip()
                raise ValueError(f"pattern is no regular expression that can be used: {said}") from None
        others = sorted(set(self.formats) - CARRIERS.get(self.data, frozenset(self.formats)))
        if others:
            known = ", ".join(sorted(CARRIERS[self.data]))
            raise ValueError(f"{self.data} data are read in {known}, not in {', '.join(others)}")
        short = sorted(CUT_SHORT_UNSEEN & set(self.formats))
        if short and self.length is None:
            raise ValueError(
                f"{' and '.join(short)} need a length: a piece of such a code reads as a shorter whole one"
            )
        return self


def _matches(pattern: str, text: str) -> bool:
    try:
        _expression(pattern).validate_python(text)
    except ValidationError:
        return False
    return True


@lru_cache(maxsize=64)
def _expression(pattern: str) -> TypeAdapter[str]:
    """What takes a text that matches from end to end. Python's own ``re`` may take for ever, unstoppably.

    Raises SchemaError where it is none, or would need more than the 10 MiB that the engine allows.
    """
    TypeAdapter(Annotated[str, StringConstraints(pattern=pattern)])  # by itself: no ")" may close ours
    whole = StringConstraints(pattern=rf"\A(?:{pattern})\z", max_length=MOST_TEXT)
    return TypeAdapter(Annotated[str, whole])
