"""The products: groups and kin are what they are said to be, and what is drawn on shows."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from models.benchmarks.products.product import Specimen
from models.benchmarks.products.registry import PRODUCTS
from models.benchmarks.products.webbing import HEIGHT, WIDTH, webbing

DATA = Path(__file__).parents[5] / "shared" / "data"


def specimens(name: str, seed: int = 0) -> tuple[Specimen, ...]:
    product = PRODUCTS[name]
    if product.missing(DATA):
        pytest.skip("the photographs of ../shared/data are not here")
    return product.specimens(DATA, seed)


def test_there_are_six_products_and_drawn_defects_are_told_from_real_ones() -> None:
    assert {name: product.defects for name, product in PRODUCTS.items()} == {
        "bsdata": "real",
        "magnetic-tile": "real",
        "pcb": "real",
        "cover": "drawn",
        "needles": "drawn",
        "webbing": "drawn",
    }


@pytest.mark.parametrize("name", PRODUCTS)
def test_both_kinds_are_there_in_enough_groups_to_split_and_names_are_unique(name: str) -> None:
    found = specimens(name)
    assert len({one.name for one in found}) == len(found)
    assert Counter(one.defective for one in found).keys() == {False, True}
    assert len({one.group for one in found if not one.defective}) >= 6
    assert len({(one.kin, one.group) for one in found}) == len({one.kin for one in found}), (
        "near-copies are in two groups: a split would have one of them on each side"
    )


@pytest.mark.parametrize("name", PRODUCTS)
def test_a_picture_can_be_had_again_and_is_the_same(name: str) -> None:
    one = next(specimen for specimen in specimens(name) if specimen.defective)
    picture = one.read()
    assert picture.dtype == np.uint8
    assert picture.shape[2:] == (3,)
    assert np.array_equal(picture, one.read())


def test_a_good_and_a_bad_crop_of_a_board_are_a_pair() -> None:
    pairs: dict[str, list[bool]] = {}
    for one in specimens("pcb"):
        pairs.setdefault(one.kin, []).append(one.defective)
    assert len(pairs) == 264
    assert all(sorted(pair) == [False, True] for pair in pairs.values())


@pytest.mark.parametrize("name", ["cover", "webbing"])
def test_what_is_rendered_is_another_for_each_seed(name: str) -> None:
    first, other = (PRODUCTS[name].specimens(Path(), seed)[2].read() for seed in (0, 1))
    assert not np.array_equal(first, other)


def test_pieces_of_a_roll_are_more_alike_than_rolls() -> None:
    """Else a roll would be no group, and holding it out would tell nothing."""
    means = np.array([[webbing(0, roll, piece).mean((0, 1)) for piece in range(2)] for roll in range(6)])
    assert means[0, 0].shape == (3,)
    assert means.std(1).mean() < 0.5 * means.mean(1).std(0).mean()
    assert webbing(0, 0, 0).shape == (HEIGHT, WIDTH, 3)


def test_photographs_that_are_absent_are_told() -> None:
    nowhere = Path("/nowhere")
    absent = {name for name, product in PRODUCTS.items() if product.missing(nowhere)}
    assert absent == {"bsdata", "magnetic-tile", "pcb", "needles"}
    assert "/nowhere/pcb" in PRODUCTS["pcb"].missing(nowhere)
