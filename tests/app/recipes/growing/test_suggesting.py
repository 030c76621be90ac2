"""Which pictures to label next: new ones, doubtful ones, in words and as one object."""

import json
import shutil
from pathlib import Path

import numpy as np

from app.recipes.library import RecipeLibrary
from tests.app.recipes.growing.conftest import parts, write
from tests.app.running import Passgate


def test_doubtful_pictures_are_named_first_and_known_ones_not_at_all(
    library: RecipeLibrary, lain: Path, rejected: Path, tmp_path: Path, passgate: Passgate
) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    shutil.copy(lain / "01.png", shelf / "known.png")
    shutil.copy(rejected, shelf / "near.png")
    shutil.copy(rejected, shelf / "near again.png")
    write(shelf / "plain.png", parts(3)[0])
    write(shelf / "glaring.png", np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8))
    done = passgate("recipe", "suggest", "cover", "--from", shelf, "--count", 2, "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["looked_at"] == 3
    assert found["left_out"] == {"known to the recipe": 1, "the same again": 1}
    names = [one["picture"] for one in found["suggested"]]
    assert names[0] in ("near.png", "near again.png")
    assert len(names) == 2
    assert found["suggested"][0]["doubt"] > found["suggested"][1]["doubt"]
    assert "sure of it" in found["suggested"][0]["why"]
    table = passgate("recipe", "suggest", "cover", "--from", shelf)
    assert "passgate recipe learn cover --good FILE --defective FILE" in table.out


def test_it_is_from_a_folder_or_from_the_record(library: RecipeLibrary, passgate: Passgate) -> None:
    assert passgate("recipe", "suggest", "cover").code == 2
    assert passgate("recipe", "suggest", "cover", "--from", ".", "--store").code == 2
    nowhere = passgate("recipe", "suggest", "cover", "--store", "--json")
    assert nowhere.code == 1
    assert json.loads(nowhere.out)["error"]["kind"] == "store"
