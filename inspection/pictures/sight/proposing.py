"""Proposing a mask from what was taught: where good parts vary most, a person may want nothing judged."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.errors import PassgateError
from inspection.pictures.sight.filling import Known
from inspection.recipe import Recipe, View

_FAR_OUT: Final = 3.0
"""Interquartile ranges above the upper quartile: far out, as Tukey calls it ("Exploratory Data Analysis",
1977)."""
_LEAST_CELLS: Final = 3
"""Fewer cells in one place are an edge or a reflection, and no region that may vary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A mask to look at, to change, and to teach with."""

    mask: Known
    """Of whole pictures; 255 where they are judged."""
    regions: int

    @property
    def masked(self) -> float:
        """Share of the picture."""
        return float((self.mask == 0).mean())

    def write(self, path: Path) -> None:
        """Write it as a PNG. Raises PassgateError where the disk refuses."""
        _, data = cv2.imencode(".png", self.mask)
        try:
            data.tofile(path)  # not cv2.imwrite: on Windows it takes no path with Chinese in it
        except OSError as error:
            raise PassgateError(f"cannot write {path}: {error}", todo="name another file") from error


def proposed(spread: NDArray[np.float32], *, recipe: Recipe, view: View) -> Proposal:
    """Where cells of good parts vary far more than the others.

    Args:
        spread: (rows, columns) over the view's region: how far unseen good parts lie from the taught ones.
        recipe: Says how large pictures are.
        view: Whose mask it is.
    """
    lower, upper = np.quantile(spread, (0.25, 0.75))
    far = (spread > upper + _FAR_OUT * (upper - lower)).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(far, connectivity=8)
    large = [label for label in range(1, count) if stats[label][cv2.CC_STAT_AREA] >= _LEAST_CELLS]
    varies = np.isin(labels, large).astype(np.uint8)
    varies = np.asarray(cv2.dilate(varies, np.ones((3, 3), np.uint8)), np.uint8)  # what lies half in a cell
    rows, columns = spread.shape
    width, height = recipe.quality.size or (columns * 16, rows * 16)
    left, top, wide, high = view.region or (0, 0, width, height)
    mask = np.full((max(height, top + high), max(width, left + wide)), 255, np.uint8)
    there = np.asarray(cv2.resize(varies, (wide, high), interpolation=cv2.INTER_NEAREST), np.uint8)
    mask[top : top + high, left : left + wide][there > 0] = 0
    return Proposal(mask=mask, regions=len(large))
