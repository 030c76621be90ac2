"""A batch as the model reads it, and how wrong the model is on it.

At a slot the loss compares the legal words alone, as the decoder will: nothing is spent on learning what
cannot be written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 PyTorch's own name for it

from models.training.steps.lesson import Lesson
from models.training.steps.losses import ChunkLimits, ChunkWeights, chunk_loss
from models.training.steps.row import Row, write_row
from models.vla.action import physics_row
from models.vla.vla import InspectionVLA

_REASON_WEIGHT: Final = 0.5
_CHUNK_WEIGHT: Final = 10.0
"""Shares of speed and angle are small numbers, their squares smaller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """Of one batch; each a scalar tensor, unweighted but for ``total``."""

    total: Tensor
    parts: dict[str, float]
    """type, severity, asked, action, reason, and of cases told in words asked_drill and drill: mean cross
    entropy; ``chunk_…``: see ``losses.ChunkLoss``."""


def losses(
    vla: InspectionVLA,
    lessons: Sequence[Lesson],
    *,
    with_action_head: bool,
    with_picture: bool = True,
    with_reason: bool = True,
    with_drills: bool = True,
    weights: ChunkWeights | None = None,
) -> Losses:
    """Read a batch and compare.

    Args:
        vla: The model; gradients flow into whatever of it asks for them.
        lessons: The batch.
        with_action_head: Whether the chunk counts (stage 3).
        with_picture: Whether the pictures are looked at; otherwise only the cases told in words are read.
        with_reason: Whether the sentence counts.
        with_drills: Whether the cases told in words are read too.
        weights: Of the chunk's terms.
    """
    rows = [
        write_row(lesson, vla, with_picture=with_picture, with_reason=with_reason, with_drills=with_drills)
        for lesson in lessons
    ]
    states = vla.states(_read(vla, lessons, rows))
    total = states.new_zeros(())
    parts: dict[str, float] = {}
    for what in ("type", "severity", "asked", "action", "asked_drill", "drill", "reason"):
        loss = _cross_entropy(vla, states, rows, what)
        if loss is None:
            continue
        parts[what] = float(loss.detach())
        total = total + loss * (_REASON_WEIGHT if what == "reason" else 1.0)
    if with_action_head:
        device = states.device
        at = torch.tensor([row.action_at for row in rows], device=device)
        hidden = states[torch.arange(len(rows), device=device), at]
        physics = torch.tensor([physics_row(lesson.physics) for lesson in lessons], device=device)
        predicted = vla.action_head(hidden, physics)
        teacher = torch.tensor(
            np.stack([lesson.chunk for lesson in lessons]), dtype=torch.float32, device=device
        )
        limits = ChunkLimits.of([lesson.physics for lesson in lessons], device=device)
        chunk = chunk_loss(predicted, teacher, limits, weights=weights)
        total = total + _CHUNK_WEIGHT * chunk.total
        parts |= {f"chunk_{name}": value for name, value in chunk.floats().items()}
    parts["total"] = float(total.detach())
    return Losses(total=total, parts=parts)


def action_states(vla: InspectionVLA, lessons: Sequence[Lesson]) -> Tensor:
    """What the action head reads of each lesson, (b, hidden)."""
    rows = [write_row(lesson, vla, with_reason=False, with_drills=False) for lesson in lessons]
    states = vla.states(_read(vla, lessons, rows))
    return states[torch.arange(len(rows)), [row.action_at for row in rows]]


def _read(vla: InspectionVLA, lessons: Sequence[Lesson], rows: Sequence[Row]) -> Tensor:
    """Hidden states of all rows, (b, longest, hidden)."""
    device = vla.cells.device
    longest = max(len(row.ids) for row in rows)
    # What fills a short row up comes last, where nothing looks at it: no mask is needed, and without one
    # attention takes its fast way.
    ids = torch.full((len(rows), longest), vla.base.end_id, dtype=torch.long, device=device)
    for index, row in enumerate(rows):
        ids[index, : len(row.ids)] = torch.tensor(row.ids, device=device)
    embedded = vla.words(ids).clone()
    for index, (lesson, row) in enumerate(zip(lessons, rows, strict=True)):
        if not row.visual:
            continue
        whole, places = vla.visual_tokens(lesson.seen)
        tokens = torch.cat([whole, *places])
        embedded[index, torch.tensor(row.visual, device=device)] = tokens.to(embedded.dtype)
    output: Tensor = vla.run(inputs_embeds=embedded, use_cache=False).last_hidden_state
    return output


def _cross_entropy(vla: InspectionVLA, states: Tensor, rows: Sequence[Row], what: str) -> Tensor | None:
    chosen = [(i, one) for i, row in enumerate(rows) for one in row.decided if one.what == what]
    if not chosen:
        return None
    device = states.device
    which = torch.tensor([i for i, _ in chosen], device=device)
    at = torch.tensor([one.at for _, one in chosen], device=device)
    picked = states[which, at]
    # all legal tokens of the batch at once; for each choice those that are not legal there are left out
    legal = sorted({token for _, one in chosen for token in one.legal})
    column = {token: place for place, token in enumerate(legal)}
    scores = vla.logits(picked, torch.tensor(legal, device=device))
    allowed = torch.zeros(scores.shape, dtype=torch.bool, device=device)
    for line, (_, one) in enumerate(chosen):
        allowed[line, [column[each] for each in one.legal]] = True
    wanted = torch.tensor([column[one.token] for _, one in chosen], device=device)
    return F.cross_entropy(scores.masked_fill(~allowed, -torch.inf), wanted)
