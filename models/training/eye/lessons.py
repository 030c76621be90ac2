"""Lessons: good parts with a defect drawn on them, and good parts in other light, as the tower sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 PyTorch's own name for it

from inspection.part import Picture
from inspection.simulation.spoiling import spoiled
from models.backbone.features import VisionTower
from models.memory.embedding import look, resized

Told = Callable[[], None]
"""Is told after each picture."""

_LEAST_LIGHT: Final = 0.05
_MOST_LIGHT: Final = 0.25
"""Bounds of how much light is varied: standard deviations of the logarithm of gain and of gamma. In between
the parts' own pictures decide."""
_TRIES: Final = 4
"""How often a defect is drawn anew that came out smaller than asked."""


@dataclass(frozen=True, kw_only=True)
class Lessons:
    """Pictures at one working size, as maps in half precision, about 1 MB each at 400,000 pixels."""

    maps: dict[int, Tensor]
    """stride → (lessons, channels, rows, columns), float16"""
    covered: Tensor
    """(lessons, rows, columns) of the finest stride: the share of the cell that is defective."""
    source: NDArray[np.int64]
    """(lessons,): which of the good pictures each was made of."""
    size_px: NDArray[np.float64]
    """(lessons,): the root of the defect's area in pixels at working size; 0 for a good one."""

    def taking(self, chosen: NDArray[np.bool_]) -> Lessons:
        """Give some of them."""
        places = torch.from_numpy(np.flatnonzero(chosen))
        return Lessons(
            maps={stride: layer[places] for stride, layer in self.maps.items()},
            covered=self.covered[places],
            source=self.source[chosen],
            size_px=self.size_px[chosen],
        )


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """One picture to learn from, before the tower has seen it."""

    picture: Picture
    covered: NDArray[np.uint8]
    """(height, width): 1 where the defect is."""
    source: int
    size_px: float


def draw(
    pictures: Sequence[Picture],
    rng: np.random.Generator,
    *,
    bad: int,
    good: int,
    least_px: float,
    light: float | None,
) -> Iterator[Drawn]:
    """Draw defects on good pictures, in turn, when asked for the next.

    Args:
        pictures: Good ones at one size.
        rng: The same state draws the same.
        bad: How many get a defect; fewer where none shows on some.
        good: How many get none.
        least_px: The least root of a defect's area, in pixels of the pictures.
        light: By how much every other one is shown in other light, as :func:`light_of` says; None: not so.
    """
    # in an order of chance: the first so many of a folder are often of one group
    order = rng.permutation(len(pictures)).tolist()
    for number in range(bad + good):
        source = order[(number if number < bad else number - bad) % len(order)]
        picture, covered, size_px = pictures[source], np.zeros(pictures[source].shape[:2], np.uint8), 0.0
        if number < bad:
            found = _spoiled(pictures, source, rng, least_px)
            if found is None:
                continue
            picture, covered = found
            size_px = float(np.sqrt(np.count_nonzero(covered)))
        if light is not None and number % 2:
            picture = _in_other_light(picture, rng, light)
        yield Drawn(picture=picture, covered=covered, source=source, size_px=size_px)


def see(
    drawn: Iterable[Drawn], *, tower: VisionTower, working: tuple[int, int], told: Told | None = None
) -> Lessons:
    """Show drawn pictures to the tower, scaled to a working size: height and width in pixels."""
    maps: dict[int, list[Tensor]] = {stride: [] for stride in tower.strides}
    covered, sources, sizes_px = [], [], []
    fine = tower.strides[0]
    for one in drawn:
        seen = look(one.picture, tower, working).maps
        for stride, layers in maps.items():
            layers.append(seen[stride][0].half())
        size = (working[1] // fine, working[0] // fine)
        covered.append(cv2.resize(one.covered.astype(np.float32), size, interpolation=cv2.INTER_AREA))
        sources.append(one.source)
        sizes_px.append(one.size_px * (working[0] * working[1] / one.covered.size) ** 0.5)
        if told is not None:
            told()
    return Lessons(
        maps={stride: torch.stack(layers) for stride, layers in maps.items()},
        covered=torch.from_numpy(np.stack(covered)),
        source=np.array(sources, dtype=np.int64),
        size_px=np.array(sizes_px, dtype=np.float64),
    )


def light_of(levels: Sequence[float]) -> float:
    """The deviation of the logarithm of pictures' middling grey ``levels``, within the bounds."""
    logs = np.log([max(level, 1.0) for level in levels])
    return float(np.clip(logs.std(), _LEAST_LIGHT, _MOST_LIGHT))


def at(pictures: Sequence[Picture], size: tuple[int, int]) -> list[Picture]:
    """Scale pictures to a height and width in pixels, one by one."""
    return [resized(picture, *size) for picture in pictures]


def targets(covered: Tensor) -> tuple[Tensor, Tensor]:
    """Say which cells are defective and which count.

    A cell is defective from a quarter covered on, and so is the one that is covered most; what is covered
    less counts for nothing.

    Args:
        covered: (lessons, rows, columns).

    Returns:
        Both as numbers 0 or 1 of the same shape.
    """
    most = F.adaptive_max_pool2d(covered[:, None], 1)[:, 0]
    defective = (covered >= 0.25) | ((covered == most) & (most > 0.0))
    counts = defective | (covered == 0.0)
    return defective.float(), counts.float()


def _spoiled(
    pictures: Sequence[Picture], source: int, rng: np.random.Generator, least_px: float
) -> tuple[Picture, NDArray[np.uint8]] | None:
    height, width = pictures[source].shape[:2]
    most_px = 0.5 * min(height, width)
    others = [pictures[int(index)] for index in rng.integers(len(pictures), size=3)]
    for _ in range(_TRIES):
        found = spoiled(
            pictures[source], rng, others=others, sizes=(min(max(3.0, least_px), most_px), most_px)
        )
        if found is None:
            return None
        covered = (found.mask > 0).astype(np.uint8)
        if np.count_nonzero(covered) >= least_px**2:
            return found.picture, covered
    return None


def _in_other_light(picture: Picture, rng: np.random.Generator, deviation: float) -> Picture:
    gain, gamma = np.exp(rng.normal(0.0, deviation, 2))
    levels = 255.0 * gain * (np.arange(256) / 255.0) ** gamma
    changed: Picture = np.clip(np.rint(levels), 0, 255).astype(np.uint8)[picture]
    return changed
