"""A part that lies differently under the camera each time, drawn small."""

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.levels import Picture

HEIGHT, WIDTH = 192, 256


def part(number: int, *, dial: int | None = None) -> Picture:
    """A plate with two holes and a slot, with the sensor's noise and light of its own; in the middle.

    ``dial`` draws a hand in a place of its own, which may point anywhere.
    """
    draw = np.random.default_rng(number)
    picture = np.full((HEIGHT, WIDTH, 3), 60, np.float32)
    cv2.rectangle(picture, (60, 50), (200, 140), (170, 160, 150), -1)
    for place in ((85, 75), (85, 115)):
        cv2.circle(picture, place, 9, (40, 40, 45), -1)
    cv2.rectangle(picture, (150, 112), (185, 122), (70, 60, 60), -1)
    if dial is not None:
        cv2.circle(picture, (155, 82), 22, (225, 225, 225), -1)
        angle = np.deg2rad(dial)
        tip = (round(155 + 19 * np.cos(angle)), round(82 + 19 * np.sin(angle)))
        cv2.line(picture, (155, 82), tip, (20, 20, 20), 3)
    light = draw.uniform(0.9, 1.1)
    return np.clip(picture * light + draw.normal(0, 2, picture.shape), 0, 255).astype(np.uint8)


def moved(picture: Picture, x: float, y: float, degrees: float = 0.0) -> Picture:
    """The part shifted by pixels and turned about the middle, clockwise; what was not seen is made up."""
    return np.asarray(
        cv2.warpAffine(picture, move(x, y, degrees), (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE),
        np.uint8,
    )


def move(x: float, y: float, degrees: float = 0.0) -> NDArray[np.float64]:
    """(2, 3): from the part in the middle to where ``moved`` puts it."""
    turned = cv2.getRotationMatrix2D(((WIDTH - 1) / 2, (HEIGHT - 1) / 2), -degrees, 1.0)
    matrix: NDArray[np.float64] = np.asarray(turned, np.float64) + np.array([[0.0, 0.0, x], [0.0, 0.0, y]])
    return matrix


def scattered(count: int, *, shift: float, degrees: float = 0.0, seed: int = 1) -> list[Picture]:
    """Good parts that lie up to so many pixels and degrees off."""
    draw = np.random.default_rng(seed)
    offsets = draw.uniform(-1, 1, (count, 3)) * (shift, shift, degrees)
    return [moved(part(number), *offset) for number, offset in enumerate(offsets)]
