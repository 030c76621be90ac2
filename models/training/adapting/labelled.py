"""Labelled pictures of one product, and what can be chosen when learning from them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from inspection.part import Picture
from inspection.pictures.copies import pixels_sha256
from inspection.pictures.decoding.decoding import read_picture
from inspection.pictures.labels.masks import read_mask
from inspection.recipe import EIGHT_BITS, GreyLevels
from inspection.simulation.defects import Mask
from models.training.data.photographs import Photograph

Progress = Callable[[int, int], None]
"""Is told what is done, and of how much."""


class AdaptationSettings(BaseModel):
    """What can be chosen when adapting; docs/measurements/labels.md has what was tried."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folds: int = 3
    steps: int = Field(200, ge=20)
    steps_a_label: float = 3.0
    most_steps: int = 500
    """Few labels are soon learned, and longer would only learn them by heart."""
    batch: int = 24
    """Windows in one step, each a quarter of a picture or less."""
    window_cells: int = Field(400, ge=16)
    """The most cells in a window: learning takes no longer where pictures are looked at in more detail. It is
    what a quarter of a picture had at 81,920 px, where all else here was tried."""
    rate: float = 8e-4
    """Highest learning rate; the decoder's is three times, the pretrained stages' half of it."""
    variants: int = 8
    """Of each picture: turned, moved, in other light. Fewer where there are many pictures."""
    most_maps: int = 2_500
    """Variants of all pictures together: bounds memory (1.25 B a pixel of working area each) and time."""
    good_share: float = 0.4
    synthetic_share: float = 0.2
    """Of the windows; the rest are real defects. Without a mask there, synthetic ones take their place."""
    shrinkage: float = 0.3
    """Weight of the identity in the covariance of the direction."""
    escapes: float = Field(0.05, gt=0.0, lt=1.0)
    """Asked of the threshold: at most this share of the defects lies below it."""
    overkill: float = Field(0.10, gt=0.0, le=0.5)
    """Asked of the threshold: at most this share of the good pictures lies above it."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """One labelled picture."""

    picture: Picture
    defective: bool
    group: Hashable
    """Near-copies of each other have one group; it is held out as a whole."""
    mask: Mask | None = None
    """(height, width) of the picture, not 0 where the defect is; None where nobody has marked it."""
    sha256: str = ""
    """Of the whole picture's pixels as the camera gave them (``pixels_sha256``); empty where it was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What is known of an example without its picture."""

    defective: bool
    group: Hashable
    size: tuple[int, int]
    """Height and width of the picture."""
    marked: tuple[int, int] | None
    """Height and width of the mask; None where nobody has marked the defect."""

    @classmethod
    def of(cls, one: Example) -> Self:
        """An example's."""
        height, width = one.picture.shape[:2]
        marked = None if one.mask is None else (one.mask.shape[0], one.mask.shape[1])
        return cls(defective=one.defective, group=one.group, size=(height, width), marked=marked)


def read_example(photograph: Photograph, levels: GreyLevels = EIGHT_BITS) -> Example:
    """Read a labelled photograph with its mask or outlines; the recipe's ``levels`` say how it is judged.

    Raises:
        CameraError: The picture or its mask cannot be read.
        DatasetError: The mask is of another size.
    """
    read = read_picture(photograph.path, bit_depth=levels.bit_depth)
    picture = levels.shown(read)
    mask: Mask | None = None
    if photograph.mask is not None:
        mask = read_mask(photograph.mask, size=picture.shape[:2])
    elif photograph.polygons:
        mask = np.zeros(picture.shape[:2], np.uint8)
        for outline in photograph.polygons:
            cv2.fillPoly(mask, [np.rint(np.array(outline)).astype(np.int32)], 255)
    return Example(
        picture=picture,
        defective=bool(photograph.defects),
        group=photograph.group,
        mask=mask,
        sha256=pixels_sha256(read),
    )


class Counter:
    """Adds up what is done of what there is to do."""

    def __init__(self, listener: Progress | None) -> None:
        self._listener = listener
        self._done = 0
        self.total = 1

    def add(self, amount: int) -> None:
        """So much more is done."""
        self._done += amount
        if self._listener is not None:
            self._listener(min(self._done, self.total), self.total)

    def part(self, amount: int) -> Progress:
        """A listener for work inside this one, that counts its own way: all of it counts ``amount`` here."""
        added = 0

        def heard(done: int, total: int) -> None:
            nonlocal added
            reached = amount * min(done, total) // max(total, 1)
            if reached > added:
                self.add(reached - added)
                added = reached

        return heard

    def finish(self) -> None:
        """All is done."""
        self.add(self.total)
