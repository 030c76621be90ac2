"""Data sets as files: laid out in folders to teach and measure, or as samples to train on."""

import csv
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from pydantic import Field

from app.command_line.writable import refuse_unwritable
from app.datasets.from_record import RecordedSamples
from app.progress import progress
from app.recipes.library import RecipeLibrary
from inspection.cameras.folder import TRUTH_TABLE
from inspection.decision import Action, Frozen
from inspection.errors import DatasetError, PassgateError
from models.benchmarks.splits import READERS, DatasetName, Sample, group_split
from models.training.data.convert import (
    from_good_photographs,
    from_photographs,
    from_simulation,
    pictures_of,
)
from models.training.data.photographs import good_photographs, read_photographs
from models.training.data.samples import Split, TrainingSample, write_samples
from reports.settings import StoreSettings


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
    refuse_unwritable(out)
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


class Written(Frozen):
    """What a file of training samples holds."""

    file: Path
    samples: int
    by_split: dict[Split, int]
    by_action: dict[Action, int]
    by_type: dict[str, int]
    """Defects of each type."""
    left_out: dict[str, int] = Field(default_factory=dict)
    """Parts of the record that teach nothing, by the reason why."""


def convert_folder(folder: Path, *, out: Path, seed: int, without_good: bool = False) -> Written:
    """Write samples of a folder of labelled photographs; the folder's name is their source.

    ``without_good`` says that no class shows good parts, and that this is meant so.

    Raises:
        PassgateError: The folder cannot be understood, or ``out`` exists or cannot be written.
    """
    _refuse_existing(out)
    photographs = read_photographs(folder, without_good=without_good)
    source = folder.resolve().name
    return _write(out, from_photographs(photographs, jsonl=out, source=source, seed=seed), len(photographs))


def convert_record(settings: StoreSettings, *, library: RecipeLibrary, out: Path, seed: int) -> Written:
    """Write samples of the parts on record that can teach something.

    Raises:
        PassgateError: The record cannot be read, none of its parts teaches anything, or ``out`` exists.
    """
    _refuse_existing(out)
    recorded = RecordedSamples(settings, library=library, jsonl=out, seed=seed)
    if not len(recorded):
        why = ", ".join(f"{count} {reason}" for reason, count in recorded.left_out.items())
        raise DatasetError(
            f"no part in {settings.folder} teaches anything: {why or 'there are none'}",
            todo="review held parts at the console, or run parts whose truth is known",
        )
    written = _write(out, iter(recorded), len(recorded))
    return written.model_copy(update={"left_out": dict(recorded.left_out)})


def simulate(
    *,
    out: Path,
    parts: int,
    seed: int,
    stretch: tuple[float, float],
    defect_rate: float,
    good: Path | None = None,
    mm_per_pixel: float | None = None,
) -> Written:
    """Write samples of rendered parts, or of the photographs in ``good`` with defects drawn on them.

    ``stretch`` is the place in the curriculum of the first and of the last sample, each 0 to 1.

    Raises:
        PassgateError: ``good`` holds no good pictures, or ``out`` exists or cannot be written.
    """
    _refuse_existing(out)
    if good is None:
        samples = from_simulation(out, parts=parts, seed=seed, progress=stretch, defect_rate=defect_rate)
    else:
        samples = from_good_photographs(
            good_photographs(good),
            out,
            parts=parts,
            source=f"{good.resolve().name} with drawn defects",
            seed=seed,
            progress=stretch,
            defect_rate=defect_rate,
            mm_per_pixel=mm_per_pixel,
        )
    return _write(out, samples, parts)


def _refuse_existing(out: Path) -> None:
    for path in (out, pictures_of(out)):
        if path.exists():
            raise DatasetError(f"{path} exists already", todo="name a new file, or remove it")
    refuse_unwritable(out)


def _write(out: Path, samples: Iterable[TrainingSample], total: int) -> Written:
    splits: Counter[Split] = Counter()
    actions: Counter[Action] = Counter()
    types: Counter[str] = Counter()

    def counted() -> Iterator[TrainingSample]:
        with progress("writing samples", total) as bar:
            for number, sample in enumerate(samples, 1):
                splits[sample.split] += 1
                actions[sample.decision.action] += 1
                types.update(defect.type for defect in sample.decision.defects)
                yield sample
                bar.show(number)

    count = write_samples(out, counted())
    return Written(
        file=out, samples=count, by_split=dict(splits), by_action=dict(actions), by_type=dict(types)
    )
