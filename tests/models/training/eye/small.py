"""A training so small that it costs next to nothing."""

from typing import Final

import numpy as np

from inspection.part import Picture
from models.training.eye.teaching import Effort

SMALL: Final = Effort(trial_lessons=12, trial_steps=4, lessons=16, good_lessons=8, steps=6, folds=2)
AREA_PX: Final = 128 * 128


def brushed(number: int, *, side: int = 96) -> Picture:
    """A plate with a bore, no two alike: enough structure to draw defects on."""
    rng = np.random.default_rng(number)
    picture = (
        130.0 + rng.normal(0.0, 8.0) + rng.normal(0.0, 5.0, (side, 1, 1)) + rng.normal(0, 3, (side, side, 3))
    )
    rows, columns = np.mgrid[:side, :side]
    picture[(rows - side / 2) ** 2 + (columns - side / 2) ** 2 < (side / 5) ** 2] -= 70.0
    return np.clip(picture, 0, 255).astype(np.uint8)
