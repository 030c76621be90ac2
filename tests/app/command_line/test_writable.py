"""What can be refused is refused before long work: no picture is read for a word that was wrong."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from inspection.files.atomic import check_writable
from tests.alive import AlivePictures
from tests.app.running import Passgate, assert_one_line

READERS = (
    "app.recipes.file_frames",
    "models.training.adapting.labelled",
    "models.training.data.photographs",
    "inspection.cameras.folder",
)


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> AlivePictures:
    return AlivePictures(monkeypatch, *READERS)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A folder of six good parts."""
    folder = tmp_path / "good"
    folder.mkdir()
    for number in range(6):
        picture = np.random.default_rng(number).normal(120, 12, (64, 64, 3)).clip(0, 255).astype(np.uint8)
        cv2.imwrite(str(folder / f"{number}.png"), picture)
    return folder


@pytest.fixture
def a_file(tmp_path: Path) -> Path:
    """Something below which nothing can be written, even by root."""
    (tmp_path / "file").write_text("no folder")
    return tmp_path / "file"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--adapter", "nowhere.safetensors"), "nowhere.safetensors"),
        (("--type", "gap", "--instruction", "gap: stop"), "cannot name gap"),
        (("--type", "a/b"), "cannot be the name of a defect"),
    ],
)
def test_teach_refuses_words_before_it_reads(
    passgate: Passgate, good: Path, home: Path, reading: AlivePictures, words: tuple[str, ...], said: str
) -> None:
    assert_one_line(passgate("recipe", "teach", "--quick", "plate", "--good", good, *words), said)
    assert reading.read == 0
    assert not (home / "recipes").exists()


def test_teach_refuses_a_place_that_cannot_be_written(
    passgate: Passgate, good: Path, home: Path, a_file: Path, reading: AlivePictures
) -> None:
    asked = ("recipe", "teach", "--quick", "plate", "--good", good)
    assert_one_line(
        passgate(*asked, "--out", a_file / "plate.safetensors"), "cannot be written.*nothing was begun"
    )
    assert_one_line(passgate(*asked, "--out", good), "is a directory|Is a directory")
    home.mkdir(exist_ok=True)
    (home / "recipes").write_text("no folder")
    assert_one_line(passgate(*asked), "recipes")
    assert reading.read == 0


@pytest.mark.parametrize(
    "asked",
    [
        ("recipe", "adapt", "cover", "--labels", "LABELS"),
        ("recipe", "certify", "cover", "--good", "GOOD", "--bad", "GOOD", "--alpha", "0.5", "--delta", "0.4"),
    ],
)
def test_what_changes_a_recipe_asks_first_whether_it_can_be_kept(
    passgate: Passgate,
    recipes: None,
    good: Path,
    reading: AlivePictures,
    monkeypatch: pytest.MonkeyPatch,
    asked: tuple[str, ...],
) -> None:
    def read_only(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("app.command_line.writable.check_writable", read_only)
    words = [str(good) if word in ("GOOD", "LABELS") else word for word in asked]
    assert_one_line(passgate(*words), "cover.*cannot be written: Permission denied.*nothing was begun")
    assert reading.read == 0


def test_too_few_labels_are_refused_before_the_recipe_is_looked_with(
    passgate: Passgate, recipes: None, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive = AlivePictures(monkeypatch, "models.training.adapting.labelled")
    shutil.copytree(good, good.parent / "labels" / "good")
    said = passgate("recipe", "adapt", "cover", "--labels", good.parent / "labels")
    assert_one_line(said, "6 good and 0 defective pictures are too few")
    assert alive.read == 0


def test_inspect_demo_and_dataset_ask_first_whether_they_can_write(
    passgate: Passgate, recipes: None, good: Path, a_file: Path, reading: AlivePictures, home: Path
) -> None:
    refused = "cannot be written.*nothing was begun"
    pictures = sorted(good.iterdir())
    assert_one_line(passgate("inspect", *pictures, "--recipe", "cover", "--annotate", a_file / "x"), refused)
    assert_one_line(passgate("demo", "--headless", "--images", good, "--work", a_file / "x"), refused)
    assert_one_line(passgate("dataset", "convert", good, "--out", a_file / "x.jsonl"), refused)
    assert_one_line(passgate("dataset", "simulate", "--parts", 3, "--out", a_file / "x.jsonl"), refused)
    assert reading.read == 0


def test_drawings_overwrite_neither_the_pictures_nor_each_other(
    passgate: Passgate, recipes: None, parts: Path, tmp_path: Path
) -> None:
    pictures = [parts / "good" / "1.png", parts / "bad" / "1.png"]
    before = [path.read_bytes() for path in pictures]
    asked = ("--recipe", "cover", "--inspector", "reflex", "--annotate")
    for among in (("inspect", pictures[0], *asked, parts / "good"), ("inspect", *pictures, *asked, parts)):
        assert_one_line(passgate(*among), "holds the pictures themselves.*nothing was judged")
    assert [path.read_bytes() for path in pictures] == before
    assert passgate("inspect", *pictures, *asked, tmp_path / "drawn").code == 0
    drawn = {path.parent.name for path in (tmp_path / "drawn").glob("*/1.png")}
    assert drawn == {"good", "bad"}


def test_training_asks_first_whether_it_can_write(passgate: Passgate, tmp_path: Path, a_file: Path) -> None:
    config = tmp_path / "train.toml"
    config.write_text(f'out = "{a_file}/adapter"\n[[data]]\nsamples = "absent.jsonl"\n', encoding="utf-8")
    assert_one_line(passgate("model", "train", "--config", config), "cannot be written.*nothing was begun")


def test_the_label_bench_refuses_what_it_could_only_refuse_an_hour_later(
    passgate: Passgate, tmp_path: Path, a_file: Path
) -> None:
    asked = ("bench", "labels", "bsdata", "--data", tmp_path)
    assert_one_line(passgate(*asked, "--figure", a_file / "x.png"), "cannot be written")
    assert_one_line(passgate(*asked, "--add", a_file), "is no result of bench labels")
    earlier = tmp_path / "earlier.json"
    earlier.write_text(json.dumps({"rows": [3]}))
    assert_one_line(passgate(*asked, "--add", earlier), "is no result of bench labels")
    earlier.write_text(json.dumps({"rows": [{"seed": 1, "labels": 10, "eye_asked": True}]}))
    assert_one_line(passgate(*asked, "--add", earlier), "was measured with --eye")
    earlier.write_text(json.dumps({"rows": [{"seed": 1, "labels": 10, "eye": False}]}))
    assert_one_line(passgate(*asked, "--eye", "--add", earlier), "was measured without --eye")


def test_asking_leaves_nothing_behind(tmp_path: Path) -> None:
    check_writable(tmp_path / "new" / "deep" / "file.bin")
    (tmp_path / "there.bin").write_bytes(b"as it was")
    check_writable(tmp_path / "there.bin")
    assert [path.name for path in tmp_path.iterdir()] == ["there.bin"]
    assert (tmp_path / "there.bin").read_bytes() == b"as it was"
