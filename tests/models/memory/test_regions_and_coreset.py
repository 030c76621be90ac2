import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from models.memory.coreset import POOL, coreset
from models.memory.regions import find_regions

maps = arrays.arrays(np.float32, (6, 9), elements=st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0, 3.0]))


@given(maps)
def test_regions_hold_exactly_the_cells_above_the_level(anomaly: NDArray[np.float32]) -> None:
    found = find_regions(anomaly, level=1.0, at_most=100)
    assert sum(spot.area for spot in found) == (anomaly > 1.0).sum()
    for spot in found:
        left, top, width, height = spot.box
        assert anomaly[spot.peak_cell] == spot.peak > 1.0
        assert spot.peak <= anomaly[top : top + height, left : left + width].max()
        assert spot.area <= width * height
    assert [spot.peak for spot in found] == sorted((spot.peak for spot in found), reverse=True)


@given(maps, st.integers(0, 3))
def test_no_more_regions_than_asked_for_and_the_highest_stay(
    anomaly: NDArray[np.float32], at_most: int
) -> None:
    everything = find_regions(anomaly, level=1.0, at_most=100)
    assert find_regions(anomaly, level=1.0, at_most=at_most) == everything[:at_most]


@given(maps)
def test_a_core_lies_within_its_region(anomaly: NDArray[np.float32]) -> None:
    for spot in find_regions(anomaly, level=1.0, at_most=100):
        left, top, width, height = spot.box
        core_left, core_top, core_width, core_height = spot.core
        assert left <= core_left < core_left + core_width <= left + width
        assert top <= core_top < core_top + core_height <= top + height


def test_a_core_is_as_narrow_as_the_peak_in_a_wide_region() -> None:
    across = 3.0 * np.exp(-(np.linspace(-3, 3, 31, dtype=np.float32) ** 2))
    (spot,) = find_regions((np.outer(across, across) / 3.0).astype(np.float32), level=0.1, at_most=9)
    assert spot.box[2] > 3 * spot.core[2]
    assert spot.core[0] + spot.core[2] / 2 == pytest.approx(15.5, abs=0.2)


def test_diagonal_cells_are_one_region() -> None:
    assert len(find_regions(np.eye(4, dtype=np.float32), level=0.5, at_most=9)) == 1


def test_a_coreset_covers_far_clusters_that_chance_would_miss() -> None:
    crowd = torch.randn(2000, 4, generator=torch.Generator().manual_seed(0)) * 0.01
    points = torch.cat([crowd, torch.eye(4) * 10])
    chosen = coreset(points, 6, seed=0)
    assert {int(row.argmax()) for row in chosen if row.max() > 5} == {0, 1, 2, 3}


def test_a_coreset_is_a_subset_and_repeats_by_seed() -> None:
    points = torch.randn(500, 100, generator=torch.Generator().manual_seed(1))
    chosen = coreset(points, 50, seed=3)
    assert torch.equal(chosen, coreset(points, 50, seed=3))
    assert all((points == row).all(1).any() for row in chosen)
    assert len({tuple(row.tolist()) for row in chosen}) == 50
    assert coreset(points, 500, seed=0) is points


def test_a_crowd_beyond_the_pool_is_sampled() -> None:
    points = torch.arange(POOL + 10, dtype=torch.float32)[:, None]
    assert len(coreset(points, 3, seed=0)) == 3
