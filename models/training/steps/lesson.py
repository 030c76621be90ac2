"""A lesson: one picture under a policy and on a belt, both drawn at random, and what is right there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from torch import Tensor

from inspection.decision import Action, Severity
from inspection.motion.chunk import PhysicsContext
from inspection.motion.planner import plan
from models.language.decoding import OTHER
from models.language.instructions import LANGUAGES, STYLES, Language, Policy, words
from models.training.data.compose import asked_by, draw_context, reasoning
from models.training.data.policies import draw_policy
from models.training.data.samples import LabelledDefect
from models.training.steps.features import Example, Truth
from models.vla.perception import Seen

_UNNAMED: Final = 0.1
"""Share of the lessons in which the recipe has no name for the defect: it is to be called ``other``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One picture under one policy, on one belt."""

    seen: Seen
    truth: tuple[Truth, ...]
    kinds: tuple[str, ...]
    """The types that the recipe names, in its order."""
    policy: Policy
    instruction: str
    """The policy in words."""
    action: Action
    reason: str
    physics: PhysicsContext
    chunk: np.ndarray
    """(10, 2): the teacher's, as shares."""
    drills: tuple[tuple[Truth, ...], ...] = ()
    """More parts under the same instruction, told in words instead of shown: reading a policy is learned
    from many cases, and a case in words costs a fifth of a picture."""


def draw_lesson(
    example: Example,
    kinds: Sequence[str],
    rng: np.random.Generator,
    *,
    plain: float = 0.5,
    drills: int = 1,
) -> Lesson:
    """The example under a policy drawn at random.

    Args:
        example: The picture.
        kinds: All types that its product knows.
        rng: The same state draws the same lesson.
        plain: Share of policies in which severity does not matter.
        drills: Cases told in words.
    """
    there = {one[0] for one in example.truth if one is not None}
    named = [kind for kind in kinds if kind in there or rng.random() < 0.7]
    if there and rng.random() < _UNNAMED:
        named = [kind for kind in named if kind not in there]
    rng.shuffle(named)
    truth = tuple(one if one is None or one[0] in named else (OTHER, one[1]) for one in example.truth)
    defects = labelled(truth)
    policy = draw_policy(rng, named, plain=bool(rng.random() < plain))
    cases = tuple(_told(named, rng) for _ in range(drills))
    language: Language = LANGUAGES[int(rng.random() < 0.35)]
    action = asked_by(policy, defects)
    physics = draw_context(rng)
    return Lesson(
        seen=_jittered(example.seen, rng),
        truth=truth,
        kinds=tuple(named),
        policy=policy,
        instruction=words(policy, language, int(rng.integers(STYLES)), rng),
        action=action,
        reason=reasoning(defects, action, language),
        physics=physics,
        chunk=plan(action, physics).shares(physics),
        drills=cases,
    )


def _told(named: Sequence[str], rng: np.random.Generator) -> tuple[Truth, ...]:
    """One to three places, each with a defect of the recipe or another, or with nothing."""
    severities = tuple(Severity)
    count = int(rng.integers(1, 4))
    return tuple(
        None
        if rng.random() < 0.15
        else ([*named, OTHER][int(rng.integers(len(named) + 1))], severities[int(rng.integers(3))])
        for _ in range(count)
    )


def labelled(truth: Sequence[Truth]) -> list[LabelledDefect]:
    """Give the defects among the truths of some places."""
    return [LabelledDefect(type=one[0], severity=one[1]) for one in truth if one is not None]


def _jittered(seen: Seen, rng: np.random.Generator) -> Seen:
    """Features a little off: the cached ones would be learned by heart."""
    generator = torch.Generator().manual_seed(int(rng.integers(2**31)))

    def noisy(x: Tensor) -> Tensor:
        return x * (1.0 + 0.1 * torch.randn(x.shape, generator=generator))

    return replace(
        seen,
        context=noisy(seen.context),
        whole=noisy(seen.whole),
        difference=noisy(seen.difference),
        zoom=noisy(seen.zoom),
    )
