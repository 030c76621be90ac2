"""Promise 3: rules may make a decision stricter, never milder."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.decision import Action, DecidedBy, Defect, RecipeRef, Severity
from inspection.recipe import DefectRule, Recipe
from inspection.station import guard
from inspection.unheard import Unheard
from tests.fakes import certificate, decision, trigger

RECIPE = Recipe(id=1, name="cover")

defects = st.builds(
    Defect,
    type=st.sampled_from(["scratch", "dent", "unheard of"]),
    severity=st.sampled_from(Severity),
    box=st.just((1, 2, 3, 4)),
    score=st.floats(0, 1),
)
rules = st.builds(
    DefectRule,
    type=st.sampled_from(["*", "scratch", "dent"]),
    min_severity=st.sampled_from(Severity),
    action=st.sampled_from(Action),
)


@given(
    action=st.sampled_from(Action),
    found=st.lists(defects, max_size=4).map(tuple),
    policy=st.lists(rules, max_size=4).map(tuple),
    asked=st.integers(0, 3),
    score=st.none() | st.floats(0, 1),
    certified=st.none() | st.floats(0, 1),
    unkept=st.sampled_from(["", "the disk is full"]),
)
def test_no_combination_of_rules_makes_a_decision_milder(
    action: Action,
    found: tuple[Defect, ...],
    policy: tuple[DefectRule, ...],
    asked: int,
    score: float | None,
    certified: float | None,
    unkept: str,
) -> None:
    recipe = Recipe(id=1, name="cover", policy=policy)
    before = decision(action, defects=found, defect_score=score)
    after = guard.review(
        before,
        trigger=trigger(recipe_request=asked),
        recipe=recipe,
        certificate=None if certified is None else certificate(threshold=certified),
        unkept=unkept,
    )
    assert after.action.strictness >= before.action.strictness
    assert after.action is Action.MANUAL_REVIEW or not unkept
    assert (after == before) or after.decided_by is DecidedBy.GUARD


@given(found=st.lists(defects, min_size=1, max_size=4).map(tuple))
def test_a_part_with_a_defect_that_the_policy_does_not_name_goes_to_a_person(
    found: tuple[Defect, ...],
) -> None:
    silent = Recipe(id=1, name="cover", policy=())
    after = guard.review(decision(Action.PASS, defects=found), trigger=trigger(), recipe=silent)
    assert after.action is Action.MANUAL_REVIEW


def test_a_clean_pass_stays_a_pass() -> None:
    before = decision(Action.PASS)
    assert guard.review(before, trigger=trigger(), recipe=RECIPE) is before


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"part_id": 9}, "part 9"),
        ({"trigger_seq": 2}, "trigger 2"),
        ({"recipe": RecipeRef(id=2, version=1)}, "another recipe"),
        ({"recipe": RecipeRef(id=1, version=2)}, "another recipe"),
    ],
)
def test_a_decision_about_something_else_never_passes_this_part(
    changes: dict[str, object], word: str
) -> None:
    after = guard.review(decision(Action.PASS, **changes), trigger=trigger(), recipe=RECIPE)
    assert after.action is Action.MANUAL_REVIEW
    assert word in after.reason


def test_a_part_of_another_product_than_the_active_recipe_goes_to_a_person() -> None:
    after = guard.review(decision(Action.PASS), trigger=trigger(recipe_request=5), recipe=RECIPE)
    assert after.action is Action.MANUAL_REVIEW
    assert "recipe 5" in after.reason


def test_what_nothing_judged_is_never_passed() -> None:
    with pytest.raises(ValueError, match="cannot be passed"):
        guard.undecided(trigger(), recipe=RECIPE, reason="no picture", action=Action.PASS)


@given(action=st.sampled_from(Action), score=st.none() | st.floats(0, 1), threshold=st.floats(0, 1))
def test_under_a_certificate_only_what_keeps_its_threshold_passes(
    action: Action, score: float | None, threshold: float
) -> None:
    before = decision(action, defect_score=score)
    after = guard.review(
        before, trigger=trigger(), recipe=RECIPE, certificate=certificate(threshold=threshold)
    )
    if action is not Action.PASS or (score is not None and score <= threshold):
        assert after is before, "a certificate looks at passes alone"
    else:
        assert after.action is Action.MANUAL_REVIEW
        assert "certified" in after.reason
        assert after.defect_score == score, "the record keeps what the model said"


# --- types that nobody can name ---------------------------------------------------------------------------

CRACKS = Recipe(
    id=1,
    name="cover",
    policy=(
        DefectRule(action=Action.REWORK),
        DefectRule(type="crack", min_severity=Severity.MAJOR, action=Action.STOP),
    ),
)
NO_CRACKS = Unheard(types=("crack",), lost={"crack": Action.STOP})


def found(kind: str = "anomaly", severity: Severity = Severity.MAJOR) -> Defect:
    return Defect(type=kind, severity=severity, box=(1, 2, 3, 4), score=0.9)


@pytest.mark.parametrize(
    ("defect", "action"),
    [
        (found(), Action.STOP),
        (found(severity=Severity.MINOR), Action.REWORK),
        (found("crack", Severity.MINOR), Action.REWORK),
    ],
    ids=["may be a crack", "too small for the rule", "has its name"],
)
def test_what_may_be_a_crack_where_nobody_can_name_one_gets_what_a_crack_gets(
    defect: Defect, action: Action
) -> None:
    before = decision(Action.REWORK, defects=(defect,))
    after = guard.review(before, trigger=trigger(), recipe=CRACKS, unheard=NO_CRACKS)
    assert after.action is action
    assert "crack" in after.reason


def test_words_that_ask_for_stop_on_a_type_that_nobody_can_name_ask_for_it_at_any_severity() -> None:
    recipe = CRACKS.model_copy(update={"policy": CRACKS.policy[:1], "instruction": "crack: stop"})
    before = decision(Action.REWORK, defects=(found(severity=Severity.MINOR),))
    after = guard.review(before, trigger=trigger(), recipe=recipe, unheard=NO_CRACKS)
    assert after.action is Action.STOP
    assert "may be crack, which nobody can name" in after.reason


def test_where_a_person_accepted_it_the_decision_stands_and_says_what_is_not_done() -> None:
    recipe = CRACKS.model_copy(update={"unheard_accepted": True})
    before = decision(Action.REWORK, defects=(found(),))
    after = guard.review(before, trigger=trigger(), recipe=recipe, unheard=NO_CRACKS)
    assert after.action is Action.REWORK
    assert "cannot name crack" in after.reason
    assert "is not done (crack: stop)" in after.reason


def test_a_part_without_a_defect_is_passed_whatever_nobody_can_name() -> None:
    before = decision(Action.PASS)
    assert guard.review(before, trigger=trigger(), recipe=CRACKS, unheard=NO_CRACKS) == before


def test_what_is_said_of_types_that_nobody_can_name_is_what_is_done() -> None:
    assert "gets what such a type would get (crack: stop)" in NO_CRACKS.on_the_line(accepted=False)
    assert "is not done (crack: stop)" in NO_CRACKS.on_the_line(accepted=True)
    assert Unheard().on_the_line(accepted=False) == ""


def test_what_no_model_decided_claims_no_confidence() -> None:
    late = guard.undecided(trigger(1), recipe=None, reason="late", decided_by=DecidedBy.TIMEOUT)
    assert (late.confidence, late.deviation) == (0.0, None)
    ruled = decision(Action.PASS).stricter(Action.REWORK, decided_by=DecidedBy.GUARD, reason="a rule")
    assert (ruled.confidence, ruled.deviation) == (0.0, None)


@given(st.sampled_from([action for action in Action if action is not Action.PASS]))
def test_a_late_part_gets_what_the_recipe_asks_for_and_never_a_pass(policy: Action) -> None:
    late = guard.late(trigger(), recipe=Recipe(id=1, name="cover", late_policy=policy), reason="too late")
    assert (late.action, late.decided_by, late.reason) == (policy, DecidedBy.TIMEOUT, "too late")
