"""A wide needle is known by its shape, and what only looks like a part of one is not."""

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from inspection.gauges.needle.choosing import Found, find_needle
from inspection.gauges.needle.face import RADIUS_PX, Face
from inspection.gauges.needle.outline import outline
from inspection.instruments.dial import Needle
from inspection.instruments.reading import Unreadable

Picture = npt.NDArray[np.uint8]
Corners = tuple[tuple[float, float], ...]

FACE, RED, BLACK, WHITE = (205, 200, 195), (200, 60, 55), (50, 50, 52), (255, 255, 255)
GREEN, PALE = (40, 130, 70), (150, 148, 145)
KITE: Corners = ((-0.42, 0.17), (-0.2, 0.31), (0.15, 0.28), (0.52, 0.0))
"""One side of a water meter's needle: outward and aside, in radii of the ring."""


def drawn(
    *corners: Corners,
    degrees: float = 0.0,
    offset: float = 0.0,
    around: tuple[float, ...] = (0.0,),
    colours: tuple[tuple[int, int, int], ...] = (RED, RED, RED),
) -> Picture:
    """Pieces mirrored about their axis, on a light face; each turned on by one of ``around``."""
    picture = np.full((401, 401, 3), FACE, np.uint8)
    for side, further, colour in zip(corners, around, colours, strict=False):
        turn = np.radians(degrees + further)
        along, aside = np.array([np.sin(turn), -np.cos(turn)]), np.array([np.cos(turn), np.sin(turn)])
        both = [*side, *((u, -v) for u, v in reversed(side))]
        points = np.array([200 + RADIUS_PX * (u * along + (v + offset) * aside) for u, v in both])
        cv2.fillPoly(picture, [(16 * points).round().astype(np.int32)], colour, cv2.LINE_AA, 4)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 3.0), np.uint8)


def seen(picture: Picture) -> Face:
    hidden = np.asarray(255 * (picture == 255).all(axis=2), np.uint8)
    lab = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2LAB), np.uint8)
    return Face(lab=lab, blind=hidden if hidden.any() else None, pixels_per_radius=60.0)


def off_degrees(angle: float, degrees: float) -> float:
    return float(abs((np.degrees(angle) - degrees + 180) % 360 - 180))


@pytest.mark.parametrize("degrees", [0.0, 47.0, 161.3, 250.0, 333.0])
@pytest.mark.parametrize("offset", [0.0, 0.1, -0.13])
def test_the_shape_tells_where_a_wide_needle_points(degrees: float, offset: float) -> None:
    shape = outline(seen(drawn(KITE, degrees=degrees, offset=offset)))
    assert shape is not None
    assert off_degrees(shape.angle, degrees) < 1.0
    assert shape.offset == pytest.approx(offset, abs=0.01)
    assert shape.end == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize("degrees", [12.0, 222.0])
def test_a_needle_too_wide_for_lines_is_read_by_its_shape(degrees: float) -> None:
    found = find_needle(seen(drawn(KITE, degrees=degrees)), Needle())
    assert isinstance(found, Found)
    assert off_degrees(found.axis.ray, degrees) < 1.5


@pytest.mark.parametrize(
    "side",
    [
        ((-0.4, 0.2), (0.4, 0.2)),
        ((-0.3, 0.22), (-0.2, 0.3), (0.2, 0.3), (0.3, 0.22)),
        ((-0.5, 0.0), (0.0, 0.3), (0.5, 0.0)),
    ],
    ids=["bar", "disc", "lozenge"],
)
def test_a_shape_that_is_alike_at_both_ends_points_nowhere(side: Corners) -> None:
    assert outline(seen(drawn(side))) is None


def test_a_rotor_with_arms_has_not_the_shape_of_one_needle() -> None:
    arm: Corners = ((0.0, 0.12), (0.8, 0.08))
    assert outline(seen(drawn(arm, arm, arm, around=(0.0, 120.0, 240.0)))) is None


def test_a_needle_that_something_covers_on_one_side_is_not_known_by_its_shape() -> None:
    picture = drawn(KITE)
    picture[:220, 200:] = (225, 190, 170)
    assert outline(seen(picture)) is None


def test_what_ends_in_glare_or_at_the_border_is_not_known_by_its_shape() -> None:
    glaring = drawn(KITE)
    cv2.circle(glaring, (200, 110), 25, WHITE, -1)
    assert outline(seen(glaring)) is None
    running_off: Corners = ((-0.3, 0.3), (1.3, 0.2))
    assert outline(seen(drawn(running_off))) is None


