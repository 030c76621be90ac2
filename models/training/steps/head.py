"""The action head alone, on states that are kept: what belt and diverter do does not change what was seen.

Physics enters at the head and nowhere before it. So the language model's state at the action slot is taken
once for some lessons, and the head is trained on it under as many belts as one likes: thousands of steps in a
minute.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import torch
from torch import Tensor

from inspection.decision import Action
from inspection.motion.planner import plan
from models.training.data.compose import draw_context
from models.training.steps.batch import action_states
from models.training.steps.lesson import Lesson
from models.training.steps.losses import ChunkLimits, ChunkWeights, chunk_loss
from models.vla.action import physics_row
from models.vla.vla import InspectionVLA

_BATCH: Final = 128
_RATE: Final = 2e-3
_BELTS: Final = 2_000
"""Physics contexts, or as many as there are steps; each with the teacher's chunk for every action."""


def fit_head(
    vla: InspectionVLA,
    batches: Sequence[Sequence[Lesson]],
    *,
    steps: int,
    seed: int,
    weights: ChunkWeights,
    progress: Callable[[int], None] = lambda done: None,
) -> float:
    """Train ``vla.action_head`` in place; nothing else is changed.

    Args:
        vla: The model, otherwise trained.
        batches: Lessons whose states are kept.
        steps: Of the head alone.
        seed: Of belts and order.
        weights: Of the chunk's terms.
        progress: Told how many steps are done.

    Returns:
        Mean squared difference to the teacher's chunk over the last tenth of the steps.
    """
    hidden, actions = _states(vla, batches)
    rng = np.random.default_rng(seed)
    belts = [draw_context(rng) for _ in range(min(_BELTS, steps))]
    every = list(Action)
    chunks = torch.tensor(
        np.stack([[plan(action, belt).shares(belt) for action in every] for belt in belts]),
        dtype=torch.float32,
    )
    told = torch.tensor([physics_row(belt) for belt in belts])
    head = vla.action_head.requires_grad_(True)
    optimizer = torch.optim.AdamW(head.parameters(), lr=_RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=steps, pct_start=0.1)
    late: list[float] = []
    for step in range(steps):
        which = rng.integers(len(hidden), size=_BATCH)
        under = rng.integers(len(belts), size=_BATCH)
        wanted = [every.index(actions[index]) for index in which]
        device = hidden.device
        predicted = head(hidden[which], told[under].to(device))
        limits = ChunkLimits.of([belts[index] for index in under], device=device)
        loss = chunk_loss(predicted, chunks[under, wanted].to(device), limits, weights=weights)
        optimizer.zero_grad()
        torch.autograd.backward(loss.total)
        torch.nn.utils.clip_grad_norm_(head.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step >= steps - max(steps // 10, 1):
            late.append(float(loss.action.detach()))
        progress(step + 1)
    return float(np.mean(late))


@torch.no_grad()
def _states(vla: InspectionVLA, batches: Sequence[Sequence[Lesson]]) -> tuple[Tensor, list[Action]]:
    """The state at the action slot of each lesson, (lessons, hidden), and the right action."""
    states = [action_states(vla, lessons) for lessons in batches]
    return torch.cat(states).float(), [lesson.action for lessons in batches for lesson in lessons]
