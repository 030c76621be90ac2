"""Photographs and masks to put into folders."""

from pathlib import Path

import cv2
import numpy as np
from cv2.typing import MatLike

HEIGHT, WIDTH = 60, 80
FORMATS = (".png", ".jpg", ".bmp", ".tif", ".webp")


def photograph(path: Path, *, seed: int = 0) -> Path:
    """A grey part with light from one side and a sensor's noise."""
    rng = np.random.default_rng(seed)
    light = np.linspace(80, 160, WIDTH)[None, :] + rng.normal(0, 4, (HEIGHT, WIDTH))
    return write(path, np.clip(light, 0, 255).astype(np.uint8))


def mask(path: Path, *, value: int = 255) -> Path:
    """One area of 20 x 10 pixels."""
    drawn = np.zeros((HEIGHT, WIDTH), np.uint8)
    drawn[20:30, 30:50] = value
    return write(path, drawn)


def write(path: Path, values: MatLike) -> Path:
    """Write a picture file with whatever folders it needs; channels in OpenCV's order."""
    path.parent.mkdir(parents=True, exist_ok=True)
    done, data = cv2.imencode(path.suffix, values)
    assert done
    path.write_bytes(data.tobytes())
    return path
