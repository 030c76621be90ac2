"""The ratio of mistakes: what it is, what its interval covers, and that all judges see the same draw."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from models.benchmarks.comparing.paired import SplitScores, ratio_of_mistakes
from models.evaluation.metrics import auroc

PLAIN = ("plain", "plainer")


def split(seed: int, *, groups: int = 20, lift: float = 2.0) -> SplitScores:
    """Twenty pictures a group, half of them defective; the judge sees what the plain ones see, and more."""
    rng = np.random.default_rng(seed)
    defective = np.arange(20 * groups) % 2 == 1
    seen = rng.normal(0.0, 1.0, len(defective)) + defective
    scores: dict[str, NDArray[np.float64]] = {
        "judge": seen + lift * defective,
        "plain": seen,
        "plainer": seen + rng.normal(0.0, 2.0, len(defective)),
    }
    names = [f"group {number // 20}" for number in range(len(defective))]
    kin = [f"pair {number // 2}" for number in range(len(defective))]
    return SplitScores(groups=names, kin=kin, defective=defective, scores=scores)


def mistakes(tested: SplitScores, judge: str) -> float:
    scores = tested.scores[judge]
    return 1.0 - auroc(scores[~tested.defective], scores[tested.defective])


def test_the_figure_is_the_ratio_of_the_mean_mistakes_to_the_better_plain_judge_s() -> None:
    splits = [split(seed) for seed in range(5)]
    found = ratio_of_mistakes(splits, judge="judge", plain=PLAIN)
    ours = np.mean([mistakes(one, "judge") for one in splits])
    theirs = np.mean([mistakes(one, "plain") for one in splits])
    assert found.better == "plain"
    assert found.figure == pytest.approx(ours / theirs)
    assert found.low < found.figure < found.high < 0.5


def test_a_judge_that_is_the_plain_one_makes_as_many_mistakes_in_every_draw() -> None:
    same = [split(seed, lift=0.0) for seed in range(3)]
    only = ratio_of_mistakes(same, judge="judge", plain=("plain",))
    assert (only.low, only.figure, only.high) == (1.0, 1.0, 1.0), "the draw is not the same for all"


def test_few_groups_are_drawn_by_kin_so_that_a_pair_stays_together() -> None:
    found = ratio_of_mistakes([split(1, groups=3)], judge="judge", plain=PLAIN)
    assert found.low < found.figure < found.high


def test_where_nobody_is_ever_wrong_the_ratio_is_one_and_not_nothing_by_nothing() -> None:
    clear = split(0, lift=50.0)
    both = replace(clear, scores={"judge": clear.scores["judge"], "plain": clear.scores["judge"]})
    found = ratio_of_mistakes([both], judge="judge", plain=("plain",))
    assert (found.low, found.figure, found.high) == (1.0, 1.0, 1.0)


def test_a_split_without_defects_is_refused() -> None:
    one = split(0)
    good_only = replace(one, defective=np.zeros_like(one.defective))
    with pytest.raises(ValueError, match="both good and defective"):
        ratio_of_mistakes([good_only], judge="judge", plain=PLAIN)
