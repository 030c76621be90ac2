"""Proposes dials in a picture: a rim, and ticks inside it, for a person to confirm and to give values.

Pure. What is proposed has its marks at the main ticks, with values from 0 to 100 in their order, clockwise; a
proposal is never read before somebody looked at it.
"""

import math
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from inspection.gauges.dial.curve import Array
from inspection.gauges.dial.proposals.outlines import Outline, outlines
from inspection.gauges.dial.proposals.ticks import Ticks, ticks
from inspection.gauges.dial.rectified import carried
from inspection.instruments.dial import DialDescription
from inspection.instruments.place import Mark

_SIDE_PX: Final = 800
"""To which a larger picture is shrunk."""
_OUTLINES: Final = 10
_MOST: Final = 3
"""Proposals."""
_EVEN_ENOUGH: Final = 0.55
"""Regularity of ticks from which they are a scale's."""
END: Final = 100.0
"""Value of the last proposed mark; the first has 0."""


def propose(picture: npt.NDArray[np.uint8]) -> tuple[DialDescription, ...]:
    """Dials that may be in ``picture`` (H x W x 3, RGB), the likeliest first; empty where none is seen.

    Values are percent of the scale: ``valued`` gives them those that stand on the dial.
    """
    by = min(_SIDE_PX / max(picture.shape[:2]), 1.0)
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)
    if min(grey.shape) * by < 32:
        return ()
    if by < 1.0:
        size = round(grey.shape[1] * by), round(grey.shape[0] * by)
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    enlarge = np.array([[1 / by, 0, 0.5 / by - 0.5], [0, 1 / by, 0.5 / by - 0.5], [0, 0, 1]])
    found: list[tuple[float, DialDescription]] = []
    for outline in outlines(grey, _OUTLINES):
        ring = ticks(grey, outline.from_disc)
        if ring is None or ring.regularity < _EVEN_ENOUGH:
            continue
        dial = _described(ring, enlarge @ outline.from_disc)
        if dial is not None:
            found.append((_likely(outline, ring), dial))
    found.sort(key=lambda one: -one[0])
    kept: list[DialDescription] = []
    for _, dial in found:
        if not any(_same(dial, other) for other in kept):
            kept.append(dial)
    return tuple(kept[:_MOST])


def valued(dial: DialDescription, low: float, high: float, unit: str) -> DialDescription:
    """A proposal with the values at the ends of its scale; ``high`` is where a full circle begins again.

    Raises:
        ValueError: If the values are equal, or on a full circle ``low`` is not 0.
    """
    marks = [(mark.x, mark.y, low + (high - low) * mark.value / END) for mark in dial.marks]
    changed = {"marks": marks, "unit": unit, "wraps_at": high if dial.full_circle else None}
    return DialDescription.model_validate({**dial.model_dump(), **changed})


def _likely(outline: Outline, ring: Ticks) -> float:
    return outline.support * ring.regularity * math.sqrt(min(len(ring.angles), 40))


def _same(one: DialDescription, other: DialDescription) -> bool:
    """Whether one's centre lies within the other's ring."""
    radii = [math.dist(dial.center, dial.marks[0].point) for dial in (one, other)]
    return math.dist(one.center, other.center) < max(radii)


def _described(ring: Ticks, from_disc: Array) -> DialDescription | None:
    """The dial with marks at the main ticks and at the scale's ends; None where they make none."""
    chosen = ring.long.copy()
    steps = int(ring.places[-1])
    if ring.closed:
        step = (ring.angles[-1] - ring.angles[0]) / steps
        steps = round(2.0 * np.pi / step)
        chosen &= ring.places < steps
    else:
        chosen[[0, -1]] = True
    angles = ring.angles[chosen]
    at = carried(from_disc, ring.radius * np.stack([np.sin(angles), -np.cos(angles)], axis=1))
    marks = tuple(
        Mark(x=float(x), y=float(y), value=END * int(place) / steps)
        for (x, y), place in zip(at, ring.places[chosen], strict=True)
    )
    centre = carried(from_disc, np.zeros((1, 2)))[0]
    try:
        return DialDescription(
            center=(float(centre[0]), float(centre[1])),
            marks=marks,
            direction="cw",
            unit="%",
            full_circle=ring.closed,
            wraps_at=END if ring.closed else None,
        )
    except ValidationError:
        return None
