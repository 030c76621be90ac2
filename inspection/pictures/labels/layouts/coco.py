"""COCO: a JSON file with ``images``, ``annotations`` and ``categories``; also Roboflow's and CVAT's.

An image that is listed and has no annotation shows a good part.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from inspection.errors import DatasetError
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
from inspection.pictures.labels.layouts.regions import counts_from_text, from_runs, marked

NAME: Final = "COCO"
_KEYS: Final = frozenset({"images", "annotations"})


def is_there(root: Path) -> bool:
    """Whether ``root`` has this layout."""
    return any(has_keys(content, _KEYS) for content in some_json(root))


def is_file_of(path: Path) -> bool:
    """Whether a JSON file is one of this layout."""
    with suppress(DatasetError):
        return has_keys(read_json(path), _KEYS)
    return False


def read(root: Path, pictures: ExportedPictures) -> Iterator[AnnotatedPicture]:
    """Raises DatasetError for what cannot be understood."""
    for path in label_files(root, "*.json"):
        content = read_json(path)
        if has_keys(content, _KEYS):
            try:
                yield from _file(content, path, pictures)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise refused(path, f"is not what COCO says: {error!r}") from error


def _file(content: dict[str, Any], path: Path, pictures: ExportedPictures) -> Iterator[AnnotatedPicture]:
    names = {each["id"]: str(each["name"]) for each in content.get("categories", [])}
    images = {each["id"]: each for each in content["images"]}
    marks: defaultdict[Any, list[Mark]] = defaultdict(list)
    for each in content["annotations"]:
        if each["image_id"] not in images:
            raise refused(path, f"has an annotation of image {each['image_id']!r}, which it does not list")
        if each.get("category_id") not in names:
            raise refused(
                path,
                f"has an annotation of category {each.get('category_id')!r}, which has no name",
                todo="export objects with their categories, not captions or key points",
            )
        marks[each["image_id"]].append(
            _mark(names[each["category_id"]], each, images[each["image_id"]], path)
        )
    for identity, image in images.items():
        if picture := pictures.find(image["file_name"], said_by=path):
            size = (number(image.get(side) or 0, said_by=path) for side in ("width", "height"))
            pictures.expect_size(picture, *size, said_by=path)
            yield AnnotatedPicture(picture, tuple(marks[identity]))


def _mark(kind: str, annotation: dict[str, Any], image: dict[str, Any], path: Path) -> Mark:
    drawn = annotation.get("segmentation")
    if isinstance(drawn, dict):
        height, width = (int(number(side, said_by=path)) for side in drawn["size"])
        if (width, height) != (image.get("width", width), image.get("height", height)):
            raise refused(path, f"has run lengths of {width}x{height} in an image of another size")
        counts = drawn["counts"]
        try:
            runs = (
                counts_from_text(counts)
                if isinstance(counts, str)
                else [int(number(one, said_by=path)) for one in counts]
            )
            mark = marked(kind, from_runs(runs, width=width, height=height))
        except ValueError as error:
            raise refused(path, f"has run lengths that cannot be read: {error}") from error
        if mark.outlines:
            return mark
    elif drawn:
        return Mark.outlined(kind, [corners(outline, said_by=path) for outline in drawn])
    box = annotation.get("bbox")
    if not box:
        return Mark(kind)
    if len(box) != 4:
        raise refused(path, f"has a box of {len(box)} numbers; 4 are read: left, top, width, height")
    left, top, across, down = (number(one, said_by=path) for one in box)
    return Mark.boxed(kind, left, top, left + across, top + down)
