"""The one place where the bench teaches as the station does: what the station's grows to goes here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from inspection.files.one_by_one import OneByOne
from models.backbone.features import FeatureMaps, VisionTower
from models.benchmarks.products.product import Specimen
from models.eye.eye import TrainedEye
from models.eye.seeing import SeeingMemory
from models.memory.memory import NormalityMemory
from models.memory.settings import MemorySettings
from models.training.eye.teaching import seeing, train_eye


@dataclass(frozen=True, slots=True, kw_only=True)
class TaughtOnce:
    """What teaching a product has led to."""

    memory: NormalityMemory
    """What judges: with the eye where that is better."""
    eye: TrainedEye | None
    """The one that was trained, kept or not; None where none was."""


def teach_like_the_station(
    good: Sequence[Specimen],
    *,
    groups: Sequence[str],
    tower: VisionTower,
    overkill: float,
    seed: int,
    quick: bool,
) -> TaughtOnce:
    """Teach from good pictures, which are read one by one, and again where teaching looks at them twice.

    No names are given, as with ``recipe teach --keep-outliers``: a bench measures on what there is.

    Args:
        good: The pictures.
        groups: One for each: pictures of one group are held out together when calibrating.
        tower: The vision tower.
        overkill: The share of good parts that the threshold may reject; all else is chosen by the pictures.
        seed: The same pictures and seed give the same.
        quick: Train no eye, as with ``recipe teach --quick``.

    Raises:
        RecipeError: The pictures cannot be taught.
    """
    pictures = OneByOne(good, lambda specimen: specimen.read())
    memory = NormalityMemory.teach(
        pictures, tower=tower, groups=groups, settings=MemorySettings(overkill=overkill), seed=seed
    )
    eye = None if quick else train_eye(pictures, memory=memory, tower=tower, groups=groups, seed=seed)
    return TaughtOnce(memory=seeing(memory, eye), eye=eye)


def chosen(taught: TaughtOnce, features: FeatureMaps) -> dict[str, Any]:
    """Say what was chosen for a product, for JSON; ``features`` are of any assessment."""
    stride = min(features.maps)
    rows, columns = features.maps[stride].shape[-2:]
    return {
        **taught.memory.settings.model_dump(),
        "working_height": rows * stride,
        "working_width": columns * stride,
        "threshold": taught.memory.threshold,
        "eye": None if taught.eye is None else _chosen_eye(taught.memory, taught.eye),
    }


def _chosen_eye(memory: NormalityMemory, eye: TrainedEye) -> dict[str, Any]:
    height, width = eye.working
    return {
        "kept": isinstance(memory, SeeingMemory),
        "working_height": height,
        "working_width": width,
        **eye.choice.model_dump(),
        "told": eye.rule.told.model_dump(),
    }
