"""An eye comes back bit by bit, and what cannot be one is refused in words that a person can act on."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from inspection.errors import WeightsError
from models.eye.eye import TrainedEye, described_by
from tests.models.benchmarks.toys import BlockTower, plate
from tests.models.eye.untrained import CHOICE

SPOT = plate(3, defective=True)


def test_what_is_packed_comes_back_bit_by_bit(eye: TrainedEye, blocks: BlockTower) -> None:
    tensors, header = eye.packed()
    again = TrainedEye.unpack(tensors, header, tower=blocks)
    back, said = again.packed()
    assert said == header
    assert back.keys() == tensors.keys()
    assert all(torch.equal(back[name], tensor) for name, tensor in tensors.items())
    glance, before = again.glance(again.see(SPOT)), eye.glance(eye.see(SPOT))
    assert torch.equal(glance.logits, before.logits)
    assert (glance.opinion, glance.closer) == (before.opinion, before.closer)
    assert (again.rule, again.choice, again.working) == (eye.rule, CHOICE, (96, 128))


def test_the_header_alone_says_what_was_chosen(eye: TrainedEye) -> None:
    said = described_by(eye.packed()[1])
    assert (said.rule, said.choice, said.working) == (eye.rule, CHOICE, (96, 128))
    with pytest.raises(ValueError, match="format"):
        described_by("{}")


def test_a_picture_of_any_size_has_a_logit_for_each_cell_of_the_working_size(eye: TrainedEye) -> None:
    for shape in ((64, 64, 3), (300, 20, 3)):
        assert eye.glance(eye.see(np.full(shape, 128, np.uint8))).logits.shape == (1, 6, 8)


def test_better_is_better_by_more_than_the_error() -> None:
    for auroc, better in ((0.95, True), (0.849, False), (0.8, False), (0.7, False)):
        assert CHOICE.model_copy(update={"auroc_eye": auroc}).better is better


def test_what_is_no_better_than_a_guess_is_not_taken_for_better_than_a_memory_that_is_worse() -> None:
    figures = {"auroc_memory": 0.4, "error": 0.05}
    for auroc, better in ((0.5, False), (0.54, False), (0.56, True)):
        assert CHOICE.model_copy(update=figures | {"auroc_eye": auroc}).better is better


NAME = "0.deviation_16"


def _header(eye: TrainedEye, **changed: Any) -> str:
    return json.dumps(json.loads(eye.packed()[1]) | changed)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda t: {name: one for name, one in t.items() if name != NAME}, "missing"),
        (lambda t: t | {"9.extra": t[NAME]}, "unknown"),
        (lambda t: t | {NAME: torch.full_like(t[NAME], torch.nan)}, "NaN"),
        (lambda t: t | {"1.out.bias": torch.full_like(t["1.out.bias"], torch.inf)}, "infinity"),
        (lambda t: t | {NAME: torch.zeros_like(t[NAME])}, "divided by 0"),
        (lambda t: t | {NAME: -t[NAME]}, "outside 0"),
        (lambda t: t | {NAME: t[NAME][:, :-1]}, "shape"),
        (lambda t: t | {NAME: t[NAME].half()}, "float16"),
        (lambda t: t | {"whole.axes": torch.zeros_like(t["whole.axes"])}, "orthonormal"),
        (lambda t: t | {"whole.deviation": 0.0 * t["whole.deviation"]}, "outside"),
        (lambda t: t | {"whole.centre": t["whole.centre"][:-1]}, "shape"),
        (lambda t: {}, "missing"),
    ],
)
def test_damaged_tensors_are_refused(
    eye: TrainedEye,
    blocks: BlockTower,
    damage: Callable[[Mapping[str, Tensor]], Mapping[str, Tensor]],
    said: str,
) -> None:
    tensors, header = eye.packed()
    with pytest.raises(WeightsError, match=f"The trained eye is damaged: .*{said}") as refused:
        TrainedEye.unpack(damage(tensors), header, tower=blocks)
    assert refused.value.part
    assert refused.value.todo


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"format": 99}, "has format 99, not 2"),
        ({"tower_sha256": "f" * 64}, "trained on another tower than blocks"),
        ({"working_height": 97}, "working size 128 x 97 is none of this tower's"),
        ({"working_width": 0}, "working_width"),
        ({"working_width": 10**9}, "working_width"),
        ({"nets": 0}, "nets"),
        ({"nets": 10**6}, "nets"),
        ({"nets": 3}, "missing"),
        ({"taught_on": 1}, "taught_on"),
        ({"unheard": 1}, "unheard"),
        ({"choice": None}, "choice"),
    ],
)
def test_a_header_that_cannot_be_is_refused(
    eye: TrainedEye, blocks: BlockTower, changed: dict[str, Any], said: str
) -> None:
    with pytest.raises(WeightsError, match=said):
        TrainedEye.unpack(eye.packed()[0], _header(eye, **changed), tower=blocks)


def test_an_eye_that_an_older_passgate_trained_is_not_called_damaged(
    eye: TrainedEye, blocks: BlockTower
) -> None:
    """Format 1 had another rule, and nets alone."""
    of_then = ("eye_mean", "eye_deviation", "whole_mean", "whole_deviation", "cell_level", "cell_deviation")
    rule = dict.fromkeys((*of_then, "median", "threshold"), 1.0)
    header, tensors = _header(eye, format=1, rule=rule), eye.packed()[0]
    nets = {name: tensor for name, tensor in tensors.items() if not name.startswith("whole.")}
    said = r"format 1, not 2: another version .*Teach the recipe again"
    with pytest.raises(WeightsError, match=said):
        described_by(header)
    with pytest.raises(WeightsError, match=said):
        TrainedEye.unpack(nets, header, tower=blocks)


@pytest.mark.parametrize(
    "changed",
    [
        {"threshold": 1e9},
        {"threshold": -1e9},
        {"cell_level": 1e300},
        {"cell_deviation": 0.0},
        {"scales": {}},
        {"scales": {name: {"mean": 0.0, "deviation": 0.0} for name in ("eye", "patches", "whole", "closer")}},
        {"told": {"eye": 1.5, "patches": 0.5, "whole": 0.5}},
    ],
)
def test_a_rule_that_cannot_have_been_learned_is_refused(
    eye: TrainedEye, blocks: BlockTower, changed: dict[str, Any]
) -> None:
    said = _header(eye, rule=json.loads(eye.rule.model_dump_json()) | changed)
    with pytest.raises(WeightsError, match=r"The trained eye is damaged: .*rule|a threshold"):
        TrainedEye.unpack(eye.packed()[0], said, tower=blocks)
    for cut in ("", eye.packed()[1][:-9], "[]"):
        with pytest.raises(WeightsError, match="damaged"):
            TrainedEye.unpack(eye.packed()[0], cut, tower=blocks)
