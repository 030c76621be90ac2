"""The simulated pump cover, rendered good; every second one gets a defect of the bench's own drawer."""

from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inspection.part import Picture
from inspection.simulation.cover import cover
from inspection.simulation.render import render
from inspection.simulation.spec import Variation, draw_part
from models.benchmarks.products.product import Product, Specimen, with_drawn_defect

_PARTS: Final = 400
_GOOD: Final = Variation(defect_rate=0.0)


def _specimens(_data: Path, seed: int) -> tuple[Specimen, ...]:
    found = []
    for number in range(_PARTS):
        read = partial(_rendered, seed, number)
        defective = number % 2 == 1
        found.append(
            Specimen(
                name=f"part {number}",
                group=f"part {number}",
                kin=f"part {number}",
                defective=defective,
                read=with_drawn_defect(read, seed=_PARTS * seed + number, places=_metal)
                if defective
                else read,
            )
        )
    return tuple(found)


def _rendered(seed: int, number: int) -> Picture:
    places = cover(_GOOD.label).places
    return render(draw_part(seed=seed, part_id=number, variation=_GOOD, places=places)).picture


def _metal(picture: Picture) -> NDArray[np.bool_]:
    """Where a defect may be; the part lies a few pixels off, so its borders are kept clear."""
    allowed = np.zeros(picture.shape[:2], np.bool_)
    columns, rows = cover(_GOOD.label).places.astype(np.intp).T
    allowed[rows, columns] = True
    return allowed


COVER: Final = Product(name="cover", defects="drawn", folder=None, specimens=_specimens)
