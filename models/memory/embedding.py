"""From a picture to numbers: the tower's maps as patches, and as one description of the whole picture."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 PyTorch's own name for it

from inspection.errors import WeightsError
from inspection.part import Picture
from models.backbone.features import FeatureMaps, VisionTower

LEAST_DEVIATION: Final = 1e-3
"""The least deviation of a feature: keeps what never varies (a black picture) from dividing by zero."""
MOST_FEATURE: Final = 1e6
"""The largest feature; no tower in order gives more, and the distances' squares stay finite below it."""
MOST_DISTANCE: Final = 1e9
"""The largest distance: features and their deviations being what they are, none is larger."""


@dataclass(frozen=True, kw_only=True)
class Embedding:
    """One picture in the memory's terms."""

    patches: Tensor
    """(rows · columns, patch channels)"""
    rows: int
    columns: int
    whole: Tensor
    """(pooled channels,): what ``moments`` gives"""


def working_size(sizes: Sequence[tuple[int, ...]], *, area_px: int, multiple: int) -> tuple[int, int]:
    """Choose sides of nearly the given area, in the middling aspect ratio of some pictures.

    Args:
        sizes: The height and width of each picture, in pixels.
        area_px: The wanted area.
        multiple: Both sides are multiples of it.

    Returns:
        Height and width in pixels, each at least one multiple.
    """
    aspect = float(np.median([width / height for height, width in sizes]))
    height = max(multiple, round(math.sqrt(area_px / aspect) / multiple) * multiple)
    width = max(multiple, round(math.sqrt(area_px * aspect) / multiple) * multiple)
    return height, width


def resized(picture: Picture, height: int, width: int) -> Picture:
    """Scale a picture to a size in pixels: by area where it shrinks, else linearly."""
    shrinks = height * width < picture.shape[0] * picture.shape[1]
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(picture, (width, height), interpolation=interpolation).astype(np.uint8, copy=False)


def look(picture: Picture, tower: VisionTower, size: tuple[int, int]) -> FeatureMaps:
    """Show a picture to the tower.

    Args:
        picture: RGB, uint8, (height, width, 3).
        tower: The vision tower.
        size: The working size that the picture is scaled to: height and width in pixels.

    Raises:
        WeightsError: The tower gives NaN, infinity or numbers beyond ``MOST_FEATURE``.
    """
    maps = tower.features([resized(picture, *size)])
    if not all(map(_usable, maps.maps.values())):
        raise WeightsError(
            f"the vision tower {tower.name} gives no usable numbers",
            part="the part goes to manual review",
            todo="check the tower's weights: passgate weights pull",
        )
    return maps


def _usable(layer: Tensor) -> bool:
    """Whether no number of it is NaN, infinite or beyond ``MOST_FEATURE``."""
    least, most = torch.aminmax(layer)  # NaN where there is any, and then neither comparison holds
    return bool(least > -MOST_FEATURE) and bool(most < MOST_FEATURE)


def embed(maps: FeatureMaps) -> Embedding:
    """Describe the first picture of ``maps`` by its patches and as a whole.

    The patches are all maps, averaged over 3x3 cells, on the second one's grid; a tower may have one map
    only, and then its grid is taken.
    """
    layers = [
        maps.maps[stride][:1].contiguous(memory_format=torch.channels_last)  # pooled many channels at a time
        for stride in sorted(maps.maps)
    ]
    rows, columns = layers[min(1, len(layers) - 1)].shape[-2:]
    joined = torch.cat([_on_grid(layer, rows, columns) for layer in layers], dim=1)
    return Embedding(
        patches=joined[0].flatten(1).T.contiguous(), rows=rows, columns=columns, whole=moments(maps)
    )


def moments(maps: FeatureMaps) -> Tensor:
    """Describe the first picture of ``maps`` as a whole, by the moments of all channels.

    Returns:
        (pooled channels,): four numbers for each channel of each map, the finest map first.
    """
    return torch.cat([_moments(maps.maps[stride][0].flatten(1)) for stride in sorted(maps.maps)])


def described(
    maps: FeatureMaps,
    picture: Picture,
    *,
    tower: VisionTower,
    closer: tuple[int, int] | None,
    seen: FeatureMaps | None = None,
) -> Tensor:
    """Describe a picture as a whole by the moments of a pass over it and of a second, closer look.

    Args:
        maps: The first pass.
        picture: RGB, uint8, (height, width, 3).
        tower: The one that ``maps`` came from.
        closer: Height and width of the second look, in pixels; None: there is none.
        seen: What somebody saw of it already; taken where it is that look.

    Returns:
        (pooled channels,), twice as many where there is a second look.

    Raises:
        WeightsError: The tower gives no usable numbers.
    """
    first = moments(maps)
    if closer is None:
        return first
    if seen is None or _size_of(seen) != closer:
        seen = look(picture, tower, closer)
    return torch.cat([first, moments(seen)])


def _size_of(maps: FeatureMaps) -> tuple[int, int]:
    """Height and width of what the tower was shown, in pixels."""
    stride = min(maps.maps)
    rows, columns = maps.maps[stride].shape[-2:]
    return rows * stride, columns * stride


def _moments(layer: Tensor) -> Tensor:
    """How each channel's values lie over the picture: mean, log deviation, skewness, log kurtosis.

    The third and fourth moment tell a few outlying cells, which is what a small defect is, from a change
    of the whole surface; mean and deviation alone hardly do.

    Args:
        layer: (channels, cells).

    Returns:
        (4 · channels,)
    """
    mean = layer.mean(1)
    centred = layer - mean[:, None]
    variance = centred.square().sum(1) / (layer.shape[1] - 1)  # torch's own takes longer than all else here
    deviation = variance.sqrt().clamp_min(LEAST_DEVIATION)
    standard = centred / deviation[:, None]
    square = standard.square()
    kurtosis = square.square().mean(1).clamp_min(1.0)  # it is never less, but where nothing varies
    return torch.cat([mean, deviation.log(), (square * standard).mean(1), kurtosis.log()])


def _on_grid(layer: Tensor, rows: int, columns: int) -> Tensor:
    smooth = F.avg_pool2d(layer, 3, 1, 1, count_include_pad=False)
    if smooth.shape[-1] > columns:
        return F.adaptive_avg_pool2d(smooth, (rows, columns))
    return F.interpolate(smooth, (rows, columns), mode="bilinear", align_corners=False)
