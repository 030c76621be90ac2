"""The binomial: exact where it can be counted, and never rounded towards a proof."""

import doctest
import math
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from inspection.certification import binomial
from inspection.certification.binomial import most_misses, p_value, parts_needed, upper_bound

shares = st.floats(0.005, 0.6)


def test_the_examples_in_the_docstrings() -> None:
    assert doctest.testmod(binomial).failed == 0


@given(n=st.integers(1, 60), data=st.data(), alpha=st.fractions(Fraction(1, 100), Fraction(99, 100)))
def test_the_p_value_is_the_exact_binomials(n: int, data: st.DataObject, alpha: Fraction) -> None:
    misses = data.draw(st.integers(0, n))
    exact = sum(math.comb(n, k) * alpha**k * (1 - alpha) ** (n - k) for k in range(misses + 1))
    assert p_value(misses, n, float(alpha)) == pytest.approx(float(exact), rel=1e-9)


def test_many_parts_do_not_underflow_to_a_proof() -> None:
    assert p_value(5_000, 100_000, 0.05) == pytest.approx(0.5, abs=0.01)
    assert p_value(0, 100_000, 0.05) == 0.0


@pytest.mark.parametrize(
    ("alpha", "delta", "needed"),
    [(0.01, 0.05, 299), (0.05, 0.05, 59), (0.10, 0.05, 29), (0.05, 0.10, 45), (0.001, 0.05, 2995)],
)
def test_how_many_defective_parts_it_takes_without_a_miss(alpha: float, delta: float, needed: int) -> None:
    assert parts_needed(alpha, delta) == needed
    assert (most_misses(needed, alpha, delta), most_misses(needed - 1, alpha, delta)) == (0, -1)


@given(n=st.integers(0, 400), alpha=shares, delta=shares)
def test_the_allowed_misses_are_those_whose_p_value_is_small_enough(
    n: int, alpha: float, delta: float
) -> None:
    allowed = most_misses(n, alpha, delta)
    assert allowed < max(n, 1)
    assert allowed < 0 or p_value(allowed, n, alpha) <= delta * (1 + 1e-9)
    assert p_value(allowed + 1, n, alpha) > delta * (1 - 1e-9)


@given(n=st.integers(1, 300), data=st.data(), delta=shares)
def test_the_upper_bound_is_where_so_few_become_unlikely(n: int, data: st.DataObject, delta: float) -> None:
    count = data.draw(st.integers(0, n))
    bound = upper_bound(count, n, delta)
    if count == n:
        assert bound == 1.0
        return
    assert p_value(count, n, bound) <= delta * (1 + 1e-9)
    assert p_value(count, n, bound * (1 - 1e-9)) >= delta * (1 - 1e-3)
    assert bound > count / n or delta > 0.4


ulps = st.sampled_from([-1, 0, 1])


@given(
    n=st.integers(1, 120), data=st.data(), alpha=st.sampled_from([0.5, 0.25, 0.01, 0.05, 0.1, 0.3]), ulp=ulps
)
def test_only_stricter_rounding_never_proves_what_is_not_proven(
    n: int, data: st.DataObject, alpha: float, ulp: int
) -> None:
    """Where ``delta`` is the p-value itself, or a hair beside it: whole fractions decide."""
    misses = data.draw(st.integers(0, min(n - 1, 6)))
    rate = Fraction(alpha)
    exact = sum(math.comb(n, k) * rate**k * (1 - rate) ** (n - k) for k in range(misses + 1))
    delta = math.nextafter(float(exact), math.inf * ulp) if ulp else float(exact)
    assume(0.0 < delta < 1.0)
    assert (most_misses(n, alpha, delta) >= misses) == (exact <= Fraction(delta))
    if misses == 0:
        assert (parts_needed(alpha, delta) <= n) == (exact <= Fraction(delta))


@given(n=st.integers(1, 400), data=st.data(), alpha=shares)
def test_scipy_says_the_same(n: int, data: st.DataObject, alpha: float) -> None:
    misses = data.draw(st.integers(0, n))
    assert p_value(misses, n, alpha) == pytest.approx(
        float(binom.cdf(misses, n, alpha)), rel=1e-11, abs=1e-290
    )


@settings(max_examples=50)
@given(n=st.integers(1, 400), data=st.data(), delta=st.floats(0.001, 0.3))
def test_the_upper_bound_is_that_of_scipys_exact_interval(n: int, data: st.DataObject, delta: float) -> None:
    count = data.draw(st.integers(0, n))
    interval = binomtest(count, n).proportion_ci(confidence_level=1 - 2 * delta, method="exact")
    assert upper_bound(count, n, delta) == pytest.approx(interval.high, rel=1e-9)


def test_of_ever_so_many_parts_what_rounding_cannot_tell_is_decided_at_once_and_strictly() -> None:
    """Whole fractions of 100,000 parts would take hours, and the console checks certificates too."""
    delta = p_value(4_900, 100_000, 0.05)
    assert most_misses(100_000, 0.05, delta) == 4_899
    assert most_misses(100_000, 0.05, delta * 1.001) == 4_900
