"""Trains one net of an eye on lessons: a few hundred steps, some ten seconds on two cores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 PyTorch's own name for it

from models.backbone.features import FeatureMaps
from models.eye.net import EyeNet
from models.training.eye.lessons import Lessons, targets

BATCH: Final = 8
_GOOD_IN_BATCH: Final = 2
_RATE: Final = 3e-3
"""Highest learning rate, of a one-cycle schedule."""
_WEIGHT_DECAY: Final = 1e-2
_HARDEST: Final = 0.02
"""The share of a picture's good cells, the most mistaken, that count as much as all of them."""
_LEAST_DEVIATION: Final = 1e-2


def train_net(lessons: Lessons, *, steps: int, seed: int, told: Callable[[], None] | None = None) -> EyeNet:
    """Train a net; the same lessons, steps and seed give the same on one machine.

    Args:
        lessons: Some with a defect and some without.
        steps: How many.
        seed: Of the first weights and of the order of the lessons.
        told: Is told after each step.
    """
    rng = np.random.default_rng(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = EyeNet({stride: layer.shape[1] for stride, layer in lessons.maps.items()})
    bad, good = np.flatnonzero(lessons.size_px > 0.0), np.flatnonzero(lessons.size_px == 0.0)
    of_good = torch.from_numpy(good)
    net.scale_by(
        FeatureMaps({stride: layer[of_good].float() for stride, layer in lessons.maps.items()}),
        least_deviation=_LEAST_DEVIATION,
    )
    defective, counts = targets(lessons.covered)
    optimizer = torch.optim.AdamW(net.parameters(), lr=_RATE, weight_decay=_WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=steps)
    for _ in range(steps):
        batch = torch.from_numpy(
            np.concatenate([rng.choice(bad, BATCH - _GOOD_IN_BATCH), rng.choice(good, _GOOD_IN_BATCH)])
        )
        logits = net({stride: layer[batch].float() for stride, layer in lessons.maps.items()})
        loss = _loss(logits, defective[batch], counts[batch])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call] # torch lacks it
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if told is not None:
            told()
    return net.eval()


def _loss(logits: Tensor, defective: Tensor, counts: Tensor) -> Tensor:
    """Cross-entropy: the defect of each lesson weighs as much as any other, whatever its size.

    Args:
        logits: (lessons, rows, columns), and so are both others:
        defective: 1 where a cell is defective.
        counts: 0 where a cell is to be passed over.
    """
    each = F.binary_cross_entropy_with_logits(logits, defective, reduction="none") * counts
    cells = defective.flatten(1)
    of_defects = (each.flatten(1) * cells).sum(1) / cells.sum(1).clamp_min(1.0)
    of_good = each.flatten(1) * (1.0 - cells)
    hardest = of_good.topk(max(1, int(_HARDEST * of_good.shape[1])), dim=1).values.mean(1)
    return of_defects.mean() + (hardest + of_good.mean(1)).mean()
