"""Nobody sees what lies below the grain, and everybody what stands out from it."""

import numpy as np
import pytest

from inspection.simulation.defects import Mask, Plane
from inspection.simulation.spoiling.seen import grain, least_contrast, shown

SIDE = 96
EVERYWHERE = np.ones((SIDE, SIDE), bool)


def surface(seed: int, noise: float, *, level: float = 128.0) -> Plane:
    drawn: Plane = np.random.default_rng(seed).normal(level, noise, (SIDE, SIDE, 1)).astype(np.float32)
    return np.rint(drawn)


def disc(size_px: float) -> Plane:
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2.0
    inside: Plane = (np.hypot(x, y) <= size_px / 2.0).astype(np.float32)
    return inside[..., None]


def look(before: Plane, after: Plane, size_px: float) -> Mask | None:
    return shown(before, after, EVERYWHERE, size_px=size_px, two_levels=False)


@pytest.mark.parametrize("noise", [2.0, 6.0, 20.0])
@pytest.mark.parametrize("size_px", [5.0, 20.0, 50.0])
def test_another_piece_of_the_same_grain_is_not_seen(noise: float, size_px: float) -> None:
    seen = 0
    for seed in range(10):
        before, other = surface(seed, noise), surface(100 + seed, noise)
        seen += look(before, before + disc(size_px) * (other - before), size_px) is not None
    assert seen <= 1


@pytest.mark.parametrize("noise", [0.5, 3.0, 15.0])
@pytest.mark.parametrize("size_px", [5.0, 20.0, 50.0])
def test_what_has_the_least_contrast_or_more_is_seen_and_half_of_it_on_a_speck_is_not(
    noise: float, size_px: float
) -> None:
    before = surface(1, noise)
    least = least_contrast(before[..., 0], EVERYWHERE, size_px=size_px, thin=size_px < 8.0)
    mask = look(before, before + 1.2 * least * disc(size_px), size_px)
    assert mask is not None
    assert np.array_equal(mask > 0, disc(size_px)[..., 0] > 0)
    if size_px < 8.0:
        assert look(before, before + 0.3 * least * disc(size_px), size_px) is None


def test_a_large_faint_stain_is_seen_where_a_small_one_is_not() -> None:
    before = surface(1, 8.0)
    assert look(before, before + 10.0 * disc(50.0), 50.0) is not None
    assert look(before, before + 10.0 * disc(4.0), 4.0) is None


def test_texture_that_is_wiped_out_is_seen_though_the_level_stays() -> None:
    before = surface(1, 10.0)
    wiped = before + disc(30.0) * (128.0 - before)
    assert look(before, wiped, 30.0) is not None
    smooth = surface(1, 1.0)
    assert look(smooth, smooth + disc(30.0) * (128.0 - smooth), 30.0) is None


def test_edges_are_no_grain() -> None:
    stepped = surface(1, 2.0)
    stepped[:, SIDE // 3 :] += 90.0
    stepped[SIDE // 2 : SIDE // 2 + 4] -= 40.0
    assert grain(stepped[..., 0], EVERYWHERE) == pytest.approx(
        grain(surface(1, 2.0)[..., 0], EVERYWHERE), rel=0.5
    )


def test_the_mask_has_no_holes_where_grain_happens_to_agree() -> None:
    before, other = surface(1, 6.0), surface(2, 6.0, level=150.0)
    mask = look(before, before + disc(30.0) * (other - before), 30.0)
    assert mask is not None
    assert np.count_nonzero((mask > 0) & (disc(30.0)[..., 0] > 0)) >= 0.98 * disc(30.0).sum()
