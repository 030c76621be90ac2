"""Brings a live picture to a taught patch: inverse compositional Gauss-Newton (Baker and Matthews 2004).

Both are compared after their local mean and contrast are taken out, so that light and exposure do not count,
and with weights that give up what has changed (the needle, a reflection). Pure.
"""

from dataclasses import dataclass
from typing import Final, Self

import cv2
import numpy as np
import numpy.typing as npt

from inspection.gauges.dial.curve import Array

Floats = npt.NDArray[np.float32]
Grey = npt.NDArray[np.uint8]

AFFINE: Final = 6
HOMOGRAPHY: Final = 8
"""How many of the unknowns are sought."""
_FLAT: Final = 3.0
"""Grey levels of contrast below which there is nothing but noise."""
_LOCAL: Final = 0.16
"""Of the patch's side: the square that counts as local."""
_TEXTURED: Final = 0.35
"""Share of the patch's pixels that are compared: those with the most contrast."""
_OUTSIDE: Final = 1e3
"""Stands for what lies outside the picture; contrasts are a thousandth of it."""
_SETTLED_PX: Final = 0.03
"""Of the patch at its size."""
_LEAST_PIXELS: Final = 50


@dataclass(frozen=True)
class Window:
    """A part of the live picture, in the patch's measure."""

    pixels: Floats
    """H x W, local contrast."""
    to_pixels: Array
    """3 x 3, from the patch's frame to these pixels."""

    @classmethod
    def of(cls, grey: Grey, frame: Array, side: int, reach: float) -> Self | None:
        """What lies within ``reach`` of the taught place's middle; None where nothing does.

        Args:
            grey: The live picture, H x W.
            frame: 3 x 3, from the taught picture's pixels to the patch's frame (longer side: -1 to 1).
            side: Of the patch at this level, pixels.
            reach: In half sides.
        """
        middle, half = -frame[:2, 2] / frame[0, 0], reach / frame[0, 0]
        height, width = grey.shape
        x0, y0 = (max(int(np.floor(c - half)), 0) for c in middle)
        x1, y1 = (
            min(int(np.ceil(c + half)) + 1, most) for c, most in zip(middle, (width, height), strict=True)
        )
        if x1 - x0 < 8 or y1 - y0 < 8:
            return None
        cut = grey[y0:y1, x0:x1]
        by = min(side / 2.0 * frame[0, 0], 1.0)
        size = max(round(cut.shape[1] * by), 4), max(round(cut.shape[0] * by), 4)
        kx, ky = size[0] / cut.shape[1], size[1] / cut.shape[0]
        if by < 1.0:
            cut = np.asarray(cv2.resize(cut, size, interpolation=cv2.INTER_AREA), np.uint8)
        shrink = np.array(
            [[kx, 0.0, (kx - 1.0) / 2.0 - kx * x0], [0.0, ky, (ky - 1.0) / 2.0 - ky * y0], [0, 0, 1]]
        )
        return cls(_local_contrast(cut, _LOCAL * 2.0 / frame[0, 0] * by), shrink @ np.linalg.inv(frame))

    def seen(self, patch: "Patch", onto: Array) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """What lies under the patch where ``onto`` (3 x 3, in the frame) puts it, and where that is known."""
        matrix = self.to_pixels @ onto @ patch.to_frame
        size, flags = patch.pixels.shape[::-1], cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR
        pixels = cv2.warpPerspective(self.pixels, matrix, size, flags=flags, borderValue=_OUTSIDE)
        inside = np.asarray(np.abs(pixels) < _OUTSIDE / 10.0)
        pixels[~inside] = 0.0
        return np.asarray(pixels, np.float32), inside


