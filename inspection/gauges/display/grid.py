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

COARSE_HEIGHT: Final = 32
"""Pixels of a field's height for the first guess."""
_SCALE: Final = FIELD_HEIGHT / COARSE_HEIGHT
_STROKE: Final = 0.13
"""Stroke by height: from 0.09 to 0.18 are found with it."""
_MOST: Final = 1.2
"""Times the lit depth beyond which deeper is no more lit: so that a rim does not outweigh all digits."""
_TAUGHT: Final = 1.12
"""By how much digits may be higher or lower than they were taught to be."""
_WORTH_A_TRY: Final = 0.6
"""Of the most that rows of any size hold: sizes that hold less are not tried with all pitches."""


@dataclass(frozen=True)
class Net:
    """The rows that are tried."""

    slants: tuple[float, ...]
    ratios: tuple[float, ...]
    """Width of a digit by its height."""
    pitches: tuple[float, ...]
    """Pitch by the width of a digit."""
    step: float
    """From one height of digits to the next, in coarse pixels."""
    heights: tuple[float, float] = (0.42, 1.0)
    """Of the field's height."""
    tops: float = 0.46
    """Of the field's height: the lowest place where digits begin."""


WIDE: Final = Net(slants=(0.08,), ratios=(0.52,), pitches=(1.3, 1.55, 1.85), step=3.0)
"""To tell fields with digits from others."""
CLOSE: Final = Net(
    slants=(0.03, 0.13), ratios=(0.45, 0.55, 0.65), pitches=(1.22, 1.36, 1.52, 1.7, 1.95), step=1.5
)
"""To begin a fit with."""


@dataclass(frozen=True)
class Guess:
    """A row of cells, and how much it explains."""

    gain: float
    """Sum over the lit segments of depth above half the lit one."""
    share: float
    """Of all that is so deep in the field, what the row explains: 1 at best."""
    row: Row
    """In the pixels of a field of FIELD_HEIGHT."""

    @property
    def merit(self) -> float:
        """The better, the more is explained, and the less is left."""
        return self.gain * self.share


@dataclass(frozen=True)
class _Size:
    """What digits of one size would explain, at each place."""

    gains: Array
    """Tops x columns."""
    tops: Array
    height: float
    width: int
    slant: float

    @property
    def most(self) -> float:
        """Roughly what the best row of this size explains."""
        return float(self.gains.sum(1).max()) / self.width


def guessed(
    depth: Array, level: float, net: Net, *, room: float, taught: float | None = None
) -> Guess | None:
    """The row that explains most. None: nothing does.

    ``depth``: COARSE_HEIGHT x width. ``room``: share of the width, at either end, without digits.
    ``taught``: the digits' height as a share of the field's, where it is known.
    """
    clipped = np.minimum(depth / max(level, 1e-6), _MOST).astype(np.float32)
    sizes = [
        size for slant in net.slants for size in _sizes(_straightened(clipped, slant), slant, net, taught)
    ]
    enough = max((size.most for size in sizes), default=0.0) * _WORTH_A_TRY
    everything = float(np.maximum(clipped - 0.5, 0.0).sum())
    best: Guess | None = None
    width = depth.shape[1] * _SCALE
    for size in sizes:
        if size.most < enough:
            continue
        for gain, x, top, pitch in _spaced(size, net):
            if best is not None and gain <= best.gain:
                continue
            row = _row(size, x, top, pitch)
            if row.cells(room * width, (1.0 - room) * width):
                best = Guess(gain, gain / max(everything, gain, 1e-6), row)
    return best if best is not None and best.gain > 0 else None


def _row(size: _Size, x: float, top: float, pitch: float) -> Row:
    """In the fine field's pixels, slanted about each digit's middle."""
    shift = size.slant * ((COARSE_HEIGHT - 1) / 2 - (top + size.height / 2))
    return Row(
        x=(x + shift) * _SCALE,
        pitch=pitch * _SCALE,
        top=top * _SCALE,
        height=size.height * _SCALE,
        width=size.width * _SCALE,
        slant=size.slant,
        stroke=_STROKE * size.height * _SCALE,
        slope=0.0,
    )


def _straightened(depth: Array, slant: float) -> Array:
    """The field with its slanted strokes upright."""
    height, width = depth.shape
    lean = np.array([[1.0, slant, -slant * (height - 1) / 2], [0.0, 1.0, 0.0]], np.float32)
    return np.asarray(cv2.warpAffine(depth, lean, (width, height), flags=cv2.INTER_LINEAR), np.float32)


def _sizes(depth: Array, slant: float, net: Net, taught: float | None) -> Iterator[_Size]:
    """What digits of each size explain."""
    full, width = depth.shape
    down = np.vstack([np.zeros((1, width), np.float32), np.cumsum(depth, 0)])
    lowest, highest = net.heights if taught is None else (taught / _TAUGHT, min(taught * _TAUGHT, 1.0))
    for height in np.arange(round(lowest * full), highest * full + 0.5, net.step):
        tops = np.arange(0, min(int(net.tops * full), full - int(height)) + 1, 1)
        stroke = max(1, round(_STROKE * height))
        bands = _bands(down, tops, float(height), stroke)
        along = np.concatenate([np.zeros((*bands.shape[:2], 1), np.float32), np.cumsum(bands, 2)], 2)
        for ratio in net.ratios:
            digit = round(float(height) * ratio)
            if 2 * stroke < digit < width:
                yield _Size(_gains(along, digit, stroke, float(height)), tops, float(height), digit, slant)


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
    bar, post = stroke * inside / 2, (height - 3 * stroke) / 2 * stroke / 2
    segments = np.stack(
        [
            run(0, stroke, inside) - bar,
            run(3, far, stroke) - post,
            run(4, far, stroke) - post,
            run(2, stroke, inside) - bar,
            run(4, 0, stroke) - post,
            run(3, 0, stroke) - post,
            run(1, stroke, inside) - bar,
        ]
    )
    flat = DIGITS @ segments.reshape(7, -1)
    return np.asarray(flat.max(0).clip(min=0.0), np.float32).reshape(segments.shape[1:])


def _spaced(size: _Size, net: Net) -> Iterator[tuple[float, float, float, float]]:
    """The best row for each pitch: gain, x, top, pitch."""
    count = size.gains.shape[1]
    room = int(size.width * max(net.pitches)) + 2
    padded = np.concatenate([size.gains, np.zeros((len(size.gains), room), np.float32)], 1)
    for spread in net.pitches:
        pitch = size.width * spread
        phases = np.arange(0.0, pitch)
        places = np.round(phases[:, None] + np.arange(int(count // pitch) + 1) * pitch).astype(np.intp)
        sums = padded[:, places].sum(-1)
        top, phase = np.unravel_index(int(sums.argmax()), sums.shape)
        yield float(sums[top, phase]), float(phases[phase]), float(size.tops[top]), pitch
