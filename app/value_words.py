"""What is wrong with one value, in words: pydantic's errors for whoever wrote the value."""

from collections.abc import Mapping
from typing import Final

from pydantic_core import ErrorDetails

_KINDS: Final = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "string": "a text in quotes",
    "path": "a path in quotes",
    "time": 'a time of day like "06:00"',
    "list": "a list in square brackets",
    "tuple": "a list in square brackets",
    "dict": "a table",
    "model": "a table",
}
"""What was wanted, by how pydantic's error types begin."""


def value_in_words(detail: ErrorDetails) -> str:
    """One sentence about a value: what it should be, and what it is.

    >>> value_in_words({"type": "int_parsing", "loc": ("port",), "msg": "…", "input": "5O2"})
    "should be a whole number (it is '5O2')"
    """
    given = detail["input"]
    limits = detail.get("ctx", {})
    match detail["type"]:
        case "missing":
            return "is missing"
        case "greater_than_equal":
            return f"should be at least {limits['ge']} (it is {given})"
        case "greater_than":
            return f"should be more than {limits['gt']} (it is {given})"
        case "less_than_equal":
            return f"should be at most {limits['le']} (it is {given})"
        case "less_than":
            return f"should be less than {limits['lt']} (it is {given})"
        case "literal_error" | "enum":
            return f"should be {limits['expected']} (it is {_shown(given)})"
        case "value_error":
            said = str(limits["error"]).rstrip(".")
            return said if _shown(given) in said else f"{said} (it is {_shown(given)})"
        case "string_too_short":
            return "should not be empty" if not given else f"should have {limits['min_length']} characters"
        case "string_too_long":
            return f"should have at most {limits['max_length']} characters (it has {len(given)})"
        case "too_short":
            return f"should have at least {limits['min_length']} entries (it has {limits['actual_length']})"
        case "too_long":
            return f"should have at most {limits['max_length']} entries"
    wanted = _KINDS.get(detail["type"].partition("_")[0])
    if wanted is None:
        return f"{detail['msg']} (it is {_shown(given)})"
    return f"should be {wanted} (it is {_shown(given)}){_decimal_comma(wanted, given)}"


def _shown(given: object) -> str:
    """A value as it stands; of a table or a list only that it is one."""
    if isinstance(given, Mapping):
        return "a table"
    return "a list" if isinstance(given, list | tuple) else repr(given)


def _decimal_comma(wanted: str, given: object) -> str:
    """A hint for ``0,5``."""
    if wanted != _KINDS["float"] or not isinstance(given, str):
        return ""
    whole, comma, rest = given.partition(",")
    return "; write a decimal point" if comma and (whole + rest).strip("+- ").isdecimal() else ""
