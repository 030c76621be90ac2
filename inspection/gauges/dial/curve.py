"""A curve through points that rises or falls as they do: straight between them, or smooth. Pure.

Smooth is the monotone piecewise cubic of Fritsch and Butland (1984), which never overshoots.
"""

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """Through points (n >= 2), x strictly rising; beyond its ends it goes on straight."""

    x: Array
    y: Array
    _tangents: Array

    @cached_property
    def _points(self) -> tuple[list[float], list[float], list[float]]:
        """x, y and tangents, as numbers: one at a time they are several times faster than arrays."""
        return self.x.tolist(), self.y.tolist(), self._tangents.tolist()

    @classmethod
    def through(cls, x: Array, y: Array) -> Self:
        """The curve through the points (x, y)."""
        return cls(x, y, _tangents(x, y))

    def gap(self, at: float) -> int:
        """Which gap between points ``at`` lies in; beyond the ends the first or the last one."""
        return min(max(bisect_right(self._points[0], at) - 1, 0), len(self.x) - 2)

    def straight(self, at: float) -> float:
        """By the chord of the gap in which ``at`` lies."""
        i, (x, y, _) = self.gap(at), self._points
        return y[i] + (at - x[i]) * (y[i + 1] - y[i]) / (x[i + 1] - x[i])

    def smooth(self, at: float) -> float:
        """By the cubic; beyond the ends by its tangent there."""
        i, (x, y, tangents) = self.gap(at), self._points
        width = x[i + 1] - x[i]
        t = (at - x[i]) / width
        first, last = tangents[i], tangents[i + 1]
        if t < 0.0:
            return y[i] + first * t * width
        if t > 1.0:
            return y[i + 1] + last * (t - 1.0) * width
        rest = 1.0 - t
        points = rest**2 * (1.0 + 2.0 * t) * y[i] + t**2 * (3.0 - 2.0 * t) * y[i + 1]
        return points + width * t * rest * (rest * first - t * last)

    def smoothness(self) -> float:
        """From 0 to 1: how much better the cubic than the chord finds each inner point that is left out."""
        straight = smooth = 0.0
        for left_out in range(1, len(self.x) - 1):
            others = self.through(np.delete(self.x, left_out), np.delete(self.y, left_out))
            x, y = float(self.x[left_out]), float(self.y[left_out])
            straight += (others.straight(x) - y) ** 2
            smooth += (others.smooth(x) - y) ** 2
        return straight / max(straight + smooth, 1e-300)


def _tangents(x: Array, y: Array) -> Array:
    width = np.diff(x)
    slope = np.diff(y) / width
    if len(slope) == 1:
        return np.array([slope[0], slope[0]])
    tangents = np.empty(len(x))
    before, after = 2.0 * width[1:] + width[:-1], width[1:] + 2.0 * width[:-1]
    same = slope[:-1] * slope[1:] > 0.0
    low, high = (np.where(same, s, np.inf) for s in (slope[:-1], slope[1:]))
    tangents[1:-1] = np.where(same, (before + after) / (before / low + after / high), 0.0)
    tangents[0] = _at_end(width[0], width[1], slope[0], slope[1])
    tangents[-1] = _at_end(width[-1], width[-2], slope[-1], slope[-2])
    return tangents


def _at_end(width: float, next_width: float, slope: float, next_slope: float) -> float:
    """Of the parabola through the last three points, as far as that neither turns nor overshoots."""
    tangent = ((2.0 * width + next_width) * slope - width * next_slope) / (width + next_width)
    if tangent * slope <= 0.0:
        return 0.0
    if slope * next_slope <= 0.0 and abs(tangent) > 3.0 * abs(slope):
        return 3.0 * slope
    return float(tangent)
