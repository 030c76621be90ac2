"""Good parts to spoil: grain alone, a machined part in colour before a black background, a circuit board."""

import cv2
import numpy as np

from inspection.levels import Picture


def plate(seed: int, *, noise: float = 3.0, level: float = 130.0, side: int = 160) -> Picture:
    """A grey plate, nothing but grain."""
    grain = np.random.default_rng(seed).normal(level, noise, (side, side + 32, 1))
    return np.clip(np.repeat(grain, 3, axis=2), 0, 255).astype(np.uint8)


def machined(seed: int) -> Picture:
    """A brass disc with grooves and holes, before a black background, 176 x 176."""
    drawn = np.zeros((176, 176, 3), np.uint8)
    cv2.circle(drawn, (88, 88), 78, (165, 140, 80), -1, cv2.LINE_AA)
    for radius in (62, 40):
        cv2.circle(drawn, (88, 88), radius, (95, 80, 45), 5, cv2.LINE_AA)
    for turn in range(6):
        at = 88 + 51 * np.array([np.cos(turn * np.pi / 3), np.sin(turn * np.pi / 3)])
        cv2.circle(drawn, (int(at[0]), int(at[1])), 5, (40, 35, 25), -1, cv2.LINE_AA)
    grain = np.random.default_rng(seed).normal(1.0, 0.02, (176, 176, 1))
    return np.clip(drawn * grain, 0, 255).astype(np.uint8)


def board(seed: int) -> Picture:
    """A circuit board behind a threshold: lines 8 px wide, 16 px apart, with pads; 0 and 255 alone."""
    rng = np.random.default_rng(seed)
    drawn = np.full((176, 176), 255, np.uint8)
    for row in range(8, 176, 24):
        cv2.line(drawn, (0, row), (175, row), 0.0, 8)
        for column in rng.integers(12, 164, 2):
            cv2.circle(drawn, (int(column), row), 8, 0.0, -1)
    return np.repeat(drawn[..., None], 3, axis=2)
