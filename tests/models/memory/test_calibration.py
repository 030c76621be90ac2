"""From distances to one score: a confidence that falls, and a threshold that claims no more than it can."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.memory.calibration import confidence, conformal_quantile


@given(
    st.floats(-1e6, 1e6),
    st.floats(-1e6, 1e6),
    st.floats(-100, 100),
    st.floats(1e-3, 100),
)
def test_confidence_falls_as_the_score_rises(one: float, other: float, median: float, above: float) -> None:
    low, high = sorted((one, other))
    threshold = median + above
    values = [confidence(score, median=median, threshold=threshold) for score in (low, high)]
    assert 1 >= values[0] >= values[1] >= 0
    assert confidence(threshold, median=median, threshold=threshold) == pytest.approx(0.5)
    assert confidence(median, median=median, threshold=threshold) == pytest.approx(0.99)


@given(st.lists(st.integers(0, 30).map(float), min_size=1, max_size=60), st.floats(0.0, 1.0))
def test_no_more_good_parts_are_rejected_than_asked_for_as_far_as_so_many_can_tell(
    scores: list[float], share: float
) -> None:
    """Were the next part as likely to lie anywhere among them, it would lie above so often at most."""
    threshold = conformal_quantile(np.array(scores), share)
    assert threshold in scores
    above = sum(score > threshold for score in scores)
    assert above + 1 <= share * (len(scores) + 1) + 1e-9 or threshold == max(scores)
