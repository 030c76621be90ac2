"""Outliers are told by the pictures' own spread, and cannot vouch for each other."""

import numpy as np
import pytest

from models.good_parts.outliers import FAR, FEWEST, outlyingness


def pictures(count: int, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, cells and whole distances of alike pictures; light changes many features together."""
    rng = np.random.default_rng(seed)
    light = rng.normal(0, 1, (count, 3)) @ rng.normal(0, 1, (3, 200))
    features = (light + rng.normal(0, 1, (count, 200))).astype(np.float32)
    cells = rng.lognormal(0, 0.2, (count, 8, 8)).astype(np.float32) * rng.lognormal(0, 0.1, (count, 1, 1))
    return features, cells.astype(np.float32), rng.lognormal(3, 0.1, count)


@pytest.mark.parametrize("count", [FEWEST, 20, 100])
def test_ordinary_variety_is_no_outlier(count: int) -> None:
    for seed in range(10):
        features, cells, whole = pictures(count, seed=seed)
        assert outlyingness(features, cells=cells, whole=whole).max() < FAR


@pytest.mark.parametrize("count", [20, 40, 100])
def test_a_twentieth_of_copies_of_a_wrong_picture_is_found(count: int) -> None:
    features, cells, whole = pictures(count)
    wrong = slice(0, count // 20)
    features[wrong] = features[-1] + 8 * np.random.default_rng(1).normal(0, 1, 200)
    far = outlyingness(features, cells=cells, whole=whole)
    assert (far[wrong] > FAR).all()
    assert (far[count // 20 :] < FAR).all()


def test_a_picture_of_which_a_part_is_wrong_is_found() -> None:
    features, cells, whole = pictures(30)
    cells[4, 5:] *= 6
    far = outlyingness(features, cells=cells, whole=whole)
    assert np.flatnonzero(far > FAR).tolist() == [4]


def test_a_variant_of_the_product_is_none() -> None:
    features, cells, whole = pictures(40)
    features[:8] += 5 * np.random.default_rng(2).normal(0, 1, 200).astype(np.float32)
    assert outlyingness(features, cells=cells, whole=whole).max() < FAR


def test_few_or_equal_pictures_say_nothing() -> None:
    features, cells, whole = pictures(FEWEST - 1)
    assert not outlyingness(features, cells=cells, whole=whole).any()
    same = np.ones((20, 5), np.float32)
    assert not outlyingness(same, cells=np.ones((20, 2, 2), np.float32), whole=np.ones(20)).any()
