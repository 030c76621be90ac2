"""Where a value lies on a scale, and what a picture's label says: the truth, by geometry alone."""

from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from inspection.simulation.instruments.designs import DialDesign, NeedleDesign, ScaleDesign

Points = NDArray[np.float64]
"""n x 2: x, y."""

_NAMED: Final[dict[str, tuple[int, int, int]]] = {
    "black": (20, 20, 22),
    "grey": (130, 130, 130),
    "white": (240, 240, 236),
    "red": (195, 30, 25),
    "orange": (245, 100, 30),
    "yellow": (235, 195, 45),
    "green": (30, 110, 50),
    "blue": (35, 70, 160),
}


def share_of(scale: ScaleDesign, value: float) -> float:
    """Share of the sweep, 0 at the first numbered mark and 1 at the last, at which ``value`` lies."""
    low, high = scale.values[0], scale.values[-1]
    straight = (value - low) / (high - low)
    match scale.law:
        case "linear":
            return straight
        case "sqrt":
            return float(np.sqrt(max(straight, 0.0)))
        case "square":
            return straight * abs(straight)
        case "log":
            return float(np.log(value / low) / np.log(high / low))
        case "reciprocal":
            middle = scale.values[len(scale.values) // 2]
            return (value / (value + middle)) / (high / (high + middle))
        case "table":
            return _smooth(scale, value)


def value_at(scale: ScaleDesign, share: float) -> float:
    """The value whose share of the sweep is ``share`` (0 to 1), to a thousandth of the finest stretch."""
    return float(np.interp(share, *_dense(scale)))


@lru_cache(maxsize=256)
def _dense(scale: ScaleDesign) -> tuple[list[float], list[float]]:
    """Shares and their values, 64 between two marks."""
    values: list[float] = []
    for low, high in zip(scale.values, scale.values[1:], strict=False):
        values += np.linspace(low, high, 64, endpoint=False).tolist()
    values.append(scale.values[-1])
    return [share_of(scale, value) for value in values], values


def _smooth(scale: ScaleDesign, value: float) -> float:
    """Share of a tabled scale: a smooth rising curve through its marks; real scales have no kinks there.

    A cubic between two marks each; the slope at a mark is that of the parabola through it and its
    neighbours, kept below three times the lesser secant: so it rises (Fritsch and Carlson 1980).
    """
    places, shares = np.array(scale.values), np.array(scale.shares)
    gaps, secants = np.diff(places), np.diff(shares) / np.diff(places)
    inner = (gaps[1:] * secants[:-1] + gaps[:-1] * secants[1:]) / (gaps[1:] + gaps[:-1])
    ends = 2.0 * secants[0] - inner[0], 2.0 * secants[-1] - inner[-1]
    slopes = np.concatenate([ends[:1], inner, ends[1:]])
    steepest = 3.0 * np.minimum(np.append(secants[:1], secants), np.append(secants, secants[-1:]))
    slopes = np.clip(slopes, 0.1 * steepest, steepest)
    at = int(np.clip(np.searchsorted(places, value, side="right") - 1, 0, len(gaps) - 1))
    part, gap = (value - places[at]) / gaps[at], gaps[at]
    rest = 1.0 - part
    return float(
        shares[at] * rest**2 * (1.0 + 2.0 * part)
        + shares[at + 1] * part**2 * (1.0 + 2.0 * rest)
        + gap * part * rest * (slopes[at] * rest - slopes[at + 1] * part)
    )


def angle_of(scale: ScaleDesign, value: float) -> float:
    """Direction of ``value`` on the plate: radians, clockwise from up."""
    sense = 1.0 if scale.direction == "cw" else -1.0
    return float(np.deg2rad(scale.start_deg + sense * scale.sweep_deg * share_of(scale, value)))


def on_ring(angles: Points | list[float], radius: float = 1.0) -> Points:
    """Points of the plate at ``radius`` in the directions ``angles`` (radians, clockwise from up)."""
    directions = np.asarray(angles, np.float64)
    return np.stack([radius * np.sin(directions), -radius * np.cos(directions)], axis=1)


def color_name(color: str) -> str:
    """What a person would call ``#rrggbb``."""
    rgb = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)], np.float64)
    return min(_NAMED, key=lambda name: float(np.sum((rgb - np.array(_NAMED[name])) ** 2)))


def label(
    design: DialDesign, *, file: str, center: Points, marks: Points, values: tuple[float, ...], reading: float
) -> dict[str, Any]:
    """The entry of LABELS for one picture (issue 13).

    Args:
        design: Of the instrument.
        file: Name that the entry gives.
        center: 1 x 2, the pivot in the picture, pixels.
        marks: n x 2, where the marks lie in the picture, pixels.
        values: n, theirs.
        reading: The truth, in the scale's unit.
    """
    return {
        "file": file,
        "center": [float(center[0, 0]), float(center[0, 1])],
        "marks": [[float(x), float(y), value] for (x, y), value in zip(marks, values, strict=True)],
        "direction": design.scale.direction,
        "unit": design.scale.unit,
        "reading": reading,
        "needle": {"color": color_name(design.needle.color), "second_needle": _second(design.drag)},
    }


def _second(drag: NeedleDesign | None) -> dict[str, str] | None:
    return None if drag is None else {"color": color_name(drag.color)}
