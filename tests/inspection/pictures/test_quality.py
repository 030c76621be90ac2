"""Is a picture fit to be judged: what each fault catches, and what it leaves alone."""

from dataclasses import replace
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest
from cv2.typing import MatLike
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection.errors import RecipeError
from inspection.part import Frame
from inspection.pictures.quality import QualityProblem, check, digest, focus_measure, teach_limits
from inspection.recipe import EIGHT_BITS, GreyLevels, QualityLimits
from inspection.simulation import Variation, cover, draw_part, render

GOOD = Variation(defect_rate=0.0)
LIMITS = QualityLimits()


def picture(part_id: int = 1) -> np.ndarray:
    places = cover(GOOD.label).places
    return render(draw_part(seed=9, part_id=part_id, variation=GOOD, places=places)).picture


def frame(content: np.ndarray, *, simulated: bool = False) -> Frame:
    return Frame(
        picture=content,
        camera="main",
        captured_at=datetime(2026, 1, 1, tzinfo=UTC),
        number=1,
        simulated=simulated,
    )


def focus(picture: MatLike) -> float:
    return focus_measure(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))


def problems(content: np.ndarray, limits: QualityLimits = LIMITS) -> set[QualityProblem]:
    return {fault.problem for fault in check(frame(content), limits, None)}


@pytest.fixture(scope="module")
def taught() -> QualityLimits:
    return teach_limits([frame(picture(part_id)) for part_id in range(8)])


def test_other_good_parts_keep_the_limits_that_were_taught(taught: QualityLimits) -> None:
    assert taught.size == (640, 480)
    assert taught.min_focus > 0.0
    for part_id in range(100, 130):
        assert check(frame(picture(part_id)), taught, None) == ()


def test_a_black_picture_says_what_to_do() -> None:
    (fault,) = check(frame(np.full((48, 64, 3), 3, np.uint8)), LIMITS, None)
    assert fault.problem is QualityProblem.BLACK
    assert fault.reason.startswith("picture is black (mean 3, at least 12 wanted): check the light")


@given(st.integers(0, 11), st.integers(2, 40), st.integers(2, 40))
def test_any_picture_darker_than_the_limit_is_black(level: int, height: int, width: int) -> None:
    assert QualityProblem.BLACK in problems(np.full((height, width, 3), level, np.uint8))


def test_blown_out_by_mean_and_by_share_of_white() -> None:
    assert problems(np.full((48, 64, 3), 255, np.uint8)) >= {QualityProblem.BLOWN_OUT}
    half_white = np.zeros((100, 100, 3), np.uint8)
    half_white[:70] = 255
    assert problems(half_white) == {QualityProblem.BLOWN_OUT}
    half_white[:70] = 249
    assert problems(half_white) == set()


def test_a_picture_of_nothing_is_flat() -> None:
    rng = np.random.default_rng(1)
    nothing = np.clip(120 + rng.normal(0, 1.0, (200, 200, 3)), 0, 255).astype(np.uint8)
    assert problems(nothing) == {QualityProblem.FLAT}


@pytest.mark.parametrize("sigma", [1.5, 3.0, 6.0])
def test_a_blurred_picture_is_caught(taught: QualityLimits, sigma: float) -> None:
    (fault,) = check(frame(cv2.GaussianBlur(picture(50), (0, 0), sigma)), taught, None)
    assert fault.problem is QualityProblem.BLURRED
    assert "focus the lens" in fault.reason


def test_motion_blur_in_either_direction_is_caught(taught: QualityLimits) -> None:
    for size in ((9, 1), (1, 9)):
        assert problems(cv2.blur(picture(50), size), taught) == {QualityProblem.BLURRED}


def test_noise_does_not_pass_for_focus(taught: QualityLimits) -> None:
    blurred = cv2.GaussianBlur(picture(50), (0, 0), 3.0).astype(np.float32)
    noisy = np.clip(blurred + np.random.default_rng(2).normal(0, 8, blurred.shape), 0, 255).astype(np.uint8)
    assert problems(noisy, taught) == {QualityProblem.BLURRED}


@given(st.lists(st.floats(0.4, 6.0), min_size=2, max_size=2, unique=True), st.integers(0, 20))
@settings(max_examples=15)
def test_more_blur_means_less_focus(sigmas: list[float], part_id: int) -> None:
    less, more = sorted(sigmas)
    sharp = picture(part_id)
    values = [focus(sharp)]
    values += [focus(cv2.GaussianBlur(sharp, (0, 0), sigma)) for sigma in (less, more)]
    assert values[0] > values[1]
    assert values[1] > values[2] or more - less < 0.1


@given(st.floats(0.35, 1.0), st.floats(0.0, 60.0))
@settings(max_examples=15)
def test_focus_does_not_depend_on_contrast_or_light(contrast: float, offset: float) -> None:
    sharp = picture(3)
    other = np.clip(sharp.astype(np.float32) * contrast + min(offset, 255 - 255 * contrast), 0, 255)
    assert focus(other.astype(np.uint8)) == pytest.approx(focus(sharp), rel=0.06)


@given(st.floats(0.6, 4.0))
@settings(max_examples=15)
def test_focus_of_a_lone_edge_is_near_what_the_theory_says(sigma: float) -> None:
    """1 / (1 + σ²) on its crest is the most it can be; its flanks bring it down to a quarter at worst."""
    corner = np.zeros((256, 256), np.float32)
    corner[128:] += 100.0
    corner[:, 128:] += 100.0
    blurred = np.clip(cv2.GaussianBlur(corner, (0, 0), sigma) + 20.0, 0, 255).astype(np.uint8)
    measured = focus(cv2.cvtColor(blurred, cv2.COLOR_GRAY2RGB))
    on_crest = 1.0 / (1.0 + sigma**2)
    assert 0.25 * on_crest < measured < on_crest


