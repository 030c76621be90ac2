"""The reflex: what was never seen on good parts is found, put in its place, and handed to the policy."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.recipes.inspectors import build_inspector
from app.recipes.library import RecipeLibrary
from app.settings.station import InspectorKind, ModelTable
from inspection.cameras.simulated import SimulatedCamera
from inspection.decision import Action, Decision, Severity
from inspection.errors import RecipeError
from inspection.messages.codes import Code
from inspection.part import Frame
from inspection.recipe import DefectRule, Recipe, View
from inspection.simulation import Variation, cover, draw_part, render
from models.inspectors.reflex import ReflexInspector, unclamped
from tests.fakes import EPOCH

CLEAR = Variation(defect_rate=1.0, contrast=(0.5, 0.6))


@pytest.fixture(scope="module")
def reflex(taught_library: Path) -> tuple[Recipe, ReflexInspector]:
    """The recipe of the simulated product and its inspector."""
    recipe, inspector = build_inspector(
        RecipeLibrary(taught_library), "cover", model=ModelTable(inspector=InspectorKind.REFLEX)
    )
    assert isinstance(inspector, ReflexInspector)
    inspector.prepare(recipe)
    return recipe, inspector


def _frame(picture: np.ndarray) -> Frame:
    return Frame(picture=picture, camera="main", captured_at=EPOCH, number=1, simulated=True)


def _judge(
    reflex: tuple[Recipe, ReflexInspector], picture: np.ndarray, recipe: Recipe | None = None
) -> Decision:
    frames = (_frame(picture),)
    return (
        reflex[1]
        .inspect(frames, recipe=recipe or reflex[0], part_id=7, trigger_seq=3, deadline_ns=0)
        .decision
    )


def test_good_parts_pass_and_clear_defects_do_not(reflex: tuple[Recipe, ReflexInspector]) -> None:
    for defect_rate, passes in ((0.0, True), (1.0, False)):
        camera = SimulatedCamera(
            "main", seed=1, variation=Variation(defect_rate=defect_rate, contrast=CLEAR.contrast)
        )
        camera.open()
        passed = [_judge(reflex, camera.capture(n).picture).action is Action.PASS for n in range(12)]
        assert sum(passed) == pytest.approx(12 if passes else 0, abs=1)


def test_the_box_is_where_the_defect_is(reflex: tuple[Recipe, ReflexInspector]) -> None:
    places = cover(CLEAR.label).places
    hits = found = 0
    for part_id in range(100, 120):
        rendering = render(draw_part(seed=1, part_id=part_id, variation=CLEAR, places=places))
        decision = _judge(reflex, rendering.picture)
        if decision.action is Action.PASS or len(rendering.defects) != 1:
            continue
        found += 1
        left, top, width, height = max(decision.defects, key=lambda d: d.severity.rank).box
        rows, columns = np.nonzero(rendering.mask)
        inside = (columns >= left) & (columns < left + width) & (rows >= top) & (rows < top + height)
        hits += bool(inside.any())
        assert 0 <= left < left + width <= 640
        assert 0 <= top < top + height <= 480
    assert found >= 10
    assert hits >= 0.8 * found


def test_the_policy_decides_what_becomes_of_a_defect(reflex: tuple[Recipe, ReflexInspector]) -> None:
    picture = render(
        draw_part(seed=1, part_id=101, variation=CLEAR, places=cover(CLEAR.label).places)
    ).picture
    for action in (Action.REWORK, Action.STOP, Action.MANUAL_REVIEW):
        recipe = reflex[0].model_copy(
            update={"policy": (DefectRule(min_severity=Severity.MINOR, action=action),)}
        )
        assert _judge(reflex, picture, recipe).action is action


def test_what_lies_close_to_the_threshold_goes_to_a_person(reflex: tuple[Recipe, ReflexInspector]) -> None:
    camera = SimulatedCamera("main", seed=1, variation=Variation(defect_rate=0.0))
    camera.open()
    cautious = reflex[0].model_copy(update={"review_band": 0.5})
    decision = _judge(reflex, camera.capture(1).picture, cautious)
    assert decision.action is Action.MANUAL_REVIEW


def test_what_is_less_like_the_taught_parts_than_any_of_them_goes_to_a_person_where_groups_were_too_few(
    reflex: tuple[Recipe, ReflexInspector],
) -> None:
    recipe, inspector = reflex
    camera = SimulatedCamera("main", seed=1, variation=Variation(defect_rate=0.0))
    camera.open()
    (found,) = inspector.examine((_frame(camera.capture(1).picture),), recipe=recipe)

    def decided(*, in_doubt: bool) -> Decision:
        seen = replace(found, assessment=replace(found.assessment, in_doubt=in_doubt))
        return inspector.decide((seen,), recipe=recipe, part_id=7, trigger_seq=3, vision_ms=1.0)

    assert decided(in_doubt=False).action is Action.PASS
    held = decided(in_doubt=True)
    assert (held.action, held.defects) == (Action.MANUAL_REVIEW, ())
    assert Code.FEW_GROUPS_TAUGHT in {message.code for message in held.coded}


def test_no_confidence_is_finer_than_the_teaching_pictures_can_tell(
    reflex: tuple[Recipe, ReflexInspector],
) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (480, 640, 3), dtype=np.uint8)
    decision = _judge(reflex, noise)
    assert decision.action is not Action.PASS
    assert decision.confidence == pytest.approx(1 - 1 / 25)  # taught on 24


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_the_defect_score_tells_scores_apart_that_the_confidence_cannot(score: float, more: float) -> None:
    assert 0.0 < unclamped(score) < unclamped(score + more) < 1.0
    assert (unclamped(score) - 0.5) * score >= 0.0, "a half at the threshold, as the confidence"


def test_the_defect_score_of_every_part_is_its_own(reflex: tuple[Recipe, ReflexInspector]) -> None:
    scores = []
    for defect_rate in (0.0, 1.0):
        camera = SimulatedCamera(
            "main", seed=1, variation=Variation(defect_rate=defect_rate, contrast=CLEAR.contrast)
        )
        camera.open()
        scores.append([_judge(reflex, camera.capture(n).picture).defect_score or 0.0 for n in range(6)])
    good, bad = scores
    assert max(good) < 0.5 < min(bad)
    assert len({*good, *bad}) == 12


def test_a_view_that_does_not_fit_the_picture_is_an_error_not_a_guess(
    reflex: tuple[Recipe, ReflexInspector],
) -> None:
    narrow = reflex[0].model_copy(update={"views": (View(region=(600, 0, 100, 100)),)})
    with pytest.raises(RecipeError, match="640 x 480"):
        _judge(reflex, np.zeros((480, 640, 3), np.uint8), narrow)
    with pytest.raises(RecipeError, match="2 views"):
        _judge(
            reflex,
            np.zeros((480, 640, 3), np.uint8),
            reflex[0].model_copy(update={"views": (View(), View())}),
        )
    untaught = reflex[0].model_copy(update={"version": 9})
    with pytest.raises(RecipeError, match="was not taught"):
        _judge(reflex, np.zeros((480, 640, 3), np.uint8), untaught)
