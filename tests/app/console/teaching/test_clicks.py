"""A dial is clicked: the pivot, then marks; what is missing or contradicts itself makes no dial."""

from dataclasses import replace

from app.console.teaching.clicks import Clicks
from inspection.instruments.dial import DialDescription, Needle, SecondNeedle

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


def test_what_contradicts_itself_is_said() -> None:
    twice = whole().valued(1, 0.0).dial()
    assert isinstance(twice, str)
    assert "rise or fall" in twice


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
