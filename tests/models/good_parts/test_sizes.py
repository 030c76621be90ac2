"""What a picture's size tells: the least follows from the tower's cells, the odd ones from what is usual."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.good_parts import sizes

WORKING, STRIDES = (256, 320), (8, 16, 32)
SIDE = st.integers(1, 3000)


def test_the_examples_hold() -> None:
    assert doctest.testmod(sizes).failed == 0


@given(SIDE, SIDE)
def test_too_small_is_what_leaves_a_cell_without_a_pixel_of_its_own(height: int, width: int) -> None:
    shared = height * STRIDES[0] < WORKING[0] or width * STRIDES[0] < WORKING[1]
    assert bool(sizes.too_small((height, width), working=WORKING, strides=STRIDES)) is shared


@given(st.lists(st.tuples(SIDE, SIDE), min_size=1, max_size=40))
def test_a_set_without_a_usual_size_has_no_odd_ones_and_finer_ones_are_never_odd(
    found: list[tuple[int, int]],
) -> None:
    odd = sizes.coarser(found, working=WORKING, strides=STRIDES)
    assert len(odd) <= max(1, len(found) // 10)
    for index in odd:
        assert 2 * found.count(found[index]) < len(found)
        assert found[index][0] < WORKING[0] or found[index][1] < WORKING[1]


@pytest.mark.parametrize(("others", "named"), [(1, 1), (2, 0)])
def test_one_in_ten_is_an_accident_and_more_are_a_variant(others: int, named: int) -> None:
    found = [(480, 640)] * 12 + [(60, 80)] * others
    assert len(sizes.coarser(found, working=WORKING, strides=STRIDES)) == named


def test_a_tower_with_one_map_has_no_next_one_to_fall_onto() -> None:
    found = [(480, 640)] * 8 + [(60, 80)]
    assert sizes.coarser(found, working=WORKING, strides=(14,)) == []
