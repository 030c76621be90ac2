"""Two opinions on one scale: higher of either is worse, and what cannot come from training is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.eye.rule import EyeRule
from tests.models.eye.untrained import PICTURES, rule


@given(st.integers(5, 40), st.integers(0, 2**32 - 1), st.floats(0.0, 1.0), st.sampled_from([0.0, 0.3, 30.0]))
def test_what_training_makes_is_never_refused_and_comes_back_as_it_was(
    pictures: int, seed: int, overkill: float, spread: float
) -> None:
    rng = np.random.default_rng(seed)
    eye, whole = -3.0 + spread * rng.normal(size=pictures), 5.0 + spread * rng.pareto(2.0, pictures)
    made = EyeRule.of(eye, eye, whole, rng.integers(0, pictures, pictures).tolist(), overkill=overkill)
    made.refuse_unless_from(pictures)
    assert EyeRule.model_validate_json(made.model_dump_json()) == made
    assert made.promised is not None
    assert made.promised.score < made.threshold


def test_more_of_either_opinion_is_a_higher_score_without_a_bound() -> None:
    learned = rule()
    by_eye = [learned.score(eye, 20.0) for eye in (-3.0, 0.0, 3.0, 1e3, 1e6)]
    by_whole = [learned.score(-3.0, whole) for whole in (0.0, 20.0, 40.0, 1e6)]
    for scores in (by_eye, by_whole):
        assert scores == sorted(set(scores))
    assert by_eye[-1] > learned.threshold


def test_of_good_pictures_the_score_is_middling_0_and_a_glaring_spot_lies_above_the_threshold() -> None:
    learned = rule(pictures=200)
    assert abs(learned.median) < 0.5
    assert learned.score(30.0, learned.whole_mean) > learned.threshold > learned.median


def test_the_map_is_1_at_the_level_rises_with_the_logit_and_is_never_below_0() -> None:
    learned = rule()
    logits = np.array([[-1e6, learned.cell_level, learned.cell_level + 10.0]], np.float32)
    anomaly = learned.anomaly(logits)[0]
    assert anomaly.dtype == np.float32
    assert anomaly[0] == 0.0
    assert anomaly[1] == pytest.approx(1.0, abs=1e-6)
    assert anomaly[2] > 1.0


@pytest.mark.parametrize("wrong", [{"threshold": 99.0}, {"threshold": -99.0}, {"median": -99.0}])
def test_a_threshold_that_so_few_pictures_cannot_give_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="a threshold of"):
        rule().model_copy(update=wrong).refuse_unless_from(PICTURES)
