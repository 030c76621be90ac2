"""Takes one element out of what a code holds: a serial or a lot that stands among other things.

Two ways of writing are in use on parts: GS1 data (GS1 General Specifications), and the messages of ISO/IEC
15434 in format 06, whose elements begin with the data identifiers of ANSI MH10.8.2.
"""

import re
from collections.abc import Mapping
from typing import Final, Literal

from biip import BiipException
from biip.gs1_messages import GS1Message

from inspection.instruments.code import CodeData

Field = Literal["serial", "lot"]

_GS1: Final[Mapping[Field, str]] = {"serial": "21", "lot": "10"}
"""Application identifiers."""
_ISO_15434: Final[Mapping[Field, str]] = {"serial": "S", "lot": "1T"}
"""Data identifiers."""
_MESSAGE: Final = re.compile(r"\[\)>\x1e06\x1d(.*)\x1e\x04", re.DOTALL)
"""One envelope of format 06: its elements lie between 0x1D and 0x1D."""
_ELEMENT: Final = re.compile(r"(\d{0,3}[A-Z])([^\x1e\x04]*)")
"""A data identifier and what it says; many labels leave some empty."""


def element(content: bytes, data: CodeData, field: Field) -> str | None:
    """What a code says of a field; None where it is written wrong, or says nothing of the field, or twice.

    Args:
        content: As the code holds it, control characters included.
        data: How it is written; ``plain`` has no elements.
        field: Which.
    """
    try:
        text = content.decode("ascii")
    except UnicodeDecodeError:
        return None
    said = _of_gs1(text, _GS1[field]) if data == "gs1" else _of_iso_15434(text, _ISO_15434[field])
    return said[0] if len(said) == 1 else None


def _of_gs1(text: str, identifier: str) -> list[str]:
    try:
        elements = GS1Message.parse(text).element_strings
    except BiipException:
        return []
    if any(one.gtin_error or one.sscc_error or one.gln_error for one in elements):
        return []  # a wrong check digit: the rest may be wrong too
    return [one.value for one in elements if one.ai.ai == identifier]


def _of_iso_15434(text: str, identifier: str) -> list[str]:
    message = _MESSAGE.fullmatch(text)
    elements = [] if message is None else [_ELEMENT.fullmatch(one) for one in message[1].split("\x1d")]
    if None in elements:
        return []
    return [one[2] for one in elements if one is not None and one[1] == identifier and one[2]]
