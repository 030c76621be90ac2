"""The I-MR chart, against a package that we did not write and worked examples; and what is not in control."""

import math

import numpy as np
import pytest
from capstat_core.control_charts import i_mr_chart
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from reports.statistics.rule_sets import RuleSet
from reports.statistics.variables_charts import D2, D3, Individuals, Unstable, individuals

VALUES = st.lists(st.floats(-100.0, 100.0).map(lambda value: round(value, 3)), min_size=3, max_size=40)


def chart(values: list[float], *, u: float = 0.0) -> Individuals:
    return individuals(values, [u] * len(values), RuleSet.NELSON_1984)


def normal(n: int, seed: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.random.default_rng(seed).standard_normal(n)


def test_the_constants_are_the_moments_of_a_range_of_two() -> None:
    difference = norm(scale=math.sqrt(2.0))
    mean, square = (2.0 * quad(lambda x, k=k: x**k * difference.pdf(x), 0.0, 12.0)[0] for k in (1, 2))
    assert mean == pytest.approx(D2)
    assert math.sqrt(square - mean**2) == pytest.approx(D3)


@given(VALUES)
def test_it_is_the_chart_of_a_package_that_we_did_not_write(values: list[float]) -> None:
    if len(set(values)) < 2:
        return
    theirs, ours = i_mr_chart(values), chart(values)
    assert (ours.centre, ours.low, ours.high) == pytest.approx(
        (theirs.location.limits.center, theirs.location.limits.lower, theirs.location.limits.upper), abs=1e-9
    )
    assert (ours.moving_range, ours.moving_range_high) == pytest.approx(
        (theirs.dispersion.limits.center, theirs.dispersion.limits.upper), abs=1e-9
    )


def test_mortgage_loans_of_montgomery() -> None:
    """*Introduction to Statistical Quality Control*, 7th edition, section 6.4: 20 weeks, in control."""
    costs = [310, 288, 297, 298, 307, 303, 294, 297, 308, 306]
    costs += [294, 299, 297, 299, 314, 295, 293, 306, 301, 304]
    found = chart(list(map(float, costs)))
    assert found.centre == 300.5
    assert found.moving_range == pytest.approx(7.79, abs=0.005)
    assert (found.high, found.low) == pytest.approx((321.22, 279.78), abs=0.02)
    assert found.moving_range_high == pytest.approx(25.45, abs=0.02)
    assert found.in_control
    assert not found.signals


@pytest.mark.parametrize(("n", "draws"), [(30, 600), (100, 400), (3000, 100)])
def test_a_process_in_control_is_hardly_ever_called_another_however_many_readings(n: int, draws: int) -> None:
    """Two questions, each wrong in 0.27 % of charts; the limits are estimates, so somewhat more may be."""
    wrong = sum(not chart(list(4.0 + 0.1 * normal(n, seed))).in_control for seed in range(draws))
    assert wrong / draws <= 0.01 + 3.0 * math.sqrt(0.01 / draws)


def test_a_step_a_drift_waves_and_two_streams_in_turn_are_not_in_control() -> None:
    n = np.arange(200)
    for aside in (2.0 * (n > 100), 0.02 * n, 1.5 * np.sin(n / 10.0), 1.5 * (-1.0) ** n):
        found = chart(list(normal(200, 3) + aside))
        assert Unstable.ORDER in found.unstable


def test_one_reading_far_out_and_several_beyond_are_not_in_control() -> None:
    for spoilt, by in ((1, 12.0), (3, 10.0)):
        values = normal(30, 5)
        values[5 : 5 + 9 * spoilt : 9] += by
        assert Unstable.BEYOND_LIMITS in chart(list(values)).unstable


def test_a_few_beyond_three_sigma_of_thousands_are_chance() -> None:
    found = chart(list(normal(5000, 1)))
    (beyond,) = [one for one in found.signals if one.rule == "nelson_1"]
    assert beyond.points >= 5
    assert beyond.expected == pytest.approx(13.5, abs=0.1)
    assert found.in_control


def test_readings_that_are_all_the_same_are_in_control_and_have_no_signals_but_their_closeness() -> None:
    found = chart([4.0] * 20)
    assert (found.low, found.high, found.in_control) == (4.0, 4.0, True)


def test_a_display_that_shows_one_digit_more_now_and_then_is_in_control() -> None:
    """Of a step of 0.1 the standard uncertainty is 0.1 / √12; without it the chart takes each for far out."""
    u = 0.1 / math.sqrt(12.0)
    now_and_then = [4.1 if n % 97 == 50 else 4.0 for n in range(1000)]
    slowly = [4.0] * 100 + [4.1] * 100
    for values in (now_and_then, slowly):
        assert not chart(values).in_control
        assert chart(values, u=u).in_control
    for changed in ([*now_and_then, 4.3], slowly + [4.2] * 100):
        assert not chart(changed, u=u).in_control


def test_the_measurement_excuses_no_step_that_is_larger_than_its_steps() -> None:
    values = list(normal(200, 3) * 0.1 + 0.2 * (np.arange(200) > 100))
    assert Unstable.ORDER in chart(values, u=0.05).unstable
