"""A part is found where it lies, to a fraction of a pixel; one that cannot be is refused with its reason."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection.errors import PositionError, RecipeError
from inspection.levels import Picture
from inspection.messages.codes import Code
from inspection.messages.telling import CHINESE
from inspection.pictures.sight.registration import Registration, shrunk, small_shape
from inspection.pictures.sight.taught_position import learn_position
from inspection.recipe import Motion
from tests.inspection.pictures.sight.parts import HEIGHT, WIDTH, move, moved, part, scattered

CORNERS = np.array([[0, 0], [WIDTH, 0], [0, HEIGHT], [WIDTH, HEIGHT]], np.float64)


def small(pictures: list[Picture]) -> list[np.ndarray]:
    return [shrunk(picture, small_shape(picture.shape)) for picture in pictures]


@pytest.fixture(scope="module")
def turning() -> Registration:
    return learn_position(small(scattered(12, shift=16, degrees=6)), Motion.TURN).registration


@pytest.fixture(scope="module")
def shifting() -> Registration:
    return learn_position(small(scattered(12, shift=16)), Motion.SHIFT).registration


def enlarged(picture: Picture) -> Picture:
    large = cv2.resize(picture, (4 * WIDTH, 4 * HEIGHT), interpolation=cv2.INTER_CUBIC)
    return np.asarray(large, np.uint8)


def placed(registration: Registration, picture: Picture) -> np.ndarray:
    return registration.find(picture).matrix


def square(matrix: np.ndarray) -> np.ndarray:
    return np.vstack([matrix, [0, 0, 1]])


def error_px(registration: Registration, x: float, y: float, degrees: float) -> float:
    """How far from the truth a move is found, at the corners of the picture: against the part itself."""
    first, then = (placed(registration, one) for one in (part(99), moved(part(99), x, y, degrees)))
    found = (square(then) @ np.linalg.inv(square(first)))[:2]
    there, wanted = (CORNERS @ m[:, :2].T + m[:, 2] for m in (found, move(x, y, degrees)))
    return float(np.abs(there - wanted).max())


@settings(max_examples=8)
@given(x=st.floats(-16, 16), y=st.floats(-16, 16), degrees=st.floats(-6, 6))
def test_a_part_is_found_where_it_lies(turning: Registration, x: float, y: float, degrees: float) -> None:
    assert error_px(turning, x, y, degrees) < 0.6


@settings(max_examples=8)
@given(x=st.floats(-16, 16), y=st.floats(-16, 16))
def test_a_shifted_part_is_found_in_brighter_light_too(shifting: Registration, x: float, y: float) -> None:
    assert error_px(shifting, x, y, 0.0) < 0.3
    brighter = np.clip(moved(part(99), x, y) * 1.25 + 8.0, 0, 255).astype(np.uint8)
    dim = placed(shifting, moved(part(99), x, y))
    assert placed(shifting, brighter)[:, 2] == pytest.approx(dim[:, 2], abs=0.1)


def test_the_same_holds_for_a_picture_that_is_larger_than_it_is_aligned_at() -> None:
    large = [enlarged(one) for one in scattered(8, shift=9)]
    registration = learn_position(small(large), Motion.SHIFT).registration
    still = enlarged(part(99))
    off = np.roll(still, (12, -25), axis=(0, 1))
    by = placed(registration, off)[:, 2] - placed(registration, still)[:, 2]
    assert by == pytest.approx([-25, 12], abs=0.5)


def no_part(_: Picture) -> Picture:
    return np.full((HEIGHT, WIDTH, 3), 60, np.uint8)


def another_product(_: Picture) -> Picture:
    other = np.full((HEIGHT, WIDTH, 3), 180, np.uint8)
    for place in range(20, 190, 40):
        cv2.circle(other, (place, place), 15, (20, 60, 90), -1)
    return np.clip(other + np.random.default_rng(4).normal(0, 3, other.shape), 0, 255).astype(np.uint8)


def empty_belt(_: Picture) -> Picture:
    return np.random.default_rng(5).normal(60, 3, (HEIGHT, WIDTH, 3)).clip(0, 255).astype(np.uint8)


def far_off(picture: Picture) -> Picture:
    return moved(picture, 0, 45)


@pytest.mark.parametrize(
    ("wrong", "codes"),
    [
        (no_part, {Code.PART_NOT_THERE}),
        (empty_belt, {Code.PART_UNLIKE_TAUGHT, Code.PART_NOT_THERE}),
        (another_product, {Code.PART_UNLIKE_TAUGHT, Code.PART_NOT_THERE}),
        (far_off, {Code.PART_OUT_OF_PLACE}),
    ],
)
@pytest.mark.parametrize("motion", Motion)
def test_what_cannot_be_aligned_is_refused_with_its_reason(
    turning: Registration,
    shifting: Registration,
    motion: Motion,
    wrong: Callable[[Picture], Picture],
    codes: set[Code],
) -> None:
    registration = turning if motion is Motion.TURN else shifting
    with pytest.raises(PositionError) as refused:
        registration.find(wrong(part(99)))
    (message,) = refused.value.what_happened.coded
    assert message.code in codes
    assert "工件" in CHINESE.tell((message,))


def test_a_part_with_a_large_defect_is_aligned_all_the_same(turning: Registration) -> None:
    defective = part(99)
    cv2.circle(defective, (130, 95), 24, (30, 30, 30), -1)
    by = placed(turning, moved(defective, 9, -7, 3))[:, 2] - placed(turning, moved(part(99), 9, -7, 3))[:, 2]
    assert np.abs(by).max() < 0.6


def test_what_was_found_is_said_in_words() -> None:
    found = learn_position(small(scattered(12, shift=16, degrees=6)), Motion.TURN)
    assert found.aligned > 0.9 > found.unaligned
    assert 0.03 < found.spread < 0.12
    assert "degrees from their middling position" in found.in_words
    assert found.registration.bounds.correlation < found.aligned


@pytest.mark.parametrize("motion", Motion)
@pytest.mark.parametrize("shown", ["noise", "one grey", "stripes"])
def test_parts_without_structure_teach_no_position(shown: str, motion: Motion) -> None:
    draw = np.random.default_rng(0)
    stripes = np.tile(np.where(np.arange(WIDTH) % 16 < 4, 200.0, 30.0), (HEIGHT, 1))
    levels = []
    for _ in range(6):
        match shown:
            case "noise":
                levels.append(draw.uniform(0, 255, stripes.shape))
            case "stripes":
                levels.append(stripes + draw.normal(0, 3, stripes.shape))
            case _:
                levels.append(np.full(stripes.shape, 90.0))
    with pytest.raises(RecipeError, match=r"no structure|cannot be aligned"):
        learn_position([np.clip(one, 0, 255).astype(np.uint8) for one in levels], motion)


def test_one_foreign_part_among_the_good_ones_is_named() -> None:
    pictures = scattered(9, shift=10)
    pictures[4] = another_product(pictures[4])
    with pytest.raises(RecipeError, match=r"^e cannot be aligned with the other good pictures"):
        learn_position(small(pictures), Motion.SHIFT, names=list("abcdefghi"))
