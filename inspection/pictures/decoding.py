"""Decoding picture files."""

from pathlib import Path
from typing import Final

import cv2
import numpy as np

from inspection.errors import CameraError
from inspection.part import Picture
from inspection.pictures.kinds import Unread, undecodable
from inspection.pictures.soundness import transparent, unusable

_DEEP: Final = Unread(
    "it has 16 bits a channel, and only 8 bits are read",
    "let the camera give Mono8 or RGB8, or convert all pictures in one way",
)


def read_picture(path: Path, *, part: str = "no further picture was read") -> Picture:
    """Decode a picture file: height x width x 3, RGB, 8 bits.

    Grey becomes RGB. The picture is turned as its file says (EXIF, TIFF's orientation). Values are as stored:
    no colour profile and no gamma is applied. Pictures above 8 bits, files of several pictures and what is
    transparent are refused: cut down, they may lose the defect. See docs/measurements/picture-kinds.md.

    Args:
        path: The file.
        part: What becomes of the part, or of what was asked for, where the file cannot be used.

    Raises:
        CameraError: The file cannot be read, is not a picture, or is damaged, as far as that can be told
            (:mod:`inspection.pictures.soundness`).
    """
    try:
        # Not cv2.imread: on Windows it takes no path with Chinese in it, and it reads on behind damage.
        encoded = path.read_bytes()
    except OSError as error:
        raise _unread(path, Unread(error.strerror or str(error)), part) from error
    if problem := unusable(encoded) or transparent(encoded):
        raise _unread(path, problem, part)
    try:
        picture = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
    except cv2.error as error:
        raise _unread(path, Unread(error.err), part) from error
    if picture is None:
        raise _unread(path, undecodable(encoded), part)
    if picture.dtype != np.uint8:
        # Which of the bits the camera filled (10, 12, all) no single file says, and the top 8 may be empty.
        raise _unread(path, _DEEP, part)
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


def _unread(path: Path, problem: Unread, part: str) -> CameraError:
    return CameraError(f"{path} cannot be read: {problem.what}", part=part, todo=problem.todo)
