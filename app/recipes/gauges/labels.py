"""Files of labels: dials with what each shows (JSON), or pictures with a value (CSV)."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from app.recipes.gauges.wordings import dial_of, number
from inspection.errors import DatasetError
from inspection.instruments.description import Description

MOST_BYTES: Final = 64 << 20
"""Of a file of labels."""
_VALUES: Final = ("reading", "value", "litres")
"""Columns and keys that hold what an instrument shows, the first that is there."""


class Labelled(NamedTuple):
    """A picture of an instrument, and what a person says that it shows."""

    file: str
    path: Path
    what: Description
    truth: float
    """In the instrument's unit."""
    notes: tuple[str, ...] = ()
    """What of its label was taken otherwise than it stands there."""


class Refused(NamedTuple):
    """A label that cannot be used."""

    file: str
    why: str


Label = Labelled | Refused


def labels_of(path: Path, *, images: Path, what: Description | None = None) -> list[Label]:
    """The labels in a file, each by itself: one that cannot be used does not spoil the others.

    Args:
        path: JSON: a list of dials, or an object that holds one; or CSV with a head: ``file``, and
            ``reading``, ``value`` or ``litres``.
        images: The folder that ``file`` is relative to.
        what: What all pictures show; None where each label describes its dial.

    Raises:
        DatasetError: The file cannot be read, or holds no label.
    """
    text = _text(path)
    entries = _of_csv(path, text) if path.suffix.lower() == ".csv" else _of_json(path, text)
    if not entries:
        raise _no_labels(path, "it holds none")
    find = _finder(images, beside=path.parent)
    return [_label(place, entry, find, what) for place, entry in enumerate(entries)]


def _label(place: int, entry: object, find: Callable[[str], Path | None], what: Description | None) -> Label:
    if not isinstance(entry, Mapping):
        return Refused(f"entry {place}", f"it is no object but {entry!r:.60}")
    file = str(entry.get("file") or f"entry {place}")
    try:
        truth = number(next((entry[key] for key in _VALUES if key in entry), None), name="reading")
        described, notes = (what, ()) if what is not None else dial_of(entry)
    except ValueError as error:
        return Refused(file, str(error))
    if not entry.get("file"):
        return Refused(file, "file is missing")
    found = find(file)
    if found is None:
        return Refused(file, "there is no such picture")
    return Labelled(file, found, described, truth, notes)


def _finder(images: Path, *, beside: Path) -> Callable[[str], Path | None]:
    """Finds a label's picture: as named, by its name alone, beside the labels, or written large and small."""
    large_and_small: dict[str, Path] = {}

    def find(file: str) -> Path | None:
        named = file.replace("\\", "/")
        name = named.rsplit("/", 1)[-1]
        for candidate in (images / file, images / named, images / name, beside / named):
            try:
                if candidate.is_file():
                    return candidate
            except (OSError, ValueError):  # no name that a file can have
                return None
        if not large_and_small and images.is_dir():
            large_and_small.update({one.name.lower(): one for one in sorted(images.iterdir())})
        return large_and_small.get(name.lower())

    return find


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise _no_labels(path, f"it has more than {MOST_BYTES >> 20} MiB")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise _no_labels(path, error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise _no_labels(path, "it is not UTF-8") from error


def _of_json(path: Path, text: str) -> list[Any]:
    try:
        held = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _no_labels(path, f"it is no JSON: {error}") from error
    if isinstance(held, Mapping):
        return _inside(held)
    if not isinstance(held, list):
        raise _no_labels(path, "it is no list of labels")
    return held


def _inside(held: Mapping[str, Any]) -> list[Any]:
    """The labels in an object: its list of objects, objects by the file's name, or it is a label itself."""
    for value in held.values():
        if isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
            return value
    if "marks" in held:
        return [held]
    return [{"file": name} | dict(one) for name, one in held.items() if isinstance(one, Mapping)]


def _of_csv(path: Path, text: str) -> list[Any]:
    rows = [row for row in _rows(text) if any((cell or "").strip() for cell in row.values())]
    if rows and ("file" not in rows[0] or not rows[0].keys() & set(_VALUES)):
        raise _no_labels(path, f"its first line does not name file and one of {', '.join(_VALUES)}")
    return rows


def _rows(text: str) -> Iterator[dict[str, str]]:
    lines = text.splitlines()
    head = lines[0] if lines else ""
    separator = max(",;\t", key=head.count)
    for row in csv.DictReader(lines, delimiter=separator):
        yield {str(name).strip().lower(): cell for name, cell in row.items() if isinstance(cell, str)}


def _no_labels(path: Path, why: str) -> DatasetError:
    return DatasetError(
        f"{path} cannot be used as labels: {why}",
        part="nothing was read",
        todo="see docs/gauges.md for what a file of labels is",
    )
