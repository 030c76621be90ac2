"""The vision tower: one pass over a picture gives the features for all that follows.

The normality memory reads the fine maps, the language model later reads the same pass's coarse grid. A tower
is anything that follows :class:`VisionTower`; :class:`EfficientNetLite0` is the one that ships, and larger
ones of its family look more closely and take longer.

EfficientNet: Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML
2019 (arXiv:1905.11946). Lite: without squeeze-and-excitation, with ReLU6, "Higher accuracy on vision models
with EfficientNet-Lite", TensorFlow blog, 2020.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol, Self, runtime_checkable

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from inspection.part import Picture
from models.backbone.fused import quickest
from models.backbone.layers import Block, Stem
from models.backbone.tiling import WHOLE_PX, in_pieces
from models.weights.base_weights import (
    EFFICIENTNET_LITE0,
    EFFICIENTNET_LITE1,
    EFFICIENTNET_LITE2,
    BaseWeights,
    verify,
)


@dataclass(frozen=True)
class FeatureMaps:
    """What one pass gives: a map of features for each stride of the tower."""

    maps: Mapping[int, Tensor]
    """stride in pixels → features, float32, (pictures, channels, height / stride, width / stride)."""


class VisionTower(Protocol):
    """A frozen network that turns pictures into feature maps. What has been taught on one fits no other."""

    @property
    def name(self) -> str:
        """Which network, for people."""
        ...

    @property
    def sha256(self) -> str:
        """SHA-256 of its weights, for machines."""
        ...

    @property
    def strides(self) -> tuple[int, ...]:
        """The strides of its maps in pixels, finest first; a picture's sides are multiples of the last."""
        ...

    def features(self, pictures: Sequence[Picture]) -> FeatureMaps:
        """Run the network once over a batch of pictures of one size."""
        ...


@runtime_checkable
class AdaptableTower(VisionTower, Protocol):
    """A tower whose later stages can be trained for one product, over its own frozen earlier ones."""

    def tail(self) -> nn.Module:
        """A trainable copy of the stages between its two finest maps: from the first map to the second."""
        ...


@runtime_checkable
class FinerTower(VisionTower, Protocol):
    """A tower that gives other strides' maps too, for who asks: finer ones, for parts with tiny defects."""

    @property
    def all_strides(self) -> tuple[int, ...]:
        """All strides that it can give, in pixels, finest first; unasked it gives those of ``strides``."""
        ...

    def features(self, pictures: Sequence[Picture], *, strides: Sequence[int] | None = None) -> FeatureMaps:
        """Run the network once, as far as the coarsest of ``strides``; None: the tower's ``strides``."""
        ...


@dataclass(frozen=True)
class _Stage:
    """Equal blocks of the network; the first one changes width and resolution."""

    blocks: int
    """Of Lite0; the larger ones have more."""
    stride: int


_STAGES = (_Stage(1, 1), _Stage(2, 2), _Stage(2, 2), _Stage(3, 2), _Stage(3, 1), _Stage(4, 2))
"""All but the last: close to the classifier, it served the memory a little worse and costs time."""
_DEPTHS: Mapping[str, float] = {
    EFFICIENTNET_LITE0.name: 1.0,
    EFFICIENTNET_LITE1.name: 1.1,
    EFFICIENTNET_LITE2.name: 1.2,
}
"""How many times as many blocks a stage has. How wide it is, the weights say."""
_TRIED_PX = 64
"""Sides of the picture on which the network is tried when it is loaded."""
_PIECES: Mapping[int, int] = {1: 512, 4: 256, 8: 256, 16: 256}
"""Stride of what a stage is given → cells along the side of a piece of it, where a picture is large: no stage
then takes more than 200 MB for one picture."""


