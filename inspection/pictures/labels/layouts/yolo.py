"""YOLO: a text file beside each picture, or in ``labels`` for ``images``; one line a box or outline.

A line is ``class x y width height`` (centre and size) or ``class x y x y x y …`` (corners, also the four of
an oriented box), as shares of the picture. Names come from ``data.yaml``, ``obj.names`` or ``classes.txt``.
An empty file says that nothing is wrong; a picture without a file is not labelled.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from inspection.pictures.labels.layouts.annotated import AnnotatedPicture, Mark
from inspection.pictures.labels.layouts.pictures import ExportedPictures
from inspection.pictures.labels.layouts.reading import corners, label_files, number, read_text, refused

NAME: Final = "YOLO"

_YAMLS: Final = ("data.yaml", "data.yml", "dataset.yaml", "dataset.yml")
_LISTS: Final = ("obj.names", "classes.txt", "labels.txt", "predefined_classes.txt")
_LABEL_FOLDERS: Final = frozenset(
    {"labels", "obj_train_data", "obj_val_data", "obj_valid_data", "obj_test_data"}
)
_NO_LABELS: Final = re.compile(
    r"(classes|labels|predefined_classes|train|val|valid|validation|test|notes|readme.*|.*requirements)",
    re.IGNORECASE,
)
"""Stems of text files that list names or pictures, or that people write."""
_LINE: Final = re.compile(r"\s*\d+(\.0*)?(\s+[-+\d.eE]+){4,}\s*")
_MOST_BEYOND: Final = 0.01
"""Of the picture's side that rounding may put a corner outside."""


def is_there(root: Path) -> bool:
    """Whether ``root`` has this layout."""
    if any((root / name).is_file() for name in (*_YAMLS, "obj.data", "obj.names")):
        return True
    return any(path.parent.name.lower() in _LABEL_FOLDERS or _is_label(path) for path in _labels(root))


def read(root: Path, pictures: ExportedPictures) -> Iterator[AnnotatedPicture]:
    """Raises DatasetError for what cannot be understood."""
    labels = {_stem(path.relative_to(root)): path for path in _labels(root)}
    names, keypoints = _names(root)
    for path in pictures.files:
        label = labels.pop(_stem_of_label(path.relative_to(root)), None)
        if label is None:
            label = labels.pop(_stem(path.relative_to(root)), None)
        if label is not None:
            lines = [line.split() for line in read_text(label).splitlines() if line.strip()]
            size = pictures.size(path) if lines else (0, 0)
            marks = tuple(
                _mark(line, size=size, names=names, keypoints=keypoints, label=label) for line in lines
            )
            yield AnnotatedPicture(path, marks)
    for label in labels.values():
        if label.parent.name.lower() in _LABEL_FOLDERS or _is_label(label):
            pictures.missing.setdefault(label.stem, label)


def _labels(root: Path) -> list[Path]:
    return [path for path in label_files(root, "*.txt") if not _NO_LABELS.fullmatch(path.stem)]


def _is_label(path: Path) -> bool:
    """Whether a text file outside any folder of labels is one, by its first line; an empty one may be."""
    with path.open("rb") as file:
        return _LINE.fullmatch(file.readline(2000).decode("utf-8", errors="replace")) is not None


def _stem(inside: Path) -> str:
    return inside.with_suffix("").as_posix().lower()


def _stem_of_label(inside: Path) -> str:
    """Where the label of a picture lies: the last ``images`` of its path reads ``labels``."""
    parts = _stem(inside).split("/")
    for place in range(len(parts) - 2, -1, -1):
        if parts[place] == "images":
            parts[place] = "labels"
            break
    return "/".join(parts)


def _names(root: Path) -> tuple[dict[int, str], int]:
    """Class names by number, and how many values of key points follow each box."""
    for path in (root / name for name in _YAMLS):
        if path.is_file():
            return _described(path)
    for name in _LISTS:
        for path in label_files(root, name):
            return dict(enumerate(line.strip() for line in read_text(path).splitlines())), 0
    return {}, 0


def _described(path: Path) -> tuple[dict[int, str], int]:
    try:
        # All as text, nothing made of it: YAML 1.1 would make False of a class that is called no or off.
        content = yaml.load(read_text(path), Loader=yaml.BaseLoader)  # noqa: S506
    except (yaml.YAMLError, RecursionError) as error:
        raise refused(path, f"is no YAML: {error}") from error
    names: Any = content.get("names") if isinstance(content, dict) else None
    shape: Any = content.get("kpt_shape") if isinstance(content, dict) else None
    keypoints = 0
    if shape:
        if not isinstance(shape, list) or len(shape) != 2:
            raise refused(path, f"has the kpt_shape {shape!r}, which is not [points, numbers of each]")
        keypoints = int(number(shape[0], said_by=path) * number(shape[1], said_by=path))
    if isinstance(names, list):
        return {index: str(name) for index, name in enumerate(names)}, keypoints
    if isinstance(names, dict) and all(str(key).strip().isdecimal() for key in names):
        return {int(key): str(name) for key, name in names.items()}, keypoints
    raise refused(path, "has no list of names", todo="name the classes in it: names: [scratch, dent]")


def _mark(
    line: Sequence[str], *, size: tuple[int, int], names: dict[int, str], keypoints: int, label: Path
) -> Mark:
    index = number(line[0], said_by=label)
    kind = names.get(int(index)) if index == int(index) else None
    if not kind:
        raise refused(
            label,
            f"has class {line[0]}, which has no name",
            todo="put a data.yaml with names: [scratch, dent], or a classes.txt, beside it",
        )
    values = [number(value, said_by=label) for value in line[1:]]
    if keypoints and len(values) == 4 + keypoints:
        values = values[:4]
    if len(values) < 4 or len(values) % 2:
        raise refused(
            label,
            f"has a line of {len(line)} values; 5 are a box, 7, 9, … an outline",
            todo="export labels: a value more is a model's confidence, and what only a model said is none",
        )
    if len(values) == 4:
        x, y, across, down = values
        if across < 0 or down < 0:
            raise refused(label, f"has a box of {across:g} x {down:g}")
        values = [x - across / 2, y - down / 2, x + across / 2, y + down / 2]
    if min(values) < -_MOST_BEYOND or max(values) > 1 + _MOST_BEYOND:
        raise refused(label, f"has {max(values, key=abs):g} where a share of the picture, 0 to 1, belongs")
    pixels = [value * size[place % 2] for place, value in enumerate(values)]
    if len(pixels) == 4:
        return Mark.boxed(kind, *pixels)
    return Mark.outlined(kind, [corners(pixels, said_by=label)])
