"""An adapter on disk: what does not fit is refused in words, and the last good one stays."""

import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from app.benches.damage.files import Damage, damaged
from inspection.errors import WeightsError
from inspection.part import Picture
from models.backbone.features import FeatureMaps
from models.language.base import LanguageSettings, load_base
from models.vla.checkpoint import (
    SHIPPED,
    SHIPPED_SHA256,
    AdapterHeader,
    load,
    read_extra,
    read_header,
    rewrite,
    save,
)
from models.vla.vla import InspectionVLA, LoraSettings, VlaSettings
from models.weights import sealed
from tests.models import bases


class Tower:
    """A name and a hash; nothing is looked at."""

    name = "noise"
    sha256 = "0" * 64
    strides = (8, 16, 32)

    def features(self, pictures: Sequence[Picture]) -> FeatureMaps:
        raise AssertionError("nothing is looked at")


class OtherTower(Tower):
    name = "other"
    sha256 = "1" * 64


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bases.llama(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def vla(base: Path) -> InspectionVLA:
    language = LanguageSettings(base=str(base), dtype="float32")
    return InspectionVLA(
        VlaSettings(language=language, lora=LoraSettings(rank=2), channels=8), load_base(language)
    )


@pytest.fixture
def adapter(vla: InspectionVLA, tmp_path: Path) -> Path:
    path = tmp_path / "adapter.safetensors"
    save(path, vla, header(vla))
    return path


def header(vla: InspectionVLA, **changes: object) -> AdapterHeader:
    values: dict[str, object] = {
        "version": "1",
        "settings": vla.settings,
        "base_sha256": vla.base.sha256,
        "tower": Tower.name,
        "tower_sha256": Tower.sha256,
    }
    return AdapterHeader.model_validate(values | changes)


def rewritten(path: Path, tensors: dict[str, torch.Tensor]) -> None:
    """With a digest that fits: what is refused is refused for what it says."""
    sealed.write(path, tensors, sealed.read(path).words)


def test_what_was_saved_comes_back(adapter: Path, vla: InspectionVLA) -> None:
    loaded = load(adapter, tower=Tower(), trainable=True)
    for name, tensor in vla.adapter_parameters().items():
        assert torch.equal(loaded.vla.adapter_parameters()[name].half(), tensor.half()), name
    assert loaded.header == header(vla)


def test_extra_tensors_travel_along(adapter: Path, vla: InspectionVLA) -> None:
    rewrite(adapter, header(vla, trust=0.4), extra={"baseline": torch.ones(3)})
    assert torch.equal(read_extra(adapter)["baseline"], torch.ones(3).half())
    assert read_header(adapter).trust == 0.4
    load(adapter, tower=Tower())


def test_another_base_is_refused(adapter: Path, tmp_path: Path) -> None:
    other = bases.llama(tmp_path / "other", seed=1)
    language = LanguageSettings(base=str(other), dtype="float32")
    with pytest.raises(WeightsError, match=r"trained on the base .* but .*other is"):
        load(adapter, tower=Tower(), language=language)


def test_another_tower_is_refused(adapter: Path) -> None:
    with pytest.raises(WeightsError, match=r"trained on the tower noise .* not on other"):
        load(adapter, tower=OtherTower())


def test_a_changed_file_is_refused(adapter: Path) -> None:
    with pytest.raises(WeightsError, match="hashes to"):
        load(adapter, tower=Tower(), expect_sha256="f" * 64)


@pytest.mark.parametrize("trainable", [False, True])
@pytest.mark.parametrize("which", ["readout.weight", "lora_A"])
def test_another_shape_is_refused(adapter: Path, which: str, trainable: bool) -> None:
    tensors = load_file(adapter)
    name = next(name for name in tensors if which in name)
    tensors[name] = torch.zeros(3, 5)
    rewritten(adapter, tensors)
    with pytest.raises(WeightsError, match="does not fit its own settings"):
        load(adapter, tower=Tower(), trainable=trainable)


@pytest.mark.parametrize("trainable", [False, True])
@pytest.mark.parametrize("which", ["readout.weight", "lora_A", "lora_B"])
def test_a_missing_tensor_is_named(adapter: Path, which: str, trainable: bool) -> None:
    tensors = load_file(adapter)
    del tensors[next(name for name in tensors if which in name)]
    rewritten(adapter, tensors)
    with pytest.raises(WeightsError, match="is missing, unknown or of another shape"):
        load(adapter, tower=Tower(), trainable=trainable)


def test_another_format_is_refused(adapter: Path) -> None:
    tensors = load_file(adapter)
    said = json.loads(sealed.read(adapter).words["adapter"])
    sealed.write(adapter, tensors, {"adapter": json.dumps(said | {"format": 99})})
    with pytest.raises(WeightsError, match="format 99"):
        load(adapter, tower=Tower())


@pytest.mark.parametrize("content", [b"", b"half a file", b"\xff" * 200])
def test_what_is_no_adapter_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "adapter.safetensors"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="damaged, or no adapter"):
        load(path, tower=Tower())
    path.unlink()
    with pytest.raises(WeightsError, match="no such file"):
        load(path, tower=Tower())


