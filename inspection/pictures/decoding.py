"""Decoding picture files."""

from pathlib import Path

import cv2
import numpy as np

from inspection.errors import CameraError
from inspection.part import Picture
from inspection.pictures.soundness import damage


def read_picture(path: Path, *, part: str = "no further picture was read") -> Picture:
    """Decode a picture file: height x width x 3, RGB, 8 bits; grey becomes RGB, EXIF rotation is applied.

    Pictures above 8 bits and files of several pictures are refused: cut down, they may lose the defect.

    Args:
        path: The file.
        part: What becomes of the part, or of what was asked for, where the file cannot be used.

    Raises:
        CameraError: The file cannot be read, is not a picture, or is damaged, as far as that can be told
            (:mod:`inspection.pictures.soundness`).
    """
    problem = ""
    picture = None
    try:
        # Not cv2.imread: on Windows it takes no path with Chinese in it, and it reads on behind damage.
        encoded = path.read_bytes()
        problem = damage(encoded)
        if encoded and not problem:
            picture = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
    except OSError as error:
        problem = error.strerror or str(error)
    except cv2.error as error:
        problem = error.err
    if picture is not None and picture.dtype != np.uint8:
        # Which of the bits the camera filled (10, 12, all) no single file says, and the top 8 may be empty.
        problem = (
            f"it has {8 * picture.dtype.itemsize} bits a channel, and only 8 bits are read: let the camera "
            "give Mono8 or RGB8, or convert all pictures in one way"
        )
        picture = None
    if picture is None:
        raise CameraError(
            f"{path} cannot be read: {problem or 'it is not a picture, or damaged'}",
            part=part,
            todo="remove the file, or restore it",
        )
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
