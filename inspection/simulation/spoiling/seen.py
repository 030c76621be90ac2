"""What of a change is seen: nobody sees what lies below a surface's own grain, and that is no defect.

A change is seen by its level, or by its texture. By its level where it stands out from the grain at the scale
of a spot or at that of the defect itself, because the eye averages grain over what it looks at. By its
texture where that became clearly finer or rougher, though the mean level stayed.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.simulation.defects import Mask, Plane

_LEAST_LEVELS: Final = 6.0
"""Grey levels; a smaller change is not seen on the smoothest surface."""
_GRAINS: Final = 3.5
"""And by how many standard deviations of the grain it must differ. Another piece of the same grain, which
nobody would tell from it, differs by the root of two of them, its clearest tenth by 2.3, and by 3 where grain
is streaky."""
_CLEAREST: Final = 90.0
"""Per cent: of a defect's pixels, the clearest tenth says whether it is seen."""
_SPOT_PX: Final = 1.0
"""Standard deviation of the smoothing at the scale of a spot;"""
_DEFECT_SHARE: Final = 1.0 / 8.0
"""and at that of a defect, as a share of its size,"""
_COARSEST_PX: Final = 6.0
"""up to here."""
_FINEST_PX: Final = 0.0
_SHADING_PX: Final = 2.0
"""What is coarser than that is no grain of the finest kind."""
_TOUCHED: Final = 1.0
"""Grey levels by which a pixel was changed at least, if it was;"""
_TOUCHED_SHARE: Final = 0.25
"""and the share of a larger place that must be."""
_LEFT: Final = 0.36
"""Share of a defect's contrast that is left at the scale at which it is seen best: of a line a pixel wide or
a speck of three at that of a spot, of a blot at its own."""
_WINDOW_PX: Final = 7
_ROUGHER: Final = 1.5
"""Ratio of the standard deviations of texture from which on it is another one,"""
_LEAST_TEXTURE: Final = 2.5
"""by that many grey levels at least,"""
_STANDARD_ERRORS: Final = 3.0
"""and by that many standard errors of a standard deviation that is measured on so few pixels."""
MASK_LEVELS: Final = 4.0
"""Grey levels, or"""
_MASK_GRAINS: Final = 0.5
"""standard deviations of the grain, if that is no more than"""
_MASK_SHARE: Final = 0.5
"""of what changed most: what changed less is not marked. What is marked differs by 4 levels on average."""
_HOLE: Final = 0.25
"""Share of a mask up to which a hole in it is none: what is ringed by a defect is part of it."""
_SPECK: Final = 0.03
"""Share of a mask's largest piece below which another piece is none."""
_MAD: Final = 1.4826
"""Standard deviation of normal noise, by its median absolute deviation."""


def grain(grey: Plane, part: NDArray[np.bool_], *, scale_px: float = _FINEST_PX) -> float:
    """Standard deviation of a surface's grain in grey levels, by its median, so that few edges count nothing.

    Args:
        grey: (height, width)
        part: (height, width), where the part is; the grain is sought there alone.
        scale_px: of which coarseness: what is finer is averaged, what is three times as coarse is shading.
    """
    found = np.abs(_band(grey, scale_px)[::2, ::2])[part[::2, ::2]]
    return _MAD * float(np.median(found)) if found.size else 0.0


def least_contrast(grey: Plane, part: NDArray[np.bool_], *, size_px: float, thin: bool) -> float:
    """By how many grey levels a defect of that size must differ to be seen on this piece of surface."""
    scale = _SPOT_PX if thin else _scales(size_px)[-1]
    times = max(1, int(scale / _SPOT_PX))
    small_part = shrunk(part.astype(np.float32), times) >= 0.5
    needed = grain(shrunk(grey, times), small_part, scale_px=scale / times) / _LEFT
    return max(_LEAST_LEVELS, _GRAINS * needed)


