"""Learning from labels: what the memory alone lets through is caught, and what is claimed was held out."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from inspection.errors import RecipeError, WeightsError
from models.adaptation import Adaptation, AdaptedMemory, CellNet
from models.memory import MemorySettings, NormalityMemory
from models.training.adaptation import _folds, adapt
from models.training.labelled import AdaptationSettings, Example, read_example
from models.training.photographs import Photograph
from models.training.stacking import direction_between, logistic
from models.training.variants import varied

pytestmark = pytest.mark.slow

QUICK = AdaptationSettings(folds=2, steps=60, steps_a_label=0.0, batch=4, variants=2)


def faintly_marked(picture, seed):
    """The part with a faint darker spot, as faint as the parts differ from each other, and its mask."""
    rng = np.random.default_rng(seed)
    top, left = rng.integers(8, 30), rng.integers(8, 120)
    mask = np.zeros(picture.shape[:2], np.uint8)
    mask[top : top + 14, left : left + 14] = 255
    spoiled = picture.astype(np.float32) - 8.0 * (mask > 0)[..., None]
    return np.clip(spoiled, 0, 255).astype(np.uint8), mask


@pytest.fixture(scope="module")
def examples(parts):
    good = [Example(picture=p, defective=False, group=f"part {n // 2}") for n, p in enumerate(parts[:16])]
    bad = []
    for number in range(16):
        spoiled, mask = faintly_marked(parts[16 + number // 2], number)
        # half of them without a mask: a label alone must do as well
        bad.append(
            Example(
                picture=spoiled,
                defective=True,
                group=f"bad part {number // 4}",
                mask=mask if number % 2 else None,
            )
        )
    return [*good, *bad]


@pytest.fixture(scope="module")
def memory(examples, tower):
    good = [one.picture for one in examples if not one.defective]
    return NormalityMemory.teach(good, tower=tower, settings=MemorySettings(working_area_px=20_480))


@pytest.fixture(scope="module")
def adapted(examples, memory, tower):
    heard = []
    result = adapt(
        examples, memory=memory, tower=tower, settings=QUICK, on_progress=lambda *now: heard.append(now)
    )
    assert heard[-1][0] == heard[-1][1]
    assert [done for done, _ in heard] == sorted(done for done, _ in heard)
    return result


def test_the_comparison_is_on_every_picture_and_both_are_held_out(adapted, examples):
    assert adapted.alone.good == adapted.together.good == 16
    assert adapted.alone.defective == adapted.together.defective == 16
    assert adapted.marked == 8
    assert adapted.adaptation.labels == (16, 16)


def test_labels_beat_the_memory_on_a_defect_as_faint_as_the_parts_differ(adapted, memory, parts):
    together = AdaptedMemory(memory, adapted.adaptation)
    pictures = [(part, faintly_marked(part, 50 + n)[0]) for n, part in enumerate(parts[24:30])]

    def apart(judge):
        pairs = [(judge.assess(good).score, judge.assess(bad).score) for good, bad in pictures]
        goods, bads = zip(*pairs, strict=True)
        return np.mean([[bad > good for good in goods] for bad in bads])

    assert adapted.better
    assert apart(together) > max(apart(memory), 0.7)


def test_an_adapted_memory_stands_where_a_memory_stands(adapted, memory, parts):
    together = AdaptedMemory(memory, adapted.adaptation)
    plain, refined = memory.assess(parts[29]), together.assess(parts[29])
    assert together.taught_on == memory.taught_on
    assert together.threshold == adapted.adaptation.rule.threshold >= 1.0
    assert refined.normal == (refined.score < together.threshold)
    assert (refined.confidence > 0.5) == refined.normal
    assert refined.anomaly_map.shape == plain.anomaly_map.shape
    assert (refined.anomaly_map >= plain.anomaly_map).all()


def test_a_place_that_the_cells_point_at_becomes_a_region(adapted, memory, parts):
    rule = adapted.adaptation.rule.model_copy(update={"cells": 1.0, "cell_level": -1e3})
    tensors, header = adapted.adaptation.packed()
    header = header.replace(adapted.adaptation.rule.model_dump_json(), rule.model_dump_json())
    eager = Adaptation.unpack(tensors, header, tower=memory._tower)
    found = AdaptedMemory(memory, eager).assess(parts[29])
    assert found.regions
    assert found.foremost == found.regions[0]
    assert found.regions[0].score > 100.0


def test_packed_and_unpacked_it_judges_alike(adapted, memory, parts, tower):
    tensors, header = adapted.adaptation.packed()
    again = Adaptation.unpack(tensors, header, tower=tower)
    assert sum(t.numel() * t.element_size() for t in tensors.values()) < 3e6
    for part in parts[24:28]:
        seen = memory.assess(part)
        assert again.refine(seen).score == pytest.approx(adapted.adaptation.refine(seen).score, abs=0.02)


@pytest.mark.parametrize("damage", ["header", "tower", "format", "tensor", "shape"])
def test_a_damaged_adaptation_is_refused(adapted, tower, damage):
    tensors, header = adapted.adaptation.packed()
    if damage == "header":
        header = header[:-5]
    elif damage == "tower":
        header = header.replace(tower.sha256, "0" * 64)
    elif damage == "format":
        header = header.replace('"format":1', '"format":99')
    elif damage == "tensor":
        del tensors["net.out.weight"]
    else:
        tensors["net.mix.weight"] = tensors["net.mix.weight"][:5]
    with pytest.raises(WeightsError):
        Adaptation.unpack(tensors, header, tower=tower)


def test_too_few_labels_or_groups_are_refused_before_any_work(examples, memory, tower):
    good = [one for one in examples if not one.defective]
    bad = [one for one in examples if one.defective]
    one_part = [replace(one, group="the only part") for one in bad]
    wrong = replace(bad[1], mask=np.zeros((3, 3), np.uint8))
    for few, why in (
        ([*good, *bad[:3]], "3 defective"),
        ([*good[:9], *bad], "9 good"),
        ([*good, *one_part], "1 group"),
        ([*good, *bad, wrong], "mask"),
    ):
        with pytest.raises(RecipeError, match=why):
            adapt(few, memory=memory, tower=tower, settings=QUICK)


def test_folds_keep_groups_whole_and_spread_both_kinds(examples):
    folds = _folds(examples, 3, seed=1)
    assert set(folds) == {0, 1, 2}
    by_group = {}
    for one, fold in zip(examples, folds, strict=True):
        assert by_group.setdefault(one.group, fold) == fold
    for kind in (False, True):
        held = [f for f, one in zip(folds, examples, strict=True) if one.defective is kind]
        assert set(held) == {0, 1, 2}


def test_an_opinion_that_points_the_wrong_way_weighs_nothing():
    rng = np.random.default_rng(0)
    truth = np.arange(200) % 4 == 0
    seen = np.stack([rng.normal(truth * 2.0), rng.normal(-1.0 * truth), rng.normal(size=200)], axis=1)
    weights = logistic(seen, truth)
    assert weights[0] > 0.5
    assert weights[1] == 0.0
    assert (weights >= 0.0).all()
    assert np.isfinite(logistic(np.column_stack([truth * 9.0] * 3), truth)).all()


def test_the_direction_solves_the_shrunk_system_and_has_length_one():
    rng = torch.Generator().manual_seed(0)
    good, bad = torch.randn(20, 50, generator=rng), torch.randn(10, 50, generator=rng) + 0.5
    found = direction_between(good, bad, 0.3)
    deviation = torch.cat([good, bad]).double().std(0)
    rest = torch.cat([good - good.double().mean(0), bad - bad.double().mean(0)]) / deviation
    covariance = 0.7 * rest.T @ rest / len(rest) + 0.3 * torch.eye(50)
    direct = torch.linalg.solve(covariance, (bad.double().mean(0) - good.double().mean(0)) / deviation)
    direct = direct / direct.norm() / deviation
    assert torch.allclose(found.weights.double(), direct, atol=1e-5)
    assert found.score(bad.mean(0)) == pytest.approx(-found.score(good.mean(0)), abs=1e-4)


def test_picture_and_mask_are_moved_alike():
    picture = np.full((64, 96, 3), 40, np.uint8)
    mask = np.zeros((64, 96), np.uint8)
    picture[10:24, 60:80], mask[10:24, 60:80] = 200, 255
    for seed in range(8):
        moved, where = varied(picture, mask, np.random.default_rng(seed))
        assert moved[where > 200].mean() > 1.5 * moved[where < 50].mean()


def test_the_tail_begins_as_the_tower_and_leaves_it_alone(tower):
    picture = np.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=np.uint8)
    maps = tower.features([picture]).maps
    tail = tower.tail()
    assert torch.allclose(tail(maps[8].clone()), maps[16], atol=1e-5)
    with torch.no_grad():
        for tensor in tail.parameters():
            tensor.add_(1.0)
    assert torch.equal(tower.features([picture]).maps[16], maps[16])
    cells = CellNet(tower.tail(), fine_channels=40, middle_channels=112)(maps[8].clone())
    assert cells.shape == (1, 8, 12)


def test_polygons_become_a_mask(tmp_path, parts):
    import cv2

    path = tmp_path / "part.png"
    cv2.imwrite(str(path), parts[0])
    square = ((10.0, 10.0), (30.0, 10.0), (30.0, 20.0), (10.0, 20.0))
    one = read_example(Photograph(path=path, group="a", polygons=(square,)))
    assert one.mask is not None
    assert one.mask[15, 20] == 255
    assert one.mask[40, 20] == 0
