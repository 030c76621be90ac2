"""Prototypes: what is held out is not known beforehand, and what is said of it comes true as often."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.evaluation.metrics import calibration_error
from models.naming.prototypes import MOST_SHARPNESS, Prototypes, gain, hold_out, probabilities

Floats = NDArray[np.float32]


def drawn(
    rng: np.random.Generator, centres: Floats, each: int, *, noise: float
) -> tuple[Floats, NDArray[np.intp]]:
    """So many places of each type, around its centre, as mean directions are: shorter than 1."""
    kinds = np.repeat(np.arange(len(centres)), each)
    places = centres[kinds] + noise * rng.normal(size=(len(kinds), centres.shape[1]))
    return (places / np.linalg.norm(places, axis=1).max()).astype(np.float32), kinds


def centres_of(rng: np.random.Generator, types: int, channels: int = 60) -> Floats:
    return rng.normal(size=(types, channels)).astype(np.float32)


@pytest.mark.parametrize(("each", "most"), [(5, 0.06), (10, 0.04)])
def test_what_is_said_of_types_comes_true_as_often_as_it_says(each: int, most: float) -> None:
    rng, said, true = np.random.default_rng(each), [], []
    for product in range(60):
        centres = centres_of(rng, 4)
        noise = float(rng.uniform(2.0, 4.0))
        examples, kinds = drawn(rng, centres, each, noise=noise)
        held_out = hold_out(examples, kinds, range(len(kinds)), seed=product)
        places, truth = drawn(rng, centres, 25, noise=noise)
        shares = probabilities(Prototypes.of(examples, kinds).cosines(places), held_out.sharpness)
        shown = shares.max(1) > 0.5
        said += shares.max(1)[shown].tolist()
        true += (shares.argmax(1) == truth)[shown].tolist()
    assert 0.4 < np.mean(true) < 0.95, "neither hopeless nor easy, so that something is at stake"
    assert calibration_error(said, true) <= most


def test_types_that_look_alike_are_named_no_better_than_by_chance_and_say_so() -> None:
    rng = np.random.default_rng(0)
    centres = np.repeat(centres_of(rng, 1), 4, axis=0)
    examples, kinds = drawn(rng, centres, 10, noise=3.0)
    held_out = hold_out(examples, kinds, range(40))
    places, _ = drawn(rng, centres, 50, noise=3.0)
    shares = probabilities(Prototypes.of(examples, kinds).cosines(places), held_out.sharpness)
    assert held_out.right < 0.5
    assert np.mean(shares.max(1) > 0.5) < 0.1


def test_near_copies_of_one_part_do_not_vouch_for_each_other() -> None:
    rng = np.random.default_rng(3)
    centres = np.repeat(centres_of(rng, 1), 2, axis=0)  # nothing but the part tells the types apart
    parts, kinds = drawn(rng, centres, 4, noise=3.0)
    copies, their_kinds = np.repeat(parts, 5, axis=0), np.repeat(kinds, 5)
    copies = (copies + 0.001 * rng.normal(size=copies.shape)).astype(np.float32)
    alone = hold_out(copies, their_kinds, range(40))
    by_part = hold_out(copies, their_kinds, np.repeat(range(8), 5).tolist())
    assert alone.right > 0.95
    assert by_part.right < 0.8
    assert by_part.sharpness < alone.sharpness / 3


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 5), st.integers(3, 7))
def test_the_order_of_the_examples_changes_no_name(seed: int, types: int, each: int) -> None:
    rng = np.random.default_rng(seed)
    examples, kinds = drawn(rng, centres_of(rng, types), each, noise=2.0)
    order = rng.permutation(len(kinds))
    places, _ = drawn(rng, centres_of(rng, types), 5, noise=2.0)
    one = Prototypes.of(examples, kinds).cosines(places)
    other = Prototypes.of(examples[order], kinds[order]).cosines(places)
    np.testing.assert_allclose(one, other, atol=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 4), st.floats(1e-3, 1e3))
def test_rows_of_probabilities_sum_to_one_however_sharp(seed: int, types: int, sharpness: float) -> None:
    cosines = np.random.default_rng(seed).uniform(-1, 1, (6, types)).astype(np.float32)
    shares = probabilities(cosines, sharpness)
    np.testing.assert_allclose(shares.sum(1), 1.0)
    assert (shares.argmax(1) == cosines.argmax(1)).all()


def test_held_out_cosines_are_those_of_prototypes_that_never_saw_the_example() -> None:
    rng = np.random.default_rng(8)
    examples, kinds = drawn(rng, centres_of(rng, 2), 3, noise=2.0)
    # one group for all but the first of each type: then nothing is left to draw
    found = hold_out(examples, kinds, [0, 1, 1, 0, 1, 1]).cosines
    for out, stay in (([0, 3], [1, 2, 4, 5]), ([1, 2, 4, 5], [0, 3])):
        expected = Prototypes.of(examples[stay], kinds[stay]).cosines(examples[out])
        np.testing.assert_allclose(found[out], expected, atol=1e-5)


def test_equal_examples_end_in_a_bounded_sharpness() -> None:
    examples = np.repeat(np.eye(2, 8, dtype=np.float32), 4, axis=0)
    held_out = hold_out(examples, np.repeat([0, 1], 4), range(8))
    assert held_out.right == 1.0
    assert held_out.sharpness <= MOST_SHARPNESS
    assert np.isfinite(held_out.cosines).all()


@given(st.floats(0.0, 1.0), st.integers(2, 50), st.integers(0, 50))
def test_more_examples_are_more_reliable_and_never_beyond_their_number(
    alike: float, fewer: int, more: int
) -> None:
    found = gain(alike, fewer=fewer, more=fewer + more)
    assert 1.0 - 1e-12 <= found <= ((fewer + more) / fewer) ** 0.5 + 1e-12
