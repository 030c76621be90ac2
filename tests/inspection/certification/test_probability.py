"""What labelled parts say of a score: never more than they can, never falling, at times nothing."""

import doctest
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from inspection.certification import probability
from inspection.certification.probability import LEVELS, LabelledScores, Origin, one_of_each
from inspection.decision import Action, DecidedBy, Decision, ModelRef, RecipeRef

MODEL = ModelRef(name="passgate-reflex", version="1", sha256="ab")
OTHER = ModelRef(name="passgate-reflex", version="2", sha256="ab")

scores = st.lists(st.integers(0, LEVELS).map(lambda level: level / LEVELS), min_size=1, max_size=40)
one_score = st.floats(0.0, 1.0)


def labelled(good: list[float], defective: list[float]) -> LabelledScores:
    found = LabelledScores.of(good=good, defective=defective, origin=Origin.HELD_OUT, judged_by=MODEL)
    assert found is not None
    return found


def judged(score: float | None, *, by: DecidedBy = DecidedBy.REFLEX, model: ModelRef = MODEL) -> Decision:
    return Decision(
        part_id=1,
        trigger_seq=1,
        recipe=RecipeRef(id=1, version=1),
        action=Action.REWORK,
        confidence=0.9,
        defect_score=score,
        decided_by=by,
        reason="a scratch",
        model=model,
    )


def test_the_examples_in_the_docstrings() -> None:
    assert doctest.testmod(probability).failed == 0


@given(good=scores, defective=scores, asked=one_score)
def test_it_never_says_more_than_its_labels_support(
    good: list[float], defective: list[float], asked: float
) -> None:
    said = labelled(good, defective).probability(asked)
    if said is None:
        return
    assert 1 <= said.alike <= len(good) + len(defective)
    assert (said.labelled_good, said.labelled_defective) == (len(good), len(defective))
    # Laplace's rule of succession, from below and from above
    assert 1 / (len(good) + 2) - 1e-12 <= said.among_labelled
    assert said.among_labelled <= (len(defective) + 1) / (len(defective) + 2) + 1e-12
    assert 1 / (said.alike + 3) <= said.among_labelled <= (said.alike + 2) / (said.alike + 3)


@given(good=scores, defective=scores, one=one_score, other=one_score)
def test_a_higher_score_never_gets_a_lower_share(
    good: list[float], defective: list[float], one: float, other: float
) -> None:
    found = labelled(good, defective)
    low, high = found.probability(min(one, other)), found.probability(max(one, other))
    assert low is None or high is None or low.among_labelled <= high.among_labelled


@given(good=scores, defective=scores, asked=one_score)
def test_it_is_the_isotonic_regression_with_the_part_once_good_and_once_defective(
    good: list[float], defective: list[float], asked: float
) -> None:
    said = labelled(good, defective).probability(asked)
    at = round(asked * LEVELS) / LEVELS
    truths = [(score, 0) for score in good] + [(score, 1) for score in defective]
    least, most = (_isotonic([*truths, (at, truth)], at) for truth in (0, 1))
    assert least < most
    if said is None:
        assert 1 / (most - least) < 2
    else:
        assert said.among_labelled == pytest.approx(float(most / (1 - least + most)))


def _isotonic(truths: list[tuple[float, int]], at: float) -> Fraction:
    """By the max-min formula (Barlow and others 1972), which has nothing in common with pooling."""
    levels = sorted({score for score, _ in truths})

    def mean(first: float, last: float) -> Fraction:
        within = [truth for score, truth in truths if first <= score <= last]
        return Fraction(sum(within), len(within))

    return max(min(mean(low, high) for high in levels if high >= at) for low in levels if low <= at)


def test_labels_all_alike_give_laplaces_rule_of_succession() -> None:
    found = labelled([0.2] * 40, [0.9] * 18)
    top, bottom = found.probability(0.95), found.probability(0.1)
    assert top is not None
    assert bottom is not None
    assert top.among_labelled == pytest.approx(19 / 20)
    assert top.alike == 18
    assert bottom.among_labelled == pytest.approx(1 / 42)
    assert bottom.alike == 40


def test_nothing_is_said_of_a_score_between_the_kinds_that_no_label_had() -> None:
    found = labelled([0.1, 0.2, 0.3] * 10, [0.7, 0.8, 0.9] * 10)
    assert found.probability(0.5) is None


