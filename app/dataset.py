"""Lays labelled photographs out in folders, split by group, for teaching, measuring and replaying."""

import csv
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from app.commands.output import progress
from inspection.cameras.folder import TRUTH_TABLE
from inspection.decision import Frozen
from inspection.errors import PassgateError
from models.benchmark import READERS, DatasetName, Sample, group_split


class Export(Frozen):
    """What was laid out where."""

    teach: Path
    """Good pictures to teach from, a subfolder for each group."""
    good: Path
    bad: Path
    """Pictures of the other groups, to measure on."""
    line: Path
    """The same pictures in one folder, mixed, with a table of truth: parts for the folder camera."""
    taught: int
    tested_good: int
    tested_bad: int


def export(dataset: DatasetName, *, data: Path, out: Path, teach_on: int, seed: int) -> Export:
    """Copy one split of ``dataset`` below ``out``, which must not exist yet.

    Raises:
        PassgateError: ``data`` lacks the photographs, or ``out`` exists.
    """
    if out.exists():
        raise PassgateError(f"{out} exists already", todo="name a new folder, or remove it")
    try:
        samples = READERS[dataset](data)
    except OSError as error:
        raise PassgateError(
            f"{data} does not hold {dataset}: {error}", todo="name the folder with --data"
        ) from error
    teach, test = group_split(samples, teach_on=teach_on, seed=seed)
    places = {
        "teach": [(sample, f"{sample.group}/{sample.path.name}") for sample in teach],
        "good": [(sample, _flat(sample)) for sample in test if not sample.defective],
        "bad": [(sample, _flat(sample)) for sample in test if sample.defective],
    }
    mixed = [test[index] for index in np.random.default_rng(seed).permutation(len(test))]
    places["line"] = [(sample, f"{number:04}{sample.path.suffix}") for number, sample in enumerate(mixed)]
    _copy(places, out)
    with (out / "line" / TRUTH_TABLE).open("w", encoding="utf-8", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(("file", "defective", "types"))
        for sample, name in places["line"]:
            writer.writerow((name, str(sample.defective).lower(), ""))
    return Export(
        **{name: out / name for name in places},
        taught=len(teach),
        tested_good=len(places["good"]),
        tested_bad=len(places["bad"]),
    )


def _copy(places: dict[str, list[tuple[Sample, str]]], out: Path) -> None:
    jobs: Sequence[tuple[Sample, Path]] = [
        (sample, out / folder / name) for folder, files in places.items() for sample, name in files
    ]
    with progress("copying", len(jobs)) as bar:
        for number, (sample, target) in enumerate(jobs, 1):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(sample.path, target)
            bar.show(number)


def _flat(sample: Sample) -> str:
    """A name that stays unique when the classes' folders are joined."""
    return f"{sample.path.parent.name}-{sample.path.name}"
