"""The pressure dial: a Bourdon gauge of 0 to 10 bar over 270 degrees, as EN 837-1 has it, and its needle."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from inspection.pictures.fonts import cjk_font
from inspection.simulation.defects import Plane
from inspection.simulation.spec import DIAL_MAX_BAR

_START = np.deg2rad(135.0)
_SWEEP = np.deg2rad(270.0)
_FACE_SCALE = 4
_NEEDLE_SCALE = 2
_INK = (0.045, 0.045, 0.05)


def needle_angle(bar: float) -> float:
    """Direction of the needle's tip for a reading: radians, clockwise from the picture's x axis.

    0 bar points to the lower left, 10 bar to the lower right.
    """
    return float(_START + _SWEEP * bar / DIAL_MAX_BAR)


def draw_dial(picture: Plane, *, center: tuple[float, float], radius: float, bar: float) -> None:
    """Draw the dial into ``picture`` (height x width x 3, float32, reflected light 0 to 1), in place.

    Args:
        picture: The dial must lie wholly within it.
        center: x, y of its axis; whole pixels.
        radius: Outer radius of the bezel, pixels.
        bar: What it shows.
    """
    face, cover = _face(radius)
    half = face.shape[0] // 2
    left, top = int(center[0]) - half, int(center[1]) - half
    tip = needle_angle(bar)
    shadow = _needle(half, radius, tip, shift=(2.0, 3.0))
    needle = _needle(half, radius, tip, shift=(0.0, 0.0))
    shown = face * (1.0 - 0.22 * shadow)[..., None]
    shown += needle[..., None] * (np.array(_INK, np.float32) - shown)
    _draw_hub(shown, half)
    under = picture[top : top + face.shape[0], left : left + face.shape[1]]
    under += cover * (shown - under)


@lru_cache(maxsize=2)
def _face(radius: float) -> tuple[Plane, Plane]:
    """The dial without its needle: side x side x 3, and how much of what lies below it covers."""
    half = int(np.ceil(radius)) + 4
    side, scale = 2 * half + 1, _FACE_SCALE
    image = Image.new("RGB", (side * scale, side * scale), (214, 213, 206))
    draw = ImageDraw.Draw(image)
    middle = side * scale / 2

    def at(bar: float, distance: float) -> tuple[float, float]:
        angle = needle_angle(bar)
        reach = distance * radius * scale
        return middle + reach * np.cos(angle), middle + reach * np.sin(angle)

    reach = 0.80 * radius * scale
    limits = (middle - reach, middle - reach, middle + reach, middle + reach)
    draw.arc(limits, np.rad2deg(needle_angle(8.0)), np.rad2deg(needle_angle(10.0)), (176, 36, 30), 3 * scale)
    for fifth in range(51):
        bar = fifth / 5.0
        inner, width = (0.67, 1.7) if fifth % 10 == 0 else (0.71, 1.3) if fifth % 5 == 0 else (0.75, 0.8)
        draw.line([at(bar, inner), at(bar, 0.81)], (20, 20, 22), round(width * scale))
    for number in range(0, 11, 2):
        font = cjk_font(round(0.15 * radius * scale), "Bold")
        draw.text(at(float(number), 0.53), str(number), (20, 20, 22), font=font, anchor="mm")
    small = cjk_font(round(0.13 * radius * scale))
    draw.text((middle, middle + 0.42 * radius * scale), "bar", (20, 20, 22), font=small, anchor="mm")
    tiny = cjk_font(round(0.08 * radius * scale))
    draw.text((middle, middle + 0.62 * radius * scale), "KL. 1.6", (60, 60, 64), font=tiny, anchor="mm")

    face = np.asarray(image, np.float32) / np.float32(255.0)
    y, x = (np.mgrid[: side * scale, : side * scale].astype(np.float32) + 0.5) / scale - side / 2
    distance, angle = np.hypot(x, y), np.arctan2(y, x)
    glare = 0.05 * np.exp(
        -(((x + 0.35 * radius) / (0.3 * radius)) ** 2) - ((y + 0.45 * radius) / (0.16 * radius)) ** 2
    )
    lamp_side = np.clip((np.cos(angle - 3.98) + 0.4) / 1.4, 0.0, 1.0)
    recess = 1.0 - 0.45 * lamp_side * np.exp(-np.maximum(0.87 * radius - distance, 0.0) / 3.0)
    face = face * recess[..., None].astype(np.float32) * 0.82 + glare[..., None]
    ring = (distance - 0.87 * radius) / (0.13 * radius)
    bright = 0.40 + 0.33 * np.cos(angle - 3.98) * np.cos(np.pi * ring) + 0.10 * np.cos(3 * angle + 1.0)
    bezel = np.clip(bright, 0.07, 0.9)[..., None] * np.array([1.0, 0.995, 0.98])
    face = np.where((ring > 0.0)[..., None], bezel, face)
    covered = np.clip(radius - distance + 0.5, 0.0, 1.0)
    size = (side, side)
    return (
        cv2.resize(face.astype(np.float32), size, interpolation=cv2.INTER_AREA),
        cv2.resize(covered.astype(np.float32), size, interpolation=cv2.INTER_AREA)[..., None],
    )


def _needle(half: int, radius: float, tip: float, *, shift: tuple[float, float]) -> Plane:
    """How much of each pixel the needle covers; drawn at twice the size with 1/256 pixel of play."""
    side = (2 * half + 1) * _NEEDLE_SCALE
    along = np.array([np.cos(tip), np.sin(tip)])
    across = np.array([-along[1], along[0]])
    outline = [
        along * 0.74 * radius + across * 0.35,
        along * 0.74 * radius - across * 0.35,
        along * 0.10 * radius - across * 2.4,
        -along * 0.22 * radius - across * 3.2,
        -along * 0.22 * radius + across * 3.2,
        along * 0.10 * radius + across * 2.4,
    ]
    points: NDArray[np.float64] = (np.array(outline) + np.array(shift) + half + 0.5) * _NEEDLE_SCALE - 0.5
    canvas = np.zeros((side, side), np.uint8)
    cv2.fillConvexPoly(canvas, np.round(points * 256.0).astype(np.int32), 255.0, cv2.LINE_AA, 8)
    small = cv2.resize(canvas, (2 * half + 1, 2 * half + 1), interpolation=cv2.INTER_AREA)
    return small.astype(np.float32) / np.float32(255.0)


def _draw_hub(shown: Plane, half: int) -> None:
    cv2.circle(shown, (half, half), 6, (0.11, 0.11, 0.12), -1, cv2.LINE_AA)
    cv2.circle(shown, (half - 1, half - 1), 2, (0.42, 0.42, 0.43), -1, cv2.LINE_AA)
