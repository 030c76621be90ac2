"""How uncertain a needle's direction is."""

from __future__ import annotations

import numpy as np

from inspection.gauges.needle.choosing import Found
from inspection.gauges.needle.face import RADIUS_PX

_PIVOT = 0.012
"""Radii: how well a person clicks the pivot."""


def direction(found: Found) -> tuple[float, float]:
    """The direction about the pivot and its standard uncertainty, radians.

    A scale is read where the needle's end stands on it, seen from the pivot; a needle whose axis passes the
    pivot (raised above
    the face and seen from the side, or a pivot that was not clicked well) leaves part of the difference in
    doubt.
    """
    axis = found.axis
    differs = (axis.ray - axis.angle + np.pi) % (2 * np.pi) - np.pi
    angle = axis.angle + 0.5 * differs
    reach = max(axis.tip, 0.3)
    grain = 0.12 * max(axis.flank, 0.7 / RADIUS_PX) / reach
    spread = np.sqrt(axis.spread**2 + grain**2 + (_PIVOT / reach * 0.7) ** 2 + (0.35 * differs) ** 2)
    return float(angle), float(spread)
