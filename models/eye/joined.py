"""Several nets of one eye run as one: they judge the same maps, and all cost little more than one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 PyTorch's own name for it

from models.backbone.fused import Convolution, quickest, tried_on
from models.eye.net import EyeNet


class JoinedNets:
    """Gives what each net says, within rounding. It keeps copies of their weights."""

    def __init__(self, nets: Sequence[EyeNet]) -> None:
        """Lay the nets' channels side by side.

        Args:
            nets: At least one, all for the same tower.
        """
        self._strides = nets[0].strides
        with torch.inference_mode():
            entries = [
                _beside([_centred(net, place, stride) for net in nets])
                for place, stride in enumerate(self._strides)
            ]
            levels = []
            for level in range(len(nets[0].around)):
                around = _beside([_of(net.around[level]) for net in nets])
                mix = _beside([_of(net.mix[level]) for net in nets])
                levels += [
                    replace(around, padding=1, groups=len(around.bias)),
                    replace(mix, groups=len(nets), relu=True),
                ]
            self._entries = [quickest([entry], tried_on(entry.weight.shape[1]))[0] for entry in entries]
            self._levels = quickest(levels, tried_on(len(entries[0].bias)))
            self._out = replace(_beside([_of(net.out) for net in nets]), groups=len(nets))

    def __call__(self, maps: Mapping[int, Tensor]) -> Tensor:
        """Give the logits of the finest stride's cells, (pictures, nets, rows, columns), without gradients.

        Args:
            maps: Each stride's, (pictures, channels, rows, columns).
        """
        with torch.inference_mode():
            size = maps[self._strides[0]].shape[-2:]
            entered = [
                entry(maps[stride].contiguous(memory_format=torch.channels_last))
                for stride, entry in zip(self._strides, self._entries, strict=True)
            ]
            joined = entered[0]
            for layer in entered[1:]:
                joined = joined.add_(F.interpolate(layer, size=size, mode="bilinear", align_corners=False))
            joined = joined.relu_()
            for around, mix in zip(self._levels[::2], self._levels[1::2], strict=True):
                joined = joined.add_(mix(around(joined)))
            return self._out(joined)


def _centred(net: EyeNet, place: int, stride: int) -> Convolution:
    """A net's first convolution of a map, with the channels' centres and deviations in its weights."""
    entry = _of(net.entries[place])
    weight = entry.weight.double() / net.get_buffer(f"deviation_{stride}")
    bias = entry.bias - (weight * net.get_buffer(f"centre_{stride}")).sum((1, 2, 3))
    return Convolution(weight.float(), bias.float())


def _of(convolution: nn.Module) -> Convolution:
    known = cast(nn.Conv2d, convolution)
    assert known.bias is not None
    return Convolution(known.weight, known.bias)


def _beside(several: Sequence[Convolution]) -> Convolution:
    """One's outputs after the other's."""
    weight = torch.cat([one.weight for one in several]).contiguous(memory_format=torch.channels_last)
    return Convolution(weight, torch.cat([one.bias for one in several]))
