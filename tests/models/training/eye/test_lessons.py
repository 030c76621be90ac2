"""Lessons: defects of the asked size on good parts, light within its bounds, cells told apart."""

import numpy as np
import pytest
import torch

from inspection.part import Picture
from models.training.eye.lessons import _in_other_light, at, draw, light_of, see, targets
from tests.models.benchmarks.toys import BlockTower
from tests.models.training.eye.small import brushed


@pytest.fixture(scope="module")
def parts() -> list[Picture]:
    return [brushed(number) for number in range(6)]


def test_a_cell_is_defective_from_a_quarter_covered_on_and_so_is_the_one_covered_most() -> None:
    covered = torch.tensor([[[0.0, 0.1, 0.25, 1.0]], [[0.0, 0.05, 0.1, 0.0]], [[0.0, 0.0, 0.0, 0.0]]])
    defective, counts = targets(covered)
    assert defective[:, 0].tolist() == [[0, 0, 1, 1], [0, 0, 1, 0], [0, 0, 0, 0]]
    assert counts[:, 0].tolist() == [[1, 0, 1, 1], [1, 0, 1, 1], [1, 1, 1, 1]]


def test_light_is_varied_as_the_parts_vary_within_a_stated_range() -> None:
    assert light_of([100.0, 100.0]) == 0.05
    assert light_of([100.0, 250.0, 0.0]) == 0.25
    assert 0.05 < light_of([100.0, 130.0]) < 0.25


def test_in_other_light_brighter_stays_brighter_and_nothing_runs_over() -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    for seed in range(20):
        changed = _in_other_light(ramp, np.random.default_rng(seed), 0.25)
        assert changed.dtype == np.uint8
        assert (np.diff(changed[0, :, 0].astype(int)) >= 0).all()
        assert changed[0, 0, 0] == 0


def test_the_defect_lies_where_it_is_said_to_and_is_no_smaller_than_asked(parts: list[Picture]) -> None:
    drawn = list(draw(parts, np.random.default_rng(0), bad=12, good=4, least_px=8.0, light=None))
    bad, good = ([one for one in drawn if (one.size_px > 0.0) is wanted] for wanted in (True, False))
    assert len(good) == 4
    assert len(bad) > 6
    for one in bad:
        assert one.size_px >= 8.0
        assert one.size_px == pytest.approx(float(np.sqrt(one.covered.sum())))
        change = np.abs(one.picture.astype(int) - parts[one.source]).sum(axis=2)
        inside = change[one.covered > 0.0].sum()
        assert inside > 0.5 * change.sum() > 0.0, "where it blends in, it is no defect"
    for one in good:
        assert np.array_equal(one.picture, parts[one.source])
        assert not one.covered.any()


def test_every_other_lesson_is_in_other_light_unless_it_is_to_be_compared(parts: list[Picture]) -> None:
    drawn = draw(parts, np.random.default_rng(0), bad=0, good=12, least_px=0.0, light=0.1)
    same = [np.array_equal(one.picture, parts[one.source]) for one in drawn]
    assert same == [True, False] * 6


def test_lessons_know_their_part_and_their_size_at_the_working_size(parts: list[Picture]) -> None:
    drawn = list(draw(parts, np.random.default_rng(0), bad=6, good=3, least_px=6.0, light=0.1))
    lessons = see(drawn, tower=BlockTower(), working=(192, 192))
    assert lessons.covered.shape == (len(drawn), 12, 12)
    assert lessons.maps[16].shape[2:] == (12, 12)
    assert lessons.maps[32].dtype is torch.float16
    assert lessons.size_px.tolist() == pytest.approx([2.0 * one.size_px for one in drawn])
    assert ((lessons.covered.amax((1, 2)) > 0).numpy() == (lessons.size_px > 0)).all()
    some = lessons.taking(lessons.source == 1)
    assert set(some.source.tolist()) == {1}
    assert len(some.covered) == len(some.size_px) == len(some.maps[16])


def test_all_are_brought_to_one_size(parts: list[Picture]) -> None:
    assert [one.shape for one in at(parts, (64, 32))] == [(64, 32, 3)] * 6
