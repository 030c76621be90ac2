"""Learning from labels: what the memory alone lets through is caught, and what is claimed was held out."""

import json
from collections.abc import Hashable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from inspection.errors import RecipeError, WeightsError
from inspection.part import Picture
from inspection.simulation.defects import Mask
from models.backbone.features import EfficientNetLite0
from models.evaluation.metrics import evaluate
from models.memory.adaptation import Adaptation, AdaptedMemory, Direction, opinions
from models.memory.cells import CellNet, said_by
from models.memory.embedding import moments
from models.memory.memory import NormalityMemory
from models.memory.settings import MemorySettings
from models.training.adapting.adaptation import Adapted, _folds, adapt
from models.training.adapting.labelled import AdaptationSettings, Example, Label, read_example
from models.training.adapting.summing import (
    TRUSTS,
    Scale,
    Trust,
    best_trust,
    direction_between,
    rule_of,
    unseen_directions,
    weights_of,
)
from models.training.adapting.variants import varied
from models.training.data.photographs import Photograph

pytestmark = pytest.mark.slow

QUICK = AdaptationSettings(folds=2, steps=60, steps_a_label=0.0, batch=4, variants=2)


def faintly_marked(picture: Picture, seed: int) -> tuple[Picture, Mask]:
    """The part with a faint darker spot, as faint as the parts differ from each other, and its mask."""
    rng = np.random.default_rng(seed)
    top, left = rng.integers(8, 30), rng.integers(8, 120)
    mask = np.zeros(picture.shape[:2], np.uint8)
    mask[top : top + 14, left : left + 14] = 255
    spoiled = picture.astype(np.float32) - 8.0 * (mask > 0)[..., None]
    return np.clip(spoiled, 0, 255).astype(np.uint8), mask


@pytest.fixture(scope="module")
def examples(parts: list[Picture]) -> list[Example]:
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
def memory(examples: list[Example], tower: EfficientNetLite0) -> NormalityMemory:
    good = [one.picture for one in examples if not one.defective]
    return NormalityMemory.teach(good, tower=tower, settings=MemorySettings(working_area_px=20_480))


@pytest.fixture(scope="module")
def adapted(examples: list[Example], memory: NormalityMemory, tower: EfficientNetLite0) -> Adapted:
    heard: list[tuple[int, int]] = []
    result = adapt(
        examples,
        memory=memory,
        tower=tower,
        settings=QUICK,
        on_progress=lambda done, total: heard.append((done, total)),
    )
    assert heard[-1][0] == heard[-1][1]
    assert [done for done, _ in heard] == sorted(done for done, _ in heard)
    return result


@pytest.mark.soak
def test_the_comparison_is_on_every_picture_and_both_are_held_out(
    adapted: Adapted, examples: list[Example]
) -> None:
    assert adapted.alone.good == adapted.together.good == 16
    assert adapted.alone.defective == adapted.together.defective == 16
    assert adapted.marked == 8
    assert adapted.adaptation.labels == (16, 16)


def test_the_scores_that_are_kept_are_those_of_models_that_had_not_seen_the_picture(
    adapted: Adapted, examples: list[Example], memory: NormalityMemory
) -> None:
    """Against the threshold that stands on the same scores, and keeps the overkill that was asked for."""
    truth = np.array([one.defective for one in examples])
    assert adapted.above_threshold.shape == truth.shape
    assert adapted.threshold.overkill.kept
    assert (adapted.above_threshold[~truth] >= 0.0).sum() == adapted.threshold.overkill.found
    assert (adapted.above_threshold[truth] < 0.0).sum() == adapted.threshold.escapes.found
    assert (adapted.threshold.escapes.groups, adapted.threshold.overkill.groups) == (4, 8)
    together = AdaptedMemory(memory, adapted.adaptation)
    own = [together.assess(one.picture).score - together.threshold for one in examples]
    assert not np.allclose(adapted.above_threshold, own), "the final model has learned from them all"


