"""Teaching from a folder: what shows no good part is named, a copy is no second part, memory is bounded."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from app.commands.recipes.masks import asked_of_view
from app.recipes.growing.eyes import Sharpened
from app.recipes.learned_from import NOT_REMEMBERED
from app.recipes.library import RecipeLibrary, Taught
from app.recipes.teaching import plan, teach_folder
from inspection.cameras.simulated import SimulatedCamera
from inspection.errors import DatasetError, RecipeError
from inspection.part import Frame
from inspection.recipe import Recipe
from inspection.simulation import Variation
from tests.alive import AlivePictures
from tests.app.pictures import bgr
from tests.app.running import Passgate, assert_one_line

PARTS = 12
AT_ONCE = 3
"""Pictures: the one that is looked at, the one before, the one that is decoded ahead."""


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("good")
    camera = SimulatedCamera("main", seed=3, variation=Variation(defect_rate=0.0))
    camera.open()
    for number in range(PARTS):
        picture = cv2.resize(camera.capture(number).picture, (320, 240), interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(folder / f"{number:02}.png"), picture[..., ::-1])
    return folder


@pytest.fixture
def good(originals: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(originals, tmp_path / "good"))


@pytest.fixture
def library(tmp_path: Path) -> RecipeLibrary:
    return RecipeLibrary(tmp_path / "recipes")


def half_lost(picture: np.ndarray) -> np.ndarray:
    """What a decoder makes of a JPEG behind a lost sector: grey, shifted."""
    lost = picture.copy()
    lost[120:] = np.roll(lost[120:], 90, axis=1) // 3 + 120
    return lost


def empty_fixture(picture: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(0).normal(70, 3, picture.shape)
    return np.clip(noise, 0, 255).astype(np.uint8)


def another_product(picture: np.ndarray) -> np.ndarray:
    other = np.full_like(picture, 180)
    for row in range(20, 240, 40):
        cv2.circle(other, (row, row), 15, (20, 60, 90), -1)
    return np.clip(other + np.random.default_rng(4).normal(0, 3, other.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (half_lost, "lies far outside"),
        (empty_fixture, "shows nothing"),
        (another_product, "lies far outside"),
    ],
)
def test_a_picture_far_outside_the_others_is_named(
    good: Path, library: RecipeLibrary, wrong: Callable[[np.ndarray], np.ndarray], why: str
) -> None:
    path = good / "07.png"
    cv2.imwrite(str(path), wrong(bgr(path)))
    with pytest.raises(RecipeError, match=rf"^07\.png {why}.*--keep-outliers"):
        teach_folder(plan("bracket", library=library), good)


def test_ordinary_variety_is_taught_and_outliers_only_with_a_flag(
    passgate: Passgate, good: Path, home: Path
) -> None:
    arguments = ("recipe", "teach", "--quick", "bracket", "--good", good)
    assert passgate(*arguments).code == 0
    path = good / "07.png"
    cv2.imwrite(str(path), empty_fixture(bgr(path)))
    assert_one_line(passgate(*arguments), r"07\.png shows nothing")
    assert passgate(*arguments, "--keep-outliers").code == 0


def test_a_scale_that_is_named_at_the_second_teaching_holds(good: Path, library: RecipeLibrary) -> None:
    """Every length in millimetres goes by it; left out, it stays as it was."""
    library.save(teach_folder(plan("bracket", library=library, mm_per_pixel=0.2), good))
    assert plan("bracket", library=library).views[0].mm_per_pixel == 0.2
    assert plan("bracket", library=library, mm_per_pixel=0.5).views[0].mm_per_pixel == 0.5


def test_what_is_looked_at_and_how_closely_is_said_once_and_kept(good: Path, library: RecipeLibrary) -> None:
    asked = asked_of_view(region="4,2,120,90", detail="10")
    planned = plan("bracket", library=library, view=asked, deadline_ms=900)
    library.save(teach_folder(planned, good))
    again = plan("bracket", library=library, mm_per_pixel=0.5)
    assert again.views[0].region == (4, 2, 120, 90)
    assert (again.views[0].detail_px, again.views[0].mm_per_pixel, again.deadline_ms) == (10.0, 0.5, 900)
    without = plan("bracket", library=library, view=asked_of_view(region="none", detail="none")).views[0]
    assert (without.region, without.detail_px) == (None, None)


def test_a_region_that_does_not_lie_on_the_pictures_teaches_nothing(
    good: Path, library: RecipeLibrary
) -> None:
    planned = plan("bracket", library=library, view=asked_of_view(region="600,0,4000,90", detail=None))
    with pytest.raises(RecipeError, match=r"looks at .*4000.* pixels\. nothing was taught\. name a --region"):
        teach_folder(planned, good)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--region", "1,2,3"),
        ("--region", "all"),
        ("--region", "0,0,5,-5"),
        ("--detail", "0"),
        ("--detail", "nan"),
        ("--detail", "small"),
        ("--deadline-ms", "20"),
    ],
)
def test_a_region_or_a_detail_that_is_none_is_refused_before_anything_is_read(
    passgate: Passgate, tmp_path: Path, option: str, said: str
) -> None:
    refused = passgate("recipe", "teach", "bracket", "--good", tmp_path / "nowhere", option, said)
    assert refused.code != 0
    assert said in refused.err.replace(", ", ",")
    assert "a name is" not in refused.err
    assert "nowhere" not in refused.err


def test_an_eye_with_which_every_part_would_be_late_leaves_the_recipe_as_it_was_taught(
    passgate: Passgate, good: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trained(taught: Taught, good: Path, **_: object) -> Sharpened:
        late = taught.recipe.model_copy(update={"deadline_ms": 50})
        return Sharpened(taught=replace(taught, recipe=late), choice=None, why="it is better")

    monkeypatch.setattr("app.recipes.growing.eyes.sharpen_folder", trained)
    said = passgate("recipe", "teach", "bracket", "--good", good, "--json")
    assert said.code == 0, said
    found = json.loads(said.out)
    assert (found["version"], found["eye"]["kept"]) == (1, False)
    assert "must be decided within 50 ms" in found["eye"]["why"]
    assert RecipeLibrary(home / "recipes").recipe("bracket").version == 1


def test_the_same_picture_twice_is_refused(good: Path, library: RecipeLibrary) -> None:
    picture = bgr(good / "03.png")
    cv2.imwrite(str(good / "99.bmp"), picture)
    with pytest.raises(DatasetError, match=r"03\.png and .*99\.bmp are the same picture.*nothing was taught"):
        teach_folder(plan("bracket", library=library), good)


def as_bad(good: Path, folder: Path) -> Path:
    """The same parts, each with a black spot."""
    folder.mkdir()
    for path in good.glob("*.png"):
        spoiled = bgr(path)
        cv2.circle(spoiled, (160, 120), 30, (0, 0, 0), -1)
        cv2.imwrite(str(folder / path.name), spoiled)
    return folder


def measured(passgate: Passgate, good: Path, bad: Path) -> tuple[dict[str, Any], str]:
    """What ``recipe evaluate`` says as JSON and to people."""
    asked = ("recipe", "evaluate", "bracket", "--good", good, "--bad", bad, "--inspector", "reflex")
    return json.loads(passgate(*asked, "--json").out), passgate(*asked).out


def test_figures_on_taught_pictures_are_said_to_flatter(passgate: Passgate, good: Path, home: Path) -> None:
    """In another format and order, too: a picture is known by its pixels."""
    assert passgate("recipe", "teach", "--quick", "bracket", "--good", good).code == 0
    bad, again = as_bad(good, good.parent / "bad"), good.parent / "again"
    again.mkdir()
    camera = SimulatedCamera("main", seed=9, variation=Variation(defect_rate=0.0))
    camera.open()
    for number, path in enumerate(sorted(good.glob("*.png"))[::2]):
        cv2.imwrite(str(again / f"{9 - number}.bmp"), bgr(path))
        other = cv2.resize(camera.capture(number).picture, (320, 240), interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(again / f"other{number}.png"), other[..., ::-1])
    found, told = measured(passgate, again, bad)
    assert found["learned_from"] == 6
    assert found["mind"].startswith("6 of these 24 pictures are ones that the recipe learned from")
    assert f"Mind: {found['mind']}" in told
    for path in again.glob("*.bmp"):
        path.unlink()
    found, told = measured(passgate, again, bad)
    assert (found["learned_from"], found["mind"]) == (0, "")
    assert "Mind" not in told


def test_a_recipe_from_before_says_that_it_does_not_know_its_pictures(
    passgate: Passgate, good: Path, home: Path
) -> None:
    library = RecipeLibrary(home / "recipes")
    library.save(replace(teach_folder(plan("bracket", library=library), good), learned_from=NOT_REMEMBERED))
    found, told = measured(passgate, good, as_bad(good, good.parent / "bad"))
    assert found["learned_from"] is None
    assert "not known" in told


def test_nothing_is_certified_on_taught_pictures(passgate: Passgate, good: Path, home: Path) -> None:
    assert passgate("recipe", "teach", "--quick", "bracket", "--good", good).code == 0
    bad = as_bad(good, good.parent / "bad")
    asked = ("recipe", "certify", "bracket", "--alpha", "0.4", "--inspector", "reflex")
    said = passgate(*asked, "--good", good, "--bad", bad)
    assert_one_line(said, r"12 of these 24 pictures are ones that the recipe learned from, .*no certificate")
    assert not list((home / "recipes").rglob("*.certificate.json"))


def test_copies_in_one_group_are_one_part(good: Path, library: RecipeLibrary) -> None:
    for path in sorted(good.glob("*.png")):
        (good / path.stem).mkdir()
        shutil.copy(path, good / path.stem / "again.png")
        path.rename(good / path.stem / "first.png")
    assert teach_folder(plan("bracket", library=library), good).recipe.version == 1


def test_pictures_are_read_one_by_one(
    good: Path, library: RecipeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive = AlivePictures(monkeypatch, "app.recipes.file_frames")
    teach_folder(plan("bracket", library=library), good)
    assert alive.read == 2 * PARTS
    assert alive.most <= AT_ONCE


@pytest.mark.parametrize(("copies", "groups"), [(1, None), (2, PARTS - 1)])
def test_of_an_export_what_its_labels_call_good_is_taught_and_its_splits_are_no_groups(
    originals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, copies: int, groups: int | None
) -> None:
    for number, path in enumerate(sorted(originals.glob("*.png"))):
        for copy in range(copies):
            inside = f"{'valid' if number % 3 == 0 else 'train'}/images/{number:02}_png.rf.{number}{copy}"
            picture = tmp_path / f"{inside}.png"
            picture.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, picture)
            label = Path(str(picture.with_suffix(".txt")).replace("images", "labels"))
            label.parent.mkdir(exist_ok=True)
            label.write_text("0 0.5 0.5 0.1 0.1" if number == 4 else "")
    (tmp_path / "data.yaml").write_text("names: [dent]")
    seen: dict[str, Any] = {}
    monkeypatch.setattr("app.recipes.teaching.build_tower", lambda _: None)

    def noted(recipe: Recipe, frames: Sequence[Frame], **how: Any) -> Taught:
        seen.update(how, frames=len(frames))
        return Taught(recipe, {})

    monkeypatch.setattr("app.recipes.teaching.teach", noted)
    teach_folder(plan("dented", library=RecipeLibrary(tmp_path / "recipes")), tmp_path)
    assert seen["frames"] == copies * (PARTS - 1)
    assert not any(name.startswith("train/images/04") for name in seen["names"])
    assert (seen["groups"] and len(set(seen["groups"]))) == groups


def test_the_name_that_cannot_be_is_told_from_those_that_can(passgate: Passgate, tmp_path: Path) -> None:
    words = ("--good", tmp_path, "--type", "dent", "--type", "dent/deep")
    assert_one_line(
        passgate("recipe", "teach", "--quick", "cover", *words),
        r"passgate: 'dent/deep' cannot be the name of a defect\. noth",
    )
    assert_one_line(
        passgate("recipe", "teach", "--quick", "a/b", "--good", tmp_path),
        r"passgate: 'a/b' cannot be a recipe's name\. nothing",
    )
    long = passgate("recipe", "teach", "--quick", "cover", "--good", tmp_path, "--instruction", "x" * 2001)
    assert_one_line(long, r"instruction: should have at most 2000 characters \(it has 2001\)")


def stills(good: Path, *, sensor: float) -> None:
    """Frames of a video in which one part stands still: nothing but the sensor's noise differs."""
    picture = bgr(good / "00.png")
    for number, path in enumerate(sorted(good.iterdir())):
        noise = np.random.default_rng(number).normal(0.0, sensor, picture.shape)
        cv2.imwrite(str(path), np.clip(picture + noise, 0, 255).astype(np.uint8))


