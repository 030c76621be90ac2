"""What a product is to the bench: pictures with their truth, and which of them hang together."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inspection.part import Picture
from models.benchmarks.drawing.drawer import draw_defect


@dataclass(frozen=True, kw_only=True)
class Specimen:
    """One picture of a product. It is read or rendered when it is asked for, anew each time."""

    name: str
    group: str
    """A position, a board, a roll: what a split holds out whole, as a new one would come to a station."""
    kin: str
    """Pictures of one kin are near-copies; those of different kin are as independent as there are any."""
    defective: bool
    read: Callable[[], Picture]


@dataclass(frozen=True, kw_only=True)
class Product:
    """A product that the memory is measured on."""

    name: str
    defects: Literal["real", "drawn"]
    """Drawn ones are what we think a defect is, so they are reported apart."""
    folder: str | None
    """Its photographs, below the folder of all of them; None: it is rendered."""
    specimens: Callable[[Path, int], tuple[Specimen, ...]]
    """From the folder of all photographs and a seed. Photographs are the same for every seed; what is
    rendered or drawn is another for each."""

    def missing(self, data: Path) -> str:
        """Say why its pictures cannot be had; the text is empty if they can."""
        if self.folder is None or (data / self.folder).is_dir():
            return ""
        return f"{data / self.folder} is not there"


def with_drawn_defect(
    read: Callable[[], Picture], *, seed: int, places: Callable[[Picture], NDArray[np.bool_]] | None = None
) -> Callable[[], Picture]:
    """Read a good picture and draw a defect on it.

    Args:
        read: Gives the good picture.
        seed: Draws the defect.
        places: Tells where on a picture its middle may lie; None: anywhere that all of it is on the picture.
    """

    def spoilt() -> Picture:
        picture = read()
        return draw_defect(picture, seed=seed, places=places and places(picture)).picture

    return spoilt
