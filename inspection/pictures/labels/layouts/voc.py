"""Pascal VOC: an XML file a picture, in ``Annotations`` or beside it; also Roboflow's and labelImg's.

Coordinates are taken as they are written: VOC itself counts pixels from 1, most tools count from 0. A file
without objects says that nothing is wrong, and so does a list in ``ImageSets/Main`` of a picture without a
file: CVAT and datumaro write no file for it.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

from inspection.pictures.labels.layouts.annotated import AnnotatedPicture, Mark
from inspection.pictures.labels.layouts.pictures import ExportedPictures
from inspection.pictures.labels.layouts.reading import (
    corners,
    label_files,
    number,
    read_text,
    read_xml,
    refuse_empty_xml,
    refused,
    xml_files,
)

NAME: Final = "Pascal VOC"
_COORDINATE: Final = re.compile(r"[xy]\d*")


def is_there(root: Path) -> bool:
    """Whether ``root`` has this layout."""
    return any(xml_files(root, "annotation"))


def read(root: Path, pictures: ExportedPictures) -> Iterator[AnnotatedPicture]:
    """Raises DatasetError for what cannot be understood."""
    named: set[Path] = set()
    refuse_empty_xml(root)
    for path in xml_files(root, "annotation"):
        content = read_xml(path)
        name = (content.findtext("filename") or "").strip() or path.stem
        if picture := pictures.find(name, said_by=path):
            size = (
                number(content.findtext(f"size/{side}") or 0, said_by=path) for side in ("width", "height")
            )
            pictures.expect_size(picture, *size, said_by=path)
            marked = [each for each in content.iter("object") if each.findtext("deleted") != "1"]
            named.add(picture)
            yield AnnotatedPicture(picture, tuple(_mark(each, path) for each in marked))
    listed: set[Path] = set()
    for path in label_files(root, "ImageSets/Main/*.txt"):
        lines = [line.split() for line in read_text(path).splitlines() if line.strip()]
        if any(len(line) > 1 for line in lines):
            continue  # of one class: NAME 1, NAME -1
        found = {pictures.find(name, said_by=path) for (name,) in lines} - {None}
        # Where no picture of a list has a file, nobody labelled it: VOC's own test set, for the public.
        listed |= {picture for picture in found if picture is not None} if found & named else set()
    yield from (AnnotatedPicture(picture) for picture in sorted(listed - named))


def _mark(thing: Element, path: Path) -> Mark:
    kind = (thing.findtext("name") or "").strip()
    if (polygon := thing.find("polygon")) is not None:
        # x1, y1, x2, y2, … as Roboflow writes them, or points (pt) of x and y, as LabelMe did in its XML.
        values = [each.text for each in polygon.iter() if _COORDINATE.fullmatch(each.tag)]
        mark = Mark.outlined(kind, [corners(values, said_by=path)])
        return Mark(kind, mark.box) if thing.findtext("type") == "bounding_box" else mark
    box = thing.find("bndbox")
    if box is None:
        raise refused(path, f"has an object {kind!r} without a bndbox")
    sides = [number(box.findtext(side), said_by=path) for side in ("xmin", "ymin", "xmax", "ymax")]
    return Mark.boxed(kind, *sides)
