"""The description of an instrument of any kind, and how it is taken from a file's bytes."""

import codecs
from typing import Annotated, Final

from pydantic import Field, TypeAdapter, ValidationError

from inspection.errors import RecipeError
from inspection.instruments.code import CodeDescription
from inspection.instruments.dial import DialDescription
from inspection.instruments.display import DisplayDescription
from inspection.instruments.indicator import LampDescription, LevelDescription
from inspection.messages.message import Sentence, coded

Description = Annotated[
    DialDescription | DisplayDescription | LampDescription | LevelDescription | CodeDescription,
    Field(discriminator="kind"),
]
"""What ``passgate gauge read --gauge FILE`` takes, as JSON."""

MOST_BYTES: Final = 1 << 20
"""Of a description's file."""

_DESCRIPTION: Final[TypeAdapter[Description]] = TypeAdapter(Description)


_IN_WORDS: Final = {
    "union_tag_not_found": "kind is missing: dial, display, lamp, level or code",
    "union_tag_invalid": "kind is none of dial, display, lamp, level and code",
    "extra_forbidden": "no such key is known",
}
"""What pydantic would say of its own workings."""


def description_of(written: bytes, *, source: str) -> Description:
    """The description that a file holds.

    Args:
        written: The file's bytes, JSON.
        source: What it is called, for people.

    Raises:
        RecipeError: It holds none, or one that contradicts itself; says where and why.
    """
    if len(written) > MOST_BYTES:
        raise _no_description(source, f"it has {len(written)} bytes, {MOST_BYTES} at most are allowed")
    try:
        return _DESCRIPTION.validate_json(written.removeprefix(codecs.BOM_UTF8))
    except ValidationError as error:
        raise _no_description(source, in_short(error)) from error


def in_short(error: ValidationError) -> Sentence:
    """What is wrong first, and where: ``marks 3: the marks' values must rise or fall throughout``."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = " ".join(str(step) for step in first["loc"])
    said = _IN_WORDS.get(first["type"], first["msg"].removeprefix("Value error, "))
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    whole = f"{where}: {said}{more}" if where else f"{said}{more}"
    cause = first.get("ctx", {}).get("error")
    (why,) = cause.args if isinstance(cause, ValueError) else ("",)
    return Sentence(whole, why.coded if isinstance(why, Sentence) else coded(whole))


def _no_description(source: str, why: str) -> RecipeError:
    return RecipeError(
        f"{source} describes no instrument: {why}",
        part="nothing was read",
        todo="mend the file; docs/gauges.md has the format",
    )
