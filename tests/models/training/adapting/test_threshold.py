"""The threshold of labelled parts: what was asked is kept where it can be, and what cannot be is said."""

from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.evaluation.metrics import evaluate
from models.memory.adaptation import Adaptation
from models.training.adapting.adaptation import Adapted
from models.training.adapting.threshold import LEAST, Threshold, chosen, escapes_within

Scores = NDArray[np.float64]


def choose(good: Scores, bad: Scores, *, escapes: float = 0.05, overkill: float = 0.10) -> Threshold:
    """For parts of which each is its own group."""
    scores, truth = np.concatenate([good, bad]), np.arange(len(good) + len(bad)) >= len(good)
    return chosen(scores, truth, list(range(len(scores))), escapes=escapes, overkill=overkill)


def drawn(good: int, bad: int, *, apart: float, seed: int) -> tuple[Scores, Scores]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=good), rng.normal(size=bad) + apart


def test_one_odd_good_picture_does_not_let_the_defects_through() -> None:
    """The highest of a hundred good pictures was the threshold, and 85 % of the defects lay below it."""
    good, bad = drawn(100, 100, apart=3.5, seed=0)
    good[7] = 6.0
    found = choose(good, bad)
    assert (bad < found.value).mean() <= 0.05
    assert (good >= found.value).mean() <= 0.10


@pytest.mark.parametrize("apart", [3.2, 4.0, 8.0])
def test_what_was_asked_is_kept_on_parts_that_come_later(apart: float) -> None:
    """On average over what was labelled, which is what is promised."""
    escaped, killed = [], []
    for seed in range(60):
        value = choose(*drawn(100, 100, apart=apart, seed=seed)).value
        good, bad = drawn(2_000, 2_000, apart=apart, seed=1_000 + seed)
        escaped.append((bad < value).mean())
        killed.append((good >= value).mean())
    assert np.mean(escaped) <= 0.05
    assert np.mean(killed) <= 0.10


def test_where_both_cannot_be_kept_escapes_are_as_few_as_the_overkill_allows_and_it_is_said() -> None:
    good, bad = drawn(200, 100, apart=1.5, seed=1)
    found = choose(good, bad)
    assert found.overkill.kept
    assert not found.escapes.kept
    lower = np.sort(good)[-found.overkill.found - 3]
    assert (good >= lower).mean() > 0.10, "any lower threshold would cost more than was asked"
    assert found.asked_escapes_cost is not None
    assert found.asked_escapes_cost > 0.3
    assert f"5 % escapes would cost {100 * found.asked_escapes_cost:.3g} % overkill" in found.in_words


def test_ten_labels_promise_no_five_percent_and_say_how_many_would() -> None:
    found = choose(*drawn(100, 10, apart=9.0, seed=2))
    assert found.escapes.found == 0
    assert found.escapes.expected == pytest.approx(1 / 11)
    assert not found.escapes.kept
    assert found.asked_escapes_cost is None
    assert "label at least 19 defects" in found.in_words
    assert found.overkill.found == 0, "and no good part pays for that"


def test_in_a_wide_gap_it_stays_near_the_good_ones() -> None:
    good, bad = drawn(100, 100, apart=60.0, seed=3)
    assert good.max() < choose(good, bad).value <= good.max() + 1.0


def test_where_overkill_is_nearly_nothing_it_leaves_room_for_defects_that_are_a_little_fainter() -> None:
    """Of cuts that let as many held-out defects through, the one farthest from the good ones was taken."""
    good = np.concatenate([np.linspace(-1.7, 1.7, 97), [2.1, 2.5, 2.9]])
    bad = np.concatenate([[-0.5, -0.3, -0.1, 0.0], np.linspace(3.2, 8.0, 96)])
    found = choose(good, bad)
    assert found.value < 2.1
    assert found.escapes.found == 4
    assert found.escapes.kept
    assert found.overkill.kept


def test_pictures_of_one_group_are_one_draw_of_the_bound() -> None:
    good, bad = drawn(100, 40, apart=9.0, seed=4)
    scores, truth = np.concatenate([good, bad]), np.arange(140) >= 100
    one_by_one = choose(good, bad)
    in_tens = chosen(scores, truth, [index // 10 for index in range(140)], escapes=0.05, overkill=0.10)
    assert in_tens.value == one_by_one.value
    assert (in_tens.escapes.groups, one_by_one.escapes.groups) == (4, 40)
    assert in_tens.escapes.at_most > 0.5 > 0.08 > one_by_one.escapes.at_most


@given(
    good=st.lists(st.floats(-3.0, 8.0), min_size=10, max_size=40),
    bad=st.lists(st.floats(-3.0, 8.0), min_size=4, max_size=40),
)
def test_asked_overkill_is_kept_whatever_the_scores(good: list[float], bad: list[float]) -> None:
    values = np.array(good) - np.median(good)
    found = choose(values, np.array(bad))
    assert LEAST <= found.value <= max(values.max() + 1.0, LEAST)
    assert (values >= found.value).sum() == found.overkill.found
    assert (np.array(bad) < found.value).sum() == found.escapes.found
    assert found.overkill.kept


def adapted(alone: list[float], together: list[float]) -> Adapted:
    """As if these were the held-out scores of ten good pictures, and after them of ten defective ones."""
    truth = np.arange(20) >= 10
    judged = [np.array(alone), np.array(together)]
    return Adapted(
        adaptation=cast(Adaptation, None),  # what was learned says nothing of whether it is worth having
        alone=evaluate(judged[0], truth),
        together=evaluate(judged[1], truth),
        marked=0,
        above_threshold=judged[1],
        threshold=choose(judged[1][~truth], judged[1][truth]),
        escapes_alone=escapes_within(judged[0], truth, overkill=0.10),
        escapes_together=escapes_within(judged[1], truth, overkill=0.10),
    )


GOOD = [float(place) for place in range(10)]


def test_labels_that_rank_better_but_let_more_through_are_not_kept() -> None:
    """AUROC alone kept them: two defects that lie deep among the good ones count more there than four."""
    found = adapted([*GOOD, *[0.5] * 2, *[20.0] * 8], [*GOOD, *[7.5] * 4, *[20.0] * 6])
    assert found.together.auroc > found.alone.auroc
    assert (found.escapes_alone, found.escapes_together) == (0.2, 0.4)
    assert not found.better


def test_labels_that_let_less_through_and_rank_no_worse_are_kept() -> None:
    assert adapted([*GOOD, *[7.5] * 4, *[20.0] * 6], [*GOOD, *[7.5] * 2, *[20.0] * 8]).better


def test_labels_that_change_nothing_are_not_kept() -> None:
    scores = [float(place) for place in range(20)]
    assert not adapted(scores, scores).better
