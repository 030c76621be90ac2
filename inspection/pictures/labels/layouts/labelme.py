"""LabelMe: a JSON file beside each picture, with its shapes and flags.

A file without shapes says that nothing is wrong, unless it has a flag that is set and no word for good: that
may be a defect or a note, and is refused. Points and lines tell where, not which pixels.
"""

import base64
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from inspection.pictures.labels.folder_names import says_good
from inspection.pictures.labels.layouts.annotated import AnnotatedPicture, Mark
from inspection.pictures.labels.layouts.pictures import ExportedPictures
from inspection.pictures.labels.layouts.reading import (
    corners,
    has_keys,
    label_files,
    number,
    read_json,
    refused,
    some_json,
)
from inspection.pictures.labels.layouts.regions import marked

NAME: Final = "LabelMe"
_KEYS: Final = frozenset({"shapes", "imagePath"})
_ROUND: Final = 48
"""Corners of a circle."""


def is_there(root: Path) -> bool:
    """Whether ``root`` has this layout."""
    return any(has_keys(content, _KEYS) for content in some_json(root))


def read(root: Path, pictures: ExportedPictures) -> Iterator[AnnotatedPicture]:
    """Raises DatasetError for what cannot be understood."""
    for path in label_files(root, "*.json"):
        content = read_json(path)
        if not has_keys(content, _KEYS):
            continue
        try:
            if picture := pictures.find(str(content["imagePath"]), said_by=path):
                size = (number(content.get(f"image{s}") or 0, said_by=path) for s in ("Width", "Height"))
                pictures.expect_size(picture, *size, said_by=path)
                flags = [name for name, is_set in (content.get("flags") or {}).items() if is_set]
                marks = tuple(_mark(shape, path) for shape in content["shapes"])
                _refuse_unclear(flags, marks, path)
                yield AnnotatedPicture(picture, marks)
        except (KeyError, TypeError, AttributeError) as error:
            raise refused(path, f"is not what LabelMe says: {error!r}") from error


def _refuse_unclear(flags: Sequence[str], marks: Sequence[Mark], path: Path) -> None:
    """Raise DatasetError where the flags of the whole picture leave open, or deny, what its shapes say."""
    good = [name for name in flags if says_good(name)]
    others = [name for name in flags if name not in good]
    if others and not marks:
        raise refused(
            path,
            f"has the flag {others[0]!r} and no shape, so it may show a defect or not",
            todo="outline the defect, or take the flag out",
        )
    if good and any(not says_good(mark.kind) for mark in marks):
        raise refused(path, f"has the flag {good[0]!r} and marks a defect", todo="take one of them out")


def _mark(shape: dict[str, Any], path: Path) -> Mark:
    kind = str(shape["label"])
    points = corners(shape["points"], said_by=path)
    (left, top), (right, bottom) = points[0], points[-1]
    match shape.get("shape_type") or "polygon":
        case "polygon":
            return Mark.outlined(kind, [points])
        case "oriented_rectangle":
            return Mark.outlined(kind, [points])
        case "circle":
            radius = math.hypot(right - left, bottom - top)
            around = (2 * math.pi * step / _ROUND for step in range(_ROUND))
            rim = tuple((left + radius * math.cos(a), top + radius * math.sin(a)) for a in around)
            return Mark.outlined(kind, [rim])
        case "rectangle" | "line" | "linestrip" | "point" | "points":
            return Mark(kind, Mark.outlined(kind, [points]).box)
        case "mask":
            return marked(kind, _region(shape, path), left=round(left), top=round(top))
        case other:
            raise refused(
                path, f"has a {other}, which is not read", todo="draw polygons, masks or rectangles"
            )


def _region(shape: dict[str, Any], path: Path) -> np.ndarray[Any, np.dtype[np.uint8]]:
    try:
        coded = np.frombuffer(base64.b64decode(shape["mask"], validate=True), np.uint8)
        region = cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE) if coded.size else None
    except (ValueError, cv2.error) as error:
        raise refused(path, f"has a mask that cannot be read: {error}") from error
    if region is None or not region.any():
        raise refused(path, "has a mask that cannot be read, or marks nothing")
    return np.asarray(region, np.uint8)
