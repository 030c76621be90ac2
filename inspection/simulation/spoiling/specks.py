"""Specks of a few pixels, and places where the surface is smeared."""

import cv2
import numpy as np

from inspection.simulation.defects import Plane
from inspection.simulation.spoiling.shapes import blended, blob, covered, softness_px, turned
from inspection.simulation.spoiling.site import Site


def pinhole(site: Site, rng: np.random.Generator) -> Plane:
    """A round hole or grain, seen by a lens: its rim is a pixel wide."""
    along, across = turned(site, rng.uniform(0.0, np.pi))
    radius = np.hypot(along, across / np.float32(rng.uniform(0.75, 1.0)))
    cover = covered(np.float32(site.size_px / 2.0 - 0.25) - radius, soft_px=1.5)
    contrast = np.float32(site.contrast(rng, thin=True))
    return blended(site, cover, site.before + contrast)


def smear(site: Site, rng: np.random.Generator) -> Plane:
    """The texture is wiped out, evenly or along one direction, as by a cloth, wear or a drop of water."""
    cover = covered(blob(site, rng), soft_px=softness_px(site, rng))
    strength = max(1.2, site.size_px * rng.uniform(0.08, 0.3))
    if rng.random() < 0.5:
        wiped = cv2.GaussianBlur(site.before, (0, 0), min(strength, 12.0))
    else:
        wiped = cv2.filter2D(site.before, -1, _wipe(min(2.5 * strength, 31.0), rng.uniform(0.0, np.pi)))
    return blended(site, cover, wiped.reshape(site.before.shape).astype(np.float32, copy=False))


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
