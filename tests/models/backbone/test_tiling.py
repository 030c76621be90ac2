"""A large picture is looked at piece by piece: the same maps, in bounded memory."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from inspection.part import Picture
from models.backbone import features
from models.backbone.features import EfficientNetLite0
from models.backbone.tiling import in_pieces


def picture(height: int, width: int) -> Picture:
    draw = np.random.default_rng(3)
    coarse = draw.integers(0, 255, (height // 16, width // 16, 3)).astype(np.uint8)
    large = np.kron(coarse, np.ones((16, 16, 1), np.uint8)) // 2
    return np.asarray(large + draw.integers(0, 90, (height, width, 3), np.uint8), np.uint8)


@pytest.fixture(scope="module")
def tower() -> EfficientNetLite0:
    return EfficientNetLite0()


def test_the_maps_of_a_picture_in_pieces_are_those_of_one_pass(
    tower: EfficientNetLite0, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = [picture(416, 608)]
    whole = tower.features(shown, strides=tower.all_strides)
    monkeypatch.setattr(features, "WHOLE_PX", 1)
    monkeypatch.setattr(features, "_PIECES", {1: 128, 4: 32, 8: 24, 16: 16})
    pieces = tower.features(shown, strides=tower.all_strides)
    for stride, layer in whole.maps.items():
        assert layer.shape == pieces.maps[stride].shape
        assert float((layer - pieces.maps[stride]).abs().max()) < 1e-4 * float(layer.abs().max())


def test_no_piece_is_larger_than_it_may_be(tower: EfficientNetLite0, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, ...]] = []
    plain = tower._stage

    def stage(stride: int, x: Tensor) -> Tensor:
        seen.append(tuple(x.shape[-2:]))
        return plain(stride, x)

    monkeypatch.setattr(tower, "_stage", stage)
    tower.features([picture(704, 1056)], strides=(4,))
    assert max(max(size) for size in seen) <= 512 + 2 * 12
    assert len(seen) == 6


def test_pictures_of_usual_size_are_not_taken_apart(
    tower: EfficientNetLite0, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(features, "in_pieces", None)
    tower.features([picture(256, 320)], strides=(4,))


def test_what_a_cell_sees_beyond_its_reach_is_cut_off() -> None:
    torch.manual_seed(0)
    stage = nn.Sequential(nn.Conv2d(2, 3, 5, 2, 2), nn.Conv2d(3, 4, 3, 1, 1))
    x = torch.randn(2, 2, 40, 56)
    with torch.inference_mode():
        assert torch.allclose(in_pieces(stage, x, stride=2, reach=4, side=8), stage(x), atol=1e-6)
        assert not torch.allclose(in_pieces(stage, x, stride=2, reach=1, side=8), stage(x), atol=1e-3)
    with pytest.raises(ValueError, match="7 cells cannot be strided by 2"):
        in_pieces(stage, x, stride=2, reach=4, side=7)
