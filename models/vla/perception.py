"""The way from a picture to what the language model sees of it: context, and evidence of what stands out.

One pass of the tower serves both, and is the one that the normality memory has made already. *Context* is the
feature grid and the whole picture's statistics. *Evidence* of a place is what tells it from the nearest
normal patch, where it lies and how large it is, and a second, small pass over the place itself at the
picture's own resolution, where a scratch is still wider than a cell. A picture without a memory has no normal
to differ from: then the whole of it is the one place.

The way is a ``Perception``: a few frozen steps, each with the numbers that it needs. They are saved with the
model (``models.vla.vla.VlaSettings``), so whoever trains it, measures it or judges by it sees with the same
eyes. What a model makes of it all, the tokens themselves, is learned: ``InspectionVLA.visual_tokens``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 PyTorch's own name for it

from inspection.part import Picture
from models.backbone.features import FeatureMaps, VisionTower
from models.memory.assessment import Assessment, Region
from models.memory.embedding import resized, working_size
from models.memory.memory import NormalityMemory

GEOMETRY: Final = 10
"""Numbers that tell place, size and weight of a region."""
WHOLE: Final = 3
"""Numbers that tell what the memory thinks of the whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place that the language model names."""

    box: tuple[int, int, int, int]
    """In pixels of the picture: left, top, width, height."""
    peak: float
    """Height above the level that unseen good parts stay below; 1 is the level, 0 where nothing is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One picture for the language model; all float32."""

    context: Tensor
    """(cells of the grid, channels of the tower)"""
    whole: Tensor
    """(2 · channels + WHOLE,): mean and deviation of each channel, and the memory's opinion."""
    difference: Tensor
    """(places, channels + GEOMETRY): to the nearest normal patch, in deviations of good patches."""
    zoom: Tensor
    """(places, 2 · channels): mean and deviation of each channel over the place."""
    places: tuple[Place, ...]
    above_threshold: float | None = None
    """The memory's score minus its threshold; None without a memory."""

    @property
    def evidence(self) -> Tensor:
        """(places, 5 · channels + WHOLE + GEOMETRY): all that speaks of each place, the whole picture too."""
        whole = self.whole.expand(len(self.places), -1)
        return torch.cat([whole, self.difference, self.zoom], dim=1).float()


def evidence_size(channels: int) -> int:
    """Width of ``Seen.evidence`` where the tower has so many channels."""
    return 5 * channels + WHOLE + GEOMETRY


class _Step(BaseModel):
    """One step of the way; what it does follows from its numbers alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Grid(_Step):
    """Pools every map to a coarse grid: what lies where, roughly."""

    side: int = Field(default=4, ge=1, le=64)
    """Rows, and columns."""

    @property
    def cells(self) -> int:
        """Each is a token for the language model."""
        return self.side * self.side

    def __call__(self, maps: FeatureMaps) -> Tensor:
        """The first picture's context: (cells, channels), row by row."""
        layers = (maps.maps[stride][:1] for stride in sorted(maps.maps))
        return torch.cat([F.adaptive_avg_pool2d(layer, self.side)[0].flatten(1).T for layer in layers], dim=1)


class Foremost(_Step):
    """Chooses the places that are shown; each costs two to three steps of the language model."""

    most: int = Field(default=3, ge=1, le=8)

    def __call__(self, assessment: Assessment) -> tuple[Region, ...]:
        """The most anomalous places, at least one."""
        return (assessment.regions or (assessment.foremost,))[: self.most]


