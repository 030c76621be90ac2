"""Parts that lie anyhow, and that show what may vary, are taught and judged as if they did not."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.recipes import adapting
from app.recipes.inspectors import reflex_on
from app.recipes.library import RecipeLibrary, Taught
from app.recipes.recipe_file import read, write
from app.recipes.seeing import NO_MASK, how_seen, pace_of
from app.recipes.teaching import plan, teach
from inspection.decision import Action, Decision
from inspection.errors import RecipeError
from inspection.levels import Picture
from inspection.messages.codes import Code
from inspection.part import Frame
from inspection.pictures.sight.learning import Asked
from inspection.recipe import Motion, Register
from models.backbone.features import EfficientNetLite0
from models.eye.seeing import SeeingMemory
from models.inspectors.reflex import ReflexInspector
from models.training.data.photographs import Photograph
from tests.inspection.pictures.sight.parts import HEIGHT, WIDTH, move, moved, part
from tests.models.eye.untrained import untrained

PARTS = 10
SPOT = (110, 118)
"""Where a defect is put, on the part in the middle."""


def frame(picture: Picture) -> Frame:
    return Frame(picture=picture, camera="main", captured_at=datetime.now(UTC), number=1, simulated=True)


def lying(number: int) -> Picture:
    """A good part that lies anyhow; its dial points anywhere."""
    draw = np.random.default_rng(1000 + number)
    x, y, degrees = draw.uniform(-1, 1, 3) * (14, 10, 5)
    return moved(part(number, dial=int(draw.integers(0, 360))), x, y, degrees)


def dial_masked() -> np.ndarray:
    mask = np.full((HEIGHT, WIDTH), 255, np.uint8)
    cv2.circle(mask, (155, 82), 27, 0, -1)
    return mask


@pytest.fixture(scope="module")
def tower() -> EfficientNetLite0:
    return EfficientNetLite0()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> RecipeLibrary:
    return RecipeLibrary(tmp_path_factory.mktemp("recipes"))


@pytest.fixture(scope="module")
def taught(tower: EfficientNetLite0, kept: RecipeLibrary) -> Taught:
    """Taught, written to its file, and read again."""
    library = kept
    straight = [part(number, dial=36 * number) for number in range(PARTS // 2)]
    good = [frame(one) for one in (*straight, *(lying(number) for number in range(PARTS // 2)))]
    asked = Asked(motion=Motion.TURN, mask=dial_masked())
    library.save(teach(plan("gauge", library=library), good, tower=tower, asked=asked))
    return library.load("gauge", tower=tower)


@pytest.fixture(scope="module")
def reflex(taught: Taught, tower: EfficientNetLite0) -> ReflexInspector:
    of_view = (taught.recipe.id, taught.recipe.version, "top")
    inspector = ReflexInspector(
        {of_view: taught.memories["top"]},
        model=reflex_on(tower),
        threads=1,
        sights={of_view: taught.sights["top"]},
    )
    inspector.prepare(taught.recipe)
    return inspector


def decided(reflex: ReflexInspector, taught: Taught, picture: Picture) -> Decision:
    return reflex.inspect(
        (frame(picture),), recipe=taught.recipe, part_id=1, trigger_seq=1, deadline_ns=0
    ).decision


def test_the_recipe_says_how_it_is_seen(taught: Taught) -> None:
    (view,) = taught.recipe.views
    assert view.registration is Motion.TURN
    assert view.masked
    said = taught.sights["top"].in_words
    assert said.startswith("parts are aligned: up to ")
    assert said.endswith("% of the view is judged, the rest is masked")


def test_a_defect_is_found_on_a_part_that_lies_anyhow_and_its_box_is_where_it_was_taken(
    reflex: ReflexInspector, taught: Taught
) -> None:
    scores = [decided(reflex, taught, lying(50 + number)).defect_score or 1.0 for number in range(3)]
    for x, y, degrees in ((0, 0, 0), (11, -8, 4)):
        defective = part(60, dial=77)
        cv2.circle(defective, SPOT, 6, (30, 30, 120), -1)
        decision = decided(reflex, taught, moved(defective, x, y, degrees))
        assert decision.action in (Action.REWORK, Action.STOP)
        assert decision.defect_score is not None
        assert decision.defect_score > max(scores)
        there = move(x, y, degrees) @ np.array([*SPOT, 1.0])
        boxes = [defect.box for defect in decision.defects]
        assert any(
            left - 4 <= there[0] <= left + width + 4 and top - 4 <= there[1] <= top + height + 4
            for left, top, width, height in boxes
        ), (boxes, there)


def test_what_the_mask_hides_changes_no_score(reflex: ReflexInspector, taught: Taught) -> None:
    first = decided(reflex, taught, part(60, dial=10)).defect_score
    memory, sight, view = taught.memories["top"], taught.sights["top"], taught.recipe.views[0]
    shown = [part(60, dial=10), part(60, dial=10)]
    cv2.circle(shown[1], (155, 82), 18, (255, 0, 0), -1)
    scores = [memory.assess(sight.unplaced(one, view).picture).score for one in shown]
    assert abs(scores[0] - scores[1]) < 1e-3
    assert decided(reflex, taught, part(60, dial=190)).defect_score == pytest.approx(first, abs=0.05)


def test_a_defect_that_touches_the_mask_s_rim_is_found(reflex: ReflexInspector, taught: Taught) -> None:
    good = decided(reflex, taught, part(60, dial=10)).defect_score
    defective = part(60, dial=10)
    cv2.circle(defective, (155, 82 + 29), 6, (30, 30, 120), -1)
    decision = decided(reflex, taught, defective)
    assert decision.action is not Action.PASS
    assert (decision.defect_score or 0.0) > (good or 1.0)


def test_a_part_that_cannot_be_aligned_goes_to_a_person_unjudged(
    reflex: ReflexInspector, taught: Taught
) -> None:
    decision = decided(reflex, taught, np.full((HEIGHT, WIDTH, 3), 60, np.uint8))
    assert decision.action is Action.MANUAL_REVIEW
    assert decision.defect_score == 1.0
    assert [message.code for message in decision.coded] == [Code.PART_NOT_THERE]


def test_teaching_again_keeps_how_parts_are_seen_unless_it_is_named(
    taught: Taught, kept: RecipeLibrary, tmp_path: Path
) -> None:
    shown = tmp_path / "a.png"
    cv2.imwrite(str(shown), part(1))
    cv2.imwrite(str(tmp_path / "mask.png"), np.full((HEIGHT, WIDTH), 255, np.uint8))
    asked = partial(how_seen, taught.recipe, library=kept, shown=shown)
    as_before = asked(register=None, mask=None)
    assert as_before.motion is Motion.TURN
    assert as_before.kept_mask is not None
    assert taught.sights["top"].judged is not None
    assert np.array_equal(as_before.kept_mask, taught.sights["top"].judged)
    assert asked(register=Register.OFF, mask=NO_MASK).nothing
    other = asked(register=Register.SHIFT, mask=tmp_path / "mask.png")
    assert (other.motion, other.kept_mask) == (Motion.SHIFT, None)
    assert other.mask is not None
    assert asked(register=Register.AUTO, mask=None).where_it_pays


def test_a_labelled_part_that_cannot_be_aligned_is_left_out_of_adapting(
    taught: Taught, tmp_path: Path
) -> None:
    for name, picture in (("good", lying(70)), ("gone", np.full((HEIGHT, WIDTH, 3), 60, np.uint8))):
        cv2.imwrite(str(tmp_path / f"{name}.png"), picture)
    found = [Photograph(path=tmp_path / f"{name}.png", group=name) for name in ("good", "gone")]
    (view,) = taught.recipe.views
    kept = adapting._aligned(found, taught.sights["top"], view, taught.recipe.levels)
    assert [one.path.stem for one in kept] == ["good"]


def test_what_looking_takes_is_measured_and_a_deadline_that_it_breaks_refuses_the_recipe(
    taught: Taught,
) -> None:
    pace = pace_of(taught, threads=2)
    assert pace.area_px == pytest.approx(81_920, rel=0.1)
    late = taught.recipe.model_copy(update={"deadline_ms": 50})
    with pytest.raises(RecipeError, match=r"ms a megapixel on 2 thr.* within 50 ms, of which 0 are"):
        pace_of(replace(taught, recipe=late), threads=2)


def test_with_an_eye_the_area_is_that_of_both_looks(taught: Taught, tower: EfficientNetLite0) -> None:
    memory = taught.memories["top"]
    seeing = SeeingMemory(memory, untrained(tower))
    pace = pace_of(replace(taught, memories={"top": seeing}), threads=1)
    assert pace.area_px == pace_of(taught, threads=1).area_px + 96 * 128
    assert pace.ms_per_megapixel == pytest.approx(1e6 * pace.took_ms / pace.area_px)


def test_nothing_is_judged_without_what_aligning_and_masking_take(
    taught: Taught, tower: EfficientNetLite0, tmp_path: Path
) -> None:
    of_view = (taught.recipe.id, taught.recipe.version, "top")
    bare = ReflexInspector({of_view: taught.memories["top"]}, model=reflex_on(tower), threads=1)
    with pytest.raises(RecipeError, match="is to be aligned or masked, and what that takes is not there"):
        bare.prepare(taught.recipe)
    write(tmp_path / "bare.safetensors", replace(taught, sights={}))
    with pytest.raises(RecipeError, match="how view 'top' is seen is not what the recipe says"):
        read(tmp_path / "bare.safetensors", tower=tower)
