"""Where a value lies on a scale, and what a picture's label says: the truth, by geometry alone."""

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
            return float(np.interp(value, scale.values, scale.shares))


def value_at(scale: ScaleDesign, share: float) -> float:
    """The value whose share of the sweep is ``share`` (0 to 1), to a thousandth of the finest stretch."""
    values = np.concatenate(
        [
            np.linspace(low, high, 64, endpoint=False)
            for low, high in zip(scale.values, scale.values[1:], strict=False)
        ]
        + [np.array([scale.values[-1]])]
    )
    return float(np.interp(share, [share_of(scale, float(value)) for value in values], values))


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
