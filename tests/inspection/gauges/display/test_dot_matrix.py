"""Characters of dots are read where they are clear, and refused where another number could stand there."""

import math
from typing import Any

import cv2
import numpy as np
import pytest

from inspection.gauges.display.matrix.glyphs import DOTS, READ, SIGNS
from inspection.gauges.display.reader import read_display
from inspection.instruments.display import DisplayDescription
from inspection.instruments.reading import Reading, Unreadable
from inspection.levels import Picture
from tests.inspection.gauges.display.dotted import DOT, ROOM, TOP, dotted, field


def read(picture: Picture, *more: Picture, **described: Any) -> Reading:
    return read_display(
        (picture, *more), DisplayDescription(technology="dot_matrix", minus=True, **described)
    )


def test_digits_of_different_signs_differ_by_three_dots_in_all_their_forms() -> None:
    apart = np.abs(DOTS[:, None] - DOTS).sum(-1)
    different = SIGNS[:, None] != SIGNS
    assert apart[:READ, :READ][different[:READ, :READ]].min() >= 3
    assert apart[:READ, READ:][different[:READ, READ:]].min() >= 2


@pytest.mark.parametrize(("lit", "ground"), [(40, 150), (240, 30)])
@pytest.mark.parametrize("text", ["0123456.789", "   -90.817", "  24356"])
@pytest.mark.parametrize("taught", [True, False])
def test_all_digits_are_read_dark_or_bright_in_a_taught_field_or_one_that_is_found(
    text: str, lit: int, ground: int, taught: bool
) -> None:
    places = {"corners": field(0, len(text)), "digits": len(text)} if taught else {}
    reading = read(dotted(text, lit=lit, ground=ground), **places, unit="bar")
    assert (reading.text, reading.value, reading.unit) == (text.strip(), float(text), "bar")
    decimals = len(text) - text.index(".") - 1 if "." in text else 0
    assert reading.uncertainty == pytest.approx(10.0**-decimals / math.sqrt(12.0))


@pytest.mark.parametrize("digits", [4, None])
def test_a_lone_dot_low_between_two_places_is_the_point(digits: int | None) -> None:
    reading = read(dotted("2407", lone_point=1), corners=field(0, 4), digits=digits)
    assert (reading.text, reading.value) == ("24.07", 24.07)


def test_a_point_elsewhere_than_taught_is_no_number() -> None:
    assert read(dotted("24.07"), corners=field(0, 5), decimals=1).reason is Unreadable.WRONG_LAYOUT


def test_a_field_seen_at_a_slant_and_out_of_focus_is_read() -> None:
    picture = dotted("368.15", blur=2.5)
    height, width = picture.shape[:2]
    flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    seen = np.array([[30, 25], [width - 10, 5], [width, height], [15, height - 35]], np.float32)
    turn = cv2.getPerspectiveTransform(flat, seen)
    slanted = np.asarray(cv2.warpPerspective(picture, turn, (width, height)), np.uint8)
    corners = cv2.perspectiveTransform(np.array([field(0, 6)]), turn)[0]
    assert read(slanted, corners=tuple(map(tuple, corners.tolist())), digits=6).text == "368.15"
    assert read(slanted).text == "368.15"


@pytest.mark.parametrize(("first", "last"), [(1, 6), (0, 5), (1, 5)])
def test_where_the_number_goes_on_beside_the_field_it_is_cut_off(first: int, last: int) -> None:
    for digits in (last - first, None):
        reading = read(dotted("128643"), corners=field(first, last), digits=digits)
        assert reading.reason is Unreadable.CUT_OFF


def test_a_picture_that_cuts_the_display_shows_no_number() -> None:
    picture = dotted("128643")
    for part in (picture[:, 190:], picture[:, :-190]):
        assert not read(np.ascontiguousarray(part)).readable


@pytest.mark.parametrize("text", ["  OL", "12.5k", "3L75", "1-24", "12 45", "1.2.4", "12#45", ".45", "45."])
def test_what_is_no_number_is_none(text: str) -> None:
    assert not read(dotted(text), corners=field(0, len(text)), digits=len(text)).readable


