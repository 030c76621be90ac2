"""Spoils the picture of a good part with one defect, of a kind, a size and a strength that are drawn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from inspection.levels import Picture
from inspection.simulation.defects import Mask, Plane
from inspection.simulation.spoiling.dents import dent
from inspection.simulation.spoiling.good_part import GoodPart, Levels
from inspection.simulation.spoiling.lines import crack, scratch
from inspection.simulation.spoiling.pasting import patch, pieces, scar
from inspection.simulation.spoiling.seen import MASK_LEVELS, shown
from inspection.simulation.spoiling.site import Site
from inspection.simulation.spoiling.specks import pinhole, smear
from inspection.simulation.spoiling.stains import stain
from inspection.simulation.spoiling.structure import bite, bridge, doubled, missing

_KINDS_TRIED: Final = 5
_PLACES_TRIED: Final = 6
"""Of each kind; what shows nowhere is given up."""
_LEAST_SIZE_PX: Final = 3.0
_MOST_SHARE: Final = 0.5
"""The largest defect, as a share of the picture's shorter side."""
_LEAST_PIXELS: Final = 9
"""Of a mask, as a disc of 3 pixels and its rim have;"""
_LEAST_PIXELS_OF_SPECKS: Final = 4
"""and of what was asked to be smaller than that."""
_SOFT: Final = 0.02
"""Share of pixels between two levels from which on their rims are soft, as after resizing."""
_SOFT_PX: Final = 0.5


@dataclass(frozen=True, kw_only=True)
class _Kind:
    draw: Callable[[Site, np.random.Generator], Plane | None]
    least_px: float = _LEAST_SIZE_PX
    most_px: float = np.inf
    at_structure: bool = False
    """Drawn at an edge of the part."""
    over_the_rim: bool = False
    """May reach over the part's rim, into the background."""
    on_two_levels: bool = True
    """Exists on pictures of two levels."""


_KINDS: Final[dict[str, _Kind]] = {
    "patch": _Kind(draw=patch, least_px=4.0, over_the_rim=True),
    "pieces": _Kind(draw=pieces, least_px=12.0),
    "scar": _Kind(draw=scar, least_px=8.0, over_the_rim=True),
    "stain": _Kind(draw=stain),
    "scratch": _Kind(draw=scratch, least_px=8.0),
    "crack": _Kind(draw=crack, least_px=10.0),
    "dent": _Kind(draw=dent, least_px=6.0, on_two_levels=False),
    "missing": _Kind(draw=missing, at_structure=True, over_the_rim=True),
    "bite": _Kind(draw=bite, at_structure=True, over_the_rim=True),
    "bridge": _Kind(draw=bridge, least_px=4.0, at_structure=True, over_the_rim=True),
    "doubled": _Kind(draw=doubled, least_px=4.0, at_structure=True, over_the_rim=True),
    "smear": _Kind(draw=smear, least_px=6.0, on_two_levels=False),
    "pinhole": _Kind(draw=pinhole, least_px=2.0, most_px=6.0),
}
KINDS: Final[tuple[str, ...]] = tuple(_KINDS)
"""Names of all kinds of defects that can be drawn."""


@dataclass(frozen=True, kw_only=True)
class Spoiled:
    """A good part's picture with one defect."""

    picture: Picture
    """(height, width, 3), RGB, uint8"""
    mask: Mask
    """(height, width): 255 where the defect shows, else 0: there no pixel differs by 4 levels or more."""
    kind: str
    """One of ``KINDS``."""
    size_px: float
    """The size that was drawn: about its longest extent."""


