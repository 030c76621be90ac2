"""Products with real defects: the photographs, whose folders ``../shared/data/README.md`` describes."""

import csv
from functools import partial
from pathlib import Path
from typing import Final

from inspection.pictures.decoding.decoding import read_picture
from models.benchmarks.products.product import Product, Specimen
from models.benchmarks.splits import read_bsdata, read_magnetic_tile


def _bsdata(data: Path, _seed: int) -> tuple[Specimen, ...]:
    """Spindles: a position is held out whole; within one, pictures lie months apart."""
    return tuple(
        Specimen(
            name=sample.path.name,
            group=sample.group,
            kin=sample.path.name,
            defective=sample.defective,
            read=partial(read_picture, sample.path),
        )
        for sample in read_bsdata(data)
    )


def _magnetic_tile(data: Path, _seed: int) -> tuple[Specimen, ...]:
    """Tiles: a burst of exposures of one tile is held out whole, and its pictures are near-copies."""
    return tuple(
        Specimen(
            name=sample.path.name,
            group=sample.group,
            kin=sample.group,
            defective=sample.defective,
            read=partial(read_picture, sample.path),
        )
        for sample in read_magnetic_tile(data)
    )


def _pcb(data: Path, _seed: int) -> tuple[Specimen, ...]:
    """Circuit boards: a board is held out whole; the good and the bad crop of one place are a pair."""
    folder = data / "pcb"
    with (folder / "index.csv").open(newline="") as stream:
        return tuple(
            Specimen(
                name=row["file"],
                group=row["group"],
                kin=Path(row["file"]).name.partition("_")[0],
                defective=row["class"] != "good",
                read=partial(read_picture, folder / row["file"]),
            )
            for row in csv.DictReader(stream)
        )


BSDATA: Final = Product(name="bsdata", defects="real", folder="bsdata", specimens=_bsdata)
MAGNETIC_TILE: Final = Product(
    name="magnetic-tile", defects="real", folder="magnetic-tile", specimens=_magnetic_tile
)
PCB: Final = Product(name="pcb", defects="real", folder="pcb", specimens=_pcb)
