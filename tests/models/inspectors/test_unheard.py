"""What a recipe asks for types that the language model cannot name is not lost in silence."""

import pytest

from inspection.decision import Action, Severity
from inspection.recipe import DefectRule, Recipe
from models.inspectors.unheard import unheard
from models.language.instructions import LANGUAGES, STYLES, Language, Policy, asked_in_words, words

KINDS = ("scratch", "dent")


def recipe(**changes: object) -> Recipe:
    return Recipe.model_validate({"id": 1, "name": "bracket", **changes})


@pytest.mark.parametrize(
    "instruction",
    [
        "crack: stop",
        "Scratches may pass. Stop the line on cracks.",
        'scratch: rework; "crack": halt',
        "scratch: rework; others: stop.",
        "scratch：返工；其他：停线",
        "遇到 crack 立即停机",
        "STOP ON ANY CRACK",
    ],
)
def test_words_that_ask_for_stop_on_a_type_that_nobody_can_name_are_found(instruction: str) -> None:
    missed = unheard(recipe(defect_types=("scratch", "crack"), instruction=instruction), KINDS)
    assert missed.types == ("crack",)
    assert missed.lost["crack"] is Action.STOP
    assert "crack" in missed.in_words
    assert "reflex judges alone" in missed.in_words


def test_a_type_in_chinese_is_found_among_other_words() -> None:
    missed = unheard(recipe(defect_types=("裂纹",), instruction="发现裂纹时停线。"), KINDS)
    assert missed.lost == {"裂纹": Action.STOP}


def test_where_one_type_is_unknown_the_words_on_the_known_ones_are_lost_too() -> None:
    missed = unheard(recipe(defect_types=("scratch", "gap"), instruction="scratch: stop; gap: rework"), KINDS)
    assert missed.types == ("gap",)
    assert missed.lost == {"scratch": Action.STOP}


def test_a_rule_that_asks_for_more_than_an_anomaly_gets_is_lost() -> None:
    rules = (
        DefectRule(action=Action.REWORK),
        DefectRule(type="gap", min_severity=Severity.MAJOR, action=Action.STOP),
    )
    assert unheard(recipe(policy=rules), KINDS).lost == {"gap": Action.STOP}
    assert unheard(recipe(policy=(DefectRule(action=Action.STOP), rules[1])), KINDS).lost == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"defect_types": ("crack",), "instruction": "crack: rework"},
        {"defect_types": ("crack",), "instruction": "crack: pass; dent: rework"},
        {"defect_types": ("crack",)},
        {
            "defect_types": ("crack",),
            "instruction": "crack: stop",
            "policy": [{"type": "*", "action": "stop"}],
        },
    ],
)
def test_nothing_is_lost_where_the_reflex_does_as_much(changes: dict[str, object]) -> None:
    missed = unheard(recipe(**changes), KINDS)
    assert missed.types == ("crack",)
    assert missed.lost == {}


def test_all_is_heard_where_all_types_are_known_or_none_is_named() -> None:
    for heard in (
        recipe(defect_types=("dent",), instruction="dent: stop"),
        recipe(instruction="stop on anything"),
        recipe(),
    ):
        assert not unheard(heard, KINDS).types
        assert unheard(heard, KINDS).in_words == ""
    by_reflex = unheard(recipe(defect_types=("dent",), instruction="dent: stop"), None)
    assert by_reflex.lost == {"dent": Action.STOP}
    assert "no language model judges" in by_reflex.in_words


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("style", range(STYLES))
def test_every_way_in_which_the_model_learned_to_ask_for_stop_is_understood(
    style: int, language: Language
) -> None:
    asked = (Action.REWORK, Action.REWORK, Action.STOP)
    policy = Policy(types={"crack": asked, "dent": (Action.PASS,) * 3}, others=(Action.REWORK,) * 3)
    said = words(policy, language, style)
    assert asked_in_words(said, ("crack", "dent"))["crack"] is Action.STOP
