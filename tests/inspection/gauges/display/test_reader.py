"""A display is read by its segments, or it is said why it is not: never a wrong number that looks right."""

import math

import numpy as np
import pytest

from inspection.gauges.display.reader import read_display
from inspection.instruments.display import DisplayDescription
from inspection.instruments.reading import Unreadable
from inspection.levels import Picture
from tests.inspection.gauges.display import drawn

ANY = DisplayDescription()


def text(picture: Picture, display: DisplayDescription = ANY) -> str:
    reading = read_display([picture], display)
    return reading.text if reading.readable else str(reading.reason)


@pytest.mark.parametrize("shown", ["012.34", "567.89", "71.01", "80"])
def test_each_digit_is_read(shown: str) -> None:
    reading = read_display([drawn.display(shown)], ANY)
    assert reading.text == shown
    assert reading.value == float(shown)
    decimals = len(shown.partition(".")[2])
    assert reading.uncertainty == pytest.approx(10.0**-decimals / math.sqrt(12))
    assert reading.box is not None


def test_bright_digits_on_a_dark_panel_are_read() -> None:
    assert text(drawn.display("42.03", lit=230, ground=25, housing=90)) == "42.03"


def test_a_minus_is_read_only_where_the_display_can_show_one() -> None:
    picture = drawn.display("-12.49")
    assert text(picture, DisplayDescription(minus=True)) == "-12.49"
    assert read_display([picture], ANY).reason is not None


def test_faint_segments_that_are_off_are_not_read() -> None:
    assert text(drawn.display("30.71", ghost=122)) == "30.71"


def test_a_dark_panel_with_little_contrast_is_read() -> None:
    assert text(drawn.display("53.00", lit=22, ground=34, noise=1.0)) == "53.00"


@pytest.mark.parametrize(("place", "segment"), [(2, "g"), (3, "b"), (2, "e")])
def test_a_lost_segment_never_makes_another_number_of_it(place: int, segment: str) -> None:
    """Only where what is left is a digit (an 8 without its g) can nobody tell."""
    picture = drawn.display("8823.49", missing=[(place, segment)])
    assert text(picture, DisplayDescription(digits=6, decimals=2)) == str(Unreadable.SEGMENT_UNCLEAR)


def test_a_last_place_that_is_unclear_goes_into_the_uncertainty() -> None:
    reading = read_display([drawn.display("23.49", missing=[(5, "c")])], ANY)
    assert reading.text == "23.4?"
    assert reading.value == pytest.approx(23.45)
    assert reading.uncertainty == pytest.approx(0.1 / math.sqrt(12))


def test_a_rim_is_no_one() -> None:
    assert text(drawn.display("26.49", places=5, rim_at=0.2)) in ("26.49", str(Unreadable.SEGMENT_UNCLEAR))


def test_taught_layout_is_checked() -> None:
    picture = drawn.display("12.49")
    assert text(picture, DisplayDescription(decimals=2)) == "12.49"
    assert text(picture, DisplayDescription(decimals=1)) == str(Unreadable.WRONG_LAYOUT)
    assert text(picture, DisplayDescription(digits=3, decimals=2)) == str(Unreadable.WRONG_LAYOUT)


def test_taught_corners_are_read() -> None:
    corners = ((175.0, 255.0), (675.0, 255.0), (675.0, 365.0), (175.0, 365.0))
    assert (
        text(drawn.display("212.49"), DisplayDescription(digits=6, decimals=2, corners=corners)) == "212.49"
    )


@pytest.mark.parametrize("level", [0, 128, 255])
def test_nothing_is_read_off_nothing(level: int) -> None:
    picture = np.full((200, 300, 3), level, np.uint8)
    assert read_display([picture], ANY).reason in (Unreadable.NOT_FOUND, Unreadable.NO_DIGITS)


def lit_in_turn(shown: str, *, frames: int) -> list[Picture]:
    """As a camera sees a multiplexed display: each place fully lit in one picture, fainter in the others."""
    signs = [sign for sign in shown if sign != "."]
    pictures = []
    for frame in range(frames):
        dim = [place for place in range(len(signs)) if place % frames != frame]
        missing = [(place, name) for place in dim for name in "abcdefg"]
        pictures.append(
            drawn.display(shown, places=len(signs), lit=230, ground=25, housing=90, missing=missing)
        )
    return pictures


def test_digits_that_are_lit_in_turn_are_read_in_several_pictures() -> None:
    three = DisplayDescription(digits=4, decimals=2, frames=3)
    assert read_display(lit_in_turn("42.03", frames=3), three).text == "42.03"


def test_a_number_that_changes_between_pictures_is_not_read() -> None:
    pictures = [drawn.display(shown, lit=230, ground=25, housing=90) for shown in ("42.03", "42.03", "42.08")]
    reading = read_display(pictures, DisplayDescription(decimals=2, frames=3))
    assert reading.reason is Unreadable.FLICKERS


def test_segments_that_glow_faintly_all_together_are_no_8() -> None:
    picture = drawn.display("79", places=4, lit=250, ground=20, ghost=60, housing=90, slant=0.1)
    reading = read_display([picture], DisplayDescription(digits=4, decimals=0))
    assert reading.text in ("79", "")