def test_labels_beat_the_memory_on_a_defect_as_faint_as_the_parts_differ(
    adapted: Adapted, memory: NormalityMemory, parts: list[Picture]
) -> None:
    together = AdaptedMemory(memory, adapted.adaptation)
    pictures = [(part, faintly_marked(part, 50 + n)[0]) for n, part in enumerate(parts[24:30])]

    def apart(judge: NormalityMemory) -> float:
        pairs = [(judge.assess(good).score, judge.assess(bad).score) for good, bad in pictures]
        goods, bads = zip(*pairs, strict=True)
        return float(np.mean([[bad > good for good in goods] for bad in bads]))

    assert adapted.better
    assert apart(together) > max(apart(memory), 0.7)


def test_an_adapted_memory_stands_where_a_memory_stands(
    adapted: Adapted, memory: NormalityMemory, parts: list[Picture]
) -> None:
    together = AdaptedMemory(memory, adapted.adaptation)
    plain, refined = memory.assess(parts[29]), together.assess(parts[29])
    assert together.taught_on == memory.taught_on
    assert together.threshold == adapted.adaptation.rule.threshold == adapted.threshold.value > 0.0
    assert refined.normal == (refined.score < together.threshold)
    assert (refined.confidence > 0.5) == refined.normal
    assert refined.anomaly_map.shape == plain.anomaly_map.shape
    assert (refined.anomaly_map >= plain.anomaly_map).all()


def test_a_place_that_the_cells_point_at_becomes_a_region(
    adapted: Adapted, memory: NormalityMemory, parts: list[Picture]
) -> None:
    assert adapted.adaptation.rule.cells, "else no net is kept"
    rule = adapted.adaptation.rule.model_copy(update={"cells": 1.0, "cell_level": -1e3})
    tensors, header = adapted.adaptation.packed()
    header = header.replace(adapted.adaptation.rule.model_dump_json(), rule.model_dump_json())
    eager = Adaptation.unpack(tensors, header, tower=memory._tower)
    found = AdaptedMemory(memory, eager).assess(parts[29])
    assert found.regions
    assert found.foremost == found.regions[0]
    assert found.regions[0].score > 100.0


def test_packed_and_unpacked_it_judges_alike(
    adapted: Adapted, memory: NormalityMemory, parts: list[Picture], tower: EfficientNetLite0
) -> None:
    tensors, header = adapted.adaptation.packed()
    again = Adaptation.unpack(tensors, header, tower=tower)
    assert sum(t.numel() * t.element_size() for t in tensors.values()) < 1.5e6 * QUICK.folds
    for part in parts[24:28]:
        judges = (AdaptedMemory(memory, one) for one in (again, adapted.adaptation))
        one, other = (judge.assess(part).score for judge in judges)
        assert one == pytest.approx(other, abs=0.02)


def test_the_nets_of_all_folds_judge_and_the_pictures_are_looked_at_more_closely(
    adapted: Adapted, memory: NormalityMemory, parts: list[Picture]
) -> None:
    """Each net has learned without another share of the labels; the mean of what they say counts."""
    tensors, _ = adapted.adaptation.packed()
    nets = {name.split(".")[0] for name in tensors} - {"direction"}
    assert len(nets) == QUICK.folds
    assert adapted.adaptation.closer is not None
    height, width = adapted.adaptation.closer
    assert height * width > 4 * memory.settings.working_area_px
    assert AdaptedMemory(memory, adapted.adaptation).looks == (*memory.looks, (height, width))


