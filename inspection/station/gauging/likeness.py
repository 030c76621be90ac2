"""A picture of an instrument as far as its description shows it: read once, for nothing, at the start.

The first reading of a process takes several times as long as any other, whatever it is of, since libraries
make themselves ready only then. The first part should not wait for that.
"""

from typing import Final

import cv2
import numpy as np

from inspection.gauges.dial.registration import pixels_of
from inspection.instruments.description import Description
from inspection.instruments.dial import DialDescription
from inspection.levels import Picture
from inspection.recipe import GaugeSpec
from inspection.station.gauging.cutting import MOST_SIDE_PX, Cut
from inspection.station.gauging.pictures_wanted import pictures_of

_GREY: Final = 128
_ROOM: Final = 0.1
"""Share of the longer side around what the reference shows."""


def likeness_of(spec: GaugeSpec, what: Description) -> tuple[list[Picture], Description]:
    """As many pictures as a gauge is read off, and its description in them.

    A dial with a reference as that shows it; nothing but grey where there is none.
    """
    left, top, width, height = spec.region
    reference = what.reference if isinstance(what, DialDescription) else None
    room = 0
    if reference is not None:
        left, top, width, height = reference.box
        room = round(_ROOM * max(width, height))
    width, height = width + 2 * room, height + 2 * room
    scale = min(1.0, MOST_SIDE_PX / max(width, height))
    cut = Cut(left=left - room, top=top - room, width=width, height=height, scale=scale)
    inside = cut.description(what)
    size = (max(1, round(height * scale)), max(1, round(width * scale)), 3)
    picture = np.full(size, _GREY, np.uint8)
    if isinstance(inside, DialDescription) and reference is not None and inside.reference is not None:
        left, top, width, height = inside.reference.box
        shown = picture[top : top + height, left : left + width]
        shown[...] = cv2.resize(pixels_of(reference), (shown.shape[1], shown.shape[0]))[..., None]
    return [picture] * pictures_of(what), inside
