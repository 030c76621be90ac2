"""How much each place of a field looks like lit dots, in grey levels as the camera has them.

These are about the root of the light, so that noise is as strong in the dark as in the light (Anscombe 1948),
and a dot's depth nearly the same beside a reflection's edge. The brightest channel shows a display's own
colour, lit or from behind, with the least noise. A morphological closing gives the ground (see ``strokes``).
Pure.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from inspection.gauges.display.panel import Array, Field

Inner = tuple[float, float, float, float]
"""Left, top, right and bottom of where characters lie, in pixels of the field."""

_WIDEST: Final = 0.45
"""Of the field's height: three dots of characters that fill it; no form has so many side by side twice."""
_BLOWN_OUT: Final = 250


@dataclass(frozen=True)
class Ink:
    """A field's ink, in grey levels; all height x width."""

    depth: Array
    """How far from its ground towards lit each pixel is, not negative."""
    ground: Array
    """That ground; the higher, the farther from lit."""
    level: float
    """The depth of what is lit, roughly: that which 4 % of the field exceed; a grey level at least."""
    blown_out: Array
    """1 where the picture is saturated and shows no depth."""


def ink_of(field: Field, inner: Inner, *, dark: bool) -> Ink:
    """The ink of a field whose characters lie within ``inner``."""
    value = field.picture.max(2).astype(np.float32)
    if not dark:
        value = 255.0 - value
    value = cv2.GaussianBlur(value, (0, 0), 1.0)
    left, top, right, bottom = (round(edge) for edge in inner)
    size = int((bottom - top + 1) * _WIDEST) | 1
    ground = cv2.morphologyEx(value, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_RECT, (size, size)))
    depth = np.asarray(ground - value, np.float32)
    level = max(1.0, 0.7 * float(np.quantile(depth[top : bottom + 1, left : right + 1], 0.96)))
    blown_out = (field.picture.min(2) >= _BLOWN_OUT).astype(np.float32)
    return Ink(depth, np.asarray(ground, np.float32), level, blown_out)