class EfficientNetLite:
    """EfficientNet-Lite, ImageNet, without its last stage and classifier, frozen, float32, on the CPU.

    Its maps are those of the last block before the resolution is halved, and of the last block there is.
    """

    strides = (8, 16, 32)
    all_strides = (4, 8, 16, 32)

    def __init__(self, entry: BaseWeights, weights: Path | None = None) -> None:
        """Load the weights and fold batch normalisation into the convolutions before it.

        Args:
            entry: which of them, of ``base_weights.TOWERS``.
            weights: its safetensors file; None takes it from the cache and verifies it.

        Raises:
            WeightsError: the cache has no weights, or damaged ones.
        """
        self.name, self.sha256 = entry.name, entry.file_sha256
        state = load_file(weights or verify(entry))
        self._layers: list[Stem | Block] = [Stem(state)]
        self._ends: dict[int, int] = {}  # stride → how many layers there are up to its map
        scale = 2
        for number, stage in enumerate(_STAGES):
            scale *= stage.stride
            # Google's rule for Lite: the first stage is not deepened
            blocks = math.ceil(stage.blocks * _DEPTHS[entry.name]) if number else stage.blocks
            for repeat in range(blocks):
                stride = 1 if repeat else stage.stride
                prefix = f"_blocks.{len(self._layers) - 1}"
                block = Block(state, prefix, stride=stride, expands=number > 0, residual=repeat > 0)
                self._layers.append(block)
            self._ends[scale] = len(self._layers)
        self._reach = {stride: self._seen_beyond(stride) for stride in self.all_strides}
        noise = np.random.default_rng(0).integers(0, 256, (_TRIED_PX, _TRIED_PX, 3), np.uint8)
        with torch.inference_mode():
            self._run = quickest(self._layers, _scaled([noise]))

    def features(self, pictures: Sequence[Picture], *, strides: Sequence[int] | None = None) -> FeatureMaps:
        """Run the network once, as far as the coarsest map that is asked for.

        Args:
            pictures: equally large RGB pictures, uint8, (height, width, 3); height and width multiples of 32.
            strides: whose maps to give, of ``all_strides``; None: those of ``strides``. A map does not depend
                on which others are asked for.

        Returns:
            Maps, finest first. Those of a large picture come about piece by piece (``tiling``) and are the
            same within rounding. Lite0's at strides 4, 8, 16 and 32 have 24, 40, 112 and 192 channels, as
            Lite1's; Lite2's have 24, 48, 120 and 208.

        Raises:
            ValueError: no picture, unequal sizes, another type or number of channels, sides that are not
                multiples of 32, no stride, or one that the tower does not give.
        """
        wanted = set(self.strides if strides is None else strides)
        if not wanted or not wanted <= set(self.all_strides):
            raise ValueError(
                f"{self.name} gives maps at strides {self.all_strides}, not {tuple(strides or ())}"
            )
        maps: dict[int, Tensor] = {}
        with torch.inference_mode():
            x = _scaled(pictures)
            large = x.shape[-2] * x.shape[-1] > WHOLE_PX
            at = 1
            for stride in (one for one in self.all_strides if one <= max(wanted)):
                stage = partial(self._stage, stride)
                if large:
                    x = in_pieces(stage, x, stride=stride // at, reach=self._reach[stride], side=_PIECES[at])
                else:
                    x = stage(x)
                if stride in wanted:
                    maps[stride] = x.contiguous()
                at = stride
        return FeatureMaps(maps)

    def _stage(self, stride: int, x: Tensor) -> Tensor:
        """What leads to the map at a stride: from the one before it, or from the picture."""
        for run in self._run[self._between(stride)]:
            x = run(x)
        return x

    def _between(self, stride: int) -> slice:
        """Which layers lead to the map at a stride: from the one before it, or from the picture."""
        return slice(0 if stride == self.all_strides[0] else self._ends[stride // 2], self._ends[stride])

    def _seen_beyond(self, stride: int) -> int:
        """How many cells of what a stage is given a cell of its map sees to any side of its own."""
        reach, step = 0, 1
        for layer in self._layers[self._between(stride)]:
            reach += layer.kernel // 2 * step
            step *= layer.stride
        return reach

    def unfused(self) -> Self:
        """Give the same tower run layer by layer, which whoever counts PyTorch's operations can follow."""
        plain = copy.copy(self)
        plain._run = plain._layers
        return plain

    def tail(self) -> nn.Sequential:
        """A copy of the stages from stride 8 to stride 16, to be trained: the tower itself stays frozen.

        Returns:
            The map at stride 8 → the map at stride 16; at first the same values as in ``features``, to what
            fusing rounds.
        """
        return copy.deepcopy(nn.Sequential(*self._layers[self._between(16)])).requires_grad_(True)


class EfficientNetLite0(EfficientNetLite):
    """The one that ships: 2.3 million weights."""

    def __init__(self, weights: Path | None = None) -> None:
        """Load it, as :class:`EfficientNetLite` says."""
        super().__init__(EFFICIENTNET_LITE0, weights)


def _scaled(pictures: Sequence[Picture]) -> Tensor:
    """Pictures as the network takes them."""
    return stacked(pictures, multiple=EfficientNetLite.strides[-1]).sub_(127.0).div_(128.0)


def stacked(pictures: Sequence[Picture], *, multiple: int) -> Tensor:
    """Stack pictures of one batch, as a tower takes them.

    Args:
        pictures: equally large RGB pictures, uint8, (height, width, 3).
        multiple: of which both sides must be multiples.

    Returns:
        (pictures, 3, height, width), float32, 0…255, channels last in memory.

    Raises:
        ValueError: no picture, unequal sizes, another type or number of channels, or other sides.
    """
    if not pictures:
        raise ValueError("no picture given")
    shape = pictures[0].shape
    for picture in pictures:
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
            raise ValueError(f"a picture is uint8 (height, width, 3), not {picture.dtype} {picture.shape}")
        if picture.shape != shape:
            raise ValueError(f"pictures of one batch have one size, not {shape[:2]} and {picture.shape[:2]}")
    if shape[0] % multiple or shape[1] % multiple or 0 in shape:
        raise ValueError(f"height and width are multiples of {multiple}, not {shape[:2]}")
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).to(torch.float32)