def test_a_needle_of_another_colour_than_was_said_is_not_taken_for_its_shape() -> None:
    assert isinstance(find_needle(seen(drawn(KITE)), Needle(color="red")), Found)
    assert find_needle(seen(drawn(KITE)), Needle(color="blue")) is Unreadable.NOT_FOUND


def test_where_the_scale_has_no_values_no_shape_is_read() -> None:
    assert find_needle(seen(drawn(KITE)), Needle(), lambda _: 1.0) is Unreadable.NOT_FOUND


@pytest.mark.parametrize("length", [0.55, 0.65])
def test_of_arms_of_one_paint_none_is_read_where_one_of_another_would_be_no_rival(length: float) -> None:
    arm: Corners = ((0.0, 0.05), (0.95, 0.03))
    shorter: Corners = ((0.15, 0.05), (length, 0.03))
    alike = drawn(arm, shorter, around=(20.0, 150.0))
    assert find_needle(seen(alike), Needle()) is Unreadable.TWO_NEEDLES
    black = drawn(arm, shorter, around=(20.0, 150.0), colours=(RED, BLACK))
    found = find_needle(seen(black), Needle())
    assert isinstance(found, Found)
    assert off_degrees(found.axis.ray, 20.0) < 1.0


POINTER: Corners = ((-0.1, 0.26), (0.0, 0.26), (0.95, 0.02))
HOLDING: Corners = ((0.0, 0.07), (1.1, 0.06))


@pytest.mark.parametrize("degrees", [0.0, 75.0, 200.0, 310.0])
@pytest.mark.parametrize("holding", [HOLDING, ((0.0, 0.03), (1.15, 0.03))], ids=["stout", "slim"])
def test_of_a_rotor_the_arm_that_comes_to_a_point_is_read(degrees: float, holding: Corners) -> None:
    rotor = drawn(POINTER, holding, holding, degrees=degrees, around=(0.0, 125.0, 240.0))
    found = find_needle(seen(rotor), Needle())
    assert isinstance(found, Found)
    assert off_degrees(found.axis.ray, degrees) < 1.5


@pytest.mark.parametrize("arm", [POINTER, HOLDING], ids=["all pointed", "none pointed"])
def test_of_a_rotor_whose_arms_are_alike_none_is_read(arm: Corners) -> None:
    rotor = drawn(arm, arm, arm, around=(10.0, 130.0, 250.0))
    assert not isinstance(find_needle(seen(rotor), Needle()), Found)


def test_a_second_needle_is_no_arm_of_a_rotor() -> None:
    wedge: Corners = ((0.0, 0.06), (0.95, 0.01))
    both = seen(drawn(wedge, HOLDING, around=(0.0, 125.0)))
    assert find_needle(both, Needle()) is Unreadable.TWO_NEEDLES


def test_what_is_crooked_along_most_of_its_length_is_no_needle() -> None:
    picture = np.full((401, 401, 3), FACE, np.uint8)
    bends = np.array([(200 + 7 * (-1) ** n, 190 - 22 * n) for n in range(8)], np.int32)
    cv2.polylines(picture, [bends], False, RED, 18, cv2.LINE_AA)
    assert not isinstance(find_needle(seen(picture), Needle()), Found)
    straight = np.full((401, 401, 3), FACE, np.uint8)
    cv2.polylines(straight, [bends * (0, 1) + (200, 0)], False, RED, 18, cv2.LINE_AA)
    assert isinstance(find_needle(seen(straight), Needle()), Found)


def test_a_pointer_of_another_hue_that_begins_far_out_is_not_read_for_the_needle_that_was_said() -> None:
    pointer: Corners = ((0.55, 0.03), (1.0, 0.02))
    hub: Corners = ((-0.3, 0.0), (-0.2, 0.2), (0.0, 0.3), (0.2, 0.2), (0.3, 0.0))
    green, pale = (
        seen(drawn(pointer, hub, degrees=50.0, around=(0.0, 0.0), colours=(colour, BLACK)))
        for colour in (GREEN, PALE)
    )
    assert find_needle(green, Needle(color="black")) is Unreadable.NOT_FOUND
    assert isinstance(find_needle(green, Needle(color="green")), Found)
    assert isinstance(find_needle(pale, Needle(color="black")), Found)
