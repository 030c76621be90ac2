"""The taught dial is found where it moved a little; where it moved too far, or is not there, that is said."""

import math

import cv2
import numpy as np
import pytest

from inspection.gauges.dial.rectified import carried
from inspection.gauges.dial.registration import Registered, register
from inspection.gauges.dial.teaching import taught
from inspection.instruments.dial import DialDescription, Reference
from inspection.instruments.place import Mark
from inspection.instruments.reading import Unreadable
from tests.inspection.gauges.dial.drawn import FACE_PX, Array, Picture, face, placed, seen

HOME = placed()
RING = np.array(
    [
        (FACE_PX / 2 + 160 * math.sin(math.radians(a)), FACE_PX / 2 - 160 * math.cos(math.radians(a)))
        for a in range(-135, 136, 27)
    ]
)


def nearer(right: float, below: float) -> Array:
    """Makes what lies right and below smaller, as a near camera does: by that much 130 px off the middle."""
    there, back = np.eye(3), np.eye(3)
    there[:2, 2], back[:2, 2] = (240, 200), (-240, -200)
    return np.asarray(there @ np.array([[1, 0, 0], [0, 1, 0], [right / 130, below / 130, 1]]) @ back)


def description(onto: Array = HOME) -> DialDescription:
    (x, y), *marks = carried(onto, np.concatenate([[[FACE_PX / 2, FACE_PX / 2]], RING]))
    return DialDescription(
        center=(x, y),
        marks=tuple(Mark(x=mx, y=my, value=v) for v, (mx, my) in enumerate(marks)),
        direction="cw",
    )


@pytest.fixture(scope="module")
def reference() -> Reference:
    known = taught(seen(face(3.0), HOME), description()).reference
    assert known is not None
    return known


def off_px(found: Registered, onto: Array) -> float:
    """How far the marks are found from where they are, the worst, pixels."""
    return float(np.abs(carried(found.matrix, carried(HOME, RING)) - carried(onto, RING)).max())


@pytest.mark.parametrize(
    ("onto", "value"),
    [
        (placed(), 3.0),
        (placed(), 8.5),
        (placed(249, 193), 6.0),
        (placed(275, 160), 1.0),
        (placed(238, 205, turn_deg=5.4), 7.0),  # by one tick
        (placed(230, 205, turn_deg=-10.8), 7.0),  # by two
        (placed(turn_deg=13.5), 0.0),
        (placed(scale=0.68), 5.0),
        (placed(scale=0.95, turn_deg=-7), 10.0),
        (placed(tilt_deg=18, about_deg=30), 4.0),
        (nearer(0.06, 0.04) @ placed(250, 190, turn_deg=3, tilt_deg=10, about_deg=70), 2.0),
        (nearer(-0.1, 0.06) @ placed(tilt_deg=15, about_deg=120), 9.0),
    ],
)
def test_a_dial_that_moved_a_little_is_found_to_a_pixel(
    reference: Reference, onto: Array, value: float
) -> None:
    found = register(seen(face(value), onto, light=0.8), reference)
    assert isinstance(found, Registered)
    assert off_px(found, onto) < 1.2
    assert found.residual < 0.8


def test_what_it_says_of_the_way_it_moved(reference: Reference) -> None:
    found = register(seen(face(), placed(252, 191, turn_deg=6, scale=0.88)), reference)
    assert isinstance(found, Registered)
    assert found.shift_px == pytest.approx(15, abs=1)
    assert found.turn_deg == pytest.approx(6, abs=0.3)
    assert found.scale == pytest.approx(1.1, abs=0.01)
    assert found.tilt_deg < 5


@pytest.mark.parametrize(
    "onto",
    [
        placed(turn_deg=40),
        placed(240, 200, scale=0.5),
        placed(400, 90),
        placed(tilt_deg=45),
        placed(turn_deg=180),
    ],
)
def test_a_dial_that_moved_too_far_is_never_taken_for_another_place(
    reference: Reference, onto: Array
) -> None:
    assert register(seen(face(), onto), reference) in (Unreadable.MOVED_TOO_FAR, Unreadable.NOT_FOUND)


def test_a_dial_elsewhere_in_the_picture_moved_too_far(reference: Reference) -> None:
    assert register(seen(face(), placed(650, 200), (900, 420)), reference) is Unreadable.MOVED_TOO_FAR


def _wall() -> Picture:
    return seen(np.full((FACE_PX, FACE_PX, 3), 150, np.uint8), HOME)


def _stripes() -> Picture:
    lines = np.indices((400, 480)).sum(axis=0) // 9 % 2 * 200 + 20
    return np.asarray(np.repeat(lines[..., None], 3, axis=2), np.uint8)


def _another() -> Picture:
    other = face(5.0)
    cv2.circle(other, (200, 200), 165, (235, 235, 235), -1)
    for angle in range(0, 360, 30):
        tip = np.array(
            [200 + 150 * math.sin(math.radians(angle)), 200 - 150 * math.cos(math.radians(angle))]
        ).astype(int)
        cv2.putText(
            other,
            str(angle),
            (int(tip[0]) - 20, int(tip[1]) + 8),
            cv2.FONT_HERSHEY_SIMPLEX,
            0.6,
            (20, 20, 20),
            2,
        )
    return seen(other, HOME)


@pytest.mark.parametrize("picture", [_wall(), _stripes(), _another(), np.zeros((400, 480, 3), np.uint8)])
def test_what_is_no_such_dial_is_not_found(reference: Reference, picture: Picture) -> None:
    assert register(picture, reference) in (Unreadable.NOT_FOUND, Unreadable.MOVED_TOO_FAR)


def test_a_needle_and_a_reflection_do_not_draw_it_aside(reference: Reference) -> None:
    onto = placed(246, 204, turn_deg=3)
    picture = seen(face(9.0), onto)
    cv2.ellipse(picture, (200, 170), (60, 25), 30, 0, 360, (255, 255, 255), -1)
    found = register(picture, reference)
    assert isinstance(found, Registered)
    assert off_px(found, onto) < 1.0


def test_a_scale_without_numerals_is_never_taken_for_itself_turned_by_a_tick() -> None:
    home = taught(seen(face(3.0, numerals=False), HOME), description()).reference
    assert home is not None
    draw = np.random.default_rng(3)
    found = 0
    for value in (0.0, 4.0, 5.0, 9.0):  # 4: the needle lies as taught, the scale by a numeral's turn aside
        for turn in (*draw.uniform(-14, 14, 3), 2.0):
            x, y = draw.uniform(-30, 30, 2)
            onto = placed(240 + x, 200 + y, turn_deg=float(turn), scale=0.75)
            one = register(seen(face(value, numerals=False), onto), home)
            assert isinstance(one, Unreadable) or off_px(one, onto) < 2.0
            found += isinstance(one, Registered)
    assert found >= 3


def test_small_and_strange_pictures_are_not_found(reference: Reference) -> None:
    draw = np.random.default_rng(1)
    for size in ((1, 1), (9, 9), (40, 30), (1, 700)):
        picture = draw.integers(0, 255, (*size, 3), np.uint8)
        assert isinstance(register(picture, reference), Unreadable)
