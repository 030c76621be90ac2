"""Annotation files as text, JSON and XML, and the numbers in them; what is none is refused with words."""

import json
import math
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

from inspection.errors import DatasetError

_DECLARES: Final = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_HIDDEN: Final = (".", "__MACOSX")
_MOST_ASKED: Final = 50
"""JSON files that are looked into to tell a layout."""
_EXPORT_ANEW: Final = "export it anew, or remove it"


def refused(path: Path, what: str, *, todo: str = _EXPORT_ANEW) -> DatasetError:
    """The error of an annotation file that cannot be used; ``what`` goes on after the file's name."""
    return DatasetError(f"{path} {what}", part="nothing in the folder was used", todo=todo)


def label_files(root: Path, pattern: str) -> list[Path]:
    """The files below ``root`` whose names fit, sorted; not what macOS and others hide beside them."""
    return [
        path
        for path in sorted(root.rglob(pattern))
        if not any(part.startswith(_HIDDEN) for part in path.relative_to(root).parts) and path.is_file()
    ]


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


def some_json(root: Path) -> Iterator[Any]:
    """What the outermost JSON files below ``root`` hold, to tell a layout; what is no JSON is passed over."""
    files = sorted(label_files(root, "*.json"), key=lambda path: len(path.parts))
    for path in files[:_MOST_ASKED]:
        with suppress(DatasetError):
            yield read_json(path)


def has_keys(content: object, keys: frozenset[str]) -> bool:
    """Whether a JSON file holds an object with these keys."""
    return isinstance(content, dict) and keys <= content.keys()


def read_xml(path: Path) -> ElementTree.Element:
    """The root element. Raises DatasetError for what is no XML, or declares types or entities of its own."""
    try:
        content = path.read_bytes()
        if _DECLARES.search(content.replace(b"\0", b"")):  # in UTF-16 as well
            raise refused(path, "declares types or entities, which no label file needs")
        return ElementTree.fromstring(content)  # noqa: S314
    except (OSError, ValueError, LookupError, ElementTree.ParseError) as error:
        raise refused(path, f"is no XML: {error}") from error


def xml_files(root: Path, tag: str) -> Iterator[Path]:
    """The XML files below ``root`` whose root element has this name, by their first bytes; sorted."""
    begins = re.compile(rf"<{tag}[\s/>]")
    for path in label_files(root, "*.xml"):
        with path.open("rb") as file:
            start = file.read(500).replace(b"\0", b"").decode("utf-8", errors="replace")
        if begins.search(start):
            yield path


def refuse_empty_xml(root: Path) -> None:
    """Raise DatasetError for an XML file without a byte: it belongs to the labels, and says nothing."""
    for path in label_files(root, "*.xml"):
        if not path.stat().st_size:
            raise refused(path, "is empty")


def number(value: object, *, said_by: Path) -> float:
    """A finite number. Raises DatasetError for anything else."""
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        with suppress(ValueError, OverflowError):
            found = float(value)
            if math.isfinite(found):
                return found
    raise refused(said_by, f"has {value!r} where a number belongs")


def corners(values: object, *, said_by: Path) -> tuple[tuple[float, float], ...]:
    """Corners from ``[[x, y], …]`` or ``[x, y, x, y, …]``. Raises DatasetError for what is neither."""
    if not isinstance(values, list | tuple) or not values:
        raise refused(said_by, f"has {values!r} where an outline belongs")
    flat = [one for each in values for one in (each if isinstance(each, list | tuple) else [each])]
    if len(flat) % 2:
        raise refused(said_by, f"has an outline of {len(flat)} numbers, which are no pairs of x and y")
    found = [number(one, said_by=said_by) for one in flat]
    return tuple(zip(found[::2], found[1::2], strict=True))
