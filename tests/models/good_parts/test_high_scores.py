"""What raises the scores of good parts is said where their pictures tell it, and seldom where they do not."""

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import TypeAdapter

from models.good_parts.high_scores import HighScores

ROWS, COLUMNS = 16, 20


def seen(
    *, groups: int, each: int, blur: float = 0.0, place: tuple[int, int] | None = None, seed: int = 0
) -> HighScores:
    """Good parts whose scores rise with ``blur`` and of which two thirds of the groups vary at ``place``."""
    rng = np.random.default_rng(seed)
    of = np.repeat(np.arange(groups), each)
    sharpness = (0.3 + 0.05 * rng.normal(size=groups))[of]
    scores = rng.normal(size=groups)[of] - blur * 20.0 * (sharpness - 0.3)
    cells: NDArray[np.float32] = rng.gamma(4.0, 0.25, (groups, ROWS, COLUMNS)).astype(np.float32)[of]
    if place is not None:
        cells[of % 3 > 0, place[0], place[1]] += 9.0
    return HighScores.of(scores, sharpness=sharpness, cells=cells, groups=of.tolist())


def test_blur_is_named_where_scores_rise_with_it() -> None:
    assert 0.7 < seen(groups=30, each=2, blur=3.0).blur <= 1.0
    assert seen(groups=30, each=2, blur=-3.0).blur == 0.0, "sharp pictures that score high are no blur"


def test_a_place_that_varies_from_part_to_part_is_found() -> None:
    found = seen(groups=12, each=4, place=(3, 15))
    assert found.place == pytest.approx((15.5 / COLUMNS, 3.5 / ROWS), abs=1.0 / ROWS + 0.01)
    assert found.standing_out >= 7


@pytest.mark.parametrize(("groups", "each"), [(6, 5), (20, 2), (40, 1)])
def test_of_parts_of_which_neither_is_true_it_is_seldom_said(groups: int, each: int) -> None:
    found = [seen(groups=groups, each=each, seed=seed) for seed in range(60)]
    assert sum(one.blur > 0.0 for one in found) <= 3
    assert sum(one.place is not None for one in found) <= 3


def test_near_copies_are_no_witnesses_and_too_few_groups_say_nothing() -> None:
    found = seen(groups=4, each=25, blur=9.0, place=(3, 15))
    assert (found.blur, found.place) == (0.0, None)


def test_what_never_varies_divides_nothing_by_zero_and_is_kept_in_a_file() -> None:
    flat = HighScores.of(
        np.ones(8), sharpness=np.zeros(8), cells=np.ones((8, 1, 1), np.float32), groups=range(8)
    )
    assert (flat.blur, flat.place) == (0.0, None)
    adapter, found = TypeAdapter(HighScores), seen(groups=12, each=4, place=(3, 15))
    assert adapter.validate_json(adapter.dump_json(found)) == found
