"""The certified bound: exact where it can be counted, monotone where it must be, silent without data."""

import doctest
import json
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from inspection.certification import certificate as risk
from inspection.certification.certificate import (
    Certificate,
    Certification,
    by_group,
    most_misses,
    p_value,
    parts_needed,
)
from inspection.decision import RecipeRef
from tests.fakes import certificate

shares = st.floats(0.005, 0.6)
scores = st.lists(st.one_of(st.floats(0, 1), st.just(risk.NEVER_PASSES)), max_size=120)
MODEL = certificate().model


def test_the_examples_in_the_docstrings() -> None:
    assert doctest.testmod(risk).failed == 0


# --- the binomial -----------------------------------------------------------------------------------------


@given(n=st.integers(1, 60), data=st.data(), alpha=st.fractions(Fraction(1, 100), Fraction(99, 100)))
def test_the_p_value_is_the_exact_binomials(n: int, data: st.DataObject, alpha: Fraction) -> None:
    misses = data.draw(st.integers(0, n))
    exact = sum(math.comb(n, k) * alpha**k * (1 - alpha) ** (n - k) for k in range(misses + 1))
    assert p_value(misses, n, float(alpha)) == pytest.approx(float(exact), rel=1e-9)


def test_many_parts_do_not_underflow_to_a_proof() -> None:
    assert p_value(5_000, 100_000, 0.05) == pytest.approx(0.5, abs=0.01)
    assert p_value(0, 100_000, 0.05) == 0.0


@pytest.mark.parametrize(
    ("alpha", "delta", "needed"),
    [(0.01, 0.05, 299), (0.05, 0.05, 59), (0.10, 0.05, 29), (0.05, 0.10, 45), (0.001, 0.05, 2995)],
)
def test_how_many_defective_parts_it_takes_without_a_miss(alpha: float, delta: float, needed: int) -> None:
    assert parts_needed(alpha, delta) == needed
    assert (most_misses(needed, alpha, delta), most_misses(needed - 1, alpha, delta)) == (0, -1)


@given(n=st.integers(0, 400), alpha=shares, delta=shares)
def test_the_allowed_misses_are_those_whose_p_value_is_small_enough(
    n: int, alpha: float, delta: float
) -> None:
    allowed = most_misses(n, alpha, delta)
    assert allowed < max(n, 1)
    assert allowed < 0 or p_value(allowed, n, alpha) <= delta * (1 + 1e-9)
    assert p_value(allowed + 1, n, alpha) > delta * (1 - 1e-9)


@given(n=st.integers(1, 300), data=st.data(), delta=shares)
def test_the_upper_bound_is_where_so_few_become_unlikely(n: int, data: st.DataObject, delta: float) -> None:
    count = data.draw(st.integers(0, n))
    bound = risk.upper_bound(count, n, delta)
    if count == n:
        assert bound == 1.0
        return
    assert p_value(count, n, bound) <= delta * (1 + 1e-9)
    assert p_value(count, n, bound * (1 - 1e-9)) >= delta * (1 - 1e-3)
    assert bound > count / n or delta > 0.4


# --- the walk ---------------------------------------------------------------------------------------------


@given(parts=scores, alpha=shares, delta=shares)
def test_the_step_ends_where_the_walk_over_a_fixed_grid_does(
    parts: list[float], alpha: float, delta: float
) -> None:
    grid = [step / 256 for step in range(257)]
    rounded = [part if part == risk.NEVER_PASSES else math.ceil(part * 256) / 256 for part in parts]
    walked = None
    for threshold in grid:  # the walk as the paper has it
        if p_value(sum(score <= threshold for score in rounded), len(rounded), alpha) > delta:
            break
        walked = threshold
    step = risk.walk(rounded, alpha=alpha, delta=delta)
    assert walked == (None if step is None else max(t for t in grid if t <= step.threshold))


@given(parts=scores, alpha=shares, delta=shares)
def test_what_is_walked_is_proven_and_the_next_threshold_is_not(
    parts: list[float], alpha: float, delta: float
) -> None:
    walked = risk.walk(parts, alpha=alpha, delta=delta)
    if walked is None:
        assert p_value(sum(score <= 0 for score in parts), len(parts), alpha) > delta * (1 - 1e-9)
        return
    assert walked.misses == sum(score <= walked.threshold for score in parts)
    assert p_value(walked.misses, len(parts), alpha) <= delta * (1 + 1e-9)
    beyond = math.nextafter(walked.threshold, 2.0)
    misses = sum(score <= beyond for score in parts)
    assert walked.threshold == 1.0 or p_value(misses, len(parts), alpha) > delta * (1 - 1e-9)


def _reach(parts: list[float], alpha: float, delta: float) -> float:
    walked = risk.walk(parts, alpha=alpha, delta=delta)
    return -1.0 if walked is None else walked.threshold


@given(parts=scores, alpha=st.tuples(shares, shares), delta=st.tuples(shares, shares))
def test_a_milder_promise_never_asks_for_a_stricter_threshold(
    parts: list[float], alpha: tuple[float, float], delta: tuple[float, float]
) -> None:
    assert _reach(parts, min(alpha), min(delta)) <= _reach(parts, max(alpha), max(delta))


