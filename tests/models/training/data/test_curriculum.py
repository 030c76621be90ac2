"""The curriculum never gets easier, and ends at the hardest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.simulation import Variation, cover, draw_part, render
from inspection.simulation.spec import MIN_CONTRAST
from models.training.data.curriculum import FULL_AT, variation_at

progresses = st.floats(0.0, 1.0)


def hardness(variation: Variation) -> np.ndarray:
    """Greater is harder, in each of its parts."""
    blur = variation.motion_blur_px
    return np.array([*np.negative(variation.contrast), *np.negative(variation.size), *blur, variation.light])


@given(progresses, progresses)
def test_later_is_never_easier(one: float, other: float) -> None:
    earlier, later = sorted((one, other))
    assert np.all(hardness(variation_at(earlier)) <= hardness(variation_at(later)) + 1e-12)


@given(st.floats(FULL_AT, 1.0))
def test_the_last_fifth_is_the_hardest(progress: float) -> None:
    assert variation_at(progress) == variation_at(1.0)
    assert variation_at(1.0).contrast[0] == MIN_CONTRAST
    assert variation_at(1.0).size[0] == 0.0


def test_pictures_get_harder() -> None:
    """What defects change in the picture, and their lengths, shrink from the first stage to the last."""

    def shown(progress: float) -> tuple[float, float]:
        variation = variation_at(progress, defect_rate=1.0)
        places = cover(variation.label).places
        parts = [draw_part(seed=5, part_id=n, variation=variation, places=places) for n in range(40)]
        lengths = [d.length_mm for part in parts for d in render(part).defects if d.length_mm]
        return float(np.mean([d.contrast for p in parts for d in p.defects])), float(np.mean(lengths))

    first, middle, last = map(shown, (0.0, 0.4, 1.0))
    assert first[0] > middle[0] > last[0]
    assert first[1] > middle[1] > last[1]


@pytest.mark.parametrize("progress", [-0.1, 1.1, float("nan")])
def test_progress_is_a_share(progress: float) -> None:
    with pytest.raises(ValueError, match="progress"):
        variation_at(progress)