def test_a_picture_without_an_edge_has_no_focus() -> None:
    assert focus(np.full((64, 64, 3), 90, np.uint8)) == 0.0


def test_a_frozen_picture_is_a_fault_of_a_real_camera_alone() -> None:
    content = picture()
    before = digest(content)
    (fault,) = check(frame(content), LIMITS, before)
    assert fault.problem is QualityProblem.FROZEN
    assert check(frame(content, simulated=True), LIMITS, before) == ()
    one_pixel = content.copy()
    one_pixel[100, 100, 1] ^= 1
    assert check(frame(one_pixel), LIMITS, before) == ()


@given(st.integers(0, 47), st.integers(0, 63), st.integers(0, 2), st.integers(1, 255))
def test_any_single_change_changes_the_digest(row: int, column: int, channel: int, flip: int) -> None:
    content = np.full((48, 64, 3), 77, np.uint8)
    before = digest(content)
    content[row, column, channel] ^= flip
    assert digest(content) != before


def test_the_digest_knows_the_shape_and_takes_views() -> None:
    content = np.arange(48 * 64 * 3, dtype=np.uint32).astype(np.uint8).reshape(48, 64, 3)
    assert digest(content) != digest(content.reshape(64, 48, 3))
    assert digest(content[:, ::2]) == digest(content[:, ::2].copy())


def test_a_wrong_size_is_the_only_thing_said() -> None:
    limits = QualityLimits(size=(640, 480))
    (fault,) = check(frame(np.zeros((480, 320, 3), np.uint8)), limits, None)
    assert fault.problem is QualityProblem.SIZE
    assert "320x480" in fault.reason
    assert "set the camera to 640x480" in fault.reason


def test_teaching_wants_pictures_and_leaves_the_size_open_where_they_differ() -> None:
    with pytest.raises(RecipeError, match="no good picture"):
        teach_limits([])
    limits = teach_limits([frame(picture()), frame(picture()[:300])])
    assert limits.size is None


def test_a_taught_limit_catches_what_a_general_one_lets_through(taught: QualityLimits) -> None:
    dim = (picture().astype(np.float32) * 0.35).astype(np.uint8)
    assert problems(dim, LIMITS) == set()
    assert problems(dim, taught) == {QualityProblem.BLACK}


def at_12_bits(content: np.ndarray) -> np.ndarray:
    """The same light, seen by 12 bits."""
    return np.rint(content * (4095 / 255)).astype(np.uint16)


def deep_frame(content: np.ndarray) -> Frame:
    return replace(frame(np.zeros((1, 1, 3), np.uint8)), picture=content, bit_depth=12)


TWELVE = GreyLevels(bit_depth=12)


def test_the_same_light_is_judged_alike_at_any_depth(taught: QualityLimits) -> None:
    deep = teach_limits([deep_frame(at_12_bits(picture(part_id))) for part_id in range(8)])
    for name in ("min_mean", "max_mean", "max_saturated", "min_contrast", "min_focus"):
        assert getattr(deep, name) == pytest.approx(getattr(taught, name), rel=0.02)
    for part_id in range(100, 110):
        assert check(deep_frame(at_12_bits(picture(part_id))), taught, None, levels=TWELVE) == ()
    dim = at_12_bits(picture().astype(np.float64) * 0.35)
    blurred = at_12_bits(cv2.GaussianBlur(picture(50), (0, 0), 3.0))
    for content, problem in ((dim, QualityProblem.BLACK), (blurred, QualityProblem.BLURRED)):
        (fault,) = check(deep_frame(content), taught, None, levels=TWELVE)
        assert fault.problem is problem


def test_white_is_the_top_of_the_depth() -> None:
    content = np.zeros((100, 100, 3), np.uint16)
    content[:70] = 4015  # 250.02 of 255
    (fault,) = check(deep_frame(content), LIMITS, None, levels=TWELVE)
    assert fault.problem is QualityProblem.BLOWN_OUT
    content[:70] = 4014
    assert check(deep_frame(content), LIMITS, None, levels=TWELVE) == ()


def test_words_speak_in_the_levels_of_the_depth() -> None:
    (fault,) = check(deep_frame(np.full((48, 64, 3), 48, np.uint16)), LIMITS, None, levels=TWELVE)
    assert fault.reason.startswith("picture is black (mean 48, at least 193 wanted)")


def test_contrast_below_a_level_of_8_bits_is_still_seen() -> None:
    rng = np.random.default_rng(1)
    faint = np.clip(2000 + rng.normal(0, 6, (200, 200, 3)), 0, 4095).astype(np.uint16)
    least = LIMITS.model_copy(update={"min_contrast": 0.1})
    assert check(deep_frame(faint), least, None, levels=TWELVE) == ()
    assert check(deep_frame(np.full_like(faint, 2000)), least, None, levels=TWELVE) != ()


def test_a_picture_of_another_depth_than_the_recipes_is_not_looked_at_further() -> None:
    for one, levels in ((frame(picture()), TWELVE), (deep_frame(at_12_bits(picture())), EIGHT_BITS)):
        (fault,) = check(one, LIMITS, None, levels=levels)
        assert fault.problem is QualityProblem.DEPTH
        assert f"has {one.bit_depth} bits, the recipe was taught at {levels.bit_depth}" in fault.reason
        assert f"set the camera to {levels.bit_depth} bits" in fault.reason
