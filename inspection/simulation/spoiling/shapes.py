"""Shapes of defects: how much of each pixel of a site is covered, 0 to 1."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.simulation.defects import Plane
from inspection.simulation.spoiling.site import Site

_FAINTEST_LINE: Final = 80
"""Of 255: what of a line's smoothed rim still is the line, where there is no between."""
Path = NDArray[np.float64]
"""(points, 2): x, y in a site's pixels."""


def noise(rng: np.random.Generator, height: int, width: int, *, cell_px: float, octaves: int = 1) -> Plane:
    """Smooth noise of about unit variance, (height, width); more octaves make it more ragged."""
    total = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        cell = max(1.0, cell_px / 2.0**octave)
        nodes = rng.normal(0.0, 0.5**octave, (int(height / cell) + 2, int(width / cell) + 2))
        total += cv2.resize(nodes.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    return total


def turned(site: Site, angle: float, *, at: tuple[float, float] = (0.0, 0.0)) -> tuple[Plane, Plane]:
    """Distances from a point beside the centre, along ``angle`` and across it: twice (height, width)."""
    x, y = site.along_x - np.float32(at[0]), site.along_y - np.float32(at[1])
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return x * cos + y * sin, y * cos - x * sin


def blob(
    site: Site,
    rng: np.random.Generator,
    *,
    size_px: float | None = None,
    at: tuple[float, float] = (0.0, 0.0),
    ragged: float = 0.3,
) -> Plane:
    """An ellipse with a ragged rim: how many pixels inside each pixel lies, negative outside."""
    size = size_px or site.size_px
    along, across = turned(site, rng.uniform(0.0, np.pi), at=at)
    radius = np.hypot(along, across / np.float32(rng.uniform(0.45, 1.0)))
    cell = max(2.0, size / 3.0)
    bumps = np.clip(noise(rng, *site.shape, cell_px=cell, octaves=3), -1.6, 1.6)
    inside: Plane = np.float32(size * 0.45) * (1.0 + np.float32(ragged) * bumps) - radius
    return inside


def strip(site: Site, rng: np.random.Generator, *, width_px: float) -> Plane:
    """A straight strip as long as the defect: how many pixels inside each pixel lies."""
    along, across = turned(site, rng.uniform(0.0, np.pi))
    inside: Plane = np.minimum(site.size_px / 2.0 - np.abs(along), width_px / 2.0 - np.abs(across)).astype(
        np.float32
    )
    return inside


def covered(inside: Plane, *, soft_px: float = 1.0) -> Plane:
    """Cover from how far inside a pixel lies; the rim is ``soft_px`` wide, 1 for a sharp one."""
    cover: Plane = np.clip(inside / np.float32(soft_px) + np.float32(0.5), 0.0, 1.0)
    return cover


def softness_px(site: Site, rng: np.random.Generator) -> float:
    """Draw how soft a rim is: from sharp to a quarter of the defect; sharp on a picture of two levels."""
    if site.good.levels is not None:
        return 1.0
    return float(np.exp(rng.uniform(0.0, np.log(max(1.5, site.size_px / 4.0)))))


def stroke(site: Site, path: Path, depth: NDArray[np.float64], width_px: float) -> Plane:
    """A line along ``path``: its strength at each point is ``depth``, 0 to 1, its width at least a pixel.

    On a picture of two levels it is there or not.
    """
    canvas = np.zeros(site.shape, np.uint8)
    points = np.round(path * 16.0).astype(np.int32)
    thickness = max(1, round(width_px))
    for start, end, strength in zip(points[:-1], points[1:], depth[1:], strict=True):
        if strength > 0.0:
            ends = (int(start[0]), int(start[1])), (int(end[0]), int(end[1]))
            cv2.line(canvas, *ends, float(round(255.0 * strength)), thickness, cv2.LINE_AA, 4)
    if site.good.levels is not None:
        return np.where(canvas >= _FAINTEST_LINE, np.float32(1.0), np.float32(0.0))
    line: Plane = canvas.astype(np.float32) / np.float32(255.0)
    return line


def blended(site: Site, cover: Plane, paint: Plane | float) -> Plane:
    """The site with ``paint`` where it is covered: (height, width, channels)."""
    after: Plane = site.before + cover[..., None] * (paint - site.before)
    return after
