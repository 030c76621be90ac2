"""Lens, shutter, sensor and file: from linear light to the picture that a program gets."""

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.simulation.instruments.glass import Plane, in_color, spread
from inspection.simulation.instruments.scene import Scene

Picture = NDArray[np.uint8]


def linear(color: tuple[int, int, int]) -> NDArray[np.float32]:
    """Linear light of a colour of 8 bits; gamma is taken to be 2 throughout."""
    return np.asarray((np.array(color, np.float32) / np.float32(255.0)) ** 2, np.float32)


def photographed(light: Plane, scene: Scene) -> Picture:
    """The photograph of ``light`` (height x width x 3, linear, RGB) as RGB of 8 bits.

    Uneven light, exposure and white balance, blur by focus and by motion, noise of photons and of the sensor,
    clipping, gamma, JPEG: in this order.
    """
    rng = np.random.default_rng([scene.seed, 3])
    height, width = light.shape[:2]
    column = np.linspace(-1.0, 1.0, width, dtype=np.float32)[None, :]
    row = np.linspace(-1.0, 1.0, height, dtype=np.float32)[:, None]
    uneven = 1.0 + np.float32(scene.gradient[0]) * column + np.float32(scene.gradient[1]) * row
    uneven *= np.float32(scene.exposure)
    shown = in_color(light * spread(uneven), np.array(scene.tint))
    if scene.defocus_px > 0.2:
        shown = np.asarray(cv2.GaussianBlur(shown, (0, 0), scene.defocus_px), np.float32)
    if scene.motion_px > 1.0:
        shown = np.asarray(cv2.filter2D(shown, -1, _streak(scene.motion_px, scene.motion_deg)), np.float32)
    coded: Plane = np.asarray(cv2.sqrt(np.clip(shown, 0.0, 1.0, out=shown)), np.float32)
    if scene.noise > 0.0:  # photons' noise is even after a gamma of 2, the sensor's own is larger in the dark
        pattern = rng.integers(-127, 128, (height, width, 3), dtype=np.int8)
        coded += pattern * np.float32(scene.noise / 73.0)
    encoded: Picture = np.asarray(cv2.convertScaleAbs(np.maximum(coded, 0.0), alpha=255.0), np.uint8)
    if scene.jpeg >= 100:
        return encoded
    done, file = cv2.imencode(".jpg", encoded[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, scene.jpeg])
    assert done
    decoded = cv2.imdecode(file, cv2.IMREAD_COLOR)
    assert decoded is not None
    return np.array(decoded[..., ::-1], np.uint8)


def _streak(length: float, degrees: float) -> NDArray[np.float32]:
    """The kernel of an even motion of ``length`` pixels, centred."""
    side = int(np.ceil(length)) // 2 * 2 + 3
    kernel = np.zeros((side, side), np.float32)
    for share in np.linspace(-0.5, 0.5, 33):
        x = side // 2 + share * length * np.cos(np.deg2rad(degrees))
        y = side // 2 + share * length * np.sin(np.deg2rad(degrees))
        left, top = int(np.floor(x)), int(np.floor(y))
        for column, row in ((left, top), (left + 1, top), (left, top + 1), (left + 1, top + 1)):
            kernel[row, column] += max(0.0, 1 - abs(x - column)) * max(0.0, 1 - abs(y - row))
    return np.asarray(kernel / kernel.sum(), np.float32)
