"""Ellipses in a picture: rims, bezels and printed rings that may be a dial's. Pure."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from inspection.gauges.dial.curve import Array

_LEAST: Final = 0.12
"""Of the picture's shorter side: the smallest ellipse's longer axis."""
_MOST: Final = 1.3
_ROUND: Final = 0.5
"""Axes' ratio below which nobody could read the dial (60 deg of tilt)."""
_CONTOURS: Final = 60
"""The longest ones are looked at."""
_BESIDE_PX: Final = 1.5
_SUPPORT: Final = 0.45
"""Share of an ellipse's outline that must lie on edges."""
_ALIKE: Final = 0.08
"""Two ellipses whose middles and axes differ by less of their size are one."""


@dataclass(frozen=True)
class Outline:
    """An ellipse in the picture."""

    from_disc: Array
    """3 x 3, affine, from the disc of radius 1 to the picture; up stays up."""
    support: float
    """Share of its outline that lies on edges."""

    @property
    def radius_px(self) -> float:
        """Geometric mean of its half axes."""
        return float(np.sqrt(abs(np.linalg.det(self.from_disc[:2, :2]))))


def outlines(grey: npt.NDArray[np.uint8], most: int) -> list[Outline]:
    """The ``most`` ellipses of ``grey`` (H x W) that lie best on edges, the best first."""
    blurred = cv2.GaussianBlur(grey, (0, 0), 1.2)
    found: list[Outline] = []
    level = float(np.median(cv2.Laplacian(blurred, cv2.CV_32F, ksize=3) ** 2)) ** 0.5
    for low in (12.0 + 4.0 * level, 40.0 + 8.0 * level):
        edges = cv2.Canny(blurred, low, 2.5 * low, L2gradient=True)
        far = np.asarray(cv2.distanceTransform(255 - edges, cv2.DIST_L2, 3), np.float64)
        contours, _ = cv2.findContours(edges, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        for contour in sorted(contours, key=len, reverse=True)[:_CONTOURS]:
            outline = _fitted(np.asarray(contour, np.int32), far)
            if outline is not None:
                found.append(outline)
    found.sort(key=lambda one: -one.support)
    kept: list[Outline] = []
    for one in found:
        if not any(_same(one, other) for other in kept):
            kept.append(one)
    return kept[:most]


def _fitted(contour: npt.NDArray[np.int32], far: Array) -> Outline | None:
    short = min(far.shape)
    if len(contour) < max(30, _LEAST * short):
        return None
    (x, y), axes, turn_deg = cv2.fitEllipseDirect(contour)
    if not np.isfinite([x, y, *axes, turn_deg]).all() or min(axes) < _ROUND * max(axes):
        return None
    if not _LEAST * short < max(axes) < _MOST * max(far.shape):
        return None
    turn = np.radians(turn_deg)
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    from_disc = np.eye(3)
    from_disc[:2, :2] = turned @ np.diag(axes) @ turned.T / 2.0
    from_disc[:2, 2] = x, y
    turns = np.linspace(0.0, 2.0 * np.pi, 180, endpoint=False)
    points = from_disc[:2, :2] @ np.stack([np.cos(turns), np.sin(turns)]) + from_disc[:2, 2:]
    column, row = np.rint(points).astype(int)
    inside = (column >= 0) & (row >= 0) & (column < far.shape[1]) & (row < far.shape[0])
    support = float((far[row[inside], column[inside]] <= _BESIDE_PX).sum()) / len(turns)
    return Outline(from_disc, support) if support >= _SUPPORT else None


def _same(one: Outline, other: Outline) -> bool:
    apart = np.abs(one.from_disc[:2] - other.from_disc[:2]).max()
    return bool(apart < _ALIKE * max(one.radius_px, other.radius_px))
