"""Finds the anomalous regions of an anomaly map."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

CORE = 0.88
"""A core is where the interpolated map reaches this share of the region's peak.

A patch sees far beyond its own cell, so a region above the level is several times as wide as the defect in
it. Of 0.5 to 0.95 this share gave simulated defects (scratch, dent, stain, crack) the best boxes that do not
cut long ones: mean intersection over union 0.47 instead of 0.10, median length 1.3 times the true one.
"""

_FINE = 8
"""Interpolated points for each cell, along each axis."""


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A connected region of a map that lies above a level; all in cells of the map."""

    box: tuple[int, int, int, int]
    """x, y, width, height."""
    core: tuple[float, float, float, float]
    """x, y, width, height of the place itself, between cells: see ``CORE``."""
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
    rows, columns = anomaly.shape
    fine = cv2.resize(anomaly, (columns * _FINE, rows * _FINE), interpolation=cv2.INTER_CUBIC)
    fine_labels = np.kron(labels, np.ones((_FINE, _FINE), labels.dtype))
    found = []
    for label in range(1, len(stats)):
        inside = np.where(labels == label, anomaly, -np.inf)
        row, column = np.unravel_index(int(inside.argmax()), inside.shape)
        left, top, width, height, area = (int(value) for value in stats[label])
        found.append(
            Spot(
                box=(left, top, width, height),
                core=_core(np.where(fine_labels == label, fine, -np.inf)),
                area=area,
                peak=float(anomaly[row, column]),
                peak_cell=(int(row), int(column)),
            )
        )
    return tuple(sorted(found, key=lambda spot: -spot.peak)[:at_most])


def _core(inside: NDArray[np.floating]) -> tuple[float, float, float, float]:
    """Box, in cells, of the points around the highest one of a fine map that reach ``CORE`` of it."""
    mask = (inside >= CORE * inside.max()).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    left, top, width, height = stats[labels.flat[int(inside.argmax())]][:4] / _FINE
    return float(left), float(top), float(width), float(height)
