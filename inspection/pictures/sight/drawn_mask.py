"""A mask that a person drew: a picture, white where it is judged; or outlines, as label tools export them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from inspection.errors import DatasetError
from inspection.pictures.export import read_export
from inspection.pictures.labels.layouts.annotated import Mark
from inspection.pictures.labels.masks import Likeness, likeness, read_mask
from inspection.pictures.sight.filling import Known

IGNORED: Final = frozenset({"ignore", "ignored", "mask", "masked", "忽略", "屏蔽"})
"""What outlines are called within which nothing is judged."""
JUDGED: Final = frozenset({"judge", "judged", "roi", "region", "检测", "检测区"})
"""And those within which alone it is."""
_TODO: Final = "outline on one picture what may vary, called ignore, or what is judged, called judge"


def read_drawn_mask(path: Path, *, size: tuple[int, int]) -> Known:
    """Read a mask of whole pictures: 255 where they are judged.

    Args:
        path: A picture file, white where parts are judged and black where they are not; or a folder with the
            export of a label tool, or a JSON file in such a folder.
        size: Height and width of the pictures that it is for.

    Raises:
        CameraError: It cannot be read.
        DatasetError: It is a photograph or of another size, or its outlines are called otherwise, or are on
            several pictures.
    """
    if path.is_dir() or path.suffix.lower() == ".json":
        return _outlined(path if path.is_dir() else path.parent, size)
    if likeness(path) is Likeness.PHOTOGRAPH:
        raise DatasetError(
            f"{path} looks like a photograph, not like a mask",
            todo="draw white what is judged and black what may vary, in a picture of the same size",
        )
    return read_mask(path, size=size)


def _outlined(folder: Path, size: tuple[int, int]) -> Known:
    annotations = read_export(folder)
    marked = [] if annotations is None else [one for one in annotations.pictures if one.marks]
    if len(marked) != 1:
        raise DatasetError(
            f"{folder} has outlines on {len(marked)} pictures, and a mask is drawn on one", todo=_TODO
        )
    kinds = {mark.kind: mark.kind.strip().lower() for mark in marked[0].marks}
    for written, kind in kinds.items():
        if kind not in IGNORED | JUDGED:
            raise DatasetError(f"{folder} has an outline that is called {written!r}", todo=_TODO)
    inside = [mark for mark in marked[0].marks if kinds[mark.kind] in JUDGED]
    judged = _drawn(inside, size) if inside else np.full(size, 255, np.uint8)
    judged[_drawn((mark for mark in marked[0].marks if mark not in inside), size) > 0] = 0
    return judged


def _drawn(marks: Iterable[Mark], size: tuple[int, int]) -> Known:
    drawn = np.zeros(size, np.uint8)
    for mark in marks:
        for outline in mark.outlines:
            cv2.fillPoly(drawn, [np.rint(np.array(outline)).astype(np.int32)], 255)
        if not mark.outlines and mark.box is not None:
            left, top, width, height = mark.box
            drawn[max(top, 0) : top + height, max(left, 0) : left + width] = 255
    return drawn
