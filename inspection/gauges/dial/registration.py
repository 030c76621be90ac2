"""Finds the taught dial in the live picture: a little moved, turned, larger or smaller, or tilted.

A dial looks much the same turned by one of its ticks, and a fit that takes one tick for the next would read a
wrong number that looks right. So what was found must agree in most of its parts, and turning it must not make
it better. Pure.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from inspection.gauges.dial.aligning import AFFINE, HOMOGRAPHY, Floats, Grey, Patch, Window, align, likeness
from inspection.gauges.dial.curve import Array
from inspection.gauges.dial.rectified import carried
from inspection.instruments.dial import Reference
from inspection.instruments.reading import Unreadable

MOST_SHIFT: Final = 0.25
"""Of the longer side of the reference's box."""
MOST_TURN_DEG: Final = 15.0
MOST_SCALE: Final = 1.25
"""And at least its inverse."""
MOST_TILT_DEG: Final = 25.0

_SIDES: Final = (48, 96, 192)
"""Of the patch at its sizes, pixels."""
_REACH: Final = 1.0 + 2.0 * MOST_SHIFT + 0.1
"""Of the live picture's part that is looked at, in half sides."""
_CORE: Final = 30
"""Side of the smallest patch's middle, which is looked for in turns and sizes, pixels."""
_TURNS_DEG: Final = tuple(range(-15, 16, 3))
_SCALES: Final = (0.83, 1.0, 1.2)
_BEST: Final = 4
"""How many places are looked at more closely."""
_CELLS: Final = 5
"""Parts to either side, each of which is asked whether it agrees."""
_AGREES: Final = 0.6
"""Correlation of a part from which it does."""
_MOST_AGREE: Final = 0.7
"""Share of the parts (by what there is to see in them) that must: a needle or a reflection hides the rest."""
_MOST_RESIDUAL: Final = 0.004
"""Of half the patch's side: how far its parts may lie off, as a median; what fits lies within half of it."""
_MOST_RESIDUAL_PX: Final = 0.3
"""Of the patch: less cannot be told of a small one."""
_SAME_TURN_DEG: Final = 1.5
"""Two turns that differ by less are the same."""
_RIVAL: Final = 0.93
"""Of the best turn's correlation: if another comes so near, nobody knows which it is."""
_LIKE_ITSELF: Final = 0.6
"""Correlation of a patch with itself, turned, from which the turn is not told by the picture alone."""
_FAR_OFF: Final = 0.6
"""Correlation from which a dial is there, though not where it may be."""


@dataclass(frozen=True)
class Registered:
    """Where the taught dial lies in the live picture."""

    matrix: Array
    """3 x 3, from the taught picture's pixels to the live one's."""
    residual: float
    """How far the patch's parts lie off, median, pixels of the taught picture."""
    shift_px: float
    """Of the middle of the reference's box."""
    turn_deg: float
    """Clockwise."""
    scale: float
    tilt_deg: float
    """Against the view when it was taught."""


def register(picture: npt.NDArray[np.uint8], reference: Reference) -> Registered | Unreadable:
    """Find the taught dial in ``picture`` (H x W x 3, RGB, or H x W).

    Returns:
        Where it is; ``MOVED_TOO_FAR`` where it is there but by more than a quarter of its size, 15 deg, a
        quarter in size or 25 deg of tilt; ``NOT_FOUND`` where nothing looks like it.
    """
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8) if picture.ndim == 3 else picture
    taught = _taught(reference)
    near = [Window.of(grey, taught.frame, side, _REACH) for side in _SIDES]
    coarse, middle, fine = near
    if coarse is None or middle is None or fine is None:
        return Unreadable.NOT_FOUND
    found = _closer(taught, [np.eye(3)], coarse, middle, fine)
    if found is None:
        found = _closer(taught, _sought(taught, coarse), coarse, middle, fine)
    if found is None:
        return _elsewhere(grey, taught)
    return _within(taught, *found)


@dataclass(frozen=True)
class _Taught:
    """A reference, made ready."""

    patches: tuple[Patch, ...]
    frame: Array
    """3 x 3, from the taught picture's pixels to the patch's frame."""
    most_turn_deg: float
    """Half the turn by which it looks like itself, where it does (ticks without numerals)."""


