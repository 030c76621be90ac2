"""EfficientNet-Lite0 once more, as plain as can be: no folding, TensorFlow's padding spelt out.

It shares no code with models/backbone/features.py. ``python -m tests.models.plain_lite0`` wrote reference.npz
from the original checkpoint.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from inspection.part import Picture

REFERENCE = Path(__file__).with_name("reference.npz")


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


def run(state: Mapping[str, Tensor], picture: Picture) -> tuple[dict[int, Tensor], Tensor]:
    """Maps by stride, and the logits of ImageNet's 1000 classes, of one RGB picture."""

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
    for index in range(16):
        block, before = f"_blocks.{index}.", x
        if index:
            x = F.relu6(norm(conv(x, block + "_expand_conv"), block + "_bn0"))
        x = F.relu6(
            norm(conv(x, block + "_depthwise_conv", 2 if index in (1, 3, 5, 11) else 1), block + "_bn1")
        )
        x = norm(conv(x, block + "_project_conv"), block + "_bn2")
        if index in (2, 4, 6, 7, 9, 10, 12, 13, 14):
            x = x + before
        maps |= {stride: x for last, stride in ((2, 4), (4, 8), (10, 16), (14, 32)) if last == index}
    top = F.relu6(norm(conv(x, "_conv_head"), "_bn1")).mean((2, 3))
    return maps, F.linear(top, state["_fc.weight"], state["_fc.bias"])[0]


if __name__ == "__main__":
    checkpoint = torch.load(sys.argv[1], weights_only=True)
    with torch.inference_mode():
        found, logits = run(checkpoint, clock(128)[:96])
        named: dict[str, Any] = {str(stride): x.numpy() for stride, x in found.items() if stride > 4}
        np.savez_compressed(REFERENCE, **named)
        print(run(checkpoint, clock())[1].softmax(0).topk(5))
