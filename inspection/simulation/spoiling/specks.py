"""Specks of a few pixels, and places where the surface is smeared."""

from typing import Final

import cv2
import numpy as np

from inspection.simulation.defects import Plane
from inspection.simulation.spoiling.seen import shrunk
from inspection.simulation.spoiling.shapes import blended, blob, covered, softness_px, turned
from inspection.simulation.spoiling.site import Site

_LEAST_LOST: Final = 4.0
"""Grey levels of texture, on average, that must be wiped out for somebody to miss them."""
_COVERED: Final = 0.5


def pinhole(site: Site, rng: np.random.Generator) -> Plane:
    """A round hole or grain, seen by a lens: its rim is a pixel wide."""
    along, across = turned(site, rng.uniform(0.0, np.pi))
    radius = np.hypot(along, across / np.float32(rng.uniform(0.75, 1.0)))
    cover = covered(np.float32(site.size_px / 2.0 - 0.25) - radius, soft_px=1.5)
    contrast = np.float32(site.contrast(rng, thin=True))
    return blended(site, cover, site.before + contrast)


def smear(site: Site, rng: np.random.Generator) -> Plane | None:
    """The texture is wiped out, evenly or along one direction, as by a cloth, wear or a drop of water."""
    cover = covered(blob(site, rng), soft_px=softness_px(site, rng))
    cover *= np.float32(rng.uniform(0.7, 1.0))
    strength = float(np.clip(site.size_px * rng.uniform(0.08, 0.3), 1.2, 12.0))
    times = max(1, int(strength / 2.0))  # what is wiped out needs no fine pixels
    small = shrunk(site.before, times)
    if rng.random() < 0.5:
        wiped = cv2.GaussianBlur(small, (0, 0), strength / times)
    else:
        wiped = cv2.filter2D(small, -1, _wipe(2.5 * strength / times, rng.uniform(0.0, np.pi)))
    height, width = site.shape
    paint = cv2.resize(wiped, (width, height), interpolation=cv2.INTER_LINEAR).reshape(site.before.shape)
    after = blended(site, cover, paint.astype(np.float32, copy=False))
    lost = np.abs(after - site.before).mean(axis=2)[cover > _COVERED]
    return after if lost.size and lost.mean() >= _LEAST_LOST else None


def _wipe(length_px: float, angle: float) -> Plane:
    """Kernel of a movement by that length."""
    side = int(length_px / 2.0) * 2 + 3
    kernel = np.zeros((side, side), np.uint8)
    middle = (side - 1) / 2.0
    reach = np.array([np.cos(angle), np.sin(angle)]) * length_px / 2.0
    start, end = (
        tuple(int(value) for value in np.round((middle + sign * reach) * 16.0)) for sign in (-1.0, 1.0)
    )
    cv2.line(kernel, start, end, 255.0, 1, cv2.LINE_AA, 4)
    weights: Plane = kernel.astype(np.float32) / np.float32(kernel.sum())
    return weights
