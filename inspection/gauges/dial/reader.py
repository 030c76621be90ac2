"""Reads a dial: the face straightened, the needle found on it, its direction read on the marks."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from inspection.frozen import Box
from inspection.gauges.dial.presence import is_there
from inspection.gauges.dial.rectified import Rectified, rectify
from inspection.gauges.dial.registration import register
from inspection.gauges.dial.scale import Scale
from inspection.gauges.needle.centring import SURE, middle
from inspection.gauges.needle.choosing import Found, find_needle
from inspection.gauges.needle.face import straighten
from inspection.gauges.needle.uncertainty import direction
from inspection.instruments.dial import DialDescription
from inspection.instruments.reading import InstrumentKind, Reading, Unreadable, unreadable

Picture = npt.NDArray[np.uint8]

_LEAST_RADIUS_PX = 12.0
"""Of the ring of marks: in a smaller dial one pixel is more than a few per cent of the scale."""
_MOST_UNCERTAIN = 0.025
"""Share of full scale: where twice the uncertainty exceeds 5 % of it, nothing was read."""
_FLOOR = 0.0005
"""Share of full scale below which nobody reads a dial."""


def read_dial(picture: Picture, dial: DialDescription) -> Reading:
    """What the dial shows in ``picture`` (height x width x 3, uint8, RGB; not written into).

    The dial lies where its description has it, or about there where that has a reference. Value and
    uncertainty are in the dial's unit; whatever can't
    be told for
    certain is unreadable, with its reason.
    """
    began = time.perf_counter()
    outcome = _read(picture, dial)
    ms = (time.perf_counter() - began) * 1e3
    if isinstance(outcome, Reading):
        return outcome.model_copy(update={"ms": ms})
    return unreadable(InstrumentKind.DIAL, outcome, unit=dial.unit, ms=ms)


def _read(picture: Picture, dial: DialDescription) -> Reading | Unreadable:
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
        return Unreadable.WRONG_DEPTH
    here = dial.in_picture(picture.shape[1], picture.shape[0])
    try:
        rectified, scale = _geometry(here)
        moved = 0.0
        if here.reference is not None:
            registered = register(picture, here.reference)
            if isinstance(registered, Unreadable):
                return registered
            moved = registered.residual / rectified.radius_px
            rectified = rectified.moved(registered.matrix)
        face = straighten(picture, rectified.matrix)
    except ValueError:
        return Unreadable.CUT_OFF
    if rectified.radius_px < _LEAST_RADIUS_PX:
        return Unreadable.TOO_SMALL
    found = find_needle(face, here.needle, scale.beyond)
    if isinstance(found, Unreadable):
        return found
    by_its_word = dial.reference is None and not dial.relative
    if by_its_word and not is_there(picture, face, found.axis, here.marks, rectified):
        return Unreadable.NOT_FOUND
    beside = middle(face, dial)
    if beside is not None:
        found = replace(found, axis=found.axis.about(beside, SURE))
    angle, spread = direction(found)
    value = scale.value(angle)
    if value is None:
        return Unreadable.OUT_OF_SCALE
    slope = scale.slope(angle)
    parts = slope * spread, slope * moved, scale.uncertainty(angle), _FLOOR * scale.full_scale
    uncertainty = float(np.linalg.norm(parts))
    if uncertainty > _MOST_UNCERTAIN * scale.full_scale:
        return Unreadable.DISAGREEMENT
    return Reading(
        kind=InstrumentKind.DIAL,
        value=value,
        uncertainty=uncertainty,
        unit=here.unit,
        box=_box(rectified, picture.shape),
        angle_deg=_seen_angle(rectified, angle, found),
    )


@lru_cache(maxsize=32)
def _geometry(dial: DialDescription) -> tuple[Rectified, Scale]:
    rectified = rectify(dial.center, dial.marks)
    return rectified, Scale.of(dial, rectified)


def _box(rectified: Rectified, shape: tuple[int, ...]) -> Box | None:
    """The rectangle that holds the ring of marks, as far as it lies in the picture."""
    turns = np.linspace(0, 2 * np.pi, 36, endpoint=False)
    ring = rectified.to_picture(np.stack([np.sin(turns), -np.cos(turns)], axis=1))
    x0, y0 = (max(int(low), 0) for low in ring.min(axis=0))
    x1, y1 = (min(int(high) + 1, side) for high, side in zip(ring.max(axis=0), shape[1::-1], strict=True))
    return (x0, y0, x1 - x0, y1 - y0) if x1 > x0 and y1 > y0 else None


def _seen_angle(rectified: Rectified, angle: float, found: Found) -> float:
    """The needle's direction as the picture shows it, degrees clockwise from up."""
    reach = max(found.axis.tip, 0.3)
    pivot, tip = rectified.to_picture(np.array([[0.0, 0.0], [reach * np.sin(angle), -reach * np.cos(angle)]]))
    return float(np.degrees(np.arctan2(tip[0] - pivot[0], pivot[1] - tip[1])) % 360)
