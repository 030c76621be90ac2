"""The row of digits that explains most of a field's strokes: a first guess, by trying a coarse net of rows.

With two levels, lit and not, and equal noise everywhere, the most probable digits are those that maximise the
sum, over their lit segments, of (depth - half the lit depth): whatever they leave dark counts as ground in
every hypothesis. Bands of rows and runs of columns make that sum a few differences of running sums. Pure.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from inspection.gauges.display.panel import FIELD_HEIGHT, Array
from inspection.gauges.display.segments import DIGITS, Row

_COARSE: Final = 32
"""Pixels of a field's height for the first guess."""
_SLANTS: Final = (0.03, 0.13)
_TOPS: Final = (0.0, 0.46)
"""Of the field's height: where digits begin."""
_HEIGHTS: Final = (0.42, 1.0)
_RATIOS: Final = (0.45, 0.55, 0.65)
"""Width of a digit by its height."""
_PITCHES: Final = (1.22, 1.36, 1.52, 1.7, 1.95)
"""Pitch by the width of a digit."""
_STROKE: Final = 0.13
"""Stroke by height: from 0.09 to 0.18 are found with it."""
_MOST: Final = 1.2
"""Times the lit depth beyond which deeper is no more lit: so that a rim does not outweigh all digits."""


@dataclass(frozen=True)
class Guess:
    """A row of cells, and how much it explains."""

    gain: float
    """Sum over the lit segments of depth above half the lit one, by the area of a field's square."""
    row: Row


def first_guess(depth: Array, level: float, *, left: float, right: float) -> Guess | None:
    """The row between ``left`` and ``right`` (the field's pixels) that explains most. None: nothing does."""
    scale = FIELD_HEIGHT / _COARSE
    width = max(4, round(depth.shape[1] / scale))
    small = cv2.resize(depth, (width, _COARSE), interpolation=cv2.INTER_AREA)
    clipped = np.minimum(small / max(level, 1e-6), _MOST).astype(np.float32)
    best: Guess | None = None
    for slant in _SLANTS:
        straight = _straightened(clipped, slant)
        for gain, (x, pitch, top, height, digit) in _rows(straight):
            if best is not None and gain <= best.gain:
                continue
            row = Row(
                x=(x + slant * ((_COARSE - 1) / 2 - (top + height / 2))) * scale,
                pitch=pitch * scale,
                top=top * scale,
                height=height * scale,
                width=digit * scale,
                slant=slant,
                stroke=_STROKE * height * scale,
                slope=0.0,
            )
            if row.cells(left, right):
                best = Guess(gain, row)
    return best


def _straightened(depth: Array, slant: float) -> Array:
    """The field with its slanted strokes upright."""
    height, width = depth.shape
    lean = np.array([[1.0, slant, -slant * (height - 1) / 2], [0.0, 1.0, 0.0]], np.float32)
    return np.asarray(cv2.warpAffine(depth, lean, (width, height), flags=cv2.INTER_LINEAR), np.float32)


def _rows(depth: Array) -> Iterator[tuple[float, tuple[float, float, float, float, float]]]:
    """For each size of digits the best row: gain, and (x, pitch, top, height, width of a digit)."""
    full, width = depth.shape
    down = np.vstack([np.zeros((1, width), np.float32), np.cumsum(depth, 0)])
    for height in np.arange(round(_HEIGHTS[0] * full), full + 0.5, 1.5):
        tops = np.arange(0, min(int(_TOPS[1] * full), full - int(height)) + 1, 1)
        stroke = max(1, round(_STROKE * height))
        bands = _bands(down, tops, float(height), stroke)
        along = np.concatenate([np.zeros((*bands.shape[:2], 1), np.float32), np.cumsum(bands, 2)], 2)
        for ratio in _RATIOS:
            digit = round(float(height) * ratio)
            if digit <= 2 * stroke or digit >= width:
                continue
            gains = _gains(along, digit, stroke, float(height))
            yield from _spaced(gains, tops, float(height), digit)


def _bands(down: Array, tops: Array, height: float, stroke: int) -> Array:
    """Sums over the bands of top, middle and lower bar, upper and lower half: 5 x tops x columns."""
    middle = tops + round(height / 2 - stroke / 2)
    last = np.minimum(tops + round(height), down.shape[0] - 1)
    edges = (
        (tops, tops + stroke),
        (middle, middle + stroke),
        (last - stroke, last),
        (tops + stroke, middle),
        (middle + stroke, last - stroke),
    )
    return np.stack([down[lower] - down[upper] for upper, lower in edges])


def _gains(along: Array, digit: int, stroke: int, height: float) -> Array:
    """What the best digit explains at each place: tops x columns."""
    count = along.shape[2] - digit
    inside = digit - 2 * stroke

    def run(band: int, start: int, length: int) -> Array:
        return along[band, :, start + length : start + length + count] - along[band, :, start : start + count]

    far = digit - stroke
    sums = (
        run(0, stroke, inside),
        run(3, far, stroke),
        run(4, far, stroke),
        run(2, stroke, inside),
        run(4, 0, stroke),
        run(3, 0, stroke),
        run(1, stroke, inside),
    )
    bar, post = stroke * inside / 2, (height - 3 * stroke) / 2 * stroke / 2
    segments = np.stack(sums) - np.array([bar, post, post, bar, post, post, bar], np.float32)[:, None, None]
    return np.asarray(np.tensordot(DIGITS, segments, axes=(1, 0)).max(0).clip(min=0.0), np.float32)


def _spaced(
    gains: Array, tops: Array, height: float, digit: int
) -> Iterator[tuple[float, tuple[float, float, float, float, float]]]:
    """The best row for each pitch."""
    count = gains.shape[1]
    for spread in _PITCHES:
        pitch = digit * spread
        phases = np.arange(0.0, pitch)
        places = np.round(phases[:, None] + np.arange(int(count // pitch) + 1) * pitch).astype(np.intp)
        sums = np.where(places < count, gains[:, np.minimum(places, count - 1)], 0.0).sum(-1)
        top, phase = np.unravel_index(int(sums.argmax()), sums.shape)
        yield float(sums[top, phase]), (float(phases[phase]), pitch, float(tops[top]), height, float(digit))
