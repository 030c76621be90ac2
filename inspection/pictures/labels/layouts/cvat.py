"""CVAT for images 1.1: one XML file with an ``image`` element for each picture, and its shapes in it.

An image that is listed without a shape shows a good part. A tag names the whole picture. Points and lines
tell where, not which pixels. Tracks of a video are refused: they name no picture files.
"""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

import numpy as np

from inspection.pictures.labels.layouts.annotated import AnnotatedPicture, Mark, Outline
from inspection.pictures.labels.layouts.pictures import ExportedPictures
from inspection.pictures.labels.layouts.reading import (
    corners,
    number,
    read_xml,
    refuse_empty_xml,
    refused,
    xml_files,
)
from inspection.pictures.labels.layouts.regions import from_runs, marked

NAME: Final = "CVAT"
_ROUND: Final = 48
"""Corners of an ellipse."""


def is_there(root: Path) -> bool:
    """Whether ``root`` has this layout."""
    return any(xml_files(root, "annotations"))


def read(root: Path, pictures: ExportedPictures) -> Iterator[AnnotatedPicture]:
    """Raises DatasetError for what cannot be understood."""
    refuse_empty_xml(root)
    for path in xml_files(root, "annotations"):
        content = read_xml(path)
        if content.find("track") is not None:
            raise refused(path, "has tracks of a video", todo="export it as CVAT for images 1.1")
        for image in content.iter("image"):
            if picture := pictures.find(image.get("name", ""), said_by=path):
                size = (number(image.get(side) or 0, said_by=path) for side in ("width", "height"))
                pictures.expect_size(picture, *size, said_by=path)
                yield AnnotatedPicture(picture, tuple(_mark(shape, path) for shape in image))


def _mark(shape: Element, path: Path) -> Mark:
    made = _SHAPES.get(shape.tag)
    if made is None:
        raise refused(
            path, f"has a {shape.tag}, which is not read", todo="draw boxes, polygons, masks or ellipses"
        )
    return made(shape, shape.get("label", ""), path)


def _tag(_shape: Element, kind: str, _path: Path) -> Mark:
    return Mark(kind)


def _box(shape: Element, kind: str, path: Path) -> Mark:
    left, top, right, bottom = _numbers(shape, path, "xtl", "ytl", "xbr", "ybr")
    angle = math.radians(number(shape.get("rotation") or 0, said_by=path))
    if not angle:
        return Mark.boxed(kind, left, top, right, bottom)
    x, y, across, down = (left + right) / 2, (top + bottom) / 2, (right - left) / 2, (bottom - top) / 2
    sides = ((-across, -down), (across, -down), (across, down), (-across, down))
    return Mark.outlined(kind, [_turned(sides, x, y, angle)])


def _ellipse(shape: Element, kind: str, path: Path) -> Mark:
    x, y, across, down = _numbers(shape, path, "cx", "cy", "rx", "ry")
    angle = math.radians(number(shape.get("rotation") or 0, said_by=path))
    around = (2 * math.pi * step / _ROUND for step in range(_ROUND))
    return Mark.outlined(
        kind, [_turned(tuple((across * math.cos(a), down * math.sin(a)) for a in around), x, y, angle)]
    )


def _polygon(shape: Element, kind: str, path: Path) -> Mark:
    return Mark.outlined(kind, [_points(shape, path)])


def _line(shape: Element, kind: str, path: Path) -> Mark:
    return Mark(kind, Mark.outlined(kind, [_points(shape, path)]).box)


def _mask(shape: Element, kind: str, path: Path) -> Mark:
    left, top, width, height = (round(one) for one in _numbers(shape, path, "left", "top", "width", "height"))
    try:
        # By rows, where COCO goes by columns.
        runs = [int(one) for one in shape.get("rle", "").split(",")]
        region = np.ascontiguousarray(from_runs(runs, width=height, height=width).T)
    except ValueError as error:
        raise refused(path, f"has a mask of {kind!r} that cannot be read: {error}") from error
    return marked(kind, region, left=left, top=top)


_SHAPES: Final[dict[str, Callable[[Element, str, Path], Mark]]] = {
    "tag": _tag,
    "box": _box,
    "ellipse": _ellipse,
    "polygon": _polygon,
    "polyline": _line,
    "points": _line,
    "mask": _mask,
}


def _numbers(shape: Element, path: Path, *names: str) -> tuple[float, ...]:
    return tuple(number(shape.get(name), said_by=path) for name in names)


def _points(shape: Element, path: Path) -> Outline:
    return corners(shape.get("points", "").replace(";", ",").split(","), said_by=path)


def _turned(offsets: tuple[tuple[float, float], ...], x: float, y: float, angle: float) -> Outline:
    """Offsets from a centre, turned clockwise by ``angle`` in radians, as corners in the picture."""
    cos, sin = math.cos(angle), math.sin(angle)
    return tuple((x + cos * dx - sin * dy, y + sin * dx + cos * dy) for dx, dy in offsets)
