"""The frame around every second model: a third one needs nothing but an opinion, and remembers no part."""

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from inspection.decision import Action, DecidedBy, Decision, Defect, ModelRef, Severity
from inspection.messages.message import Sentence
from inspection.motion.chunk import NOMINAL_LINE, ProposedMotion
from inspection.motion.planner import plan
from inspection.part import Frame, Picture
from inspection.ports import Inspector
from inspection.recipe import DefectRule, Recipe, View
from inspection.result import InspectionResult
from models.backbone.features import VisionTower
from models.inspectors import second_opinion
from models.inspectors.reflex import ViewFindings
from models.inspectors.second_opinion import (
    Consultant,
    SecondOpinion,
    SecondOpinionInspector,
    late,
)
from models.memory.memory import NormalityMemory
from models.memory.settings import MemorySettings
from tests import fakes
from tests.models.conftest import scratched

RECIPE = Recipe(
    id=1,
    name="cover",
    views=(View(mm_per_pixel=0.1),),
    defect_types=("scratch", "dent"),
    policy=(DefectRule(action=Action.REWORK), DefectRule(type="dent", action=Action.STOP)),
    late_policy=Action.MANUAL_REVIEW,
)


class Brain:
    """A third consultant: it calls whatever the memory found what the test wants, and says so later."""

    called = "the brain"
    scores = False
    model = ModelRef(name="brain", version="1", sha256="")

    def __init__(self, kind: str = "scratch", *, action: Action | None = None, sound: bool = True) -> None:
        self._kind, self._action, self._sound = kind, action, sound
        self.prepared: list[str] = []

    def prepare(self, recipe: Recipe) -> None:
        self.prepared.append(recipe.name)

    def consult(
        self,
        findings: tuple[ViewFindings, ...],
        reflex: Decision,
        *,
        recipe: Recipe,
        check: Callable[[], None],
    ) -> SecondOpinion:
        check()
        found = [defect for view in findings for defect in view.defects] if self._kind else []
        defects = tuple(one.model_copy(update={"type": self._kind}) for one in found)
        said = f"part {reflex.part_id} has {len(defects) or 'no'} defects"
        action = self._action or recipe.action_for(defects)
        return SecondOpinion(
            action=action,
            confidence=0.75,
            defects=defects,
            reason=Sentence(f"the brain thinks {action}", ()),
            sound=self._sound,
            motion=ProposedMotion(chunk=plan(action, NOMINAL_LINE), physics=NOMINAL_LINE, meant=action),
            words=lambda *, go_on: said if go_on() else "",
        )


@pytest.fixture(scope="module")
def memory(tower: VisionTower, parts: list[Picture]) -> NormalityMemory:
    return NormalityMemory.teach(parts[:20], tower=tower, settings=MemorySettings(patches=500))


def inspector_with(consultant: Consultant, memory: NormalityMemory) -> SecondOpinionInspector:
    inspector = SecondOpinionInspector({(1, 1, "top"): memory}, consultant=consultant, threads=1)
    inspector.prepare(RECIPE)
    return inspector


def inspect(
    inspector: Inspector, picture: Picture, *, part_id: int = 1, deadline_s: float = 60.0
) -> InspectionResult:
    frame = Frame(picture=picture, camera="main", captured_at=fakes.EPOCH, number=1, simulated=False)
    deadline_ns = time.monotonic_ns() + int(deadline_s * 1e9)
    return inspector.inspect(
        (frame,), recipe=RECIPE, part_id=part_id, trigger_seq=part_id, deadline_ns=deadline_ns
    )


def test_a_third_consultant_needs_nothing_but_an_opinion(
    memory: NormalityMemory, parts: list[Picture]
) -> None:
    brain = Brain()
    inspector = inspector_with(brain, memory)
    assert brain.prepared == ["cover"]
    fine = inspect(inspector, parts[25]).decision
    assert (fine.action, fine.decided_by, fine.confidence) == (Action.PASS, DecidedBy.VLA, 0.75)
    assert (fine.model, fine.reason) == (Brain.model, "the brain thinks pass")
    assert fine.timings_ms.vision is not None
    assert fine.timings_ms.reasoning is not None
    held = inspect(inspector, scratched(parts[25])).decision
    assert held.action is Action.REWORK
    assert {defect.type for defect in held.defects} == {"scratch"}


def test_a_result_is_whole_and_stays_its_own_parts(memory: NormalityMemory, parts: list[Picture]) -> None:
    inspector = inspector_with(Brain(), memory)
    first = inspect(inspector, scratched(parts[25]), part_id=1)
    second = inspect(inspector, parts[25], part_id=2)
    assert first.motion is not None
    assert second.motion is not None
    assert (first.motion.meant, second.motion.meant) == (Action.REWORK, Action.PASS)
    assert second.words is not None
    assert first.words is not None
    assert second.words(go_on=lambda: True) == "part 2 has no defects"
    assert first.words(go_on=lambda: True) == f"part 1 has {len(first.decision.defects)} defects"
    assert first.words(go_on=lambda: True) == "", "it is said once"


