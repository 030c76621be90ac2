"""Pictures as OpenCV has them: blue, green, red."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt


def bgr(file: Path, how: int = cv2.IMREAD_COLOR) -> npt.NDArray[Any]:
    """The picture in a file, as OpenCV reads it."""
    picture = cv2.imread(str(file), how)
    assert picture is not None
    return picture


def decoded(data: bytes, how: int = cv2.IMREAD_COLOR) -> npt.NDArray[Any]:
    """The picture in a file's bytes, as OpenCV decodes it."""
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), how)
    assert picture is not None
    return picture
