"""Ridges: types are told at the extent at which they differ, whatever the order of the examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.naming.directions import EXTENTS
from models.naming.ridges import WAYS, Ridges
from tests.models.naming.types import centres_of, drawn

EACH_ALONE = [[way.extents for way in WAYS].index((extent,)) for extent in range(len(EXTENTS))]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 5), st.integers(3, 7))
def test_the_order_of_the_examples_changes_no_score(seed: int, types: int, each: int) -> None:
    rng = np.random.default_rng(seed)
    examples, kinds = drawn(rng, centres_of(rng, types), each, noise=2.0)
    order = rng.permutation(len(kinds))
    places, _ = drawn(rng, centres_of(rng, types), 5, noise=2.0)
    one, other = Ridges.of(examples, kinds), Ridges.of(examples[order], kinds[order])
    np.testing.assert_allclose(one.scores(places), other.scores(places), atol=1e-4)
    np.testing.assert_allclose(one.cosines(places), other.cosines(places), atol=1e-5)


@pytest.mark.parametrize("extent", range(len(EXTENTS)))
def test_what_shows_at_one_extent_is_told_at_that_one(extent: int) -> None:
    rng = np.random.default_rng(extent)
    centres = centres_of(rng, 4)
    centres[:, [one for one in range(len(EXTENTS)) if one != extent]] = 0.0
    examples, kinds = drawn(rng, centres, 6, noise=1.0)
    places, truth = drawn(rng, centres, 25, noise=1.0)
    right = (Ridges.of(examples, kinds).scores(places).argmax(2) == truth).mean(1)
    assert right[EACH_ALONE[extent]] > 0.9
    assert all(right[way] < 0.5 for one, way in enumerate(EACH_ALONE) if one != extent)


def test_equal_examples_and_places_like_none_give_finite_scores() -> None:
    examples = np.zeros((8, len(EXTENTS), 8), np.float32)
    examples[:4, :, 0] = examples[4:, :, 1] = 1.0
    kinds = np.repeat([0, 1], 4)
    ridges = Ridges.of(examples, kinds)
    assert (ridges.scores(examples).argmax(2) == kinds).all()
    for places in (np.zeros((1, len(EXTENTS), 8), np.float32), ridges.middle[None]):
        assert np.isfinite(ridges.scores(places)).all()
        assert (np.abs(ridges.cosines(places)) <= 1.0 + 1e-5).all()
