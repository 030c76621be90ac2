"""What leaves the inference process: the decision, and beside it what labelled parts say of its score."""

import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import Pipe
from typing import Any

import pytest

from app.inference.messages import Inspect, Judged, Ready, unpacked
from app.inference.process import Built, _Serving
from inspection.certification.probability import LabelledScores, Origin
from inspection.decision import Decision, ModelRef
from tests.app.inference.misbehaving import MODEL, RECIPE, MisbehavingInspector

OTHER = ModelRef(name="fake", version="2", sha256="")


class ScoringInspector(MisbehavingInspector):
    """Says that every part is defective, by much."""

    def inspect(self, *args: Any, **kwargs: Any) -> Decision:
        return super().inspect(*args, **kwargs).model_copy(update={"defect_score": 0.9})


def labelled(by: ModelRef) -> LabelledScores | None:
    return LabelledScores.of(good=[0.1] * 30, defective=[0.9] * 18, origin=Origin.HELD_OUT, judged_by=by)


def judged(built: Built) -> Decision:
    engine, ours = Pipe()

    def serve() -> None:
        with suppress(EOFError):
            _Serving(built, ours).run()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        assert isinstance(unpacked(engine.recv_bytes()), Ready)
        engine.send(Inspect(number=1, frames=(), places=(), part_id=1000, trigger_seq=9, deadline_ns=2**62))
        answer = unpacked(engine.recv_bytes())
        assert isinstance(answer, Judged)
        return answer.decision
    finally:
        engine.close()
        thread.join(10.0)


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
