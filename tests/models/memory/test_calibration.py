"""From distances to one score: a confidence that falls, and a threshold that claims no more than it can."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.memory.calibration import MOST_QUANTILES, Calibration, Cut, confidence
from models.memory.settings import MemorySettings


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


@given(st.integers(5, 40), st.integers(0, 2**32 - 1), st.floats(0.0, 1.0), st.sampled_from([0.0, 0.3, 30.0]))
def test_any_distances_are_put_on_one_scale_and_what_teaching_makes_is_never_refused(
    pictures: int, seed: int, overkill: float, spread: float
) -> None:
    """Whoever measured them: a distance for each cell and one for the whole picture is all that is asked."""
    rng = np.random.default_rng(seed)
    ratios = torch.from_numpy(1.0 + spread * rng.pareto(2.0, (pictures, 3, 4)))
    whole = 1.0 + spread * rng.pareto(2.0, pictures)
    groups = rng.integers(0, pictures, pictures).tolist()
    made = Calibration.of(ratios, whole, groups, MemorySettings(overkill=overkill))
    made.refuse_unless_from(pictures)
    assert Calibration.model_validate_json(made.model_dump_json()) == made
    assert made.promised is not None
    assert made.promised.score < made.threshold
    assert len(made.quantiles) == min(pictures, MOST_QUANTILES)
    assert list(made.quantiles) == sorted(made.quantiles)


def test_what_only_too_few_groups_let_through_is_told() -> None:
    """Held for a person is what a threshold from the same pictures, each a group, would have rejected."""
    scores = np.random.default_rng(0).normal(0.0, 1.0, 60) + np.repeat([0.0, 1.0, 2.0], 20)
    few = Cut.among(scores, np.repeat([0, 1, 2], 20).tolist(), overkill=0.05)
    enough = Cut.among(scores, range(60), overkill=0.05)
    low = float(np.nextafter(enough.threshold, -np.inf))
    assert (few.in_doubt(low), few.in_doubt(enough.threshold)) == (False, True)
    assert not few.in_doubt(few.threshold)
    assert few.threshold > enough.threshold
    assert not any(enough.in_doubt(score) for score in np.linspace(-5.0, 20.0, 100).tolist())
    with pytest.raises(ValueError, match="doubt from"):
        few.model_copy(update={"doubt": few.threshold}).refuse_beyond(100.0)


def test_a_threshold_that_so_few_pictures_cannot_give_is_refused() -> None:
    ratios = torch.from_numpy(np.random.default_rng(0).normal(5.0, 1.0, (9, 3, 4)))
    made = Calibration.of(ratios, np.linspace(1.0, 2.0, 9), range(9), MemorySettings())
    for wrong in ({"threshold": 12.0}, {"threshold": -12.0}, {"median": -12.0}):
        with pytest.raises(ValueError, match="a threshold of"):
            made.model_copy(update=wrong).refuse_unless_from(9)


def test_a_file_from_before_says_nothing_of_how_good_pictures_scored_and_stays_as_it_is() -> None:
    ratios = torch.from_numpy(np.random.default_rng(0).normal(5.0, 1.0, (9, 3, 4)))
    made = Calibration.of(ratios, np.linspace(1.0, 2.0, 9), range(9), MemorySettings())
    before = made.model_copy(update={"quantiles": ()})
    assert "quantiles" not in before.model_dump_json()
    assert Calibration.model_validate_json(before.model_dump_json()) == before
    for wrong in (made.quantiles[::-1], (*made.quantiles[1:], 99.0)):
        with pytest.raises(ValueError, match="the taught scores"):
            made.model_copy(update={"quantiles": wrong}).refuse_unless_from(9)
