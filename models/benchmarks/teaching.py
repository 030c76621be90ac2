"""The one place where the bench teaches as the station does: what the station's grows to goes here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inspection.files.one_by_one import OneByOne
from models.backbone.features import FeatureMaps, VisionTower
from models.benchmarks.products.product import Specimen
from models.memory.memory import NormalityMemory
from models.memory.settings import MemorySettings


def teach_like_the_station(
    good: Sequence[Specimen],
    *,
    groups: Sequence[str],
    tower: VisionTower,
    overkill: float,
    seed: int,
) -> NormalityMemory:
    """Teach from good pictures, which are read one by one, and again where teaching looks at them twice.

    No names are given, as with ``recipe teach --keep-outliers``: a bench measures on what there is.

    Args:
        good: The pictures.
        groups: One for each: pictures of one group are held out together when calibrating.
        tower: The vision tower.
        overkill: The share of good parts that the threshold may reject; all else is chosen by the pictures.
        seed: The same pictures and seed give the same memory.

    Raises:
        RecipeError: The pictures cannot be taught.
    """
    return NormalityMemory.teach(
        OneByOne(good, lambda specimen: specimen.read()),
        tower=tower,
        groups=groups,
        settings=MemorySettings(overkill=overkill),
        seed=seed,
    )


def chosen(memory: NormalityMemory, features: FeatureMaps) -> dict[str, Any]:
    """Say what was chosen for a product, for JSON; ``features`` are of any assessment."""
    stride = min(features.maps)
    rows, columns = features.maps[stride].shape[-2:]
    return {
        **memory.settings.model_dump(),
        "working_height": rows * stride,
        "working_width": columns * stride,
        "threshold": memory.threshold,
    }
