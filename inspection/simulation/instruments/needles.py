"""A needle's outline in its own plane. Its axis is the truth; each outline is symmetric about it."""

from functools import lru_cache

import numpy as np

from inspection.simulation.instruments.designs import NeedleDesign
from inspection.simulation.instruments.marks import Points


def turned(outline: Points, angle: float) -> Points:
    """An outline along +y turned so that it points to ``angle``: radians, clockwise from up."""
    along, across = outline[:, 1:2], outline[:, 0:1]
    direction = np.array([np.sin(angle), -np.cos(angle)])
    moved: Points = along * direction + across * np.array([-direction[1], direction[0]])
    return moved


@lru_cache(maxsize=256)
def outlines(needle: NeedleDesign) -> tuple[Points, ...]:
    """Blade and tail, together the needle: x across, y along the axis, the pivot at the origin."""
    return (_blade(needle), *_tail(needle))


def disc(radius: float, *, along: float = 0.0) -> Points:
    """A circle about a point of the axis."""
    turn = np.linspace(0.0, 2 * np.pi, 40, endpoint=False)
    return np.stack([radius * np.sin(turn), along + radius * np.cos(turn)], axis=1)


def _mirrored(half: list[tuple[float, float]]) -> Points:
    """Half widths along the axis, from the hub to the tip, made a whole outline."""
    right = np.array([(wide, along) for along, wide in half])
    return np.concatenate([right, (right * np.array([-1.0, 1.0]))[::-1]])


def _blade(needle: NeedleDesign) -> Points:
    wide, tip, reach = needle.width / 2, needle.tip / 2, needle.reach
    match needle.form:
        case "hand":
            half = [(0.0, wide), (reach * 0.9, wide * 0.45 + tip * 0.55), (reach, tip)]
        case "wedge":
            half = [(0.0, wide), (reach, tip)]
        case "teardrop":
            bulge = [
                (reach * share, wide * float(np.sqrt(1 - (share / 0.2 - 1) ** 2)))
                for share in np.linspace(0, 0.2, 8)
            ]
            half = [*bulge, (reach * 0.45, wide * 0.5), (reach * 0.75, wide * 0.22 + tip), (reach, tip)]
        case "arrow":
            stem = wide * 0.42
            half = [(0.0, stem), (reach * 0.76, stem * 0.8), (reach * 0.74, wide), (reach, tip)]
        case "lance":
            half = [(0.0, wide * 0.55), (reach * 0.5, wide), (reach * 0.88, wide * 0.55), (reach, tip)]
        case "rod":
            half = [(0.0, wide), (reach * 0.96, max(wide * 0.7, tip)), (reach, tip)]
    return _mirrored(half)


def _tail(needle: NeedleDesign) -> list[Points]:
    wide, tail = needle.width / 2, needle.tail
    match needle.tail_form:
        case "":
            return []
        case "bar":
            return [_mirrored([(-tail, wide * 0.85), (0.0, wide)])]
        case "flare":
            return [_mirrored([(-tail, wide * 1.9), (-tail * 0.35, wide * 0.8), (0.0, wide)])]
        case "disc":
            size = max(wide * 1.7, 0.045)
            return [_mirrored([(-tail, wide * 0.5), (0.0, wide * 0.8)]), disc(size, along=-tail + size * 0.4)]
        case "crescent":
            size = max(wide * 2.2, 0.06)
            turn = np.linspace(-2.2, 2.2, 30)
            outer = np.stack([size * np.sin(turn), -tail + size - size * 1.0 * np.cos(turn)], axis=1)
            inner = np.stack(
                [size * 0.62 * np.sin(turn), -tail + size * 1.12 - size * 0.66 * np.cos(turn)], axis=1
            )
            return [
                _mirrored([(-tail + size * 0.2, wide * 0.5), (0.0, wide * 0.8)]),
                np.concatenate([outer, inner[::-1]]),
            ]
