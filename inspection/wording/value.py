"""What is wrong with one value, in words: pydantic's errors for whoever wrote the value."""

import difflib
import re
from collections.abc import Mapping
from typing import Final

from pydantic_core import ErrorDetails

_KINDS: Final = {
    "int": "a whole number",
    "float": "a number",
    "finite": "a finite number",
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


def value_in_words(*details: ErrorDetails) -> str:
    """One sentence about a value: what it should be, and what it is.

    Args:
        details: What pydantic says of the same value; several where it may be of several types.

    >>> value_in_words({"type": "int_parsing", "loc": ("port",), "msg": "…", "input": "5O2"})
    "should be a whole number (it is '5O2')"
    """
    given = details[0]["input"]
    said = ", or ".join(dict.fromkeys(_wanted(detail) for detail in details))
    told = details[0]["type"] == "value_error" and (
        isinstance(given, Mapping | list | tuple) or _shown(given) in said
    )
    if not told and details[0]["type"] not in _SAY_IT_ALL:
        number = details[0]["type"].startswith(("greater", "less"))
        said += f" (it is {given if number else _shown(given)})"  # on a command line numbers are text
    return said + _hint(details[0], given)


_SAY_IT_ALL: Final = {
    "missing",
    "extra_forbidden",
    "string_too_short",
    "string_too_long",
    "too_short",
    "too_long",
}
"""Errors whose words leave nothing to say of the value itself."""


def _wanted(detail: ErrorDetails) -> str:
    limits = detail.get("ctx", {})
    match detail["type"]:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return "is no key that is known here"
        case "greater_than_equal":
            return f"should be at least {limits['ge']}"
        case "greater_than":
            return f"should be more than {limits['gt']}"
        case "less_than_equal":
            return f"should be at most {limits['le']}"
        case "less_than":
            return f"should be less than {limits['lt']}"
        case "literal_error" | "enum":
            return f"should be {limits['expected']}"
        case "value_error":
            return str(limits["error"]).rstrip(".")
        case "string_too_short":
            return "should not be empty"
        case "string_too_long":
            return f"should have at most {limits['max_length']} characters (it has {len(detail['input'])})"
        case "too_short":
            return f"should have at least {_entries(limits['min_length'])} (it has {limits['actual_length']})"
        case "too_long":
            return f"should have at most {_entries(limits['max_length'])}"
    wanted = _KINDS.get(detail["type"].partition("_")[0])
    return detail["msg"] if wanted is None else f"should be {wanted}"


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"


def _shown(given: object) -> str:
    """A value as it stands; of a table or a list only that it is one."""
    if isinstance(given, Mapping):
        return "a table"
    if isinstance(given, list | tuple):
        return "a list"
    return "empty" if given == "" else "true" if given is True else "false" if given is False else repr(given)


def _hint(detail: ErrorDetails, given: object) -> str:
    """What was probably meant by a text."""
    if not isinstance(given, str):
        return ""
    if detail["type"] in ("literal_error", "enum"):
        choices = re.findall(r"'([^']*)'", detail.get("ctx", {})["expected"])
        close = difflib.get_close_matches(given.lower(), choices, n=1)
        return f", did you mean {close[0]!r}?" if close else ""
    if detail["type"].startswith("float") and re.fullmatch(r"\s*[-+]?\d*,\d+\s*", given):
        return f": write a decimal point, {given.strip().replace(',', '.')}"
    return ""
