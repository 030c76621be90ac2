"""What a folder of good pictures may be like: taught and judging sensibly, named, or refused in words."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from app.recipes.library import RecipeLibrary
from app.recipes.recipe_file import Taught
from app.recipes.teaching import plan, teach, teach_folder
from inspection.cameras.simulated import SimulatedCamera
from inspection.errors import CameraError, DatasetError, RecipeError
from inspection.levels import Picture
from inspection.messages.telling import CHINESE
from inspection.part import Frame
from inspection.pictures.quality import check
from inspection.recipe import EIGHT_BITS
from inspection.simulation import Variation
from models.backbone.features import EfficientNetLite0


def small(frame: Frame) -> Picture:
    return cv2.resize(EIGHT_BITS.of(frame), (320, 240)).astype(np.uint8, copy=False)


@pytest.fixture(scope="module")
def parts() -> list[Frame]:
    """Twelve good parts, small."""
    camera = SimulatedCamera("main", seed=3, variation=Variation(defect_rate=0.0))
    camera.open()
    frames = [camera.capture(number) for number in range(12)]
    return [replace(one, picture=small(one)) for one in frames]


@pytest.fixture
def taught(parts: list[Frame], tmp_path: Path) -> Callable[..., Taught]:
    """Teaches from a folder of so many of them, once some are spoiled."""

    def from_folder(
        count: int, spoil: Callable[[int, Picture], npt.NDArray[Any]] = lambda _, one: one
    ) -> Taught:
        folder = tmp_path / "good"
        folder.mkdir()
        for number, part in enumerate(parts[:count], 1):
            cv2.imwrite(str(folder / f"{number:02}.png"), spoil(number, small(part))[..., ::-1])
        return teach_folder(plan("bracket", library=RecipeLibrary(tmp_path / "recipes")), folder)

    return from_folder


def scratched(picture: Picture, *, thick: int = 3) -> Picture:
    spoiled = picture.copy()
    cv2.line(spoiled, (70, 60), (95, 70), (40, 40, 40), thick)
    return spoiled


def test_five_pictures_teach_a_recipe_that_ranks_a_scratch_above_a_good_part(
    taught: Callable[..., Taught], parts: list[Frame]
) -> None:
    memory = taught(5).memories["top"]
    good = max(memory.assess(small(part)).score for part in parts[8:])
    assert memory.assess(scratched(small(parts[9]))).score > good


def test_four_pictures_are_too_few(taught: Callable[..., Taught]) -> None:
    with pytest.raises(RecipeError, match="4 good pictures are too few"):
        taught(4)


def test_pictures_that_are_all_the_same_are_named(taught: Callable[..., Taught], parts: list[Frame]) -> None:
    with pytest.raises(DatasetError, match=r"01\.png and .*02\.png are the same picture"):
        taught(6, lambda _, picture: small(parts[0]))


def test_one_group_is_refused(parts: list[Frame], tmp_path: Path) -> None:
    recipe = plan("bracket", library=RecipeLibrary(tmp_path / "recipes"))
    with pytest.raises(RecipeError, match=r"belong to one group.*several parts"):
        teach(recipe, parts[:6], tower=EfficientNetLite0(), groups=["a"] * 6)


def test_pictures_in_one_subfolder_are_parts_of_their_own_and_that_is_said(
    parts: list[Frame], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A subfolder is a group of near-copies; an only one may be that, or just where pictures are kept."""
    folder = tmp_path / "good" / "monday"
    folder.mkdir(parents=True)
    for number, part in enumerate(parts[:6]):
        cv2.imwrite(str(folder / f"{number}.png"), small(part)[..., ::-1])
    found = teach_folder(plan("bracket", library=RecipeLibrary(tmp_path / "recipes")), tmp_path / "good")
    assert found.memories["top"].groups == 6
    said = capsys.readouterr().err
    assert "in one folder, monday: each is taken for another part" in said