def test_another_files_tensors_are_no_adapter(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    save_file({"x": torch.zeros(1)}, path)
    with pytest.raises(WeightsError, match="damaged, or no adapter"):
        load(path, tower=Tower())


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on a file's size there")
def test_a_full_disk_leaves_the_last_good_one(adapter: Path, vla: InspectionVLA) -> None:
    import resource

    before = adapter.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(WeightsError, match="cannot be written") as refused:
            save(adapter, vla, header(vla, version="2"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "the last good one stays" in str(refused.value)
    assert adapter.read_bytes() == before
    assert [path.name for path in adapter.parent.iterdir()] == [adapter.name]
    assert load(adapter, tower=Tower()).header.version == "1"


@pytest.mark.parametrize("before", [False, True])
def test_no_damaged_adapter_is_taken_for_the_true_one(
    adapter: Path, vla: InspectionVLA, tmp_path: Path, before: bool
) -> None:
    """Of before digests only what is impossible can be refused, so there only the numbers are damaged."""
    true = dict(load_file(adapter))
    other = tmp_path / "other.safetensors"
    save(other, vla, header(vla, version="2"), extra={"more": torch.ones(2)})
    data = adapter.read_bytes()
    ways = tuple(way for way in Damage if way is not Damage.RESEALED)
    refused: list[WeightsError] = []
    for number in range(13 * 12):
        way = Damage.FROM_BEFORE if before else ways[number % len(ways)]
        rng = random.Random(f"{before} {number}")
        written = damaged(data, other=other.read_bytes(), damage=way, rng=rng)
        adapter.write_bytes(written)
        try:
            read_header(adapter)
        except WeightsError as error:
            refused.append(error)
            continue
        assert before or written == data, "with a digest every byte that differs is refused"
        content = sealed.read(adapter)
        assert content.sealed
        assert all(torch.equal(content.tensors[name], tensor) for name, tensor in true.items())
        assert content.words == sealed.unpacked(data).words
    assert len(refused) > (150 if before else 140), "else the ways of damage hardly damage"
    assert all(error.what and error.part and error.todo for error in refused)


def test_an_adapter_from_before_digests_is_read_and_said_to_be_unproven(adapter: Path) -> None:
    content = sealed.read(adapter)
    save_file(dict(content.tensors), adapter, metadata=dict(content.words))
    assert not load(adapter, tower=Tower()).proven


def test_the_shipped_adapter_is_the_one_that_is_known(tmp_path: Path) -> None:
    assert read_header(SHIPPED).version == "2"
    assert sealed.read(SHIPPED).sha256 == SHIPPED_SHA256
    copy = bytearray(SHIPPED.read_bytes())
    copy[-1] ^= 1
    path = tmp_path / "copy.safetensors"
    path.write_bytes(copy)
    with pytest.raises(WeightsError, match="not what ships"):
        read_header(path)


@pytest.mark.parametrize("value", [torch.inf, torch.nan, 1e9])
def test_numbers_that_training_cannot_give_are_refused_whatever_the_digest_says(
    adapter: Path, value: float
) -> None:
    for name in load_file(adapter):
        tensors = {key: tensor.float() for key, tensor in load_file(adapter).items()}
        tensors[name].reshape(-1)[0] = value
        whole = adapter.read_bytes()
        rewritten(adapter, tensors)
        with pytest.raises(WeightsError, match="damaged"):
            load(adapter, tower=Tower())
        adapter.write_bytes(whole)
    tensors = dict(load_file(adapter))
    tensors["context.deviation"] = torch.zeros_like(tensors["context.deviation"])
    rewritten(adapter, tensors)
    with pytest.raises(WeightsError, match=r"context.deviation.*outside"):
        load(adapter, tower=Tower())
