"""The library: a recipe and what was taught for it stay together, whole, and no version is overwritten."""

from pathlib import Path

import numpy as np
import pytest

from app.recipes import RecipeLibrary, read_recipe, write
from app.teaching import teach_folder
from inspection.cameras.simulated import SimulatedCamera
from inspection.errors import CameraError, RecipeError, WeightsError
from inspection.simulation import Variation
from models.vision import EfficientNetLite0


@pytest.fixture(scope="module")
def tower() -> EfficientNetLite0:
    """The shipped tower."""
    return EfficientNetLite0()


def test_what_is_read_back_judges_as_what_was_taught(
    taught_library: Path, tmp_path: Path, tower: EfficientNetLite0
) -> None:
    taught = RecipeLibrary(taught_library).load("cover", tower=tower)
    again = RecipeLibrary(tmp_path)
    again.save(taught)
    camera = SimulatedCamera("main", seed=1, variation=Variation(defect_rate=1.0))
    camera.open()
    picture = camera.capture(3).picture
    one = taught.memories["top"].assess(picture)
    other = again.load("cover", tower=tower).memories["top"].assess(picture)
    assert one.score == other.score
    assert again.recipe("cover") == taught.recipe


def test_a_version_is_never_overwritten(
    taught_library: Path, tmp_path: Path, tower: EfficientNetLite0
) -> None:
    library = RecipeLibrary(tmp_path)
    taught = RecipeLibrary(taught_library).load("cover", tower=tower)
    library.save(taught)
    with pytest.raises(RecipeError, match="exists already"):
        library.save(taught)
    assert library.next_identity("cover") == (taught.recipe.id, 2)
    assert library.next_identity("bracket") == (taught.recipe.id + 1, 1)


def test_an_unknown_recipe_is_answered_with_the_known_ones(taught_library: Path) -> None:
    with pytest.raises(RecipeError, match=r"'brackett' is unknown .* known are: cover"):
        RecipeLibrary(taught_library).recipe("brackett")


@pytest.mark.parametrize("name", ["", ".", "..", "../cover", "a/b", "cover/v0001"])
def test_a_name_is_never_a_path(taught_library: Path, name: str) -> None:
    with pytest.raises(RecipeError):
        RecipeLibrary(taught_library).recipe(name)


def test_a_file_cut_short_is_refused(taught_library: Path, tmp_path: Path, tower: EfficientNetLite0) -> None:
    whole = (taught_library / "cover" / "v0001.safetensors").read_bytes()
    for length in (0, 7, 100, len(whole) - 1):
        half = tmp_path / "cover" / "v0001.safetensors"
        half.parent.mkdir(exist_ok=True)
        half.write_bytes(whole[:length])
        with pytest.raises((RecipeError, WeightsError)):
            RecipeLibrary(tmp_path).load("cover", tower=tower)


def test_a_recipe_taught_on_another_tower_is_refused(taught_library: Path) -> None:
    other = EfficientNetLite0()
    other.sha256 = "0" * 64
    with pytest.raises(WeightsError, match="taught on"):
        RecipeLibrary(taught_library).load("cover", tower=other)


def test_a_write_that_fails_leaves_no_half_file(
    taught_library: Path, tmp_path: Path, tower: EfficientNetLite0
) -> None:
    taught = RecipeLibrary(taught_library).load("cover", tower=tower)
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(RecipeError, match="cannot write"):
        write(blocked / "cover.safetensors", taught)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["file"]


def test_teaching_again_keeps_id_and_policy_and_counts_the_version_up(tmp_path: Path) -> None:
    camera = SimulatedCamera("main", seed=2, variation=Variation(defect_rate=0.0))
    camera.open()
    folder = tmp_path / "good"
    folder.mkdir()
    for number in range(6):
        _write_png(folder / f"{number}.png", camera.capture(number).picture)
    library = RecipeLibrary(tmp_path / "recipes")
    first = teach_folder("泵盖", folder, library=library)
    library.save(first)
    second = teach_folder("泵盖", folder, library=library)
    library.save(second)
    assert (second.recipe.id, second.recipe.version) == (first.recipe.id, 2)
    assert library.recipe("泵盖", 1) == first.recipe
    assert read_recipe(tmp_path / "recipes" / "泵盖" / "v0002.safetensors").version == 2


def test_teaching_from_a_folder_that_is_not_there_or_too_small_says_so(tmp_path: Path) -> None:
    library = RecipeLibrary(tmp_path / "recipes")
    with pytest.raises(CameraError, match="does not exist"):
        teach_folder("cover", tmp_path / "nowhere", library=library)
    few = tmp_path / "few"
    few.mkdir()
    _write_png(few / "1.png", np.full((64, 64, 3), 90, np.uint8))
    with pytest.raises(RecipeError, match="too few"):
        teach_folder("cover", few, library=library)


def _write_png(path: Path, picture: np.ndarray) -> None:
    import cv2

    cv2.imencode(".png", picture)[1].tofile(path)
