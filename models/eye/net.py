"""The trained eye's net: of each cell of the tower's maps, how much it looks like a defect.

One light decoder on frozen maps, after the segmentation head of SuperSimpleNet (Rolih et al., ICPR 2024,
arXiv:2408.03143): the maps of all strides are brought to the finest one's grid and mixed over a few cells.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 PyTorch's own name for it

from models.backbone.features import FeatureMaps

WIDTH: Final = 32
"""Channels of the decoder."""
_MIXES: Final = 2
"""How often cells are mixed with their neighbours: two times 3x3 see five cells, 40 pixels at stride 8."""
_RARELY: Final = -3.0
"""The logit at which training starts: few cells are defective."""
_TOP_SHARE: Final = 0.003
"""A picture looks as defective as the mean of this share of its cells, the highest."""


class EyeNet(nn.Module):
    """Maps in, one logit a cell of the finest map out."""

    def __init__(self, channels: Mapping[int, int]) -> None:
        """Begin untrained.

        Args:
            channels: Of each stride's map.
        """
        super().__init__()
        self.strides = tuple(sorted(channels))
        for stride in self.strides:
            shape = (1, channels[stride], 1, 1)
            self.register_buffer(f"centre_{stride}", torch.zeros(shape))
            self.register_buffer(f"deviation_{stride}", torch.ones(shape))
        self.entries = nn.ModuleList(nn.Conv2d(channels[stride], WIDTH, 1) for stride in self.strides)
        self.around = nn.ModuleList(
            nn.Conv2d(WIDTH, WIDTH, 3, padding=1, groups=WIDTH) for _ in range(_MIXES)
        )
        self.mix = nn.ModuleList(nn.Conv2d(WIDTH, WIDTH, 1) for _ in range(_MIXES))
        self.out = nn.Conv2d(WIDTH, 1, 1)
        assert self.out.bias is not None
        nn.init.constant_(self.out.bias, _RARELY)

    def scale_by(self, maps: FeatureMaps, *, least_deviation: float) -> None:
        """Bring every channel to the mean 0 and the deviation 1 that it has on these pictures."""
        for stride in self.strides:
            layer = maps.maps[stride]
            centre, deviation = layer.mean((0, 2, 3)), layer.std((0, 2, 3)).clamp_min(least_deviation)
            self.get_buffer(f"centre_{stride}").copy_(centre[None, :, None, None])
            self.get_buffer(f"deviation_{stride}").copy_(deviation[None, :, None, None])

    def shift(self, by: float) -> None:
        """Raise all logits, from now on, by a number."""
        with torch.no_grad():
            bias = self.out.bias
            assert bias is not None
            bias.add_(by)

    def forward(self, maps: Mapping[int, Tensor]) -> Tensor:
        """Give the logits.

        Args:
            maps: Each stride's, (pictures, channels, rows, columns).

        Returns:
            (pictures, rows, columns) of the finest stride.
        """
        size = maps[self.strides[0]].shape[-2:]
        entered = []
        for stride, entry in zip(self.strides, self.entries, strict=True):
            centre, deviation = self.get_buffer(f"centre_{stride}"), self.get_buffer(f"deviation_{stride}")
            layer: Tensor = entry((maps[stride] - centre) / deviation)
            if layer.shape[-2:] != size:
                layer = F.interpolate(layer, size=size, mode="bilinear", align_corners=False)
            entered.append(layer)
        joined = F.relu(torch.stack(entered).sum(0))
        for around, mix in zip(self.around, self.mix, strict=True):
            joined = joined + F.relu(mix(around(joined)))
        logits: Tensor = self.out(joined)
        return logits[:, 0]


def of_pictures(logits: Tensor, cells: int | None = None) -> Tensor:
    """Give one number a picture from its cells' logits, (pictures, rows, columns): (pictures,).

    Args:
        logits: Of each cell.
        cells: The mean of so many, the highest, counts: as many as the smallest defect touches, where that is
            known. None: that of a share of all, 0.3 %, in which few cells of a large picture would drown.
    """
    flat = logits.flatten(1)
    most = max(1, int(_TOP_SHARE * flat.shape[1])) if cells is None else min(cells, flat.shape[1])
    return flat.topk(most, dim=1).values.mean(1)
