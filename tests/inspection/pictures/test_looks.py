"""The look of a picture follows its light, its focus and the part's place, each alone."""

import cv2
import numpy as np
import pytest

from inspection.levels import BitDepth
from inspection.part import Frame
from inspection.pictures.looks import look_of
from inspection.recipe import View
from tests.fakes import EPOCH


def part(*, left: int = 120) -> np.ndarray:
    picture = np.full((240, 320, 3), 40, np.uint8)
    cv2.rectangle(picture, (left, 80), (left + 90, 170), (180, 180, 180), -1)
    cv2.circle(picture, (left + 40, 120), 20, (90, 90, 90), -1)
    return picture


def frame(picture: np.ndarray, bit_depth: BitDepth = 8) -> Frame:
    return Frame(
        picture=picture, camera="main", captured_at=EPOCH, number=1, simulated=True, bit_depth=bit_depth
    )


def test_a_darker_picture_is_darker_and_nothing_else() -> None:
    bright, dark = look_of(frame(part()), View()), look_of(frame(part() // 2), View())
    assert dark.light == pytest.approx(bright.light / 2, rel=0.02)
    assert (dark.focus, dark.x, dark.y) == pytest.approx((bright.focus, bright.x, bright.y), abs=0.02)


def test_a_blurred_picture_is_less_sharp_and_nothing_else() -> None:
    sharp = look_of(frame(part()), View())
    blurred = look_of(frame(cv2.GaussianBlur(part(), (0, 0), 1.5)), View())
    assert blurred.focus < 0.7 * sharp.focus
    assert (blurred.light, blurred.x, blurred.y) == pytest.approx((sharp.light, sharp.x, sharp.y), abs=0.5)


def test_a_part_that_lies_elsewhere_is_found_there() -> None:
    here, there = look_of(frame(part()), View()), look_of(frame(part(left=136)), View())
    assert (there.x - here.x) * 320 == pytest.approx(16, abs=1)
    assert (there.y, there.light, there.focus) == pytest.approx((here.y, here.light, here.focus), abs=0.01)


def test_what_the_view_does_not_judge_is_not_looked_at() -> None:
    whole = part()
    inside = look_of(frame(whole), View(region=(100, 60, 140, 130)))
    whole[:50] = 255
    assert look_of(frame(whole), View(region=(100, 60, 140, 130))) == inside


def test_light_is_told_alike_at_every_depth() -> None:
    deep = frame(part().astype(np.uint16) * 257, 16)
    assert look_of(deep, View()).light == pytest.approx(look_of(frame(part()), View()).light, abs=0.01)


def test_a_picture_without_an_edge_has_a_look() -> None:
    look = look_of(frame(np.full((48, 64, 3), 127, np.uint8)), View())
    assert (look.x, look.y, look.focus) == (0.5, 0.5, 0.0)
