"""What of a change is seen: nobody sees what lies below a surface's own grain, and that is no defect.

A change is seen by its level, or by its structure. By its level where it stands out from the grain at one of
three scales: of a pixel, of a spot, of the defect itself, because the eye averages grain over what it looks
at. By its structure where grain or texture became clearly finer or rougher, though the mean level stayed.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.simulation.defects import Mask, Plane

_LEAST_LEVELS: Final = 6.0
"""Grey levels; a smaller change is not seen on the smoothest surface."""
_GRAINS: Final = 3.0
"""And by how many standard deviations of the grain it must differ. Another piece of the same grain, which
nobody would tell from it, differs by the root of two of them, and its clearest tenth by 2.3."""
_CLEAREST: Final = 90.0
"""Per cent: of a defect's pixels, the clearest tenth says whether it is seen."""
_QUIET: Final = 30.0
"""Per cent: windows in which only grain is, as edges are elsewhere."""
_SPOT_PX: Final = 1.0
"""Standard deviation of the smoothing at the scale of a spot;"""
_DEFECT_SHARE: Final = 1.0 / 8.0
"""and at that of a defect, as a share of its size."""
_WINDOW_PX: Final = 7
_ROUGHER: Final = 1.5
"""Ratio of the standard deviations of texture from which on it is another one,"""
_LEAST_TEXTURE: Final = 2.5
"""by that many grey levels at least,"""
_STANDARD_ERRORS: Final = 3.0
"""and by that many standard errors of a standard deviation that is measured on so few pixels."""
_MASK_LEVELS: Final = 4.0
"""Grey levels, or"""
_MASK_GRAINS: Final = 0.5
"""standard deviations of the grain: what changed less is not marked."""


def local_deviation(grey: Plane, window_px: int = _WINDOW_PX) -> Plane:
    """Standard deviation of grey levels in a window around each pixel: (height, width)."""
    mean = cv2.blur(grey, (window_px, window_px))
    squares = cv2.blur(grey * grey, (window_px, window_px))
    deviation: Plane = np.sqrt(np.maximum(squares - mean * mean, 0.0))
    return deviation


def grain(grey: Plane, part: NDArray[np.bool_], *, smoothed_px: float = 0.0) -> float:
    """Standard deviation of a surface's grain in grey levels, where it has no edges.

    Args:
        grey: (height, width)
        part: (height, width), where the part is; the grain is sought there alone.
        smoothed_px: standard deviation of the smoothing after which it is sought.
    """
    if smoothed_px > 0.0:
        grey = _smooth(grey, smoothed_px)
    window = _WINDOW_PX + 2 * int(3.0 * smoothed_px)
    window = min(window, min(grey.shape) // 2 * 2 + 1)
    deviation = local_deviation(grey, window)[::2, ::2][part[::2, ::2]]
    return float(np.percentile(deviation, _QUIET)) if deviation.size else 0.0


def least_contrast(grey: Plane, part: NDArray[np.bool_], *, size_px: float) -> float:
    """By how many grey levels a defect of that size must differ to be seen on this piece of surface."""
    scale = max(0.0, size_px * _DEFECT_SHARE)
    return max(_LEAST_LEVELS, _GRAINS * grain(grey, part, smoothed_px=scale))


def shown(before: Plane, after: Plane, part: NDArray[np.bool_], *, size_px: float) -> Mask | None:
    """Say where a change shows.

    Args:
        before: (height, width, channels), the piece of a good part's picture.
        after: as that, what became of it.
        part: (height, width), where the part is.
        size_px: the defect's size, about.

    Returns:
        (height, width), 255 where it shows; None where nobody would see it.
    """
    difference = after - before
    change = np.abs(difference).mean(axis=2)
    grey, changed_grey = before.mean(axis=2), after.mean(axis=2)
    fine = grain(grey, part)
    marked = (change >= max(_MASK_LEVELS, _MASK_GRAINS * fine)).astype(np.uint8)
    if not marked.any():
        return None
    # another piece of grain differs nowhere by nothing but by chance: such holes are closed
    side = 3 if size_px < 24.0 else 5
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    inside = cv2.morphologyEx(marked, cv2.MORPH_CLOSE, kernel) > 0
    if change[inside].mean() < _MASK_LEVELS:
        return None
    if _level_shows(difference, change, inside, grey, part, fine, size_px) or _texture_shows(
        grey, changed_grey, inside
    ):
        return np.where(inside, 255, 0).astype(np.uint8)
    return None


def _level_shows(
    difference: Plane,
    change: Plane,
    inside: NDArray[np.bool_],
    grey: Plane,
    part: NDArray[np.bool_],
    fine: float,
    size_px: float,
) -> bool:
    if np.percentile(change[inside], _CLEAREST) >= max(_LEAST_LEVELS, _GRAINS * fine):
        return True
    for scale in {_SPOT_PX, max(_SPOT_PX, size_px * _DEFECT_SHARE)}:
        smooth = _smooth(difference, scale).reshape(difference.shape)
        level = float(np.percentile(np.abs(smooth).mean(axis=2)[inside], _CLEAREST))
        if level >= max(_LEAST_LEVELS, _GRAINS * grain(grey, part, smoothed_px=scale)):
            return True
    return False


def _texture_shows(before: Plane, after: Plane, inside: NDArray[np.bool_]) -> bool:
    windows = np.count_nonzero(inside)
    if windows < _WINDOW_PX**2:
        return False
    was, became = (float(np.median(local_deviation(grey)[inside])) for grey in (before, after))
    if abs(became - was) < _LEAST_TEXTURE:
        return False
    error = 1.0 / float(np.sqrt(2.0 * windows))
    ratio = float(np.log((became + 0.1) / (was + 0.1)))
    return abs(ratio) >= max(float(np.log(_ROUGHER)), _STANDARD_ERRORS * error)


def _smooth(plane: Plane, sigma_px: float) -> Plane:
    smooth: Plane = cv2.GaussianBlur(plane, (0, 0), sigma_px).astype(np.float32, copy=False)
    return smooth
