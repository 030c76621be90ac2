"""What EfficientNet-Lite is made of, with batch normalisation folded into the convolutions before it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 PyTorch's own name for it

from models.backbone.fused import FrozenConvolution, Run

_BATCH_NORM_EPSILON: Final = 1e-3


class Stem(nn.Module):
    """The first convolution: from a picture to a map of half its sides."""

    kernel, stride = 3, 2

    def __init__(self, state: Mapping[str, Tensor]) -> None:
        super().__init__()
        self._convolution = _convolution(state, "_conv_stem", "_bn0", stride=self.stride)

    def forward(self, x: Tensor) -> Tensor:
        """Give the map of scaled pictures."""
        return F.relu6(self._convolution(x))

    def frozen(self) -> Run:
        """Give the same, fused."""
        return _frozen(self._convolution, relu6=True)


class Block(nn.Module):
    """Inverted residual block: widen, filter each channel, narrow."""

    def __init__(
        self, state: Mapping[str, Tensor], prefix: str, *, stride: int, expands: bool, residual: bool
    ) -> None:
        """Take it from a checkpoint.

        Args:
            state: The checkpoint.
            prefix: What its names begin with there.
            stride: Of the filter.
            expands: Whether it widens before it filters.
            residual: Whether what it was given is added.
        """
        super().__init__()
        self._expand = _convolution(state, f"{prefix}._expand_conv", f"{prefix}._bn0") if expands else None
        self._filter = _convolution(state, f"{prefix}._depthwise_conv", f"{prefix}._bn1", stride=stride)
        self._project = _convolution(state, f"{prefix}._project_conv", f"{prefix}._bn2")
        self._residual = residual
        self.kernel, self.stride = state[f"{prefix}._depthwise_conv.weight"].shape[-1], stride

    def forward(self, x: Tensor) -> Tensor:
        """Give the next map."""
        wide = x if self._expand is None else F.relu6(self._expand(x), inplace=True)
        narrow: Tensor = self._project(F.relu6(self._filter(wide), inplace=True))
        return narrow.add_(x) if self._residual else narrow

    def frozen(self) -> Run:
        """Give the same, fused."""
        expand = None if self._expand is None else _frozen(self._expand, relu6=True)
        filtered, narrowed = _frozen(self._filter, relu6=True), _frozen(self._project)

        def run(x: Tensor) -> Tensor:
            narrow = narrowed(filtered(x if expand is None else expand(x)))
            return narrow.add_(x) if self._residual else narrow

        return run


class _SamePadded(nn.Module):
    """A strided convolution padded as TensorFlow does on even sides: the odd pixel goes right and below."""

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self._convolution = convolution
        before = (convolution.kernel_size[0] - 2) // 2
        self._padding = (before, before + 1, before, before + 1)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self._convolution(F.pad(x, self._padding))
        return result

    def frozen(self, *, relu6: bool) -> FrozenConvolution:
        """Give the same, fused, and without a padded copy of the map.

        The kernel gets a row of zeros above and a column of zeros on the left: then the padding is as wide on
        all sides, which oneDNN does by itself.
        """
        weight = F.pad(self._convolution.weight, (1, 0, 1, 0)).contiguous(memory_format=torch.channels_last)
        return _fused(self._convolution, weight, padding=self._padding[1], relu6=relu6)


def _convolution(
    state: Mapping[str, Tensor], name: str, batch_norm: str, *, stride: int = 1
) -> nn.Conv2d | _SamePadded:
    """Build one convolution with the batch normalisation that follows it folded in."""
    weight = state[f"{name}.weight"]
    deviation = torch.sqrt(state[f"{batch_norm}.running_var"] + _BATCH_NORM_EPSILON)
    scale = state[f"{batch_norm}.weight"] / deviation
    outputs, inputs_per_group, kernel, _ = weight.shape
    groups = outputs if inputs_per_group == 1 else 1
    padding = kernel // 2 if stride == 1 else 0
    convolution = nn.Conv2d(inputs_per_group * groups, outputs, kernel, stride, padding, groups=groups)
    convolution.weight = nn.Parameter(weight * scale[:, None, None, None], requires_grad=False)
    bias = state[f"{batch_norm}.bias"] - state[f"{batch_norm}.running_mean"] * scale
    convolution.bias = nn.Parameter(bias, requires_grad=False)
    convolution = convolution.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # stub lacks it
    return convolution if stride == 1 else _SamePadded(convolution)


def _frozen(convolution: nn.Conv2d | _SamePadded, *, relu6: bool = False) -> FrozenConvolution:
    if isinstance(convolution, _SamePadded):
        return convolution.frozen(relu6=relu6)
    return _fused(convolution, convolution.weight, padding=convolution.kernel_size[0] // 2, relu6=relu6)


def _fused(convolution: nn.Conv2d, weight: Tensor, *, padding: int, relu6: bool) -> FrozenConvolution:
    return FrozenConvolution(
        weight,
        convolution.bias,
        padding=padding,
        stride=convolution.stride[0],
        groups=convolution.groups,
        then="relu6" if relu6 else None,
    )
