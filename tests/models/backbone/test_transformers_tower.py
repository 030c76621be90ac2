"""Vision towers from a folder: whatever transformer the station looks with, memory and model work on it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from inspection.errors import WeightsError
from inspection.part import Picture
from models.backbone.features import EfficientNetLite0, FinerTower, VisionTower
from models.backbone.transformers_tower import TransformersTower, build_tower
from models.memory.memory import NormalityMemory
from models.memory.settings import MemorySettings
from models.vla.perception import WHOLE, Grid, Perception, channels_of
from tests.models import bases
from tests.models.conftest import scratched

KINDS: dict[str, Callable[[Path], Path]] = {
    "clip": bases.clip,
    "clip with words": bases.clip_pair,
    "siglip": bases.siglip,
    "dinov2": bases.dinov2,
}


@pytest.fixture(scope="module", params=KINDS)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return KINDS[request.param](tmp_path_factory.mktemp("tower"))


@pytest.fixture(scope="module")
def eyes(folder: Path) -> TransformersTower:
    return TransformersTower(folder)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bases.clip(tmp_path_factory.mktemp("clip"))


def noise(rows: int, columns: int, seed: int = 0) -> Picture:
    return np.random.default_rng(seed).integers(0, 256, (rows, columns, 3), dtype=np.uint8)


@pytest.mark.parametrize(("rows", "columns"), [(8, 8), (5, 9), (1, 1), (20, 20)])
def test_pictures_of_any_size_give_one_token_a_patch(
    eyes: TransformersTower, rows: int, columns: int
) -> None:
    patch = eyes.strides[-1]
    maps = eyes.features([noise(rows * patch, columns * patch, seed) for seed in range(2)]).maps
    assert list(maps) == [patch]
    assert maps[patch].shape == (2, 64, rows, columns)
    assert maps[patch].dtype == torch.float32
    assert bool(torch.isfinite(maps[patch]).all())


def test_a_patch_lies_where_it_shows(eyes: TransformersTower) -> None:
    """No class token is taken for a patch, and rows are not columns."""
    patch = eyes.strides[-1]
    plain = np.full((6 * patch, 8 * patch, 3), 120, np.uint8)
    marked = plain.copy()
    marked[4 * patch : 5 * patch, 2 * patch : 3 * patch] = noise(patch, patch)
    difference = (eyes.features([marked]).maps[patch] - eyes.features([plain]).maps[patch]).abs().sum(1)[0]
    assert divmod(int(difference.argmax()), 8) == (4, 2)


def test_a_batch_is_as_one_by_one(eyes: TransformersTower) -> None:
    patch = eyes.strides[-1]
    pictures = [noise(4 * patch, 4 * patch, seed) for seed in range(3)]
    together = eyes.features(pictures).maps[patch]
    alone = torch.cat([eyes.features([picture]).maps[patch] for picture in pictures])
    assert torch.allclose(together, alone, atol=1e-4)


@pytest.mark.parametrize("bad", [noise(15, 28), noise(28, 28)[:, :, :1], noise(28, 28).astype(np.float32)])
def test_what_is_no_picture_is_refused(clip: Path, bad: Picture) -> None:
    with pytest.raises(ValueError, match=r"multiples|uint8"):
        TransformersTower(clip).features([bad])


def test_the_memory_teaches_and_assesses_on_it(eyes: TransformersTower, parts: list[Picture]) -> None:
    settings = MemorySettings(patches=300, working_area_px=20_000)
    memory = NormalityMemory.teach(parts[:12], tower=eyes, settings=settings)
    tensors, header = memory.packed()
    again = NormalityMemory.unpack(tensors, header, tower=eyes)
    good, bad = again.assess(parts[20]), again.assess(scratched(parts[20]))
    assert bad.score > good.score


def test_the_language_model_sees_through_it(eyes: TransformersTower, parts: list[Picture]) -> None:
    memory = NormalityMemory.teach(
        parts[:8], tower=eyes, settings=MemorySettings(patches=100, working_area_px=20_000)
    )
    for known in (None, memory):
        seen = Perception().see(scratched(parts[9]), tower=eyes, memory=known)
        assert seen.context.shape == (Grid().cells, 64)
        assert seen.whole.shape == (2 * 64 + WHOLE,)
        assert len(seen.difference) == len(seen.zoom) == len(seen.places)


def test_a_memory_of_another_tower_is_refused(clip: Path, tmp_path: Path, parts: list[Picture]) -> None:
    eyes = TransformersTower(clip)
    memory = NormalityMemory.teach(
        parts[:6], tower=eyes, settings=MemorySettings(patches=50, working_area_px=20_000)
    )
    tensors, header = memory.packed()
    with pytest.raises(WeightsError, match="was taught on"):
        NormalityMemory.unpack(
            tensors, header, tower=TransformersTower(bases.clip(tmp_path / "other", seed=1))
        )


def test_the_same_folder_elsewhere_is_the_same_tower(clip: Path, tmp_path: Path) -> None:
    shutil.copytree(clip, tmp_path / "copy")
    assert TransformersTower(tmp_path / "copy").sha256 == TransformersTower(clip).sha256


def test_the_tower_by_configuration(clip: Path, tower: VisionTower) -> None:
    assert isinstance(build_tower(None), EfficientNetLite0)
    assert build_tower(None).sha256 == tower.sha256
    assert isinstance(build_tower(str(clip)), TransformersTower)
    assert channels_of(build_tower(None).features([noise(32, 32)])) == 344
    assert isinstance(build_tower(None), FinerTower)
    assert not isinstance(build_tower(str(clip)), FinerTower), "its patches have one size"


def test_towers_by_name_are_those_that_passgate_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name is never a folder of whoever started the program."""
    monkeypatch.setenv("PASSGATE_CACHE", str(tmp_path))
    for name in ("efficientnet-lite1", "efficientnet-lite2"):
        with pytest.raises(WeightsError, match=f"{name} is not in the cache.*passgate weights pull {name}"):
            build_tower(name)
    bases.clip(tmp_path / "eyes")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WeightsError, match=r"'eyes' is no folder beside the file .*efficientnet-lite1"):
        build_tower("eyes")


def half(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:3000])


def without_normalisation(folder: Path) -> None:
    (folder / "preprocessor_config.json").unlink()


def without_config(folder: Path) -> None:
    (folder / "config.json").unlink()


@pytest.mark.parametrize("damage", [half, without_normalisation, without_config])
def test_a_folder_that_is_no_tower(clip: Path, tmp_path: Path, damage: Callable[[Path], None]) -> None:
    shutil.copytree(clip, tmp_path / "tower")
    damage(tmp_path / "tower")
    with pytest.raises(WeightsError, match=r"cannot be loaded|no folder with a vision tower"):
        TransformersTower(tmp_path / "tower")


def test_a_language_model_has_no_eyes(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="cannot be loaded"):
        TransformersTower(bases.llama(tmp_path))
