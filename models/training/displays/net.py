"""The net as it is taught; `inspection.gauges.display.opinion.net` computes the same without torch."""

from itertools import pairwise
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from inspection.gauges.display.opinion.net import CLASSES, STRIDES
from inspection.gauges.display.opinion.view import HIGH, WIDE

_CHANNELS: Final = (2, 12, 20, 32, 48)
_HIDDEN: Final = 48
_LEFT_OUT: Final = 0.2


class PlaceNet(nn.Module):
    """From a place of a display to which digit stands there, and whether a point does behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
            for (inputs, outputs), stride in zip(pairwise(_CHANNELS), STRIDES, strict=True)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(outputs) for outputs in _CHANNELS[1:])
        shrink = int(np.prod(STRIDES))
        self.hidden = nn.Linear(_CHANNELS[-1] * (HIGH // shrink) * (WIDE // shrink), _HIDDEN)
        self.last = nn.Linear(_HIDDEN, CLASSES + 1)
        self.left_out = nn.Dropout(_LEFT_OUT)

    def forward(self, places: torch.Tensor) -> torch.Tensor:
        """Places x (classes and the point), before softmax and sigmoid."""
        x = places
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = torch.relu(norm(convolution(x)))
        x = torch.relu(self.hidden(self.left_out(x.flatten(1))))
        told: torch.Tensor = self.last(x)
        return told

    @torch.no_grad()
    def weights(self) -> dict[str, NDArray[np.float16]]:
        """As they are shipped: each normalisation within its convolution, half precision."""
        kept: dict[str, torch.Tensor] = {
            "hidden": self.hidden.weight,
            "hidden_bias": self.hidden.bias,
            "last": self.last.weight,
            "last_bias": self.last.bias,
        }
        for number, (convolution, norm) in enumerate(zip(self.convolutions, self.norms, strict=True)):
            assert isinstance(convolution, nn.Conv2d)
            assert isinstance(norm, nn.BatchNorm2d)
            assert norm.running_mean is not None
            assert norm.running_var is not None
            scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            kept[f"conv{number}"] = convolution.weight * scale[:, None, None, None]
            kept[f"bias{number}"] = norm.bias - norm.running_mean * scale
        return {name: np.asarray(value.numpy(), np.float16) for name, value in kept.items()}
