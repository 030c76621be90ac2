"""Whether 5 % means 5 %: the interval is the law's, and near-copies are not counted as independent."""

from pathlib import Path

import numpy as np

from models.benchmarks.comparing.exchangeable import lawful_counts, resample
from models.benchmarks.products.product import Specimen
from tests.models.benchmarks.toys import BlockTower, plates


def test_a_threshold_of_the_right_rank_lies_inside_as_often_as_is_said() -> None:
    rng = np.random.default_rng(0)
    least, most = lawful_counts(100, 150, 0.05)
    inside = 0
    for _ in range(1000):
        scores = rng.standard_normal(250)
        threshold = np.sort(scores[:100])[95]  # the 96th of 100: ⌈101 · 0.95⌉
        inside += least <= int((scores[100:] >= threshold).sum()) <= most
    assert 940 <= inside <= 990
    assert (least, most) == (1, 17)


def test_of_few_pictures_no_more_than_they_can_tell_is_asked() -> None:
    least, most = lawful_counts(10, 50, 0.01)  # the highest of ten: one in eleven, not one in a hundred
    assert least == 0
    assert most > 10


def test_one_picture_of_each_kin_is_taught_or_tested() -> None:
    read: list[str] = []

    def burst(kin: int, exposure: int) -> Specimen:
        one, name = plates(Path(), 0)[4 * kin], f"{kin}.{exposure}"

        def noted() -> object:
            read.append(name)
            return one.read()

        return Specimen(name=name, group="all", kin=f"{kin}", defective=False, read=noted)  # type: ignore[arg-type]

    found = resample(
        [burst(kin, exposure) for kin in range(24) for exposure in range(3)],
        tower=BlockTower(),
        seeds=(0,),
        teach_on=100,
        overkill=0.2,
    )
    assert (found["taught"], found["tested"], found["resamplings"]) == (12, 12, 1)
    assert found["inside"] + found["below"] + found["above"] == 1
    assert len(set(read)) == len({name.partition(".")[0] for name in read}) == 24, (
        "two exposures of one plate"
    )


def test_the_same_seeds_draw_the_same() -> None:
    parts = plates(Path(), 0)
    once = resample(parts, tower=BlockTower(), seeds=(5,), teach_on=20, overkill=0.05)
    assert once == resample(parts, tower=BlockTower(), seeds=(5,), teach_on=20, overkill=0.05)