def test_where_the_kinds_lie_among_each_other_it_says_so() -> None:
    found = labelled([0.5] * 30, [0.5] * 10)
    said = found.probability(0.5)
    assert said is not None
    assert said.among_labelled == pytest.approx(11 / 42)
    assert said.alike == 40


@given(good=scores, defective=scores)
def test_what_is_kept_is_read_again_in_any_order_of_the_parts(
    good: list[float], defective: list[float]
) -> None:
    found = labelled(good, defective)
    assert LabelledScores.model_validate_json(found.model_dump_json()) == found
    assert labelled(good[::-1], defective[::-1]) == found
    assert (found.good, found.defective) == (len(good), len(defective))


@pytest.mark.parametrize(
    "levels", [[], [[1, 1, 0]], [[1, 0, 1]], [[5, 1, 1], [5, 1, 1]], [[5, 1, 1], [4, 1, 1]], [[1001, 1, 1]]]
)
def test_scores_that_cannot_have_been_counted_are_refused(levels: list[list[int]]) -> None:
    with pytest.raises(ValidationError):
        LabelledScores.model_validate(
            {"schema": 1, "origin": "held_out", "judged_by": MODEL.model_dump(), "levels": levels}
        )


def test_labels_of_one_kind_alone_say_nothing() -> None:
    for good, defective in (([0.5], []), ([], [0.5])):
        found = LabelledScores.of(good=good, defective=defective, origin=Origin.CROSS_FITTED, judged_by=MODEL)
        assert found is None


@pytest.mark.parametrize("by", [DecidedBy.REFLEX, DecidedBy.VLA])
def test_a_decision_gets_it_and_stays_the_same_in_all_else(by: DecidedBy) -> None:
    decision = judged(0.95, by=by)
    shown = labelled([0.2] * 40, [0.9] * 18).on(decision)
    assert shown.defect_probability is not None
    assert shown.model_copy(update={"defect_probability": None}) == decision
    assert Decision.model_validate_json(shown.model_dump_json()) == shown


@pytest.mark.parametrize(
    "decision",
    [
        judged(None, by=DecidedBy.GUARD),
        judged(0.95, by=DecidedBy.TIMEOUT),
        judged(0.95, by=DecidedBy.GUARD),
        judged(0.95, model=OTHER),
        judged(0.5),
    ],
    ids=["no picture", "late", "a rule", "another model", "no label alike"],
)
def test_it_is_said_only_where_it_holds(decision: Decision) -> None:
    assert labelled([0.2] * 40, [0.9] * 18).on(decision) == decision


def test_a_decision_without_it_is_written_as_before() -> None:
    written = judged(0.95).model_dump_json()
    assert "defect_probability" not in written
    assert Decision.model_validate_json(written) == judged(0.95)


def test_each_part_counts_once_by_a_picture_that_its_score_did_not_choose() -> None:
    generator = np.random.default_rng(0)
    parts = np.repeat(np.arange(400), 5)
    values = generator.random(len(parts))
    names = [f"{number:08x}" for number in generator.permutation(len(parts))]
    drawn = one_of_each(values.tolist(), parts=parts.tolist(), names=names)
    assert len(drawn) == 400
    assert float(np.mean(drawn)) == pytest.approx(0.5, abs=0.05)
    assert drawn == one_of_each(values.tolist(), parts=parts.tolist(), names=names)


def test_on_draws_of_a_line_that_is_known_it_is_calibrated() -> None:
    """Of parts of which it says so and so much, so many are defective: over many small sets of labels."""
    generator = np.random.default_rng(7)
    said, truth = [], []
    for _ in range(300):
        defective = generator.random(60) < 0.4
        values = np.clip(0.5 + 0.1 * generator.standard_normal(60) + 0.12 * defective - 0.06, 0, 1)
        found = labelled(values[:50][~defective[:50]].tolist(), values[:50][defective[:50]].tolist())
        for score, bad in zip(values[50:], defective[50:], strict=True):
            share = found.probability(float(score))
            if share is not None:
                said.append(share.among_labelled)
                truth.append(bad)
    bins = np.minimum((np.array(said) * 5).astype(int), 4)
    for number in range(5):
        inside = bins == number
        assert inside.sum() > 100
        assert np.mean(np.array(truth)[inside]) == pytest.approx(np.mean(np.array(said)[inside]), abs=0.07)
