"""The net that tells defective cells: a copy of the tower's middle stages, and a light decoder on it.

It joins two strides of the tower (after Lin et al., "Feature Pyramid Networks", CVPR 2017, arXiv:1612.03144).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 PyTorch's own name for it

from models.backbone.features import FeatureMaps

_WIDTH: Final = 48
"""Channels of the decoder."""
_TOP_SHARE: Final = 0.003
"""A picture is as defective as the mean of this share of its cells, the highest; small defects decide."""
_RARELY: Final = -3.0
"""Logit at which the decoder starts: few cells are defective."""


class CellNet(nn.Module):
    """The net says of each cell at the tower's finest stride how much it looks like a defect."""

    def __init__(self, tail: nn.Module, *, fine_channels: int, middle_channels: int) -> None:
        """Put a decoder on ``tail``, which leads from the tower's finest map to the next one."""
        super().__init__()
        self.tail = tail
        self.fine = nn.Conv2d(fine_channels, _WIDTH, 1)
        self.middle = nn.Conv2d(middle_channels, _WIDTH, 1)
        self.around = nn.Conv2d(_WIDTH, _WIDTH, 3, padding=1, groups=_WIDTH)
        self.mix = nn.Conv2d(_WIDTH, _WIDTH, 1)
        self.out = nn.Conv2d(_WIDTH, 1, 1)
        assert self.out.bias is not None
        nn.init.constant_(self.out.bias, _RARELY)

    def forward(self, fine: Tensor) -> Tensor:
        """Give the logits of the cells.

        Args:
            fine: The tower's finest map, (pictures, channels, rows, columns), of even rows and columns.

        Returns:
            (pictures, rows, columns)
        """
        middle = F.interpolate(self.middle(self.tail(fine)), size=fine.shape[-2:], mode="bilinear")
        joined = F.relu(middle + self.fine(fine))
        joined = joined + F.relu(self.mix(self.around(joined)))
        logits: Tensor = self.out(joined)
        return logits[:, 0]

    @staticmethod
    def of_pictures(cells: Tensor, share: float = _TOP_SHARE) -> Tensor:
        """Give one logit a picture from those of its cells: the mean of the highest ``share`` of them."""
        flat = cells.flatten(1)
        return flat.topk(max(1, int(share * flat.shape[1])), dim=1).values.mean(1)


def finest(maps: FeatureMaps) -> Tensor:
    """Give the tower's finest map, (pictures, channels, rows, columns), channels last in memory."""
    return maps.maps[min(maps.maps)].contiguous(memory_format=torch.channels_last)


def said_by(nets: Sequence[CellNet], maps: FeatureMaps) -> Tensor | None:
    """Give what each net says of one picture's cells, (nets, rows, columns); None where there are none."""
    if not nets:
        return None
    fine = finest(maps)
    with torch.inference_mode():
        return torch.cat([net(fine) for net in nets])
