"""Draws defects into a picture, a rendered one or a photograph of a good part, and tells what it drew.

Each type is a pattern: by how much brightness changes, from -1 to 1 at its peak. The pattern times the
defect's contrast is the gain on the surface below, so grain and shading go on under the defect as in metal.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.decision import Box
from inspection.simulation.spec import DefectSpec, DefectType

Plane = NDArray[np.float32]
Mask = NDArray[np.uint8]

_MARGIN_PX = 8
_VISIBLE = 0.2
"""What changes brightness by at least this share of the peak belongs to the defect's mask."""


@dataclass(frozen=True, slots=True)
class _Pattern:
    change: Plane
    """side x side x 3: relative change of brightness for red, green, blue; about 1 at its peak."""
    mask: NDArray[np.bool_]
    """side x side: what belongs to the defect."""


def draw_defect(
    picture: Plane, defect: DefectSpec, *, mm_per_pixel: float, surface: Mask | None = None
) -> Mask:
    """Draw ``defect`` into ``picture``, in place.

    Args:
        picture: height x width x 3, float32, RGB in any linear scale.
        defect: What to draw; its centre lies in the picture.
        mm_per_pixel: The picture's scale.
        surface: height x width; a defect exists only where this is not 0. None: everywhere.

    Returns:
        height x width, 255 where the defect is. All 0 where ``surface`` left nothing of it.
    """
    rng = np.random.default_rng(defect.seed)
    size_px = max(4.0, defect.size_mm / mm_per_pixel)
    side = int(np.ceil(size_px * 1.3)) + 2 * _MARGIN_PX
    x, y = defect.center
    left, top = int(x) - side // 2, int(y) - side // 2
    pattern = _PATTERNS[defect.type](rng, side, size_px, defect.angle)

    height, width = picture.shape[:2]
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + side, width), min(top + side, height)
    mask = np.zeros((height, width), np.uint8)
    inner = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
    change, drawn = pattern.change[inner], pattern.mask[inner]
    if surface is not None:
        on_surface = surface[y0:y1, x0:x1] > 0
        change = change * on_surface[..., None]
        drawn = drawn & on_surface
    picture[y0:y1, x0:x1] *= 1.0 + np.float32(defect.contrast) * change
    mask[y0:y1, x0:x1][drawn] = 255
    return mask


def extent(mask: Mask, *, mm_per_pixel: float) -> tuple[Box, float]:
    """Box and longest extent in mm of what a mask shows.

    The extent is the greatest distance between two of its pixels (the maximum Feret diameter).

    Raises:
        ValueError: The mask is empty.
    """
    points = cv2.findNonZero(mask)
    if points is None:
        raise ValueError("an empty mask has no extent")
    left, top, width, height = cv2.boundingRect(points)
    hull = cv2.convexHull(points)[:, 0, :].astype(np.float64)
    # Pixels have a size: between the centres of n pixels lie n - 1 pixels.
    longest_px = float(np.linalg.norm(hull[:, None] - hull[None], axis=2).max()) + 1.0
    return (left, top, width, height), longest_px * mm_per_pixel


def _scratch(rng: np.random.Generator, side: int, size_px: float, angle: float) -> _Pattern:
    """A groove: one flank throws the light back, the other lies in shadow; its depth wanders."""
    t = np.linspace(-0.5, 0.5, 28)
    bow = rng.uniform(-0.08, 0.08) * size_px * (1.0 - 4.0 * t**2)
    wobble = np.cumsum(rng.normal(0.0, 0.12, t.size))
    path = _placed(np.stack([t * size_px, bow + wobble - wobble.mean()], axis=1), side, angle)
    depth = np.clip(np.interp(t, np.linspace(-0.5, 0.5, 6), rng.uniform(0.6, 1.0, 6)), 0.0, 1.0)
    depth *= np.clip((0.5 - np.abs(t)) / 0.06, 0.45, 1.0)
    thickness = 1 if rng.random() < 0.6 else 2
    flank = np.array([-np.sin(angle), np.cos(angle)]) * (0.6 + 0.5 * thickness)
    lit = _stroke(side, path, depth, thickness)
    shadow = _stroke(side, path + flank, depth, thickness)
    change = np.clip(lit - 0.6 * shadow, -1.0, 1.0)
    return _grey(change, lit > _VISIBLE)


