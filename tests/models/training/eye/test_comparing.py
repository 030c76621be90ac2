"""A fold of the good parts is judged by the others: what each view tells, and whether the eye is better."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.evaluation.metrics import evaluate
from models.eye.rule import Opinions
from models.training.eye.comparing import NOTHING, HeldOut, compare, folds_of, from_good

PARTS = 40
HALVES = np.arange(PARTS) % 2


@given(st.lists(st.integers(0, 9), min_size=2, max_size=40), st.integers(2, 4), st.integers(0, 1000))
def test_folds_hold_whole_groups_and_as_many_pictures_as_it_goes(
    groups: list[int], number: int, seed: int
) -> None:
    folds = folds_of(groups, number, seed)
    assert len(set(zip(groups, folds.tolist(), strict=True))) == len(set(groups))
    counted = np.bincount(folds, minlength=number)
    assert max(counted) - min(counted) <= max(groups.count(group) for group in groups)


def test_single_pictures_are_parted_evenly_and_by_the_seed() -> None:
    assert sorted(np.bincount(folds_of(range(11), 4, 0)).tolist()) == [2, 3, 3, 3]
    by_seed = [folds_of(range(20), 2, seed).tolist() for seed in (0, 0, 1)]
    assert by_seed[0] == by_seed[1] != by_seed[2]


def _held_out(*, by_eye: float, by_patches: float, alone: float, seed: int = 0) -> list[HeldOut]:
    """Good parts and the same with a defect, which raises opinions by so many deviations."""
    rng = np.random.default_rng(seed)
    found = []
    for source in range(PARTS):
        zero = 100.0 * (source % 2)  # each fold has a scale of its own
        own = rng.normal(size=4)
        for defective in (False, True):
            eye, patches, memory = own[:3] + defective * np.array([by_eye, by_patches, alone])
            opinions = Opinions(
                eye=zero + eye,
                patches=zero + patches,
                whole=zero + own[3] - defective,
                closer=zero + own[3] - defective,
            )
            found.append(HeldOut(opinions=opinions, alone=zero + memory, source=source, defective=defective))
    return found


def test_what_tells_every_defect_and_what_tells_none_is_found() -> None:
    found = compare(
        _held_out(by_eye=3.0, by_patches=0.5, alone=0.5),
        folds=HALVES,
        groups=range(PARTS),
        rng=np.random.default_rng(1),
    )
    assert (found.told.eye, found.told.patches, found.told.whole) == (1.0, 1.0, 0.0)
    assert found.auroc_eye > found.auroc_memory + found.error > 0.5


def test_an_eye_that_tells_nothing_is_not_better() -> None:
    found = compare(
        _held_out(by_eye=-1.0, by_patches=1.0, alone=3.0),
        folds=HALVES,
        groups=range(PARTS),
        rng=np.random.default_rng(1),
    )
    assert found.told.eye == 0.0
    assert found.auroc_eye < found.auroc_memory


def test_a_fold_without_a_defect_is_weighed_by_what_the_others_tell() -> None:
    held_out = [
        one
        for one in _held_out(by_eye=3.0, by_patches=0.0, alone=0.0)
        if not one.defective or one.source % 2 == 0
    ]
    found = compare(held_out, folds=HALVES, groups=range(PARTS), rng=np.random.default_rng(1))
    assert found.told.eye == 1.0
    assert found.auroc_eye > 0.9


def test_where_nothing_was_drawn_nothing_is_known() -> None:
    good = [one for one in _held_out(by_eye=3.0, by_patches=0.0, alone=0.0) if not one.defective]
    found = compare(good, folds=HALVES, groups=range(PARTS), rng=np.random.default_rng(1))
    assert found == NOTHING


def test_the_error_is_of_groups_and_not_of_pictures() -> None:
    held_out = _held_out(by_eye=1.0, by_patches=0.0, alone=0.5)
    of_pictures, of_groups = (
        compare(held_out, folds=HALVES, groups=groups, rng=np.random.default_rng(1)).error
        for groups in (range(PARTS), [0, 1] * (PARTS // 2))
    )
    assert of_pictures > 0.0
    assert of_groups != pytest.approx(of_pictures)


def test_two_halves_are_told_from_their_own_good_parts_whoever_judges() -> None:
    """A memory that ranks each half rightly is no worse because its two halves have two zeros."""
    good, bad = np.linspace(-1.0, 1.0, 9), np.linspace(2.0, 3.0, 9)
    truth = np.repeat([False, True, False, True], 9)
    apart = np.concatenate([good, bad, good + 10.0, bad + 10.0])
    assert evaluate(apart, truth).auroc < 0.8
    told = np.concatenate([from_good(half, half[:9]) for half in (apart[:18], apart[18:])])
    assert evaluate(told, truth).auroc == 1.0
