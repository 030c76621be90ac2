"""Variants of labelled pictures, and their feature maps: the first half of the tower runs once for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 PyTorch's own name for it

from inspection.files.one_by_one import OneByOne
from inspection.part import Picture
from inspection.simulation.defects import Mask
from inspection.simulation.spoiling import spoiled
from models.backbone.features import AdaptableTower
from models.memory.cells import finest
from models.memory.embedding import described, resized
from models.memory.memory import NormalityMemory
from models.training.adapting.labelled import AdaptationSettings, Counter, Example, Label

_IN_MASK: Final = 0.3
"""Share of a quarter of a cell that a mask must cover for the cell to be defective."""
_PASS: Final = 8
"""Pictures in one pass of the tower."""


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Feature maps of all variants, so that the expensive first half of the tower runs once for each."""

    fine: Tensor
    """(variants, channels, rows, columns), half"""
    cells: Tensor
    """(variants, rows, columns), bool: which are defective"""
    source: Tensor
    """(variants,): index of the example"""
    kind: Tensor
    """(variants,): one of the below"""
    whole: Tensor
    """(examples, pooled channels): of the pictures as they are, by both looks where there are two"""

    GOOD: Final = 0
    MARKED: Final = 1
    UNMARKED: Final = 2
    SYNTHETIC: Final = 3
    UNUSED: Final = 4

    @classmethod
    def fill(
        cls,
        examples: Sequence[Example],
        labels: Sequence[Label],
        memory: NormalityMemory,
        tower: AdaptableTower,
        settings: AdaptationSettings,
        seed: int,
        counted: Counter,
        *,
        closer: tuple[int, int] | None,
        later: int,
    ) -> Pool:
        """Vary all examples, spoil the good ones, look at them; what there is to do after it is ``later``.

        One example and one pass's variants are in memory at a time, beside the maps.
        """
        working = finest(memory.assess(examples[0].picture).features).shape[-2:]
        height, width = (side * min(tower.strides) for side in working)
        places = [place for place, label in enumerate(labels) if not label.defective]
        good = OneByOne(places, lambda place: _scaled(examples[place], height, width)[0])
        variants = max(2, min(settings.variants, settings.most_maps // (len(labels) + len(good) // 2)))
        counted.total = len(labels) * (2 + variants) + len(good) * (variants // 2) + later
        waiting: list[Picture] = []
        fine: list[Tensor] = []
        cells: list[Tensor] = []
        source: list[int] = []
        kind: list[int] = []
        whole: list[Tensor] = []

        def look() -> None:
            fine.append(finest(tower.features(waiting)).half())
            counted.add(len(waiting))
            waiting.clear()

        def put(picture: Picture, mask: Mask, index: int, of_kind: int) -> None:
            waiting.append(picture)
            cells.append(_cells(mask, min(tower.strides)))
            source.append(index)
            kind.append(of_kind)
            if len(waiting) == _PASS:
                look()

        for index, one in enumerate(examples):
            picture, mask = _scaled(one, height, width)
            maps = tower.features([picture])
            whole.append(described(maps, one.picture, tower=tower, closer=closer))
            counted.add(1)
            rng = np.random.default_rng((seed, index))
            for shown, marked_as, of_kind in cls._of_one(picture, mask, one.defective, variants, good, rng):
                put(shown, marked_as, index, of_kind)
        if waiting:
            look()
        marked = torch.stack(cells)
        kinds = torch.tensor(kind)
        # a defect that was moved out of the picture leaves a good one, but who knows
        kinds[(kinds == cls.MARKED) & ~marked.flatten(1).any(1)] = cls.UNUSED
        return cls(
            fine=torch.cat(fine),
            cells=marked,
            source=torch.tensor(source),
            kind=kinds,
            whole=torch.stack(whole),
        )

    @classmethod
    def _of_one(
        cls,
        picture: Picture,
        mask: Mask | None,
        defective: bool,
        variants: int,
        good: Sequence[Picture],
        rng: np.random.Generator,
    ) -> Iterator[tuple[Picture, Mask, int]]:
        """Vary one example, and a good one spoiled as well: the picture, where it is defective, its kind."""
        blank = np.zeros(picture.shape[:2], np.uint8)
        real = cls.GOOD if not defective else cls.UNMARKED if mask is None else cls.MARKED
        # the good ones are shown spoiled as well, so half as many as they are suffice
        for _ in range(variants if defective else max(1, variants // 2)):
            yield *varied(picture, blank if mask is None else mask, rng), real
        for _ in range(0 if defective else variants):
            turned, _ = varied(picture, blank, rng)
            if (worse := spoiled(turned, rng, others=good)) is not None:
                yield worse.picture, worse.mask, cls.SYNTHETIC


def _scaled(one: Example, height: int, width: int) -> tuple[Picture, Mask | None]:
    picture = resized(one.picture, height, width)
    if one.mask is None or not one.mask.any():
        return picture, None
    marked = np.where(one.mask > 0, 255, 0).astype(np.uint8)
    mask = cv2.resize(marked, (width, height), interpolation=cv2.INTER_AREA)
    return picture, mask.astype(np.uint8, copy=False)


def varied(picture: Picture, mask: Mask, rng: np.random.Generator) -> tuple[Picture, Mask]:
    """Mirrored, a little turned, scaled and moved, in another light and contrast."""
    height, width = mask.shape
    mirrored = rng.choice((1, -1), 2)
    scale, angle = rng.uniform(0.9, 1.12), np.deg2rad(rng.uniform(-4.0, 4.0))
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    turn = np.array([[cos, -sin], [sin, cos]]) * mirrored
    middle = np.array([(width - 1) / 2.0, (height - 1) / 2.0])
    moved = middle + rng.uniform(-0.04, 0.04, 2) * (width, height) - turn @ middle
    affine = np.column_stack([turn, moved])
    warped = [
        cv2.warpAffine(
            plane, affine, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
        )
        for plane in (picture, mask)
    ]
    light = warped[0].astype(np.float32)
    mean = light.mean()
    light = (light - mean) * rng.uniform(0.8, 1.25) + mean * rng.uniform(0.8, 1.2)
    return np.clip(np.rint(light), 0, 255).astype(np.uint8), warped[1].astype(np.uint8, copy=False)


def _cells(mask: Mask, stride: int) -> Tensor:
    """Which cells are defective, (rows, columns): by their most covered quarter, so thin lines count.

    A defect that is smaller than that is at least in the cell which holds most of it.
    """
    share = torch.from_numpy(mask).float().div_(255.0)[None]
    covered = F.max_pool2d(F.avg_pool2d(share, stride // 4), 4)[0]
    most = float(covered.max())
    return covered >= min(_IN_MASK, most) if most > 0.0 else torch.zeros_like(covered, dtype=torch.bool)