@given(n=st.integers(0, 200), more=st.integers(0, 200), alpha=shares, delta=shares)
def test_more_parts_allow_no_fewer_misses(n: int, more: int, alpha: float, delta: float) -> None:
    assert most_misses(n, alpha, delta) <= most_misses(n + more, alpha, delta)
    assert _reach([0.5] * n, alpha, delta) <= _reach([0.5] * n + [risk.NEVER_PASSES] * more, alpha, delta)


@given(alpha=shares, delta=shares, n=st.integers(0, 400))
def test_too_few_parts_prove_nothing(alpha: float, delta: float, n: int) -> None:
    assert risk.walk([], alpha=alpha, delta=delta) is None
    proven = risk.walk([risk.NEVER_PASSES] * n, alpha=alpha, delta=delta)
    assert (proven is not None) == (n >= parts_needed(alpha, delta))
    assert proven is None or proven == risk.Walked(1.0, 0)
    assert risk.walk([0.0] * n, alpha=alpha, delta=delta) is None, "no threshold rejects a score of 0"


@pytest.mark.parametrize(
    ("parts", "alpha"), [([math.nan], 0.5), ([-0.1], 0.5), ([1.5], 0.5), ([0.5], 0.0), ([0.5], 1.0)]
)
def test_what_is_no_score_or_no_share_is_refused(parts: list[float], alpha: float) -> None:
    with pytest.raises(ValueError, match=r"outside|between"):
        risk.walk(parts, alpha=alpha, delta=0.05)


# --- groups -----------------------------------------------------------------------------------------------


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
            walked = risk.walk(counted, alpha=alpha, delta=delta)
            broken[way] += walked is not None and walked.threshold > alpha
    assert broken["group"] <= delta * lines + 3 * math.sqrt(lines * delta * (1 - delta))
    assert broken["single"] > 2 * delta * lines, "that is why a group is one draw"


# --- the certificate --------------------------------------------------------------------------------------


def test_a_certificate_reads_back_and_says_what_it_promises() -> None:
    issued = certificate()
    assert Certificate.model_validate_json(issued.model_dump_json()) == issued
    assert (
        issued.ref.promise
        == issued.promise
        == ("at most 5 % escapes, 95 % sure (0 of 60 defective parts missed)")
    )
    assert certificate(alpha=0.06).id != issued.id


def test_a_certificate_issued_before_recipes_were_named_by_hash_still_reads() -> None:
    issued = (
        '{"id":"94d419802031940327d6d46b1f432517b1bfcf9dac98a7df42b42eaf5f299577","alpha":0.05,"delta":0.05,'
        '"n_defective":59,"misses":0,"schema":1,"threshold":0.4,"draw":"picture","pictures_defective":59,'
        '"n_good":20,"overkilled":1,"overkill_bound":0.3,"pictures_good":20,"recipe_name":"cover",'
        f'"recipe":{{"id":1,"version":1}},"recipe_sha256":"{"b" * 64}",'
        f'"model":{{"name":"passgate-reflex","version":"1","sha256":"{"0" * 64}"}},'
        '"certified_at":"2026-03-02T00:00:00Z"}'
    )
    assert Certificate.model_validate_json(issued).model_dump_json() == issued


@pytest.mark.parametrize(
    ("key", "value"), [("threshold", 0.9), ("alpha", 0.01), ("misses", 1), ("recipe_sha256", "c" * 64)]
)
def test_a_certificate_changed_by_hand_cannot_be_read(key: str, value: object) -> None:
    altered = json.dumps(json.loads(certificate().model_dump_json()) | {key: value})
    with pytest.raises(ValidationError, match="changed after it was issued"):
        Certificate.model_validate_json(altered)


def test_numbers_that_prove_nothing_make_no_certificate() -> None:
    for changes in ({"n_defective": 58}, {"misses": 1}, {"alpha": 0.01}):
        with pytest.raises(ValidationError, match="do not prove"):
            certificate(**changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ""),
        ({"model": MODEL.model_copy(update={"sha256": "c" * 64})}, "the model changed since"),
        ({"model": MODEL.model_copy(update={"version": "2"})}, "it was passgate-reflex 1"),
        ({"model": MODEL.model_copy(update={"name": "passgate-vla"})}, "now it is passgate-vla"),
        ({"recipe": RecipeRef(id=1, version=2)}, "now recipe 1 version 2"),
        ({"recipe_sha256": "c" * 64}, "file changed"),
    ],
)
def test_it_holds_for_what_it_was_issued_for_and_nothing_else(changes: dict[str, object], words: str) -> None:
    now = {"recipe": RecipeRef(id=1, version=1), "recipe_sha256": "b" * 64, "model": MODEL} | changes
    objection = certificate().objection(**now)  # type: ignore[arg-type]
    assert words in objection
    assert bool(objection) == bool(changes)


def test_a_station_is_certified_or_says_why_not() -> None:
    assert Certification().in_words == "uncertified: no certificate was issued"
    held = Certification(certificate=certificate(), reason="")
    assert held.in_words.startswith("certified: at most 5 % escapes")
    with pytest.raises(ValidationError):
        Certification(certificate=certificate())
    with pytest.raises(ValidationError):
        Certification(reason="")
