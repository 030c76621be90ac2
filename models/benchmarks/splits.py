"""Labelled photographs to measure on, split by group so that no near-copy of a taught picture is tested.

Random splits flatter: pictures of one group are near-copies (six exposures of one tile, one spot of a spindle
over months), and a memory that was taught one of them recognises the others.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal, Protocol, TypeAlias, TypeVar

import numpy as np

DatasetName: TypeAlias = Literal["bsdata", "magnetic-tile"]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One labelled photograph."""

    path: Path
    group: str
    defective: bool


class Grouped(Protocol):
    """What can be split by group."""

    @property
    def group(self) -> str:
        """What it hangs together with."""
        ...

    @property
    def defective(self) -> bool:
        """The truth."""
        ...


AnyGrouped = TypeVar("AnyGrouped", bound=Grouped)


def read_bsdata(data: Path) -> tuple[Sample, ...]:
    """BSData: ball-screw spindles; grouped by the spot on the spindle, defective where pits are marked."""
    folder = data / "bsdata"
    labels = json.loads((folder / "labels.json").read_text())
    return tuple(
        Sample(path=folder / "images" / file, group=label["position"], defective=bool(label["pits"]))
        for file, label in sorted(labels.items())
    )


def read_magnetic_tile(data: Path) -> tuple[Sample, ...]:
    """Magnetic tiles; grouped by tile (a burst of exposures), defective unless of class "free"."""
    folder = data / "magnetic-tile"
    with (folder / "index.csv").open(newline="") as stream:
        return tuple(
            Sample(
                path=folder / row["class"] / row["file"],
                group=row["group"],
                defective=row["class"] != "free",
            )
            for row in csv.DictReader(stream)
        )


READERS = MappingProxyType({"bsdata": read_bsdata, "magnetic-tile": read_magnetic_tile})


def group_split(
    samples: Sequence[AnyGrouped], *, teach_on: int, seed: int
) -> tuple[tuple[AnyGrouped, ...], tuple[AnyGrouped, ...]]:
    """Split by group: half of the groups that have good pictures teach, all other groups test.

    Args:
        samples: labelled photographs.
        teach_on: how many good pictures of the teaching groups to take, at random; fewer where fewer exist.
        seed: the same seed gives the same split.

    Returns:
        The good pictures to teach, and all pictures, good and defective, of the groups to test. No group is
        in both.
    """
    generator = np.random.default_rng(seed)
    teaching = half_of({sample.group for sample in samples if not sample.defective}, generator)
    pool = [sample for sample in samples if sample.group in teaching and not sample.defective]
    chosen = np.sort(generator.choice(len(pool), min(teach_on, len(pool)), replace=False))
    test = tuple(sample for sample in samples if sample.group not in teaching)
    return tuple(pool[index] for index in chosen), test


def label_split(
    samples: Sequence[Sample], *, teach_on: int, seed: int
) -> tuple[tuple[Sample, ...], tuple[Sample, ...], tuple[Sample, ...]]:
    """Split by group, the groups with good pictures and those without each in halves.

    Args:
        samples: labelled photographs.
        teach_on: how many good pictures of the teaching side to take, at random; fewer where fewer exist.
        seed: the same seed gives the same split.

    Returns:
        Good pictures to teach; all defective ones of the teaching side in random order, to take the first so
        many of; all pictures of the other groups, to test.
    """
    generator = np.random.default_rng(seed)
    with_good = {sample.group for sample in samples if not sample.defective}
    teaching: set[str] = set()
    for of_kind in (with_good, {sample.group for sample in samples} - with_good):
        teaching |= half_of(of_kind, generator)
    good = [sample for sample in samples if sample.group in teaching and not sample.defective]
    bad = [sample for sample in samples if sample.group in teaching and sample.defective]
    chosen = np.sort(generator.choice(len(good), min(teach_on, len(good)), replace=False))
    return (
        tuple(good[index] for index in chosen),
        tuple(bad[index] for index in generator.permutation(len(bad))),
        tuple(sample for sample in samples if sample.group not in teaching),
    )


def half_of(groups: Iterable[str], generator: np.random.Generator, *, larger: bool = False) -> set[str]:
    """Draw half of some groups at random; of an odd number the smaller half, or the ``larger`` one."""
    shuffled = sorted(groups)
    generator.shuffle(shuffled)
    return set(shuffled[: (len(shuffled) + larger) // 2])
