"""What is wrong with settings, in words: pydantic's errors for whoever writes a station's file."""

import difflib
import types
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from app.environment import variable

Location = tuple[str | int, ...]


def in_words(error: ValidationError, model: type[BaseModel], *, environment: Mapping[str, Any]) -> str:
    """All errors in one sentence each: the key as it is written, what is wrong, and the one that was meant.

    Args:
        error: What pydantic says.
        model: The settings.
        environment: What the environment sets (``from_environment``): such a key is named as its variable.
    """
    details = error.errors()
    return "; ".join(
        _one(detail, model, environment) for detail in details if not _follows_from_another(detail, details)
    )


def _one(detail: ErrorDetails, model: type[BaseModel], environment: Mapping[str, Any]) -> str:
    location, table, here = _walk(model, detail["loc"])
    key, from_environment = _written(location), _is_set(location, environment)
    if from_environment:
        key = f"the environment variable {variable(location)}"
    match detail["type"]:
        case "extra_forbidden" if from_environment:
            return f"{key} names no key{_meant(location[-1], table)}"
        case "extra_forbidden":
            return f"unknown key {key!r}{_meant(location[-1], table)}"
        case "missing":
            return f"key {key!r} is missing"
        case "union_tag_not_found":
            return f"key {key + '.kind'!r} is missing: one of {_kinds(here)}"
        case "union_tag_invalid":
            return f"{key}.kind: there is no kind {detail['ctx']['tag']!r}, only {_kinds(here)}"
        case "tuple_type" | "list_type" if isinstance(detail["input"], Mapping):
            return f"{key} is one table, and there may be several: write [[{key}]], with two brackets"
    return f"{key}: {detail['msg']} (it is {detail['input']!r})"


def _follows_from_another(detail: ErrorDetails, details: Sequence[ErrorDetails]) -> bool:
    """A list is only called too short because what stands in it is wrong, and that is said already."""
    depth = len(detail["loc"])
    return detail["type"] == "too_short" and any(
        len(other["loc"]) > depth and other["loc"][:depth] == detail["loc"] for other in details
    )


def _written(location: Location) -> str:
    """The key as a person would point at it; lists count from 1 there."""
    words = ""
    for part in location:
        words += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if words else part
    return words


def _is_set(location: Location, environment: Mapping[str, Any]) -> bool:
    found: Any = environment
    for part in location:
        if not isinstance(found, Mapping) or str(part) not in found:
            return False
        found = found[str(part)]
    return bool(location)


def _meant(wrong: str | int, table: Any) -> str:
    """A hint at the key that was meant, where one is close."""
    if not (isinstance(table, type) and issubclass(table, BaseModel)):
        return ""
    close = difflib.get_close_matches(str(wrong), list(table.model_fields), n=1)
    return f", did you mean {close[0]!r}?" if close else f"; known are {', '.join(table.model_fields)}"


def _walk(model: type[BaseModel], location: Location) -> tuple[Location, Any, Any]:
    """Where an error is, as the file has it.

    Returns:
        The location without pydantic's names of union members, the model of the table in which its last key
        stands, and what may stand there.
    """
    written: list[str | int] = []
    here: Any = model
    table: Any = None
    for part in location:
        members = _members(here)
        if isinstance(part, str) and len(members) > 1:
            tagged = [member for member in members if part in _tags(member)]
            if tagged:
                here = tagged[0]
                continue
        table = members[0] if len(members) == 1 else None
        written.append(part)
        here = _inside(table, part)
    return tuple(written), table, here


def _members(annotation: Any) -> list[Any]:
    """What an annotation may be, without Annotated and None."""
    if get_origin(annotation) is Annotated:
        return _members(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return [one for part in get_args(annotation) if part is not type(None) for one in _members(part)]
    return [annotation]


def _tags(member: Any) -> tuple[Any, ...]:
    """The values of a model's ``kind``."""
    if not (isinstance(member, type) and issubclass(member, BaseModel)) or "kind" not in member.model_fields:
        return ()
    kind = member.model_fields["kind"].annotation
    return get_args(kind) if get_origin(kind) is Literal else ()


def _kinds(annotation: Any) -> str:
    """The kinds of table that may stand there."""
    if get_origin(annotation) is tuple:
        annotation = get_args(annotation)[0]
    return ", ".join(str(tag) for member in _members(annotation) for tag in _tags(member))


def _inside(table: Any, part: str | int) -> Any:
    if isinstance(part, int):
        return (get_args(table) or (None,))[0]
    if isinstance(table, type) and issubclass(table, BaseModel) and part in table.model_fields:
        return table.model_fields[part].annotation
    return None
