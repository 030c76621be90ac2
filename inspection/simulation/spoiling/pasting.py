"""Pieces of a good part where they do not belong: a patch, several small ones, a thin strip.

Li et al., "CutPaste: Self-Supervised Learning for Anomaly Detection and Localization", CVPR 2021,
arXiv:2104.04015. What is pasted looks in itself as good as the rest; only its place is wrong.
"""

from typing import Final

import numpy as np

from inspection.simulation.defects import Plane
from inspection.simulation.spoiling.shapes import blended, blob, covered, softness_px, strip, turned
from inspection.simulation.spoiling.site import Site

_FROM_ANOTHER: Final = 0.5
"""How often a piece comes from another good part, where there are some."""
_LIGHT: Final = (0.85, 1.18)
"""A piece from elsewhere lay in a little more or less light."""


def patch(site: Site, rng: np.random.Generator) -> Plane:
    """One piece: cut square with hard rims as with scissors, or along a ragged and perhaps soft rim."""
    if rng.random() < 0.4:
        along, across = turned(site, rng.uniform(0.0, np.pi) if rng.random() < 0.5 else 0.0)
        ratio = rng.uniform(0.4, 1.0)
        half = site.size_px / 2.0
        inside = np.minimum(half - np.abs(along), ratio * half - np.abs(across)).astype(np.float32)
        cover = covered(inside)
    else:
        cover = covered(blob(site, rng), soft_px=softness_px(site, rng))
    return blended(site, cover, from_elsewhere(site, rng))


def pieces(site: Site, rng: np.random.Generator) -> Plane:
    """Three to eight small pieces, strewn over the defect's size."""
    count = int(rng.integers(3, 9))
    cover = np.zeros(site.shape, np.float32)
    for _ in range(count):
        size = max(3.0, site.size_px * rng.uniform(0.12, 0.3))
        away, angle = (site.size_px - size) / 2.0 * np.sqrt(rng.random()), rng.uniform(0.0, 2.0 * np.pi)
        at = (float(away * np.cos(angle)), float(away * np.sin(angle)))
        np.maximum(cover, covered(blob(site, rng, size_px=size, at=at)), out=cover)
    return blended(site, cover, from_elsewhere(site, rng))


def scar(site: Site, rng: np.random.Generator) -> Plane:
    """A thin strip, straight and with hard rims."""
    width = max(1.5, site.size_px / rng.uniform(5.0, 14.0))
    return blended(site, covered(strip(site, rng, width_px=width)), from_elsewhere(site, rng))


def from_elsewhere(site: Site, rng: np.random.Generator) -> Plane:
    """Another place of this or another good part, turned and perhaps mirrored: as large as the site."""
    others = site.good.others
    source = site.good.picture
    if len(others) and rng.random() < _FROM_ANOTHER:
        source = others[int(rng.integers(len(others)))]
    height, width = site.shape
    rows, columns = source.shape[:2]
    middle = np.array([rng.uniform(0.0, columns), rng.uniform(0.0, rows)])
    angle = rng.uniform(0.0, 2.0 * np.pi) if rng.random() < 0.5 else rng.integers(4) * np.pi / 2.0
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.array([[cos, -sin], [sin, cos]]) * (1.0, rng.choice((-1.0, 1.0)))
    there = np.column_stack([turn, middle - turn @ (width / 2.0, height / 2.0)])
    piece = site.cut(source, there)
    if site.good.levels is None:
        piece *= np.float32(rng.uniform(*_LIGHT))
    return piece
