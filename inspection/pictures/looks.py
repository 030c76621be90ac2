"""What a picture looks like, whatever it shows: how light, how sharp, and where its edges lie."""

from typing import Final

import cv2
import numpy as np

from inspection.drift.usual import Look
from inspection.levels import top_level
from inspection.part import Frame
from inspection.pictures.quality import focus_measure
from inspection.recipe import View

_SIDE_PX: Final = 160
"""The longer side at which edges are located: fine grain is gone, and a part that moves is still seen to."""


def look_of(frame: Frame, view: View) -> Look:
    """The look of what ``view`` judges of a picture, at any depth; of the whole where its region is empty."""
    picture = frame.picture
    if view.region is not None:
        left, top, width, height = view.region
        region = picture[top : top + height, left : left + width]
        picture = region if region.size else picture
    grey = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY)
    x, y = _edges(grey)
    light = float(grey.mean()) * 255.0 / top_level(frame.bit_depth)
    return Look(light=light, focus=focus_measure(grey), x=x, y=y)


def _edges(grey: cv2.typing.MatLike) -> tuple[float, float]:
    """The centre of the edges' energy, in shares of width and height; the middle where there are none.

    It moves with the part as far as the edges are the part's, and does not depend on the light.
    """
    height, width = grey.shape[:2]
    scale = min(1.0, _SIDE_PX / max(height, width))
    side = (max(2, round(width * scale)), max(2, round(height * scale)))
    small = cv2.resize(grey, side, interpolation=cv2.INTER_AREA).astype(np.float32)
    dx, dy = cv2.Sobel(small, cv2.CV_32F, 1, 0), cv2.Sobel(small, cv2.CV_32F, 0, 1)
    energy = dx * dx + dy * dy
    total = float(energy.sum())
    if total <= 0.0:
        return 0.5, 0.5
    across, down = energy.sum(0), energy.sum(1)
    x = float(across @ (np.arange(side[0]) + 0.5)) / (total * side[0])
    y = float(down @ (np.arange(side[1]) + 0.5)) / (total * side[1])
    return x, y
