"""How much each place of a field looks like a stroke: darker (or brighter) than the ground beside it.

Dark digits take a share of the light away, bright ones add to it: so depth is measured in logarithms of grey
levels for the former, in grey levels for the latter. A morphological
closing fills what is narrower than it: what it has filled are strokes, while the edge of a reflection, being
no valley, leaves nothing (black-hat transform, Meyer 1979; Serra, "Image Analysis and Mathematical
Morphology", 1982). Pure.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.gauges.display.panel import FIELD_HEIGHT, Array
from inspection.levels import Picture

BLACK: Final = 8.0
"""Grey levels added before the logarithm: what noise and rounding amount to in the dark."""
_WIDEST_STROKE: Final = 0.16
"""Of the field's height: what is wider is no stroke."""
_BLUR: Final = FIELD_HEIGHT / 128
_ENOUGH: Final = 0.5
"""Of the grey level: a channel with less light is that of a coloured ground, not of a coloured reflection."""
_RIM: Final = 0.35
"""Of the depth of the deepest: what hangs together at so much is one thing."""
_LIT_SHARE: Final = 0.03
"""Of a field: the strokes of a single 1 are as much."""
_FAINT: Final = 0.7
"""Of the depth that so many pixels exceed: that of digits which a reflection makes fainter."""


@dataclass(frozen=True)
class Strokes:
    """A field's strokes."""

    dark: bool
    depth: Array
    """Height x width: how far from its ground towards lit each pixel is, not negative."""
    ground: Array
    """Height x width: grey level of the ground beside."""
    level: float
    """The depth of what is lit, roughly; rather that of faint digits than of strong ones."""


def strokes_of(picture: Picture, *, dark: bool, sight: NDArray[np.bool_] | None = None) -> Strokes:
    """The strokes of a field (H x W x 3, RGB), in the channels that a coloured reflection spares.

    Where it is not in ``sight`` ground is assumed, so that a stroke which the picture's border cuts is one.
    """
    channel = _channel(picture, dark=dark)
    grey = channel.astype(np.float32)
    value = np.log(grey + BLACK) if dark else -grey
    if picture.shape[0] >= FIELD_HEIGHT:
        value = cv2.GaussianBlur(value, (0, 0), _BLUR)
    if sight is not None:
        value = np.where(sight, value, value.max())
    size = int(picture.shape[0] * _WIDEST_STROKE) | 1
    ground = cv2.morphologyEx(value, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_RECT, (size, size)))
    depth = np.asarray(ground - value, np.float32)
    return Strokes(
        dark, depth, np.asarray(np.exp(ground) - BLACK if dark else -ground, np.float32), _level(depth)
    )


def _channel(picture: Picture, *, dark: bool) -> Picture:
    """For bright digits the brightest, for dark ones the darkest, unless it has too little light."""
    if not dark:
        return np.asarray(picture.max(2), np.uint8)
    least = picture.min(2)
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return np.asarray(least if least.mean() > _ENOUGH * grey.mean() else grey, np.uint8)


def _level(depth: Array) -> float:
    """The depth of what is lit; a rim, which is deep too, comes from outside of the field."""
    deep = float(np.quantile(depth, 1.0 - _LIT_SHARE))
    count, labels = cv2.connectedComponents((depth > _RIM * deep).astype(np.uint8))
    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    outside = np.zeros(count, np.bool_)
    outside[edge] = True
    outside[0] = False
    inner = float(np.quantile(np.where(outside[labels], np.float32(0), depth), 1.0 - _LIT_SHARE))
    return _FAINT * (inner if inner > _RIM / 2 * deep else deep)
