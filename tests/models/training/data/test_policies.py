"""Drawn policies: sensible, varied, and short enough for the prompt."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from inspection.decision import Severity
from models.language.instructions import STYLES, action_for, words
from models.training.data.policies import draw_policy

TYPES = ("scratch", "dent", "stain", "crack", "pit")


@given(st.integers(0, 2**32), st.sampled_from((*TYPES, "unheard-of")))
def test_a_worse_defect_is_never_treated_more_mildly(seed: int, kind: str) -> None:
    policy = draw_policy(np.random.default_rng(seed), TYPES)
    ranks = [action_for(policy, kind, severity).strictness for severity in Severity]
    assert ranks == sorted(ranks)


def test_the_same_defect_gets_every_action() -> None:
    rng = np.random.default_rng(0)
    drawn = [action_for(draw_policy(rng, TYPES), "dent", Severity.MAJOR) for _ in range(400)]
    assert {drawn.count(action) > 40 for action in set(drawn)} == {True}
    assert len(set(drawn)) == 4


def test_some_policies_leave_types_to_the_default() -> None:
    rng = np.random.default_rng(0)
    named = [len(draw_policy(rng, TYPES).types) for _ in range(400)]
    assert set(named) == set(range(6))


@given(st.integers(0, 2**32), st.integers(0, STYLES - 1))
def test_english_stays_short(seed: int, style: int) -> None:
    """Below 66 words and marks: SmolLM2's tokenizer makes about one token of each."""
    rng = np.random.default_rng(seed)
    text = words(draw_policy(rng, TYPES), "en", style, rng)
    assert len(text.replace("/", " / ").replace(",", " ,").split()) < 66
