"""What the net is shown: places of rendered displays, seen worse, and what stands in none of them."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.gauges.display.opinion.net import NOTHING, UNCLEAR
from inspection.gauges.display.opinion.view import BOTTOM, HIGH, LEFT, RIGHT, TOP, WIDE, cut_out
from inspection.levels import Picture
from models.training.displays.rendered import MINUS, Rendered

Lesson = tuple[Picture, int, float]
"""A place, which digit stands in it (or NOTHING, or UNCLEAR), and whether a point does behind it."""
NOT_ASKED: Final = -1.0
"""Whether a point stands behind a place without a digit."""
_BARS: Final = {
    "a": (0.0, 0.0, 1.0, 0.0), "b": (1.0, 0.0, 1.0, 0.5), "c": (1.0, 0.5, 1.0, 1.0),
    "d": (0.0, 1.0, 1.0, 1.0), "e": (0.0, 0.5, 0.0, 1.0), "f": (0.0, 0.0, 0.0, 0.5),
    "g": (0.0, 0.5, 1.0, 0.5),
}  # fmt: skip
_LIT: Final = (
    "abcdef", "bc", "abdeg", "abcdg", "bcfg", "acdfg", "acdefg", "abc", "abcdefg", "abcdfg",
)  # fmt: skip


def lesson(one: Rendered, rng: np.random.Generator) -> Lesson:
    """A place of the display, or beside it, drawn at random."""
    count = len(one.signs)
    place = int(rng.integers(count))
    quad = one.cells[place]
    corners = np.stack([quad[0], quad[1], quad[3]])
    across, down = corners[1] - corners[0], corners[2] - corners[0]
    sign = UNCLEAR if one.signs[place] == MINUS else one.signs[place]
    point = float(one.decimals > 0 and place == count - one.decimals - 1)
    kind = rng.random()
    if kind < 0.28:
        sign, point = UNCLEAR, NOT_ASKED
    if kind < 0.14:  # before or behind the number: blank places, rims, the housing
        sign = NOTHING
        before = rng.random() < 0.7
        places = -(place + 1 + rng.integers(0, 3)) if before else count - place + rng.integers(0, 2)
        corners = corners + across * one.pitch * places
    elif kind < 0.2:
        corners = corners + across * one.pitch * rng.uniform(0.35, 0.65) * rng.choice([-1, 1])
    elif kind < 0.24:
        corners = corners + down * rng.uniform(0.3, 1.5) * rng.choice([-1, 1])
    elif kind < 0.28:
        corners = corners.mean(0) + (corners - corners.mean(0)) * rng.choice([0.5, 1.6])
    seen = cut_out(one.picture, _astray(corners, rng))
    if sign < len(_LIT) and rng.random() < 0.1 and (spoilt := _spoilt(seen, sign, one, rng)) is not None:
        seen, sign = spoilt, UNCLEAR
    return _worse(seen, rng), sign, point


def _astray(corners: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """As a row that was fitted a little beside the digits has them."""
    across, down = corners[1] - corners[0], corners[2] - corners[0]
    off = 0.04 if rng.random() < 0.8 else 0.08
    moved = corners + rng.normal(0.0, off) * across + rng.normal(0.0, 0.6 * off) * down
    middle = moved[0] + across / 2 + down / 2
    moved = middle + (moved - middle) * np.exp(rng.normal(0.0, 0.04))
    moved[2] += across * rng.normal(0.0, 0.06)
    return np.asarray(moved, np.float64)


def _spoilt(seen: Picture, sign: int, one: Rendered, rng: np.random.Generator) -> Picture | None:
    """One of the digit's segments between lit and not: nobody can tell what it shows."""
    x0, y0, x1, y1 = _BARS[str(rng.choice(list(_LIT[sign])))]
    half, stroke = one.stroke / 2, one.stroke / one.width
    mask = np.zeros((HIGH, WIDE), np.uint8)
    ends = []
    for x, y in ((x0, y0), (x1, y1)):
        right, below = stroke / 2 + x * (1.0 - stroke), half + y * (1.0 - one.stroke)
        ends.append(
            (round((right - LEFT) / (RIGHT - LEFT) * WIDE), round((below - TOP) / (BOTTOM - TOP) * HIGH))
        )
    cv2.line(mask, ends[0], ends[1], 1, max(2, round(one.stroke * 1.25 / (BOTTOM - TOP) * HIGH)))
    inner = mask > 0
    edge = seen[(cv2.dilate(mask, np.ones((9, 9), np.uint8)) > 0) & ~inner].astype(np.float32)
    if not len(edge):
        return None
    core = seen[inner].astype(np.float32)
    ground = np.quantile(edge, 0.8 if core.mean() < edge.mean() else 0.2, axis=0).astype(np.float32)
    faded = seen.copy()
    faded[inner] = np.clip(core + (ground - core) * np.float32(rng.uniform(0.45, 0.9)), 0, 255)
    return faded


def _worse(seen: Picture, rng: np.random.Generator) -> Picture:
    """With reflections, other contrast, blur and noise, in either polarity."""
    if rng.random() < 0.5:
        seen = 255 - seen
    light = (seen.astype(np.float32) / np.float32(255.0)) ** np.float32(np.exp(rng.normal(0.0, 0.3)))
    if rng.random() < 0.45:
        mask = np.zeros((HIGH, WIDE), np.float32)
        for _ in range(int(rng.integers(1, 4))):
            points = rng.uniform(-0.3, 1.3, (int(rng.integers(3, 6)), 2)) * (WIDE, HIGH)
            cv2.fillConvexPoly(mask, cv2.convexHull(points.astype(np.int32)), float(rng.uniform(0.1, 1.0)))
        soft = float(np.exp(rng.uniform(np.log(0.4), np.log(8.0))))
        mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), soft), np.float32)
        tint = (rng.uniform(-0.15, 0.4) * rng.uniform(0.6, 1.0, 3)).astype(np.float32)
        light = light + mask[..., None] * tint
    gain, middle = np.exp(rng.normal(-0.15, 0.4)), rng.uniform(0.15, 0.85)
    light = (light - light.mean()) * np.float32(gain) + np.float32(middle)
    if rng.random() < 0.4:
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), float(rng.uniform(0.4, 1.6))), np.float32)
    noise = rng.standard_normal(light.shape, np.float32) * np.float32(rng.uniform(0.0, 0.04))
    return np.asarray(np.clip((light + noise) * 255.0, 0, 255), np.uint8)
