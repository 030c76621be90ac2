"""The running shift, in winter, in summer and on the nights between."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.times.shifts import THREE_SHIFTS, shift_start

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("at", "began"),
    [
        ("2026-01-15T06:00+01:00", "2026-01-15T06:00+01:00"),
        ("2026-01-15T05:59+01:00", "2026-01-14T22:00+01:00"),
        ("2026-01-15T00:30+01:00", "2026-01-14T22:00+01:00"),
        ("2026-07-15T23:59+02:00", "2026-07-15T22:00+02:00"),
        ("2026-03-29T05:30+02:00", "2026-03-28T22:00+01:00"),  # the night of 7 h
        ("2026-10-25T05:30+01:00", "2026-10-24T22:00+02:00"),  # the night of 9 h
    ],
)
def test_the_shift_that_runs_is_the_one_that_began_last(at: str, began: str) -> None:
    assert shift_start(datetime.fromisoformat(at), THREE_SHIFTS, zone=BERLIN) == datetime.fromisoformat(began)


def test_a_begin_that_comes_twice_counts_once_and_one_that_is_skipped_counts() -> None:
    half_past_two = (time(2, 30),)
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # 02:30 for the second time
    assert shift_start(second, half_past_two, zone=BERLIN) == second - timedelta(hours=1)
    skipped = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # 03:30, an hour after it did not come
    assert shift_start(skipped, half_past_two, zone=BERLIN) == skipped
    before = skipped - timedelta(seconds=1)
    assert shift_start(before, half_past_two, zone=BERLIN) == datetime(2026, 3, 28, 1, 30, tzinfo=UTC)


@given(
    at=st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)).map(lambda local: local.replace(tzinfo=UTC)),
    starts=st.lists(st.times(), min_size=1, max_size=4, unique=True),
)
def test_a_shift_never_begins_in_the_future_nor_lasts_longer_than_a_day_and_an_hour(
    at: datetime, starts: list[time]
) -> None:
    began = shift_start(at, starts, zone=BERLIN)
    assert timedelta(0) <= at - began <= timedelta(hours=25)
    assert shift_start(began, starts, zone=BERLIN) == began
