"""What a model of normality says of one picture: how unusual it is, and where.

Inspectors and the language model read these words and nothing else of whoever gave them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.backbone.features import FeatureMaps


@dataclass(frozen=True, kw_only=True)
class Region:
    """An anomalous place on the picture."""

    box: tuple[float, float, float, float]
    """The place itself, as x, y, width and height in pixels of the picture that was given."""
    area_px: float
    """The area of all cells above the level, in square pixels of that picture; larger than the place."""
    score: float
    """The highest patch score inside; 1 is the level from which cells count as a region."""
    evidence: NDArray[np.float32]
    """(channels,): the peak's features minus the nearest normal patch's, in deviations of good patches."""


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """What was found on one picture."""

    score: float
    """How unusual the picture is, about 0 for unseen good ones. It compares within one memory alone."""
    normal: bool
    """Whether the score lies below the threshold."""
    in_doubt: bool = False
    """Whether it is normal only because few groups were taught and differ, so that the threshold was moved
    up: good parts of another group may lie here, and so may defects."""
    confidence: float
    """Falls from 1 to 0 as the score rises: 0.99 for a middling good part, 0.5 at the threshold. It is no
    probability."""
    anomaly_map: NDArray[np.float32]
    """(rows, columns) over the whole picture; 1 is the level from which cells count as a region."""
    regions: tuple[Region, ...]
    """The regions above the level, the most anomalous first."""
    foremost: Region
    """The most anomalous place, whether it is above the level or not."""
    features: FeatureMaps
    """The tower's pass over the picture at working size, for whoever comes next."""
    closer: FeatureMaps | None = None
    """The trained eye's pass at its own working size, where there is an eye; likewise."""
