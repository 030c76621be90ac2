"""Puts drawn defects on real pictures of good parts: photographs whose defects are known to the pixel.

Cut and paste of this kind teaches a model what real defects do to real surfaces: Li et al., CutPaste,
CVPR 2021; Zavrtanik et al., DRÆM, ICCV 2021.
"""

from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.decision import Box, Severity
from inspection.part import Picture
from inspection.simulation.defects import Mask, Plane, draw_defect, extent
from inspection.simulation.spec import (
    MM_PER_PIXEL,
    WIDTH,
    DefectType,
    Variation,
    draw_defect_at,
    severity_of,
)

_TRIES: Final = 12
"""Places tried for one defect before it is given up."""
_VISIBLE_LEVELS: Final = 6.0
"""Grey levels by which a defect's clearest tenth must differ from the picture as it was, and"""
_VISIBLE_SHARE: Final = 1.5
"""by how many standard deviations of the fine structure around. What is fainter is no defect that anybody
could see, and calling it one would teach to guess."""


class Transplant(NamedTuple):
    """One defect that was put on a picture."""

    type: DefectType
    severity: Severity
    """By the simulated product's rule (``severity_of``)."""
    box: Box
    mask: Mask
    """height x width: 255 where the defect is."""
    length_mm: float
    """In the picture's scale, or in the assumed one."""


def with_defects(
    picture: Picture,
    rng: np.random.Generator,
    *,
    count: int = 1,
    variation: Variation | None = None,
    mm_per_pixel: float | None = None,
    surface: Mask | None = None,
) -> tuple[Picture, list[Transplant]]:
    """Draw defects on a copy of ``picture``.

    Args:
        picture: A good part, height x width x 3.
        rng: The same state draws the same defects.
        count: How many; fewer where the picture leaves no place on which a defect shows.
        variation: From what contrasts and sizes they are drawn; None for the usual.
        mm_per_pixel: The picture's scale; None assumes that its longer side shows as much as a rendered
            picture's: 128 mm.
        surface: height x width: not 0 where defects may be; None for everywhere.

    Returns:
        The new picture, and what is on it. Each defect really shows: see ``_VISIBLE_LEVELS``.
    """
    height, width = picture.shape[:2]
    scale = mm_per_pixel or MM_PER_PIXEL * WIDTH / max(height, width)
    places = _places(surface, height, width)
    scene = picture.astype(np.float32)
    colourless = bool(np.all(picture == picture[..., :1]))
    # A photograph shows its own grain; a defect must stand out from it to be one.
    grain = _fine_structure(scene)
    put: list[Transplant] = []
    for _ in range(count):
        for _ in range(_TRIES):
            defect = draw_defect_at(rng, variation or Variation(), places)
            tried = scene.copy()
            mask = draw_defect(tried, defect, mm_per_pixel=scale, surface=surface)
            tried = np.clip(tried, 0.0, 255.0)
            if colourless:  # a brown stain on a grey photograph would be told by its colour alone
                tried = np.repeat(tried.mean(axis=2, keepdims=True), 3, axis=2)
            if not _shows(scene, tried, mask, grain):
                continue
            box, length_mm = extent(mask, mm_per_pixel=scale)
            scene = tried
            put.append(Transplant(defect.type, severity_of(defect.type, length_mm), box, mask, length_mm))
            break
    return np.rint(scene).astype(np.uint8), put


def _places(surface: Mask | None, height: int, width: int) -> NDArray[np.float32]:
    """Centres on the surface, a sixteenth of the picture away from its border: (n, 2) x, y."""
    allowed = np.zeros((height, width), bool)
    edge_y, edge_x = height // 16, width // 16
    inner = np.s_[edge_y : height - edge_y, edge_x : width - edge_x]
    allowed[inner] = True if surface is None else surface[inner] > 0
    rows, columns = np.nonzero(allowed)
    if not len(rows):  # the surface lies at the border alone
        rows, columns = np.nonzero(np.ones((height, width), bool) if surface is None else surface)
    return np.stack([columns, rows], axis=1).astype(np.float32)


def _fine_structure(scene: Plane) -> Plane:
    """Local standard deviation of grey levels within about 7 pixels: height x width."""
    grey = scene.mean(axis=2)
    mean = cv2.blur(grey, (7, 7))
    squares = cv2.blur(grey * grey, (7, 7))
    deviation: Plane = np.sqrt(np.maximum(squares - mean * mean, 0.0)).astype(np.float32)
    return deviation


def _shows(before: Plane, after: Plane, mask: Mask, grain: Plane) -> bool:
    inside = mask > 0
    if not inside.any():
        return False
    change = float(np.percentile(np.abs(after - before).mean(axis=2)[inside], 90))
    return change >= max(_VISIBLE_LEVELS, _VISIBLE_SHARE * float(np.median(grain[inside])))
