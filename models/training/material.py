"""What a run learns from: samples read, memories taught, pictures looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from inspection.errors import DatasetError
from inspection.files.one_by_one import OneByOne
from inspection.pictures.decoding.decoding import read_archived
from models.backbone.features import VisionTower
from models.memory.memory import NormalityMemory
from models.training.data.samples import Samples, TrainingSample, read_samples
from models.training.settings import DataSettings, TrainingSettings
from models.training.steps.features import Example, prepare

Progress = Callable[[str, int, int, str], None]
"""Called as ``progress(what, done, total, note)``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What one file of samples gives to learn from."""

    settings: DataSettings
    samples: Samples
    memory: NormalityMemory | None
    kinds: tuple[str, ...]
    """The types of defects that its product knows."""
    examples: tuple[Example, ...]
    """The pictures that are learned from, looked at; those that show no defect that they should are left
    out."""


def gather(
    settings: TrainingSettings, tower: VisionTower, *, progress: Progress = lambda *_: None
) -> list[Material]:
    """Read the samples, teach the memories, look at the training pictures.

    Raises:
        DatasetError: A file cannot be read, holds a broken line, or has no training samples.
        CameraError: A picture cannot be read.
        RecipeError: There are too few good pictures to teach a memory.
    """
    gathered = []
    for data in settings.data:
        samples = read_samples(data.samples, skip_broken=settings.skip_broken)
        if samples.broken:
            progress(f"{data.samples.name}", 0, 1, f"{len(samples.broken)} broken lines skipped")
        training = samples.of("train")
        if not training:
            raise DatasetError(f"{data.samples} holds no samples of the split train")
        memory, taught = teach_memory(samples, training, data.teach, tower=tower, seed=settings.seed)
        lessons = [sample for sample in training if id(sample) not in taught]
        examples = prepare(
            samples,
            lessons,
            tower=tower,
            memory=memory,
            perception=settings.vla.perception,
            cache=settings.cache or settings.out / "features",
            mm_per_pixel=data.mm_per_pixel,
            progress=counting(progress, f"looking at {data.samples.stem}", len(lessons)),
        )
        gathered.append(
            Material(
                settings=data,
                samples=samples,
                memory=memory,
                kinds=kinds_of(samples.samples),
                examples=tuple(example for example in examples if not example.missed),
            )
        )
    return gathered


def counting(progress: Progress, what: str, total: int) -> Callable[[int], None]:
    """Turn ``progress`` into what work calls that only tells how much of it is done."""
    return lambda done: progress(what, done, total, "")


def kinds_of(samples: Sequence[TrainingSample]) -> tuple[str, ...]:
    """Give all types of defects that occur, sorted."""
    return tuple(sorted({defect.type for sample in samples for defect in sample.decision.defects}))


def teach_memory(
    samples: Samples, training: Sequence[TrainingSample], count: int, *, tower: VisionTower, seed: int
) -> tuple[NormalityMemory | None, set[int]]:
    """Teach a memory on good training samples drawn at random; also the ``id`` of each that was used."""
    if count == 0:
        return None, set()
    good = [sample for sample in training if not sample.decision.defects]
    order = np.random.default_rng(seed).permutation(len(good))[:count]
    chosen = [good[index] for index in sorted(order)]
    memory = NormalityMemory.teach(
        OneByOne(chosen, lambda sample: read_archived(samples.pictures(sample)[0])),
        tower=tower,
        groups=[sample.visual_input.group for sample in chosen],
        seed=seed,
    )
    return memory, {id(sample) for sample in chosen}
