"""Constants as the tables have them, limits as a textbook has them, and no false word of control."""

import numpy as np
import pytest

from reports.statistics.rule_sets import RuleSet
from reports.statistics.subgroup_charts import LEAST_SUBGROUPS, Spread, c4, d2, d3, subgroup_chart
from reports.statistics.variables_charts import Unstable

RULES = RuleSet.NELSON_1984
TABLE = {  # ASTM MNL 7A (8th edition), table 49: d2, d3, c4
    2: (1.128, 0.8525, 0.7979),
    3: (1.693, 0.8884, 0.8862),
    4: (2.059, 0.8798, 0.9213),
    5: (2.326, 0.8641, 0.9400),
    6: (2.534, 0.8480, 0.9515),
    7: (2.704, 0.8332, 0.9594),
    8: (2.847, 0.8198, 0.9650),
    9: (2.970, 0.8078, 0.9693),
    10: (3.078, 0.7971, 0.9727),
    25: (3.931, 0.7084, 0.9896),
}


def made(groups: int, size: int, seed: int = 1) -> list[float | None]:
    return list(np.random.default_rng(seed).normal(10.0, 1.0, groups * size))


@pytest.mark.parametrize("n", TABLE)
def test_the_constants_are_those_of_the_table_to_its_digits(n: int) -> None:
    assert (round(d2(n), 3), round(d3(n), 4), round(c4(n), 4)) == TABLE[n]


def test_the_limits_are_those_of_the_usual_factors() -> None:
    values = np.array(made(25, 5), dtype=float)
    chart = subgroup_chart(list(values), [0.0] * 125, size=5, rule_set=RULES)
    assert chart is not None
    r_bar = np.ptp(values.reshape(25, 5), axis=1).mean()
    assert chart.spread is Spread.RANGE
    assert chart.high - chart.centre == pytest.approx(0.577 * r_bar, rel=1e-3)  # A2
    assert (chart.spread_low, chart.spread_high) == pytest.approx((0.0, 2.114 * r_bar), rel=1e-3)  # D3, D4
    chart = subgroup_chart(made(25, 10), [0.0] * 250, size=10, rule_set=RULES)
    assert chart is not None
    s_bar = np.array(made(25, 10), dtype=float).reshape(25, 10).std(axis=1, ddof=1).mean()
    assert chart.spread is Spread.DEVIATION
    assert chart.high - chart.centre == pytest.approx(0.975 * s_bar, rel=1e-3)  # A3
    limits = (0.284 * s_bar, 1.716 * s_bar)  # B3, B4
    assert (chart.spread_low, chart.spread_high) == pytest.approx(limits, rel=2e-3)


def test_where_a_part_could_not_be_read_sizes_differ_and_the_spread_is_told_by_deviation() -> None:
    values = made(30, 5)
    values[7] = None
    chart = subgroup_chart([*values, 10.0, 10.0], [0.0] * 152, size=5, rule_set=RULES)
    assert chart is not None
    assert (chart.spread, chart.least, chart.subgroups, chart.off_chart) == (Spread.DEVIATION, 4, 30, 2)
    assert chart.sigma == pytest.approx(chart.within_variance**0.5, rel=0.03)
    assert chart.freedom == 29 * 4 + 3


def test_a_subgroup_with_one_reading_is_on_no_chart() -> None:
    values = made(30, 3)
    values[0] = values[1] = None
    chart = subgroup_chart(values, [0.0] * 90, size=3, rule_set=RULES)
    assert chart is not None
    assert (chart.subgroups, chart.off_chart, chart.spread) == (29, 1, Spread.RANGE)


def test_too_few_subgroups_make_no_chart_and_one_part_is_no_subgroup() -> None:
    few = made(LEAST_SUBGROUPS - 1, 5)
    assert subgroup_chart(few, [0.0] * len(few), size=5, rule_set=RULES) is None
    with pytest.raises(ValueError, match="no spread"):
        subgroup_chart(few, [0.0] * len(few), size=1, rule_set=RULES)


@pytest.mark.parametrize("size", [5, 12])
def test_a_process_in_order_is_seldom_said_to_be_out_of_it(size: int) -> None:
    charts = [
        subgroup_chart(made(50, size, n), [0.0] * 50 * size, size=size, rule_set=RULES) for n in range(60)
    ]
    assert sum(chart is not None and not chart.in_control for chart in charts) <= 3


def test_a_step_of_the_mean_and_a_wider_spread_are_seen() -> None:
    values = np.array(made(50, 5), dtype=float)
    step, wide = values.copy(), values.copy()
    step[125:] += 1.5
    wide[50:55] = 10.0 + np.array([-6.0, 6.0, -6.0, 6.0, 0.0])
    for changed, why in ((step, Unstable.ORDER), (wide, Unstable.BEYOND_LIMITS)):
        chart = subgroup_chart(list(changed), [0.0] * 250, size=5, rule_set=RULES)
        assert chart is not None
        assert why in chart.unstable
    assert chart is not None
    assert chart.spread_beyond == 1


def test_what_the_measurement_explains_is_no_evidence() -> None:
    values: list[float | None] = [10.0] * 250
    values[3] = 10.1
    chart = subgroup_chart(values, [0.1] * 250, size=5, rule_set=RULES)
    assert chart is not None
    assert chart.in_control