def test_a_digit_in_front_that_a_reflection_may_hide_makes_it_unreadable() -> None:
    """Nobody can tell 3.30 from 13.30 where light lies over the place of the 1."""
    picture = drawn.display("3.30", lit=22, ground=34, noise=1.0)
    assert text(picture) == "3.30"
    hidden = picture.copy()
    hidden[262:360, 356:420] = np.minimum(hidden[262:360, 356:420].astype(int) + 190, 255)
    assert text(hidden) == str(Unreadable.GLARE)


def test_a_reflection_over_half_a_digit_makes_no_other_digit_of_it() -> None:
    """A 3 whose left half nobody sees would look like a 1."""
    picture = drawn.display("3.30", lit=22, ground=34, noise=1.0)
    picture[262:360, 410:482] = np.minimum(picture[262:360, 410:482].astype(int) + 190, 255)
    assert text(picture) in (str(Unreadable.SEGMENT_UNCLEAR), str(Unreadable.CUT_OFF))


def test_bright_digits_without_a_panel_are_found() -> None:
    picture = drawn.display("-42.3", lit=230, ground=25, housing=25)
    assert text(picture, DisplayDescription(minus=True)) == "-42.3"


def test_a_display_that_may_hang_upside_down_is_read_by_its_point() -> None:
    """59.00 is no 00.65: the point lies at the base."""
    any_way = DisplayDescription(upright=False)
    assert text(drawn.display("59.00", turned=True), any_way) == "59.00"
    assert text(drawn.display("59.00"), any_way) == "59.00"
    assert text(np.rot90(drawn.display("59.00")).copy(), any_way) == "59.00"


def test_an_integer_that_is_one_on_its_head_too_is_not_read() -> None:
    any_way = DisplayDescription(upright=False, decimals=0)
    assert text(drawn.display("5900"), any_way) == str(Unreadable.UPSIDE_DOWN)
    assert text(drawn.display("4370", turned=True), any_way) == "4370"


def test_upright_displays_are_never_read_on_their_heads() -> None:
    assert text(drawn.display("59.00", turned=True), DisplayDescription(decimals=2)) == str(
        Unreadable.SEGMENT_UNCLEAR
    )


def test_a_panel_that_the_border_cuts_where_a_digit_could_be_is_not_read() -> None:
    whole = drawn.display("212.49")
    assert text(np.ascontiguousarray(whole[:, 260:])) == str(Unreadable.CUT_OFF)


def test_a_picture_that_is_known_to_be_whole_is_read_up_to_its_border() -> None:
    picture = np.ascontiguousarray(drawn.display("12.49")[:, 335:])  # the place before is out of sight
    assert text(picture) == str(Unreadable.CUT_OFF)
    assert text(picture, DisplayDescription(whole=True)) == "12.49"


def test_a_digit_that_the_border_cuts_is_never_left_out() -> None:
    """Also where the picture is said to be whole."""
    whole = DisplayDescription(decimals=2, whole=True)
    for shown in ("712.49", "112.49"):
        picture = drawn.display(shown)
        for left in range(184, 231, 4):
            assert text(np.ascontiguousarray(picture[:, left:]), whole) != "12.49", left


def test_half_of_a_stroke_that_is_seen_blank_says_that_no_digit_is_cut() -> None:
    """Each digit lights a stroke at its right: half of them in sight is enough, a glimpse is not."""
    half, glimpse = (np.ascontiguousarray(drawn.display("12.49")[:, left:]) for left in (308, 320))
    assert text(half) == "12.49"
    assert text(glimpse) == str(Unreadable.CUT_OFF)
    for left in range(300, 321, 2):
        assert text(np.ascontiguousarray(drawn.display("112.49")[:, left:])) != "12.49", left


def test_a_last_digit_that_the_border_cuts_off_goes_into_the_uncertainty() -> None:
    picture = np.ascontiguousarray(drawn.display("198.64")[:, : 180 + 5 * drawn.PITCH - 20])
    reading = read_display([picture], DisplayDescription(decimals=2))
    assert reading.text == "198.6?"
    assert reading.value == pytest.approx(198.65)


@pytest.mark.parametrize("shown", ["79.47", "75.17"])
def test_bars_that_a_bezel_hides_for_the_most_part_are_not_taken_for_unlit(shown: str) -> None:
    picture = drawn.display(shown)
    picture[:270] = 225
    assert text(picture) in (shown, str(Unreadable.SEGMENT_UNCLEAR), str(Unreadable.NO_DIGITS))


def test_a_rim_at_a_digits_left_strokes_is_none() -> None:
    beside = (drawn.STROKE - drawn.WIDTH) / drawn.PITCH
    assert text(drawn.display("26.49", places=5, rim_at=beside)) == "26.49"


