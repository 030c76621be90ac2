"""The vision tower gives what a plain implementation of its paper gives, and refuses what is no picture."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from inspection.part import Picture
from models.backbone.features import EfficientNetLite0
from models.weights import base_weights
from tests.models.plain_lite0 import REFERENCE, clock, run

ANALOG_CLOCK = 409


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
