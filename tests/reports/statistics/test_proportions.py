"""Shares with intervals, against statsmodels and scipy, published tables, and what an interval promises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest
from statsmodels.stats.proportion import proportion_confint

from reports.statistics.proportions import Interval, Proportion, proportion

COUNTED = st.integers(1, 100_000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


def share(count: int, of: int, method: Interval) -> Proportion:
    found = proportion(count, of, method)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("count", "of", "wilson", "clopper_pearson"),
    [
        (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
        (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
        (0, 20, (0.0, 0.1611), (0.0, 0.1684)),
        (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
    ],
)
def test_newcombe_s_table(
    count: int, of: int, wilson: tuple[float, float], clopper_pearson: tuple[float, float]
) -> None:
    """R. G. Newcombe, Statistics in Medicine 17, 1998, pages 857 to 872, table I."""
    for method, (low, high) in ((Interval.WILSON, wilson), (Interval.CLOPPER_PEARSON, clopper_pearson)):
        found = share(count, of, method)
        assert (found.low, found.high) == pytest.approx((low, high), abs=5.1e-5)


@given(COUNTED)
def test_the_intervals_are_those_of_statsmodels_and_scipy(counted: tuple[int, int]) -> None:
    scipys = binomtest(*counted)
    for method, theirs, interval in (
        (Interval.WILSON, "wilson", scipys.proportion_ci(0.95, method="wilson")),
        (Interval.CLOPPER_PEARSON, "beta", scipys.proportion_ci(0.95, method="exact")),
    ):
        found = share(*counted, method)
        low, high = proportion_confint(*counted, method=theirs)
        assert (found.low, found.high) == pytest.approx((float(low), float(high)), abs=1e-10)
        assert (found.low, found.high) == pytest.approx((float(interval.low), float(interval.high)), abs=1e-9)


@given(COUNTED)
def test_the_share_lies_in_its_interval_and_the_interval_turns_with_it(counted: tuple[int, int]) -> None:
    count, of = counted
    for method in Interval:
        found, other = share(count, of, method), share(of - count, of, method)
        assert 0.0 <= found.low <= found.share <= found.high <= 1.0
        assert (1.0 - other.high, 1.0 - other.low) == pytest.approx((found.low, found.high), abs=1e-9)


def test_clopper_and_pearson_s_is_never_wrong_more_often_than_said() -> None:
    for rate in (0.002, 0.01, 0.1, 0.37, 0.5):
        intervals = [share(count, 60, Interval.CLOPPER_PEARSON) for count in range(61)]
        holds = sum(
            float(binom.pmf(count, 60, rate))
            for count, one in enumerate(intervals)
            if one.low <= rate <= one.high
        )
        assert holds >= 0.95


def test_of_no_part_there_is_no_share_and_no_more_can_pass_than_there_are() -> None:
    assert proportion(0, 0) is None
    for count, of in ((3, 2), (-1, 2)):
        with pytest.raises(ValueError, match="no share"):
            proportion(count, of)
