"""What is wrong with settings, in words: pydantic's errors for whoever writes a station's file."""

import difflib
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from app.settings.annotations import inside, is_table, kinds, members, tags
from app.settings.environment import BETWEEN, variable
from inspection.wording.value import value_in_words

Location = tuple[str | int, ...]


class Faults(NamedTuple):
    """What is wrong, in words, by where it must be mended; empty where nothing is."""

    file: str
    environment: str


class _Place(NamedTuple):
    """Where an error is, as the file has it."""

    location: Location
    """Without pydantic's names of union members."""
    table: Any
    """The model of the table in which its last key stands."""
    here: Any
    """What may stand there."""


class _Given(NamedTuple):
    """What the settings were made of, and are made for."""

    model: type[BaseModel]
    file: Mapping[str, Any]
    environment: Mapping[str, Any]


def in_words(
    error: ValidationError,
    model: type[BaseModel],
    *,
    file: Mapping[str, Any],
    environment: Mapping[str, Any],
) -> Faults:
    """All errors in one sentence each: the key as it is written, what is wrong, and the one that was meant.

    Args:
        error: What pydantic says.
        model: The settings.
        file: The tables of the file.
        environment: What the environment sets (``from_environment``): such a key is named as its variable,
            and so is one that is missing in a table which the environment alone began.
    """
    given = _Given(model, file, environment)
    details = error.errors()
    said: dict[bool, list[str]] = {False: [], True: []}
    placed = [(_walk(model, one), one) for one in details if not _follows_from_another(one, details)]
    for (table, kind), group in groupby(placed, key=lambda pair: _one_sentence(*pair)):
        errors = list(group)
        if kind == "missing":
            words, blamed = _missing(table, errors, given)
        else:
            words, blamed = _one(errors[0][0], [detail for _, detail in errors], given)
        said[blamed].append(words)
    return Faults(file="; ".join(said[False]), environment="; ".join(said[True]))


def _one_sentence(place: _Place, detail: ErrorDetails) -> tuple[Location, str]:
    """Errors with the same are said together: what a table lacks, and the types that a value may have."""
    if _lacks(place, detail):
        return place.location[:-1], "missing"
    return place.location, "value"


def _lacks(place: _Place, detail: ErrorDetails) -> bool:
    """Whether a key is missing, and not an entry of a list."""
    kind = detail["type"]
    return kind == "union_tag_not_found" or (kind == "missing" and isinstance(place.location[-1], str))


def _missing(
    table: Location, errors: Sequence[tuple[_Place, ErrorDetails]], given: _Given
) -> tuple[str, bool]:
    """The keys that a table lacks, and whether the environment alone began the table."""
    keys = [place.location[-1] for place, _ in errors]
    one_of = "".join(f": one of {kinds(place.here)}" for place, one in errors if one["type"] != "missing")
    depth = _set_to(table, given.environment) if table else 0
    if not depth or _found(given.file, table) is not None:
        names = [_as_table(place) or repr(_written(place.location)) for place, _ in errors]
        what = "table" if names[0].startswith("[") else "key"
        words = f"{what} {names[0]} is" if len(names) == 1 else f"{what}s {', '.join(names)} are"
        return f"{words} missing{one_of}", False
    if depth < len(table):  # a list that one variable gives whole
        begun = _named(table, depth, given.environment)
        return f"{begun} lacks {', '.join(map(str, keys))}{one_of}", True
    set_ = _variables(_found(given.environment, table), table)
    begun = f"the environment variable {set_[0]} begins" if len(set_) == 1 else f"{', '.join(set_)} begin"
    lacks = [variable((*table, key)) for key in keys]
    are = "is" if len(keys) == 1 else "are"
    absent = f"{', '.join(lacks)} {are} missing{one_of}"
    return f"{begun} {_written(table)}, which the file does not have, and {absent}", True


def _variables(found: Any, at: Location) -> list[str]:
    """The variables that set something at a place."""
    if not isinstance(found, Mapping):
        return [variable(at)]
    return [one for key, inner in found.items() for one in _variables(inner, (*at, key))]


