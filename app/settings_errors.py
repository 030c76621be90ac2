"""What is wrong with settings, in words: pydantic's errors for whoever writes a station's file."""

import difflib
import types
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from app.environment import BETWEEN, variable

Location = tuple[str | int, ...]


class Faults(NamedTuple):
    """What is wrong, in words, by where it must be mended; empty where nothing is."""

    file: str
    environment: str


def in_words(error: ValidationError, model: type[BaseModel], *, environment: Mapping[str, Any]) -> Faults:
    """All errors in one sentence each: the key as it is written, what is wrong, and the one that was meant.

    Args:
        error: What pydantic says.
        model: The settings.
        environment: What the environment sets (``from_environment``): such a key is named as its variable.
    """
    details = error.errors()
    said: dict[bool, list[str]] = {False: [], True: []}
    for detail in details:
        if not _follows_from_another(detail, details):
            words, from_environment = _one(detail, model, environment)
            said[from_environment].append(words)
    return Faults(file="; ".join(said[False]), environment="; ".join(said[True]))


def _one(detail: ErrorDetails, model: type[BaseModel], environment: Mapping[str, Any]) -> tuple[str, bool]:
    """One error in words, and whether the environment is at fault."""
    location, table, here = _walk(model, detail["loc"])
    if detail["type"].startswith("union_tag"):
        location = (*location, "kind")
    depth = _set_to(location, environment)
    key = _named(location, depth, environment) if depth else _written(location)
    match detail["type"]:
        case "extra_forbidden" if depth:
            words = f"{key} names no key{_meant(location[-1], table)}"
        case "extra_forbidden":
            words = f"unknown key {key!r}{_meant(location[-1], table)}"
        case "missing":
            words = f"key {key!r} is missing"
        case "union_tag_not_found":
            words = f"key {key!r} is missing: one of {_kinds(here)}"
        case "union_tag_invalid":
            words = f"{key}: there is no kind {detail['ctx']['tag']!r}, only {_kinds(here)}"
        case "tuple_type" | "list_type" if isinstance(detail["input"], Mapping) and not depth:
            words = f"{key} is one table, and there may be several: write [[{key}]], with two brackets"
        case _:
            words = f"{key}: {detail['msg']} (it is {detail['input']!r})"
    return words, bool(depth)


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


def _set_to(location: Location, environment: Mapping[str, Any]) -> int:
    """How far into ``location`` the environment sets it: to its end, or to a list that it gives whole.

    Returns:
        Parts of the location that name what is set; 0 where the environment does not set it.
    """
    found: Any = environment
    for depth, part in enumerate(location):
        if not isinstance(found, Mapping):
            return depth
        if str(part) not in found:
            return 0
        found = found[str(part)]
    return len(location)


def _named(location: Location, depth: int, environment: Mapping[str, Any]) -> str:
    """The variable, or where a whole table is at fault the beginning of its variables."""
    found: Any = environment
    for part in location[:depth]:
        found = found[str(part)]
    name = variable(location[:depth])
    if isinstance(found, Mapping):
        return f"the environment variables {name}{BETWEEN}…"
    entry = f", entry {_written(location[depth:])}" if depth < len(location) else ""
    return f"the environment variable {name}{entry}"


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