def test_a_wrong_dot_never_makes_another_number() -> None:
    text = "0123456789"
    seen = []
    for row, column in ((0, 0), (1, 4), (2, 2), (3, 0), (3, 4), (4, 0), (4, 4), (5, 1), (6, 4)):
        faults = [(place, row, column) for place in range(len(text))]
        seen.append(read(dotted(text, flipped=faults), corners=field(0, 10), digits=10).text)
    assert set(seen) <= {text, ""}


def test_two_wrong_dots_that_make_a_three_or_a_six_nearly_an_eight_are_refused() -> None:
    flips = [[(1, 2, 4), (1, 3, 0)], [(1, 2, 4)], [(1, 3, 0)], [(1, 4, 0), (1, 2, 0)]]
    for flipped in flips:
        reading = read(dotted("18", flipped=flipped), corners=field(0, 2), digits=2)
        assert reading.text in ("18", "")


def test_a_place_that_is_faint_is_not_taken_for_blank() -> None:
    for share in (0.1, 0.15, 0.2, 0.3):
        picture = dotted("6361", shown=(share, 1.0, 1.0, 1.0), unlit=0.0)
        assert read(picture, corners=field(0, 4), digits=4).text in ("6361", "")


def test_glare_over_a_digit_leaves_no_number() -> None:
    picture = dotted("5382").copy()
    picture[80:160, 185:230] = 255
    assert read(picture, corners=field(0, 4), digits=4).reason is Unreadable.SEGMENT_UNCLEAR


def test_two_lines_in_one_panel_are_no_number() -> None:
    assert not read(dotted("128643", below="77.420")).readable


def test_digits_lit_in_turn_are_joined_and_digits_that_change_flicker() -> None:
    turns = [
        dotted("4096", shown=shown, lit=230, ground=30) for shown in ((1, 0.2, 1, 0.2), (0.2, 1, 0.2, 1))
    ]
    assert read(*turns, corners=field(0, 4), digits=4).text == "4096"
    changed = [dotted(text, lit=230, ground=30) for text in ("4096", "4097")]
    assert not read(*changed, corners=field(0, 4), digits=4).readable


def test_dots_of_less_than_two_pixels_are_too_small() -> None:
    picture = dotted("128643")
    small = cv2.resize(picture, None, fx=0.2, fy=0.2, interpolation=cv2.INTER_AREA)
    assert not read(np.asarray(small, np.uint8)).readable


def test_a_field_found_over_the_last_digits_alone_is_cut_off_where_the_point_is_hidden() -> None:
    picture = dotted("  78 05").copy()
    left, right = field(4, 7)[0][0], field(4, 7)[1][0]
    picture[TOP - ROOM : TOP + 7 * DOT + ROOM, int(left) : int(right) + ROOM] = np.minimum(
        picture[TOP - ROOM : TOP + 7 * DOT + ROOM, int(left) : int(right) + ROOM].astype(np.int32) + 70, 255
    )
    assert not read(picture).readable


def test_a_speck_low_between_two_digits_is_no_point() -> None:
    picture = dotted("2407", lone_point=1).astype(np.float32)
    without = dotted("2407").astype(np.float32)
    for strength in (0.35, 0.5, 0.6):
        speck = np.asarray(without + strength * (picture - without), np.uint8)
        assert read(speck, corners=field(0, 4)).text in ("2407", "")


@pytest.mark.parametrize("off", [-0.9 * DOT, 0.9 * DOT])
def test_corners_that_are_clicked_nearly_a_dot_beside_the_characters_do(off: float) -> None:
    (left, top), (right, _), (_, bottom), _ = field(0, 6)
    clicked = (
        (left - off, top - off / 3),
        (right + off, top - off / 3),
        (right + off, bottom + off / 3),
        (left - off, bottom + off / 3),
    )
    assert read(dotted("128643"), corners=clicked, digits=6).text == "128643"


def test_an_empty_field_has_no_digits() -> None:
    flat = np.full((200, 400, 3), 90, np.uint8)
    assert read(flat, corners=((50, 50), (350, 50), (350, 110), (50, 110))).reason is Unreadable.NO_DIGITS


def test_a_lattice_that_skips_every_other_character_is_no_reading() -> None:
    for text in ("1 1 1", "121", "12121"):
        assert read(dotted(text), corners=field(0, len(text))).text in ("", text)
