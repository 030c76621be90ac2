"""Displays drawn by plain OpenCV: segments as polygons, light and dark, leaning, with points and rims."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import cv2
import numpy as np

from inspection.levels import Picture

LIT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "abcdef",
        "1": "bc",
        "2": "abdeg",
        "3": "abcdg",
        "4": "bcfg",
        "5": "acdfg",
        "6": "acdefg",
        "7": "abc",
        "8": "abcdefg",
        "9": "abcdfg",
        "-": "g",
        " ": "",
    }
)
HEIGHT, WIDTH, STROKE, PITCH = 100, 56, 13, 84
"""Of a digit, and from one to the next, in pixels."""


def _segment(name: str) -> list[tuple[float, float]]:
    gap, half = 1.5, STROKE / 2
    if name in "adg":
        y = {"a": half, "g": HEIGHT / 2, "d": HEIGHT - half}[name]
        left, right = half + gap, WIDTH - half - gap
        return [
            (left, y),
            (left + half, y - half),
            (right - half, y - half),
            (right, y),
            (right - half, y + half),
            (left + half, y + half),
        ]
    x = half if name in "ef" else WIDTH - half
    top, bottom = (half, HEIGHT / 2) if name in "bf" else (HEIGHT / 2, HEIGHT - half)
    top, bottom = top + gap, bottom - gap
    return [
        (x, top),
        (x + half, top + half),
        (x + half, bottom - half),
        (x, bottom),
        (x - half, bottom - half),
        (x - half, top + half),
    ]


def display(
    text: str,
    *,
    places: int = 6,
    lit: int = 40,
    ground: int = 140,
    ghost: int | None = None,
    slant: float = 0.1,
    missing: Sequence[tuple[int, str]] = (),
    rim_at: float | None = None,
    housing: int = 225,
    turned: bool = False,
    shown: float = 1.0,
    noise: float = 2.0,
) -> Picture:
    """A panel of ``places`` in a housing, ``text`` at its right, 576 x 1024 x 3.

    ``missing``: segments (place, name) that do not light; ``ghost``: grey of segments that are off;
    ``rim_at``: places from the left where a dark rim runs from top to bottom; ``shown``: how much of the lit
    contrast is there; ``turned``: upside down.
    """
    lit = round(ground + (lit - ground) * shown)
    picture = np.full((576, 1024), housing, np.uint8)
    left, top, margin = 150.0, 230.0, 30
    right = left + places * PITCH + 2 * margin - (PITCH - WIDTH)
    cv2.rectangle(
        picture, (int(left), int(top)), (int(right), int(top) + HEIGHT + 2 * margin), int(ground), cv2.FILLED
    )
    signs = _places(text, places)
    for place, (sign, point) in enumerate(signs):
        x0, y0 = left + margin + place * PITCH, top + margin
        for name in "abcdefg":
            on = name in LIT[sign] and (place, name) not in missing
            if on or ghost is not None:
                _fill(picture, _segment(name), x0, y0, slant, lit if on else int(ghost or 0))
        if point:
            x, y = WIDTH + (PITCH - WIDTH - STROKE) / 2, HEIGHT - STROKE
            square = [(x, y), (x + STROKE, y), (x + STROKE, y + STROKE), (x, y + STROKE)]
            _fill(picture, square, x0, y0, slant, lit)
    if rim_at is not None:
        x = left + margin + rim_at * PITCH + WIDTH - STROKE
        cv2.rectangle(
            picture, (int(x), int(top)), (int(x) + STROKE, int(top) + HEIGHT + 2 * margin), lit, cv2.FILLED
        )
    if turned:
        picture = np.ascontiguousarray(picture[::-1, ::-1])
    grain = np.random.default_rng(7).normal(0.0, noise, picture.shape)
    grey = np.clip(cv2.GaussianBlur(picture, (0, 0), 1.0) + grain, 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def _places(text: str, places: int) -> list[tuple[str, bool]]:
    signs: list[tuple[str, bool]] = []
    for sign in text:
        if sign == ".":
            signs[-1] = (signs[-1][0], True)
        else:
            signs.append((sign, False))
    return [(" ", False)] * (places - len(signs)) + signs


def _fill(
    picture: Picture, points: Sequence[tuple[float, float]], x0: float, y0: float, slant: float, grey: int
) -> None:
    where = [[(x0 + x + slant * (HEIGHT / 2 - y)) * 16, (y0 + y) * 16] for x, y in points]
    cv2.fillPoly(picture, [np.round(where).astype(np.int32)], int(grey), lineType=cv2.LINE_AA, shift=4)
