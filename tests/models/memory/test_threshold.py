"""The threshold means what it says: of a new group's good parts no more are rejected than were asked."""

import doctest
import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import TypeAdapter

from models.memory import threshold
from models.memory.threshold import Threshold

Draw = Callable[[np.random.Generator, int], NDArray[np.float64]]
"""Draws some numbers of mean 0 and deviation 1."""

TAILS: dict[str, Draw] = {
    "normal": lambda rng, count: rng.normal(size=count),
    "heavy": lambda rng, count: rng.standard_t(3, size=count) / np.sqrt(3.0),
    "skewed": lambda rng, count: rng.exponential(size=count) - 1.0,
}

grouped = st.lists(st.tuples(st.integers(-20, 20), st.integers(0, 6)), min_size=1, max_size=60)
"""Scores, ties among them, and their groups."""


def of(pairs: list[tuple[int, int]], asked: float) -> Threshold:
    scores, groups = zip(*pairs, strict=True)
    return Threshold.of(np.array(scores, np.float64), groups, asked)


def test_the_examples_in_the_docstring() -> None:
    assert doctest.testmod(threshold).failed == 0


@given(st.lists(st.integers(-30, 30), min_size=1, max_size=80), st.integers(0, 1000))
def test_where_every_picture_is_a_group_it_is_the_split_conformal_threshold(
    scores: list[int], thousandths: int
) -> None:
    asked, n = Fraction(thousandths, 1000), len(scores)
    found = Threshold.of(np.array(scores, np.float64), range(n), float(asked))
    allowed = [one for one in scores if sum(s > one for s in scores) + 1 <= asked * (n + 1)]
    assert found.score == min(allowed, default=max(scores))
    assert (found.independent, found.beyond) == (n, False)
    assert found.kept == bool(allowed)


