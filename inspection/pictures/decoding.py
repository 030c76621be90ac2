"""Decoding picture files."""

from pathlib import Path

import cv2
import numpy as np

from inspection.errors import CameraError
from inspection.part import Picture

_NO_PICTURE = "the part has no picture and is not released"


def read_picture(path: Path) -> Picture:
    """Decode a picture file: height x width x 3, RGB, 8 bits; grey becomes RGB, EXIF rotation is applied.

    Raises:
        CameraError: The file cannot be read, or is not a picture.
    """
    problem = "it is not a picture, or damaged"
    picture = None
    try:
        # Not cv2.imread: on Windows it takes no path with Chinese in it.
        encoded = np.fromfile(path, np.uint8)
        if encoded.size:
            picture = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    except OSError as error:
        problem = error.strerror or str(error)
    except cv2.error as error:
        problem = error.err
    if picture is None:
        raise CameraError(
            f"{path} cannot be read: {problem}", part=_NO_PICTURE, todo="remove the file, or restore it"
        )
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
