"""Reads the level in a sight glass."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.frozen import Box
from inspection.gauges.regions import cut
from inspection.instruments.indicator import LevelDescription
from inspection.instruments.reading import InstrumentKind, Reading, Unreadable, unreadable
from inspection.levels import Picture

_Floats = NDArray[np.float64]

_WHITE: Final = 250
_LEAST_EXPLAINED: Final = 0.7
"""Share of what varies along a level glass that its one step must explain."""
_CLICK_PX: Final = 1.0
"""How well a person marks the ends of a glass: a standard uncertainty."""
_EDGE: Final = 0.02
"""Share of the glass at each end in which a step is not told from the end itself."""
_WIDEST_STEP: Final = 0.1
"""Share of the glass over which the change from liquid to nothing may go: light that fades along the glass
goes over all of it."""
_SECOND_STEP: Final = 0.35
"""Share of the one step's contrast from which on another one is a second step."""


def read_level(picture: Picture, level: LevelDescription) -> Reading:
    """Where in a sight glass the liquid ends: the one step in colour or brightness along its axis.

    Its uncertainty comes from the width of the step and from how well the ends were marked.

    Args:
        picture: height x width x 3, RGB.
        level: The glass.

    Returns:
        NOT_FOUND where there is no one step (a glass that is full or empty looks alike), DISAGREEMENT where
        there are several, BLUR where it is no step, OUT_OF_SCALE where it lies at an end, GLARE, CUT_OFF
        where the picture does not hold the glass.
    """
    box = _glass(level)
    if cut(picture, box) is None:
        return unreadable(InstrumentKind.LEVEL, Unreadable.CUT_OFF, unit=level.unit, box=box)
    found = _surface(_along(picture, level))
    if isinstance(found, Unreadable):
        return unreadable(InstrumentKind.LEVEL, found, unit=level.unit, box=box)
    share, width_share = found
    length = float(np.hypot(level.top.x - level.bottom.x, level.top.y - level.bottom.y))
    u_share = np.hypot(width_share / np.sqrt(12.0), _CLICK_PX / length)
    return Reading(
        kind=InstrumentKind.LEVEL,
        value=level.bottom.value + share * level.full_scale,
        uncertainty=float(u_share) * level.full_scale,
        unit=level.unit,
        box=box,
    )


def _glass(level: LevelDescription) -> Box:
    """The upright rectangle around the glass."""
    reach = level.width_px / 2
    xs, ys = (level.bottom.x, level.top.x), (level.bottom.y, level.top.y)
    left, top = int(np.floor(min(xs) - reach)), int(np.floor(min(ys)))
    return left, top, int(np.ceil(max(xs) + reach)) - left + 1, int(np.ceil(max(ys))) - top + 1


def _along(picture: Picture, level: LevelDescription) -> NDArray[np.uint8]:
    """The glass laid out: a row for each pixel of its axis from bottom to top, its width across, RGB."""
    bottom, top = np.asarray(level.bottom.point), np.asarray(level.top.point)
    length = float(np.linalg.norm(top - bottom))
    axis = (top - bottom) / length
    across = np.asarray((-axis[1], axis[0]))
    steps = np.linspace(0.0, length, int(np.ceil(length)) + 1)
    sides = np.linspace(-0.5, 0.5, max(3, round(level.width_px))) * level.width_px
    at = bottom + steps[:, None, None] * axis + sides[None, :, None] * across
    places = at.astype(np.float32)
    return np.asarray(
        cv2.remap(picture, places[..., 0], places[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
        np.uint8,
    )


def _surface(rows: NDArray[np.uint8]) -> tuple[float, float] | Unreadable:
    """Where the liquid ends and over what width it changes, both as shares of the glass from its bottom."""
    glaring = (rows.min(axis=2) >= _WHITE).mean(axis=1) > 0.5
    lab = cv2.cvtColor(rows, cv2.COLOR_RGB2LAB).astype(np.float64)
    profile = np.median(lab, axis=1)  # rows x 3: what fills the glass, not the dirt at its walls
    split, explained = _best_split(profile)
    if explained < _LEAST_EXPLAINED:
        return Unreadable.NOT_FOUND
    low, high = np.median(profile[:split], axis=0), np.median(profile[split:], axis=0)
    contrast = float(np.linalg.norm(high - low))
    shade = np.median(np.abs(np.diff(profile, axis=0)), axis=0)  # how much it changes anyway, row by row
    if contrast <= 6.0 * max(float(np.linalg.norm(shade)), 1.0):
        return Unreadable.NOT_FOUND
    across = (profile - low) @ (high - low) / contrast**2  # 0 in the liquid, 1 above it
    last = len(profile) - 1
    begins = _crossing(across, split, 0.1, down=True)
    ends = _crossing(across, split, 0.9, down=False)
    middle = _middle(across, begins, ends)
    if glaring[max(begins - 1, 0) : ends + 2].any():
        return Unreadable.GLARE
    if ends - begins > _WIDEST_STEP * last:
        return Unreadable.BLUR
    if any(_second_step(side) > _SECOND_STEP for side in (across[:begins], across[ends + 1 :])):
        return Unreadable.DISAGREEMENT
    if not _EDGE * last < middle < (1.0 - _EDGE) * last:
        return Unreadable.OUT_OF_SCALE
    return middle / last, max(ends - begins, 1) / last


def _best_split(profile: _Floats) -> tuple[int, float]:
    """Where two levels describe the rows best, and which share of what varies they explain."""
    count = len(profile)
    if count < 4:
        return count // 2, 0.0
    total = np.cumsum(profile, axis=0)
    squares = float(np.sum((profile - profile.mean(axis=0)) ** 2))
    if squares <= 0.0:
        return count // 2, 0.0
    below = np.arange(1, count, dtype=np.float64)[:, None]
    means_apart = total[:-1] / below - (total[-1] - total[:-1]) / (count - below)
    between = np.sum(means_apart**2, axis=1) * (below * (count - below) / count)[:, 0]
    best = int(np.argmax(between))
    return best + 1, float(between[best]) / squares


def _second_step(across: _Floats) -> float:
    """How large a step there is on one side of the surface, where the surface's own is 1."""
    if len(across) < 8:
        return 0.0
    split, _ = _best_split(across[:, None])
    return abs(float(np.median(across[split:]) - np.median(across[:split])))


def _crossing(across: _Floats, split: int, share: float, *, down: bool) -> int:
    """The first row, going from the split into the liquid or out of it, where the change is done with."""
    row = split
    if down:
        while row > 0 and across[row] > share:
            row -= 1
        return row
    while row < len(across) - 1 and across[row] < share:
        row += 1
    return row


def _middle(across: _Floats, begins: int, ends: int) -> float:
    """Where, between two rows, half of the change is done, between the rows' centres too."""
    for row in range(begins, ends):
        here, after = float(across[row]), float(across[row + 1])
        if here <= 0.5 < after:
            return row + (0.5 - here) / (after - here)
    return (begins + ends) / 2
