"""A number is what a row's places say together with what is known of the display, or there is a reason."""

import dataclasses
import math

import pytest

from inspection.gauges.display.decoding import UNCLEAR, Cell
from inspection.gauges.display.number import Ends, Number, number_of
from inspection.instruments.display import DisplayDescription
from inspection.instruments.reading import Unreadable

CLOSED = Ends(before=None, behind=None)
CUT = Ends(before=None, behind=Unreadable.CUT_OFF)


def cells(text: str, *, point: float = 1.0) -> list[Cell]:
    """The places of ``text``; ``point``: how strong its point is."""
    places: list[Cell] = []
    for index, sign in enumerate(text):
        if sign != ".":
            behind = point if text[index + 1 : index + 2] == "." else 0.0
            places.append(Cell(len(places), sign, 1.0, (0.0,) * 7, behind, certain=True))
    return places


def text(places: list[Cell], ends: Ends, display: DisplayDescription) -> str:
    result = number_of(places, ends, display)
    return result.text if isinstance(result, Number) else str(result)


def test_a_faint_point_counts_only_where_the_whole_layout_says_so() -> None:
    faint = cells("955.25", point=0.4)
    assert text(faint, CLOSED, DisplayDescription(digits=5, decimals=2)) == "955.25"
    assert text(faint, CLOSED, DisplayDescription(decimals=2)) == str(Unreadable.SEGMENT_UNCLEAR)
    assert text(faint, CLOSED, DisplayDescription()) == str(Unreadable.SEGMENT_UNCLEAR)
    assert text(faint, CLOSED, DisplayDescription(decimals=1)) == str(Unreadable.SEGMENT_UNCLEAR)


def test_a_taught_last_place_that_is_out_of_sight_goes_into_the_uncertainty() -> None:
    number = number_of(cells("198.6"), CUT, DisplayDescription(decimals=2))
    assert isinstance(number, Number)
    assert number.text == "198.6" + UNCLEAR
    assert number.value == pytest.approx(198.65)
    assert number.uncertainty == pytest.approx(0.1 / math.sqrt(12))


@pytest.mark.parametrize(
    ("shown", "ends", "decimals", "reason"),
    [
        ("198.6", CLOSED, 2, Unreadable.WRONG_LAYOUT),  # the place is seen to be blank
        ("198.6", CUT, 3, Unreadable.WRONG_LAYOUT),  # two places would be out of sight
        ("1986", CUT, 1, Unreadable.SEGMENT_UNCLEAR),  # nothing says that there is a point
        ("198.64", CUT, 1, Unreadable.WRONG_LAYOUT),
    ],
)
def test_no_other_place_is_taken_for_out_of_sight(
    shown: str, ends: Ends, decimals: int, reason: Unreadable
) -> None:
    assert text(cells(shown), ends, DisplayDescription(decimals=decimals)) == str(reason)


def test_a_number_in_a_whole_picture_ends_where_it_is_cut() -> None:
    assert text(cells("1986"), CUT, DisplayDescription(whole=True)) == "1986"
    assert text(cells("1986"), CUT, DisplayDescription()) == str(Unreadable.CUT_OFF)
    hidden = Ends(before=None, behind=Unreadable.GLARE)
    assert text(cells("1986"), hidden, DisplayDescription(whole=True)) == str(Unreadable.GLARE)


@pytest.mark.parametrize("ends", [CLOSED, CUT, Ends(None, Unreadable.CUT_OFF, goes_on=True)])
def test_what_is_like_a_point_behind_the_last_place_makes_one_before_it_doubtful(ends: Ends) -> None:
    """55.00, cut behind its point, with the edge of a reflection between the fives, is no 5.5."""
    first, last = cells("5.5", point=0.55)
    marked = [first, dataclasses.replace(last, point=0.85)]
    assert text(marked, ends, DisplayDescription()) == str(Unreadable.SEGMENT_UNCLEAR)
    speck = [dataclasses.replace(first, point=0.85), dataclasses.replace(last, point=0.2)]
    assert text(speck, ends, DisplayDescription()).startswith("5.5")
