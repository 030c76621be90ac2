"""The tower's layers as single calls of oneDNN: the same numbers within rounding, or the plain layers."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from inspection.part import Picture
from models.backbone import fused
from models.backbone.features import EfficientNetLite, EfficientNetLite0
from models.backbone.fused import FrozenConvolution
from models.memory.embedding import Embedding
from models.memory.memory import NormalityMemory
from models.memory.normal import Normal
from models.memory.settings import MemorySettings
from models.weights.base_weights import EFFICIENTNET_LITE2
from tests.models import plain_lite0
from tests.models.conftest import scratched


@pytest.fixture(scope="module")
def loaded() -> EfficientNetLite0:
    return EfficientNetLite0()


def noise(*sides: tuple[int, int]) -> list[Picture]:
    draw = np.random.default_rng(1)
    return [draw.integers(0, 256, (*side, 3), np.uint8) for side in sides]


def alike(one: dict[int, Tensor], other: dict[int, Tensor]) -> bool:
    return all(float((one[s] - other[s]).abs().max()) < 1e-4 * float(other[s].abs().max()) for s in one)


def test_the_tower_that_ships_is_fused_on_the_torch_that_is_pinned(loaded: EfficientNetLite0) -> None:
    assert loaded._run is not loaded._layers


@pytest.mark.parametrize("shown", [[(32, 32)], [(96, 224)], [(64, 32)] * 3], ids=str)
def test_the_maps_are_those_of_the_plain_layers(
    loaded: EfficientNetLite0, shown: list[tuple[int, int]]
) -> None:
    pictures = noise(*shown)
    quick = dict(loaded.features(pictures, strides=loaded.all_strides).maps)
    assert alike(quick, dict(loaded.unfused().features(pictures, strides=loaded.all_strides).maps))


def test_a_larger_tower_is_fused_too(tmp_path: Path) -> None:
    save_file(plain_lite0.made(plain_lite0.LARGER, plain_lite0.WIDTHS[2]), tmp_path / "made.safetensors")
    larger = EfficientNetLite(EFFICIENTNET_LITE2, tmp_path / "made.safetensors")
    assert larger._run is not larger._layers
    pictures = noise((64, 96))
    quick = dict(larger.features(pictures).maps)
    assert alike(quick, dict(larger.unfused().features(pictures).maps))


def test_the_scores_of_a_recipe_move_by_rounding_alone(
    loaded: EfficientNetLite0, parts: list[Picture]
) -> None:
    shown = [parts[20], scratched(parts[20]), scratched(parts[21])]
    settings = MemorySettings(patches=200, working_area_px=20_000)
    old = NormalityMemory.teach(parts[:8], tower=loaded.unfused(), settings=settings)
    before = [old.assess(one) for one in shown]
    now = NormalityMemory.unpack(*old.packed(), tower=loaded)
    for was, one in zip(before, shown, strict=True):
        assessment = now.assess(one)
        assert assessment.score == pytest.approx(was.score, abs=1e-3)
        np.testing.assert_allclose(assessment.anomaly_map, was.anomaly_map, atol=1e-3)


def missing(*_: object) -> Tensor:
    raise AttributeError("'_OpNamespace' 'mkldnn' object has no attribute '_reorder_convolution_weight'")


def refused(*_: object) -> Tensor:
    raise NotImplementedError("Could not run 'mkldnn::_convolution_pointwise'")


def without_the_cut(convolve: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def run(self: FrozenConvolution, x: Tensor) -> Tensor:
        self._then = fused._THEN[None]
        return convolve(self, x)

    return run


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("__init__", missing),
        ("__call__", refused),
        ("__call__", without_the_cut(FrozenConvolution.__call__)),
        ("__call__", lambda _, x: torch.full_like(x, torch.nan)),
    ],
)
def test_a_torch_on_which_the_operator_is_another_runs_the_plain_layers(
    monkeypatch: pytest.MonkeyPatch, name: str, other: Callable[..., Tensor]
) -> None:
    monkeypatch.setattr(fused.FrozenConvolution, name, other)
    tower = EfficientNetLite0()
    assert tower._run is tower._layers
    assert tower.features(noise((32, 32))).maps[8].shape == (1, 40, 4, 4)


@pytest.mark.parametrize("size", [(192, 448), (160, 480), (288, 288)])
def test_for_each_shape_of_map_weights_are_brought_into_order_once(
    loaded: EfficientNetLite0, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In another shape's order they are brought into the right one at every call, for some by a slow loop."""
    made: list[torch.Size] = []
    ordered_for = FrozenConvolution._ordered_for

    def counted(self: FrozenConvolution, shape: torch.Size) -> Tensor:
        made.extend([] if shape in self._ordered else [shape])
        return ordered_for(self, shape)

    monkeypatch.setattr(FrozenConvolution, "_ordered_for", counted)
    picture = np.random.default_rng(0).integers(0, 255, (*size, 3), dtype=np.uint8)
    first = loaded.features([picture])
    made.clear()
    again = loaded.features([picture])
    assert not made
    assert all(torch.equal(first.maps[stride], again.maps[stride]) for stride in first.maps)


def test_weights_are_kept_in_order_for_a_bounded_number_of_shapes() -> None:
    layer = FrozenConvolution(torch.randn(4, 3, 1, 1), None)
    for columns in range(1, 2 * fused._MOST_SHAPES):
        layer(torch.randn(1, 3, 2, columns))
    assert len(layer._ordered) == fused._MOST_SHAPES


def test_what_is_trained_is_no_part_of_it(loaded: EfficientNetLite0) -> None:
    tail = loaded.tail()
    tail(torch.zeros(1, 40, 8, 8)).sum().backward()
    assert all(weight.grad is not None for weight in tail.parameters())
    assert "0._filter._convolution.weight" in tail.state_dict()


@pytest.mark.parametrize("patches", [1, 7, 320])
def test_the_nearest_normal_patch_is_the_one_that_plain_arithmetic_finds(patches: int) -> None:
    draw = torch.Generator().manual_seed(2)
    bank, shown = (torch.randn(n, 24, generator=draw) for n in (50, patches))
    normal = Normal(
        deviation=torch.ones(24),
        bank=bank,
        whole_centre=torch.zeros(1),
        whole_deviation=torch.ones(1),
        whole_axes=torch.ones(1, 1),
        whole_slack=torch.zeros(1),
        expected=torch.ones(1, patches),
    )
    seen = Embedding(patches=shown, rows=1, columns=patches, whole=torch.zeros(1))
    nearest = torch.cdist(shown.double(), bank.double()).amin(1)
    torch.testing.assert_close(normal.distances(seen)[0].double(), nearest, atol=1e-5, rtol=1e-5)
