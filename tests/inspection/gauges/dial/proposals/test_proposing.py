"""A dial in view is proposed with centre and marks where they are; what is no dial is not."""

import math

import cv2
import numpy as np
import pytest

from inspection.gauges.dial.curve import Array
from inspection.gauges.dial.proposals.proposing import propose, valued
from inspection.gauges.dial.rectified import carried, rectify
from inspection.gauges.dial.scale import Scale
from inspection.instruments.dial import DialDescription
from tests.inspection.gauges.dial.drawn import FACE_PX, Picture, face, placed, seen

MIDDLE = np.array([[FACE_PX / 2, FACE_PX / 2]])


def place(value: float, radius: float = 150.0) -> Array:
    angle = math.radians(-135 + 27 * value)
    return MIDDLE + radius * np.array([[math.sin(angle), -math.cos(angle)]])


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    "onto", [placed(), placed(190, 230, scale=0.5), placed(tilt_deg=25, about_deg=40), placed(turn_deg=20)]
)
def test_a_dial_is_proposed_as_it_lies(onto: Array, dark: bool) -> None:
    (dial, *_) = propose(seen(face(3.3, dark=dark), onto))
    centre = carried(onto, MIDDLE)[0]
    radius = math.dist(centre, carried(onto, place(0))[0])
    assert math.dist(dial.center, centre) < 0.02 * radius
    scale = Scale.of(dial, rectify(dial.center, dial.marks))
    rectified = rectify(dial.center, dial.marks)
    for value in (0.5, 2.0, 5.5, 9.0):
        x, y = rectified.to_disc(carried(onto, place(value)))[0]
        assert scale.value(math.atan2(x, -y)) == pytest.approx(10 * value, abs=0.7)


def test_a_large_picture_is_proposed_in_its_own_pixels() -> None:
    onto = placed(900, 700, scale=3.0)
    (dial, *_) = propose(seen(face(), onto, (1900, 1400)))
    assert dial.center == pytest.approx((900, 700), abs=5)


def test_a_full_circle_is_proposed_as_one() -> None:
    drawn = np.full((FACE_PX, FACE_PX, 3), 235, np.uint8)
    cv2.circle(drawn, (200, 200), 180, (40, 40, 40), 8, cv2.LINE_AA)
    for number in range(50):
        ends = [
            tuple(np.rint(MIDDLE[0] + r * np.array([math.sin(a), -math.cos(a)])).astype(int).tolist())
            for a in (2 * math.pi * number / 50,)
            for r in ((120 if number % 5 == 0 else 140), 160)
        ]
        cv2.line(drawn, ends[0], ends[1], (30, 30, 30), 3, cv2.LINE_AA)
    (dial, *_) = propose(seen(drawn, placed()))
    assert dial.full_circle
    assert len(dial.marks) == 10
    water = valued(dial, 0.0, 10.0, "l")
    assert [mark.value for mark in water.marks] == pytest.approx(list(range(10)), abs=0.01)
    assert water.wraps_at == 10.0


def test_a_person_gives_a_proposal_its_values() -> None:
    (dial, *_) = propose(seen(face(), placed()))
    bar = valued(dial, -1.0, 15.0, "bar")
    assert (bar.marks[0].value, bar.marks[-1].value, bar.unit) == (-1.0, 15.0, "bar")
    with pytest.raises(ValueError, match="as good as equal"):
        valued(dial, 2.0, 2.0, "bar")


def nothing() -> list[Picture]:
    draw = np.random.default_rng(2)
    disc = np.full((300, 300, 3), 200, np.uint8)
    cv2.circle(disc, (150, 150), 100, (30, 30, 30), -1)
    return [
        np.zeros((200, 300, 3), np.uint8),
        disc,
        np.asarray(draw.integers(0, 255, (240, 320, 3)), np.uint8),
        np.zeros((1, 1, 3), np.uint8),
        np.zeros((5, 900, 3), np.uint8),
    ]


@pytest.mark.parametrize("picture", nothing())
def test_what_is_no_dial_is_not_proposed(picture: Picture) -> None:
    assert propose(picture) == ()


def test_every_proposal_is_a_description_in_percent() -> None:
    for dial in propose(seen(face(), placed())):
        assert isinstance(dial, DialDescription)
        assert dial.unit == "%"
        assert dial.marks[0].value == 0.0
        assert dial.marks[-1].value == 100.0
