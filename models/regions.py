"""Finds the anomalous regions of an anomaly map."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A connected region of a map that lies above a level; all in cells of the map."""

    box: tuple[int, int, int, int]
    """x, y, width, height."""
    area: int
    peak: float
    """The map's highest value inside."""
    peak_cell: tuple[int, int]
    """(row, column) of that value."""


def find_regions(anomaly: NDArray[np.float32], *, level: float, at_most: int) -> tuple[Spot, ...]:
    """Connected regions (8 neighbours) where the map lies above a level, the highest peak first.

    Args:
        anomaly: (rows, columns).
        level: cells above it belong to a region.
        at_most: how many regions to give; the lower ones are left out.

    Returns:
        Disjoint regions, by falling peak.
    """
    mask = (anomaly > level).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    found = []
    for label in range(1, len(stats)):
        inside = np.where(labels == label, anomaly, -np.inf)
        row, column = np.unravel_index(int(inside.argmax()), inside.shape)
        left, top, width, height, area = (int(value) for value in stats[label])
        found.append(
            Spot(
                box=(left, top, width, height),
                area=area,
                peak=float(anomaly[row, column]),
                peak_cell=(int(row), int(column)),
            )
        )
    return tuple(sorted(found, key=lambda spot: -spot.peak)[:at_most])