def spoiled(
    picture: Picture,
    rng: np.random.Generator,
    *,
    others: Sequence[Picture] = (),
    kinds: Sequence[str] | None = None,
    sizes: tuple[float, float] | None = None,
) -> Spoiled | None:
    """Put one defect on a copy of ``picture``: kinds as often as each other, sizes log-uniform.

    Args:
        picture: a good part, RGB, uint8, (height, width, 3); colourless ones have three like channels.
        rng: the same state makes the same defect.
        others: good parts to take pieces from, colourless if ``picture`` is; may be empty.
        kinds: of which kinds (``KINDS``); None for all. A kind that cannot be on this picture is not drawn:
            dents and smears on pictures of two levels, kinds whose sizes lie outside ``sizes``.
        sizes: least and largest size in pixels of this picture; None for 3 px to half of the shorter side.
            A kind's own limits hold as well, as 2 to 6 px for a pin-hole.

    Returns:
        The spoiled picture. None where no defect showed in a number of tries, as on a black picture.

    Raises:
        ValueError: a kind is unknown.
    """
    good = GoodPart(picture=picture, others=others)
    least, most = sizes or (_LEAST_SIZE_PX, max(_LEAST_SIZE_PX, _MOST_SHARE * min(picture.shape[:2])))
    possible = []
    for name in KINDS if kinds is None else kinds:
        if name not in _KINDS:
            raise ValueError(f"no kind of defect is called {name!r}: there are {', '.join(KINDS)}")
        kind = _KINDS[name]
        if max(least, kind.least_px) <= min(most, kind.most_px) and (
            kind.on_two_levels or good.levels is None
        ):
            possible.append(name)
    for _ in range(_KINDS_TRIED if possible else 0):
        name = possible[int(rng.integers(len(possible)))]
        kind = _KINDS[name]
        limits = max(least, kind.least_px), min(most, kind.most_px)
        size_px = float(np.clip(np.exp(rng.uniform(*np.log(limits))), *limits))
        for _ in range(_PLACES_TRIED):
            place = good.place(rng, at_structure=kind.at_structure)
            if place is None:
                break
            if (made := _drawn(Site.at(good, place, size_px), kind, rng)) is not None:
                return Spoiled(picture=made[0], mask=made[1], kind=name, size_px=size_px)
    return None


def _drawn(site: Site, kind: _Kind, rng: np.random.Generator) -> tuple[Picture, Mask] | None:
    """One try: the whole picture with the defect, and its mask; None where it does not show."""
    after = kind.draw(site, rng)
    if after is None:
        return None
    two_levels = site.good.levels is not None
    if site.good.levels is not None:
        after = _two_levels(site.before, after, site.good.levels)
    if not kind.over_the_rim:
        after = np.where(site.part[..., None], after, site.before)
    after = np.clip(np.rint(after), 0.0, 255.0)
    mask = shown(site.before, after, site.part, size_px=site.size_px, two_levels=two_levels)
    least = _LEAST_PIXELS if site.size_px >= _LEAST_SIZE_PX else _LEAST_PIXELS_OF_SPECKS
    if mask is None or np.count_nonzero(mask) < least:
        return None
    height, width = site.shape
    specks = (mask == 0) & (np.abs(after - site.before).mean(axis=2) >= MASK_LEVELS)
    after[specks] = site.before[specks]
    there = np.s_[site.top : site.top + height, site.left : site.left + width]
    picture = site.good.picture.copy()
    picture[there] = after  # one channel goes into all three
    whole = np.zeros(picture.shape[:2], np.uint8)
    whole[there] = mask
    return picture, whole


def _two_levels(before: Plane, after: Plane, levels: Levels) -> Plane:
    """On a picture of two levels each place has one or the other; the rims are as sharp as the picture's."""
    apart = levels.bright - levels.dark
    changed = np.abs(after - before) >= apart / 8.0
    level = np.where(after >= levels.dark + apart / 2.0, levels.bright, levels.dark)
    sharp: Plane = np.where(changed, level, before).astype(np.float32)
    between = (before > levels.dark + apart / 8.0) & (before < levels.bright - apart / 8.0)
    if between.mean() < _SOFT:
        return sharp
    near = cv2.dilate(changed.astype(np.uint8), np.ones((3, 3), np.uint8)).reshape(before.shape) > 0
    soft: Plane = np.where(near, cv2.GaussianBlur(sharp, (0, 0), _SOFT_PX).reshape(before.shape), before)
    return soft
