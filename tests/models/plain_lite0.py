"""EfficientNet-Lite once more, as plain as can be: no folding, TensorFlow's padding spelt out.

It shares no code with models/backbone/features.py. ``python -m tests.models.plain_lite0`` wrote reference.npz
from the original checkpoint.
"""

import sys
from collections.abc import Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from inspection.part import Picture

REFERENCE = Path(__file__).with_name("reference.npz")
LITE0 = (1, 2, 2, 3, 3, 4, 1)
"""Blocks of each stage, as the checkpoint numbers them."""
LARGER = (1, 3, 3, 4, 4, 5, 1)
"""Of Lite1 and Lite2."""
WIDTHS = {1: (16, 24, 40, 80, 112, 192, 320), 2: (16, 24, 48, 88, 120, 208, 352)}
"""Channels after each stage, by the number of the Lite."""


def clock(size: int = 224) -> Picture:
    """A wall clock, ten past ten, drawn."""
    picture = np.full((size, size, 3), (176, 150, 120), np.uint8)
    centre, radius = size // 2, int(size * 0.42)
    cv2.circle(picture, (centre, centre), radius, (40, 30, 25), -1, cv2.LINE_AA)
    cv2.circle(picture, (centre, centre), int(radius * 0.9), (245, 245, 240), -1, cv2.LINE_AA)
    for hour in range(1, 13):
        angle = np.deg2rad(hour * 30 - 90)
        x, y = centre + 0.74 * radius * np.cos(angle), centre + 0.74 * radius * np.sin(angle)
        scale = size / 448
        (width, height), _ = cv2.getTextSize(str(hour), cv2.FONT_HERSHEY_SIMPLEX, scale, 2)
        place = (int(x - width / 2), int(y + height / 2))
        cv2.putText(picture, str(hour), place, cv2.FONT_HERSHEY_SIMPLEX, scale, (20, 20, 20), 2, cv2.LINE_AA)
    for degrees, length, thickness in ((305, 0.5, 5), (60, 0.7, 3)):
        angle = np.deg2rad(degrees - 90)
        tip = (int(centre + length * radius * np.cos(angle)), int(centre + length * radius * np.sin(angle)))
        cv2.line(picture, (centre, centre), tip, (20, 20, 20), thickness, cv2.LINE_AA)
    return picture


def made(stages: tuple[int, ...], widths: tuple[int, ...]) -> dict[str, Tensor]:
    """A checkpoint with random weights, named and shaped as the published one."""
    random = torch.Generator().manual_seed(0)
    state: dict[str, Tensor] = {}

    def conv(name: str, norm: str, outputs: int, inputs: int, kernel: int) -> None:
        weight = torch.randn(outputs, inputs, kernel, kernel, generator=random)
        state[f"{name}.weight"] = weight / (inputs * kernel * kernel) ** 0.5
        for part in ("weight", "bias", "running_mean", "running_var"):
            about = 1.0 if part in ("weight", "running_var") else 0.0
            state[f"{norm}.{part}"] = about + 0.5 * torch.rand(outputs, generator=random)
        state[f"{norm}.num_batches_tracked"] = torch.tensor(1)

    conv("_conv_stem", "_bn0", 32, 3, 3)
    inputs, index = 32, 0
    for stage, (blocks, width, kernel) in enumerate(zip(stages, widths, (3, 3, 5, 3, 5, 5, 3), strict=True)):
        for _ in range(blocks):
            block = f"_blocks.{index}."
            wide = inputs * (6 if stage else 1)
            if stage:
                conv(block + "_expand_conv", block + "_bn0", wide, inputs, 1)
            conv(block + "_depthwise_conv", block + "_bn1", wide, 1, kernel)
            conv(block + "_project_conv", block + "_bn2", width, wide, 1)
            inputs, index = width, index + 1
    conv("_conv_head", "_bn1", 1280, inputs, 1)
    state["_fc.weight"] = torch.randn(1000, 1280, generator=random) / 1280**0.5
    state["_fc.bias"] = torch.zeros(1000)
    return state


def run(
    state: Mapping[str, Tensor], picture: Picture, stages: tuple[int, ...] = LITE0
) -> tuple[dict[int, Tensor], Tensor]:
    """Maps by stride, and the logits of ImageNet's 1000 classes, of one RGB picture."""
    ends = list(accumulate(stages))
    halving = [ends[stage] for stage in (0, 1, 2, 4)]
    taps = [(ends[stage], stride) for stage, stride in ((1, 4), (2, 8), (4, 16), (5, 32))]

    def conv(x: Tensor, name: str, stride: int = 1) -> Tensor:
        weight = state[f"{name}.weight"]
        total = max(weight.shape[-1] - stride, 0)  # as SAME pads where the stride divides the side
        x = F.pad(x, (total // 2, total - total // 2) * 2)
        return F.conv2d(
            x, weight, stride=stride, groups=1 if weight.shape[1] > 1 or "depth" not in name else len(weight)
        )

    def norm(x: Tensor, name: str) -> Tensor:
        mean, var, weight, bias = (
            state[f"{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")
        )
        return F.batch_norm(x, mean, var, weight, bias, eps=1e-3)

    maps: dict[int, Tensor] = {}
    x = torch.from_numpy(picture.astype(np.float32)).permute(2, 0, 1)[None]
    x = F.relu6(norm(conv((x - 127) / 128, "_conv_stem", 2), "_bn0"))
    for index in range(ends[-1]):
        block, before = f"_blocks.{index}.", x
        if index:
            x = F.relu6(norm(conv(x, block + "_expand_conv"), block + "_bn0"))
        x = F.relu6(norm(conv(x, block + "_depthwise_conv", 2 if index in halving else 1), block + "_bn1"))
        x = norm(conv(x, block + "_project_conv"), block + "_bn2")
        if index not in (0, *ends):
            x = x + before
        maps |= {stride: x for end, stride in taps if end == index + 1}
    top = F.relu6(norm(conv(x, "_conv_head"), "_bn1")).mean((2, 3))
    return maps, F.linear(top, state["_fc.weight"], state["_fc.bias"])[0]


if __name__ == "__main__":
    checkpoint = torch.load(sys.argv[1], weights_only=True)
    with torch.inference_mode():
        found, logits = run(checkpoint, clock(128)[:96])
        named: dict[str, Any] = {str(stride): x.numpy() for stride, x in found.items() if stride > 4}
        np.savez_compressed(REFERENCE, **named)
        print(run(checkpoint, clock())[1].softmax(0).topk(5))