def pixels_of(reference: Reference) -> npt.NDArray[np.uint8]:
    """The patch that a reference holds, height x width, grey.

    Raises:
        ValueError: It cannot be decoded.
    """
    grey = cv2.imdecode(np.frombuffer(reference.data, np.uint8), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise ValueError("the reference's patch cannot be decoded: teach the dial again")
    return np.asarray(grey, np.uint8)


@lru_cache(maxsize=64)
def _taught(reference: Reference) -> _Taught:
    grey = pixels_of(reference)
    left, top, width, height = reference.box
    half = max(width, height) / 2.0
    middle = left + (width - 1) / 2.0, top + (height - 1) / 2.0
    frame = np.array(
        [[1 / half, 0.0, -middle[0] / half], [0.0, 1 / half, -middle[1] / half], [0.0, 0.0, 1.0]]
    )
    patches = tuple(Patch.of(grey, side) for side in _SIDES)
    rival, turn = _rival(_alike_by_turn(patches[1].pixels, patches[1].pixels))
    return _Taught(patches, frame, min(MOST_TURN_DEG, turn / 2.0) if rival > _LIKE_ITSELF else MOST_TURN_DEG)


def _closer(
    taught: _Taught, starts: list[Array], coarse: Window, middle: Window, fine: Window
) -> tuple[Array, float] | None:
    """The best of ``starts``, brought to the patch, and how far its parts lie off; None where none agrees."""
    small, medium, large = taught.patches
    near: list[tuple[float, Array]] = []
    for start in starts:
        first = align(small, coarse, start, AFFINE, 12)
        onto = None if first is None else align(medium, middle, first, AFFINE, 10)
        if onto is not None:
            near.append((likeness(medium, middle, onto), onto))
    if not near:
        return None
    best = _surely_turned(medium, middle, max(near, key=lambda one: one[0])[1])
    if best is None:
        return None
    onto = align(medium, middle, best, HOMOGRAPHY, 30)
    onto = None if onto is None else align(large, fine, onto, HOMOGRAPHY, 30)
    if onto is None:
        return None
    residual = _parts_off(large, fine, onto)
    return None if residual is None else (onto, residual)


def _within(taught: _Taught, onto: Array, residual: float) -> Registered | Unreadable:
    corner = carried(onto, np.array([[0.0, 0.0], [1e-3, 0.0], [0.0, 1e-3]]))
    across, down = (corner[1] - corner[0]) / 1e-3, (corner[2] - corner[0]) / 1e-3
    local = np.stack([across, down], axis=1)
    u, sizes, v = np.linalg.svd(local)
    turn = u @ v
    turn_deg = float(np.degrees(np.arctan2(turn[1, 0], turn[0, 0])))
    scale = float(np.sqrt(sizes[0] * sizes[1]))
    tilt = float(np.degrees(np.arccos(sizes[1] / sizes[0])))
    shift = float(np.hypot(*corner[0]))
    flipped = np.linalg.det(local) <= 0.0
    far = (
        shift > 2.0 * MOST_SHIFT
        or abs(turn_deg) > taught.most_turn_deg
        or not 1 / MOST_SCALE <= scale <= MOST_SCALE
    )
    if flipped or far or tilt > MOST_TILT_DEG:
        return Unreadable.MOVED_TOO_FAR
    half = 1.0 / taught.frame[0, 0]
    matrix = np.linalg.inv(taught.frame) @ onto @ taught.frame
    return Registered(matrix / matrix[2, 2], residual * half, shift * half, turn_deg, scale, tilt)


def _sought(taught: _Taught, window: Window) -> list[Array]:
    """The likeliest places in the window, in turns and sizes."""
    scores = []
    for turn in _TURNS_DEG:
        for scale in _SCALES:
            core, back = _core(taught.patches[0], turn, scale)
            if min(window.pixels.shape) < _CORE:
                return []
            match = cv2.matchTemplate(window.pixels, core, cv2.TM_CCOEFF_NORMED)
            _, score, _, (x, y) = cv2.minMaxLoc(match)
            place = np.array([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]])
            scores.append((score, np.linalg.inv(window.to_pixels) @ place @ back))
    scores.sort(key=lambda one: -one[0])
    return [onto for _, onto in scores[:_BEST]]


def _core(patch: Patch, turn_deg: float, scale: float) -> tuple[Floats, Array]:
    """The patch's middle as it looks turned and made larger, and the way from the frame to its pixels."""
    half = patch.half
    to_core = np.array([[half, 0.0, (_CORE - 1) / 2.0], [0.0, half, (_CORE - 1) / 2.0], [0.0, 0.0, 1.0]])
    back = to_core @ _similarity(turn_deg, scale)
    return np.asarray(
        cv2.warpPerspective(patch.pixels, back @ patch.to_frame, (_CORE, _CORE), flags=cv2.INTER_LINEAR),
        np.float32,
    ), back


def _similarity(turn_deg: float, scale: float) -> Array:
    cosine, sine = scale * np.cos(np.radians(turn_deg)), scale * np.sin(np.radians(turn_deg))
    return np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])


