"""A batch as the model reads it: words and visual tokens in one row, and where something must be decided.

The row is put together from the same pieces that ``models.vla.vla.Prompt`` reads on the line. At a slot the
loss compares the legal words alone, as the decoder will: nothing is spent on learning what cannot be written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 PyTorch's own name for it

from inspection.decision import Action
from models.language.decoding import NONE, DecisionGrammar, Slot, Tokens, targets
from models.language.instructions import action_for
from models.training.data.compose import asked_by
from models.training.steps.lesson import Lesson, labelled
from models.training.steps.losses import ChunkLimits, ChunkWeights, chunk_loss
from models.vla.action import physics_row
from models.vla.vla import InspectionVLA, instruction_tokens

_REASON_WEIGHT: Final = 0.5
_CHUNK_WEIGHT: Final = 10.0
"""Shares of speed and angle are small numbers, their squares smaller."""


@dataclass(frozen=True, slots=True)
class _Decided:
    """A token that is a choice."""

    at: int
    """The position whose state decides it: the one before the token."""
    token: int
    legal: tuple[int, ...]
    what: str


@dataclass(frozen=True, slots=True)
class Row:
    """A lesson, written out."""

    ids: list[int]
    """Token ids; at visual tokens 0."""
    visual: list[int]
    """Positions of visual tokens, in the order whole, context, then two for each place."""
    decided: list[_Decided]
    action_at: int
    """The position whose state the action head reads; -1 in a row without a picture."""


def write_row(
    lesson: Lesson,
    vla: InspectionVLA,
    *,
    with_picture: bool = True,
    with_reason: bool = True,
    with_drills: bool = True,
) -> Row:
    """Write a lesson out as the model would have to; without its picture only the cases told in words."""
    encode = vla.base.encode
    grammar = DecisionGrammar.of_words(lesson.kinds, tuple(Action), encode)
    ids: list[int] = list(instruction_tokens(lesson.instruction, encode))
    visual: list[int] = []
    decided: list[_Decided] = []

    def see(count: int) -> None:
        visual.extend(range(len(ids), len(ids) + count))
        ids.extend([0] * count)

    def write(tokens: Tokens) -> None:
        ids.extend(tokens)

    def decide(slot: Slot, word: str, what: str) -> None:
        start = len(ids)
        for place, token, legal in targets(slot, word):
            decided.append(_Decided(start + place - 1, token, legal, what))
        ids.extend(slot.written(word))

    def show() -> int:
        see(1 + vla.settings.grid.cells)
        write(grammar.opening)
        for truth in lesson.truth:
            see(2)
            write(grammar.type_is)
            decide(grammar.types, NONE if truth is None else truth[0], "type")
            if truth is None:
                write(grammar.after_place)
                continue
            write(grammar.severity_is)
            decide(grammar.severities, truth[1].value, "severity")
            write(grammar.asked_is)
            decide(grammar.actions, action_for(lesson.policy, *truth).value, "asked")
            write(grammar.after_place)
        write(grammar.action_is)
        action_at = len(ids) - 1
        decide(grammar.actions, lesson.action.value, "action")
        if with_reason:
            write(grammar.reason_is)
            for token in (*encode(lesson.reason), encode('"')[-1]):
                decided.append(_Decided(len(ids) - 1, token, grammar.reason, "reason"))
                ids.append(token)
        return action_at

    action_at = show() if with_picture else -1
    for told in lesson.drills if with_drills else ():
        write(grammar.next_part)
        write(grammar.opening)
        for truth in told:
            write(grammar.type_is)
            write(grammar.types.written(NONE if truth is None else truth[0]))
            if truth is None:
                write(grammar.after_place)
                continue
            write(grammar.severity_is)
            write(grammar.severities.written(truth[1].value))
            write(grammar.asked_is)
            decide(grammar.actions, action_for(lesson.policy, *truth).value, "asked_drill")
            write(grammar.after_place)
        write(grammar.action_is)
        decide(grammar.actions, asked_by(lesson.policy, labelled(told)).value, "drill")
    return Row(ids, visual, decided, action_at)


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
