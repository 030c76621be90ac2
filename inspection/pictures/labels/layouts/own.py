"""Passgate's own: ``images`` and ``labels.json``, with the outlines of each picture by their type.

``{"a.jpg": {"position": "spot 1", "pits": [[[x, y], …], …]}}``: the key is the type as written; ``position``
names a group of near-copies. A picture that is listed without outlines shows a good part.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from inspection.pictures.labels.layouts import coco
from inspection.pictures.labels.layouts.annotated import AnnotatedPicture, Mark
from inspection.pictures.labels.layouts.pictures import ExportedPictures
from inspection.pictures.labels.layouts.reading import corners, read_json, refused

NAME: Final = "Passgate's labels.json"
_FILE: Final = "labels.json"
_TODO: Final = 'write {"picture.jpg": {"position": "group", "scratches": [[[x, y], …]]}}'


def is_there(root: Path) -> bool:
    """Whether ``root`` has this layout; FiftyOne calls its COCO file so too."""
    path = root / _FILE
    return path.is_file() and not coco.is_file_of(path)


def read(root: Path, pictures: ExportedPictures) -> Iterator[AnnotatedPicture]:
    """Raises DatasetError for what cannot be understood."""
    path = root / _FILE
    try:
        for name, label in read_json(path).items():
            marks = tuple(
                Mark.outlined(kind, [corners(outline, said_by=path)])
                for kind, outlines in label.items()
                if kind != "position"
                for outline in outlines
            )
            group = str(label.get("position", ""))
            if picture := pictures.find(name, said_by=path):
                yield AnnotatedPicture(picture, marks, group=group)
    except (TypeError, AttributeError) as error:
        raise refused(path, f"cannot be understood: {error}", todo=_TODO) from error
