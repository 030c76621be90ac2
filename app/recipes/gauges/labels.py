"""Files of labels: dials with what each shows (JSON), or pictures with a value (CSV)."""

import csv
import json
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from app.recipes.gauges.wordings import dial_of, number
from inspection.errors import DatasetError
from inspection.instruments.description import Description
from inspection.instruments.dial import DialDescription

MOST_BYTES: Final = 64 << 20
"""Of a file of labels."""
_MOST_DEEP: Final = 4
"""Objects in one another about a list of labels."""
_MOST_FILES: Final = 100_000
"""In a folder of pictures and those in it, as far as a picture is looked for by its name alone."""
_VALUES: Final = ("reading", "value", "litres")
"""Columns and keys that hold what an instrument shows, the first that is there."""


class Labelled(NamedTuple):
    """A picture of an instrument, and what a person says that it shows."""

    entry: int
    """Its place among the labels, from 0."""
    file: str
    path: Path
    what: Description
    truth: float
    """In the instrument's unit."""
    decimals: int = 0
    """Places behind the point that the label was written with."""
    notes: tuple[str, ...] = ()
    """What of its label was taken otherwise than it stands there."""


class Refused(NamedTuple):
    """A label that cannot be used."""

    entry: int
    """Its place among the labels, from 0."""
    file: str
    """What it names; empty where it names none."""
    why: str

    def __str__(self) -> str:
        named = f" ({self.file})" if self.file else ""
        return f"entry {self.entry}{named}: {self.why}"


Label = Labelled | Refused


def labels_of(path: Path, *, images: Path, what: Description | None = None) -> list[Label]:
    """The labels in a file, each by itself: one that cannot be used does not spoil the others.

    Args:
        path: JSON: a list of dials, or an object that holds one; or CSV with a head: ``file``, and
            ``reading``, ``value`` or ``litres``.
        images: The folder that ``file`` is relative to.
        what: What all pictures show; None where each label describes its dial.

    Raises:
        DatasetError: The file cannot be read, or holds no label; or there is no such folder.
    """
    text = _text(path)
    entries = _of_csv(path, text) if path.suffix.lower() == ".csv" else _of_json(path, text)
    if not entries:
        raise _no_labels(path, "it holds none")
    if not images.is_dir():
        raise DatasetError(
            f"{images} is no folder", part="nothing was read", todo="name the folder that the pictures are in"
        )
    find = _finder(images, beside=path.parent)
    return [_label(place, entry, find, what) for place, entry in enumerate(entries)]


def _label(place: int, entry: object, find: Callable[[str], Path | None], what: Description | None) -> Label:
    if not isinstance(entry, Mapping):
        return Refused(place, "", f"it is no object but {entry!r:.60}")
    file = str(entry.get("file") or "").strip()
    try:
        written = next((entry[key] for key in _VALUES if key in entry), None)
        truth = number(written, name="reading")
        described, notes = (what, ()) if what is not None else dial_of(entry)
    except ValueError as error:
        return Refused(place, file, str(error))
    if not file:
        return Refused(place, file, "file is missing")
    found = find(file)
    if found is None:
        return Refused(place, file, "there is no such picture")
    decimals = len(str(written).strip().replace(",", ".").partition(".")[2])
    beyond = _beyond_the_scale(truth, described) if isinstance(described, DialDescription) else ""
    notes = (*notes, beyond) if beyond else notes
    return Labelled(place, file, found, described, truth, decimals, notes)


def _beyond_the_scale(truth: float, dial: DialDescription) -> str:
    """What is to be said of a reading that no needle on the scale shows; empty where one does."""
    ends = [mark.value for mark in dial.marks] if dial.wraps_at is None else [0.0, dial.wraps_at]
    least, greatest = min(ends), max(ends)
    if least <= truth <= greatest:
        return ""
    return f"reading {truth:g} lies beyond the scale, {least:g} to {greatest:g}: is it right?"


def _finder(images: Path, *, beside: Path) -> Callable[[str], Path | None]:
    """Finds a label's picture: as named, by its name alone, or beside the labels.

    Last by its name alone, however it is written large and small, in any of the folders in ``images``, where
    only one picture there is called so.
    """
    by_name: dict[str, Path] = {}

    def find(file: str) -> Path | None:
        named = file.replace("\\", "/")
        name = named.rsplit("/", 1)[-1]
        for candidate in (images / file, images / named, images / name, beside / named):
            try:
                if candidate.is_file():
                    return candidate
            except (OSError, ValueError):  # no name that a file can have
                return None
        if not by_name:
            by_name.update(_called_once(images))
        return by_name.get(_folded(name))

    return find


def _called_once(images: Path) -> dict[str, Path]:
    """The files in a folder, and in those in it, that no other there is called like."""
    files = [one for one in islice(images.rglob("*"), _MOST_FILES) if one.is_file()]
    called = Counter(_folded(one.name) for one in files)
    return {name: one for one in files if called[name := _folded(one.name)] == 1}


def _folded(name: str) -> str:
    """A name without large letters; an umlaut is one character, as macOS does not write it."""
    return unicodedata.normalize("NFC", name).casefold()


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
    """The labels in an object: it is one itself, or holds a list of them, or them by their files' names."""
    if "marks" in held:
        return [held]
    lists = list(_lists_in(held, _MOST_DEEP))
    if lists:
        return max(lists, key=lambda one: sum("file" in entry for entry in one if isinstance(entry, Mapping)))
    return [{"file": name} | dict(one) for name, one in held.items() if isinstance(one, Mapping)]


def _lists_in(held: Mapping[str, Any], deep: int) -> Iterator[list[Any]]:
    """The lists of objects in an object, and in those in it."""
    for value in held.values():
        if isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
            yield value
        elif isinstance(value, Mapping) and "marks" not in value and deep:
            yield from _lists_in(value, deep - 1)


def _of_csv(path: Path, text: str) -> list[Any]:
    lines = text.splitlines()
    first = lines[0] if lines else ""
    rows = csv.reader(lines, delimiter=max(",;\t", key=first.count))
    try:
        head = [name.strip().lower() for name in next(rows, [])]
        if lines and ("file" not in head or not {*head} & {*_VALUES}):
            raise _no_labels(path, f"its first line does not name file and one of {', '.join(_VALUES)}")
        return [dict(zip(head, row, strict=False)) for row in rows if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise _no_labels(path, f"line {rows.line_num}: {error}") from error


def _no_labels(path: Path, why: str) -> DatasetError:
    return DatasetError(
        f"{path} cannot be used as labels: {why}",
        part="nothing was read",
        todo="see docs/gauges.md for what a file of labels is",
    )
