"""The registers in which a PLC may name the part under the camera: where they lie, and what they say. No I/O.

They are no part of the register map: the two blocks stay what they are. A PLC that names no part has none.
"""

from enum import StrEnum
from typing import Any, Final, Literal, Self

from pydantic import Field, model_validator

from inspection.frozen import Frozen
from inspection.part import Identity

MOST_WORDS: Final = 16
_PADDING: Final = "\0 "
"""What PLCs fill the rest of a text's registers with."""


class NameForm(StrEnum):
    """How a name lies in registers."""

    ASCII = "ascii"
    """Two characters a word, the first one in the high byte; the rest filled with zeros or blanks."""
    U32 = "u32"
    """A whole number in two words, in the order that ``word_order`` says; 0 is no name."""


class NameWords(Frozen):
    """The table ``[plc.name]`` of a station's settings."""

    base: int = Field(ge=0, le=0xFFFF)
    """Holding register of the first word, counted from 0."""
    words: int = Field(default=8, ge=1, le=MOST_WORDS)
    """How many there are; with ``u32`` two."""
    form: NameForm = NameForm.ASCII
    field: Literal["serial", "lot"] = "serial"
    """Which field of the part's identity they tell."""

    @model_validator(mode="before")
    @classmethod
    def _two_words(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("form") == NameForm.U32:
            return {"words": 2} | values
        return values

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.form is NameForm.U32 and self.words != 2:
            raise ValueError("a name of form u32 has 2 words")
        if self.base + self.words > 0x10000:
            raise ValueError(f"{self.words} words from {self.base} on go beyond the last register")
        return self

    def identity(self, words: list[int]) -> Identity | None:
        """What the words say, high byte and high word first; None where they hold no name.

        >>> NameWords(base=200, words=4).identity([0x534E, 0x3432, 0, 0])
        Identity(serial='SN42', lot='', source='plc')
        """
        if self.form is NameForm.U32:
            number = words[0] << 16 | words[1]
            text = str(number) if number else ""
        else:
            text = b"".join(word.to_bytes(2, "big") for word in words).decode("latin-1").rstrip(_PADDING)
        if not (text and text.isascii() and text.isprintable() and text == text.strip()):
            return None
        return Identity.model_validate({self.field: text, "source": "plc"})
