"""A pretrained model beside the reflex: the stricter holds, and disagreement goes to a person."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from inspection.decision import Action, DecidedBy, Decision, Severity
from inspection.part import Frame, Picture
from inspection.recipe import DefectRule, Recipe, View
from inspection.result import InspectionResult
from inspection.station.guard import review
from models.backbone.features import VisionTower
from models.inspectors.pretrained_vlm import PretrainedVlmConsultant, legal, question
from models.inspectors.second_opinion import SecondOpinionInspector
from models.language.base import LanguageSettings
from models.language.free_generation import Answer, Legal, PretrainedVlm, SeenDefect, Written
from models.memory.memory import NormalityMemory
from models.memory.settings import MemorySettings
from tests import fakes
from tests.models import bases
from tests.models.conftest import scratched

RECIPE = Recipe(
    id=1,
    name="cover",
    views=(View(mm_per_pixel=0.1),),
    defect_types=("scratch", "dent"),
    policy=(DefectRule(action=Action.REWORK), DefectRule(type="dent", action=Action.STOP)),
)
HERE = (125, 167, 313, 267)
"""Thousandths of where ``scratched`` scratches."""


@pytest.fixture(scope="module")
def memory(tower: VisionTower, parts: list[Picture]) -> NormalityMemory:
    return NormalityMemory.teach(parts[:20], tower=tower, settings=MemorySettings(patches=500))


class Says(PretrainedVlm):
    """A pretrained model that says what a test wants, without weights."""

    def __init__(self, answer: Answer | None, raw: str = "") -> None:
        self.name, self.version, self.sha256 = "says", "fake", "0" * 64
        self.answer, self.raw = answer, raw
        self.last_asked = ""

    def write(
        self,
        picture: Picture,
        question: str,
        legal: Legal,
        *,
        check: Callable[[], None] = lambda: None,
        most_tokens: int = 0,
    ) -> Written:
        check()
        self.last_asked = question
        written: Written = object.__new__(Written)
        written.raw, written.answer, written.action_probability = self.raw, self.answer, 0.8
        return written

    def write_on(self, written: Written, *, go_on: Callable[[], bool], most_tokens: int = 0) -> str:
        return "because"


def says(action: Action, *kinds: str, box: tuple[int, int, int, int] = HERE) -> Says:
    seen = tuple(SeenDefect(type=kind, severity=Severity.MAJOR, box=box) for kind in kinds)
    return Says(Answer(defects=seen, action=action))


def result_of(
    model: PretrainedVlm, picture: Picture, memory: NormalityMemory, *, deadline_s: float = 60.0
) -> InspectionResult:
    inspector = SecondOpinionInspector(
        {(1, 1, "top"): memory}, consultant=PretrainedVlmConsultant(model), threads=1
    )
    inspector.prepare(RECIPE)
    frame = Frame(picture=picture, camera="main", captured_at=fakes.EPOCH, number=1, simulated=False)
    deadline_ns = time.monotonic_ns() + int(deadline_s * 1e9)
    result = inspector.inspect((frame,), recipe=RECIPE, part_id=1001, trigger_seq=1, deadline_ns=deadline_ns)
    again = Decision.model_validate_json(result.decision.model_dump_json())
    assert again == result.decision
    reviewed = review(result.decision, trigger=fakes.trigger(), recipe=RECIPE)
    assert reviewed == result.decision  # nothing left to object to
    assert result.motion is None, "it knows nothing of belts"
    return result


def judged(
    model: PretrainedVlm, picture: Picture, memory: NormalityMemory, *, deadline_s: float = 60.0
) -> Decision:
    return result_of(model, picture, memory, deadline_s=deadline_s).decision


def test_both_pass(memory: NormalityMemory, parts: list[Picture]) -> None:
    result = result_of(says(Action.PASS), parts[25], memory)
    decision = result.decision
    assert (decision.action, decision.decided_by) == (Action.PASS, DecidedBy.VLA)
    assert decision.model.name == "says"
    assert result.words is not None
    assert result.words(go_on=lambda: True) == "because"
    assert result.words(go_on=lambda: True) == "", "asked once"


@pytest.mark.parametrize("action", [Action.PASS, Action.REWORK])
def test_what_the_reflex_rejects_never_passes(
    memory: NormalityMemory, parts: list[Picture], action: Action
) -> None:
    decision = judged(says(action), scratched(parts[25]), memory)
    assert decision.action is Action.MANUAL_REVIEW
    assert "says" not in decision.reason or "foreign" in decision.reason


@pytest.mark.parametrize("action", [Action.PASS, Action.REWORK])
def test_a_defect_that_the_memory_does_not_see_goes_to_a_person(
    memory: NormalityMemory, parts: list[Picture], action: Action
) -> None:
    decision = judged(says(action, "scratch"), parts[25], memory)
    assert decision.action is Action.MANUAL_REVIEW


def test_a_defect_gets_its_name_where_it_was_measured(memory: NormalityMemory, parts: list[Picture]) -> None:
    decision = judged(says(Action.REWORK, "scratch"), scratched(parts[25]), memory)
    assert decision.action.strictness >= Action.REWORK.strictness
    assert decision.decided_by in (DecidedBy.VLA, DecidedBy.REFLEX)
    defect = decision.defects[0]
    assert (defect.type, defect.severity) == ("scratch", Severity.MAJOR)
    assert defect.length_mm is not None


def test_a_defect_elsewhere_keeps_the_models_box_and_no_length(
    memory: NormalityMemory, parts: list[Picture]
) -> None:
    decision = judged(
        says(Action.REWORK, "scratch", box=(1000, 1000, 900, 900)), scratched(parts[25]), memory
    )
    x, y, width, height = decision.defects[0].box
    assert decision.defects[0].length_mm is None
    assert width > 0
    assert height > 0
    assert x + width <= 160
    assert y + height <= 120


def test_the_rules_ask_for_more_than_the_model(memory: NormalityMemory, parts: list[Picture]) -> None:
    decision = judged(says(Action.REWORK, "dent"), scratched(parts[25]), memory)
    assert decision.action.strictness >= Action.STOP.strictness


@pytest.mark.parametrize("picture", ["good", "bad"])
def test_what_is_no_decision_goes_to_a_person_with_its_text(
    memory: NormalityMemory, parts: list[Picture], picture: str
) -> None:
    shown = parts[25] if picture == "good" else scratched(parts[25])
    raw = 'I think "it" is fine\n' + "\x00" * 900
    result = result_of(Says(None, raw), shown, memory)
    decision = result.decision
    assert decision.action is Action.MANUAL_REVIEW
    assert "I think" in decision.reason
    assert len(decision.reason) <= 500
    assert result.words is None


def test_a_late_model_is_not_waited_for(memory: NormalityMemory, parts: list[Picture]) -> None:
    decision = judged(says(Action.PASS), parts[25], memory, deadline_s=0.0)
    assert (decision.action, decision.decided_by) == (RECIPE.late_policy, DecidedBy.TIMEOUT)


def test_only_the_recipes_words_are_legal() -> None:
    said = legal(RECIPE)
    assert said.kinds == ("scratch", "dent", "other")
    assert said.actions == (Action.PASS, Action.REWORK, Action.STOP, Action.MANUAL_REVIEW)
    assert "scratch, dent, other" in question(RECIPE)
    lenient = RECIPE.model_copy(update={"policy": (DefectRule(action=Action.REWORK),), "defect_types": ()})
    assert legal(lenient).actions == (Action.PASS, Action.REWORK, Action.MANUAL_REVIEW)
    assert legal(lenient).kinds == ("other",)


def test_a_real_one_of_random_weights(memory: NormalityMemory, parts: list[Picture], tmp_path: Path) -> None:
    settings = LanguageSettings(base=str(bases.qwen_vl(tmp_path)), dtype="float32")
    model = PretrainedVlm(settings)
    for picture in (parts[25], scratched(parts[25]), np.zeros((120, 160, 3), np.uint8)):
        result = result_of(model, picture, memory)
        decision = result.decision
        assert decision.action in legal(RECIPE).actions
        assert {defect.type for defect in decision.defects} <= {*legal(RECIPE).kinds, "anomaly"}
        assert result.words is None or isinstance(result.words(go_on=lambda: True), str)
