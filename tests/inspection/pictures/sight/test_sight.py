"""What is judged of a picture: the part in its taught place, without what may vary; and the way back."""

import cv2
import numpy as np
import pytest

from inspection.errors import PositionError, RecipeError
from inspection.levels import Picture
from inspection.pictures.sight.learning import Asked, SightLearner
from inspection.pictures.sight.packing import packed, unpacked
from inspection.pictures.sight.proposing import proposed
from inspection.pictures.sight.sight import PLAIN, Sight
from inspection.recipe import Motion, QualityLimits, Recipe, View
from tests.inspection.pictures.sight.parts import HEIGHT, WIDTH, move, moved, part, scattered

DIAL = (130, 57, 50, 50)
"""Left, top, width and height of what may point anywhere."""
WHOLE = View()
CUT = View(region=(40, 30, 180, 130))


def dial_masked() -> np.ndarray:
    mask = np.full((HEIGHT, WIDTH), 255, np.uint8)
    left, top, width, height = DIAL
    mask[top : top + height, left : left + width] = 0
    return mask


def learned(view: View, asked: Asked, pictures: list[Picture]) -> Sight:
    learner = SightLearner(view, asked)
    for picture in pictures:
        learner.add(picture)
    return learner.learn(pictures).sight


@pytest.fixture(scope="module")
def turning() -> Sight:
    return learned(CUT, Asked(motion=Motion.TURN), scattered(9, shift=12, degrees=5))


@pytest.fixture(scope="module")
def masking() -> Sight:
    return learned(WHOLE, Asked(mask=dial_masked()), [part(n, dial=40 * n) for n in range(9)])


def test_a_plain_sight_only_cuts_out_the_region_and_boxes_go_back_by_its_corner() -> None:
    seen = PLAIN.of(part(0), CUT)
    assert seen.picture.shape == (130, 180, 3)
    assert seen.box_as_taken((5, 6, 20, 10)) == (45, 36, 20, 10)
    assert PLAIN.of(part(0), WHOLE).box_as_taken((5, 6, 20, 10)) == (5, 6, 20, 10)


def test_a_view_can_be_made_ready_wherever_its_region_lies() -> None:
    """Also where pictures of several sizes were taught, and no size is known."""
    far = View(region=(1200, 900, 180, 130))
    assert PLAIN.of_nothing(far, size=None).picture.shape == (130, 180, 3)
    assert PLAIN.of_nothing(WHOLE, size=None).picture.shape == (480, 640, 3)
    assert PLAIN.of_nothing(WHOLE, size=(50, 40)).picture.shape == (40, 50, 3)
    with pytest.raises(RecipeError, match="the picture has 640 x 480 pixels"):
        PLAIN.of_nothing(far, size=(640, 480))


def test_parts_that_lie_anyhow_are_seen_alike(turning: Sight) -> None:
    straight = turning.of(part(50), CUT).picture.astype(int)
    for x, y, degrees in ((0, 0, 0), (9, -6, 4), (-11, 10, -5)):
        seen = turning.of(moved(part(50), x, y, degrees), CUT).picture
        assert np.abs(seen - straight).mean() < 3.0
        assert np.abs(PLAIN.of(moved(part(50), 9, -6, 4), CUT).picture - straight).mean() > 10.0


def test_a_box_found_on_the_aligned_part_lies_on_the_defect_in_the_picture_as_it_was_taken(
    turning: Sight,
) -> None:
    for x, y, degrees in ((0, 0, 0), (9, -6, 4), (-11, 10, -5)):
        defective = part(50)
        cv2.rectangle(defective, (120, 125), (131, 131), (255, 255, 255), -1)
        taken = moved(defective, x, y, degrees)
        seen = turning.of(taken, CUT)
        white = np.abs(seen.picture.astype(int) - turning.of(part(50), CUT).picture).max(axis=2) > 60
        left, top, width, height = cv2.boundingRect(white.astype(np.uint8))
        found = seen.box_as_taken((left, top, width, height))
        corners = np.array([[120, 125], [132, 125], [120, 132], [132, 132]]) - 0.5
        there = corners @ move(x, y, degrees)[:, :2].T + move(x, y, degrees)[:, 2] + 0.5
        wanted = (*there.min(0), *(there.max(0) - there.min(0)))
        assert found == pytest.approx(wanted, abs=2.5)


