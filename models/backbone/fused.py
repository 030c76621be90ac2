"""A frozen convolution and the relu after it as one call of oneDNN.

By themselves each reads and writes the whole map, the weights are brought into oneDNN's order anew for every
picture, and TensorFlow's padding copies the map once more: half of a tower's time. The operators are those
into which torch.compile turns a convolution on a CPU. PyTorch promises nothing of them, so a network runs on
them only where they exist and have been found to give what its own layers give (:func:`quickest`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Literal, Protocol

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 PyTorch's own name for it

_ROUNDING: Final = 1e-4
"""How far a layer's result may be off, as a share of its largest number."""

_TRIED_CELLS: Final = 8
"""Sides of the map on which layers are tried."""
_MOST_SHAPES: Final = 16
"""For so many shapes of maps weights are kept in order: a few working sizes, and at the finest stages, where
weights are small, the pieces of large pictures (inside, at each edge, in each corner)."""
_THEN: Final = {
    None: ("none", [], ""),
    "relu": ("relu", [], ""),
    "relu6": ("hardtanh", [0.0, 6.0], ""),
}
"""As the operator calls it: name, numbers, algorithm."""

Run = Callable[[Tensor], Tensor]
"""What is given a map and gives the next one."""


class Layer(Protocol):
    """A part of a network, run as PyTorch does it."""

    def __call__(self, x: Tensor, /) -> Tensor:
        """Give the next map."""
        ...

    def frozen(self) -> Run:
        """Give what computes the same by :class:`FrozenConvolution`."""
        ...


class FrozenConvolution:
    """A convolution in float32 on the CPU, without gradients."""

    def __init__(
        self,
        weight: Tensor,
        bias: Tensor | None,
        *,
        padding: int = 0,
        stride: int = 1,
        groups: int = 1,
        then: Literal["relu", "relu6"] | None = None,
    ) -> None:
        """Keep the weights; for each shape of map that comes they are brought into oneDNN's order once.

        Args:
            weight: (outputs, inputs a group, rows, columns).
            bias: (outputs,)
            padding: Cells on each side.
            stride: Of rows and columns.
            groups: Of channels, each by itself.
            then: What follows.
        """
        self._bias = bias
        self._how = [padding] * 2, [stride] * 2, [1, 1], groups
        self._then = _THEN[then]
        self._weight = weight.detach()
        self._ordered: OrderedDict[torch.Size, Tensor] = OrderedDict()

    def __call__(self, x: Tensor) -> Tensor:
        """Run it over (pictures, inputs, rows, columns)."""
        result: Tensor = torch.ops.mkldnn._convolution_pointwise(
            x, self._ordered_for(x.shape), self._bias, *self._how, *self._then
        )
        return result

    def _ordered_for(self, shape: torch.Size) -> Tensor:
        """The weights in the order in which oneDNN wants them for maps of that shape.

        An order that fits another shape is right too, but oneDNN then brings them into its own at every call,
        and for some shapes by a loop that takes six times as long as the whole network.
        """
        # popped and put back at the end; two threads do the same work twice at worst
        weight = self._ordered.pop(shape, None)
        if weight is None:
            weight = torch.ops.mkldnn._reorder_convolution_weight(self._weight, *self._how, list(shape))
        self._ordered[shape] = weight
        if len(self._ordered) > _MOST_SHAPES:
            with suppress(KeyError):
                self._ordered.popitem(last=False)
        return weight


@dataclass(frozen=True)
class Convolution:
    """A layer by itself, with weights that nobody trains; :class:`FrozenConvolution` says what they are."""

    weight: Tensor
    bias: Tensor
    padding: int = 0
    groups: int = 1
    relu: bool = False

    def __call__(self, x: Tensor) -> Tensor:
        """Give the next map."""
        made = F.conv2d(x, self.weight, self.bias, padding=self.padding, groups=self.groups)
        return F.relu(made) if self.relu else made

    def frozen(self) -> Run:
        """Give what computes the same by :class:`FrozenConvolution`."""
        return FrozenConvolution(
            self.weight,
            self.bias,
            padding=self.padding,
            groups=self.groups,
            then="relu" if self.relu else None,
        )


def quickest(layers: Sequence[Layer], shown: Tensor) -> Sequence[Run]:
    """Give the layers fused, where this torch on this machine can and each gives the same within rounding.

    Args:
        layers: Of a frozen network, each following the one before it.
        shown: What the first one is tried on.

    Returns:
        As many, that do the same; ``layers`` themselves where they cannot be fused.
    """
    try:
        frozen = [layer.frozen() for layer in layers]
        x = shown
        for layer, quick in zip(layers, frozen, strict=True):
            same, x = quick(x), layer(x)
            if not bool((same - x).abs().amax() <= _ROUNDING * x.abs().amax()):  # nor for NaN
                return layers
    except (AttributeError, NotImplementedError, RuntimeError, TypeError, ValueError):
        return layers  # another torch, or one that was built without oneDNN
    return frozen


def tried_on(channels: int) -> Tensor:
    """A map to try layers on. Nothing is drawn: that would change what a seed makes of a training."""
    numbers = torch.linspace(-1.0, 1.0, channels * _TRIED_CELLS**2)
    shown = numbers.reshape(1, channels, _TRIED_CELLS, _TRIED_CELLS)
    return shown.contiguous(memory_format=torch.channels_last)