def test_a_coarse_picture_among_the_others_is_named(taught: Callable[..., Taught]) -> None:
    with pytest.raises(RecipeError, match=r"of another size than most: 03\.png"):
        taught(6, lambda number, picture: cv2.resize(picture, (80, 60)) if number == 3 else picture)


def test_a_defect_among_the_good_ones_is_found_and_named(
    taught: Callable[..., Taught], capsys: pytest.CaptureFixture[str]
) -> None:
    taught(12, lambda number, picture: scratched(picture, thick=2) if number == 7 else picture)
    said = capsys.readouterr().err
    assert "07.png looks unlike the others at one place" in said
    assert said.count(".png") == 1, "no other one is"


def test_pictures_that_show_nothing_teach_nothing(taught: Callable[..., Taught]) -> None:
    """As with the lens covered: the station would take such pictures for good parts from then on."""
    noise = np.random.default_rng(0)

    def covered(number: int, picture: Picture) -> npt.NDArray[Any]:
        return np.clip(noise.normal(4.0 * number, 3.0, picture.shape), 0, 255).astype(np.uint8)

    with pytest.raises(RecipeError, match=r"01\.png, 02\.png, .*show nothing.*release.*--keep-outliers"):
        taught(6, covered)


def test_one_picture_that_shows_nothing_is_named_among_five(taught: Callable[..., Taught]) -> None:
    noise = np.random.default_rng(0)

    def dazzled(number: int, picture: Picture) -> npt.NDArray[Any]:
        white = np.clip(noise.normal(248.0, 3.0, picture.shape), 0, 255).astype(np.uint8)
        return white if number == 3 else picture

    with pytest.raises(RecipeError, match=r"^03\.png shows nothing"):
        taught(5, dazzled)


def test_grey_pictures_are_taught_and_grey_parts_judged(
    taught: Callable[..., Taught], parts: list[Frame]
) -> None:
    def grey(picture: Picture) -> Picture:
        return np.repeat(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)

    found = taught(6, lambda _, picture: grey(picture))
    shown = replace(parts[9], picture=grey(small(parts[9])))
    assert check(shown, found.recipe.quality, None) == ()
    memory = found.memories["top"]
    assert memory.assess(scratched(small(shown))).score > memory.assess(small(shown)).score


def test_pictures_of_16_bits_are_taken_for_no_others(taught: Callable[..., Taught]) -> None:
    with pytest.raises(CameraError, match=r"01\.png.*16 bits"):
        taught(6, lambda _, picture: picture.astype(np.uint16) * 257)


def without_red(picture: Picture) -> Picture:
    dead = picture.copy()
    dead[..., 0] = 3
    return dead


@pytest.mark.parametrize("dead", [{4}, {1, 2, 4}])
def test_pictures_with_a_dead_colour_channel_among_the_others_are_named(
    taught: Callable[..., Taught], dead: set[int]
) -> None:
    with pytest.raises(RecipeError, match=r"the red channel shows nothing in .*04\.png, and does in"):
        taught(6, lambda number, picture: without_red(picture) if number in dead else picture)


def test_a_live_picture_with_a_dead_colour_channel_is_held_in_words(
    taught: Callable[..., Taught], parts: list[Frame], capsys: pytest.CaptureFixture[str]
) -> None:
    """And so is a part of which the picture is turned taught with a warning: one teaching for both."""

    def third_turned(number: int, picture: Picture) -> Picture:
        return np.ascontiguousarray(picture[::-1, ::-1]) if number == 3 else picture

    limits = taught(5, third_turned).recipe.quality
    assert "the pictures show the part turned: 03.png against 01.png" in capsys.readouterr().err
    assert check(parts[9], limits, None) == ()
    (fault,) = check(replace(parts[9], picture=without_red(small(parts[9]))), limits, None)
    assert fault.reason.startswith("the picture's red channel shows nothing")
    assert "红色通道无内容" in CHINESE.tell(fault.coded)
