"""Drawn defects show, their masks are true, and what was not drawn on stays as it was."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection.part import Picture
from models.benchmarks.drawing.drawer import (
    EXTENT,
    LEAST_CONTRAST,
    LEAST_EXTENT_PX,
    SHOWN_LEVELS,
    SHOWN_PIXELS,
    draw_defect,
)
from models.benchmarks.drawing.kinds import KINDS


def surface(seed: int, *, roughness: float = 6.0) -> Picture:
    """A grey surface with stripes, 96 x 128."""
    rng = np.random.default_rng(seed)
    stripes = 30.0 * np.sin(np.arange(128) / 5.0)[None, :, None]
    rough = rng.normal(0.0, roughness, (96, 128, 1))
    return np.clip(rng.uniform(40.0, 210.0) + stripes + rough + np.zeros(3), 0, 255).astype(np.uint8)


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_defect_shows_where_its_mask_says_and_nowhere_else(seed: int) -> None:
    good = surface(seed % 7)
    before = good.copy()
    drawn = draw_defect(good, seed=seed)
    assert np.array_equal(good, before), "the good picture was drawn on"
    change = np.abs(drawn.picture.astype(int) - good.astype(int)).max(axis=2)
    assert np.array_equal(drawn.mask, change >= SHOWN_LEVELS)
    assert drawn.mask.sum() >= SHOWN_PIXELS
    assert change[drawn.mask].mean() >= LEAST_CONTRAST
    rows, columns = np.nonzero(change)
    extent = max(np.ptp(rows), np.ptp(columns)) + 1
    # a drop's foot runs out a little, and a bar's or chip's diagonal is its extent
    assert extent <= 1.3 * max(LEAST_EXTENT_PX, EXTENT[1] * 96) + 4


def test_every_kind_is_drawn_where_there_is_something_to_see() -> None:
    checks = np.where(np.add.outer(np.arange(96) // 4, np.arange(128) // 4) % 2, 60, 190)
    checked = np.repeat(checks[..., None], 3, axis=2).astype(np.uint8)
    kinds = {draw_defect(checked, seed=seed).kind for seed in range(40)}
    assert kinds == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_leaves_the_edge_of_its_piece_alone(kind: str) -> None:
    for seed in range(10):
        piece = surface(seed)[8:89, 8:89].astype(np.float32)
        drawn = KINDS[kind](piece, np.random.default_rng(seed), 40.0, 1.0)
        change = np.abs(drawn - piece).max(axis=2)
        assert drawn.dtype == np.float32
        assert change.max() > SHOWN_LEVELS
        for edge in (change[0], change[-1], change[:, 0], change[:, -1]):
            assert edge.max() < 1.0


def test_a_rough_surface_gets_a_stronger_defect() -> None:
    rough = surface(3, roughness=45.0)
    drawn = draw_defect(rough, seed=1)
    change = np.abs(drawn.picture.astype(int) - rough.astype(int)).max(axis=2)
    assert change[drawn.mask].mean() > 1.3 * 45.0


def test_a_defect_lies_where_it_may() -> None:
    places = np.zeros((96, 128), np.bool_)
    places[20:24, 100:110] = True
    for seed in range(20):
        rows, columns = np.nonzero(draw_defect(surface(2), seed=seed, places=places).mask)
        assert abs(np.median(rows) - 22) < 16
        assert abs(np.median(columns) - 105) < 18


def test_the_same_seed_draws_the_same_and_no_place_is_refused() -> None:
    once, again = (draw_defect(surface(4), seed=9) for _ in range(2))
    assert np.array_equal(once.picture, again.picture)
    with pytest.raises(ValueError, match="no place"):
        draw_defect(surface(4), seed=9, places=np.zeros((96, 128), np.bool_))
