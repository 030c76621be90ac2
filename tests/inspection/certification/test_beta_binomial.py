"""The beta-binomial: what counted parts tell of how many further ones exceed a threshold."""

import doctest

from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import betabinom

from inspection.certification import beta_binomial
from inspection.certification.beta_binomial import central_interval


def test_the_examples_in_the_docstring() -> None:
    assert doctest.testmod(beta_binomial).failed == 0


@given(st.integers(0, 300), st.floats(0.05, 400.0), st.floats(0.05, 400.0), st.floats(0.5, 0.999))
def test_the_interval_holds_as_often_as_it_says_and_no_narrower_one_does(
    parts: int, above: float, below: float, sure: float
) -> None:
    low, high = central_interval(parts, above=above, below=below, sure=sure)
    drawn, tail = betabinom(parts, above, below), (1.0 - sure) / 2.0
    assert 0 <= low <= high <= parts
    assert max(drawn.cdf(low - 1), drawn.sf(high)) <= tail + 1e-9
    assert min(drawn.cdf(low), drawn.sf(high - 1)) >= tail - 1e-9