def test_nothing_of_a_part_stays_in_an_inspector(memory: NormalityMemory, parts: list[Picture]) -> None:
    inspector = inspector_with(Brain(), memory)
    before = dict(vars(inspector))
    inspect(inspector, parts[25])
    assert vars(inspector) == before


@pytest.mark.parametrize(
    ("brain", "damaged", "reason"),
    [
        (Brain(""), True, "the memory sees"),
        (Brain(action=Action.PASS, sound=False), False, "the brain is broken"),
    ],
    ids=["it sees no defect where the memory does", "it is broken"],
)
def test_disagreement_and_doubt_go_to_a_person(
    memory: NormalityMemory, parts: list[Picture], brain: Brain, damaged: bool, reason: str
) -> None:
    picture = scratched(parts[25]) if damaged else parts[25]
    decision = inspect(inspector_with(brain, memory), picture).decision
    assert decision.action is Action.MANUAL_REVIEW
    assert reason in decision.reason


def test_the_rules_apply_to_the_names_that_it_gives(memory: NormalityMemory, parts: list[Picture]) -> None:
    named = inspect(inspector_with(Brain("dent", action=Action.REWORK), memory), scratched(parts[25]))
    assert (named.decision.action, named.decision.decided_by) == (Action.STOP, DecidedBy.GUARD)


def test_it_never_ends_milder_than_the_reflex(memory: NormalityMemory, parts: list[Picture]) -> None:
    mild = inspect(inspector_with(Brain("scratch", action=Action.PASS), memory), scratched(parts[25]))
    assert mild.decision.action is Action.REWORK


def test_it_does_not_release_what_is_less_like_the_taught_parts_than_any_of_them(
    memory: NormalityMemory, parts: list[Picture], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = replace(memory.assess(parts[25]), in_doubt=True)
    monkeypatch.setattr(memory, "assess", lambda _: seen)
    held = inspect(inspector_with(Brain(), memory), parts[25]).decision
    assert (held.action, held.defects) == (Action.MANUAL_REVIEW, ())


def test_one_that_is_late_is_not_waited_for_and_has_neither_motion_nor_words(
    memory: NormalityMemory, parts: list[Picture]
) -> None:
    result = inspect(inspector_with(Brain(), memory), parts[25], deadline_s=0.0)
    assert (result.decision.action, result.decision.decided_by) == (RECIPE.late_policy, DecidedBy.TIMEOUT)
    assert "the brain did not answer in time" in result.decision.reason
    assert (result.motion, result.words) == (None, None)


def test_what_is_late_follows_the_late_policy_and_is_never_milder_than_the_reflex() -> None:
    anomaly = Defect(type="anomaly", severity=Severity.MAJOR, box=(10, 20, 30, 40), score=0.9)
    passed = fakes.decision(Action.PASS, defect_score=0.4)
    stopped = fakes.decision(Action.STOP, defects=(anomaly,), defect_score=0.9)

    def when_late(reflex: Decision, recipe: Recipe, *, scores: bool = True) -> Decision:
        return late(reflex, recipe, called="the brain", scores=scores)

    told = when_late(passed, RECIPE)
    assert (told.action, told.decided_by) == (Action.MANUAL_REVIEW, DecidedBy.TIMEOUT)
    reworks = RECIPE.model_copy(update={"late_policy": Action.REWORK})
    assert when_late(passed, reworks).action is Action.REWORK
    held = when_late(stopped, reworks)
    assert (held.action, held.decided_by) == (Action.STOP, DecidedBy.REFLEX)
    assert held.deviation is None, "the reflex's score is no score of a model that scores by itself"
    assert when_late(stopped, reworks, scores=False).deviation == 0.9


def test_a_name_that_examples_do_not_bear_out_is_unknown_and_goes_to_a_person() -> None:
    box = (10, 20, 30, 40)
    seen = Defect(type="scratch", severity=Severity.MAJOR, box=box, score=0.9, type_probability=0.8)
    for said, kept in (("scratch", "scratch"), ("crack", "unknown"), ("other", "unknown")):
        defect = Defect(type=said, severity=Severity.MAJOR, box=box, score=0.9)
        (found,) = second_opinion._by_examples((seen,), (defect,))
        assert found.type == kept
        assert found.type_probability == (0.8 if kept == said else None)
    anomaly = seen.model_copy(update={"type": "anomaly", "type_probability": None})
    assert second_opinion._by_examples((anomaly,), (defect,)) == (defect,)
