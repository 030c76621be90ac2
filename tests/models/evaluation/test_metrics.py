import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.evaluation.metrics import evaluate

scores = st.lists(st.integers(0, 20).map(float), min_size=1, max_size=30)


@given(scores, scores)
def test_auroc_is_the_chance_that_a_defect_scores_higher(good, bad):
    found = evaluate(good + bad, [False] * len(good) + [True] * len(bad))
    pairs = [(b > g) + 0.5 * (b == g) for g in good for b in bad]
    assert found.auroc == pytest.approx(np.mean(pairs))


@given(scores, st.lists(st.integers(0, 20).map(float), min_size=1, max_size=250))
def test_the_operating_points_keep_their_promise_and_are_the_cheapest_that_do(good, bad):
    found = evaluate(good + bad, [False] * len(good) + [True] * len(bad))
    for point, allowed in ((found.at_no_escape, 0.0), (found.at_one_percent, 0.01)):
        assert point.escape_rate <= allowed
        higher = [score for score in bad if score > point.threshold]
        if higher:  # the next threshold that would change anything lets more escape than allowed
            assert np.mean(np.array(bad) < min(higher)) > allowed
        assert point.overkill_rate == np.mean(np.array(good) >= point.threshold)


def test_the_given_threshold_is_judged():
    found = evaluate([0, 1, 2, 3], [False, False, True, True], threshold=2.5).at_threshold
    assert (found.escape_rate, found.overkill_rate) == (0.5, 0.0)
    assert evaluate([0, 1], [False, True]).at_threshold is None


@pytest.mark.parametrize(
    ("values", "defective"),
    [([1.0], [True]), ([1.0], [False]), ([1.0, 2.0], [True]), ([1.0, float("nan")], [True, False])],
)
def test_what_cannot_be_evaluated_is_refused(values, defective):
    with pytest.raises(ValueError, match=r"needed|equally|not a number"):
        evaluate(values, defective)
