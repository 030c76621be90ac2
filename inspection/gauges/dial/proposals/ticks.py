"""The ticks of a scale on a straightened face: lines that run outward, evenly about the pivot. Pure."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from inspection.gauges.dial.curve import Array

Floats = npt.NDArray[np.float32]

_TURNS: Final = 1440
"""Directions that are looked at, all round."""
_RADII: Final = 128
_REACH: Final = 1.05
"""In radii of the outline."""
_INNERMOST: Final = 0.35
_BAND: Final = 6
"""Radii over which a tick's contrast is averaged."""
_LEAST_TICKS: Final = 7
_LEAST_SWEEP: Final = np.radians(60.0)
_GAP: Final = 2.6
"""Ticks' distances: a wider gap is the scale's."""
_OFF_EVEN: Final = 0.2
"""Of ticks' distance: a line farther from where a tick should be is none."""
_PERIODS: Final = (10, 5, 4, 2)
"""Every so many-th tick may be a long one."""
_MOST_LONG: Final = 16
"""Long ticks that are proposed at most."""


@dataclass(frozen=True)
class Ticks:
    """A ring of ticks."""

    radius: float
    """Of its middle, in radii of the outline."""
    angles: Array
    """Of the ticks that were seen, clockwise from up, radians, rising along the sweep."""
    places: npt.NDArray[np.int64]
    """Which tick each is, from 0; some may not have been seen."""
    long: npt.NDArray[np.bool_]
    """Which of them are main ticks."""
    closed: bool
    """Whether they go all the way round."""
    regularity: float
    """How even they are, 0 to 1."""


