"""What a stage trains, how fast each part of it learns, and by which optimizer."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch

from models.training.settings import StageSettings
from models.vla.vla import InspectionVLA

_RATES: Final = {"own": 0.3, "lora": 2.0, "readout": 0.1, "head": 10.0}
"""Shares of the learning rate. What projectors have learned by alignment is not to be lost; each weight of
the readout moves every logit, so it moves slowly; the action head begins when all others have learned."""


def open_for(vla: InspectionVLA, stage: StageSettings) -> list[dict[str, Any]]:
    """Ask for gradients of what the stage trains, and freeze the rest.

    Returns:
        Groups of parameters for the optimizer. Each has its own rate, ``lr``, once more as ``peak``.
    """
    opened: dict[str, list[torch.nn.Parameter]] = {kind: [] for kind in _RATES}
    for name, parameter in vla.named_parameters():
        if name.startswith("decoder."):
            wanted = "lora_" in name and stage.name != "align"
        else:
            wanted = stage.name == "act" or not name.startswith("action_head.")
        parameter.requires_grad_(wanted)
        if wanted:
            opened[_part_of(name)].append(parameter)
    return [
        {"params": opened[kind], "lr": rate, "peak": rate}
        for kind, share in _RATES.items()
        if opened[kind]
        for rate in [stage.learning_rate * share]
    ]


def _part_of(name: str) -> str:
    if "lora_" in name:
        return "lora"
    return {"readout": "readout", "action_head": "head"}.get(name.partition(".")[0], "own")


def adamw(parameters: list[Any], *, paged: bool, **options: Any) -> Any:
    """Build AdamW with ``options``, or, on CUDA alone, bitsandbytes' ``paged`` one.

    The paged one's state may leave the GPU when memory is short.
    """
    if paged:
        import bitsandbytes.optim

        untyped: Any = bitsandbytes.optim
        return untyped.PagedAdamW(parameters, **options)
    return torch.optim.AdamW(parameters, **options)


def rate_at(step: int, stage: StageSettings) -> float:
    """Say which share of the learning rate holds: a warm-up, then half a cosine down to a twentieth."""
    if step < stage.warmup:
        return (step + 1) / stage.warmup
    done = (step - stage.warmup) / max(stage.steps - stage.warmup, 1)
    return float(0.05 + 0.95 * 0.5 * (1.0 + np.cos(np.pi * done)))
