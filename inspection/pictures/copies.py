"""The same picture twice is one picture: what counts parts must not count it again."""

import hashlib
import re
from collections.abc import Collection, Hashable
from pathlib import Path
from typing import Final

import numpy as np

from inspection.errors import DatasetError
from inspection.levels import RawPicture

_ROBOFLOW: Final = re.compile(r"(?P<name>.+)\.rf\.[0-9a-zA-Z]+")


def original_name(path: Path) -> str:
    """The name of the picture that a file was made from, without its suffix; else its own.

    Roboflow turns, blurs and lights the pictures that it exports, and calls each such copy ``NAME.rf.HASH``.
    """
    copy = _ROBOFLOW.fullmatch(path.stem)
    return copy["name"] if copy else path.stem


def pixels_sha256(picture: RawPicture) -> str:
    """What tells one exposure from any other, in hex: its pixels, whatever its file's name and format."""
    pixels = hashlib.sha256(np.ascontiguousarray(picture).tobytes())
    pixels.update(repr(picture.shape).encode())
    return pixels.hexdigest()


class SeenPictures:
    """Remembers pictures by their pixels, and refuses one that comes again where it would count again.

    A sensor's noise makes any two exposures differ, so equal pixels mean one exposure, whatever the files'
    names and formats. Within one group, which counts as one part, a copy does no harm.

    Args:
        part: What becomes of what was asked for, for the message.
    """

    def __init__(self, *, part: str) -> None:
        self._part = part
        self._seen: dict[str, tuple[Path, Hashable]] = {}

    @property
    def sha256(self) -> Collection[str]:
        """Of each exposure that was added: its :func:`pixels_sha256`."""
        return self._seen.keys()

    def add(self, picture: RawPicture, *, path: Path, group: Hashable) -> None:
        """Remember a picture. Raises DatasetError where it was seen before in another group."""
        first, its_group = self._seen.setdefault(pixels_sha256(picture), (path, group))
        if its_group != group:
            raise DatasetError(
                f"{first} and {path} are the same picture, pixel for pixel",
                part=self._part,
                todo="give each exposure once; put copies that are meant as one part into one subfolder",
            )
