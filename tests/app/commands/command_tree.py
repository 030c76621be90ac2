"""All commands of ``passgate`` as Typer knows them, so that no list is kept by hand."""

import enum
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin

import typer

from app import cli


class Command(NamedTuple):
    """One command."""

    words: tuple[str, ...]
    """Noun and verb."""
    click: Any
    """As Typer built it; of a click of Typer's own, which has no public name."""

    def __str__(self) -> str:
        return " ".join(self.words)

    @property
    def options(self) -> set[str]:
        """All its options, as they are written."""
        return {name for one in self.click.params for name in (*one.opts, *one.secondary_opts)} | {"--help"}

    @property
    def speaks_json(self) -> bool:
        """Whether it has ``--json``."""
        return "--json" in self.options


def root() -> Any:
    """The whole tree."""
    return typer.main.get_command(cli.cli)


def all_commands() -> list[Command]:
    """Every command that does something."""
    return list(_below(root(), ()))


def _below(command: Any, words: tuple[str, ...]) -> Iterator[Command]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield Command(words, command)
        return
    for name, below in inner.items():
        yield from _below(below, (*words, name))


def takes(parameter: Any) -> Any:
    """The type of a parameter's value, without None and list."""
    return _inner(parameter.type_descriptor.annotation)


def _inner(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, types.UnionType):
        (annotation,) = (one for one in get_args(annotation) if one is not type(None))
        return _inner(annotation)
    return _inner(get_args(annotation)[0]) if get_origin(annotation) is list else annotation


def wrong_values(parameter: Any, folder: Path) -> list[object]:
    """Values that ``parameter`` cannot have; ``folder`` holds a ``file`` and nothing else.

    No folder can be made in a file, so what lies there can be neither read nor written.
    """
    wanted = takes(parameter)
    if wanted is Path:
        return [folder / "file" / "beyond"]
    if wanted in (int, float):
        below = [] if parameter.min is None else [parameter.min - 1]
        return ["many", *below, *(["nan", "inf"] if wanted is float else [])]
    if get_origin(wanted) is Literal or (isinstance(wanted, type) and issubclass(wanted, enum.Enum)):
        return ["nothing"]
    return ["nothing"] if wanted is str else []


def some_value(parameter: Any, folder: Path) -> object:
    """A value that can be read, though what it names does not exist."""
    wanted = takes(parameter)
    if isinstance(wanted, type) and issubclass(wanted, enum.Enum):
        return next(iter(wanted)).value
    return folder / "none" if wanted is Path else "nothing"
