"""Filling what is not judged with what good parts usually show there, so that no model after it sees it.

The usual is brought to the light of the picture around: the difference between both, where the picture is
judged, goes on smoothly into what is not (the pull-push way of Gortler et al., "The Lumigraph", SIGGRAPH
1996). So no edge appears at the rim, and nothing of what is filled has a say in what fills it.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.levels import Picture

Known = NDArray[np.uint8]
"""(height, width): 255 where the picture is judged, 0 where it is filled."""


def filled(picture: Picture, known: Known, usual: Picture) -> Picture:
    """The picture where it is judged, and the usual in its light elsewhere.

    Args:
        picture: RGB, uint8, (height, width, 3). Not written into.
        known: Of its height and width.
        usual: What good parts show, RGB, uint8, of any smaller size.
    """
    if known.all():
        return picture
    size = (usual.shape[1], usual.shape[0])
    weight = cv2.resize(known, size, interpolation=cv2.INTER_AREA).astype(np.float32)[..., None] / 255.0
    judged = cv2.bitwise_and(picture, picture, mask=known)
    seen = cv2.resize(judged, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    light = _continued(seen - usual * weight, weight)
    shown = np.clip(np.rint(usual + light), 0, 255).astype(np.uint8)
    whole = cv2.resize(shown, (picture.shape[1], picture.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.copyTo(picture, known, whole), np.uint8)


def _continued(values: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Values that are known in part, (rows, columns, 3) times their weight, where they are not known too."""
    rows, columns = values.shape[:2]
    if rows == columns == 1:
        return np.asarray(values / np.maximum(weight, 1e-6), np.float32)
    half = ((columns + 1) // 2, (rows + 1) // 2)
    coarse = _continued(
        np.asarray(cv2.resize(values, half, interpolation=cv2.INTER_AREA), np.float32),
        np.atleast_3d(cv2.resize(weight, half, interpolation=cv2.INTER_AREA)).astype(np.float32, copy=False),
    )
    around = cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_LINEAR).reshape(values.shape)
    return np.asarray(values + (1.0 - weight) * around, np.float32)
