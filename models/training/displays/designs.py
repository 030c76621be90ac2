"""Displays of designs drawn at random: none of those that readers are tuned on or measured by."""

import colorsys
from typing import Final

import numpy as np

from inspection.simulation.instruments.designs import DisplayDesign

_WORDS: Final = (
    "LITRES", "PRICE", "kg", "TARE", "bar", "V DC", "AUTO", "°C", "mm", "COUNT", "FLOW", "NET", "kPa", "m3/h",
)  # fmt: skip
_HUES: Final = (0.0, 0.05, 0.1, 0.33, 0.45, 0.55, 0.6)
"""Of what shines: red, orange, amber, green, blue-green, blue."""


def drawn_design(rng: np.random.Generator) -> DisplayDesign:
    """A display with seven segments a digit, of a shape, colour and layout that real ones may have."""
    technology = rng.choice(["lcd", "lcd", "lcd", "led", "vfd"])
    ground, lit = _colours(technology, rng)
    digits = int(rng.integers(2, 9))
    stroke = float(rng.uniform(0.07, 0.18))
    width = float(rng.uniform(max(0.4, 3.0 * stroke), 0.66))
    housing, rim = _housing(rng), _housing(rng)
    return DisplayDesign(
        name=f"drawn-{int(rng.integers(1 << 40))}",
        technology=technology,
        ground=ground,
        lit=lit,
        unlit=float(rng.uniform(0.0, 0.25)) if rng.random() < 0.5 else 0.0,
        digits=digits,
        decimals=int(rng.integers(0, min(4, digits))),
        signed=bool(rng.random() < 0.2),
        leading_zeros=bool(rng.random() < 0.3),
        pitch=width * float(rng.uniform(1.22, 1.95)),
        width=width,
        stroke=stroke,
        slant_deg=float(rng.choice([0.0, rng.uniform(0.0, 14.0)])),
        gap=float(rng.uniform(0.0, 0.04)),
        ends=rng.choice(["hex", "square", "round"]),
        point=rng.choice(["square", "round", "comma"]),
        tails=bool(rng.random() < 0.85),
        hook=bool(rng.random() < 0.12),
        housing=housing,
        rim=rim if rng.random() < 0.7 else housing,
        words=tuple(rng.choice(_WORDS, int(rng.integers(0, 4)), replace=False)),
        frames=1,
    )


def _colours(technology: str, rng: np.random.Generator) -> tuple[str, str]:
    """Of the ground and of what is lit: liquid crystal is dark on bright, or now and then the reverse."""
    if technology != "lcd":
        hue = float(rng.choice(_HUES)) + float(rng.normal(0.0, 0.02))
        ground = _colour(hue, rng.uniform(0.0, 0.7), rng.uniform(0.02, 0.15))
        return ground, _colour(hue, rng.uniform(0.1, 1.0), 1.0)
    hue = float(rng.uniform(0.0, 1.0))
    bright = _colour(hue, rng.uniform(0.0, 0.45), rng.uniform(0.3, 1.0))
    dark = _colour(hue, rng.uniform(0.0, 0.5), rng.uniform(0.03, 0.22))
    return (dark, bright) if rng.random() < 0.15 else (bright, dark)


def _housing(rng: np.random.Generator) -> str:
    return _colour(rng.uniform(), rng.choice([0.05, 0.6], p=[0.8, 0.2]), rng.uniform(0.05, 0.98))


def _colour(hue: float, saturation: float, value: float) -> str:
    parts = colorsys.hsv_to_rgb(hue % 1.0, saturation, value)
    return "#" + "".join(f"{round(255 * part):02x}" for part in parts)