def _dent(rng: np.random.Generator, side: int, size_px: float, angle: float) -> _Pattern:
    """A hollow: the slope towards the lamp (upper left) is dark, the one facing it bright."""
    along, across = _axes(side, angle)
    ratio = rng.uniform(0.7, 1.0)
    sigma = size_px / 4.0
    depth = np.exp(-0.5 * ((along / sigma) ** 2 + (across / (sigma * ratio)) ** 2))
    slope_y, slope_x = np.gradient(depth)
    change = -(0.63 * slope_x + 0.77 * slope_y)
    change = change / max(float(np.abs(change).max()), 1e-6) - 0.15 * depth
    return _grey(np.clip(change, -1.0, 1.0).astype(np.float32), depth > np.exp(-0.5 * 2.0**2))


def _stain(rng: np.random.Generator, side: int, size_px: float, angle: float) -> _Pattern:
    """A dried drop of coolant: an uneven blot, brownish, darkest along its rim."""
    along, across = _axes(side, angle)
    ratio = rng.uniform(0.55, 0.9)
    radius = np.hypot(along, across / ratio) / (size_px / 2.0)
    ragged = cv2.resize(rng.normal(0.0, 1.0, (7, 7)), (side, side), interpolation=cv2.INTER_CUBIC)
    inside = 1.0 - radius + 0.16 * ragged
    cover = np.clip(inside / 0.12, 0.0, 1.0)
    rim = np.exp(-0.5 * ((inside - 0.10) / 0.07) ** 2)
    density = cover * np.clip(0.55 + 0.45 * rim + 0.08 * ragged, 0.0, 1.0)
    absorbed = np.array([0.72, 0.86, 1.0])  # more of the blue
    return _Pattern((-density[..., None] * absorbed).astype(np.float32), density > _VISIBLE)


def _crack(rng: np.random.Generator, side: int, size_px: float, angle: float) -> _Pattern:
    """A jagged dark line that thins out, with a branch or two and one faintly lit lip."""
    steps = max(8, int(size_px / 3.0))
    across = np.cumsum(rng.normal(0.0, 1.15, steps + 1))
    across -= np.linspace(across[0], across[-1], steps + 1)
    trunk = np.stack([np.linspace(-0.5, 0.5, steps + 1) * size_px, across], axis=1)
    depth = np.linspace(1.0, 0.55, steps + 1)
    path = _placed(trunk, side, angle)
    dark = _stroke(side, path, depth, 2 if size_px > 45 else 1)
    for _ in range(int(rng.integers(1, 3))):
        start = int(rng.integers(steps // 4, 3 * steps // 4))
        length = max(3, steps // 4)
        turn = rng.choice([-1.0, 1.0]) * rng.uniform(0.5, 0.9)
        heading = turn + rng.normal(0.0, 0.35, length)
        stride = size_px / steps
        moves = np.stack([np.cos(heading), np.sin(heading)], axis=1) * stride
        branch = np.concatenate([trunk[start : start + 1], trunk[start] + np.cumsum(moves, axis=0)])
        dark = np.maximum(
            dark, _stroke(side, _placed(branch, side, angle), np.linspace(0.8, 0.45, length + 1), 1)
        )
    lip = _stroke(side, path + np.array([1.1, 1.3]), depth, 1)
    return _grey(np.clip(0.3 * lip * (1.0 - dark) - 1.0 * dark, -1.0, 1.0), dark > _VISIBLE)


_PATTERNS = {
    DefectType.SCRATCH: _scratch,
    DefectType.DENT: _dent,
    DefectType.STAIN: _stain,
    DefectType.CRACK: _crack,
}


def _grey(change: Plane, mask: NDArray[np.bool_]) -> _Pattern:
    return _Pattern(np.repeat(change[..., None], 3, axis=2), mask)


def _axes(side: int, angle: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distance of each pixel of a patch from its centre, along ``angle`` and across it."""
    y, x = np.mgrid[:side, :side] - (side - 1) / 2.0
    return x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)


def _placed(path: NDArray[np.float64], side: int, angle: float) -> NDArray[np.float64]:
    """A path about the origin, turned by ``angle`` and moved to a patch's centre."""
    cos, sin = np.cos(angle), np.sin(angle)
    turned: NDArray[np.float64] = path @ np.array([[cos, sin], [-sin, cos]])
    return turned + (side - 1) / 2.0


def _stroke(side: int, path: NDArray[np.float64], depth: NDArray[np.float64], thickness: int) -> Plane:
    """A line along ``path`` with the strength ``depth`` at each of its points, 0 to 1."""
    canvas = np.zeros((side, side), np.uint8)
    points = np.round(path * 16.0).astype(np.int32)
    for start, end, strength in zip(points[:-1], points[1:], depth[:-1], strict=True):
        cv2.line(
            canvas,
            (int(start[0]), int(start[1])),
            (int(end[0]), int(end[1])),
            float(round(255.0 * strength)),
            thickness,
            cv2.LINE_AA,
            4,
        )
    return canvas.astype(np.float32) / np.float32(255.0)
