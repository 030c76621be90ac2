"""The vision tower gives what a plain implementation of its paper gives, and refuses what is no picture."""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from inspection.errors import WeightsError
from inspection.part import Picture
from models.backbone.features import EfficientNetLite, EfficientNetLite0
from models.memory.memory import NormalityMemory
from models.memory.settings import MemorySettings
from models.weights import base_weights
from tests.models import plain_lite0
from tests.models.plain_lite0 import REFERENCE, clock, run

ANALOG_CLOCK, WALL_CLOCK = 409, 892


def test_the_maps_are_those_of_the_plain_implementation(tower: EfficientNetLite0) -> None:
    with np.load(REFERENCE) as reference:
        maps = tower.features([clock(128)[:96]]).maps
        assert tuple(maps) == tower.strides == tuple(int(stride) for stride in reference)
        for stride, found in maps.items():
            np.testing.assert_allclose(found.numpy(), reference[str(stride)], atol=1e-3)


def test_the_weights_padding_and_colours_see_a_clock_in_a_clock(tower: EfficientNetLite0) -> None:
    state = load_file(base_weights.verify(base_weights.EFFICIENTNET_LITE0))
    _, logits = run(state, clock())
    assert int(logits.argmax()) == ANALOG_CLOCK


LARGER = {
    1: base_weights.EFFICIENTNET_LITE1,
    2: base_weights.EFFICIENTNET_LITE2,
}
READ_BY_NONE = re.compile(r"_conv_head|_bn1|_fc|_blocks\.20\.|.*num_batches_tracked")
"""The last stage and the classifier, which the tower does without."""


class Read(dict[str, Tensor]):
    """A checkpoint that knows what has been read of it."""

    def __init__(self, state: Mapping[str, Tensor]) -> None:
        super().__init__(state)
        self.unread = set(state)

    def __getitem__(self, name: str) -> Tensor:
        self.unread.discard(name)
        return super().__getitem__(name)


@pytest.mark.parametrize("number", LARGER)
def test_a_larger_one_is_scaled_as_its_checkpoint_is(number: int, tmp_path: Path) -> None:
    """On random weights of the published names and shapes, so that nothing needs to be fetched."""
    state = plain_lite0.made(plain_lite0.LARGER, plain_lite0.WIDTHS[number])
    save_file(state, tmp_path / "made.safetensors")
    larger = EfficientNetLite(LARGER[number], tmp_path / "made.safetensors")
    picture = clock(128)[:96]
    plain, _ = run(state, picture, plain_lite0.LARGER)
    maps = larger.features([picture], strides=larger.all_strides).maps
    channels = [plain_lite0.WIDTHS[number][stage] for stage in (1, 2, 4, 5)]
    shapes = [(1, width, 96 // stride, 128 // stride) for width, stride in zip(channels, maps, strict=True)]
    assert [layer.shape for layer in maps.values()] == shapes
    for stride, layer in maps.items():
        torch.testing.assert_close(layer, plain[stride], atol=1e-4, rtol=1e-3)
    assert tuple(larger.features([picture]).maps) == larger.strides
    with torch.inference_mode():
        torch.testing.assert_close(larger.tail()(maps[8]), maps[16])


def test_what_was_taught_on_one_is_refused_by_its_larger_sister(
    tower: EfficientNetLite0, parts: list[Picture], tmp_path: Path
) -> None:
    save_file(plain_lite0.made(plain_lite0.LARGER, plain_lite0.WIDTHS[1]), tmp_path / "made.safetensors")
    larger = EfficientNetLite(LARGER[1], tmp_path / "made.safetensors")
    settings = MemorySettings(patches=50, working_area_px=20_000)
    taught = NormalityMemory.teach(parts[:6], tower=larger, settings=settings).packed()
    with pytest.raises(WeightsError, match="was taught on efficientnet-lite1"):
        NormalityMemory.unpack(*taught, tower=tower)


@pytest.mark.parametrize("number", LARGER)
def test_no_weight_is_left_over(number: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    state = Read(plain_lite0.made(plain_lite0.LARGER, plain_lite0.WIDTHS[number]))
    monkeypatch.setattr("models.backbone.features.load_file", lambda _: state)
    EfficientNetLite(LARGER[number], tmp_path)
    assert {name for name in state.unread if not READ_BY_NONE.match(name)} == set()


@pytest.mark.parametrize("number", LARGER)
def test_a_larger_one_sees_a_clock_in_a_clock(number: int) -> None:
    """The published weights, where they lie in the cache: no test fetches what does not ship."""
    try:
        larger = EfficientNetLite(LARGER[number])
    except WeightsError:
        pytest.skip("the larger towers' weights are not in the cache")
    state, picture = load_file(base_weights.verify(LARGER[number])), clock()
    plain, logits = run(state, picture, plain_lite0.LARGER)
    assert int(logits.argmax()) in (ANALOG_CLOCK, WALL_CLOCK)
    for stride, layer in larger.features([picture], strides=larger.all_strides).maps.items():
        torch.testing.assert_close(layer, plain[stride], atol=1e-3, rtol=1e-3)


def test_a_finer_map_is_given_to_who_asks_and_changes_no_other(tower: EfficientNetLite0) -> None:
    picture = clock(128)[:96]
    unasked = tower.features([picture]).maps
    assert tuple(unasked) == tower.strides
    for strides in (tower.all_strides, (32, 4), (4,)):
        asked = tower.features([picture], strides=strides).maps
        assert tuple(asked) == tuple(sorted(strides))
        assert asked[4].shape == (1, 24, 24, 32)
        assert all(torch.equal(asked[stride], unasked[stride]) for stride in asked if stride in unasked)


def test_the_finer_map_is_that_of_the_plain_implementation(tower: EfficientNetLite0) -> None:
    picture = clock(128)[:96]
    plain, _ = run(load_file(base_weights.verify(base_weights.EFFICIENTNET_LITE0)), picture)
    torch.testing.assert_close(
        tower.features([picture], strides=(4,)).maps[4], plain[4], atol=1e-3, rtol=1e-4
    )


@pytest.mark.parametrize("strides", [(), (1, 8), (64,)])
def test_a_stride_that_it_does_not_give_is_refused(
    tower: EfficientNetLite0, strides: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match=r"gives maps at strides \(4, 8, 16, 32\)"):
        tower.features([clock(64)], strides=strides)


def test_a_batch_gives_what_single_pictures_give(tower: EfficientNetLite0) -> None:
    pictures = [clock(96), clock(96)[::-1].copy()]
    together = tower.features(pictures).maps
    for index, picture in enumerate(pictures):
        alone = tower.features([picture]).maps
        for stride in tower.strides:
            torch.testing.assert_close(together[stride][index], alone[stride][0], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    ("pictures", "reason"),
    [
        ([], "no picture"),
        ([np.zeros((64, 64), np.uint8)], "uint8"),
        ([np.zeros((64, 64, 3), np.float32)], "uint8"),
        ([np.zeros((64, 64, 4), np.uint8)], "uint8"),
        ([np.zeros((64, 60, 3), np.uint8)], "multiples of 32"),
        ([np.zeros((0, 64, 3), np.uint8)], "multiples of 32"),
        ([np.zeros((64, 64, 3), np.uint8), np.zeros((64, 96, 3), np.uint8)], "one size"),
    ],
)
def test_what_is_no_batch_of_pictures_is_refused(
    tower: EfficientNetLite0, pictures: list[Picture], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        tower.features(pictures)
