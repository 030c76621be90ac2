"""How uncertain a needle's direction is."""

from __future__ import annotations

import numpy as np

from inspection.gauges.needle.choosing import Found
from inspection.gauges.needle.face import RADIUS_PX

_PIVOT = 0.008
"""Radii by which a needle's axis may pass the pivot without being raised above the face."""
_FLANK = 0.12
"""Of a flank's width: how well its middle is known."""
_MIDDLE = 0.03
"""Of the needle's width, likewise: its two flanks are seldom lit alike."""
_TOWARDS_END = 0.6
"""Of the way from the axis' direction to the end's: what fits water meters' needles best, and is neither
alone."""
_BETWEEN = 0.35
"""Of what lies between the direction of the axis and that of the end."""


def direction(found: Found) -> tuple[float, float]:
    """The direction about the pivot and its standard uncertainty, radians.

    A scale is read where the needle's end stands on it, seen from the pivot, and along its axis. Both are one
    but for a needle that stands above the face and is seen from the side, and a pivot that was not clicked
    well: then what is between them is taken, and its doubt grows with how far they are apart.
    """
    axis = found.axis
    differs = (axis.ray - axis.angle + np.pi) % (2 * np.pi) - np.pi
    angle = axis.angle + _TOWARDS_END * differs
    reach = max(axis.tip, 0.3)
    blur = _FLANK * max(axis.flank, 0.7 / RADIUS_PX) / reach
    parts = axis.spread, blur, _MIDDLE * axis.width / reach, _PIVOT / reach, _BETWEEN * differs
    return float(angle), float(np.linalg.norm(parts))
