"""Whether what was found may be the needle's tail: what lies on the other side of the pivot."""

from __future__ import annotations

from typing import Final

import numpy as np

from inspection.gauges.needle.axis import STEP_PX, Axis, strip
from inspection.gauges.needle.face import RADIUS_PX, Face

_HUB: Final = 0.2
"""Radii from the pivot where the hub may lie."""
_SEEN: Final = 0.3
"""Share of the found side's contrast from which a place is not bare face: a thin tip is blurred."""
_GAP: Final = 0.06
"""Radii that may lie bare within what runs on: light on the needle."""
_CORE: Final = 0.5
"""Of half the width, about the line: where the other side's line is looked for."""


def reach_behind(face: Face, axis: Axis) -> float:
    """How far from the pivot the other side is not bare face, in radii.

    Be it needle, hand or glare: all that hides the face could hide a pointing half that is longer.
    """
    lab, blind = strip(face, axis.angle, axis.offset, axis.width)
    middle = lab.shape[1] // 2
    near = max(2, round(_CORE * axis.width * RADIUS_PX / 2))
    line = slice(middle - near, middle + near + 1)
    ground = np.array([axis.face[0], axis.face[1] + 128, axis.face[2] + 128], np.float32)
    unlike = np.linalg.norm(lab[:, line] - ground, axis=2).max(axis=1)
    taken = (unlike > _SEEN * axis.contrast) | (blind[:, line].max(axis=1) > 0.5)
    out = -(np.arange(lab.shape[0]) - (lab.shape[0] - 1) / 2) * STEP_PX / RADIUS_PX
    reach = _HUB
    for place in np.sort(out[taken & (out > _HUB)]):
        if place > reach + _GAP:
            break
        reach = float(place)
    return reach
