"""The bench of what labels say: no part on both sides, every part once, and a count that can be checked."""

from pathlib import Path

import numpy as np
import pytest

from inspection.certification.probability import Origin
from models.benchmarks.probability import (
    EDGES,
    Said,
    Scored,
    _drawn,
    _halved,
    _said,
    _scores,
    counted,
)
from models.benchmarks.splits import Sample


def scored(number: int, group: str, *, defective: bool, score: float = 0.5) -> Scored:
    sample = Sample(path=Path(f"{number}.jpg"), group=group, defective=defective)
    return Scored(sample=sample, part=f"{group}, {defective}", defect_score=score, naive=0.98)


@pytest.fixture
def pictures() -> list[Scored]:
    """Ten tiles in six exposures each, one of them with a defect on some; six defective tiles."""
    good = [scored(n, f"good {n // 6}", defective=False, score=0.2 + n / 500) for n in range(60)]
    mixed = [scored(100 + n, "good 3", defective=True, score=0.6) for n in range(4)]
    bad = [scored(200 + n, f"bad {n // 6}", defective=True, score=0.6 + n / 500) for n in range(36)]
    return [*good, *mixed, *bad]


@pytest.mark.parametrize("seed", range(5))
def test_the_halves_share_no_group_and_every_part_is_in_one_of_them_once(
    pictures: list[Scored], seed: int
) -> None:
    labelled, others = _halved(pictures, np.random.default_rng(seed))
    assert {one.sample.group for one in labelled}.isdisjoint(one.sample.group for one in others)
    assert sorted(one.part for one in (*labelled, *others)) == sorted({one.part for one in pictures})
    for half in (labelled, others):
        assert {one.sample.defective for one in half} == {False, True}


def test_of_few_labelled_parts_both_kinds_are_there(pictures: list[Scored]) -> None:
    for seed in range(10):
        chosen = _drawn(pictures, 3, np.random.default_rng(seed))
        assert len(chosen) == 3
        assert {one.sample.defective for one in chosen} == {False, True}


def test_what_labels_say_of_the_other_half_is_counted_with_its_truth(pictures: list[Scored]) -> None:
    labelled, others = _halved(pictures, np.random.default_rng(0))
    found = counted(_said(_scores(labelled, Origin.HELD_OUT), others))
    assert found["parts"] == len(others)
    shares = [one["defective"] for one in found["labelled"]["bins"]]
    assert shares == sorted(shares), "the kinds lie apart here"
    assert sum(one["parts"] for one in found["labelled"]["bins"]) == len(others) - found["silent"]
    (naive,) = found["naive"]["bins"]
    assert (naive["from"], naive["to"]) == EDGES[-2:]


def test_what_is_true_is_off_by_nothing_and_what_is_too_sure_costs() -> None:
    said = [Said(share=0.9, naive=0.99, defective=n < 9) for n in range(10)]
    found = counted([*said, Said(share=None, naive=0.5, defective=True)])
    assert (found["parts"], found["silent"]) == (11, 1)
    assert found["labelled"]["off"] == pytest.approx(0.0)
    assert found["naive"]["off"] == pytest.approx(0.09)
    assert found["labelled"]["log_loss"] < found["naive"]["log_loss"]
    assert found["labelled"]["brier"] == pytest.approx(0.09)


def test_where_nothing_is_said_nothing_is_claimed() -> None:
    found = counted([Said(share=None, naive=0.5, defective=True)])
    assert (found["silent"], found["labelled"]["bins"], found["labelled"]["off"]) == (1, [], None)