def shown(
    before: Plane, after: Plane, part: NDArray[np.bool_], *, size_px: float, two_levels: bool
) -> Mask | None:
    """Say where a change shows.

    Args:
        before: (height, width, channels), the piece of a good part's picture.
        after: as that, what became of it.
        part: (height, width), where the part is.
        size_px: the defect's size, about.
        two_levels: the picture has no grain, and what changed there changed from one level to the other.

    Returns:
        (height, width), 255 where it shows; None where nobody would see it. What changed by ``MASK_LEVELS``
        or more outside the mask are specks of grain, which had better be left as they were.
    """
    difference = after - before
    change = np.abs(difference).mean(axis=2)
    grey = before.mean(axis=2)
    touched = change >= _TOUCHED
    if not touched.any():
        return None
    fine = 0.0 if two_levels else grain(grey, part)
    clearest = float(np.percentile(change[touched], _CLEAREST))
    marked = (change >= max(MASK_LEVELS, min(_MASK_GRAINS * fine, _MASK_SHARE * clearest))).astype(np.uint8)
    if not marked.any():
        return None
    mask = _whole(marked, size_px)
    inside = mask > 0
    if change[inside].mean() < MASK_LEVELS or np.percentile(change[inside], _CLEAREST) < _LEAST_LEVELS:
        return None
    seen = (
        two_levels
        or _level_shows(difference, touched, grey, part, size_px)
        or _texture_shows(grey, after.mean(axis=2), inside)
    )
    return mask if seen else None


def shrunk(plane: Plane, times: int) -> Plane:
    """The plane in so many times fewer pixels a side, each their mean."""
    if times == 1:
        return plane
    height, width = plane.shape[:2]
    size = (max(1, width // times), max(1, height // times))
    small = cv2.resize(plane, size, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)
    whole: Plane = small if plane.ndim == 2 else small.reshape(*small.shape[:2], plane.shape[2])
    return whole


def local_deviation(grey: Plane) -> Plane:
    """Standard deviation of grey levels in a window of 7 pixels around each: (height, width)."""
    mean = cv2.blur(grey, (_WINDOW_PX, _WINDOW_PX))
    squares = cv2.blur(grey * grey, (_WINDOW_PX, _WINDOW_PX))
    deviation: Plane = np.sqrt(np.maximum(squares - mean * mean, 0.0))
    return deviation


def _whole(marked: Mask, size_px: float) -> Mask:
    """A mask without holes and specks: other grain differs by nothing or by much here and there."""
    side = 3 if size_px < 24.0 else 5
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    mask = cv2.morphologyEx(marked, cv2.MORPH_CLOSE, kernel) * np.uint8(255)
    outlines, nested = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    most = _HOLE * np.count_nonzero(mask)
    for outline, (_, _, _, parent) in zip(outlines, nested[0], strict=True):
        if parent >= 0 and cv2.contourArea(outline) <= most:
            cv2.drawContours(mask, [outline], -1, 255.0, cv2.FILLED)
    _, pieces, found, _ = cv2.connectedComponentsWithStats(mask)
    areas = found[:, cv2.CC_STAT_AREA]
    kept = areas >= _SPECK * areas[1:].max()
    kept[0] = False
    return np.where(kept[pieces], 255, 0).astype(np.uint8)


def _level_shows(
    difference: Plane, touched: NDArray[np.bool_], grey: Plane, part: NDArray[np.bool_], size_px: float
) -> bool:
    """Whether it stands out from the grain at one of the scales at which it is looked at.

    Over all that was touched: those places alone where grain happens to differ most would always stand out.
    """
    for scale in _scales(size_px):
        times = max(1, int(scale / _SPOT_PX))
        small_difference, small_grey = shrunk(difference, times), shrunk(grey, times)
        small_part, small_touched = (
            shrunk(where.astype(np.float32), times) >= least
            for where, least in ((part, 0.5), (touched, _TOUCHED_SHARE))
        )
        if not small_touched.any():
            continue
        band = np.abs(_band(small_difference, scale / times)).mean(axis=2)
        level = float(np.percentile(band[small_touched], _CLEAREST))
        if level >= _GRAINS * grain(small_grey, small_part, scale_px=scale / times):
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


def _scales(size_px: float) -> tuple[float, ...]:
    """Standard deviations of the smoothing at which a defect of that size is looked at, pixels."""
    own = min(_COARSEST_PX, size_px * _DEFECT_SHARE)
    return (_SPOT_PX, own) if own > 1.2 * _SPOT_PX else (_SPOT_PX,)


def _band(plane: Plane, scale_px: float) -> Plane:
    """What is about as coarse as ``scale_px``, a difference of two Gaussians; for 0 all that is fine."""
    fine = plane if scale_px < _SPOT_PX else cv2.GaussianBlur(plane, (0, 0), scale_px)
    band: Plane = fine.reshape(plane.shape) - cv2.GaussianBlur(
        plane, (0, 0), max(_SHADING_PX, 3.0 * scale_px)
    ).reshape(plane.shape)
    return band