def test_a_recipe_that_was_adapted_with_one_net_and_one_look_judges_as_it_did(
    adapted: Adapted, memory: NormalityMemory, parts: list[Picture]
) -> None:
    """A file of before: format 1."""
    tensors, header = adapted.adaptation.packed()
    of_before = json.loads(header) | {"format": 1}
    for key in ("nets", "closer_height", "closer_width"):
        del of_before[key]
    del of_before["rule"]["distance"]
    net = {name.replace("0.", "net.", 1): one for name, one in tensors.items() if name.startswith("0.")}
    direction = tensors["direction"][: len(tensors["direction"]) // 2]
    again = Adaptation.unpack(net | {"direction": direction}, json.dumps(of_before), tower=memory._tower)
    judge = AdaptedMemory(memory, again)
    assert again.closer is None
    first = memory.assess(parts[29])
    rule, cells = again.rule, said_by(again._nets, first.features)
    assert cells is not None
    whole = Direction(weights=direction, offset=of_before["direction_offset"]).score(moments(first.features))
    seen = opinions(first.score, 0.0, whole, cells)
    assert judge.assess(parts[29]).score == pytest.approx(rule.score(seen[None])[0])


@pytest.mark.parametrize("damage", ["header", "nothing counts", "tower", "format", "tensor", "shape"])
def test_a_damaged_adaptation_is_refused(adapted: Adapted, tower: EfficientNetLite0, damage: str) -> None:
    tensors, header = adapted.adaptation.packed()
    if damage == "header":
        header = header[:-5]
    elif damage == "nothing counts":  # then every part would be normal
        said = json.loads(header)
        said["rule"] |= {"memory": 0.0, "distance": 0.0}
        header = json.dumps(said)
    elif damage == "tower":
        header = header.replace(tower.sha256, "0" * 64)
    elif damage == "format":
        header = header.replace('"format":2', '"format":99')
    elif damage == "tensor":
        del tensors["0.out.weight"]
    else:
        tensors["0.mix.weight"] = tensors["0.mix.weight"][:5]
    with pytest.raises(WeightsError):
        Adaptation.unpack(tensors, header, tower=tower)


def test_too_few_labels_or_groups_are_refused_before_any_work(
    examples: list[Example], memory: NormalityMemory, tower: EfficientNetLite0
) -> None:
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


def test_folds_keep_groups_whole_and_spread_both_kinds(examples: list[Example]) -> None:
    folds = _folds([Label.of(one) for one in examples], 3, seed=1)
    assert set(folds) == {0, 1, 2}
    by_group: dict[Hashable, int] = {}
    for one, fold in zip(examples, folds, strict=True):
        assert by_group.setdefault(one.group, fold) == fold
    for kind in (False, True):
        held = [f for f, one in zip(folds, examples, strict=True) if one.defective is kind]
        assert set(held) == {0, 1, 2}


def opinions_of(
    *,
    scale: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0),
    told: tuple[float, ...] = (3.0, 3.0, 3.0, 3.0),
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Held-out opinions on 200 pictures, a quarter defective."""
    rng = np.random.default_rng(0)
    truth = np.arange(200) % 4 == 0
    seen = rng.normal(size=(200, 4)) + np.array(told) * truth[:, None]
    return seen * scale, truth


def test_each_opinion_counts_by_its_deviation_on_good_pictures_and_not_by_its_unit() -> None:
    plain, truth = opinions_of()
    other = opinions_of(scale=(1.0, 7.0, 500.0, 0.01))[0]
    scores = [seen @ weights_of(seen, truth) for seen in (plain, other)]
    assert scores[0] == pytest.approx(scores[1])
    weights = weights_of(plain, truth)
    assert ((weights > 0.0) == (np.array(TRUSTS[0]) > 0.0)).all()


@pytest.mark.parametrize(
    ("told", "trust"),
    [
        ((3.0, 0.0, 3.0, 3.0), TRUSTS[0]),
        ((0.0, 3.0, 3.0, 3.0), TRUSTS[1]),
        ((3.0, 0.0, 3.0, -1.0), TRUSTS[2]),
        ((0.0, 3.0, 3.0, -1.0), TRUSTS[3]),
    ],
)
def test_what_tells_no_held_out_defect_is_left_out_of_the_sum(told: tuple[float, ...], trust: Trust) -> None:
    seen, truth = opinions_of(told=told)
    assert best_trust(seen, truth, list(range(200))) == trust


def test_a_sum_that_is_better_by_chance_alone_does_not_replace_the_first() -> None:
    """Cells are wrong of two defects and right of one: that says little of the next."""
    truth = np.arange(200) % 4 == 0
    seen = np.zeros((200, 4))
    seen[~truth] = np.linspace(-1.0, 1.0, 150)[:, None]
    wrong, also_wrong, right = np.flatnonzero(truth)[:3]
    seen[[wrong, also_wrong], 3], seen[right, 3] = -100.0, 100.0
    sums = [seen @ weights_of(seen, truth, one) for one in (TRUSTS[0], TRUSTS[2])]
    with_cells, without = (evaluate(one, truth).auroc for one in sums)
    assert without > with_cells
    assert best_trust(seen, truth, list(range(200))) == TRUSTS[0]


def test_on_its_own_scale_a_model_that_knows_fewer_says_what_one_that_knows_more_says() -> None:
    """Raw, every picture lay farther from a fold's memory, and the threshold with it."""
    seen, truth = opinions_of()
    one, other = (
        Scale.of(distance=(30.0, 4.0), whole=(-5.0, 1.5), cells=-6.0),
        Scale.of(distance=(37.0, 6.0), whole=(-7.0, 2.5), cells=-8.0),
    )
    raw = [seen * scale.deviation + scale.mean for scale in (one, other)]
    for scale, opinion in zip((one, other), raw, strict=True):
        assert scale.deviations(opinion) == pytest.approx(seen)
    rule, _ = rule_of(seen, seen[:, 3], truth, list(range(200)), escapes=0.05, overkill=0.02)
    for scale, opinion in zip((one, other), raw, strict=True):
        itself = scale.of_opinions(rule)
        assert itself.score(opinion) == pytest.approx(rule.score(seen))
        assert itself.threshold == rule.threshold
        assert itself.cell_level - scale.mean[3] == pytest.approx(rule.cell_level)


def test_the_scale_of_a_direction_is_that_of_good_parts_of_groups_that_it_did_not_see() -> None:
    rng = torch.Generator().manual_seed(0)
    defective, groups = np.arange(60) % 3 == 0, [f"group {n // 3 % 6}" for n in range(60)]
    whole = torch.randn(60, 200, generator=rng) + 0.3 * torch.from_numpy(defective)[:, None]
    learned = direction_between(whole[torch.from_numpy(~defective)], whole[torch.from_numpy(defective)], 0.3)
    seen = [learned.score(one) for one in whole[torch.from_numpy(~defective)]]
    mean, deviation = unseen_directions(whole, defective, groups, 0.3)
    assert mean > np.mean(seen) + np.std(seen), "what was learned from lies far on the good side"
    assert deviation > np.std(seen)


def test_unseen_good_pictures_lie_about_0_with_deviation_1_and_below_the_threshold() -> None:
    seen, truth = opinions_of()
    rule, _ = rule_of(seen, seen[:, 3], truth, list(range(200)), escapes=0.05, overkill=0.02)
    good = rule.score(seen[~truth])
    assert np.median(good) == pytest.approx(0.0, abs=1e-9)
    assert good.std() == pytest.approx(1.0)
    assert (good > rule.threshold).mean() <= 0.02
    assert rule.score(seen[truth]).mean() > 2.0


def test_opinions_that_never_vary_are_no_infinity() -> None:
    seen = np.ones((40, 4))
    truth = np.arange(40) % 4 == 0
    assert np.isfinite(weights_of(seen, truth)).all()


def test_the_direction_solves_the_shrunk_system_and_has_length_one() -> None:
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


def test_picture_and_mask_are_moved_alike() -> None:
    picture = np.full((64, 96, 3), 40, np.uint8)
    mask = np.zeros((64, 96), np.uint8)
    picture[10:24, 60:80], mask[10:24, 60:80] = 200, 255
    for seed in range(8):
        moved, where = varied(picture, mask, np.random.default_rng(seed))
        assert moved[where > 200].mean() > 1.5 * moved[where < 50].mean()


def test_the_tail_begins_as_the_tower_and_leaves_it_alone(tower: EfficientNetLite0) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=np.uint8)
    maps = tower.features([picture]).maps
    tail = tower.tail()
    plain = tower.unfused().features([picture]).maps
    assert torch.allclose(tail(plain[8].clone()), plain[16], atol=1e-5)
    with torch.no_grad():
        for tensor in tail.parameters():
            tensor.add_(1.0)
    assert torch.equal(tower.features([picture]).maps[16], maps[16])
    cells = CellNet(tower.tail(), fine_channels=40, middle_channels=112)(maps[8].clone())
    assert cells.shape == (1, 8, 12)


def test_polygons_become_a_mask(tmp_path: Path, parts: list[Picture]) -> None:
    import cv2

    path = tmp_path / "part.png"
    cv2.imwrite(str(path), parts[0])
    square = ((10.0, 10.0), (30.0, 10.0), (30.0, 20.0), (10.0, 20.0))
    one = read_example(Photograph(path=path, group="a", polygons=(square,)))
    assert one.mask is not None
    assert one.mask[15, 20] == 255
    assert one.mask[40, 20] == 0
