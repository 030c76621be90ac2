"""A message: a code, what it is said with, and why. Beside it stands its sentence in English."""

import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator

from inspection.messages.codes import Code

Params = Mapping[str, str | int | float]
"""What a code is said with, by the names in the braces of its sentences."""
NONE: Final[Params] = MappingProxyType({})

MOST_DETAIL: Final = 2000
"""Characters of somebody else's words that a message keeps."""


OtherCode = Annotated[str, Field(max_length=64)]
"""A code of another version of Passgate, which this one does not know."""


class Message(BaseModel):
    """What is said to people, without the words of any language; as JSON on record and in the API."""

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)

    code: Annotated[Code | OtherCode, Field(union_mode="left_to_right")]
    """What another version wrote stays a plain word: its row is readable, and it is told in the English words
    that stand beside it."""
    params: dict[str, str | int | float] = Field(default_factory=dict, exclude_if=lambda params: not params)
    """What stands in the braces of the code's sentences; numbers are in the units that their names end in.
    One that is not finite stands there as its word (``inf``, ``nan``): JSON would write null for it, and the
    row could not be read again."""
    causes: "tuple[Message, ...]" = Field(default=(), exclude_if=lambda causes: not causes)
    """Why it is so; said behind it."""
    detail: str = Field(default="", max_length=MOST_DETAIL, exclude_if=lambda detail: not detail)
    """The whole of it in English words that no other language has: those of an error, of the operating
    system, of a library. In English they stand for the code's own sentence."""

    @field_validator("params")
    @classmethod
    def _as_json_can_say(cls, params: dict[str, str | int | float]) -> dict[str, str | int | float]:
        return {
            name: str(value) if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in params.items()
        }


Coded = tuple[Message, ...]
"""What one sentence says. Empty: an engine from before there were codes said it, or nobody said anything."""


class Sentence(str):
    """An English sentence that knows what it says: what is written in English can be told in any language.

    It is a string wherever one is wanted: in logs, in records, on the command line. What is made of it by
    string operations is a plain string that knows nothing; join several with ``joined``.
    """

    __slots__ = ("coded",)
    coded: Coded

    def __new__(cls, text: str, coded: Coded) -> Self:
        """``text`` in English, and what it says."""
        sentence = super().__new__(cls, text)
        sentence.coded = coded
        return sentence

    def __reduce__(self) -> tuple[type[Self], tuple[str, Coded]]:
        return type(self), (str(self), self.coded)


NOTHING = Sentence("", ())
"""Nothing is said."""


def coded(text: str) -> Coded:
    """What a sentence says; what somebody said without a code is kept as the detail of ``OTHER_ERROR``."""
    if isinstance(text, Sentence):
        return text.coded
    return (Message(code=Code.OTHER_ERROR, detail=text[:MOST_DETAIL]),) if text else ()


def joined(sentences: Iterable[str], *, by: str = "; ") -> Sentence:
    """Several sentences as one, without those that say nothing."""
    said = [sentence for sentence in sentences if sentence]
    return Sentence(by.join(said), tuple(message for sentence in said for message in coded(sentence)))
