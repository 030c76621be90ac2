"""Measures of a judge: each is held against its definition, counted out."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.evaluation.metrics import auroc, calibration_error, evaluate

scores = st.lists(st.integers(0, 20).map(float), min_size=1, max_size=30)


@given(scores, scores)
def test_auroc_is_the_chance_that_a_defect_scores_higher(good: list[float], bad: list[float]) -> None:
    found = evaluate(good + bad, [False] * len(good) + [True] * len(bad))
    pairs = [(b > g) + 0.5 * (b == g) for g in good for b in bad]
    assert found.auroc == pytest.approx(np.mean(pairs))


anything = st.one_of(st.floats(allow_nan=False), st.integers(0, 3).map(float))
"""Scores with ties and without, infinite ones too."""


@given(st.lists(anything, min_size=1, max_size=30), st.lists(anything, min_size=1, max_size=30))
def test_auroc_is_the_counted_pairs_to_the_last_bit(good: list[float], bad: list[float]) -> None:
    """The last bit decides whether an adaptation is better than a memory that ranks the same."""
    halves = sum(2 * (b > g) + (b == g) for g in good for b in bad)
    assert auroc(np.array(good), np.array(bad)) == float(Fraction(halves, 2 * len(good) * len(bad)))


@given(scores, st.lists(st.integers(0, 20).map(float), min_size=1, max_size=250))
def test_the_operating_points_keep_their_promise_and_are_the_cheapest_that_do(
    good: list[float], bad: list[float]
) -> None:
    found = evaluate(good + bad, [False] * len(good) + [True] * len(bad))
    for point, allowed in ((found.at_no_escape, 0.0), (found.at_one_percent, 0.01)):
        assert point.escape_rate <= allowed
        higher = [score for score in bad if score > point.threshold]
        if higher:  # the next threshold that would change anything lets more escape than allowed
            assert np.mean(np.array(bad) < min(higher)) > allowed
        assert point.overkill_rate == np.mean(np.array(good) >= point.threshold)


def test_the_given_threshold_is_judged() -> None:
    found = evaluate([0, 1, 2, 3], [False, False, True, True], threshold=2.5).at_threshold
    assert found is not None
    assert (found.escape_rate, found.overkill_rate) == (0.5, 0.0)
    assert evaluate([0, 1], [False, True]).at_threshold is None


@pytest.mark.parametrize(
    ("values", "defective"),
    [([1.0], [True]), ([1.0], [False]), ([1.0, 2.0], [True]), ([1.0, float("nan")], [True, False])],
)
def test_what_cannot_be_evaluated_is_refused(values: list[float], defective: list[bool]) -> None:
    with pytest.raises(ValueError, match=r"needed|equally|not a number"):
        evaluate(values, defective)


PAIRS = st.lists(st.tuples(st.floats(0.0, 1.0), st.booleans()), min_size=1, max_size=40)


@given(PAIRS)
def test_the_calibration_error_is_a_share_and_no_larger_than_the_mean_error(
    pairs: list[tuple[float, bool]],
) -> None:
    probabilities, right = zip(*pairs, strict=True)
    error = calibration_error(probabilities, right)
    assert 0.0 <= error <= np.mean([abs(p - hit) for p, hit in pairs]) + 1e-9
    assert calibration_error(right, right) == 0.0


def test_confidence_that_is_too_high_is_the_error() -> None:
    assert calibration_error([0.95] * 4, [True, True, False, False]) == pytest.approx(0.45)
    assert calibration_error([0.5] * 4, [True, True, False, False]) == 0.0
    assert calibration_error([1.0, 0.05], [False, False]) == pytest.approx((1.0 + 0.05) / 2)
