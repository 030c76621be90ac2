"""Each moment has one reason, none is counted twice, and what is known of few failures is said as it is."""

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson

from reports.statistics.intervals import (
    Standing,
    cut,
    joined,
    mean_between_failures,
    mean_to_restore,
    shared,
)

START: Final = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
END: Final = START + 8 * HOUR
ORDER: Final = ("away", "fault", "hold")

standings = st.lists(
    st.builds(
        lambda reason, begin, length: Standing(
            reason, START + timedelta(minutes=begin), START + timedelta(minutes=begin + length)
        ),
        st.sampled_from(ORDER),
        st.integers(-120, 600),
        st.integers(0, 300),
    ),
    max_size=12,
)


def hours(reason: str, begin: float, end: float) -> Standing:
    return Standing(reason, START + begin * HOUR, START + end * HOUR)


def test_of_two_reasons_at_once_the_one_that_stands_first_has_the_time() -> None:
    away, hold = shared([hours("hold", 1, 4), hours("away", 2, 3)], ORDER)
    assert (away.reason, away.time, hold.reason, hold.time) == ("away", HOUR, "hold", 2 * HOUR)
    assert (hold.times, hold.longest) == (1, 3 * HOUR)


@given(standings)
def test_the_sum_of_all_reasons_never_exceeds_the_shift_and_is_what_any_of_them_covers(
    found: list[Standing],
) -> None:
    within = cut(found, start=START, end=END)
    given_ = sum((one.time for one in shared(within, ORDER)), timedelta())
    covered = joined(one._replace(reason="any") for one in within)
    assert given_ == sum((one.end - one.begin for one in covered), timedelta())
    assert timedelta() <= given_ <= END - START


@given(standings)
def test_a_reason_has_at_most_the_time_in_which_it_stood_and_the_first_has_all_of_it(
    found: list[Standing],
) -> None:
    within = cut(found, start=START, end=END)
    for one in shared(within, ORDER):
        own = joined(each for each in within if each.reason == one.reason)
        stood = sum((each.end - each.begin for each in own), timedelta())
        assert one.time <= stood
        assert one.reason != ORDER[0] or one.time == stood


@given(st.integers(-120, 600), st.integers(0, 300))
def test_what_is_cut_at_the_ends_of_the_shift_is_marked_and_nothing_else(begin: int, length: int) -> None:
    one = hours("hold", begin / 60, (begin + length) / 60)
    within = cut([one], start=START, end=END)
    assert bool(within) is (max(one.begin, START) < min(one.end, END))
    for each in within:
        assert START <= each.begin < each.end <= END
        assert (each.begins_before, each.ends_behind) == (one.begin < START, one.end > END)


def test_a_reason_without_a_place_in_the_order_is_refused() -> None:
    with pytest.raises(ValueError, match="no place in the order"):
        shared([hours("elsewhere", 0, 1)], ORDER)


def test_without_a_failure_there_is_no_mean_but_a_bound_that_it_exceeds() -> None:
    found = mean_between_failures(0, 28_800.0)
    assert (found.mean_s, found.high_s) == (None, None)
    assert found.low_s is not None
    assert found.low_s == pytest.approx(9_613.6, abs=0.1)  # a third of the time: the rule of three
    assert poisson.pmf(0, 28_800.0 / found.low_s) == pytest.approx(0.05)


@given(st.integers(1, 50), st.floats(1.0, 1e7))
def test_the_bounds_are_those_at_which_so_many_failures_would_be_as_rare_as_agreed(
    failures: int, at_work_s: float
) -> None:
    found = mean_between_failures(failures, at_work_s)
    assert found.low_s is not None
    assert found.high_s is not None
    assert poisson.cdf(failures, at_work_s / found.low_s) == pytest.approx(0.025)
    assert poisson.sf(failures - 1, at_work_s / found.high_s) == pytest.approx(0.025)


def test_of_no_time_at_work_and_of_no_repair_nothing_is_said() -> None:
    assert mean_between_failures(1, 0.0).low_s is None
    assert mean_to_restore([]).mean_s is None
    assert mean_to_restore([30.0, 90.0]).mean_s == 60.0
