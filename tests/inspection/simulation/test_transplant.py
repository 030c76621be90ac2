"""Defects on photographs: they are where they are said to be, and can be seen."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection.part import Picture
from inspection.simulation import DefectType, Variation
from inspection.simulation.spec import severity_of
from inspection.simulation.transplant import with_defects


def photograph(seed: int, *, noise: float = 3.0, level: float = 120.0) -> Picture:
    rng = np.random.default_rng(seed)
    grey = rng.normal(level, noise, (120, 200, 1)) + np.linspace(-20, 20, 200)[None, :, None]
    return np.repeat(np.clip(grey, 0, 255), 3, axis=2).astype(np.uint8)


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 3))
def test_what_changed_is_what_is_told(seed: int, count: int) -> None:
    good = photograph(seed)
    before = good.copy()
    flawed, put = with_defects(good, np.random.default_rng(seed), count=count)
    assert np.array_equal(good, before), "the picture given is never written into"
    assert len(put) == count
    changed = np.abs(flawed.astype(int) - good).max(axis=2)
    told = np.zeros(changed.shape, bool)
    for defect in put:
        rows, columns = np.nonzero(defect.mask)
        left, top, width, height = defect.box
        assert (left, top) == (int(columns.min()), int(rows.min()))
        assert (width, height) == (int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1)
        assert defect.severity is severity_of(defect.type, defect.length_mm)
        told |= defect.mask > 0
    assert changed[told].max() >= 6
    assert changed[told].mean() > 3 * changed[~told].mean()


def test_a_grey_photograph_stays_grey() -> None:
    for seed in range(12):
        flawed, _ = with_defects(photograph(1), np.random.default_rng(seed), count=2)
        assert np.array_equal(flawed[..., 0], flawed[..., 2])


def test_the_same_seed_draws_the_same() -> None:
    one, other = (with_defects(photograph(1), np.random.default_rng(2)) for _ in range(2))
    assert np.array_equal(one[0], other[0])


def test_nothing_is_claimed_that_does_not_show() -> None:
    black = np.zeros((100, 100, 3), np.uint8)
    picture, put = with_defects(black, np.random.default_rng(0), count=3)
    assert put == []
    assert not picture.any()
    rough = photograph(1, noise=60.0)
    assert len(with_defects(rough, np.random.default_rng(0), count=8)[1]) < 8


def test_defects_stay_on_the_surface() -> None:
    surface = np.zeros((120, 200), np.uint8)
    surface[:, :90] = 255
    good = photograph(3)
    flawed, put = with_defects(good, np.random.default_rng(1), count=4, surface=surface)
    assert put
    assert np.array_equal(flawed[:, 90:], good[:, 90:])


@pytest.mark.parametrize("scale", [0.2, 0.8])
def test_the_scale_tells_lengths(scale: float) -> None:
    large = Variation(size=(1.0, 1.0), contrast=(0.8, 0.9))
    for seed in range(10):
        _, put = with_defects(photograph(2), np.random.default_rng(seed), variation=large, mm_per_pixel=scale)
        for defect in put:
            assert defect.length_mm >= 0.99 * scale * max(defect.box[2:])
            assert defect.type in DefectType
