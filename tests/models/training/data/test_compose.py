"""Composed samples: the action is the policy's, and every drawn belt can be kept."""

import re

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection.decision import Action, Severity
from inspection.motion.planner import plan
from models.language.instructions import Policy
from models.training.data.compose import asked_by, compose, draw_context, reasoning
from models.training.data.samples import LabelledDefect, VisualInput

TYPES = ("scratch", "dent")
SEEN = VisualInput(pictures=("a.png",), group="a")
SCRATCH = LabelledDefect(type="scratch", severity=Severity.MINOR, length_mm=4.0)
DENT = LabelledDefect(type="dent", severity=Severity.CRITICAL, length_mm=9.26)


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_any_drawn_belt_can_be_kept(seed: int) -> None:
    context = draw_context(np.random.default_rng(seed))
    for action in Action:
        plan(action, context)


@settings(max_examples=40)
@given(st.integers(0, 2**32))
def test_a_good_part_passes_under_every_policy(seed: int) -> None:
    sample = compose(SEEN, (), types=TYPES, source="test", split="train", rng=np.random.default_rng(seed))
    assert sample.decision.action is Action.PASS
    assert sample.instruction


def test_one_picture_gets_every_action_under_many_policies() -> None:
    rng = np.random.default_rng(1)
    again = [compose(SEEN, (DENT,), types=TYPES, source="test", split="train", rng=rng) for _ in range(60)]
    assert {each.decision.action for each in again} == set(Action)
    assert len({each.instruction for each in again}) > 30
    assert {each.visual_input for each in again} == {SEEN}


def test_the_strictest_defect_decides() -> None:
    policy = Policy(types={"scratch": (Action.STOP,) * 3}, others=(Action.PASS, Action.REWORK, Action.REWORK))
    assert asked_by(policy, (DENT,)) is Action.REWORK
    assert asked_by(policy, (DENT, SCRATCH)) is Action.STOP


def test_the_reason_names_the_worst_of_each_type() -> None:
    worse = SCRATCH.model_copy(update={"length_mm": 7.0})
    assert reasoning((SCRATCH, DENT, worse), Action.STOP, "en") == (
        "critical dent 9.3 mm, minor scratch 7.0 mm: stop"
    )
    assert reasoning((SCRATCH,), Action.REWORK, "zh") == "轻微 scratch 4.0 mm: 返工"
    assert reasoning((), Action.PASS, "en") == "no defect: pass"


def test_of_many_types_a_policy_names_five_at_most() -> None:
    many = tuple(f"type{n}" for n in range(12))
    dent = DENT.model_copy(update={"type": "type7"})
    rng = np.random.default_rng(0)
    named = [
        set(
            re.findall(
                r"type\d+", compose(SEEN, (dent,), types=many, source="t", split="train", rng=rng).instruction
            )
        )
        for _ in range(50)
    ]
    assert max(map(len, named)) == 5
    assert sum("type7" in each for each in named) > 25
    assert len(set.union(*named)) == 12
