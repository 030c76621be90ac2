"""The normality memory: what it was not taught stands out, and what cannot be its file is refused."""

import dataclasses
import json
from collections.abc import Sequence

import numpy as np
import pytest

from inspection.errors import RecipeError, WeightsError
from inspection.part import Picture
from models.backbone.features import EfficientNetLite0, FeatureMaps
from models.memory.memory import NormalityMemory
from models.memory.settings import MemorySettings
from tests.models.conftest import part, scratched

SMALL = MemorySettings(patches=150, working_area_px=12_288)


@pytest.fixture(scope="module")
def memory(tower: EfficientNetLite0, parts: list[Picture]) -> NormalityMemory:
    return NormalityMemory.teach(parts[:20], tower=tower, settings=SMALL)


def test_unseen_good_parts_pass_and_scratched_ones_do_not(
    memory: NormalityMemory, parts: list[Picture]
) -> None:
    good = [memory.assess(picture) for picture in parts[20:]]
    bad = [memory.assess(scratched(picture)) for picture in parts[20:]]
    assert max(one.score for one in good) < min(one.score for one in bad)
    assert sum(one.normal for one in good) >= 9
    assert not any(one.normal for one in bad)
    assert all(one.confidence < 0.5 for one in bad)


def test_the_region_lies_on_the_scratch_in_pixels_of_the_picture(
    memory: NormalityMemory, parts: list[Picture]
) -> None:
    worst = memory.assess(scratched(parts[25])).regions[0]
    x, y, width, height = worst.box
    assert x <= 35 <= x + width
    assert y <= 26 <= y + height
    assert 0 < worst.area_px <= 160 * 120
    assert width * height <= worst.area_px
    assert worst.score > 1
    assert np.linalg.norm(worst.evidence) > 0


def test_the_map_covers_the_picture_and_peaks_where_the_best_region_does(
    memory: NormalityMemory, parts: list[Picture]
) -> None:
    found = memory.assess(scratched(parts[26]))
    assert found.anomaly_map.max() == pytest.approx(found.regions[0].score)
    assert found.regions == tuple(sorted(found.regions, key=lambda region: -region.score))
    assert len(found.regions) <= SMALL.most_regions


def test_the_same_seed_teaches_the_same(
    tower: EfficientNetLite0, parts: list[Picture], memory: NormalityMemory
) -> None:
    again = NormalityMemory.teach(parts[:20], tower=tower, settings=SMALL)
    other = NormalityMemory.teach(parts[:20], tower=tower, settings=SMALL, seed=1)
    scores = [one.assess(parts[22]).score for one in (memory, again, other)]
    assert scores[0] == scores[1] != scores[2]


def test_what_is_packed_comes_back(
    tower: EfficientNetLite0, parts: list[Picture], memory: NormalityMemory
) -> None:
    again = NormalityMemory.unpack(*memory.packed(), tower=tower)
    assert again.assess(parts[21]).score == memory.assess(parts[21]).score
    assert (again.threshold, again.taught_on) == (memory.threshold, 20)


class OtherTower:
    name, sha256, strides = "other", "0" * 64, (8, 16, 32)

    def features(self, pictures: Sequence[Picture]) -> FeatureMaps:
        raise AssertionError("must not be asked")


def test_another_tower_is_refused(memory: NormalityMemory) -> None:
    with pytest.raises(WeightsError, match="taught on efficientnet-lite0"):
        NormalityMemory.unpack(*memory.packed(), tower=OtherTower())


def test_a_damaged_memory_is_refused(tower: EfficientNetLite0, memory: NormalityMemory) -> None:
    tensors, header = memory.packed()
    with pytest.raises(WeightsError, match="damaged"):
        NormalityMemory.unpack({k: v for k, v in tensors.items() if k != "bank"}, header, tower=tower)
    with pytest.raises(WeightsError, match="damaged"):
        NormalityMemory.unpack(tensors, header[: len(header) // 2], tower=tower)
    with pytest.raises(WeightsError, match="damaged"):
        NormalityMemory.unpack(tensors | {"bank": tensors["bank"][:, :-1]}, header, tower=tower)
    with pytest.raises(WeightsError, match="format 99"):
        NormalityMemory.unpack(
            tensors, json.dumps(json.loads(header) | {"format": 99, "unheard": 1}), tower=tower
        )


def test_too_few_pictures_or_groups_are_refused(tower: EfficientNetLite0, parts: list[Picture]) -> None:
    with pytest.raises(RecipeError, match="4 good pictures are too few"):
        NormalityMemory.teach(parts[:4], tower=tower)
    with pytest.raises(RecipeError, match="one group"):
        NormalityMemory.teach(parts[:6], tower=tower, groups=["a"] * 6)
    with pytest.raises(RecipeError, match="5 groups were given for 6"):
        NormalityMemory.teach(parts[:6], tower=tower, groups=range(5))


def test_five_pictures_of_mixed_sizes_suffice_and_a_black_picture_is_not_normal(
    tower: EfficientNetLite0,
) -> None:
    sizes = [(120, 160), (240, 320), (120, 150), (100, 160), (130, 170)]
    mixed = [part(seed, height=height, width=width) for seed, (height, width) in enumerate(sizes)]
    memory = NormalityMemory.teach(mixed, tower=tower, settings=SMALL)
    black = memory.assess(np.zeros((480, 640, 3), np.uint8))
    assert not black.normal
    assert np.isfinite(black.score)
    for x, y, width, height in (region.box for region in black.regions):
        assert 0 <= x < x + width <= 640
        assert 0 <= y < y + height <= 480


def test_teaching_black_pictures_does_not_divide_by_zero(
    tower: EfficientNetLite0, parts: list[Picture]
) -> None:
    memory = NormalityMemory.teach([np.zeros((64, 64, 3), np.uint8)] * 5, tower=tower, settings=SMALL)
    assert memory.assess(np.zeros((64, 64, 3), np.uint8)).normal
    assert not memory.assess(parts[0]).normal


def test_near_copies_need_groups_for_an_honest_threshold(
    tower: EfficientNetLite0, parts: list[Picture]
) -> None:
    copies = [picture for picture in parts[:6] for _ in range(5)]
    groups = [index // 5 for index in range(30)]
    blind = NormalityMemory.teach(copies, tower=tower, settings=SMALL)
    honest = NormalityMemory.teach(copies, tower=tower, groups=groups, settings=SMALL)
    unseen = parts[20:]
    passes = [sum(memory.assess(picture).normal for picture in unseen) for memory in (blind, honest)]
    assert passes[0] < passes[1]


def test_an_assessment_cannot_be_changed(memory: NormalityMemory, parts: list[Picture]) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(memory.assess(parts[20]), "score", 0.0)  # noqa: B010 mypy sees what must not be done