def test_a_light_that_parts_the_panel_leaves_no_digit_out() -> None:
    """The lit part of a panel has four sides too."""
    for shown in ("12.49", "812.49"):
        for edge in range(330, 560, 30):
            picture = drawn.display(shown)
            picture[240:380, edge:700] = np.minimum(picture[240:380, edge:700] * 1.5, 255)
            assert text(picture) in (shown, str(Unreadable.SEGMENT_UNCLEAR), str(Unreadable.GLARE)), edge


def test_a_lone_sign_is_read_only_where_the_display_is_known_to_be() -> None:
    """A hub with its needle looks like an 8, too."""
    picture = drawn.display("8")
    assert text(picture) == str(Unreadable.NO_DIGITS)
    corners = ((595.0, 260.0), (664.0, 260.0), (664.0, 360.0), (595.0, 360.0))
    assert text(picture, DisplayDescription(corners=corners)) == "8"


def test_a_taught_field_beyond_the_picture_is_cut_off() -> None:
    far = ((2000.0, 200.0), (2400.0, 200.0), (2400.0, 300.0), (2000.0, 300.0))
    assert text(drawn.display("212.49"), DisplayDescription(corners=far)) == str(Unreadable.CUT_OFF)


def test_what_stands_beside_a_row_keeps_it_from_being_a_shorter_number() -> None:
    """Whatever part of a picture is looked at, of 12.49 nothing is left that is another number."""
    whole = drawn.display("12.49")
    for left in range(330, 560, 46):
        reading = read_display([np.ascontiguousarray(whole[:, left:])], ANY)
        assert reading.text in ("", "12.49"), left


def test_digits_that_reach_to_the_edge_of_their_panel_are_seen_whole() -> None:
    """A 7 whose top the panel's edge hides would be a 1."""
    picture = drawn.display("79.47")
    for cut in range(258, 269, 5):  # a bright bezel over part of the digits' upper bars
        covered = picture.copy()
        covered[:cut] = 225
        assert text(covered) in ("79.47", str(Unreadable.SEGMENT_UNCLEAR), str(Unreadable.NO_DIGITS)), cut


def test_two_numbers_one_above_the_other_are_read_only_where_one_is_taught() -> None:
    """Nobody knows which of them is meant."""
    lower = drawn.display("12.49")
    upper = drawn.display("120.81")
    both = np.vstack([upper[100:370], lower[250:]])
    assert text(lower) == "12.49"
    assert text(both) == str(Unreadable.WRONG_LAYOUT)
    corners = ((175.0, 155.0), (675.0, 155.0), (675.0, 265.0), (175.0, 265.0))
    assert text(both, DisplayDescription(decimals=2, corners=corners)) == "120.81"


def test_a_last_digit_of_which_the_border_leaves_a_part_is_never_left_out() -> None:
    """Of the last 4 the left stroke begins at 516, the right one ends at 572."""
    whole = drawn.display("198.64", places=5)
    for right in range(536, 580, 6):
        reading = read_display([np.ascontiguousarray(whole[:, :right])], ANY)
        assert reading.text in ("", "198.64?", "198.6?"), right


def test_a_last_digit_of_which_the_border_leaves_nothing_goes_into_the_uncertainty() -> None:
    """The 7 begins at 442, its point's gap at 422."""
    whole = drawn.display("66.67", places=4)
    reading = read_display([np.ascontiguousarray(whole[:, :430])], ANY)
    assert reading.text == "66.6?"
    assert reading.value == pytest.approx(66.65)
    assert reading.uncertainty == pytest.approx(0.1 / math.sqrt(12))
    decimals = DisplayDescription(decimals=1)
    assert read_display([np.ascontiguousarray(whole[:, :430])], decimals).text in ("66.6", "")


@pytest.mark.parametrize("left", [182, 260])
def test_one_digit_in_a_taught_field_is_no_number_where_more_is_lit(left: int) -> None:
    """One digit does not tell where other places are: a minus may lie between those that are looked at."""
    field = ((172.0, 255.0), (409.0, 255.0), (409.0, 365.0), (172.0, 365.0))
    picture = drawn.display("8", places=3).copy()
    taught = DisplayDescription(corners=field, minus=True)
    assert text(picture, taught) == "8"
    picture[304:317, left : left + 30] = 40
    assert text(picture, taught) == str(Unreadable.SEGMENT_UNCLEAR)


@pytest.mark.parametrize(("top", "wide", "strength"), [(255, 30, 60), (262, 20, 40)])
def test_the_edge_of_a_reflection_may_hide_a_bar(top: int, wide: int, strength: int) -> None:
    """On a slope as high as a bar is deep there is no valley where the bar is: a 7 looks like a 1."""
    picture = drawn.display("79.47", places=5, lit=100, ground=130, noise=1.0).astype(np.float32)
    fall = np.clip((top + wide - np.arange(576)) / wide, 0, 1)[:, None, None]
    picture[:, 151:320] += strength * fall
    seen = np.clip(picture, 0, 255).astype(np.uint8)
    corners = ((180.0, 260.0), (572.0, 260.0), (572.0, 360.0), (180.0, 360.0))
    for display in (ANY, DisplayDescription(corners=corners)):
        assert text(seen, display) in ("79.47", str(Unreadable.SEGMENT_UNCLEAR))
