"""The figures that a model is judged by: each kind of mistake shows in the figure that is named after it."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from inspection.decision import Action, Severity
from inspection.motion.chunk import NOMINAL_LINE
from inspection.motion.planner import plan
from models.evaluation.vla import Shown, judge_all, opposites, summary
from models.language.decoding import NONE, OTHER, Choice
from models.language.instructions import Policy, action_for, words
from models.vla.vla import Named, Verdict
from tests.models.bases import tokenizer
from tests.models.vla.test_vla import seen

KINDS = ("scratch", "dent")
POLICIES = {words(policy, language): policy for policy in opposites(KINDS) for language in ("en", "zh")}

Opinion = Callable[[Any, Policy], tuple[str, float, Action]]
"""From what is seen and what is asked: what to call it, how surely, and what to do."""


class Model:
    """A model that says what a test wants it to."""

    def __init__(self, opinion: Opinion, trained_on: tuple[str, ...]) -> None:
        made = tokenizer()
        self.header = SimpleNamespace(trust=1.0, unknown=lambda kinds: tuple(set(kinds) - set(trained_on)))
        self.vla = SimpleNamespace(
            base=SimpleNamespace(encode=lambda text: made.encode(text).ids),
            prompt=lambda instruction: SimpleNamespace(
                decide=lambda visual, grammar, *, physics: (
                    verdict(*opinion(visual, POLICIES[instruction])),
                    None,
                )
            ),
        )


def verdict(kind: str, probability: float, action: Action) -> Verdict:
    other = "dent" if kind == NONE else NONE
    certain = Choice("major", {"major": 1.0})
    return Verdict(
        named=(
            Named(
                type=Choice(kind, {kind: probability, other: 1.0 - probability}),
                severity=None if kind == NONE else certain,
                asked=None if kind == NONE else Choice(action.value, {action.value: 1.0}),
            ),
        ),
        action=Choice(action.value, {action.value: 1.0}),
        chunk=plan(action, NOMINAL_LINE),
        meant=action,
        raw="",
        steps=1,
    )


TRUTHS = ("scratch", "dent", None, "scratch", None)
SHOWN = [Shown(seen=seen(number), kind=kind) for number, kind in enumerate(TRUTHS)]


def truth_of(visual: Any) -> str:
    return next(one.kind for one in SHOWN if one.seen is visual) or NONE


def asked_for(policy: Policy, kind: str) -> Action:
    return Action.PASS if kind == NONE else action_for(policy, kind, Severity.MAJOR)


def figures(
    opinion: Opinion, *, shown: Sequence[Shown] = SHOWN, trained_on: tuple[str, ...] = KINDS
) -> dict[str, Any]:
    model: Any = Model(opinion, trained_on)
    judged = judge_all(shown, model, kinds=KINDS)
    return summary(shown, judged, regression=None)


def knows_all(visual: Any, policy: Policy) -> tuple[str, float, Action]:
    kind = truth_of(visual)
    return kind, 1.0, asked_for(policy, kind)


def test_who_knows_and_does_all_has_full_marks() -> None:
    found = figures(knows_all)
    for name in ("type_accuracy", "type_accuracy_of_defects", "action_accuracy", "auroc_not_pass"):
        assert found[name] == 1.0, name
    assert found["follows_words"] == found["follows_words_where_type_right"] == 1.0
    assert found["ece"] == 0.0
    assert (found["n"], found["n_good"]) == (5, 2)
    assert found["confusion"] == {"dent": {"dent": 1}, NONE: {NONE: 2}, "scratch": {"scratch": 2}}


def test_a_habit_is_not_obedience() -> None:
    def habit(visual: Any, policy: Policy) -> tuple[str, float, Action]:
        kind = truth_of(visual)
        return kind, 1.0, Action.PASS if kind == NONE else Action.STOP

    found = figures(habit)
    assert found["type_accuracy"] == 1.0
    assert found["follows_words_where_type_right"] == pytest.approx((2 + 3 * 0.5) / 5)


def test_one_who_names_wrongly_but_acts_on_it_follows_the_words_and_does_the_wrong_thing() -> None:
    def mistaken(visual: Any, policy: Policy) -> tuple[str, float, Action]:
        kind = {"scratch": "dent", "dent": "scratch", NONE: NONE}[truth_of(visual)]
        return kind, 0.9, asked_for(policy, kind)

    found = figures(mistaken)
    assert found["follows_words"] == 1.0
    assert found["type_accuracy"] == pytest.approx(2 / 5)
    assert found["type_accuracy_of_defects"] == 0.0
    assert found["action_accuracy"] == pytest.approx(2 / 5), "the opposite of what was asked"
    assert found["auroc_not_pass"] == 1.0, "it is told from good all the same"
    assert found["ece"] == pytest.approx(0.5)


def test_doubt_counts_nothing_on_what_the_model_was_not_trained_on() -> None:
    def afraid_of_good_parts(visual: Any, policy: Policy) -> tuple[str, float, Action]:
        kind = "scratch" if truth_of(visual) == NONE else NONE
        return kind, 0.99, asked_for(policy, kind)

    assert figures(afraid_of_good_parts)["auroc_not_pass"] == 0.0
    # every picture has the same score by the memory, so nothing is left that could tell them apart
    assert figures(afraid_of_good_parts, trained_on=("pit",))["auroc_not_pass"] == 0.5


def test_a_defect_that_the_recipe_does_not_name_is_other() -> None:
    shown = [Shown(seen=seen(9), kind="bubble")]

    def says_other(visual: Any, policy: Policy) -> tuple[str, float, Action]:
        return OTHER, 1.0, asked_for(policy, OTHER)

    found = figures(says_other, shown=shown)
    assert found["action_accuracy"] == 1.0
    assert found["confusion"] == {"bubble": {OTHER: 1}}
    assert found["auroc_not_pass"] is None, "there is no good part to tell it from"


def test_the_instructions_are_opposite_and_in_two_languages() -> None:
    asked: list[Policy] = []

    def remembers(visual: Any, policy: Policy) -> tuple[str, float, Action]:
        asked.append(policy)
        return knows_all(visual, policy)

    figures(remembers, shown=SHOWN[:1])
    one, two = opposites(KINDS)
    assert asked == [one, one, two, two]
    assert len(POLICIES) == 4, "the texts differ"


def test_policies_that_the_model_is_measured_with_differ_everywhere() -> None:
    one, two = opposites(("a", "b", "c"))
    for kind in ("a", "b", "c", "something else"):
        for severity in Severity:
            assert action_for(one, kind, severity) is not action_for(two, kind, severity)
    assert isinstance(one, Policy)
