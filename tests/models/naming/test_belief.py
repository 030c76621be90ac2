"""Belief: what is held out is not known beforehand, and what is said of it comes true as often."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.evaluation.metrics import calibration_error
from models.naming.belief import SHARPNESSES, Belief, hold_out, keeps_its_word, softmax
from models.naming.directions import EXTENTS
from models.naming.ridges import WAYS, Ridges
from tests.models.naming.types import centres_of, drawn


@pytest.mark.parametrize(("each", "most"), [(5, 0.07), (10, 0.04)])
def test_what_is_said_of_types_comes_true_as_often_as_it_says(each: int, most: float) -> None:
    rng = np.random.default_rng(each)
    said: list[float] = []
    true: list[bool] = []
    for _ in range(25):
        centres = centres_of(rng, 4)
        noise = float(rng.uniform(2.5, 4.5))
        examples, kinds = drawn(rng, centres, each, noise=noise)
        held_out = hold_out(examples, kinds, range(len(kinds)))
        belief = Belief.of(held_out.scores, kinds, range(len(kinds)))
        places, truth = drawn(rng, centres, 25, noise=noise)
        shares = belief.probabilities(Ridges.of(examples, kinds).scores(places))
        shown = shares.max(1) > 0.5
        said += shares.max(1)[shown].tolist()
        true += (shares.argmax(1) == truth)[shown].tolist()
    assert 0.4 < np.mean(true) < 0.95, "neither hopeless nor easy, so that something is at stake"
    assert np.mean(said) - np.mean(true) <= 0.05, "it does not overstate"
    assert calibration_error(said, true) <= most


def test_more_examples_leave_less_doubt_of_how_often_names_come_true() -> None:
    rng = np.random.default_rng(6)
    centres = centres_of(rng, 4)
    doubts = []
    for each in (4, 16):
        examples, kinds = drawn(rng, centres, each, noise=3.0)
        scores = hold_out(examples, kinds, range(len(kinds))).scores
        doubts.append(Belief.of(scores, kinds, range(len(kinds))).doubt(scores))
    assert 0.0 < doubts[1] < doubts[0] <= 1.0


def test_types_that_look_alike_are_named_no_better_than_by_chance_and_say_so() -> None:
    rng = np.random.default_rng(0)
    centres = np.repeat(centres_of(rng, 1), 4, axis=0)
    examples, kinds = drawn(rng, centres, 10, noise=3.0)
    held_out = hold_out(examples, kinds, range(40))
    belief = Belief.of(held_out.scores, kinds, range(40))
    places, _ = drawn(rng, centres, 50, noise=3.0)
    shares = belief.probabilities(Ridges.of(examples, kinds).scores(places))
    assert (belief.probabilities(held_out.scores).argmax(1) == kinds).mean() < 0.5
    assert np.mean(shares.max(1) > 0.5) < 0.1


def test_the_examples_choose_the_extent_at_which_their_types_differ() -> None:
    rng = np.random.default_rng(2)
    for extent in range(len(EXTENTS)):
        centres = centres_of(rng, 4)
        centres[:, [one for one in range(len(EXTENTS)) if one != extent]] = 0.0
        examples, kinds = drawn(rng, centres, 10, noise=2.0)
        belief = Belief.of(hold_out(examples, kinds, range(40)).scores, kinds, range(40))
        alone = [way for way, one in enumerate(WAYS) if one.extents == (extent,)]
        assert belief.shares[alone].sum() > 0.5


def test_near_copies_of_one_part_do_not_vouch_for_each_other() -> None:
    rng = np.random.default_rng(3)
    centres = np.repeat(centres_of(rng, 1), 2, axis=0)  # nothing but the part tells the types apart
    parts, kinds = drawn(rng, centres, 4, noise=3.0)
    copies, their_kinds = np.repeat(parts, 5, axis=0), np.repeat(kinds, 5)
    copies = (copies + 0.001 * rng.normal(size=copies.shape)).astype(np.float32)

    def said(groups: list[int]) -> tuple[float, float]:
        held_out = hold_out(copies, their_kinds, groups)
        belief = Belief.of(held_out.scores, their_kinds, groups)
        shares = belief.probabilities(held_out.scores)
        return float((shares.argmax(1) == their_kinds).mean()), float(shares.max(1).mean())

    right_alone, sure_alone = said(list(range(40)))
    right, sure = said(np.repeat(range(8), 5).tolist())
    assert right_alone > 0.95
    assert right < 0.8
    assert sure < sure_alone - 0.1


def test_a_group_counts_once_however_many_near_copies_it_has() -> None:
    rng = np.random.default_rng(4)
    scores = rng.normal(size=(len(WAYS), 6, 2))
    kinds = np.array([0, 0, 0, 1, 1, 1])
    copied = np.array([0, 0, 0, 0, 1, 2, 3, 4, 5])
    once = Belief.of(scores, kinds, range(6)).shares
    np.testing.assert_allclose(Belief.of(scores[:, copied], kinds[copied], copied.tolist()).shares, once)


def test_what_is_held_out_is_told_by_others_alone() -> None:
    rng = np.random.default_rng(8)
    examples, kinds = drawn(rng, centres_of(rng, 2), 3, noise=2.0)
    # each type loses as many with either group, or all but one: nothing is left to draw
    found = hold_out(examples, kinds, [0, 1, 1, 0, 1, 1])
    for out, stay in (([0, 3], [1, 2, 4, 5]), ([1, 2, 4, 5], [0, 3])):
        others = Ridges.of(examples[stay], kinds[stay])
        np.testing.assert_allclose(found.scores[:, out], others.scores(examples[out]), atol=1e-5)
        np.testing.assert_allclose(found.cosines[out], others.cosines(examples[out]), atol=1e-5)


def test_of_many_groups_several_are_held_out_together_but_never_a_whole_type() -> None:
    rng = np.random.default_rng(9)
    drawn_ones, _ = drawn(rng, centres_of(rng, 1), 43, noise=2.0)
    groups = np.array([0, 0, *range(1, 40), 40, 40])  # those of the first type are forty apart
    kinds, examples = np.isin(groups, (0, 40)).astype(np.intp), drawn_ones
    found = hold_out(examples, kinds, groups.tolist())
    assert np.isfinite(found.scores).all()
    assert np.abs(found.scores).max(2).min() > 0.0


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 4), st.floats(1e-3, 1e3))
def test_rows_of_probabilities_sum_to_one_however_far_apart_the_scores(
    seed: int, types: int, far: float
) -> None:
    rng = np.random.default_rng(seed)
    scores = far * rng.uniform(-1, 1, (len(WAYS), 6, types))
    belief = Belief.of(scores, rng.integers(types, size=6), range(6))
    assert belief.shares.shape == (len(WAYS), len(SHARPNESSES))
    np.testing.assert_allclose(belief.shares.sum(), 1.0)
    np.testing.assert_allclose(belief.probabilities(scores).sum(1), 1.0)
    np.testing.assert_allclose(softmax(scores[0]).sum(1), 1.0)


def test_names_that_come_true_far_less_often_than_they_say_do_not_keep_their_word() -> None:
    said = np.full(10, 0.8)
    assert keeps_its_word(said, np.arange(10) < 8)
    assert keeps_its_word(said, np.arange(10) < 6)  # 12 % of ten such answers come out so or worse
    assert not keeps_its_word(said, np.arange(10) < 5)  # 3 %
    assert keeps_its_word(np.zeros(0), np.zeros(0, bool))
