"""p-chart and Laney's p′, against worked examples and a package that we did not write."""

import math

import numpy as np
import pytest
from capstat_core.control_charts import i_mr_chart
from hypothesis import given
from hypothesis import strategies as st

from reports.statistics.attribute_charts import AttributeChart, attribute_chart
from reports.statistics.rule_sets import RuleSet

COUNTS = st.lists(
    st.integers(1, 500).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))),
    min_size=3,
    max_size=30,
)
CANS = [12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22]
CANS += [8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7, 13, 9, 6]
ORDERS = [12, 8, 6, 9, 10, 12, 11, 16, 10, 6, 20, 15, 9, 8, 6, 8, 10, 7, 5, 8, 5, 8, 10, 6, 9]
SIZES = [100, 80, 80, 100, 110, 110, 100, 100, 90, 90, 110, 120, 120, 120, 110]
SIZES += [80, 80, 80, 90, 100, 100, 100, 100, 90, 90]


def chart(counts: list[tuple[int, int]]) -> AttributeChart:
    found = attribute_chart(counts, RuleSet.NELSON_1984)
    assert found is not None
    return found


def test_orange_juice_cans_of_montgomery() -> None:
    """*Introduction to Statistical Quality Control*, 7th edition, 7.2: samples 15 and 23 are beyond."""
    found = chart([(count, 50) for count in CANS])
    assert found.centre == pytest.approx(0.2313, abs=5e-5)
    assert {round(one.high, 4) for one in found.points} == {0.4102}
    assert {round(one.low, 4) for one in found.points} == {0.0524}
    assert found.signals[0].spans == ((15, 15), (23, 23))


def test_purchase_orders_of_montgomery_have_limits_of_their_own() -> None:
    """The same, section 7.2.3, table 7.4: limits vary with the size; sample 11 is beyond."""
    found = chart(list(zip(ORDERS, SIZES, strict=True)))
    assert found.centre == pytest.approx(234 / 2450)
    assert [round(one.high, 3) for one in found.points[:4]] == [0.184, 0.194, 0.194, 0.184]
    assert found.signals[0].rule == "nelson_1"
    assert found.signals[0].spans == ((11, 11),)


@given(COUNTS)
def test_sigma_z_is_the_sigma_of_a_chart_of_the_z_by_a_package_that_we_did_not_write(
    counts: list[tuple[int, int]],
) -> None:
    found = chart(counts)
    z = [
        (count / of - found.centre) / math.sqrt(found.centre * (1.0 - found.centre) / of)
        for count, of in counts
        if 0.0 < found.centre < 1.0
    ]
    if len({round(one, 9) for one in z}) < 2:
        return
    assert found.sigma_z == pytest.approx(i_mr_chart(z).sigma_within, abs=1e-9)


@given(COUNTS)
def test_the_limits_of_laney_are_wider_by_sigma_z_and_never_narrower(counts: list[tuple[int, int]]) -> None:
    found = chart(counts)
    for one in found.points:
        assert 0.0 <= one.low_prime <= one.low <= found.centre <= one.high <= one.high_prime <= 1.0
        if found.sigma_z is not None and one.high_prime < 1.0:
            wider = (one.high_prime - found.centre) / (one.high - found.centre)
            assert wider == pytest.approx(max(1.0, found.sigma_z), rel=1e-6)


def test_of_many_parts_an_hour_the_p_chart_cries_and_laney_s_does_not() -> None:
    """As in Laney's paper: each hour's own rate varies a little, which 50,000 parts an hour show."""
    random = np.random.default_rng(2)
    rates = 0.05 + 0.005 * random.standard_normal(24)
    found = chart([(int(random.binomial(50_000, rate)), 50_000) for rate in rates])
    assert found.sigma_z is not None
    assert found.sigma_z > 3.0
    assert found.signals[0].points > 5
    assert not found.signals_prime


def test_counts_that_vary_less_than_chance_are_told_and_the_limits_stay() -> None:
    found = chart([(10, 100), (11, 100)] * 10)
    assert found.sigma_z == pytest.approx(0.29, abs=0.01)
    assert all(one.high_prime == one.high for one in found.points)


def test_zones_are_not_asked_of_shares() -> None:
    found = chart([(20, 200)] * 12 + [(31, 200), (30, 200)])
    assert all(one.rule in {"nelson_1", "nelson_2", "nelson_3", "nelson_4"} for one in found.signals)


@pytest.mark.parametrize("count", [0, 50])
def test_none_or_all_have_no_spread_to_go_by(count: int) -> None:
    found = chart([(count, 50)] * 12)
    assert (found.sigma_z, found.signals) == (None, ())


def test_points_of_no_part_are_left_out() -> None:
    assert attribute_chart([(0, 0)], RuleSet.NELSON_1984) is None
    assert len(chart([(1, 10), (0, 0), (2, 10)]).points) == 2
