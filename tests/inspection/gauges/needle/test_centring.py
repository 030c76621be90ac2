"""In crops that are all alike, but for where the dial lies in each, its own middle is found."""

import numpy as np
import pytest

from inspection.gauges.dial.reader import read_dial
from inspection.gauges.dial.rectified import rectify
from inspection.gauges.needle.centring import SURE, middle
from inspection.gauges.needle.face import Face, straighten
from inspection.instruments.dial import DialDescription
from tests.inspection.gauges.needle.drawn import Drawing, Picture, but

ROUND = Drawing(start=0.0, sweep=360.0, words=())


def crop(drawing: Drawing, value: float, right: float, down: float) -> tuple[Picture, DialDescription]:
    """The dial in a crop whose middle lies beside its own, in radii, and what is said of all such crops."""
    picture, dial = drawing.photograph(value)
    half = int(1.25 * drawing.radius)
    x, y = (round(at + by * drawing.radius) for at, by in zip(dial.center, (right, down), strict=True))
    turns = 2 * np.pi * np.arange(10) / 10
    marks = [[0.5 + 0.4 * np.sin(turn), 0.5 - 0.4 * np.cos(turn), n] for n, turn in enumerate(turns)]
    said = {"center": [0.5, 0.5], "marks": marks, "direction": "cw", "full_circle": True, "wraps_at": 10.0}
    cut = picture[y - half : y + half + 1, x - half : x + half + 1]
    return np.ascontiguousarray(cut), DialDescription.model_validate({**said, "relative": True})


def face_of(picture: Picture, dial: DialDescription) -> Face:
    here = dial.in_picture(picture.shape[1], picture.shape[0])
    return straighten(picture, rectify(here.center, here.marks).matrix)


@pytest.mark.parametrize(("right", "down"), [(0.0, 0.0), (0.12, 0.0), (-0.05, 0.11), (0.09, -0.1)])
def test_the_middle_of_an_even_scale_is_found(right: float, down: float) -> None:
    picture, dial = crop(ROUND, 6.2, right, down)
    found = middle(face_of(picture, dial), dial)
    assert found == pytest.approx([-right, -down], abs=SURE)


@pytest.mark.parametrize("value", [0.1, 3.3, 7.8])
def test_a_dial_that_lies_beside_the_middle_of_its_crop_is_read_by_its_own(value: float) -> None:
    picture, dial = crop(ROUND, value, 0.09, 0.06)
    reading = read_dial(picture, dial)
    assert reading.value is not None
    assert reading.uncertainty is not None
    off = abs((reading.value - value + 5) % 10 - 5)
    assert off < 0.05
    assert off < 2 * reading.uncertainty


def test_no_middle_is_found_where_nothing_repeats() -> None:
    plain = but(ROUND, ink=ROUND.face)
    picture, dial = crop(plain, 6.2, 0.1, 0.0)
    assert middle(face_of(picture, dial), dial) is None


def test_where_the_pivot_was_shown_it_is_not_looked_for() -> None:
    picture, dial = crop(ROUND, 6.2, 0.1, 0.0)
    here = dial.in_picture(picture.shape[1], picture.shape[0])
    assert middle(face_of(picture, dial), here) is None


def test_a_scale_that_is_not_even_all_round_has_no_middle_to_be_found() -> None:
    picture, dial = crop(ROUND, 6.2, 0.1, 0.0)
    uneven = dial.model_copy(update={"marks": dial.marks[:-1]})
    assert middle(face_of(picture, dial), uneven) is None
