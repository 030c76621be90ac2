"""How the bench commands answer, and what they share."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any, Final

import structlog
from rich.console import Console
from rich.table import Table

from app.command_line.output import print_json

LONGEST_S: Final = 86_400.0
"""A day: no bench needs more."""


def without_alarms() -> None:
    """No alarms on stderr where they are what is asked for: thousands of them would hide the rest."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


def show(result: dict[str, Any], as_json: bool) -> None:
    """One JSON object, or a table for people."""
    if as_json:
        print_json(result)
        return
    table = Table(show_header=False)
    for name, value in _rows(result):
        table.add_row(name, value)
    Console().print(table)


def _rows(result: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """A row for each figure, and one for figures that stand together, however deep they lie."""
    for key, value in result.items():
        name = f"{path} {key}".strip()
        if not isinstance(value, Mapping):
            yield name, f"{value:g}" if isinstance(value, float) else str(value)
        elif path and all(isinstance(figure, int | float) for figure in value.values()):
            yield name, ", ".join(f"{inner} {figure:g}" for inner, figure in value.items())
        else:
            yield from _rows(value, name)
