"""In which direction a place differs from what is normal: the numbers that defects are told apart by.

A type of defect is a way of differing from good parts, not a look of its own: a crack on one product has more
in common with a crack on another than with the same place without it. So each of a place's most anomalous
cells is described by its difference to the nearest patch that the memory holds, in units in which good
patches vary alike in all directions (their covariance shrunk towards the identity; Ledoit and Wolf, 2004),
and by the direction of that difference alone: how strong a defect is says little of what it is. A place is
the mean of its cells, once for each of several extents, since a pin-hole is a few cells and a stain is many:
the examples decide how far each of them counts (:mod:`models.naming.ridges`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.memory.assessment import Assessment, Region
from models.memory.embedding import embed
from models.memory.memory import NormalityMemory

EXTENTS: Final = (1 / 8, 1.0, 3.0)
"""How many of a picture's cells are a place: parts of the share of cells that a memory scores pictures by."""
LEAST_LENGTH: Final = 1e-9
"""What is shorter has no direction and stays as it is."""


class Directions:
    """Describes places of one product's pictures, by what its memory holds for normal."""

    def __init__(self, memory: NormalityMemory) -> None:
        """Describe as ``memory`` sees; it holds at least one patch."""
        self._normal = memory.normal
        self._share = memory.settings.top_share
        bank = self._normal.bank
        # of one patch there is no covariance; then all directions count alike
        spread = torch.cov(bank.T, correction=0).double()
        variances, axes = torch.linalg.eigh(spread)
        shrinkage = memory.settings.shrinkage
        variances = (1.0 - shrinkage) * variances.clamp_min(0.0) + shrinkage * variances.mean()
        scale = variances.clamp_min(variances.new_tensor(LEAST_LENGTH)).rsqrt()
        self._whitening = (axes * scale @ axes.T).float()

    @property
    def channels(self) -> int:
        """How many numbers describe a place at one of its extents."""
        return int(self._whitening.shape[0])

    def of(self, assessment: Assessment, *, shape: Sequence[int]) -> tuple[NDArray[np.float32], ...]:
        """Describe each place that stands out on a picture.

        Args:
            assessment: What the memory says of the picture.
            shape: Height and width of that picture in pixels.

        Returns:
            One (extents, channels), rows of length 1 at most, for each of ``assessment.regions``, in their
            order; where there are none, one for ``assessment.foremost``.
        """
        regions = assessment.regions or (assessment.foremost,)
        seen = embed(assessment.features)
        # the memory's map may be finer than its patches
        size = (seen.columns, seen.rows)
        anomaly = cv2.resize(assessment.anomaly_map, size, interpolation=cv2.INTER_AREA)
        nearest = _nearest_region(regions, rows=seen.rows, columns=seen.columns, shape=shape)
        counts = [max(1, round(extent * self._share * anomaly.size)) for extent in EXTENTS]
        falling = np.argsort(-anomaly, axis=None, kind="stable")
        found = []
        for number in range(len(regions)):
            cells = falling[nearest.flat[falling] == number][: max(counts)]
            # a region between two cells of the grid may have none of its own
            seen_there = self._each(seen.patches[torch.from_numpy(cells if len(cells) else falling[:1])])
            found.append(np.stack([seen_there[:count].mean(0) for count in counts]))
        return tuple(found)

    def _each(self, patches: Tensor) -> NDArray[np.float32]:
        """The direction of each of some patches, (cells, channels), from what is normal."""
        scaled = patches / self._normal.deviation
        nearest = torch.cdist(scaled, self._normal.bank).argmin(1)
        differences = (scaled - self._normal.bank[nearest]) @ self._whitening
        return unit(differences.numpy())


def unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale each row of (…, channels) to length 1; what has no length stays."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    scaled: NDArray[np.float32] = rows / np.maximum(lengths, LEAST_LENGTH)
    return scaled


def _nearest_region(
    regions: Sequence[Region], *, rows: int, columns: int, shape: Sequence[int]
) -> NDArray[np.intp]:
    """Which of ``regions`` is nearest to each cell, the earlier one of equals: (rows, columns)."""
    y = (np.arange(rows)[:, None] + 0.5) * shape[0] / rows
    x = (np.arange(columns)[None, :] + 0.5) * shape[1] / columns
    distances = []
    for region in regions:
        left, top, width, height = region.box
        beside = np.maximum(np.maximum(left - x, x - (left + width)), 0.0)
        above = np.maximum(np.maximum(top - y, y - (top + height)), 0.0)
        distances.append(np.hypot(beside, above))
    nearest: NDArray[np.intp] = np.stack(distances).argmin(0)
    return nearest
