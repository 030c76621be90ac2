"""Capability of the parts and not of the measurement, against textbooks and a package of others."""

import math

import numpy as np
import pytest
from capstat_core.capability import capability as their_capability
from hypothesis import given
from hypothesis import strategies as st

from reports.statistics.capability import LEAST_PARTS, Capability, Refused, _Spread, capability


def values_of(n: int, *, mean: float, s: float) -> list[float]:
    """Values that have exactly this mean and this standard deviation."""
    z = np.random.default_rng(n).standard_normal(n)
    return [float(one) for one in mean + s * (z - z.mean()) / z.std(ddof=1)]


@given(
    seed=st.integers(0, 10_000),
    own=st.floats(0.02, 0.5),
    noise=st.floats(0.0, 0.7),
    aside=st.floats(-0.5, 0.5),
    drift=st.sampled_from([0.0, 0.001]),
)
def test_cpk_is_that_of_the_parts_whatever_the_measurement_adds(
    seed: int, own: float, noise: float, aside: float, drift: float
) -> None:
    """800 parts of known spread, measured with a known uncertainty: within some standard errors."""
    n, u = 800, noise * own
    random = np.random.default_rng(seed)
    true = 4.0 + aside + drift * own * np.arange(n) + own * random.standard_normal(n)
    measured = true + u * random.standard_normal(n)
    found = capability(list(map(float, measured)), [u] * n, low=3.0, high=5.0, in_control=True)
    expected = (1.0 - abs(float(true.mean()) - 4.0)) / (3.0 * own)
    assert found.cpk is not None
    relative = 1.5 * (1.0 + noise**2) * math.sqrt(3.0 / n) + 3.0 / math.sqrt(n) * own / (
        3.0 * own * abs(expected)
    )
    assert found.cpk.value == pytest.approx(expected, rel=1.5 * relative, abs=1e-9)
    assert found.cpk_measured is not None
    assert found.cpk_measured.value * np.sign(expected) <= found.cpk.value * np.sign(expected) + 1e-12


def test_where_the_measurement_hides_the_parts_spread_no_cpk_is_made_up() -> None:
    random = np.random.default_rng(1)
    measured = [float(value) for value in 4.0 + 0.1 * random.standard_normal(60)]
    for u in (0.09, 0.1, 0.2):
        found = capability(measured, [u] * 60, low=3.0, high=5.0, in_control=True)
        assert (found.cpk, found.cp, found.refused) == (None, None, Refused.HIDDEN_BY_MEASUREMENT)
        assert found.ppk is not None
        assert found.cpk_measured is not None
    alike = capability([4.0] * 40, [0.0] * 40, low=3.0, high=5.0, in_control=True)
    assert alike == Capability(refused=Refused.NO_SPREAD)


def test_a_limit_on_one_side_has_ppk_and_cpk_but_no_pp() -> None:
    random = np.random.default_rng(2)
    measured = [float(value) for value in 4.0 + 0.1 * random.standard_normal(60)]
    low, none = (
        capability(measured, [0.01] * 60, low=low, high=None, in_control=True) for low in (3.0, None)
    )
    assert none == Capability(refused=Refused.NO_LIMITS)
    assert (low.pp, low.cp) == (None, None)
    assert low.ppk is not None
    assert low.cpk is not None
    assert low.ppk.value == pytest.approx(10.0 / 3, rel=0.3)
    assert low.cpk.value == pytest.approx(10.0 / 3, rel=0.3)


def test_the_nist_handbook_s_example() -> None:
    """NIST/SEMATECH e-Handbook of Statistical Methods, 6.1.6: limits 8 and 20, mean 16, s 2."""
    found = capability(values_of(60, mean=16.0, s=2.0), [0.0] * 60, low=8.0, high=20.0, in_control=True)
    assert found.pp is not None
    assert found.ppk is not None
    assert (found.pp.value, found.ppk.value) == pytest.approx((1.0, 0.6667), abs=5e-5)


def test_the_width_s_interval_is_kane_s_and_the_margin_s_bissell_s() -> None:
    """Montgomery, *Introduction to Statistical Quality Control*, 7th edition, section 8.3.5, of 20 parts.

    Cp 2.29 (1.57 to 3.01); Cpk 1.33 with the half-width of Bissell's formula.
    """
    spread = _Spread(1.75**2, relative_error=math.sqrt(2.0 / 19.0), of_mean=1.0 / 20.0)
    width = spread.for_width(62.0 - 38.0)
    assert width is not None
    assert (width.value, width.low, width.high) == pytest.approx((2.29, 1.57, 3.01), abs=0.01)
    margin = spread.for_margin(1.33 * 3.0 * 1.75)
    half = 1.33 * 1.96 * math.sqrt(1.0 / (9.0 * 20.0 * 1.33**2) + 1.0 / (2.0 * 19.0))
    assert margin.high - margin.value == pytest.approx(half, rel=1e-3)


@given(st.integers(LEAST_PARTS, 200), st.floats(3.1, 4.9), st.floats(0.02, 1.0))
def test_pp_and_ppk_are_those_of_a_package_that_we_did_not_write(n: int, mean: float, s: float) -> None:
    values = values_of(n, mean=mean, s=s)
    theirs = their_capability(values, lsl=3.0, usl=5.0)
    found = capability(values, [0.0] * n, low=3.0, high=5.0, in_control=True)
    assert found.pp is not None
    assert found.ppk is not None
    assert found.cp is not None
    assert (found.pp.value, found.ppk.value) == pytest.approx((theirs.pp, theirs.ppk))
    assert theirs.cp is not None
    assert found.cp.value == pytest.approx(theirs.cp, rel=0.25)  # theirs is by the mean moving range


def test_the_intervals_hold_the_process_s_own_as_often_as_they_say() -> None:
    """Draws of 50 parts of a process whose Cp is 1.667 and Cpk 1.333, measured with half its spread."""
    s, u, held = 0.2, 0.1, np.zeros(3)
    for seed in range(400):
        random = np.random.default_rng(seed)
        values = list(4.2 + math.hypot(s, u) * random.standard_normal(50))
        found = capability(list(map(float, values)), [u] * 50, low=3.0, high=5.0, in_control=True)
        measured = 0.8 / (3.0 * math.hypot(s, u))
        for at, (index, own) in enumerate(
            ((found.ppk, measured), (found.cpk_measured, measured), (found.cpk, 0.8 / (3.0 * s)))
        ):
            held[at] += index is not None and index.low <= own <= index.high
    assert held / 400 == pytest.approx([0.95] * 3, abs=0.04)


def test_a_process_out_of_control_has_what_was_made_and_no_cpk() -> None:
    values = values_of(40, mean=4.0, s=0.2)
    found = capability(values, [0.0] * 40, low=3.0, high=5.0, in_control=False)
    assert found.ppk is not None
    assert (found.cp, found.cpk, found.cpk_measured, found.refused) == (
        None,
        None,
        None,
        Refused.OUT_OF_CONTROL,
    )


def test_of_too_few_nothing_is_told() -> None:
    values = values_of(LEAST_PARTS - 1, mean=4.0, s=0.2)
    found = capability(values, [0.0] * len(values), low=3.0, high=5.0, in_control=True)
    assert found == Capability(refused=Refused.TOO_FEW)
