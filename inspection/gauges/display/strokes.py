"""How much each place of a field looks like a stroke: darker (or brighter) than the ground beside it.

The logarithm of the grey level makes a shadow, or a slope of the light, the same everywhere. A morphological
closing fills what is narrower than it: what it has filled are strokes, while the edge of a reflection, being
no valley, leaves nothing (black-hat transform, Meyer 1979; Serra, "Image Analysis and Mathematical
Morphology", 1982). Pure.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from inspection.gauges.display.panel import FIELD_HEIGHT, Array
from inspection.levels import Picture

_BLACK: Final = 8.0
"""Grey levels added before the logarithm: what noise and rounding amount to in the dark."""
_WIDEST_STROKE: Final = 0.24
"""Of the field's height: what is wider is no stroke."""
_BLUR: Final = FIELD_HEIGHT / 128
_BLOWN_OUT: Final = 250


@dataclass(frozen=True)
class Strokes:
    """A field's strokes."""

    depth: Array
    """Height x width: how far from its ground towards lit each pixel is, not negative; logarithm
    of grey levels."""
    level: float
    """The depth of what is lit, roughly: that which 3 % of the field exceed."""
    blown_out: Array
    """Height x width: 1 where the picture is saturated and shows no depth."""


def strokes_of(picture: Picture, *, dark: bool) -> Strokes:
    """The strokes of a field (H x W x 3, RGB), in the channels that a coloured reflection spares."""
    channel = picture.min(2) if dark else picture.max(2)
    value = np.log(channel.astype(np.float32) + _BLACK)
    if not dark:
        value = -value
    if picture.shape[0] >= FIELD_HEIGHT:
        value = cv2.GaussianBlur(value, (0, 0), _BLUR)
    size = int(picture.shape[0] * _WIDEST_STROKE) | 1
    ground = cv2.morphologyEx(value, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_RECT, (size, size)))
    depth = np.asarray(ground - value, np.float32)
    blown_out = (picture.min(2) >= _BLOWN_OUT).astype(np.float32)
    return Strokes(depth, 0.7 * float(np.quantile(depth[::2, ::2], 0.97)), blown_out)
