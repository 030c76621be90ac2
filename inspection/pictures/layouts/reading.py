"""Annotation files as text, JSON and XML, and the numbers in them; what is none is refused with words."""

import json
import math
import re
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

from inspection.errors import DatasetError

_DECLARES: Final = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_EXPORT_ANEW: Final = "export it anew, or remove it"


def refused(path: Path, what: str, *, todo: str = _EXPORT_ANEW) -> DatasetError:
    """The error of an annotation file that cannot be used; ``what`` goes on after the file's name."""
    return DatasetError(f"{path} {what}", part="nothing in the folder was used", todo=todo)


def read_text(path: Path) -> str:
    """Raises DatasetError for what is no UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise refused(path, f"cannot be read: {error}") from error


def read_json(path: Path) -> Any:
    """Raises DatasetError for what is no JSON."""
    try:
        return json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise refused(path, f"is no JSON: {error}") from error


def json_keys(path: Path) -> frozenset[str]:
    """The keys of a JSON file's object; empty for any other file."""
    try:
        content = read_json(path)
    except DatasetError:
        return frozenset()
    return frozenset(content) if isinstance(content, dict) else frozenset()


def read_xml(path: Path) -> ElementTree.Element:
    """The root element. Raises DatasetError for what is no XML, or declares types or entities of its own."""
    try:
        content = path.read_bytes()
        if _DECLARES.search(content.replace(b"\0", b"")):  # in UTF-16 as well
            raise refused(path, "declares types or entities, which no label file needs")
        return ElementTree.fromstring(content)  # noqa: S314
    except (OSError, ValueError, LookupError, ElementTree.ParseError) as error:
        raise refused(path, f"is no XML: {error}") from error


def xml_begins(path: Path, tag: str) -> bool:
    """Whether an XML file's root element is of this name, by its first bytes."""
    with path.open("rb") as file:
        start = file.read(500).decode("utf-8", errors="replace")
    return f"<{tag}>" in start or f"<{tag} " in start or f"<{tag}/>" in start


def number(value: object, *, said_by: Path) -> float:
    """A finite number. Raises DatasetError for anything else."""
    try:
        found = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise refused(said_by, f"has {value!r} where a number belongs") from error
    if not math.isfinite(found) or isinstance(value, bool):
        raise refused(said_by, f"has {value!r} where a number belongs")
    return found


def corners(values: object, *, said_by: Path) -> tuple[tuple[float, float], ...]:
    """Corners from ``[[x, y], …]`` or ``[x, y, x, y, …]``. Raises DatasetError for what is neither."""
    if not isinstance(values, list | tuple) or not values:
        raise refused(said_by, f"has {values!r} where an outline belongs")
    flat = [one for each in values for one in (each if isinstance(each, list | tuple) else [each])]
    if len(flat) % 2:
        raise refused(said_by, f"has an outline of {len(flat)} numbers, which are no pairs of x and y")
    found = [number(one, said_by=said_by) for one in flat]
    return tuple(zip(found[::2], found[1::2], strict=True))