def test_a_label_s_mask_is_brought_to_what_is_judged(turning: Sight) -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.circle(mask, (85, 75), 9, 255, -1)
    taken = moved(part(50), 9, -6, 4)
    there = np.where(cv2.warpAffine(mask, move(9, -6, 4), (WIDTH, HEIGHT)) > 127, 255, 0).astype(np.uint8)
    seen = turning.of(taken, CUT)
    hole = seen.picture[seen.mask_as_seen(there) > 0]
    assert np.median(hole) < 60
    assert 150 < (seen.mask_as_seen(there) > 0).sum() < 350


def test_where_the_camera_saw_nothing_the_usual_is_put_and_no_edge(turning: Sight) -> None:
    far = turning.of(moved(part(50), 12, 9, 5), CUT).picture.astype(int)
    still = turning.of(part(50), CUT).picture
    assert np.abs(far - still)[:, :6].mean() < 4.0


def test_nothing_inside_a_mask_changes_what_is_seen(masking: Sight) -> None:
    left, top, width, height = DIAL
    seen = masking.of(part(60, dial=10), WHOLE).picture
    for level in (0, 128, 255):
        other = part(60, dial=10)
        other[top : top + height, left : left + width] = level
        assert np.array_equal(masking.of(other, WHOLE).picture, seen)


def test_outside_the_mask_nothing_is_changed_and_no_edge_is_left_at_its_rim(masking: Sight) -> None:
    left, top, width, _ = DIAL
    for light in (0.8, 1.0, 1.2):
        taken = np.clip(part(60, dial=200) * light, 0, 255).astype(np.uint8)
        seen = masking.of(taken, WHOLE).picture
        assert np.array_equal(seen[dial_masked() > 0], taken[dial_masked() > 0])
        rim = (
            seen[top - 3 : top, left : left + width].mean() - seen[top : top + 3, left : left + width].mean()
        )
        assert abs(rim) < 5.0, "the fill has the light of the picture around it"