def encoded_anew(good: Path) -> None:
    """One picture, saved in as many qualities as there are files."""
    picture = bgr(good / "00.png")
    for number, path in enumerate(sorted(good.iterdir())):
        cv2.imwrite(str(path.with_suffix(".jpg")), picture, (cv2.IMWRITE_JPEG_QUALITY, 60 + 3 * number))
        path.unlink()


def few_parts_often(good: Path) -> None:
    """Three parts, each photographed four times."""
    pictures = [bgr(good / f"{number:02}.png") for number in range(3)]
    for number, path in enumerate(sorted(good.iterdir())):
        noise = np.random.default_rng(number).normal(0.0, 2.0, pictures[0].shape)
        cv2.imwrite(str(path), np.clip(pictures[number % 3] + noise, 0, 255).astype(np.uint8))


@pytest.mark.parametrize(
    "spoil", [partial(stills, sensor=1.0), partial(stills, sensor=3.0), encoded_anew, few_parts_often]
)
def test_pictures_that_hardly_differ_are_no_parts_to_teach_from(
    good: Path, library: RecipeLibrary, spoil: Callable[[Path], None]
) -> None:
    spoil(good)
    with pytest.raises(RecipeError, match=r"most of these pictures are near-copies: .*one subfolder"):
        teach_folder(plan("bracket", library=library), good)


def test_near_copies_in_one_subfolder_are_one_part_and_a_flag_takes_all(
    good: Path, library: RecipeLibrary
) -> None:
    few_parts_often(good)
    assert teach_folder(plan("bracket", library=library), good, keep_outliers=True).recipe.version == 1
    for number, path in enumerate(sorted(good.glob("*.png"))):
        (good / f"part {number % 3}").mkdir(exist_ok=True)
        path.rename(good / f"part {number % 3}" / path.name)
    assert teach_folder(plan("bracket", library=library), good).recipe.version == 1


def test_one_near_copy_among_many_parts_does_no_harm(good: Path, library: RecipeLibrary) -> None:
    picture = bgr(good / "03.png")
    cv2.imwrite(str(good / "again.jpg"), picture, (cv2.IMWRITE_JPEG_QUALITY, 95))
    assert teach_folder(plan("bracket", library=library), good).recipe.version == 1
