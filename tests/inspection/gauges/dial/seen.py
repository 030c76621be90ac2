"""Dials as a pinhole camera sees them: where marks and needles of a known disc lie in the picture."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from inspection.instruments.dial import DialDescription
from inspection.instruments.place import Mark

Array = npt.NDArray[np.float64]


def camera(tilt_deg: float, about_deg: float = 0.0, *, radius_px: float = 120.0, near: float = 0.2) -> Array:
    """From the disc (ring's radius 1) to a picture, tilted about an axis; ``near`` is radius by distance."""
    turn, axis = math.radians(tilt_deg), math.radians(about_deg)
    u = np.array([math.cos(axis), math.sin(axis), 0.0])
    cross = np.array([[0, -u[2], u[1]], [u[2], 0, -u[0]], [-u[1], u[0], 0]])
    rotation = np.eye(3) + math.sin(turn) * cross + (1 - math.cos(turn)) * cross @ cross
    on_plane = np.stack([rotation[:, 0], rotation[:, 1], np.array([0.0, 0.0, 1.0 / near])], axis=1)
    focal = radius_px / near
    lens = np.array([[focal, 0, 300.0], [0, focal, 260.0], [0, 0, 1.0]])
    return np.asarray(lens @ on_plane)


def at(homography: Array, angle: float, radius: float = 1.0) -> tuple[float, float]:
    """Where the picture shows a place of the disc; the angle is clockwise from up, radians."""
    x, y, depth = homography @ np.array([radius * math.sin(angle), -radius * math.cos(angle), 1.0])
    return float(x / depth), float(y / depth)


def dial(
    homography: Array,
    angle_of: Callable[[float], float],
    values: Sequence[float],
    *,
    direction: str = "cw",
    rings: Sequence[float] = (1.0,),
    noise_px: float = 0.0,
    pivot_px: tuple[float, float] = (0.0, 0.0),
    seed: int = 0,
    **more: object,
) -> DialDescription:
    """The dial with marks at ``values``, clicked with noise; the pivot ``pivot_px`` beside its place."""
    draw = np.random.default_rng(seed)
    marks = []
    for number, value in enumerate(values):
        x, y = at(homography, angle_of(value), rings[number % len(rings)])
        dx, dy = draw.normal(0.0, noise_px, 2) if noise_px else (0.0, 0.0)
        marks.append(Mark(x=x + dx, y=y + dy, value=value))
    x, y = at(homography, 0.0, 0.0)
    return DialDescription.model_validate(
        {"center": (x + pivot_px[0], y + pivot_px[1]), "marks": marks, "direction": direction, **more}
    )


def needle_angle(
    matrix: Array, homography: Array, angle: float, *, raised: tuple[float, float] = (0.0, 0.0)
) -> float:
    """Direction on a rectified disc of the needle's line, in the picture perhaps ``raised`` pixels aside."""
    ends = np.array([at(homography, angle, 0.15), at(homography, angle, 0.9)]) + np.array(raised)
    ahead = np.c_[ends, np.ones(2)] @ matrix.T
    (x0, y0), (x1, y1) = ahead[:, :2] / ahead[:, 2:]
    return math.atan2(x1 - x0, -(y1 - y0))
