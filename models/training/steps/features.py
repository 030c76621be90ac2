"""What the frozen tower sees of the training pictures, computed once and kept on disk.

The tower and the memories do not learn, so a picture's features never change: with them cached the language
model trains on a CPU. One file for each set of samples and memory; another picture, memory, tower or way of
looking makes another file.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor

from inspection.decision import Box, Severity
from inspection.errors import DatasetError
from inspection.pictures.decoding.decoding import read_archived
from models.backbone.features import VisionTower
from models.memory.memory import NormalityMemory
from models.training.data.samples import Samples, TrainingSample
from models.vla.perception import Perception, Place, Seen
from models.weights import sealed

FORMAT: Final = 2
_NEAR_PX: Final = 12
"""A place within so many pixels of a defect's box shows that defect: both boxes are rough."""

Truth = tuple[str, Severity] | None
"""What is at a place; None for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One picture, ready to be learned from."""

    sample: TrainingSample
    seen: Seen
    truth: tuple[Truth, ...]
    """Of each place in ``seen``."""

    @property
    def missed(self) -> bool:
        """No place shows the defect: nothing could be learned from calling them normal."""
        return bool(self.sample.decision.defects) and not any(self.truth)

    @property
    def kind(self) -> str | None:
        """The type of its worst defect; None for a good part."""
        defects = self.sample.decision.defects
        return max(defects, key=lambda defect: defect.severity.rank).type if defects else None


def prepare(
    samples: Samples,
    chosen: Sequence[TrainingSample],
    *,
    tower: VisionTower,
    memory: NormalityMemory | None,
    perception: Perception,
    cache: Path,
    mm_per_pixel: float | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> list[Example]:
    """Look at all ``chosen`` samples, or read what was seen before.

    Args:
        samples: The file they come from.
        chosen: Of its samples.
        tower: The vision tower.
        memory: Of the product; None where none was taught.
        perception: How the model that learns from it sees.
        cache: Folder for the features.
        mm_per_pixel: Scale of the pictures.
        progress: Told how many samples are done.

    Raises:
        CameraError: A picture cannot be read.
        DatasetError: The cache cannot be written.
    """
    key = _key(samples, chosen, tower=tower, memory=memory, perception=perception, scale=mm_per_pixel)
    path = cache / f"{key}.safetensors"
    seen = _load(path)
    if seen is None or len(seen) != len(chosen):
        seen = []
        for number, sample in enumerate(chosen, 1):
            picture = read_archived(samples.pictures(sample)[0])
            if sample.visual_input.region is not None:
                left, top, width, height = sample.visual_input.region
                picture = np.ascontiguousarray(picture[top : top + height, left : left + width])
            seen.append(perception.see(picture, tower=tower, memory=memory, mm_per_pixel=mm_per_pixel))
            progress(number)
        _save(path, seen)
    progress(len(chosen))
    return [
        Example(sample=sample, seen=one, truth=truth_of(sample, one))
        for sample, one in zip(chosen, seen, strict=True)
    ]


def truth_of(sample: TrainingSample, seen: Seen) -> tuple[Truth, ...]:
    """What is at each place: the defect whose box it meets most; the worst one, where boxes are unknown."""
    defects = sample.decision.defects
    if not defects:
        return (None,) * len(seen.places)
    boxed = [defect for defect in defects if defect.box is not None]
    if not boxed:
        worst = max(defects, key=lambda defect: defect.severity.rank)
        return ((worst.type, worst.severity), *[None] * (len(seen.places) - 1))
    left, top = (sample.visual_input.region or (0, 0))[:2]
    found: list[Truth] = []
    for place in seen.places:
        x, y, width, height = place.box
        there = (x + left, y + top, width, height)
        overlap, best = max(
            ((_overlap(there, defect.box), defect) for defect in boxed if defect.box is not None),
            key=lambda pair: pair[0],
        )
        found.append((best.type, best.severity) if overlap > 0 else None)
    return tuple(found)


def _overlap(a: Box, b: Box) -> int:
    """Common area in square pixels, ``a`` widened by ``_NEAR_PX`` on all sides."""
    width = min(a[0] + a[2] + _NEAR_PX, b[0] + b[2]) - max(a[0] - _NEAR_PX, b[0])
    height = min(a[1] + a[3] + _NEAR_PX, b[1] + b[3]) - max(a[1] - _NEAR_PX, b[1])
    return max(width, 0) * max(height, 0)


def _key(
    samples: Samples,
    chosen: Sequence[TrainingSample],
    *,
    tower: VisionTower,
    memory: NormalityMemory | None,
    perception: Perception,
    scale: float | None,
) -> str:
    digest = hashlib.sha256(f"{FORMAT} {tower.sha256} {scale}".encode())
    if perception != Perception():  # what was kept before there were others is still good
        digest.update(repr(perception).encode())
    if memory is not None:
        tensors, header = memory.packed()
        digest.update(header.encode())
        for name in sorted(tensors):
            digest.update(tensors[name].numpy().tobytes())
    for sample in chosen:
        file = samples.pictures(sample)[0]
        size = file.stat().st_size if file.is_file() else 0
        digest.update(f"{file.name} {size} {sample.visual_input.region}".encode())
    return digest.hexdigest()[:32]


def _save(path: Path, seen: Sequence[Seen]) -> None:
    tensors: dict[str, Tensor] = {
        name: torch.cat([getattr(one, name) for one in seen]).half().contiguous()
        for name in ("difference", "zoom")
    }
    tensors |= {
        name: torch.stack([getattr(one, name) for one in seen]).half().contiguous()
        for name in ("context", "whole")
    }
    above = [math.nan if one.above_threshold is None else one.above_threshold for one in seen]
    tensors["above_threshold"] = torch.tensor(above, dtype=torch.float32)
    tensors["places"] = torch.tensor([len(one.places) for one in seen])
    tensors["boxes"] = torch.tensor([place.box for one in seen for place in one.places])
    tensors["peaks"] = torch.tensor([place.peak for one in seen for place in one.places])
    try:
        sealed.write(path, tensors, {})
    except OSError as error:
        raise DatasetError(
            f"the features cannot be kept in {path.parent}: {error}", todo="make room, or name another cache"
        ) from error


def _load(path: Path) -> list[Seen] | None:
    try:
        content = sealed.read(path)
    except (OSError, sealed.DamageError):
        return None  # absent or damaged: looked at again
    if not content.sealed:
        return None
    tensors = content.tensors
    seen, start = [], 0
    for index, count in enumerate(tensors["places"].tolist()):
        span = slice(start, start + count)
        start += count
        boxes, peaks = tensors["boxes"][span].tolist(), tensors["peaks"][span].tolist()
        places = (Place(box=tuple(box), peak=peak) for box, peak in zip(boxes, peaks, strict=True))
        seen.append(
            Seen(
                context=tensors["context"][index].float(),
                whole=tensors["whole"][index].float(),
                difference=tensors["difference"][span].float(),
                zoom=tensors["zoom"][span].float(),
                places=tuple(places),
                above_threshold=None
                if math.isnan(above := float(tensors["above_threshold"][index]))
                else above,
            )
        )
    return seen
