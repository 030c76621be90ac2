"""A product and a tower that cost next to nothing."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from inspection.part import Picture
from models.backbone.features import FeatureMaps
from models.benchmarks.products.product import Product, Specimen


class BlockTower:
    """The mean and deviation of each block's colours, and how often it was asked."""

    name, sha256, strides = "blocks", "0" * 64, (16, 32)

    def __init__(self) -> None:
        self.asked = 0

    def features(self, pictures: Sequence[Picture]) -> FeatureMaps:
        self.asked += len(pictures)
        return FeatureMaps(
            {
                stride: torch.cat([_blocks(picture.astype(np.float32), stride) for picture in pictures])
                for stride in self.strides
            }
        )

    def tail(self) -> nn.Module:
        return nn.Identity()


def _blocks(picture: np.ndarray[tuple[int, ...], np.dtype[np.float32]], stride: int) -> torch.Tensor:
    size = (picture.shape[1] // stride, picture.shape[0] // stride)
    mean = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    square = cv2.resize(picture**2, size, interpolation=cv2.INTER_AREA)
    deviation = np.sqrt(np.maximum(square - mean**2, 0.0))
    joined = np.concatenate([mean, deviation], axis=2).astype(np.float32) / 50.0
    return torch.from_numpy(joined).permute(2, 0, 1)[None]


def plate(number: int, *, defective: bool) -> Picture:
    """A grey plate, no two alike; a defective one has a dark spot."""
    rng = np.random.default_rng(number)
    picture = 130.0 + rng.normal(0.0, 8.0) + rng.normal(0.0, 5.0, (64, 64, 3))
    if defective:
        row, column = rng.integers(8, 44, 2)
        picture[row : row + 12, column : column + 12] = 30.0
    return np.clip(picture, 0, 255).astype(np.uint8)


def plates(_data: Path, seed: int, *, groups: int = 24, each: int = 4) -> tuple[Specimen, ...]:
    """Every fourth plate of a group is defective."""
    return tuple(
        Specimen(
            name=f"plate {group}.{number}",
            group=f"batch {group}",
            kin=f"plate {group}.{number}",
            defective=number % 4 == 3,
            read=partial(plate, (seed * groups + group) * each + number, defective=number % 4 == 3),
        )
        for group in range(groups)
        for number in range(each)
    )


PLATES = Product(name="plates", defects="drawn", folder=None, specimens=plates)
