"""What may stand at a place of the settings, read from the types of pydantic's fields."""

import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel


def members(annotation: Any) -> list[Any]:
    """What an annotation may be, without Annotated and None."""
    if get_origin(annotation) is Annotated:
        return members(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return [one for part in get_args(annotation) if part is not type(None) for one in members(part)]
    return [annotation]


def tags(member: Any) -> tuple[Any, ...]:
    """The values of a model's ``kind``."""
    if not is_table(member) or "kind" not in member.model_fields:
        return ()
    kind = member.model_fields["kind"].annotation
    return get_args(kind) if get_origin(kind) is Literal else ()


def kinds(annotation: Any) -> str:
    """The kinds of table that may stand there."""
    if get_origin(annotation) is tuple:
        annotation = get_args(annotation)[0]
    return ", ".join(str(tag) for member in members(annotation) for tag in tags(member))


def inside(table: Any, part: str | int) -> Any:
    """What may stand at a key of a table, or at a number of a list; None where nothing may."""
    if isinstance(part, int):
        return (get_args(table) or (None,))[0]
    if is_table(table) and part in table.model_fields:
        return table.model_fields[part].annotation
    return None


def place_named(annotation: Any, name: str) -> tuple[str | int, ...] | None:
    """The place that ``name`` leads to, its keys joined by single underscores; None where it leads to none.

    Keys hold underscores themselves, so every way to part the name is tried.

    >>> class Table(BaseModel):
    ...     part_mass_kg: float
    >>> class Settings(BaseModel):
    ...     line: Table | None = None
    ...     tables: tuple[Table, ...] = ()
    >>> place_named(Settings, "line_part_mass_kg"), place_named(Settings, "tables_0_part_mass_kg")
    (('line', 'part_mass_kg'), ('tables', 0, 'part_mass_kg'))
    """
    for member in members(annotation):
        if get_origin(member) is tuple:
            number, _, rest = name.partition("_")
            keys: list[str | int] = [int(number)] if number.isdecimal() else []
            rests = [rest]
        else:
            keys = [key for key in getattr(member, "model_fields", {}) if f"{name}_".startswith(f"{key}_")]
            rests = [name[len(str(key)) + 1 :] for key in keys]
        for key, rest in zip(keys, rests, strict=False):
            if not rest:
                return (key,)
            if (deeper := place_named(inside(member, key), rest)) is not None:
                return (key, *deeper)
    return None


def is_table(member: Any) -> bool:
    """Whether it is the model of a table."""
    return isinstance(member, type) and issubclass(member, BaseModel)
