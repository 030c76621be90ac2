"""What value stands where on the dial: which way round it runs, where it ends, how sure that is. Pure."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from inspection.gauges.dial.curve import Array
from inspection.gauges.dial.law import Law, Marks
from inspection.gauges.dial.rectified import Rectified, carried
from inspection.instruments.dial import DialDescription

_ROUND: Final = 2.0 * np.pi
_BEYOND: Final = 0.02
"""Of full scale: so far past an end a needle may rest, and is still read."""
_ASTRAY: Final = np.radians(5.0)
"""Further than that no click is beside a mark's direction."""
_LEAST_STEP: Final = 1e-4
"""Between two marks, radians."""
_ALONG_NEEDLE: Final = np.array([0.15, 0.9])
"""Radii between which a needle is seen: with another tilt its line in the picture has another direction."""


@dataclass(frozen=True)
class _Sweep:
    """The scale on one disc."""

    start: float
    """Direction of its first mark, clockwise from up, radians."""
    sense: float
    """1 where the list of marks runs clockwise, else -1."""
    law: Law
    wraps_at: float | None

    def place(self, angle: float) -> float:
        """Radians from the first mark along the sweep, 0 to one way round."""
        return float(self.sense * (angle - self.start) % _ROUND)

    def nearest(self, angle: float) -> float:
        """The same, negative where the beginning of the scale is nearer than its end."""
        place = self.place(angle)
        before = self.wraps_at is None and place > self.law.end and _ROUND - place < place - self.law.end
        return place - _ROUND if before else place

    def value(self, angle: float) -> float:
        """The value there, beyond an end as the scale would go on straight, not wrapped."""
        place, on = self.nearest(angle), self.on_scale(angle)
        return self.law.value(on) + (place - on) * self.law.slope(on)

    def on_scale(self, angle: float) -> float:
        """The nearest place on the scale itself."""
        place = self.nearest(angle)
        return place if self.wraps_at is not None else min(max(place, 0.0), self.law.end)


@dataclass(frozen=True)
class Scale:
    """Values by direction on the disc, where angles are clockwise from up, radians.

    A needle's direction is that of its line from tail to tip, whether or not that passes the pivot.
    """

    _sweep: _Sweep
    _doubted: tuple[_Sweep, ...]
    """The same with each part of the disc's doubt."""
    _rectified: Rectified
    full_scale: float
    """In the scale's unit."""
    _wraps_at: float | None

    @classmethod
    def of(cls, dial: DialDescription, rectified: Rectified) -> Self:
        """The scale of ``dial`` (in the picture's pixels, not relative) on the disc that its marks lie on.

        Raises:
            ValueError: If on the disc the marks do not run once around the pivot in their order.
        """
        points = np.array([mark.point for mark in dial.marks])
        values = np.array([mark.value for mark in dial.marks])
        seen = _angles(points - np.array(dial.center))
        sense = 1.0 if dial.direction == "cw" else -1.0

        def sweep(matrix: Array, like: Law | None) -> _Sweep:
            angles = _angles(carried(matrix, points))
            marks = Marks(_along(angles, seen, sense), values, dial.wraps_at)
            law = like.elsewhere(marks) if like else Law.of(marks, rectified.click_px / rectified.radius_px)
            return _Sweep(float(angles[0]) + sense * law.shift, sense, law, dial.wraps_at)

        best = sweep(rectified.matrix, None)
        return cls(
            _sweep=best,
            _doubted=tuple(sweep(matrix, best.law) for matrix in rectified.doubts),
            _rectified=rectified,
            full_scale=dial.full_scale,
            _wraps_at=dial.wraps_at,
        )

    def value(self, angle: float) -> float | None:
        """The value there, in the scale's unit; None farther than 2 % of full scale past an end."""
        value = self._sweep.value(angle)
        if self._wraps_at is not None:
            return value % self._wraps_at
        end = self._sweep.law.value(self._sweep.on_scale(angle))
        return value if abs(value - end) <= _BEYOND * self.full_scale else None

    def slope(self, angle: float) -> float:
        """By how much the value changes with the direction there, unit per radian, never negative."""
        return abs(self._sweep.law.slope(self._sweep.on_scale(angle)))

    def beyond(self, angle: float) -> float:
        """Radians past the nearer end of the scale; 0 on it, and everywhere on a full circle."""
        return abs(self._sweep.nearest(angle) - self._sweep.on_scale(angle))

    def uncertainty(self, angle: float) -> float:
        """Standard uncertainty of the value there, in its unit, that comes of the scale alone.

        It holds the clicks at marks and pivot, what is not known of the tilt, and what not of the law between
        the marks. The needle's line in the picture is taken as given.
        """
        here = self._sweep.value(angle)
        total = self._sweep.law.uncertainty(self._sweep.on_scale(angle)) ** 2
        line = np.stack([_ALONG_NEEDLE * np.sin(angle), -_ALONG_NEEDLE * np.cos(angle)], axis=1)
        ends = carried(self._rectified.doubts, self._rectified.to_picture(line))
        for sweep, turned in zip(self._doubted, _angles(ends[:, 1] - ends[:, 0]), strict=True):
            by = abs(sweep.value(float(turned)) - here)
            total += (by if self._wraps_at is None else min(by, abs(self._wraps_at - by))) ** 2
        return float(np.sqrt(total))


def _angles(points: Array) -> Array:
    """Directions of points (n x 2, y down) as seen from the origin, clockwise from up, radians."""
    return np.asarray(np.arctan2(points[:, 0], -points[:, 1]))


def _along(angles: Array, seen: Array, sense: float) -> Array:
    """Radians from the first mark to each, along the sweep; ``seen`` are their directions in the picture.

    How far it is between neighbours is taken from the picture and then amended, so that two that lie close
    never become a whole way round. Where they change places by less than clicks go astray, they lie at one.
    """
    steps = sense * np.diff(seen) % _ROUND
    steps += (sense * np.diff(angles) - steps + np.pi) % _ROUND - np.pi
    if steps.min() <= -_ASTRAY or steps.sum() >= _ROUND + _ASTRAY:
        raise ValueError("on the dial's disc the marks do not run once around the pivot in their order")
    steps = np.maximum(steps, _LEAST_STEP)
    return np.concatenate([[0.0], np.cumsum(steps * min(1.0, (_ROUND - _LEAST_STEP) / steps.sum()))])
