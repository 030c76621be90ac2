"""The needle that is read where another one, a drag needle, lies over it or just beside it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from inspection.gauges.needle.axis import STEP_PX, Axis, robust_line, strip
from inspection.gauges.needle.face import RADIUS_PX, Face, Floats
from inspection.gauges.needle.said_colours import TINTED, VIVID, lab_of

_SEEN = 0.45
"""Share of its length along which the needle must be seen beside what lies over it."""


def beneath(face: Face, over: Axis, first: str, second: str) -> Axis | None:
    """The axis of the first needle where ``over`` is the second, or None where it isn't seen there.

    One of the two must have a colour and the other none (black, white or grey), or nobody can tell them
    apart.
    """
    lab, _ = strip(face, over.angle, over.offset, over.width + 0.05)
    u = (np.arange(lab.shape[0]) - (lab.shape[0] - 1) / 2) * STEP_PX
    rows = (u > max(over.begin, 0.15) * RADIUS_PX) & (u < over.tip * RADIUS_PX)
    middle = lab.shape[1] // 2
    reach = min(middle, round((0.5 * over.width + 0.05) * RADIUS_PX))
    mine = _of_first(lab[rows, middle - reach : middle + reach + 1], over, first, second)
    if mine is None:
        return None
    there = mine.sum(axis=1) > 1
    if there.sum() < max(_SEEN * len(there), 8):
        return None
    place = np.arange(-reach, reach + 1)
    low = np.where(mine, place, reach + 1).min(axis=1)
    high = np.where(mine, place, -reach - 1).max(axis=1)
    slope, shift = robust_line(u[rows], (low + high) / 2, there, 1.0, 0.04 * RADIUS_PX)
    turn = float(np.arctan(slope))
    passes = over.offset + shift / RADIUS_PX * np.cos(turn)
    angle = over.angle + turn
    return replace(
        over,
        angle=angle,
        offset=float(passes),
        spread=float(np.hypot(over.spread, over.width / 4)),
        ray=float(angle + np.arcsin(np.clip(passes / max(over.tip, 0.3), -0.9, 0.9))),
    )


def _of_first(lab: Floats, over: Axis, first: str, second: str) -> npt.NDArray[np.bool_] | None:
    """Which places are of the first needle: unlike the face, and by their colour not of the second."""
    named = [lab_of(colour) for colour in (first, second)]
    colours = [None if lab is None else lab[1:] for lab in named]
    vivid = [ab is not None and float(np.hypot(*ab)) > VIVID for ab in colours]
    if vivid[0] == vivid[1]:
        return None
    hue = colours[0] if vivid[0] else colours[1]
    assert hue is not None
    apart = lab - (np.array(over.face) + np.array([0, 128, 128])).astype(np.float32)
    unlike = np.sqrt((apart * apart).sum(axis=2)) > 0.5 * over.contrast
    tint = apart[..., 1:] @ (hue / np.hypot(*hue)).astype(np.float32)
    if not unlike.any():
        return None
    most = float(np.percentile(tint[unlike], 90))
    if most < TINTED:
        return None
    mine = tint > 0.5 * most if vivid[0] else tint < 0.4 * most
    return np.asarray(unlike & mine, np.bool_)