@given(grouped, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_who_asks_for_less_overkill_gets_no_lower_threshold(
    pairs: list[tuple[int, int]], one: float, other: float
) -> None:
    less, more = sorted((one, other))
    assert of(pairs, less).score >= of(pairs, more).score


@given(grouped, st.floats(0.0, 1.0), st.randoms())
def test_neither_the_order_of_pictures_nor_the_names_of_groups_count(
    pairs: list[tuple[int, int]], asked: float, random: st.DataObject
) -> None:
    found, shuffled = of(pairs, asked), list(pairs)
    random.shuffle(shuffled)  # type: ignore[attr-defined] # a random.Random
    again = of([(score, 99 - group) for score, group in shuffled], asked)
    assert again.score == pytest.approx(found.score)
    assert (again.groups, again.beyond) == (found.groups, found.beyond)
    assert (again.alike, again.independent) == pytest.approx((found.alike, found.independent))


@given(st.lists(st.integers(-30, 30), min_size=2, max_size=60), st.floats(0.0, 1.0))
def test_one_good_part_more_that_scores_low_never_raises_the_threshold(
    scores: list[int], asked: float
) -> None:
    before = Threshold.of(np.array(scores, np.float64), range(len(scores)), asked)
    more = [*scores, min(scores) - 1]
    assert Threshold.of(np.array(more, np.float64), range(len(more)), asked).score <= before.score


@given(grouped, st.floats(0.0, 1.0), st.floats(0.1, 50.0), st.floats(-50.0, 50.0))
def test_the_unit_and_the_zero_of_scores_do_not_count(
    pairs: list[tuple[int, int]], asked: float, unit: float, zero: float
) -> None:
    found = of(pairs, asked)
    scores, groups = zip(*pairs, strict=True)
    moved = Threshold.of(unit * np.array(scores, np.float64) + zero, groups, asked)
    assert moved.score == pytest.approx(unit * found.score + zero, abs=1e-6)
    assert moved.expected == pytest.approx(found.expected)
    assert moved.beyond == found.beyond


@given(grouped, st.floats(0.0, 1.0))
def test_its_figures_agree_with_each_other_and_are_kept_in_a_file(
    pairs: list[tuple[int, int]], asked: float
) -> None:
    found = of(pairs, asked)
    assert found.groups - 1e-6 <= found.independent <= found.pictures + 1e-6
    assert 0.0 < found.expected <= 1.0
    if found.kept and not found.beyond and found.groups_needed is not None:
        assert found.groups_needed <= found.groups
    assert not found.beyond or found.groups_needed is None or found.groups_needed > found.groups
    low, high = found.rejected(100)
    assert 0 <= low <= high <= 100
    adapter = TypeAdapter(Threshold)
    assert adapter.validate_json(adapter.dump_json(found)) == found


@given(st.integers(2, 30), st.integers(2, 9), st.floats(0.001, 0.5))
def test_copies_of_pictures_promise_nothing_more(groups: int, copies: int, asked: float) -> None:
    """The copies of a picture are one picture: hierarchical conformal prediction in the extreme."""
    scores = np.random.default_rng(groups).permutation(groups).astype(np.float64)
    plain = Threshold.of(scores, range(groups), asked)
    copied = Threshold.of(np.repeat(scores, copies), np.repeat(np.arange(groups), copies).tolist(), asked)
    assert copied.alike == 1.0
    assert copied.independent == pytest.approx(groups)
    assert copied.score == plain.score or copied.beyond


@pytest.mark.parametrize(("asked", "needed"), [(0.05, 19), (0.01, 99), (0.5, 1), (0.0, None)])
def test_how_many_groups_it_takes_that_differ_as_much_as_can_be(asked: float, needed: int | None) -> None:
    two = Threshold.of(np.array([1.0, 1.0, 2.0, 2.0]), [0, 0, 1, 1], asked)
    assert two.groups_needed == needed


def test_with_one_group_nothing_is_known_of_another_and_nothing_fails() -> None:
    found = Threshold.of(np.arange(40.0), ["only"] * 40, 0.05)
    assert (found.score, found.independent, found.expected) == (39.0, 1.0, 0.5)


def test_equal_scores_make_a_threshold_that_none_of_them_exceeds() -> None:
    found = Threshold.of(np.full(20, 3.5), [place // 4 for place in range(20)], 0.05)
    assert (found.score, found.alike, found.between, found.within) == (3.5, 0.0, 0.0, 0.0)


@pytest.mark.parametrize("scores", [[], [1.0], [1.0, float("nan")], [1.0, float("inf")]])
def test_what_are_no_scores_of_these_groups_is_refused(scores: list[float]) -> None:
    with pytest.raises(ValueError, match="scores, all to be finite, and 2 groups"):
        Threshold.of(np.array(scores), [0, 1], 0.05)


@pytest.mark.parametrize("tails", TAILS)
@pytest.mark.parametrize(
    ("groups", "each", "between"),
    [(100, 1, 0.0), (40, 6, 0.3), (40, 6, 0.9), (20, 5, 0.9), (12, 8, 0.0), (12, 8, 0.5), (5, 20, 0.9)],
)
def test_what_is_found_on_new_groups_is_what_was_said(
    groups: int, each: int, between: float, tails: str
) -> None:
    """100 lines, each taught on groups of its own of unequal sizes; each sees 100 good parts of new ones."""
    rng, draw = np.random.default_rng([groups, round(10 * between)]), TAILS[tails]
    within_interval, beyond, shares = 0, 0, []

    def scores(places: NDArray[np.int64]) -> NDArray[np.float64]:
        levels = math.sqrt(between) * draw(rng, int(places.max()) + 1)
        drawn: NDArray[np.float64] = levels[places] + math.sqrt(1.0 - between) * draw(rng, len(places))
        return drawn

    many = np.sort(scores(np.arange(20_000)))
    for _ in range(100):
        sizes = 1 + rng.multinomial(groups * (each - 1), rng.dirichlet(np.full(groups, 3.0)))
        places = np.repeat(np.arange(groups), sizes)
        found = Threshold.of(scores(places), places.tolist(), 0.05)
        low, high = found.rejected(100)
        within_interval += low <= int((rng.choice(many, 100) > found.score).sum()) <= high
        shares.append(1.0 - np.searchsorted(many, found.score, side="right") / len(many))
        beyond += found.beyond
    assert within_interval >= 90
    # few groups give an unsteady threshold: its average over 100 lines is known to some error
    error = float(np.std(shares)) / 10.0
    # beyond the highest score normal tails are assumed, and where they are not so more are rejected
    assumed = 0.5 * 0.05 * beyond / 100.0 if tails != "normal" else 0.0
    assert np.mean(shares) <= 0.05 + assumed + max(2.0 * error, 0.005)


def test_further_parts_that_come_in_groups_are_counted_as_such() -> None:
    """Four new groups of 25: more unsteady than a hundred parts of a group each, and the interval knows."""
    rng, held, naive = np.random.default_rng(4), 0, 0
    for _ in range(100):
        places = np.repeat(np.arange(150), 2)
        found = Threshold.of(rng.normal(size=150)[places] + 0.5 * rng.normal(size=300), places.tolist(), 0.1)
        new = np.repeat(rng.normal(size=4), 25) + 0.5 * rng.normal(size=100)
        rejected = int((new > found.score).sum())
        low, high = found.rejected(100, together=25)
        plain_low, plain_high = found.rejected(100)
        held += low <= rejected <= high
        naive += plain_low <= rejected <= plain_high
    assert naive < 80 < 90 <= held
