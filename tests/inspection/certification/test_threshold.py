"""The walk to the certified threshold: monotone where it must be, silent without data."""

import doctest
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.certification import threshold as module
from inspection.certification.binomial import most_misses, p_value, parts_needed
from inspection.certification.threshold import NEVER_PASSES, Walked, by_group, walk

shares = st.floats(0.005, 0.6)
scores = st.lists(st.one_of(st.floats(0, 1), st.just(NEVER_PASSES)), max_size=120)


def test_the_examples_in_the_docstrings() -> None:
    assert doctest.testmod(module).failed == 0


@given(parts=scores, alpha=shares, delta=shares)
def test_the_step_ends_where_the_walk_over_a_fixed_grid_does(
    parts: list[float], alpha: float, delta: float
) -> None:
    grid = [step / 256 for step in range(257)]
    rounded = [part if part == NEVER_PASSES else math.ceil(part * 256) / 256 for part in parts]
    walked = None
    for threshold in grid:  # the walk as the paper has it
        if p_value(sum(score <= threshold for score in rounded), len(rounded), alpha) > delta:
            break
        walked = threshold
    step = walk(rounded, alpha=alpha, delta=delta)
    assert walked == (None if step is None else max(t for t in grid if t <= step.threshold))


@given(parts=scores, alpha=shares, delta=shares)
def test_what_is_walked_is_proven_and_the_next_threshold_is_not(
    parts: list[float], alpha: float, delta: float
) -> None:
    walked = walk(parts, alpha=alpha, delta=delta)
    if walked is None:
        assert p_value(sum(score <= 0 for score in parts), len(parts), alpha) > delta * (1 - 1e-9)
        return
    assert walked.misses == sum(score <= walked.threshold for score in parts)
    assert p_value(walked.misses, len(parts), alpha) <= delta * (1 + 1e-9)
    beyond = math.nextafter(walked.threshold, 2.0)
    misses = sum(score <= beyond for score in parts)
    assert walked.threshold == 1.0 or p_value(misses, len(parts), alpha) > delta * (1 - 1e-9)


def _reach(parts: list[float], alpha: float, delta: float) -> float:
    walked = walk(parts, alpha=alpha, delta=delta)
    return -1.0 if walked is None else walked.threshold


@given(parts=scores, alpha=st.tuples(shares, shares), delta=st.tuples(shares, shares))
def test_a_milder_promise_never_asks_for_a_stricter_threshold(
    parts: list[float], alpha: tuple[float, float], delta: tuple[float, float]
) -> None:
    assert _reach(parts, min(alpha), min(delta)) <= _reach(parts, max(alpha), max(delta))


@given(n=st.integers(0, 200), more=st.integers(0, 200), alpha=shares, delta=shares)
def test_more_parts_allow_no_fewer_misses(n: int, more: int, alpha: float, delta: float) -> None:
    assert most_misses(n, alpha, delta) <= most_misses(n + more, alpha, delta)
    assert _reach([0.5] * n, alpha, delta) <= _reach([0.5] * n + [NEVER_PASSES] * more, alpha, delta)


@given(alpha=shares, delta=shares, n=st.integers(0, 400))
def test_too_few_parts_prove_nothing(alpha: float, delta: float, n: int) -> None:
    assert walk([], alpha=alpha, delta=delta) is None
    proven = walk([NEVER_PASSES] * n, alpha=alpha, delta=delta)
    assert (proven is not None) == (n >= parts_needed(alpha, delta))
    assert proven is None or proven == Walked(1.0, 0)
    assert walk([0.0] * n, alpha=alpha, delta=delta) is None, "no threshold rejects a score of 0"


@pytest.mark.parametrize(
    ("parts", "alpha"), [([math.nan], 0.5), ([-0.1], 0.5), ([1.5], 0.5), ([0.5], 0.0), ([0.5], 1.0)]
)
def test_what_is_no_score_or_no_share_is_refused(parts: list[float], alpha: float) -> None:
    with pytest.raises(ValueError, match=r"outside|between"):
        walk(parts, alpha=alpha, delta=0.05)


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 5)), min_size=1))
def test_a_group_escapes_as_soon_as_one_of_its_pictures_does(pictures: list[tuple[float, int]]) -> None:
    values, groups = zip(*pictures, strict=True)
    counted = by_group(values, groups, worst=min)
    assert len(counted) == len(set(groups))
    for threshold in (0.0, 0.3, 0.9):
        escaped = {group for value, group in pictures if value <= threshold}
        assert sum(value <= threshold for value in counted) == len(escaped)


def test_near_copies_counted_singly_break_the_bound_and_counted_by_group_keep_it() -> None:
    alpha, delta, lines, broken = 0.1, 0.1, 400, {"single": 0, "group": 0}
    random = np.random.default_rng(3)
    for _ in range(lines):
        parts = random.random(40)  # so the true escape rate at a threshold is the threshold itself
        copies, groups = np.repeat(parts, 10).tolist(), np.repeat(np.arange(40), 10).tolist()
        for way, counted in (("single", copies), ("group", by_group(copies, groups, worst=min))):
            walked = walk(counted, alpha=alpha, delta=delta)
            broken[way] += walked is not None and walked.threshold > alpha
    assert broken["group"] <= delta * lines + 3 * math.sqrt(lines * delta * (1 - delta))
    assert broken["single"] > 2 * delta * lines, "that is why a group is one draw"