def ticks(grey: npt.NDArray[np.uint8], from_disc: Array) -> Ticks | None:
    """The most even ring of ticks inside the outline that ``from_disc`` (3 x 3) leads to, if any."""
    contrast = _contrast(grey, from_disc)
    first = int(_INNERMOST / _REACH * _RADII)
    best: Ticks | None = None
    for start in range(first, _RADII - _BAND + 1, _BAND // 2):
        profile = contrast[:, start : start + _BAND].mean(axis=1)
        sign = np.float32(np.sign(np.mean((profile - profile.mean()) ** 3)))  # ticks are narrower than gaps
        ring = _ring(sign * profile, sign * contrast, start)
        if ring is not None and (best is None or _worth(ring) > _worth(best)):
            best = ring
    return best


def _worth(ring: Ticks) -> float:
    return float(ring.regularity * np.sqrt(min(len(ring.angles), 60)))


def _contrast(grey: npt.NDArray[np.uint8], from_disc: Array) -> Floats:
    """How much darker each place is than those aside of it, in noise levels; 1440 directions x radii."""
    turns = np.arange(_TURNS) * (2.0 * np.pi / _TURNS)
    radii = (np.arange(_RADII) + 0.5) * (_REACH / _RADII)
    x, y = np.sin(turns)[:, None] * radii, -np.cos(turns)[:, None] * radii
    ahead = np.einsum("ij,jtr->itr", from_disc, np.stack([x, y, np.ones_like(x)]))
    at = (ahead[:2] / ahead[2]).astype(np.float32)
    polar = np.asarray(
        cv2.remap(grey, at[0], at[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32
    )
    aside = 2 * (_TURNS // 90) + 1  # 8 deg: wider than a tick, narrower than what light does
    padded = np.concatenate([polar[-aside:], polar, polar[:aside]])
    ground = np.asarray(cv2.blur(padded, (1, aside)), np.float32)[aside:-aside]
    off = ground - polar
    return np.asarray(off / (1.4826 * np.median(np.abs(off), axis=0, keepdims=True) + 2.0), np.float32)


def _ring(profile: Floats, contrast: Floats, start: int) -> Ticks | None:
    """The ring of ticks that stand out of ``profile`` (by direction, greater is more like a tick)."""
    smooth = (np.roll(profile, 1) + 2.0 * profile + np.roll(profile, -1)) / 4.0
    peaks = np.flatnonzero((smooth > np.roll(smooth, 1)) & (smooth >= np.roll(smooth, -1)) & (smooth > 0.0))
    if len(peaks) < _LEAST_TICKS:
        return None
    level = 0.4 * float(np.percentile(smooth[peaks], 80))
    peaks = peaks[smooth[peaks] > max(level, 0.5)]
    if len(peaks) < _LEAST_TICKS:
        return None
    gaps = np.diff(np.append(peaks, peaks[0] + _TURNS))
    step = float(np.median(gaps))
    peaks, closed = _longest_run(peaks, gaps, step)
    if len(peaks) < _LEAST_TICKS:
        return None
    angles = _between(smooth, peaks) * (2.0 * np.pi / _TURNS)
    places, fits = _counted(angles, step * (2.0 * np.pi / _TURNS))
    angles, peaks, places = angles[fits], peaks[fits], places[fits]
    if len(angles) < _LEAST_TICKS or angles[-1] - angles[0] < _LEAST_SWEEP:
        return None
    places = places - places[0]
    return Ticks(
        radius=(start + _BAND / 2.0) * _REACH / _RADII,
        angles=angles,
        places=places,
        long=_long(contrast, peaks, places, start),
        closed=closed,
        regularity=float(np.mean(fits)) * len(angles) / float(places[-1] + 1),
    )


def _counted(angles: Array, step: float) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Which tick each is, by the even distance near ``step`` that fits most, and which of them fit it."""
    steps = step * np.linspace(0.9, 1.1, 801)
    waves = np.exp(2j * np.pi * angles / steps[:, None]).sum(axis=1)
    best = int(np.argmax(np.abs(waves)))
    along = angles / steps[best] - np.angle(waves[best]) / (2.0 * np.pi)
    places = np.rint(along).astype(np.int64)
    off = np.abs(along - places)
    fits = off < _OFF_EVEN
    for place in np.unique(places[fits][:-1][np.diff(places[fits]) == 0]):
        twice = np.flatnonzero(fits & (places == place))
        fits[twice] = twice == twice[np.argmin(off[twice])]
    return places, fits


def _longest_run(
    peaks: npt.NDArray[np.int64], gaps: npt.NDArray[np.int64], step: float
) -> tuple[npt.NDArray[np.int64], bool]:
    """The longest part of the peaks without a wide gap, rising, and whether it goes all the way round."""
    wide = np.flatnonzero(gaps > _GAP * step)
    if len(wide) == 0:
        return peaks, True
    first = int(wide[0]) + 1
    turned = np.concatenate([peaks[first:], peaks[:first] + _TURNS])
    parts = np.split(turned, np.flatnonzero(np.diff(turned) > _GAP * step) + 1)
    return max(parts, key=lambda part: int(part[-1] - part[0])), False


def _between(smooth: Floats, peaks: npt.NDArray[np.int64]) -> Array:
    """The peaks' places between directions, by parabolas."""
    before, here, after = (smooth[(peaks + by) % _TURNS].astype(np.float64) for by in (-1, 0, 1))
    bend = before - 2.0 * here + after
    return np.asarray(peaks + np.where(bend < -1e-6, 0.5 * (before - after) / np.minimum(bend, -1e-6), 0.0))


def _long(
    contrast: Floats, peaks: npt.NDArray[np.int64], places: npt.NDArray[np.int64], start: int
) -> npt.NDArray[np.bool_]:
    """Which ticks are main ones: those that are longer or heavier, at every so many-th place."""
    reach = slice(max(start - 2 * _BAND, 0), start + 3 * _BAND)
    near = np.stack([contrast[(peaks + by) % _TURNS, reach] for by in (-3, -2, -1, 0, 1, 2, 3)])
    weight = np.clip(near, 0.0, None).sum(axis=(0, 2))
    spread = float(weight.std()) + 1e-9
    best, found = 0.5, (1, 0)
    for period in _PERIODS:
        if places[-1] < 2 * period:
            continue
        for phase in range(period):
            main = places % period == phase
            if main.sum() < 3 or main.all():
                continue
            by = float(weight[main].mean() - weight[~main].mean()) / spread
            if by > best + 0.15:
                best, found = by, (period, phase)
    period, phase = found
    while (places[-1] + 1) / period > _MOST_LONG and period == 1:
        period = max(2, round((places[-1] + 1) / _MOST_LONG))
    return np.asarray(places % period == phase % period)
