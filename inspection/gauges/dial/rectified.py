"""The dial's face seen straight from the front: which circle about the pivot the marks lie on.

A pinhole camera shows a circle with its centre as p = c + A q / (1 + v q): q on the disc, c the pivot, A a
symmetric matrix (size and tilt; a turn is not seen), v the perspective. Marks are clicked by hand, and so is
the pivot: the most probable disc is sought, given how far clicks go astray, how far dials are tilted and how
near cameras stand. Few marks thus give a circle about the pivot, a short arc does not explode, and what the
marks do not settle stays in the uncertainty. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from inspection.gauges.dial.curve import Array
from inspection.instruments.place import Mark, Point

_CLICK_PX: Final = 1.0
"""A careful click's standard deviation, in each direction."""
_CLICK_SHARE: Final = 0.008
"""Of the radius, likewise: a mark is as wide as the dial is large."""
_PIVOT: Final = 1.2
"""Times what is usual of a mark, the same of the pivot, which the needle's hub hides."""
_MOST_CLICK: Final = 2.0
"""Times what is usual: marks farther off are on several rings, and clicked no worse for it."""
_CLICK_WEIGHT: Final = 3.0
"""In marks: how much the above counts beside what the marks themselves show."""
_TILT: Final = 0.08
"""Half the logarithm of the ellipse's axes' ratio, standard deviation: 0.07 at 30 deg, 0.17 at 45 deg."""
_TILT_UNSEEN: Final = 0.02
"""The same where two marks say nothing of it (16 deg): who gives two says that
the dial is seen from the front."""
_NEARNESS: Final = 0.3
"""Dial's radius by the camera's distance, standard deviation."""
_STRAIGHT_ON: Final = 0.008
"""What perspective may be there without any tilt."""
_SEVERAL_RINGS: Final = 0.06
"""Residual in radii beyond which the marks lie on several rings, and say nothing of a tilt."""
_FEW: Final = 5
"""Fewer marks do not tell a tilt from a perspective: they are taken as seen from afar."""
_STEPS: Final = 25
_SETTLED: Final = 1e-9
_MOST: Final = np.array([np.inf, 0.45, 0.45, 0.5, 0.5, 0.15, 0.15])
"""Of size (logarithm), tilt (2; 0.45 is 66 deg), perspective (2) and the pivot's shift in radii (2)."""


@dataclass(frozen=True)
class Rectified:
    """The way from the picture to a disc on which the pivot is at (0, 0) and the marks' ring has radius 1.

    The disc is turned as the picture is: up is up.
    """

    matrix: Array
    """3 x 3, picture's pixels to disc; the third coordinate is positive before the camera."""
    residual: float
    """Root mean square of the marks' distance from the ring, in radii."""
    tilt_deg: float
    """Between the line of sight and the dial's axis, 0 from the front."""
    radius_px: float
    """Of the ring in the picture (geometric mean of its axes)."""
    click_px: float
    """Standard deviation of a clicked mark in one direction: what is usual, and what these marks show."""
    doubts: Array
    """k x 3 x 3: the matrix, moved by one standard deviation of each independent part of what the
    marks leave open."""

    def to_disc(self, points: Array) -> Array:
        """Points of the picture (n x 2, pixels) on the disc (n x 2, radii)."""
        return carried(self.matrix, points)

    def to_picture(self, points: Array) -> Array:
        """Points of the disc (n x 2, radii) in the picture (n x 2, pixels)."""
        return carried(np.asarray(np.linalg.inv(self.matrix), np.float64), points)

    def moved(self, taught_to_live: Array) -> Self:
        """The same for a later picture, to which the 3 x 3 ``taught_to_live`` leads from the taught one."""
        back = np.linalg.inv(taught_to_live)
        back /= back[2, 2]
        centre = self.to_picture(np.zeros((1, 2)))
        live = carried(taught_to_live, centre)[0]
        grown = _magnification(taught_to_live, centre[0])
        sign = np.sign(back[2] @ np.array([live[0], live[1], 1.0]))
        return type(self)(
            matrix=sign * self.matrix @ back,
            residual=self.residual,
            tilt_deg=self.tilt_deg,
            radius_px=self.radius_px * grown,
            click_px=self.click_px * grown,
            doubts=sign * self.doubts @ back,
        )


def carried(matrix: Array, points: Array) -> Array:
    """``points`` (… x 2) through a homography (3 x 3, or … x 3 x 3 for as many sets of points)."""
    ahead = points @ np.swapaxes(matrix[..., :2], -1, -2) + matrix[..., None, :, 2]
    return np.asarray(ahead[..., :2] / ahead[..., 2:])


def rectify(center: Point, marks: Sequence[Mark]) -> Rectified:
    """Find the disc of which the picture shows ``marks`` on one ring about ``center``.

    Args:
        center: The pivot in the picture, pixels, as good as it was clicked.
        marks: Two or more; with two the dial is taken as seen from the front.

    Raises:
        ValueError: If a mark lies on the centre.
    """
    at = np.array([mark.point for mark in marks], np.float64) - np.array(center)
    apart = np.hypot(at[:, 0], at[:, 1])
    if apart.min() < 1e-6 * max(apart.max(), 1e-300):
        raise ValueError("a mark lies on the centre")
    radius = float(np.median(apart))
    fit = _Fit(at / radius, radius, tilts=len(marks) > 2)
    if fit.residual > _SEVERAL_RINGS:
        fit = _Fit(at / radius, radius, tilts=False)
    return fit.rectified(center)


