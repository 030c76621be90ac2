"""How much of a lit segment would show where a reflection lies: "nothing seen" is not always "nothing lit".

A reflection adds light to lit and unlit segments alike: the dark ones of an LCD then take a smaller share
away, and the bright ones of an LED come up to where the picture is saturated. Pure.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from inspection.gauges.display.panel import Array
from inspection.gauges.display.strokes import BLACK

_GAMMA: Final = 2.2
"""Of pictures: grey level to light."""
_WHITE: Final = 250.0
"""Grey level from which on a picture counts as saturated."""
_NOISES: Final = 3.0
"""Standard deviations that a segment's depth must have to show."""
_LEAST_GREY: Final = 5.0
"""Grey levels that it must have: about what the quantisation of a usual JPEG leaves of a stroke."""


@dataclass(frozen=True)
class Lit:
    """How what is lit looks in this picture, and what is not."""

    dark: bool
    depth: float
    """Of what is lit, above what is not; as in ``Strokes``."""
    noise: float
    """Standard deviation of what is not lit, by ``depth``."""
    unlit: float
    """Depth of what is not lit: the noise of the ground."""
    ground: float
    """Grey level beside what is lit."""

    def left(self, ground: Array) -> Array:
        """How much of the depth would be left on grounds of these grey levels; 1 where nothing is lost."""
        if not self.dark:
            return np.asarray(np.clip((_WHITE - ground) / self.depth, 0.0, 1.0), np.float32)
        here = ((max(self.ground, 0.0) + BLACK) / 255.0) ** _GAMMA
        there = ((np.maximum(ground, 0.0) + BLACK) / 255.0) ** _GAMMA
        taken = np.minimum(here * (1.0 - np.exp(-_GAMMA * self.depth)) / there, 0.999)
        left = np.clip(-np.log(1.0 - taken) / (_GAMMA * self.depth), 0.0, 1.0)
        return np.asarray(np.where(ground < _WHITE, left, 0.0), np.float32)

    def visible(self, ground: Array, ramp: Array | float = 0.0) -> Array:
        """How much of the depth would be left there, as a share; 0 where noise and rounding would hide it.

        ``ramp``: by how much the ground rises across a stroke, as depth. A closing fills a valley on a slope
        up to its lower side only: so much of the depth is lost.
        """
        depth = self.left(ground) * self.depth - ramp
        if self.dark:
            grey, noise = depth * (ground + BLACK), self.noise * self.depth * (self.ground + BLACK)
        else:
            grey, noise = depth, self.noise * self.depth
        shows = (grey > _NOISES * noise) & (grey > _LEAST_GREY)
        return np.asarray(np.where(shows, depth / self.depth, 0.0), np.float32)
