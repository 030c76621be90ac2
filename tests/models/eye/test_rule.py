"""All opinions on one scale: higher of any is worse, and what cannot come from training is refused."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.eye.rule import EyeRule, Opinions, Told, Views
from tests.models.eye.untrained import PICTURES, TOLD, opinions, rule

MIDDLING = Opinions(eye=-3.0, patches=1.0, whole=20.0, closer=20.0)


@given(st.integers(5, 40), st.integers(0, 2**32 - 1), st.floats(0.0, 1.0), st.sampled_from([0.0, 0.3, 30.0]))
def test_what_training_makes_is_never_refused_and_comes_back_as_it_was(
    pictures: int, seed: int, overkill: float, spread: float
) -> None:
    rng = np.random.default_rng(seed)
    eye, whole = -3.0 + spread * rng.normal(size=pictures), 5.0 + spread * rng.pareto(2.0, pictures)
    made = EyeRule.of(
        opinions(eye=eye, patches=0.1 * eye, whole=whole, closer=whole[::-1]),
        eye,
        rng.integers(0, pictures, pictures).tolist(),
        told=TOLD,
        overkill=overkill,
    )
    made.refuse_unless_from(pictures)
    assert EyeRule.model_validate_json(made.model_dump_json()) == made
    assert made.promised is not None
    assert made.promised.score < made.threshold


@pytest.mark.parametrize("name", ["eye", "patches", "whole", "closer"])
def test_more_of_any_opinion_is_a_higher_score_without_a_bound(name: str) -> None:
    learned = rule()
    scores = [
        learned.score(replace(MIDDLING, **{name: getattr(MIDDLING, name) + more}))
        for more in (-3.0, 0.0, 3.0, 1e3, 1e6)
    ]
    assert scores == sorted(set(scores))
    assert scores[-1] > learned.threshold


def test_of_good_pictures_the_score_is_middling_0_and_a_glaring_spot_lies_above_the_threshold() -> None:
    learned = rule(pictures=200)
    assert abs(learned.median) < 0.5
    assert learned.score(replace(MIDDLING, eye=30.0)) > learned.threshold > learned.median


@given(st.floats(-9.0, 9.0), st.floats(-9.0, 9.0), st.floats(-9.0, 9.0), st.floats(0.0, 0.5))
def test_a_view_that_tells_no_more_than_a_guess_counts_for_nothing(
    whole: float, patches: float, eye: float, guessed: float
) -> None:
    views = Views(whole=whole, patches=patches, eye=eye)
    assert views.combined(Told(whole=1.0, patches=guessed, eye=guessed)) == whole
    assert views.combined(Told(whole=guessed, patches=guessed, eye=1.0)) == pytest.approx(eye, abs=1e-12)
    assert views.combined(Told(whole=guessed, patches=guessed, eye=guessed)) == 0.0
    all_tell = views.combined(Told(whole=1.0, patches=1.0, eye=1.0))
    assert all_tell == pytest.approx(whole / 2 + (patches + eye) / 4, abs=1e-12)


def test_who_tells_three_in_four_counts_a_quarter_of_who_tells_all() -> None:
    views = Views(whole=4.0, patches=0.0, eye=0.0)
    assert views.combined(Told(whole=0.75, patches=1.0, eye=1.0)) == pytest.approx(4.0 * 0.25 / 1.25)


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
