"""Characters of 5 x 7 dots drawn by plain OpenCV, in a font of the tests' own: round dots, light or dark."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import cv2
import numpy as np

from inspection.levels import Picture

FONT: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        "0": (" ### ", "#   #", "#   #", "#   #", "#   #", "#   #", " ### "),
        "1": ("  #  ", " ##  ", "# #  ", "  #  ", "  #  ", "  #  ", "#####"),
        "2": (" ### ", "#   #", "    #", "  ## ", " #   ", "#    ", "#####"),
        "3": ("#####", "    #", "   # ", "  ## ", "    #", "#   #", " ### "),
        "4": ("#   #", "#   #", "#   #", "#####", "    #", "    #", "    #"),
        "5": ("#####", "#    ", "#    ", "#### ", "    #", "#   #", " ### "),
        "6": ("  ###", " #   ", "#    ", "#### ", "#   #", "#   #", " ### "),
        "7": ("#####", "    #", "   # ", "  #  ", "  #  ", "  #  ", "  #  "),
        "8": (" ### ", "#   #", "#   #", " ### ", "#   #", "#   #", " ### "),
        "9": (" ### ", "#   #", "#   #", " ####", "    #", "   # ", "###  "),
        "-": ("     ", "     ", "     ", " ### ", "     ", "     ", "     "),
        ".": ("     ", "     ", "     ", "     ", "     ", " ##  ", " ##  "),
        "O": (" ### ", "#   #", "#   #", "#   #", "#   #", "#   #", " ### "),
        "L": ("#    ", "#    ", "#    ", "#    ", "#    ", "#    ", "#####"),
        "k": ("#    ", "#    ", "#  # ", "# #  ", "##   ", "# #  ", "#  # "),
        " ": ("     ",) * 7,
        "#": ("#####",) * 7,
    }
)
DOT: Final = 9
"""Pixels from one dot to the next."""
PITCH: Final = 6.5 * DOT
"""Pixels from one character to the next."""
LEFT, TOP, ROOM = 120, 90, 36
Corners = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]


def field(first: int, last: int) -> Corners:
    """Corners of the places from ``first`` to before ``last``."""
    left, right = LEFT + first * PITCH - 0.5, LEFT + last * PITCH - 1.5 * DOT - 0.5
    return ((left, TOP - 0.5), (right, TOP - 0.5), (right, TOP + 7 * DOT - 0.5), (left, TOP + 7 * DOT - 0.5))


def dotted(
    text: str,
    *,
    lit: int = 40,
    ground: int = 150,
    housing: int = 80,
    unlit: float = 0.06,
    lone_point: int | None = None,
    blur: float = 1.2,
    flipped: Sequence[tuple[int, int, int]] = (),
    shown: Sequence[float] | None = None,
    below: str = "",
) -> Picture:
    """A panel in its housing with ``text``, a place a character.

    ``lone_point``: after which place one dot stands low in the gap; ``flipped``: dots (place, row, column)
    that are wrong; ``shown``: how strongly each place is lit; ``below``: another line.
    """
    lines = [text, below] if below else [text]
    width = int(LEFT * 2 + len(text) * PITCH)
    height = TOP * 2 + 7 * DOT + (len(lines) - 1) * 9 * DOT
    picture = np.full((height, width), housing, np.float32)
    picture[TOP - ROOM : height - TOP + ROOM, LEFT - ROOM : width - LEFT + ROOM - 14] = ground
    for number, line in enumerate(lines):
        for place, sign in enumerate(line):
            for row in range(7):
                for column in range(5):
                    on = (FONT[sign][row][column] == "#") != ((place, row, column) in flipped)
                    share = (1.0 if shown is None else shown[place]) if on else unlit
                    grey = ground + (lit - ground) * max(share, unlit)
                    _dot(picture, LEFT + place * PITCH + (column + 0.5) * DOT, row + 9 * number, grey)
    if lone_point is not None:
        _dot(picture, LEFT + lone_point * PITCH + 5.75 * DOT, 6, lit)
    grain = np.random.default_rng(3).normal(0.0, 2.0, picture.shape)
    grey_levels = np.clip(cv2.GaussianBlur(picture, (0, 0), blur) + grain, 0, 255).astype(np.uint8)
    return np.repeat(grey_levels[..., None], 3, axis=2)


def _dot(picture: np.ndarray, x: float, row: int, grey: float) -> None:
    centre = (round(x * 16 - 8), round((TOP + (row + 0.5) * DOT) * 16 - 8))
    cv2.circle(picture, centre, round(0.43 * DOT * 16), float(grey), cv2.FILLED, cv2.LINE_AA, 4)
