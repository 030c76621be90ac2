"""What stands behind an instrument: a wall, brushed metal, pipes, or a cluttered machine, out of focus."""

import cv2
import numpy as np

from inspection.simulation.instruments.glass import Plane

_COARSE = 4
"""It is painted so much coarser than the picture: it lies behind what the lens is focused on."""


def backdrop(size: tuple[int, int], rng: np.random.Generator) -> Plane:
    """Linear light, height x width x 3, for a picture of ``size`` (width, height)."""
    width, height = max(8, size[0] // _COARSE), max(8, size[1] // _COARSE)
    base = rng.uniform(0.02, 0.5) * np.clip(1.0 + rng.normal(0.0, 0.07, 3), 0.5, 1.5)
    canvas = np.broadcast_to(base.astype(np.float32), (height, width, 3)).copy()
    kind = rng.integers(4)
    if kind == 1:
        streaks = (
            rng.normal(1.0, 0.12, (height, 1, 1))
            if rng.random() < 0.5
            else rng.normal(1.0, 0.12, (1, width, 1))
        )
        canvas *= streaks.astype(np.float32)
    elif kind == 2:
        for _ in range(int(rng.integers(1, 4))):
            _pipe(canvas, rng)
    elif kind == 3:
        for _ in range(int(rng.integers(4, 12))):
            left, top = int(rng.integers(width)), int(rng.integers(height))
            right, bottom = left + int(rng.integers(3, width)), top + int(rng.integers(3, height))
            canvas[top:bottom, left:right] = rng.uniform(0.01, 0.6) * np.clip(
                1.0 + rng.normal(0.0, 0.12, 3), 0.3, 1.7
            )
    cloud = cv2.resize(
        rng.normal(1.0, 0.12, (5, 5)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
    )
    canvas *= cloud[..., None]
    canvas = np.asarray(cv2.GaussianBlur(canvas, (0, 0), rng.uniform(0.6, 2.5)), np.float32)
    return np.clip(cv2.resize(canvas, size, interpolation=cv2.INTER_LINEAR), 0.0, 2.0)


def _pipe(canvas: Plane, rng: np.random.Generator) -> None:
    """A cylinder across the picture, lit from one side."""
    height, width = canvas.shape[:2]
    upright = rng.random() < 0.6
    length = width if upright else height
    middle, half = rng.uniform(0.0, length), rng.uniform(0.08, 0.25) * length
    across = (np.arange(length, dtype=np.float32) - middle) / half
    within = np.abs(across) < 1.0
    shade = np.where(within, 0.25 + 0.75 * np.sqrt(np.clip(1.0 - (across + 0.35) ** 2, 0.0, 1.0)), 0.0)
    color = rng.uniform(0.08, 0.6) * np.clip(1.0 + rng.normal(0.0, 0.12, 3), 0.3, 1.7)
    strip = (shade[:, None] * color).astype(np.float32)
    if upright:
        canvas[:, within] = strip[within][None]
    else:
        canvas[within] = strip[within][:, None]
