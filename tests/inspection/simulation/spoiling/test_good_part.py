"""What a picture is taken for: two levels or more, part or background, structure or grain."""

import cv2
import numpy as np
import pytest

from inspection.levels import Picture
from inspection.simulation.spoiling.good_part import GoodPart
from tests.inspection.simulation.spoiling.parts import board, machined, plate


def compressed(picture: Picture, quality: int) -> Picture:
    _, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    back = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    assert back is not None
    return back.astype(np.uint8, copy=False)


def smaller(picture: Picture) -> Picture:
    return cv2.resize(picture, (140, 140), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


@pytest.mark.parametrize(
    "picture", [board(1), compressed(board(1), 95), smaller(board(1))], ids=["as it is", "JPEG", "smaller"]
)
def test_a_board_has_two_levels(picture: Picture) -> None:
    levels = GoodPart(picture=picture).levels
    assert levels is not None
    assert levels.dark == pytest.approx(0.0, abs=2.0)
    assert levels.bright == pytest.approx(255.0, abs=2.0)


def on_black(noise: float) -> Picture:
    picture = plate(1, noise=noise, side=160)
    picture[:, :50] = 0
    return picture


@pytest.mark.parametrize(
    "picture", [plate(1), machined(1), on_black(2.0), on_black(6.0), np.zeros((64, 64, 3), np.uint8)]
)
def test_a_photograph_has_more_even_before_a_black_background(picture: Picture) -> None:
    assert GoodPart(picture=picture).levels is None


def test_places_lie_on_the_part_and_at_its_structure() -> None:
    good = GoodPart(picture=machined(1))
    rng = np.random.default_rng(0)
    grey = good.picture.mean(axis=2)
    steep = cv2.dilate(
        np.hypot(cv2.Sobel(grey, cv2.CV_64F, 1, 0), cv2.Sobel(grey, cv2.CV_64F, 0, 1)), np.ones((3, 3))
    )
    for _ in range(60):
        x, y = good.place(rng, at_structure=False) or (-1.0, -1.0)
        assert np.hypot(x - 88.0, y - 88.0) < 82.0
        x, y = good.place(rng, at_structure=True) or (-1.0, -1.0)
        assert steep[int(y), int(x)] > 60.0


def test_grain_is_no_structure() -> None:
    assert GoodPart(picture=plate(1)).place(np.random.default_rng(0), at_structure=True) is None


def test_a_dark_corner_is_no_background_and_a_black_picture_no_part() -> None:
    picture = plate(1)
    picture[:6, :6] = 0
    assert GoodPart(picture=picture).part.all()
    assert not GoodPart(picture=np.zeros((64, 64, 3), np.uint8)).part.any()


def test_one_coloured_pixel_makes_a_coloured_picture() -> None:
    picture = plate(1)
    assert GoodPart(picture=picture).colourless
    picture[50, 61, 2] += 1
    assert not GoodPart(picture=picture).colourless
