"""What leaves the inference process: the decision, and beside it what labelled parts say of its score."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from multiprocessing import Pipe

import pytest

from app.inference.messages import Answer, Explain, Explained, Inspect, Judged, Question, Ready, unpacked
from app.inference.process import Built, _Serving
from inspection.certification.probability import LabelledScores, Origin
from inspection.decision import Decision, ModelRef
from inspection.part import Frame
from inspection.recipe import Recipe
from inspection.result import InspectionResult
from tests.app.inference.misbehaving import MODEL, RECIPE, MisbehavingInspector

PATIENCE_S = 10.0
OTHER = ModelRef(name="fake", version="2", sha256="")


class ScoringInspector(MisbehavingInspector):
    """Says that every part is defective, by much."""

    def inspect(
        self, frames: tuple[Frame, ...], *, recipe: Recipe, part_id: int, trigger_seq: int, deadline_ns: int
    ) -> InspectionResult:
        result = super().inspect(
            frames, recipe=recipe, part_id=part_id, trigger_seq=trigger_seq, deadline_ns=deadline_ns
        )
        return replace(result, decision=result.decision.model_copy(update={"defect_score": 0.9}))


def labelled(by: ModelRef) -> LabelledScores | None:
    return LabelledScores.of(good=[0.1] * 30, defective=[0.9] * 18, origin=Origin.HELD_OUT, judged_by=by)


def answers(built: Built, *questions: Question) -> list[Answer]:
    """What a process that has built this answers, one question at a time."""
    engine, ours = Pipe()

    def serve() -> None:
        with suppress(EOFError):
            _Serving(built, ours).run()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        assert isinstance(unpacked(engine.recv_bytes()), Ready)
        given = []
        for question in questions:
            engine.send(question)
            assert engine.poll(PATIENCE_S)
            given.append(unpacked(engine.recv_bytes()))
        return given
    finally:
        engine.close()
        thread.join(PATIENCE_S)


def look_at(part_id: int, *, number: int) -> Inspect:
    return Inspect(number=number, frames=(), places=(), part_id=part_id, trigger_seq=9, deadline_ns=2**62)


def judged(built: Built) -> Decision:
    (answer,) = answers(built, look_at(1000, number=1))
    assert isinstance(answer, Judged)
    return answer.decision


class BriefInspector(MisbehavingInspector):
    """Says in one word which part it judged."""

    def say(self, part_id: int, *, go_on: Callable[[], bool]) -> str:
        return f"part {part_id}"


def test_words_are_had_by_the_question_that_the_part_was_judged_by_and_by_no_other() -> None:
    given = answers(
        Built(RECIPE, BriefInspector()),
        Explain(number=1, of=0),
        look_at(1000, number=2),
        look_at(1001, number=3),
        Explain(number=4, of=2),
        Explain(number=5, of=7),
        Explain(number=6, of=3),
        Explain(number=7, of=3),
    )
    said = [answer.text for answer in given if isinstance(answer, Explained)]
    assert said == ["", "", "", "part 1001", ""], "never seen, too old, never asked, the newest, said already"
    assert [answer.words for answer in given if isinstance(answer, Judged)] == [True, True]


def test_what_labelled_parts_say_goes_with_the_decision_and_changes_nothing_else_of_it() -> None:
    bare = judged(Built(RECIPE, ScoringInspector()))
    assert bare.defect_probability is None
    shown = judged(Built(RECIPE, ScoringInspector(), labelled=labelled(MODEL)))
    assert shown.defect_probability is not None
    assert shown.defect_probability.among_labelled == pytest.approx(19 / 20)
    assert shown.model_copy(update={"defect_probability": None}) == bare


@pytest.mark.parametrize(
    ("inspector", "by"),
    [(ScoringInspector, OTHER), (MisbehavingInspector, MODEL)],
    ids=["other model", "no score"],
)
def test_what_was_measured_with_another_model_or_is_about_no_score_is_not_said(
    inspector: Callable[[], MisbehavingInspector], by: ModelRef
) -> None:
    assert judged(Built(RECIPE, inspector(), labelled=labelled(by))).defect_probability is None
