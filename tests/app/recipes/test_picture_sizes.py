"""Pictures in which there is nothing to see: too small for the cells that look, or far too coarse."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.recipes.library import RecipeLibrary
from app.recipes.teaching import plan, teach_folder
from inspection.errors import RecipeError
from models.backbone.features import EfficientNetLite0
from tests.app.running import Passgate, assert_one_line
from tests.models.conftest import part


def write(path: Path, picture: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imencode(".png", picture)[1].tofile(path)
    return path


def tiny(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(90, 110, (4, 4, 3), dtype=np.uint8)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """Eight good parts in one size: too few to tell an outlier by its looks."""
    for seed in range(8):
        write(tmp_path / "good" / f"{seed}.png", part(seed))
    return tmp_path / "good"


@pytest.fixture
def library(home: Path) -> RecipeLibrary:
    return RecipeLibrary(home / "recipes")


def test_nothing_is_taught_from_pictures_smaller_than_the_cells_that_look(
    passgate: Passgate, tmp_path: Path, home: Path
) -> None:
    for seed in range(8):
        write(tmp_path / "tiny" / f"{seed}.png", tiny(seed))
    said = passgate("recipe", "teach", "--quick", "plate", "--good", tmp_path / "tiny", "--keep-outliers")
    assert_one_line(said, r"too small: .*\(4 x 4 pixels, and at least 36 x 36 are needed.*Nothing was taught")
    assert not (home / "recipes").exists()


def test_one_such_picture_among_few_is_named(good: Path, library: RecipeLibrary) -> None:
    write(good / "odd.png", tiny(0))
    with pytest.raises(RecipeError, match=r"too small: odd\.png \(4 x 4 pixels"):
        teach_folder(plan("plate", library=library), good)


def test_a_far_coarser_picture_among_few_is_named_and_taught_only_with_a_flag(
    passgate: Passgate, good: Path, home: Path
) -> None:
    write(good / "odd.png", cv2.resize(part(20), (60, 45), interpolation=cv2.INTER_AREA))
    asked = ("recipe", "teach", "--quick", "plate", "--good", good)
    assert_one_line(
        passgate(*asked), r"of another size than most: odd\.png \(60 x 45 pixels\).*--keep-outliers"
    )
    said = passgate(*asked, "--keep-outliers", "--json")
    assert json.loads(said.out)["taught_on"] == 9
    assert "the station will take pictures of any size" in said.err


def test_a_finer_picture_and_parts_cut_out_of_pictures_are_taught(good: Path, library: RecipeLibrary) -> None:
    write(good / "finer.png", cv2.resize(part(20), (640, 480), interpolation=cv2.INTER_CUBIC))
    assert teach_folder(plan("plate", library=library), good).recipe.quality.size is None
    for seed, path in enumerate(sorted(good.iterdir())):
        write(path, part(seed, height=110 + 17 * seed, width=90 + 31 * seed))
    assert teach_folder(plan("cut", library=library), good).recipe.quality.size is None


def test_where_a_size_is_wanted_inspect_says_so_and_nothing_is_measured_on_others(
    passgate: Passgate, recipes: None, parts: Path
) -> None:
    odd = write(parts / "bad" / "odd.png", tiny(0))
    decision = json.loads(passgate("inspect", odd, "--recipe", "cover", "--json").out)["decisions"][0]
    assert decision["action"] == "manual_review"
    assert "picture is 4x4, the recipe wants 640x480" in decision["reason"]
    folders = ("--good", parts / "good", "--bad", parts / "bad", "--inspector", "reflex")
    assert_one_line(
        passgate("recipe", "evaluate", "cover", *folders), r"odd\.png has 4 x 4 pixels.*nothing was meas"
    )
    asked = ("recipe", "certify", "cover", *folders, "--alpha", "0.5", "--delta", "0.4")
    assert_one_line(passgate(*asked), r"odd\.png has 4 x 4 pixels.*no certificate was issued")
    write(odd, cv2.resize(part(3), (320, 240)))
    assert_one_line(passgate(*asked), r"odd\.png proves nothing, .*320x240.*no certificate was issued")
    found = json.loads(passgate("recipe", "evaluate", "cover", *folders, "--json").out)
    assert "1 of these 13 pictures have not the size that the recipe wants" in found["mind"]


def test_where_any_size_is_taken_one_too_small_is_refused_and_held_on_the_line(
    passgate: Passgate, good: Path, library: RecipeLibrary, tmp_path: Path
) -> None:
    write(good / "finer.png", cv2.resize(part(20), (640, 480), interpolation=cv2.INTER_CUBIC))
    library.save(teach_folder(plan("plate", library=library), good))
    odd = write(tmp_path / "odd.png", tiny(0))
    said = passgate("inspect", good / "1.png", odd, "--recipe", "plate")
    assert_one_line(said, r"odd\.png has 4 x 4 pixels.*nothing was judged")
    memory = library.load("plate", tower=EfficientNetLite0()).memories["top"]
    with pytest.raises(RecipeError, match=r"4 x 4 pixels.*the part goes to manual review"):
        memory.assess(tiny(0))