def _as_table(place: _Place) -> str:
    """A whole table that is missing, as it is written; empty for a key."""
    possible = members(place.here)
    if get_origin(possible[0]) is tuple and kinds(place.here):
        return f"[[{_written(place.location)}]]"
    whole = len(possible) == 1 and is_table(possible[0])
    return f"[{_written(place.location)}]" if whole else ""


def _one(place: _Place, details: list[ErrorDetails], given: _Given) -> tuple[str, bool]:
    """What is wrong with one value in words, and whether the environment is at fault."""
    location, table, here = place
    detail = details[0]
    depth = _set_to(location, given.environment)
    key = _named(location, depth, given.environment) if depth else _written(location)
    match detail["type"]:
        case "extra_forbidden" if depth:
            words = f"{key} names no key{_meant(location, table, given.model)}"
        case "extra_forbidden":
            words = f"unknown key {key!r}{_meant(location, table, given.model)}{_other_kind(location, given)}"
        case "union_tag_invalid":
            tag = str(detail["ctx"]["tag"])
            close = difflib.get_close_matches(tag.lower(), kinds(here).split(", "), n=1)
            meant = f", did you mean {close[0]!r}?" if close else ""
            words = f"{key}: there is no kind {tag!r}, only {kinds(here)}{meant}"
        case "tuple_type" | "list_type" if isinstance(detail["input"], Mapping) and not depth and kinds(here):
            words = f"{key} is one table, and there may be several: write [[{key}]], with two brackets"
        case "model_type" if isinstance(detail["input"], list) and not depth:
            words = f"{key} is one table: write [{key}], with one pair of brackets"
        case "missing":
            entries = _written((location[-1],))
            words = f"{key.removesuffix(entries)} is too short: its entry {entries} is missing"
        case _:
            words = f"{key}: {value_in_words(*details)}"
    return words, bool(depth)


def _other_kind(location: Location, given: _Given) -> str:
    """Said where a variable makes the table one of another kind than the file's keys are for."""
    kind = (*location[:-1], "kind")
    if not _set_to(kind, given.environment):
        return ""
    return f" (the environment variable {variable(kind)} says the kind: {_found(given.environment, kind)!r})"


def _found(tables: Any, location: Location) -> Any:
    """What stands at ``location``, in tables of a file or of the environment; None where nothing does."""
    for part in location:
        if isinstance(tables, Mapping):
            tables = tables.get(str(part))
        elif isinstance(tables, list) and isinstance(part, int) and part < len(tables):
            tables = tables[part]
        else:
            return None
    return tables


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


def _meant(location: Location, table: Any, model: type[BaseModel]) -> str:
    """A hint at the key that was meant: the same of another table, one that is close, or all there are."""
    wrong = str(location[-1])
    if not is_table(table):
        return ""
    others = [f"[{name}]" for name, field in model.model_fields.items() if _has(field.annotation, wrong)]
    if others:
        return f": it is a key of {' and '.join(others)}"
    close = difflib.get_close_matches(wrong.lower(), list(table.model_fields), n=1)
    if close:
        return f", did you mean {close[0]!r}?"
    return f"; known are {', '.join(table.model_fields)}"


def _has(annotation: Any, key: str) -> bool:
    """Whether a table has ``key``."""
    return any(is_table(member) and key in member.model_fields for member in members(annotation))


def _walk(model: type[BaseModel], detail: ErrorDetails) -> _Place:
    """Where an error is, as the file has it."""
    written: list[str | int] = []
    here: Any = model
    table: Any = None
    for part in detail["loc"]:
        possible = members(here)
        if isinstance(part, str) and len(possible) > 1:
            tagged = [member for member in possible if part in tags(member)]
            here = tagged[0] if tagged else here
            continue  # pydantic's name of one of the members
        table = possible[0] if len(possible) == 1 else None
        written.append(part)
        here = inside(table, part)
    if detail["type"].startswith("union_tag"):
        written.append("kind")
    return _Place(tuple(written), table, here)
