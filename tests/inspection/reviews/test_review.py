"""What may be said of a part, and which parts wait for a person."""

import pytest
from pydantic import ValidationError

from inspection.challenge.look import ChallengeLook
from inspection.decision import Action, DecidedBy
from inspection.part import MissedCause
from inspection.reviews.held import WhyHeld, why_held
from inspection.reviews.review import Answer, Verdict, overrides
from tests.reports.parts import part


@pytest.mark.parametrize(
    "said",
    [
        {"verdict": "defect"},
        {"verdict": "defect", "type": "  "},
        {"verdict": "good", "type": "scratch"},
        {"verdict": "dont_know"},
        {"verdict": "dont_know", "reason": " "},
        {"verdict": "good", "reason": "two\nlines"},
        {"verdict": "good", "reason": "x" * 501},
        {"verdict": "defect", "type": "x" * 65},
        {"verdict": "pass"},
        {"verdict": "good", "released": True},
    ],
)
def test_an_answer_that_is_none_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Answer.model_validate(said)


def test_only_the_contrary_of_a_decision_overrides_it() -> None:
    assert {(verdict, action) for verdict in Verdict for action in Action if overrides(verdict, action)} == {
        (Verdict.GOOD, Action.REWORK),
        (Verdict.GOOD, Action.STOP),
        (Verdict.DEFECT, Action.PASS),
    }


def test_what_waits_for_a_person_and_why() -> None:
    held = part(1, action=Action.MANUAL_REVIEW)
    assert why_held(held) is WhyHeld.UNDECIDED
    assert why_held(held.model_copy(update={"missed": MissedCause.OVERRUN})) is WhyHeld.MISSED
    assert why_held(held.model_copy(update={"missed": MissedCause.BYPASS})) is None
    assert why_held(part(1, action=Action.REWORK, decided_by=DecidedBy.TIMEOUT)) is WhyHeld.LATE
    assert why_held(part(1, late_decision=held.decision)) is WhyHeld.LATE
    assert why_held(part(1)) is None
    assert why_held(part(1, action=Action.STOP)) is None
    piece = ChallengeLook(
        round="1", piece="golden", by="Ben", expected=(Action.PASS,), got=Action.PASS, as_expected=True
    )
    assert why_held(held.model_copy(update={"challenge": piece})) is None