class Zoom(_Step):
    """Looks at each place once more, from close by."""

    side_px: int = Field(default=160, ge=1, le=4096)
    """Side of the square that a place is looked at in; the nearest side that the tower takes."""
    least_px: int = Field(default=96, ge=1, le=4096)
    """A place is shown with at least so much of what lies around it."""

    def __call__(self, picture: Picture, places: Sequence[Place], *, tower: VisionTower) -> Tensor:
        """(places, 2 · channels): mean and deviation of each channel over the place."""
        side = max(round(self.side_px / tower.strides[-1]), 1) * tower.strides[-1]
        return _statistics(tower.features([self._square(picture, place, side) for place in places]))

    def _square(self, picture: Picture, place: Place, side_px: int) -> Picture:
        """The place and what lies around it, as a square of ``side_px``; at an edge the square moves in."""
        rows, columns = picture.shape[:2]
        left, top, width, height = place.box
        if (width, height) == (columns, rows):
            return resized(picture, side_px, side_px)
        side = min(max(self.least_px, round(1.5 * max(width, height))), rows, columns)
        x = min(max(left + (width - side) // 2, 0), columns - side)
        y = min(max(top + (height - side) // 2, 0), rows - side)
        return resized(picture[y : y + side, x : x + side], side_px, side_px)


class Unaided(_Step):
    """Looks at a picture of a product that no memory was taught of."""

    area_px: int = Field(default=81_920, ge=1, le=1 << 26)
    """Working size, in square pixels."""

    def __call__(self, picture: Picture, *, tower: VisionTower) -> FeatureMaps:
        """The tower's maps of it."""
        height, width = working_size([picture.shape[:2]], area_px=self.area_px, multiple=tower.strides[-1])
        return tower.features([resized(picture, height, width)])


class Perception(_Step):
    """The whole way: the tower's maps, the places, the grid, and a closer look at each place."""

    grid: Grid = Grid()
    foremost: Foremost = Foremost()
    zoom: Zoom = Zoom()
    unaided: Unaided = Unaided()

    def see(
        self,
        picture: Picture,
        *,
        tower: VisionTower,
        memory: NormalityMemory | None,
        assessment: Assessment | None = None,
        mm_per_pixel: float | None = None,
    ) -> Seen:
        """Look at a picture.

        Args:
            picture: RGB, uint8, (height, width, 3).
            tower: The vision tower.
            memory: Of this product; None where none was taught.
            assessment: What the memory said of this picture, where it is known already.
            mm_per_pixel: Scale in the part's plane.
        """
        if memory is None:
            maps = self.unaided(picture, tower=tower)
            places = [Place(box=(0, 0, picture.shape[1], picture.shape[0]), peak=0.0)]
            evidence = [np.zeros(channels_of(maps), np.float32)]
            opinion = (0.0, 0.0, 0.0)
            above_threshold = None
        else:
            assessment = assessment or memory.assess(picture)
            maps = assessment.features
            regions = self.foremost(assessment)
            places = [_place(region) for region in regions]
            evidence = [region.evidence for region in regions]
            above_threshold = assessment.score - memory.threshold
            relative = (assessment.score - memory.median) / (memory.threshold - memory.median)
            opinion = (1.0, math.asinh(relative), assessment.foremost.score)
        geometry = [
            _geometry(place, picture.shape, mm_per_pixel, known=memory is not None) for place in places
        ]
        return Seen(
            context=self.grid(maps),
            whole=torch.cat([_statistics(maps)[0], torch.tensor(opinion)]),
            difference=_difference(evidence, geometry),
            zoom=self.zoom(picture, places, tower=tower),
            places=tuple(places),
            above_threshold=above_threshold,
        )


def channels_of(maps: FeatureMaps) -> int:
    """Channels of all maps together."""
    return sum(layer.shape[1] for layer in maps.maps.values())


def _statistics(maps: FeatureMaps) -> Tensor:
    """Mean and deviation of each channel: (pictures, 2 · channels)."""
    flat = [maps.maps[stride].flatten(2) for stride in sorted(maps.maps)]
    moments = [(layer.mean(2), layer.std(2, unbiased=False)) for layer in flat]
    return torch.cat([moment for pair in moments for moment in pair], dim=1)


def _difference(evidence: Sequence[NDArray[np.float32]], geometry: Sequence[tuple[float, ...]]) -> Tensor:
    told = np.concatenate([np.stack(evidence), np.array(geometry, np.float32)], axis=1)
    return torch.from_numpy(told.astype(np.float32))


def _place(region: Region) -> Place:
    x, y, width, height = (round(value) for value in region.box)
    return Place(box=(x, y, max(width, 1), max(height, 1)), peak=region.score)


def _geometry(
    place: Place, shape: Sequence[int], mm_per_pixel: float | None, *, known: bool
) -> tuple[float, ...]:
    rows, columns = shape[:2]
    left, top, width, height = place.box
    length_px = math.hypot(width, height)
    return (
        float(known),
        (left + width / 2) / columns,
        (top + height / 2) / rows,
        width / columns,
        height / rows,
        math.log(length_px / math.hypot(rows, columns)),
        math.log(width / height),
        place.peak,
        0.0 if mm_per_pixel is None else 1.0,
        0.0 if mm_per_pixel is None else math.log(length_px * mm_per_pixel),
    )
