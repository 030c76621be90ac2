"""The pictures of an export: found by the names that annotations give them."""

import posixpath
from collections import defaultdict
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Final

from PIL import Image

from inspection.errors import DatasetError
from inspection.pictures.decoding.decoding import picture_size
from inspection.pictures.labels.files import every_picture_file
from inspection.pictures.labels.masks import MASK_FOLDERS

_ORIENTATION: Final = 0x0112
_UPRIGHT: Final = 1


class ExportedPictures:
    """The pictures below a folder, without what lies in folders of masks.

    Args:
        root: The folder.

    Raises:
        CameraError: It is missing, or holds no picture.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files = tuple(
            path
            for path in sorted(every_picture_file(root))
            if not any(part.lower() in MASK_FOLDERS for part in path.relative_to(root).parts[:-1])
        )
        self.missing: dict[str, Path] = {}
        """Names that belong to no picture, and the file that gives each."""
        self._at = {self._inside(path): path for path in self.files}
        self._named: defaultdict[str, list[Path]] = defaultdict(list)
        for path in self.files:
            self._named[path.name.lower()].append(path)
            self._named[path.stem.lower()].append(path)

    def find(self, name: str, *, said_by: Path) -> Path | None:
        """The picture that an annotation file names; None, and kept in ``missing``, where there is none.

        A name counts from the annotation file's folder, from the root or from its ``images``; else the one
        picture whose path ends so; else, for paths of another computer, the one of that file name, with or
        without its suffix. Of several the one in the split that the annotation file belongs to.

        Raises:
            DatasetError: Several pictures could be meant.
        """
        wanted = posixpath.normpath(name.strip().replace("\\", "/"))
        for folder in (self._inside(said_by.parent), "", "images"):
            if found := self._at.get(posixpath.normpath(posixpath.join(folder, wanted))):
                return found
        named = self._named.get(PurePosixPath(wanted).name.lower(), [])
        ends_so = [path for path in named if f"/{self._inside(path)}".endswith(f"/{wanted}")]
        found_by_name = ends_so or named
        if len(found_by_name) > 1:
            about = f"{self._inside(said_by)}".lower()
            of_split = [p for p in found_by_name if any(part in about for part in self._folders(p))]
            if len(of_split) != 1:
                raise DatasetError(
                    f"{said_by} names {name}, and {len(found_by_name)} pictures could be meant, "
                    f"{found_by_name[0]} and {found_by_name[1]} among them",
                    todo="give each picture a name of its own, or export the splits one by one",
                )
            found_by_name = of_split
        if not found_by_name:
            self.missing.setdefault(name, said_by)
            return None
        return found_by_name[0]

    def size(self, path: Path) -> tuple[int, int]:
        """Width and height in pixels, as it is read. Only one that its EXIF data may turn is decoded for it.

        Raises:
            CameraError: It cannot be read.
        """
        with (
            suppress(OSError, ValueError, SyntaxError, Image.DecompressionBombError),
            Image.open(path) as image,
        ):
            if image.getexif().get(_ORIENTATION, _UPRIGHT) == _UPRIGHT:
                return image.size
        height, width = picture_size(path)
        return width, height

    def expect_size(self, path: Path, width: float, height: float, *, said_by: Path) -> None:
        """Raise DatasetError where annotations were drawn on a picture of another size; 0: not known."""
        actual = self.size(path)
        if width > 0 < height and (width, height) != actual:
            raise DatasetError(
                f"{said_by} was drawn on {width:g}x{height:g} pixels, and {path} has "
                f"{actual[0]}x{actual[1]}: the places would be wrong",
                todo="export the labels for the pictures as they are, or restore the pictures",
            )

    def _inside(self, path: Path) -> str:
        inside = path.relative_to(self.root).as_posix()
        return "" if inside == "." else inside

    def _folders(self, path: Path) -> list[str]:
        return [part.lower() for part in path.relative_to(self.root).parts[:-1] if part.lower() != "images"]
