"""A rule as training makes it, of opinions that were drawn."""

from typing import Final

import numpy as np

from models.eye.rule import EyeRule

PICTURES: Final = 12


def rule(seed: int = 0, *, pictures: int = PICTURES, overkill: float = 0.05) -> EyeRule:
    rng = np.random.default_rng(seed)
    eye, whole = rng.normal(-3.0, 1.0, pictures), rng.normal(20.0, 2.0, pictures)
    return EyeRule.of(eye, eye + 1.0, whole, range(pictures), overkill=overkill)