def test_a_defect_that_touches_the_rim_stays_as_it_is_outside(masking: Sight) -> None:
    left, top, width, _ = DIAL
    defective = part(60, dial=10)
    cv2.circle(defective, (left + width // 2, top), 6, (20, 20, 20), -1)
    seen, sound = (masking.of(one, WHOLE).picture.astype(int) for one in (defective, part(60, dial=10)))
    dark = (np.abs(seen - sound).max(axis=2) > 60) & (dial_masked() > 0)
    assert dark.sum() > 40


def test_a_part_that_cannot_be_aligned_is_not_seen_at_all(turning: Sight) -> None:
    with pytest.raises(PositionError):
        turning.of(np.full((HEIGHT, WIDTH, 3), 90, np.uint8), CUT)


def test_what_is_asked_and_what_is_there_pair_up(turning: Sight, masking: Sight) -> None:
    views = [View(), View(masked=True), View(registration=Motion.TURN), View(registration=Motion.SHIFT)]
    assert [PLAIN.fits(view) for view in views] == [True, False, False, False]
    assert [masking.fits(view) for view in views] == [False, True, False, False]
    assert [turning.fits(view) for view in views] == [False, False, True, False]


@pytest.mark.parametrize("which", ["turning", "masking"])
def test_a_sight_is_kept_small_and_read_again_as_it_was(which: str, request: pytest.FixtureRequest) -> None:
    sight, view = request.getfixturevalue(which), CUT if which == "turning" else WHOLE
    arrays, words = packed(sight)
    assert sum(array.nbytes for array in arrays.values()) < 600_000
    again = unpacked(arrays, words)
    taken = moved(part(50, dial=3), 4, 5)
    assert np.array_equal(again.of(taken, view).picture, sight.of(taken, view).picture)


@pytest.mark.parametrize("damage", ["usual", "judged", "unknown", "words", "dtype"])
def test_what_cannot_have_been_learned_is_refused(masking: Sight, damage: str) -> None:
    arrays, words = packed(masking)
    match damage:
        case "usual":
            arrays["usual"] = arrays["usual"][..., :2]
        case "judged":
            arrays["judged"] = np.zeros_like(arrays["judged"])
        case "unknown":
            arrays["more"] = arrays["usual"]
        case "words":
            words = words.replace("192", "190")
        case "dtype":
            arrays["usual"] = arrays["usual"].astype(np.float32)
    with pytest.raises(ValueError, match=r"shape|sees|seen|judged|holds"):
        unpacked(arrays, words)


@pytest.mark.parametrize(
    ("shift", "degrees", "motion"), [(2.0, 0.5, None), (18.0, 0.0, Motion.SHIFT), (8.0, 7.0, Motion.TURN)]
)
def test_left_to_what_is_found_parts_are_aligned_where_they_lie_far_apart(
    shift: float, degrees: float, motion: Motion | None
) -> None:
    pictures = scattered(9, shift=shift, degrees=degrees)
    learner = SightLearner(WHOLE, Asked(where_it_pays=True))
    for picture in pictures:
        learner.add(picture)
    found = learner.learn(pictures)
    assert found.seen_so(WHOLE).registration == motion
    assert ("closer together than a cell" if motion is None else "from their middling") in found.in_words


def test_a_mask_that_an_earlier_version_keeps_is_taken_over(masking: Sight) -> None:
    again = learned(WHOLE, Asked(kept_mask=masking.judged), [part(n, dial=40 * n) for n in range(5)])
    assert again.judged is masking.judged


def test_a_mask_is_proposed_where_good_parts_vary_far_more_than_elsewhere() -> None:
    draw = np.random.default_rng(2)
    spread = draw.normal(10.0, 0.5, (16, 20)).astype(np.float32)
    spread[4:7, 10:14] = 25.0
    spread[12, 3] = 25.0
    recipe = Recipe(id=1, name="gauge", quality=QualityLimits(size=(340, 250)))
    view = View(region=(20, 10, 320, 240))
    found = proposed(spread, recipe=recipe, view=view)
    assert found.regions == 1
    assert found.mask.shape == (250, 340)
    rows, columns = np.nonzero(found.mask == 0)
    assert (columns.min(), rows.min()) == (20 + 9 * 16, 10 + 3 * 15)
    assert (columns.max() + 1, rows.max() + 1) == (20 + 15 * 16, 10 + 8 * 15)
    assert proposed(np.full((16, 20), 10.0, np.float32), recipe=recipe, view=view).masked == 0.0


def test_a_mask_of_another_size_or_that_leaves_nothing_is_refused() -> None:
    learner = SightLearner(WHOLE, Asked(mask=dial_masked()[:-10]))
    with pytest.raises(RecipeError, match="256 x 192 pixels, the mask 256 x 182"):
        learner.add(part(0))
    with pytest.raises(RecipeError, match=r"leaves 0\.0% of view"):
        learned(WHOLE, Asked(mask=np.zeros((HEIGHT, WIDTH), np.uint8)), [part(0), part(1)])


def test_a_mask_is_scaled_to_pictures_of_another_size(masking: Sight) -> None:
    large = np.asarray(cv2.resize(part(60, dial=10), (2 * WIDTH, 2 * HEIGHT)), np.uint8)
    left, top, width, height = (2 * number for number in DIAL)
    other = large.copy()
    other[top + 1 : top + height - 1, left + 1 : left + width - 1] = 255
    assert np.array_equal(masking.of(large, WHOLE).picture, masking.of(other, WHOLE).picture)
