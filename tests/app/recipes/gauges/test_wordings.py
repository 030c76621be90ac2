"""Labels of dials as people write them: taken as they are meant, or refused in words."""

import math
from typing import Any

import pytest

from app.recipes.gauges.wordings import dial_of
from tests.app.recipes.gauges.dials import CENTRE, at, label


@pytest.mark.parametrize(
    "second", [None, {"color": "red"}, {"color": None}, {"color": [200, 0, 0], "length": 3}]
)
@pytest.mark.parametrize("color", ["black", "#102030", [16, 32, 48], None, "like a raven", "dark red"])
def test_needles_are_taken_however_their_colours_are_written(color: object, second: object) -> None:
    dial, notes = dial_of(label("a.png", 40.0, needle={"color": color, "second_needle": second}))
    assert (dial.needle.second_needle is None) == (second is None)
    assert notes == ()


@pytest.mark.parametrize("needle", [None, "red", {}, {"second_needle": None}, {"color": "auto"}])
def test_a_needle_may_be_left_out_or_be_a_word(needle: object) -> None:
    assert dial_of(label("a.png", 40.0, needle=needle)).dial.needle.second_needle is None


@pytest.mark.parametrize(
    "changed",
    [
        {"unit": None},
        {"center": [str(c) for c in CENTRE]},
        {"center": {"x": CENTRE[0], "y": CENTRE[1]}},
        {
            "marks": [
                [f"{x:.2f}", f"{y:.2f}".replace(".", ","), f"{v}"]
                for v in range(0, 101, 20)
                for x, y in (at(v),)
            ]
        },
        {"marks": [{"x": at(v)[0], "y": at(v)[1], "value": v} for v in range(0, 101, 20)]},
        {"marks": [[*at(v), v] for v in (60, 0, 100, 20, 80, 40)]},
        {"marks": [[*at(v), v] for v in range(100, -1, -20)], "direction": "ccw"},
        {"direction": "Clockwise"},
        {"direction": None},
        {"source": "a site", "notes": ["far more", {"than": "asked"}], "tip": [1, 2]},
    ],
)
def test_one_dial_is_the_same_however_it_is_written(changed: dict[str, Any]) -> None:
    dial, notes = dial_of(label("a.png", 40.0, **changed))
    assert [mark.value for mark in dial.marks] == [0, 20, 40, 60, 80, 100]
    assert dial.marks[1].point == pytest.approx(at(20), abs=0.01)
    assert (dial.direction, dial.full_scale, notes) == ("cw", 100.0, ())


def test_marks_say_better_than_a_word_which_way_they_run() -> None:
    dial, notes = dial_of(label("a.png", 40.0, direction="ccw"))
    assert dial.direction == "cw"
    assert "direction is 'ccw', but the values rise 'cw'" in notes[0]
    mirrored = [[2 * CENTRE[0] - x, y, v] for v in range(0, 101, 20) for x, y in (at(v),)]
    assert dial_of(label("a.png", 40.0, marks=mirrored, direction="ccw")) == (
        dial_of(label("a.png", 40.0, marks=mirrored, direction=None))
    )
    assert dial_of(label("a.png", 40.0, marks=mirrored)).dial.direction == "ccw"


def test_a_scale_all_the_way_round_shows_by_its_ends_at_one_place() -> None:
    round_it = [
        [100 + 80 * math.sin(v * math.pi / 5), 100 - 80 * math.cos(v * math.pi / 5), v] for v in range(11)
    ]
    dial, _ = dial_of(label("a.png", 4.0, center=[100, 100], marks=round_it))
    assert (dial.full_circle, dial.wraps_at, len(dial.marks)) == (True, 10.0, 10)
    open_end, _ = dial_of(label("a.png", 4.0, center=[100, 100], marks=round_it[:-1]))
    assert not open_end.full_circle, "a scale whose dead zone is as wide as a step is one with two ends"


def test_the_mark_of_infinity_is_left_out() -> None:
    marks = [*([*at(v), v] for v in range(0, 81, 20)), [*at(100), "∞"]]
    dial, notes = dial_of(label("a.png", 40.0, marks=marks))
    assert dial.full_scale == 80.0
    assert notes == ("mark 5 stands for infinity and was left out",)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"center": None}, "center is missing"),
        ({"center": [1]}, "center is not"),
        ({"center": [True, 2]}, "center x is no number"),
        ({"marks": None}, "marks is not a list"),
        ({"marks": [[*at(0), 0]]}, "1 marks"),
        ({"marks": [[*at(0), 0], [*at(10)]]}, "mark 1 is not"),
        ({"marks": [[*at(0), 0], [*at(10), "ten"], [*at(20), 20]]}, "mark 1 value is no number"),
        ({"marks": [[*at(v), v * v % 71] for v in range(0, 101, 20)]}, "do not run once around"),
        ({"marks": [[*at(0), 0], [*at(90), 90]], "direction": "up"}, "direction is missing"),
        ({"marks": [[*CENTRE, 0], [*at(50), 50], [*at(90), 90]]}, "lies on the centre"),
    ],
)
def test_what_makes_no_sense_is_refused_and_named(changed: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        dial_of(label("a.png", 40.0, **changed))


def test_what_may_be_a_slip_is_pointed_out_and_other_keys_are_passed_over() -> None:
    told = label("a.png", 40.0, photographer="A", needel={"color": "red"})
    told["needle"] = {"colr": "black", "shape": "arrow"}
    assert dial_of(told).notes == ("'colr' was passed over: is 'color' meant?",)
    del told["needle"]
    assert dial_of(told).notes == ("'needel' was passed over: is 'needle' meant?",)


def test_a_unit_is_taken_without_what_cannot_be_printed() -> None:
    assert dial_of(label("a.png", 40.0, unit="ba\u0000r\n")).dial.unit == "bar"


def test_a_value_that_stands_at_two_places_is_refused_for_nobody_knows_which_is_wrong() -> None:
    marks = [[*at(v), v] for v in range(0, 101, 20)]
    with pytest.raises(ValueError, match="40 stands at two places"):
        dial_of(label("a.png", 40.0, marks=[*marks, [*at(45), 40]]))
    x, y = at(40)
    assert len(dial_of(label("a.png", 40.0, marks=[*marks, [x + 1, y - 1, 40]])).dial.marks) == 6


def test_marks_that_lie_on_no_ring_about_the_centre_are_pointed_out() -> None:
    turned = [[y, x, v] for v in range(0, 101, 20) for x, y in (at(v),)]
    (*_, note) = dial_of(label("a.png", 40.0, marks=turned)).notes
    assert "off any ring about the centre: are x and y in order?" in note
    assert dial_of(label("a.png", 40.0)).notes == ()
