import numpy as np
import pytest

from inspection.levels import Picture
from inspection.simulation.spoiling import spoiled


def plate(seed: int) -> Picture:
    noise = np.random.default_rng(seed)
    grain = noise.normal(0.0, 4.0, (96, 128, 1)) + np.linspace(120.0, 150.0, 128)[None, :, None]
    picture: Picture = np.clip(np.repeat(grain, 3, axis=2), 0, 255).astype(np.uint8)
    return picture


@pytest.mark.parametrize("seed", range(30))
def test_the_mask_shows_where_the_picture_changed(seed: int) -> None:
    good = plate(seed)
    made = spoiled(good, np.random.default_rng(seed), others=[plate(99)])
    assert made is not None
    changed, mask = made.picture, made.mask
    difference = np.abs(changed.astype(int) - good).mean(axis=2)
    assert changed.dtype == np.uint8
    assert changed.shape == good.shape
    assert mask.shape == good.shape[:2]
    assert np.count_nonzero(mask) >= 9
    assert difference[mask > 0].mean() > 4.0
    assert difference[mask == 0].mean() < 2.0


def test_the_same_state_makes_the_same_defect_and_the_good_part_stays_good() -> None:
    good = plate(1)
    before = good.copy()
    first = spoiled(good, np.random.default_rng(5), others=[])
    again = spoiled(good, np.random.default_rng(5), others=[])
    assert first is not None
    assert again is not None
    assert np.array_equal(first.picture, again.picture)
    assert np.array_equal(good, before)


def test_on_a_black_picture_no_defect_can_be_seen() -> None:
    assert spoiled(np.zeros((64, 64, 3), np.uint8), np.random.default_rng(0), others=[]) is None
