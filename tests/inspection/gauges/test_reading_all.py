"""Whatever the picture, and whatever breaks in a reader, there is a reading."""

import logging
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from pydantic import TypeAdapter

from inspection.gauges import reading_all
from inspection.instruments.description import Description
from inspection.instruments.reading import Unreadable
from tests.inspection.instruments.test_descriptions import CODE, DIAL, DISPLAY, LAMP, LEVEL

EACH = [
    TypeAdapter[Description](Description).validate_python(what) for what in (DIAL, DISPLAY, LAMP, LEVEL, CODE)
]
pictures = arrays.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3)))


@pytest.mark.parametrize("what", EACH, ids=lambda what: str(what.kind))
@given(picture=pictures, tiled=st.booleans())
@settings(max_examples=15, deadline=None)
def test_any_picture_gives_a_reading_and_is_not_written_into(
    what: Description, picture: NDArray[np.uint8], tiled: bool
) -> None:
    shown = np.tile(picture, (10, 10, 1)) if tiled else picture
    before = shown.copy()
    reading = reading_all.read([shown], what)
    assert reading.kind == what.kind
    assert reading.reason is not Unreadable.FAILED
    assert reading.ms > 0.0
    assert (shown == before).all()


@pytest.mark.parametrize("what", EACH, ids=lambda what: str(what.kind))
@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((50, 50, 3), np.uint16),
        np.zeros((50, 50), np.uint8),
        np.zeros((50, 50, 4), np.uint8),
        np.zeros((0, 50, 3), np.uint8),
        np.zeros((50, 50, 3), np.float64),
    ],
    ids=["16 bits", "grey", "with alpha", "empty", "floats"],
)
def test_what_is_no_picture_of_8_bits_is_said_to_be_so(what: Description, picture: Any) -> None:
    assert reading_all.read([picture], what).reason is Unreadable.WRONG_DEPTH


def test_a_reader_that_breaks_fails_that_reading_alone_and_is_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(reading_all, "read_dial", broken)
    with caplog.at_level(logging.ERROR):
        reading = reading_all.read([np.zeros((50, 50, 3), np.uint8)], EACH[0])
    assert (reading.reason, reading.unit) == (Unreadable.FAILED, "bar")
    assert "the reader of a dial failed" in caplog.text
