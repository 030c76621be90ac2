"""Colours as people name them: ``red``, ``#c01818``, or ``auto`` where nobody says."""

import re
from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import BeforeValidator, Field

AUTO: Final = "auto"
_HEX: Final = re.compile(r"#[0-9a-fA-F]{6}")
_NAMED: Final[Mapping[str, tuple[int, int, int]]] = {
    "black": (20, 20, 20),
    "white": (240, 240, 240),
    "grey": (128, 128, 128),
    "gray": (128, 128, 128),
    "silver": (192, 192, 192),
    "red": (200, 30, 30),
    "orange": (240, 130, 20),
    "yellow": (240, 210, 30),
    "green": (30, 140, 60),
    "blue": (30, 70, 180),
    "brown": (110, 70, 40),
}
"""sRGB of what paint of that name looks like in mild light; a picture never shows exactly these."""


def _said(colour: object) -> object:
    return AUTO if colour is None else colour


Colour = Annotated[str, BeforeValidator(_said), Field(max_length=32)]
"""A name, ``#rrggbb``, or ``auto``; a word that is no known colour, and null, count as ``auto``."""


def rgb_of(colour: str) -> tuple[int, int, int] | None:
    """sRGB, 0 to 255 each; None for ``auto`` and for a word that is no known colour.

    >>> rgb_of("Red"), rgb_of("#102030"), rgb_of("auto"), rgb_of("like last year's")
    ((200, 30, 30), (16, 32, 48), None, None)
    """
    if _HEX.fullmatch(colour):
        return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
    return _NAMED.get(colour.strip().lower())