class _Fit:
    """The most probable disc, in units of the marks' median distance from the clicked pivot."""

    def __init__(self, at: Array, radius_px: float, *, tilts: bool) -> None:
        self._at, self._unit_px = at, radius_px
        self._free = np.array([True, tilts, tilts, *(2 * (tilts and len(at) >= _FEW,)), tilts, tilts])
        self._tilts = tilts
        self._usual = np.hypot(_CLICK_PX / radius_px, _CLICK_SHARE)
        self._click = float(self._usual)
        self._x = np.zeros(7)
        self._x[0] = np.log(np.median(np.hypot(at[:, 0], at[:, 1])))
        self._size = self._x[0]
        for _ in range(_STEPS):
            if self._step() < _SETTLED:
                break
        self.residual = float(np.sqrt(np.mean(_off_ring(self._x[None], at)[0] ** 2)))

    def _step(self) -> float:
        """One step of Gauss and Newton towards the most probable disc; returns how far it went."""
        off, slopes = self._off()
        self._click = float(
            np.sqrt((_CLICK_WEIGHT * self._usual**2 + off @ off) / (_CLICK_WEIGHT + len(off)))
        )
        prior = self._prior()
        aim = np.concatenate([[self._size], np.zeros(6)])
        pull = slopes.T @ off / self._click**2 + prior * (self._x - aim)
        bend = slopes.T @ slopes / self._click**2 + np.diag(prior)
        free = self._free
        by = np.zeros(7)
        by[free] = -np.linalg.solve(bend[np.ix_(free, free)], pull[free])
        by *= min(1.0, 0.2 / max(np.abs(by).max(), 1e-300))
        before = self._x
        self._x = np.clip(before + by, -_MOST, _MOST)
        return float(np.abs(self._x - before).max())

    def _off(self) -> tuple[Array, Array]:
        """The marks' distances from the ring (n), and their slopes by the unknowns (n x 7)."""
        nudge = 1e-6
        tried = self._x + np.concatenate([np.zeros((1, 7)), nudge * np.eye(7)])
        off = _off_ring(tried, self._at)
        return off[0], (off[1:] - off[0]).T / nudge

    def _prior(self) -> Array:
        """Weights (inverse variances) of what is usual of the unknowns."""
        tilt = _TILT if self._tilts else _TILT_UNSEEN
        seen = _STRAIGHT_ON + _NEARNESS * np.sin(np.radians(self.tilt_deg))
        pivot = _PIVOT * float(self._usual)
        return np.asarray(np.array([1.0, tilt, tilt, seen, seen, pivot, pivot]) ** -2.0)

    @property
    def tilt_deg(self) -> float:
        return float(np.degrees(np.arccos(np.exp(-2.0 * np.hypot(self._x[1], self._x[2])))))

    def rectified(self, center: Point) -> Rectified:
        _, slopes = self._off()
        spread = np.linalg.inv(slopes.T @ slopes / self._click**2 + np.diag(self._prior()))
        parts = np.linalg.cholesky(spread).T
        ways = np.clip(self._x + np.concatenate([np.zeros((1, 7)), parts]), -_MOST, _MOST)
        here = np.array([[1.0, 0.0, -center[0]], [0.0, 1.0, -center[1]], [0.0, 0.0, self._unit_px]])
        matrices = _to_disc(ways) @ (here / self._unit_px)
        return Rectified(
            matrix=matrices[0],
            residual=self.residual,
            tilt_deg=self.tilt_deg,
            radius_px=float(np.exp(self._x[0]) * self._unit_px),
            click_px=min(self._click, _MOST_CLICK * float(self._usual)) * self._unit_px,
            doubts=matrices[1:],
        )


def _to_disc(x: Array) -> Array:
    """The matrices (m x 3 x 3) that m sets of unknowns (m x 7) stand for."""
    size, tilt = np.exp(x[:, 0]), np.hypot(x[:, 1], x[:, 2])
    squeeze = np.where(tilt > 1e-9, np.sinh(tilt) / np.maximum(tilt, 1e-9), 1.0)
    matrices = np.zeros((len(x), 3, 3))
    matrices[:, 0, 0] = np.cosh(tilt) - squeeze * x[:, 1]
    matrices[:, 1, 1] = np.cosh(tilt) + squeeze * x[:, 1]
    matrices[:, 0, 1] = matrices[:, 1, 0] = -squeeze * x[:, 2]
    matrices[:, :2] /= size[:, None, None]
    matrices[:, 2, :2] = -np.einsum("mi,mij->mj", x[:, 3:5], matrices[:, :2, :2])
    matrices[:, :, 2] = -np.einsum("mij,mj->mi", matrices[:, :, :2], x[:, 5:7])
    matrices[:, 2, 2] += 1.0
    return matrices


def _off_ring(x: Array, at: Array) -> Array:
    """How far each of n marks lies from the ring, for m sets of unknowns (m x n), in radii."""
    matrices = _to_disc(x)
    ahead = at @ np.swapaxes(matrices[..., :2], 1, 2) + matrices[:, None, :, 2]
    depth = np.maximum(ahead[..., 2], 0.05)  # a mark behind the camera is a bad guess, and pulls back
    return np.asarray(np.hypot(ahead[..., 0], ahead[..., 1]) / depth - 1.0)


def _magnification(matrix: Array, at: Array) -> float:
    """By how much a homography enlarges lengths near ``at``."""
    corners = at + np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    first, second, third = carried(matrix, corners)
    across, down = second - first, third - first
    return float(np.sqrt(abs(across[0] * down[1] - across[1] * down[0])))
