"""Net and geometry settle a doubt only together; the net alone can only make a number unreadable."""

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from inspection.gauges.display.opinion import agreeing
from inspection.gauges.display.opinion.net import CLASSES, SIGNS, Thought
from inspection.gauges.display.reader import read_display
from inspection.instruments.display import DisplayDescription
from inspection.instruments.reading import Unreadable
from inspection.levels import Picture
from tests.inspection.gauges.display import drawn

ANY = DisplayDescription()


def thought(sign: str, belief: float = 0.99, point: float = 0.0) -> Thought:
    classes = np.full(CLASSES, (1.0 - belief) / (CLASSES - 1), np.float32)
    classes[SIGNS.index(sign)] = belief
    return Thought(classes, point)


def think(
    monkeypatch: pytest.MonkeyPatch, signs: Sequence[str], belief: float = 0.99, points: Sequence[float] = ()
) -> None:
    """Of the places of a row, one before and one behind them, the net thinks that they show ``signs``."""
    behind = points or [0.0] * len(signs)
    seen = [thought(sign, belief, point) for sign, point in zip(signs, behind, strict=True)]
    monkeypatch.setattr(agreeing, "thoughts", lambda _places: seen)


def blotted(shown: str) -> Picture:
    """With a blot beside the 2, which no segment of it accounts for."""
    picture = drawn.display(shown, places=3).copy()
    cv2.ellipse(picture, (292, 285), (7, 9), 0.0, 0.0, 360.0, (40, 40, 40), cv2.FILLED, cv2.LINE_AA)
    return picture


def text(picture: Picture) -> str:
    reading = read_display([picture], ANY)
    return reading.text if reading.readable else str(reading.reason)


def test_a_doubt_is_settled_where_both_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    assert text(blotted("123")) == "123"  # by the net that is shipped
    think(monkeypatch, [" ", "1", "2", "3", " "])
    assert text(blotted("123")) == "123"


@pytest.mark.parametrize(("sign", "belief"), [("8", 0.99), ("", 0.99), (" ", 0.99), ("2", 0.8)])
def test_the_net_alone_settles_nothing(monkeypatch: pytest.MonkeyPatch, sign: str, belief: float) -> None:
    think(monkeypatch, [" ", "1", sign, "3", " "], belief)
    assert text(blotted("123")) == str(Unreadable.SEGMENT_UNCLEAR)


def test_a_doubt_is_not_settled_where_the_net_says_otherwise_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    think(monkeypatch, [" ", "7", "2", "3", " "])
    assert text(blotted("123")) == str(Unreadable.SEGMENT_UNCLEAR)


def test_a_number_of_which_the_net_says_otherwise_is_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = drawn.display("123", places=3)
    think(monkeypatch, [" ", "1", "", "3", " "])
    assert text(picture) == "123"
    think(monkeypatch, [" ", "1", "8", "3", " "])
    assert text(picture) == str(Unreadable.SEGMENT_UNCLEAR)
    think(monkeypatch, [" ", "1", "8", "3", " "], 0.6)
    assert text(picture) == "123"


def test_of_two_that_may_be_the_point_the_net_tells_the_one(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = drawn.display("12.34", places=4).copy()
    cv2.rectangle(picture, (413, 345), (426, 358), (60, 60, 60), cv2.FILLED)  # a spot behind the 3
    signs = [" ", "1", "2", "3", "4", " "]
    think(monkeypatch, signs, points=[0.0, 0.0, 0.99, 0.5, 0.0, 0.0])
    assert text(picture) == str(Unreadable.SEGMENT_UNCLEAR)
    think(monkeypatch, signs, points=[0.0, 0.0, 0.99, 0.01, 0.0, 0.0])
    assert text(picture) == "12.34"


def test_a_place_in_front_is_blank_where_both_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = drawn.display("12.34", places=5).copy()
    cv2.line(picture, (190, 275), (190, 330), (40, 40, 40), 9, cv2.LINE_AA)
    signs = ["1", "2", "3", "4", " "]
    think(monkeypatch, ["", *signs])
    assert text(picture) == str(Unreadable.SEGMENT_UNCLEAR)
    think(monkeypatch, [" ", *signs])
    assert text(picture) == "12.34"
