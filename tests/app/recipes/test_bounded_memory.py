"""However many pictures a folder holds, few of them are in memory at once."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from app.demo.demo import _folder_tables
from app.recipes.adapting import adapt_recipe
from app.recipes.certifying import certify
from app.recipes.library import RecipeLibrary
from app.settings.station import InspectorKind, ModelTable
from inspection.certification.certificate import Draw
from inspection.files.one_by_one import OneByOne
from models.backbone.features import EfficientNetLite0
from models.memory.cells import CellNet
from models.training.adapting import adaptation as learning
from models.training.adapting.labelled import AdaptationSettings
from models.training.data.convert import from_photographs
from models.training.data.photographs import good_photographs
from models.training.data.samples import Samples
from models.training.material import teach_memory
from tests.alive import AlivePictures
from tests.app.running import Passgate

AT_ONCE = 3
"""Pictures: the one that is looked at, the one before, the one that is decoded ahead."""
READERS = ("app.recipes.file_frames", "models.training.adapting.labelled", "inspection.cameras.folder")


@pytest.fixture
def alive(monkeypatch: pytest.MonkeyPatch) -> AlivePictures:
    return AlivePictures(monkeypatch, *READERS)


def test_inspect_reads_one_by_one(
    passgate: Passgate, recipes: None, parts: Path, alive: AlivePictures
) -> None:
    files = sorted(parts.rglob("*.png"))
    said = passgate("inspect", *files, "--recipe", "cover", "--inspector", "reflex")
    assert (said.code, alive.read) == (0, 2 * len(files))
    assert alive.most <= AT_ONCE


def test_an_unreadable_picture_is_told_before_any_is_judged(
    passgate: Passgate, recipes: None, parts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[object] = []
    monkeypatch.setattr("app.recipes.inspecting.inspect_one", lambda *one, **_: judged.append(one))
    (parts / "good" / "9.png").write_bytes(b"no picture")
    files = sorted((parts / "good").glob("*.png"))
    said = passgate("inspect", *files, "--recipe", "cover", "--inspector", "reflex")
    assert said.code == 1
    assert "9.png" in said.err
    assert not judged


def test_evaluating_reads_one_by_one(
    passgate: Passgate, recipes: None, parts: Path, alive: AlivePictures
) -> None:
    folders = ("--good", parts / "good", "--bad", parts / "bad")
    said = passgate("recipe", "evaluate", "cover", *folders, "--inspector", "reflex")
    assert (said.code, alive.read) == (0, 24)
    assert alive.most <= AT_ONCE


def test_certifying_reads_one_by_one(taught_library: Path, parts: Path, alive: AlivePictures) -> None:
    certify(
        "cover",
        good=parts / "good",
        bad=parts / "bad",
        alpha=0.5,
        delta=0.4,
        draw=Draw.PICTURE,
        library=RecipeLibrary(taught_library),
        model=ModelTable(inspector=InspectorKind.REFLEX),
    )
    assert alive.read == 24
    assert alive.most <= AT_ONCE


def test_a_folder_that_the_demo_replays_is_read_one_by_one(
    tmp_path: Path, alive: AlivePictures, home: Path
) -> None:
    folder = tmp_path / "line"
    folder.mkdir()
    for number in range(20):
        noise = np.random.default_rng(number).normal(120, 12, (120, 160, 3))
        cv2.imwrite(str(folder / f"{number:02}.png"), np.clip(noise, 0, 255).astype(np.uint8))
    tables = _folder_tables(tmp_path / "demo", folder, None)
    station = tables["station"]
    assert isinstance(station, Mapping)
    assert station["recipe"] == "line"
    assert alive.read >= 20
    assert alive.most <= AT_ONCE
    # every third teaches, as it always did
    assert RecipeLibrary(tmp_path / "demo" / "recipes").learned_from("line").complete


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """Twelve good parts and six scratched ones."""
    folder = tmp_path / "labels"
    for number in range(18):
        kind = "good" if number < 12 else "scratch"
        picture = np.random.default_rng(number).normal(120, 6, (96, 128, 3)).clip(0, 255).astype(np.uint8)
        if kind == "scratch":
            picture[30:36, 20:90] = 240
        (folder / kind).mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / kind / f"{number}.png"), picture)
    return folder


@pytest.mark.soak
def test_adapting_reads_one_by_one(
    taught_library: Path, home: Path, labels: Path, alive: AlivePictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through all of it but the training itself, which sees no picture."""

    def untrained(pool: object, chosen: object, tower: EfficientNetLite0, *_: object) -> CellNet:
        torch.manual_seed(0)
        return CellNet(tower.tail(), fine_channels=40, middle_channels=112).eval()

    monkeypatch.setattr(learning, "train_cells", untrained)
    shutil.copytree(taught_library, home / "recipes")
    settings = AdaptationSettings(folds=2, steps=20, variants=2)
    found = adapt_recipe("cover", labels, library=RecipeLibrary(home / "recipes"), settings=settings)
    assert (found.report["good"], found.report["defective"]) == (12, 6)
    assert alive.read > 4 * 18
    assert alive.most <= AT_ONCE


def test_a_memory_is_taught_from_samples_one_by_one(labels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jsonl = labels / "samples.jsonl"
    made = tuple(from_photographs(good_photographs(labels / "good"), jsonl=jsonl, source="test"))
    alive = AlivePictures(monkeypatch, "models.training.material")
    samples = Samples(folder=labels, samples=made)
    memory, _ = teach_memory(samples, made, 10, tower=EfficientNetLite0(), seed=0)
    assert memory is not None
    assert memory.taught_on == 10
    assert alive.most <= AT_ONCE


def test_what_is_read_when_asked_keeps_nothing() -> None:
    asked: list[int] = []

    def read(number: int) -> str:
        asked.append(number)
        return f"<{number}>"

    lazily = OneByOne(range(5), read)
    assert (len(lazily), asked) == (5, [])
    assert list(lazily[1:3]) == ["<1>", "<2>"]
    assert lazily[-1] == "<4>"
    assert asked == [1, 2, 4]
