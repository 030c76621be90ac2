"""Reflex and our language model: a pass needs both and the action head; doubt goes to a person."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.decision import Action, DecidedBy, Decision, Defect, ModelRef, RecipeRef, Severity
from inspection.motion.chunk import NOMINAL_LINE
from inspection.motion.planner import plan
from inspection.pictures.sight.sight import PLAIN
from inspection.recipe import DefectRule, Recipe, View
from models.inspectors import second_opinion
from models.inspectors import vla as consultant
from models.inspectors.reflex import ViewFindings
from models.inspectors.vla import ViewOpinion, not_pass, opinion_of
from models.language.decoding import NONE, Choice
from models.language.instructions import instruction_of
from models.vla.perception import Place
from models.vla.vla import Named, Reason, Verdict

RECIPE = Recipe(
    id=1,
    name="cover",
    defect_types=("scratch", "dent"),
    policy=(DefectRule(action=Action.REWORK), DefectRule(min_severity=Severity.CRITICAL, action=Action.STOP)),
    late_policy=Action.MANUAL_REVIEW,
)
BOX = (10, 20, 30, 40)


class NoWords(Reason):
    """A reason that is not asked for."""

    def __init__(self) -> None:
        pass


class Seen(ViewFindings):
    """As much of a view as naming defects needs."""

    def __init__(self, view: View, defects: tuple[Defect, ...] = ()) -> None:
        object.__setattr__(self, "view", view)
        object.__setattr__(self, "seen", PLAIN.of(np.zeros((300, 400, 3), np.uint8), view))
        object.__setattr__(self, "defects", defects)


def defect(kind: str = "anomaly", severity: Severity = Severity.MAJOR) -> Defect:
    return Defect(type=kind, severity=severity, box=BOX, score=0.9)


def reflex(action: Action, defects: tuple[Defect, ...] = ()) -> Decision:
    return Decision(
        part_id=1,
        trigger_seq=1,
        recipe=RecipeRef(id=1, version=1),
        action=action,
        confidence=0.9,
        decided_by=DecidedBy.REFLEX,
        reason="by reflex",
        defects=defects,
        defect_score=0.5,
        model=ModelRef(name="m", version="1", sha256=""),
    )


def choice(word: str, p: float = 0.9, other: str = "x") -> Choice:
    return Choice(word, {word: p, other: 1.0 - p})


def opinion(
    action: Action,
    kind: str = NONE,
    *,
    meant: Action | None = None,
    asked: Action | None = None,
) -> ViewOpinion:
    is_none = kind == NONE
    named = Named(
        type=Choice(kind, {kind: 0.9, ("dent" if is_none else NONE): 0.1}),
        severity=None if is_none else choice("major", other="minor"),
        asked=None if is_none else choice((asked or action).value),
    )
    found: tuple[Defect, ...] = () if is_none else (defect(kind),)
    return ViewOpinion(
        places=(Place(box=BOX, peak=1.2),),
        verdict=Verdict(
            named=(named,),
            action=choice(action.value, other="stop" if action is not Action.STOP else "pass"),
            chunk=plan(meant or action, NOMINAL_LINE),
            meant=meant or action,
            raw="",
            steps=3,
        ),
        words=NoWords(),
        defects=found,
        not_pass=1.0,
    )


def joined(seen: Decision, said: ViewOpinion, recipe: Recipe = RECIPE) -> Decision:
    opinion = opinion_of([said], seen, NOMINAL_LINE)
    return second_opinion.joined(seen, opinion, recipe, called="the language model")


def test_a_pass_needs_reflex_language_and_action_head() -> None:
    assert joined(reflex(Action.PASS), opinion(Action.PASS)).action is Action.PASS
    assert joined(reflex(Action.PASS), opinion(Action.PASS)).decided_by is DecidedBy.VLA


def test_where_both_see_the_defect_the_words_decide() -> None:
    seen = reflex(Action.REWORK, (defect(),))
    decision = joined(seen, opinion(Action.STOP, "scratch"))
    assert (decision.action, decision.decided_by) == (Action.STOP, DecidedBy.VLA)
    assert decision.defects[0].type == "scratch"
    assert "major scratch" in decision.reason


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (reflex(Action.PASS), opinion(Action.REWORK, "scratch")),
        (reflex(Action.REWORK, (defect(),)), opinion(Action.PASS)),
        (
            reflex(Action.REWORK, (defect(),)),
            opinion(Action.REWORK, "scratch", meant=Action.PASS),
        ),
        (reflex(Action.PASS), opinion(Action.PASS, meant=Action.STOP)),
        (
            reflex(Action.REWORK, (defect(),)),
            opinion(Action.REWORK, "scratch", asked=Action.STOP),
        ),
    ],
    ids=[
        "language alone sees it",
        "memory alone sees it",
        "the head would pass it",
        "the head would stop",
        "a defect asks for more than the action that is said",
    ],
)  # fmt: skip
def test_disagreement_goes_to_a_person_and_says_who_said_what(seen: Decision, said: ViewOpinion) -> None:
    decision = joined(seen, said)
    assert decision.action is Action.MANUAL_REVIEW
    assert "language model" in decision.reason


def test_words_never_ask_for_less_than_the_rules() -> None:
    """The instruction lets scratches pass; the rules want them reworked."""
    decision = joined(reflex(Action.REWORK, (defect(),)), opinion(Action.PASS, "scratch"))
    assert decision.action is Action.REWORK
    assert decision.decided_by is DecidedBy.GUARD


actions = st.sampled_from(Action)


@given(actions, actions, actions, st.sampled_from([NONE, "scratch"]), st.booleans())
def test_nothing_that_the_reflex_holds_is_passed(
    of_reflex: Action, said: Action, meant: Action, kind: str, reflex_sees: bool
) -> None:
    seen = reflex(of_reflex, (defect(),) if reflex_sees else ())
    decision = joined(seen, opinion(said, kind, meant=meant))
    if decision.action is Action.PASS:
        assert not reflex_sees
        assert kind == NONE
        assert said is Action.PASS
        assert meant is Action.PASS


@given(actions, actions, actions, st.sampled_from([NONE, "scratch"]), st.booleans())
def test_the_language_model_never_ends_milder_than_the_reflex(
    of_reflex: Action, said: Action, meant: Action, kind: str, reflex_sees: bool
) -> None:
    """RECIPE's rules speak of every defect, so the reflex's word on an anomaly is a word."""
    seen = reflex(of_reflex, (defect(),) if reflex_sees else ())
    decision = joined(seen, opinion(said, kind, meant=meant))
    assert decision.action.strictness >= of_reflex.strictness


NAMED_ONLY = RECIPE.model_copy(
    update={
        "policy": (
            DefectRule(type="scratch", action=Action.PASS),
            DefectRule(type="dent", action=Action.REWORK),
        )
    }
)
"""No rule speaks of an anomaly: the reflex can only ask for a person."""


def test_a_rule_that_names_a_defect_may_let_it_pass_when_the_model_names_it() -> None:
    seen = reflex(Action.MANUAL_REVIEW, (defect(),))
    one = opinion(Action.PASS, "scratch")
    assert joined(seen, one, NAMED_ONLY).action is Action.PASS
    heads = opinion(Action.PASS, "scratch", meant=Action.STOP)
    assert joined(seen, heads, NAMED_ONLY).action is Action.MANUAL_REVIEW
    close = NAMED_ONLY.model_copy(update={"review_band": 0.5})
    assert joined(seen, one, close).action is Action.MANUAL_REVIEW, "too close stays too close"


def test_what_the_model_was_not_shown_or_takes_for_nothing_stays_an_anomaly() -> None:
    elsewhere = Defect(type="anomaly", severity=Severity.CRITICAL, box=(200, 200, 9, 9), score=0.9)
    here = Defect(type="anomaly", severity=Severity.MINOR, box=BOX, length_mm=7.0, score=0.9)
    shown = Seen(View(name="top"), (here, elsewhere))
    one = opinion(Action.PASS, "scratch")
    found = consultant._defects(shown, (Place(box=BOX, peak=1.2),), one.verdict)
    assert [each.type for each in found] == ["scratch", "anomaly"]
    assert found[0].length_mm == 7.0
    seen = reflex(Action.MANUAL_REVIEW, (here, elsewhere))
    decision = joined(seen, replace(one, defects=found), NAMED_ONLY)
    assert decision.action is Action.MANUAL_REVIEW, "no rule lets an anomaly pass"


@given(st.floats(-50, 50), st.floats(0, 1), st.floats(0, 4))
def test_doubt_of_either_speaks_against_a_pass(above: float, probability: float, trust: float) -> None:
    score = not_pass(above, probability, trust=trust)
    assert math.isfinite(score)
    assert not_pass(above + 1.0, probability, trust=trust) > score
    assert not_pass(above, min(probability + 0.1, 1.0), trust=trust) >= score
    assert not_pass(above, probability, trust=0.0) == above


def test_a_recipe_without_words_has_its_rules_told() -> None:
    told = instruction_of(RECIPE)
    assert "rework" in told
    assert "stop" in told
    assert instruction_of(RECIPE.model_copy(update={"instruction": " 裂纹: 停线 "})) == "裂纹: 停线"


def test_the_boxes_of_defects_lie_where_the_view_looks() -> None:
    view = View(region=(100, 50, 200, 200), mm_per_pixel=0.5)
    seen = Seen(view)
    found = consultant._defects(seen, (Place(box=BOX, peak=1.2),), opinion(Action.REWORK, "dent").verdict)
    assert found[0].box == (110, 70, 30, 40)
    assert found[0].length_mm == 25.0
    assert found[0].score == pytest.approx(0.9)


def test_what_is_proposed_is_the_strictest_views_motion() -> None:
    mild, strict = opinion(Action.PASS), opinion(Action.REWORK, "scratch", meant=Action.STOP)
    proposed = consultant._motion([mild, strict, mild], NOMINAL_LINE)
    assert proposed is not None
    assert (proposed.meant, proposed.chunk) == (Action.STOP, strict.verdict.chunk)
    assert proposed.physics == NOMINAL_LINE


def test_a_broken_model_proposes_no_motion() -> None:
    broken = opinion(Action.PASS)
    broken = replace(broken, verdict=replace(broken.verdict, sound=False))
    assert consultant._motion([opinion(Action.PASS), broken], NOMINAL_LINE) is None


def test_the_motion_and_the_words_come_with_the_opinion_on_the_part() -> None:
    said = opinion_of([opinion(Action.PASS)], reflex(Action.PASS), NOMINAL_LINE)
    assert said.motion is not None
    assert said.motion.meant is Action.PASS
    assert said.words is not None
