"""The dial's face seen from the front: the marks' ring becomes a circle about the pivot."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]

RADIUS_PX = 160
"""Radius of the marks' ring in the straightened face. Finer detail is not needed to place a flank; a
needle of 1/200 of the radius still covers most of a pixel, which area filtering keeps as contrast."""

REACH = 1.25
"""Half the side of the straightened face, in radii: a needle may overrun the ring of marks that were
clicked inside."""

_OVEREXPOSED = 0.3
"""Share of the face that is saturated where the light is too strong rather than mirrored."""


@dataclass(frozen=True)
class Face:
    """The straightened face."""

    lab: Bytes
    """H x W x 3, CIE Lab as OpenCV has it in bytes (L in 0..255, a and b about 128)."""

    blind: Bytes | None
    """H x W: 255 where the face lies outside the picture or in glare, so that nothing can be told there,
    else 0. None where all of it is seen."""

    pixels_per_radius: float
    """Radius of the ring of marks in the picture itself, pixels (mean over its directions)."""

    @property
    def middle(self) -> float:
        """The pivot's place in the straightened face, pixels, the same in both directions."""
        return float((self.lab.shape[0] - 1) / 2)


@lru_cache(maxsize=1)
def _ring() -> npt.NDArray[np.float64]:
    turns = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    return np.stack([np.sin(turns), -np.cos(turns), np.ones_like(turns)])


def straighten(picture: Bytes, matrix: npt.NDArray[np.float64]) -> Face:
    """The face, cut out of ``picture`` (H x W x 3, RGB) and seen from the front.

    ``matrix`` (3 x 3) leads from the picture's pixels to the disc in which the pivot is 0 and the marks'
    ring has radius 1.
    Large pictures are shrunk with area filtering first, so that a thin needle does not alias.
    Raises ValueError where the ring does not lie before the camera or outside the picture altogether.
    """
    back = np.asarray(np.linalg.inv(matrix), np.float64)
    x0, y0, x1, y1, whole = _box(back, picture.shape)
    radius = _radius(back)
    cut = picture[y0:y1, x0:x1]
    to_cut = np.array([[1.0, 0, -x0], [0, 1, -y0], [0, 0, 1]])
    cut, smaller = _shrunk(cut, radius / (1.25 * RADIUS_PX))
    to_cut = smaller @ to_cut
    side = 2 * round(REACH * RADIUS_PX) + 1
    middle = (side - 1) / 2
    to_disc = np.array(
        [[1 / RADIUS_PX, 0, -middle / RADIUS_PX], [0, 1 / RADIUS_PX, -middle / RADIUS_PX], [0, 0, 1]]
    )
    onto = to_cut @ back @ to_disc
    how = cv2.WARP_INVERSE_MAP | (cv2.INTER_CUBIC if radius < RADIUS_PX / 1.5 else cv2.INTER_LINEAR)
    straight = cv2.warpPerspective(cut, onto, (side, side), flags=how, borderMode=cv2.BORDER_REPLICATE)
    blind = _glare(np.asarray(straight, np.uint8))
    if not whole:
        inside = np.full(cut.shape[:2], 255, np.uint8)
        seen = cv2.warpPerspective(inside, onto, (side, side), flags=cv2.WARP_INVERSE_MAP | cv2.INTER_NEAREST)
        blind = np.asarray(cv2.max(blind, cv2.bitwise_not(seen)), np.uint8)
    return Face(
        lab=np.asarray(cv2.cvtColor(straight, cv2.COLOR_RGB2LAB), np.uint8),
        blind=blind if blind.any() else None,
        pixels_per_radius=radius,
    )


def _shrunk(cut: Bytes, times: float) -> tuple[Bytes, npt.NDArray[np.float64]]:
    """``cut`` about so many times smaller, each pixel the mean of what it covers, and the way there.

    By whole numbers where that is enough, which is several times faster.
    """
    if times < 1.25:
        return cut, np.eye(3)
    height, width = cut.shape[:2]
    if times >= 2:
        whole = int(times)
        small = width // whole, height // whole
        cut = cut[: small[1] * whole, : small[0] * whole]
    else:
        small = max(round(width / times), 1), max(round(height / times), 1)
    kx, ky = small[0] / cut.shape[1], small[1] / cut.shape[0]
    way = np.array([[kx, 0, (kx - 1) / 2], [0, ky, (ky - 1) / 2], [0, 0, 1]])
    return np.asarray(cv2.resize(cut, small, interpolation=cv2.INTER_AREA), np.uint8), way


def _box(back: npt.NDArray[np.float64], shape: tuple[int, ...]) -> tuple[int, int, int, int, bool]:
    """Left, top, right and bottom of what the picture shows of the face, and whether that is all."""
    around = _ring().copy()
    around[:2] *= REACH
    seen = back @ around
    sign = np.sign((back @ np.array([0.0, 0, 1]))[2])
    depth = seen[2] * sign
    if (depth <= 1e-9).any():
        raise ValueError(
            "the dial's plane is seen from its edge: the marks cannot lie on one circle about the centre"
        )
    x, y = seen[0] / seen[2], seen[1] / seen[2]
    height, width = shape[:2]
    left, top, right, bottom = x.min() - 2, y.min() - 2, x.max() + 3, y.max() + 3
    x0, x1 = int(max(left, 0)), int(min(right, width))
    y0, y1 = int(max(top, 0)), int(min(bottom, height))
    if x1 - x0 < 8 or y1 - y0 < 8:
        raise ValueError("the dial lies outside the picture")
    return x0, y0, x1, y1, bool(left >= 0 and top >= 0 and right <= width and bottom <= height)


def _radius(back: npt.NDArray[np.float64]) -> float:
    seen = back @ _ring()
    points = (seen[:2] / seen[2]).T.astype(np.float32)
    return float(np.sqrt(abs(cv2.contourArea(points)) / np.pi))


def _glare(picture: Bytes) -> Bytes:
    """255 where all three channels are at their end and stay there: a lamp's mirror image.

    A white face that is overexposed altogether is no mirror image: a needle still stands out from it.
    """
    full = cv2.inRange(picture, (252, 252, 252), (255, 255, 255))
    if np.count_nonzero(full[::4, ::4]) > _OVEREXPOSED * full[::4, ::4].size:
        return np.zeros_like(full, np.uint8)
    return np.asarray(cv2.erode(full, np.ones((5, 5), np.uint8)), np.uint8)
