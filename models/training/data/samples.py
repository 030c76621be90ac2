"""The training data on disk: JSON Lines, one ``TrainingSample`` a line, pictures in files beside it.

A line holds what the model sees (instruction, pictures, physics), what it shall answer (reasoning, decision)
and what belt and diverter shall do (action sequence).
"""

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Self, TypeAlias, get_args

import numpy as np
from pydantic import Field, ValidationError, model_validator

from inspection.decision import Action, Box, Frozen, Severity
from inspection.errors import DatasetError
from inspection.files.atomic import atomic_write
from inspection.motion.chunk import MotionChunk, PhysicsContext
from inspection.motion.limits import violations

Split: TypeAlias = Literal["train", "val", "test"]
SPLITS: Final[tuple[Split, ...]] = get_args(Split)

Polygon: TypeAlias = tuple[tuple[float, float], ...]
"""Corners as x, y in picture pixels."""

_SKIP = "mend the line, or leave it out with --skip-broken"


class LabelledDefect(Frozen):
    """One defect, as it is known."""

    type: str = Field(min_length=1, max_length=64)
    severity: Severity
    box: Box | None = None
    """In the picture's pixels; None where only the type is known."""
    length_mm: float | None = Field(default=None, ge=0.0)
    """Longest extent; None where the picture has no scale."""


class VisualInput(Frozen):
    """What is looked at. Where the defects lie is part of the answer, and is in the decision."""

    pictures: tuple[str, ...] = Field(min_length=1)
    """Files, one a view, with / between folders, relative to the folder of the JSONL file."""
    region: Box | None = None
    """The part of the pictures that is judged; None for all of it."""
    mask: str | None = None
    """A PNG, relative likewise: not 0 where any defect is."""
    polygons: tuple[Polygon, ...] = ()
    """Outlines of the defects, where they are known so."""
    group: str = Field(min_length=1)
    """Pictures of one group are near-copies: a split never parts them."""


class LabelledDecision(Frozen):
    """The answer."""

    action: Action
    defects: tuple[LabelledDefect, ...] = ()


class TrainingSample(Frozen):
    """One line.

    Raises:
        ValidationError: A key is unknown, missing or wrong, or the action sequence breaks the physics.
    """

    schema_version: int = Field(default=1, alias="schema", ge=1, le=1)
    instruction: str = Field(max_length=2000)
    """The policy in words."""
    visual_input: VisualInput
    physics_context: PhysicsContext
    reasoning: str = Field(max_length=500)
    """One sentence."""
    decision: LabelledDecision
    action_sequence: MotionChunk
    source: str = Field(min_length=1)
    """Where the picture comes from: a data set's name, ``record`` or ``simulation``."""
    split: Split

    @model_validator(mode="after")
    def _teaches_nothing_impossible(self) -> Self:
        if violations(self.action_sequence, self.physics_context).any:
            raise ValueError("action_sequence breaks a limit of physics_context")
        return self


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """A line that is no sample."""

    number: int
    """From 1."""
    why: str


@dataclass(frozen=True, slots=True)
class Samples:
    """What a file holds."""

    folder: Path
    """Where the pictures' paths start."""
    samples: tuple[TrainingSample, ...]
    broken: tuple[BrokenLine, ...] = ()
    """Lines that were skipped."""

    def pictures(self, sample: TrainingSample) -> tuple[Path, ...]:
        """Files of one sample's pictures."""
        return tuple(self.folder / name for name in sample.visual_input.pictures)

    def of(self, *splits: Split) -> tuple[TrainingSample, ...]:
        """The samples of some splits."""
        return tuple(sample for sample in self.samples if sample.split in splits)


def read_samples(path: Path, *, skip_broken: bool = False) -> Samples:
    """Read a file of samples; empty lines are nothing.

    Args:
        path: The JSONL file.
        skip_broken: Leave out lines that are no samples, and count them in ``Samples.broken``.

    Raises:
        DatasetError: The file cannot be read, or a line is no sample and none may be skipped.
    """
    samples: list[TrainingSample] = []
    broken: list[BrokenLine] = []
    try:
        # Read as bytes: one line that is no UTF-8 then breaks that line alone.
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                try:
                    samples.append(TrainingSample.model_validate_json(line))
                except ValidationError as error:
                    broken.append(BrokenLine(number, _first(error)))
                    if not skip_broken:
                        raise DatasetError(
                            f"{path}, line {number} is no training sample: {broken[-1].why}", todo=_SKIP
                        ) from error
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror or error}") from error
    return Samples(folder=path.parent, samples=tuple(samples), broken=tuple(broken))


def write_samples(path: Path, samples: Iterable[TrainingSample]) -> int:
    """Write a file of samples; it replaces an older one only when it is whole.

    Returns:
        How many samples were written.

    Raises:
        DatasetError: The disk refuses.
    """
    count = 0
    try:
        with atomic_write(path) as unfinished, unfinished.open("w", encoding="utf-8", newline="\n") as file:
            for sample in samples:
                file.write(sample.model_dump_json() + "\n")
                count += 1
    except OSError as error:
        raise DatasetError(
            f"{path} cannot be written: {error.strerror or error}", todo="make room, or name another folder"
        ) from error
    return count


def relative_to_file(picture: Path, jsonl: Path) -> str:
    """How a line of ``jsonl`` names ``picture``; absolute where they lie on different drives (Windows)."""
    try:
        return Path(os.path.relpath(picture.resolve(), jsonl.resolve().parent)).as_posix()
    except ValueError:
        return picture.resolve().as_posix()


def split_groups(groups: Sequence[str], *, seed: int = 0) -> dict[str, Split]:
    """Give each group a split, by pictures about 70, 15 and 15 %, even where groups are few.

    Args:
        groups: One for each picture.
        seed: The same seed and groups give the same splits.
    """
    counts: dict[str, int] = {}
    for group in groups:
        counts[group] = counts.get(group, 0) + 1
    order = sorted(counts)
    np.random.default_rng(seed).shuffle(order)
    # val and test take the first groups until they have their share, train all others.
    splits: dict[str, Split] = {}
    wanted = 0.15 * len(groups)
    for split in ("val", "test"):
        taken = 0
        while order and taken < wanted and len(order) > 1:
            group = order.pop()
            splits[group] = split
            taken += counts[group]
    return splits | dict.fromkeys(order, "train")


def split_of(group: str) -> Split:
    """The split of one group by itself: it stays when the data grow. About 70, 15 and 15 % of the groups."""
    share = int.from_bytes(hashlib.sha256(group.encode()).digest()[:4], "big") / 2**32
    return "train" if share < 0.7 else "val" if share < 0.85 else "test"


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else first["msg"]
