"""Parts of several colours in one recipe: each colour is known by itself, and the nearest counts."""

from pathlib import Path

import numpy as np
import pytest

from app.recipes.library import RecipeLibrary, Taught
from app.recipes.seeing import appearances_of as folders_of
from app.recipes.teaching import plan, teach
from inspection.errors import RecipeError, WeightsError
from inspection.levels import Picture
from models.appearances.several import SeveralAppearances, unpacked, usual_spread
from models.backbone.features import EfficientNetLite0
from models.memory.memory import NormalityMemory
from models.memory.settings import MemorySettings
from tests.app.recipes.test_seen_so import frame
from tests.inspection.pictures.sight.parts import part

TINTS = {"blue": (0.35, 0.6, 1.0), "red": (1.0, 0.45, 0.3), "green": (0.4, 1.0, 0.4)}
SMALL = MemorySettings(working_area_px=20_480, overkill=0.05)
EACH = 6


def tinted(number: int, colour: str, *, defective: bool = False) -> Picture:
    picture = part(number)
    if defective:
        picture[112:122, 104:120] = 40
    return np.asarray(np.clip(picture * np.array(TINTS[colour]), 0, 255), np.uint8)


@pytest.fixture(scope="module")
def pictures() -> dict[str, list[Picture]]:
    return {colour: [tinted(number, colour) for number in range(EACH)] for colour in ("blue", "red")}


@pytest.fixture(scope="module")
def several(pictures: dict[str, list[Picture]], tower: EfficientNetLite0) -> SeveralAppearances:
    return SeveralAppearances(
        {
            name: NormalityMemory.teach(of_one, tower=tower, settings=SMALL)
            for name, of_one in pictures.items()
        }
    )


def test_a_colour_that_is_held_out_whole_makes_a_threshold_that_lets_defects_through_and_one_of_each_does_not(
    pictures: dict[str, list[Picture]], several: SeveralAppearances, tower: EfficientNetLite0
) -> None:
    mixed = [one for of_one in pictures.values() for one in of_one]
    groups = [name for name, of_one in pictures.items() for _ in of_one]
    together = NormalityMemory.teach(mixed, tower=tower, settings=SMALL, groups=groups)
    for colour in pictures:
        assert together.assess(tinted(50, colour, defective=True)).normal
        assert not several.assess(tinted(50, colour, defective=True)).normal
        found = several.assess(tinted(50, colour, defective=True))
        assert found.score > several.threshold
        assert found.score > several.assess(tinted(51, colour)).score


def test_a_colour_that_nobody_taught_is_not_normal(several: SeveralAppearances) -> None:
    assert not several.assess(tinted(50, "green")).normal


def test_several_are_kept_and_read_again_as_one_memory(
    several: SeveralAppearances, tower: EfficientNetLite0
) -> None:
    tensors, header = several.packed()
    again = unpacked(tensors, header, tower=tower)
    shown = tinted(50, "red", defective=True)
    assert again.assess(shown).score == several.assess(shown).score
    assert usual_spread(again).shape == several.assess(shown).anomaly_map.shape
    assert again.taught_on == EACH
    with pytest.raises(WeightsError, match="damaged"):
        unpacked({key: one for key, one in tensors.items() if not key.startswith("1.")}, header, tower=tower)
    one = several.members["red"]
    assert not isinstance(unpacked(*one.packed(), tower=tower), SeveralAppearances)


@pytest.fixture(scope="module")
def taught(
    pictures: dict[str, list[Picture]], tower: EfficientNetLite0, tmp_path_factory: pytest.TempPathFactory
) -> Taught:
    library = RecipeLibrary(tmp_path_factory.mktemp("recipes"))
    frames = [frame(one) for of_one in pictures.values() for one in of_one]
    names = [name for name, of_one in pictures.items() for _ in of_one]
    library.save(teach(plan("cap", library=library), frames, tower=tower, groups=names, appearances=names))
    return library.load("cap", tower=tower)


def test_a_recipe_says_which_appearances_it_knows(taught: Taught) -> None:
    assert taught.recipe.views[0].appearances == ("blue", "red")
    memory = taught.memories["top"]
    assert isinstance(memory, SeveralAppearances)
    assert memory.assess(tinted(50, "blue")).normal


def test_folders_are_appearances_where_that_is_said_or_the_recipe_knows_them_so(tmp_path: Path) -> None:
    files = [tmp_path / "red" / "batch 1" / "a.png", tmp_path / "blue" / "b.png"]
    assert folders_of(files, tmp_path, so_far=(), several=False) == ()
    assert folders_of(files, tmp_path, so_far=(), several=True) == ("red", "blue")
    assert folders_of(files, tmp_path, so_far=("blue", "red"), several=False) == ("red", "blue")
    assert folders_of(files, tmp_path, so_far=("blue", "green"), several=False) == ()
    with pytest.raises(RecipeError, match="2 folders of appearances, and pictures beside them"):
        folders_of([*files, tmp_path / "c.png"], tmp_path, so_far=(), several=True)
    with pytest.raises(RecipeError, match="1 folders of appearances"):
        folders_of(files[:1], tmp_path, so_far=(), several=True)