def _surely_turned(patch: Patch, window: Window, onto: Array) -> Array | None:
    """``onto``, or what it becomes when turned to where it fits best; None where that is not sure.

    Where ticks alone are seen, a scale that is turned by one of them fits nearly as well as where it belongs,
    and better where the needle happens to point as it did.
    """
    for _ in range(2):
        pixels, _known = window.seen(patch, onto)
        alike = _alike_by_turn(patch.pixels, pixels)
        best = int(np.argmax(alike))
        turn = float((best + 180) % 360 - 180)
        if abs(turn) <= _SAME_TURN_DEG:
            rival, _at = _rival(alike)
            return onto if rival < _RIVAL * alike[0] else None
        again = align(patch, window, onto @ _similarity(turn, 1.0), AFFINE, 10)
        if again is None:
            return None
        onto = again
    return None


def _alike_by_turn(one: Floats, other: Floats) -> Array:
    """Correlation of two pictures about their middle, by the turn between them in degrees (360)."""
    height, width = one.shape
    middle = (width - 1) / 2.0, (height - 1) / 2.0
    rings = [
        cv2.warpPolar(p, (32, 360), middle, min(middle), cv2.WARP_POLAR_LINEAR)[:, 8:] for p in (one, other)
    ]
    first, second = (np.fft.rfft(ring, axis=0) for ring in rings)
    alike = np.fft.irfft((second * np.conj(first)).sum(axis=1), n=360)
    return np.asarray(alike / max(float(np.sqrt(np.sum(rings[0] ** 2) * np.sum(rings[1] ** 2))), 1e-9))


def _rival(alike: Array) -> tuple[float, float]:
    """The greatest correlation at another turn, and the least turn where it is about as great, degrees."""
    peaks = np.flatnonzero((alike > np.roll(alike, 1)) & (alike >= np.roll(alike, -1)))
    turns = np.abs((peaks + 180) % 360 - 180)
    others = (turns > _SAME_TURN_DEG) & (alike[peaks] > 0.0)
    if not others.any():
        return 0.0, 180.0
    best = float(alike[peaks[others]].max())
    return best, float(turns[others][alike[peaks[others]] > 0.9 * best].min())


def _parts_off(patch: Patch, window: Window, onto: Array) -> float | None:
    """How far the patch's parts lie off, in half sides, as a median; None where too few agree."""
    pixels, inside = window.seen(patch, onto)
    known = inside.astype(np.float32)
    one, other = patch.pixels * known, pixels * known
    gx, gy = patch.gradient
    off = other - one
    sums = _by_part(
        np.stack([one * one, other * other, one * other, gx * gx, gx * gy, gy * gy, gx * off, gy * off])
    )
    weight = _by_part((patch.pixels**2)[None])[0]
    alike = sums[2] / np.maximum(np.sqrt(sums[0] * sums[1]), 1e-6)
    agrees = alike > _AGREES
    if weight[agrees].sum() < _MOST_AGREE * weight.sum():
        return None
    xx, xy, yy, xo, yo = sums[3:, agrees]
    floor = 0.05 * (xx + yy)  # where all edges run one way, what lies along them is not seen
    xx, yy = xx + floor, yy + floor
    det = xx * yy - xy**2
    far = np.hypot((yy * xo - xy * yo) / det, (xx * yo - xy * xo) / det)
    residual_px = float(np.median(far))
    return (
        residual_px / patch.half
        if residual_px < max(_MOST_RESIDUAL * patch.half, _MOST_RESIDUAL_PX)
        else None
    )


def _by_part(planes: Floats) -> Floats:
    """Sums over 5 x 5 parts of n planes (n x H x W), n x 25."""
    down, across = (_parts(size) for size in planes.shape[1:])
    return np.asarray((down.T @ planes @ across).reshape(len(planes), -1), np.float32)


@lru_cache(maxsize=16)
def _parts(size: int) -> Floats:
    """Which part each of ``size`` pixels in a row belongs to, size x 5."""
    return np.asarray(np.eye(_CELLS, dtype=np.float32)[np.arange(size) * _CELLS // size])


def _elsewhere(grey: Grey, taught: _Taught) -> Unreadable:
    """Why it was not found: it is somewhere else in the picture, or nowhere."""
    everywhere = Window.of(grey, taught.frame, _SIDES[0], 2.0 * max(grey.shape) * taught.frame[0, 0] + 2.0)
    if everywhere is None or min(everywhere.pixels.shape) < _CORE:
        return Unreadable.NOT_FOUND
    core, _ = _core(taught.patches[0], 0.0, 1.0)
    match = cv2.matchTemplate(everywhere.pixels, core, cv2.TM_CCOEFF_NORMED)
    return Unreadable.MOVED_TOO_FAR if float(match.max()) > _FAR_OFF else Unreadable.NOT_FOUND
