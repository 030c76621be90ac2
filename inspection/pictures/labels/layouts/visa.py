"""VisA: ``image_anno.csv`` with the types of each picture, beside ``Data/Images`` and ``Data/Masks``."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from inspection.errors import DatasetError
from inspection.pictures.labels.layouts.annotated import AnnotatedPicture, Mark
from inspection.pictures.labels.layouts.pictures import ExportedPictures
from inspection.pictures.labels.layouts.reading import read_text, refused

NAME: Final = "VisA"
_TABLE: Final = "image_anno.csv"


def is_there(root: Path) -> bool:
    """Whether ``root`` has this layout."""
    return (root / _TABLE).is_file()


def read(root: Path, pictures: ExportedPictures) -> Iterator[AnnotatedPicture]:
    """Raises DatasetError for what cannot be understood."""
    table = root / _TABLE
    rows = csv.DictReader(read_text(table).splitlines())
    if not {"image", "label", "mask"} <= set(rows.fieldnames or ()):
        raise refused(table, "has not the columns image, label and mask")
    for row in rows:
        if picture := pictures.find(row["image"] or "", said_by=table):
            kinds = [kind.strip() for kind in (row["label"] or "").split(",")]
            yield AnnotatedPicture(
                picture, tuple(Mark(kind) for kind in kinds), _mask(root, row["mask"] or "", table)
            )


def _mask(root: Path, name: str, table: Path) -> Path | None:
    """The table's names begin with the category's folder, which is the root here."""
    if not name.strip():
        return None
    inside = Path(name.strip().replace("\\", "/"))
    for path in (root / inside, root / Path(*inside.parts[1:])):
        if path.is_file() and path.resolve().is_relative_to(root.resolve()):
            return path
    raise DatasetError(f"{table} names the mask {name}, which is missing", todo="restore it")
