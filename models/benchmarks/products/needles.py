"""Water-meter dials, photographed; every second one gets a drawn defect on its face."""

import csv
from functools import lru_cache, partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inspection.part import Picture
from inspection.pictures.decoding.decoding import picture_size, read_picture
from models.benchmarks.products.product import Product, Specimen, with_drawn_defect

_FACE: Final = 0.42
"""Radius of the dial's face, as a share of the crop's shorter side; the crops are centred on the dial."""


def _specimens(data: Path, seed: int) -> tuple[Specimen, ...]:
    """One for each photograph. Nobody noted the meters, but a meter's camera has one size of crop."""
    found = []
    for number, (path, size) in enumerate(_photographs(data / "needles")):
        read = partial(read_picture, path)
        defective = number % 2 == 1
        found.append(
            Specimen(
                name=path.name,
                group=f"{size[1]} x {size[0]}",
                kin=path.name,
                defective=defective,
                read=with_drawn_defect(read, seed=_drawn_by(seed, number), places=_face)
                if defective
                else read,
            )
        )
    return tuple(found)


@lru_cache(maxsize=1)
def _photographs(folder: Path) -> tuple[tuple[Path, tuple[int, int]], ...]:
    """The files with their height and width, which takes a second."""
    with (folder / "index.csv").open(newline="") as stream:
        paths = [folder / row["file"] for row in csv.DictReader(stream)]
    return tuple((path, picture_size(path)) for path in paths)


def _drawn_by(seed: int, number: int) -> int:
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0])


def _face(picture: Picture) -> NDArray[np.bool_]:
    height, width = picture.shape[:2]
    rows, columns = np.mgrid[:height, :width]
    from_middle = np.hypot(rows - (height - 1) / 2, columns - (width - 1) / 2)
    return np.asarray(from_middle < _FACE * min(height, width), np.bool_)


NEEDLES: Final = Product(name="needles", defects="drawn", folder="needles", specimens=_specimens)
