"""A dial is clicked: the pivot, then marks; what is missing or contradicts itself makes no dial."""

from dataclasses import replace

import pytest

from app.console.teaching.clicks import Clicks
from inspection.instruments.dial import MOST_MARKS, DialDescription, Needle, SecondNeedle
from inspection.messages.codes import Code
from inspection.messages.message import Sentence

MARKS = ((20.0, 80.0, 0.0), (50.0, 10.0, 5.0), (80.0, 80.0, 10.0))


def whole(order: tuple[int, ...] = (0, 1, 2)) -> Clicks:
    clicks = Clicks(unit="bar").clicked((50.0, 50.0))
    for place, mark in enumerate(order):
        x, y, value = MARKS[mark]
        clicks = clicks.clicked((x, y)).valued(place, value)
    return clicks


def test_pivot_then_marks_make_a_dial_in_whatever_order_they_came() -> None:
    dial = whole().dial()
    assert isinstance(dial, DialDescription)
    assert (dial.center, dial.direction, dial.unit) == ((50.0, 50.0), "cw", "bar")
    assert whole((2, 0, 1)).dial() == dial


def test_nothing_is_made_of_half_a_dial() -> None:
    clicks = Clicks()
    for point in ((50.0, 50.0), (20.0, 80.0), (50.0, 10.0), (80.0, 80.0)):
        assert clicks.dial() is None
        clicks = clicks.clicked(point)
    assert clicks.dial() is None, "no mark has a value"
    assert clicks.unvalued == 3
    assert whole().valued(1, None).dial() is None
    assert whole().undone().dial() is None


CENTRE, START = (50.0, 50.0), (20.0, 80.0)
ASTRAY = whole().clicked((90.0, 50.0)).valued(3, 2.0).clicked((10.0, 50.0)).valued(4, 8.0)


@pytest.mark.parametrize(
    ("clicks", "code"),
    [
        (whole().valued(1, 0.0), Code.DIAL_VALUES_EQUAL),
        (whole().moved(1, CENTRE), Code.DIAL_MARK_ON_CENTRE),
        (whole().moved(1, START), Code.DIAL_MARKS_AT_ONE_PLACE),
        (ASTRAY, Code.DIAL_NOT_ONCE_ROUND),
        (replace(whole(), wraps_at=10.0), Code.DIAL_BEYOND_CIRCLE),
    ],
)
def test_what_contradicts_itself_is_said_in_any_language(clicks: Clicks, code: Code) -> None:
    problem = clicks.dial()
    assert isinstance(problem, Sentence)
    assert [message.code for message in problem.coded] == [code]


def test_no_more_is_clicked_than_a_dial_may_have() -> None:
    clicks = Clicks().clicked(CENTRE)
    for number in range(MOST_MARKS + 1):
        clicks = clicks.clicked((float(number), 0.0))
    assert len(clicks.marks) == MOST_MARKS


def test_what_was_clicked_is_found_moved_and_undone() -> None:
    clicks = whole()
    assert clicks.at((51.0, 12.0), within=4.0) == 1
    assert clicks.at((48.0, 51.0), within=4.0) == -1
    assert clicks.at((60.0, 30.0), within=4.0) is None
    assert clicks.moved(-1, (49.0, 50.0)).centre == (49.0, 50.0)
    assert clicks.moved(1, (51.0, 11.0)).marks[1].point == (51.0, 11.0)
    gone = clicks
    for _ in range(5):
        gone = gone.undone()
    assert gone == Clicks(unit="bar")


def test_a_proposal_is_clicks_that_make_it_again() -> None:
    dial = whole().dial()
    assert isinstance(dial, DialDescription)
    needle = Needle(color="black", second_needle=SecondNeedle(color="red"))
    for one in (dial, dial.model_copy(update={"needle": needle})):
        assert Clicks.of(one).dial() == one
    round_it = DialDescription(
        center=(50, 50),
        marks=[(50, 10, 0), (90, 50, 2.5), (50, 90, 5), (10, 50, 7.5)],
        direction="cw",
        full_circle=True,
        wraps_at=10,
    )
    assert Clicks.of(round_it).dial() == round_it
    assert replace(Clicks.of(round_it), wraps_at=None).dial() != round_it
