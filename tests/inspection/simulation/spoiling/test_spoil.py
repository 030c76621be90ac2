"""Whatever the kind: the mask tells what changed, the same state draws the same, all of it shows."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from inspection.levels import Picture
from inspection.simulation.defects import extent
from inspection.simulation.spoiling import KINDS, spoiled
from tests.inspection.simulation.spoiling.parts import board, machined, plate

GOOD: dict[str, Picture] = {"plate": plate(1), "machined": machined(1), "board": board(1)}
OTHERS: dict[str, Picture] = {"plate": plate(2), "machined": machined(2), "board": board(2)}
NOT_ON_TWO_LEVELS = {"dent", "smear"}
NEEDS_STRUCTURE = {"missing", "bite", "bridge", "doubled"}
NEEDS_TEXTURE = {"smear"}


@pytest.mark.parametrize("seed", range(30))
def test_the_mask_shows_where_the_picture_changed(seed: int) -> None:
    good = plate(seed, noise=4.0)
    made = spoiled(good, np.random.default_rng(seed), others=[plate(99)])
    assert made is not None
    difference = np.abs(made.picture.astype(int) - good).mean(axis=2)
    assert made.picture.dtype == np.uint8
    assert made.picture.shape == good.shape
    assert made.mask.shape == good.shape[:2]
    assert np.count_nonzero(made.mask) >= 9
    assert difference[made.mask > 0].mean() > 4.0
    assert difference[made.mask == 0].mean() < 2.0


@settings(max_examples=80)
@given(
    st.sampled_from(sorted(GOOD)),
    st.sampled_from(KINDS),
    st.integers(0, 2**32),
    st.floats(2.0, 88.0),
    st.floats(1.0, 4.0),
)
def test_nothing_that_could_be_seen_changed_outside_the_mask(
    name: str, kind: str, seed: int, least: float, times: float
) -> None:
    good = GOOD[name]
    before = good.copy()
    made = spoiled(
        good,
        np.random.default_rng(seed),
        others=[OTHERS[name]],
        kinds=[kind],
        sizes=(least, least * times),
    )
    assert np.array_equal(good, before), "the picture given is never written into"
    if made is None:
        return
    change = np.abs(made.picture.astype(int) - good).mean(axis=2)
    assert set(np.unique(made.mask)) == {0, 255}
    assert change[made.mask == 0].max(initial=0.0) < 4.5
    assert np.percentile(change[made.mask > 0], 90) >= 5.5
    assert made.kind == kind
    assert least <= made.size_px <= least * times


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_can_be_drawn_where_it_can_be_at_all(kind: str) -> None:
    for name, good in GOOD.items():
        possible = not (name == "board" and kind in NOT_ON_TWO_LEVELS)
        possible = possible and not (name == "plate" and kind in NEEDS_STRUCTURE | NEEDS_TEXTURE)
        drawn = [spoiled(good, np.random.default_rng(seed), kinds=[kind]) for seed in range(4)]
        assert any(made is not None for made in drawn) == possible, name


def test_the_same_state_makes_the_same_defect() -> None:
    for good in GOOD.values():
        first, again = (spoiled(good, np.random.default_rng(5)) for _ in range(2))
        assert first is not None
        assert again is not None
        assert np.array_equal(first.picture, again.picture)
        assert np.array_equal(first.mask, again.mask)
        assert (first.kind, first.size_px) == (again.kind, again.size_px)


def test_on_a_black_picture_no_defect_can_be_seen() -> None:
    assert spoiled(np.zeros((64, 64, 3), np.uint8), np.random.default_rng(0), others=[]) is None


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (7, 7), (12, 9)])
def test_pictures_too_small_for_a_defect_end_soon(shape: tuple[int, int]) -> None:
    good = np.full((*shape, 3), 130, np.uint8)
    for seed in range(10):
        made = spoiled(good, np.random.default_rng(seed))
        assert made is None or made.picture.shape == good.shape


@pytest.mark.parametrize("kind", ["stain", "patch"])
def test_small_defects_are_as_frequent_as_large_ones(kind: str) -> None:
    good, other = plate(3), plate(4, level=90.0)
    made = [
        spoiled(good, np.random.default_rng(seed), others=[other], kinds=[kind], sizes=(5.0, 50.0))
        for seed in range(120)
    ]
    drawn = np.array([one.size_px for one in made if one is not None])
    # of all that were drawn: none is too small or too large to show on a quiet surface
    assert len(drawn) > 100
    uniform = np.log(drawn / 5.0) / np.log(10.0)
    assert stats.kstest(uniform, "uniform").pvalue > 0.01


def test_without_limits_the_largest_is_half_the_shorter_side() -> None:
    made = [spoiled(plate(3), np.random.default_rng(seed), kinds=["stain"]) for seed in range(60)]
    sizes = [one.size_px for one in made if one is not None]
    assert 3.0 <= min(sizes) < 6.0
    assert 50.0 < max(sizes) <= 80.0


def test_a_defect_is_about_as_large_as_it_says() -> None:
    for kind, least in (("stain", 0.4), ("scratch", 0.7), ("patch", 0.4), ("crack", 0.5)):
        for seed in range(8):
            made = spoiled(plate(5), np.random.default_rng(seed), kinds=[kind], sizes=(30.0, 60.0))
            assert made is not None
            rows, columns = np.nonzero(made.mask)
            if min(rows.min(), columns.min()) == 0 or rows.max() == 159 or columns.max() == 191:
                continue  # cut off by the picture's border
            _, longest = extent(made.mask, mm_per_pixel=1.0)
            assert least * made.size_px <= longest <= 1.5 * made.size_px + 4.0, kind


def test_a_grey_photograph_stays_grey_and_a_coloured_one_may_change_its_colour() -> None:
    for seed in range(15):
        made = spoiled(plate(6), np.random.default_rng(seed), others=[plate(7)])
        assert made is not None
        assert np.array_equal(made.picture[..., 0], made.picture[..., 2])
    shifts = []
    for seed in range(12):
        made = spoiled(machined(1), np.random.default_rng(seed), kinds=["stain"])
        assert made is not None
        change = made.picture[made.mask > 0].astype(float) - machined(1)[made.mask > 0]
        shifts.append(float(np.ptp(change.mean(axis=0))))
    assert max(shifts) > 12.0


def test_a_board_of_two_levels_keeps_them() -> None:
    for seed in range(25):
        made = spoiled(board(1), np.random.default_rng(seed), others=[board(2)])
        assert made is not None
        assert set(np.unique(made.picture)) <= {0, 255}
        changed = np.any(made.picture != board(1), axis=2)
        assert np.all(made.mask[changed] == 255)
        assert np.count_nonzero(changed) > 0.6 * np.count_nonzero(made.mask)


def test_a_board_that_was_made_smaller_keeps_rims_as_soft_as_its_own() -> None:
    good = cv2.resize(board(1), (120, 120), interpolation=cv2.INTER_AREA).astype(np.uint8)
    between = np.mean((good > 40) & (good < 215))
    for seed in range(15):
        made = spoiled(good, np.random.default_rng(seed))
        assert made is not None
        assert np.mean((made.picture > 40) & (made.picture < 215)) < 1.6 * between


@pytest.mark.parametrize("kind", ["stain", "scratch", "crack", "dent", "smear", "pinhole", "pieces"])
def test_the_background_keeps_clear_of_what_is_on_the_part(kind: str) -> None:
    good = machined(1)
    background = good.max(axis=2) == 0
    for seed in range(8):
        made = spoiled(good, np.random.default_rng(seed), kinds=[kind])
        assert made is not None
        changed = np.any(made.picture != good, axis=2) & background
        assert np.count_nonzero(changed) <= 0.1 * np.count_nonzero(made.mask)


def test_faint_and_strong_ones_are_drawn() -> None:
    peaks = []
    for seed in range(50):
        made = spoiled(plate(8), np.random.default_rng(seed), kinds=["stain"], sizes=(10.0, 40.0))
        assert made is not None
        change = np.abs(made.picture.astype(int) - plate(8)).mean(axis=2)
        peaks.append(float(np.percentile(change[made.mask > 0], 90)))
    assert min(peaks) < 16.0
    assert max(peaks) > 70.0


def test_on_coarse_grain_defects_are_stronger() -> None:
    def typical(noise: float) -> float:
        good = plate(9, noise=noise)
        changes = []
        for seed in range(20):
            made = spoiled(good, np.random.default_rng(seed), kinds=["pinhole"], sizes=(4.0, 6.0))
            if made is not None:
                change = np.abs(made.picture.astype(int) - good).mean(axis=2)
                changes.append(float(change[made.mask > 0].max()))
        return float(np.min(changes))

    assert typical(24.0) > 1.5 * typical(3.0)


def test_an_unknown_kind_is_said() -> None:
    with pytest.raises(ValueError, match="no kind of defect is called 'rust'"):
        spoiled(plate(1), np.random.default_rng(0), kinds=["rust"])


@pytest.mark.parametrize("draw", [lambda: plate(1), lambda: machined(1)])
def test_kinds_that_do_not_fit_the_sizes_are_not_drawn(draw: Callable[[], Picture]) -> None:
    assert spoiled(draw(), np.random.default_rng(0), kinds=["pinhole"], sizes=(7.0, 20.0)) is None
    made = spoiled(draw(), np.random.default_rng(0), kinds=["pinhole", "stain"], sizes=(7.0, 20.0))
    assert made is not None
    assert made.kind == "stain"