@dataclass(frozen=True)
class Patch:
    """The taught patch at one size, with its slopes by the unknowns."""

    pixels: Floats
    """H x W, local contrast."""
    to_frame: Array
    """3 x 3, from these pixels to the frame, in which the longer side goes from -1 to 1."""
    textured: npt.NDArray[np.int64]
    """Flat places of the pixels that are compared."""
    slopes: Floats
    """Theirs, n x 8."""
    gradient: Floats
    """2 x H x W, by pixel."""

    @classmethod
    def of(cls, grey: Grey, side: int) -> Self:
        """``grey`` (H x W) made so small that its longer side has ``side`` pixels."""
        by = min(side / max(grey.shape), 1.0)
        size = max(round(grey.shape[1] * by), 8), max(round(grey.shape[0] * by), 8)
        small = (
            np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8) if by < 1.0 else grey
        )
        height, width = small.shape
        pixels = _local_contrast(small, _LOCAL * max(small.shape))
        half = max(height, width) / 2.0
        to_frame = np.array(
            [[1 / half, 0, -(width - 1) / 2 / half], [0, 1 / half, -(height - 1) / 2 / half], [0, 0, 1]]
        )
        gx, gy = (
            np.asarray(cv2.Sobel(pixels, cv2.CV_32F, *d, ksize=3), np.float32) / 8.0 for d in ((1, 0), (0, 1))
        )
        strength = (gx**2 + gy**2).ravel()
        strength.reshape(height, width)[[0, -1]] = 0.0
        strength.reshape(height, width)[:, [0, -1]] = 0.0
        count = max(int(_TEXTURED * strength.size), 1)
        textured = np.sort(np.argpartition(strength, -count)[-count:])
        y, x = np.divmod(textured, width)
        x = (x * to_frame[0, 0] + to_frame[0, 2]).astype(np.float32)
        y = (y * to_frame[1, 1] + to_frame[1, 2]).astype(np.float32)
        dx, dy = gx.ravel()[textured] * np.float32(half), gy.ravel()[textured] * np.float32(half)
        along = x * dx + y * dy
        slopes = np.stack([x * dx, y * dx, dx, x * dy, y * dy, dy, -x * along, -y * along], axis=1)
        return cls(pixels, to_frame, textured, np.asarray(slopes, np.float32), np.stack([gx, gy]))

    @property
    def half(self) -> float:
        """Half the longer side, pixels."""
        return float(1.0 / self.to_frame[0, 0])


def _local_contrast(grey: Grey, local_px: float) -> Floats:
    """``grey`` (H x W) without the mean of a square about each pixel, by its contrast."""
    picture = grey.astype(np.float32)
    size = 2 * round(max(local_px, 3.0) / 2.0) + 1
    mean = cv2.blur(picture, (size, size), borderType=cv2.BORDER_REFLECT)
    spread = cv2.blur(picture**2, (size, size), borderType=cv2.BORDER_REFLECT) - mean**2
    return np.asarray((picture - mean) / (np.sqrt(np.maximum(spread, 0.0)) + _FLAT), np.float32)


def align(patch: Patch, window: Window, start: Array, unknowns: int, steps: int) -> Array | None:
    """Where in the window the patch lies (3 x 3, in the frame), begun at ``start``; None if it runs away."""
    onto = start.copy()
    reference = patch.pixels.ravel()[patch.textured]
    slopes = patch.slopes[:, :unknowns]
    for _ in range(steps):
        pixels, inside = window.seen(patch, onto)
        off = pixels.ravel()[patch.textured] - reference
        usual = 1.5 * float(np.median(np.abs(off[::5]))) + 0.05
        weights = inside.ravel()[patch.textured] / (1.0 + (off / np.float32(usual)) ** 2) ** 2
        if np.count_nonzero(weights) < _LEAST_PIXELS:
            return None
        heavy = slopes * weights[:, None]
        bend = (heavy.T @ slopes).astype(np.float64)
        by = np.zeros(HOMOGRAPHY)
        try:
            by[:unknowns] = np.linalg.solve(bend + 1e-6 * np.trace(bend) * np.eye(unknowns), heavy.T @ off)
        except np.linalg.LinAlgError:
            return None
        onto = onto @ np.linalg.inv(np.append(by, 0.0).reshape(3, 3) + np.eye(3))
        onto /= onto[2, 2]
        if not np.isfinite(onto).all() or np.abs(onto[:2] - np.eye(3)[:2]).max() > 1.0:
            return None
        if np.abs(by).max() * patch.half < _SETTLED_PX:
            break
    return onto


def likeness(patch: Patch, window: Window, onto: Array) -> float:
    """Correlation of the patch and what lies under it; -1 where less than half of that is known."""
    pixels, inside = window.seen(patch, onto)
    if inside.mean() < 0.5:
        return -1.0
    one, other = patch.pixels[inside], pixels[inside]
    return float(one @ other) / max(float(np.sqrt((one @ one) * (other @ other))), 1e-9)
