"""Pictures join a recipe one by one: each as a new version, with what it changed, or nothing changes."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import app.recipes.growing.learning as learning
from app.recipes.adapting import AdaptedRecipe
from app.recipes.growing.eyes import Sharpened
from app.recipes.growing.joining import NewPicture, named
from app.recipes.growing.learning import Asked, learn
from app.recipes.learned_from import LearnedFrom
from app.recipes.library import RecipeLibrary, Taught
from inspection.errors import CameraError, DatasetError, RecipeError
from inspection.part import Frame
from inspection.pictures.copies import pixels_sha256
from inspection.recipe import Recipe
from models.backbone.features import EfficientNetLite0
from models.eye.seeing import SeeingMemory
from models.training.data.photographs import Photograph
from tests.app.recipes.growing.conftest import parts, write
from tests.app.running import Passgate
from tests.models.eye.untrained import untrained


@pytest.fixture
def taught_again(monkeypatch: pytest.MonkeyPatch, library: RecipeLibrary) -> list[str]:
    """The names of the pictures that were taught; it takes no seconds here, and learns nothing."""
    given: list[str] = []
    memories = library.load("cover", tower=EfficientNetLite0()).memories

    def teach(recipe: Recipe, frames: Sequence[Frame], *, names: Sequence[str], **_: object) -> Taught:
        given.extend(names)
        learned_from = LearnedFrom.good([pixels_sha256(frame.picture) for frame in frames])
        return Taught(recipe, memories, learned_from=learned_from)

    monkeypatch.setattr(learning, "teach", teach)
    return given


@pytest.fixture
def adapted_on(monkeypatch: pytest.MonkeyPatch) -> list[Photograph]:
    """The photographs that labels were learned from; they are never better than the memory alone here."""
    seen: list[Photograph] = []

    def adapt(taught: Taught, photographs: Sequence[Photograph], **_: object) -> AdaptedRecipe:
        seen.extend(photographs)
        assert all(one.path.is_file() for one in photographs)
        numbers = {"auroc": 0.9, "overkill_at_one_percent_escape": 0.5, "escapes_at_asked_overkill": 0.2}
        return AdaptedRecipe(None, {"memory_alone": numbers, "adapted": numbers})

    monkeypatch.setattr(learning, "adapt_taught", adapt)
    return seen


def good(path: Path) -> list[NewPicture]:
    return [NewPicture(path=path, defective=False)]


@pytest.mark.slow
def test_a_good_part_that_was_rejected_passes_in_the_next_version(
    library: RecipeLibrary, lain: Path, rejected: Path, passgate: Passgate
) -> None:
    before = library._file("cover", 1).read_bytes()
    done = passgate("recipe", "learn", "cover", "--good", rejected, "--taught-from", lain, "--json")
    assert done.code == 0, done.err
    report = json.loads(done.out)
    (one,) = report["joined"]
    assert (one["before"]["rejected"], one["after"]["rejected"]) == (True, False)
    assert (report["version"], report["taught_on"]) == (2, 25)
    assert library._file("cover", 1).read_bytes() == before
    rejected.unlink()
    known = library.learned_from("cover")
    assert (len(known.taught), known.folders.good) == (25, str(lain.resolve()))
    assert known.joined[0].said == str(rejected)
    assert (library.pictures("cover") / known.joined[0].file).is_file(), "it does not stay where it was"
    assert f"Version 2 learned of a good part: {rejected}" in passgate("recipe", "show", "cover").out


def test_all_that_was_taught_and_all_that_joined_is_taught_again_and_nothing_else(
    library: RecipeLibrary, lain: Path, rejected: Path, tmp_path: Path, taught_again: list[str]
) -> None:
    moved = shutil.copytree(lain, tmp_path / "moved")
    write(moved / "new.png", parts(900)[0])
    learn("cover", good(rejected), library=library, asked=Asked(taught_from=moved))
    assert taught_again == [*(str(moved / f"{number:02}.png") for number in range(24)), str(rejected)]
    taught_again.clear()
    other = write(tmp_path / "other.png", parts(8)[0])
    learn("cover", good(other), library=library)
    assert taught_again[24:] == [str(rejected), str(other)], "and the folder is known by now"
    assert [one.version for one in library.learned_from("cover").joined] == [2, 3]


def test_a_recipe_whose_pictures_are_gone_says_so_and_stays(
    library: RecipeLibrary, lain: Path, rejected: Path, tmp_path: Path, taught_again: list[str]
) -> None:
    short = shutil.copytree(lain, tmp_path / "short")
    (short / "03.png").unlink()
    for asked, why in (
        (Asked(), "nobody knows where"),
        (Asked(taught_from=tmp_path / "gone"), "which is gone"),
        (Asked(taught_from=short), "1 of the 24 good pictures"),
    ):
        with pytest.raises(RecipeError, match=why) as refused:
            learn("cover", good(rejected), library=library, asked=asked)
        assert "--taught-from FOLDER" in refused.value.todo
    assert not taught_again
    assert library.next_identity("cover")[1] == 2
    assert list(library.pictures("cover").iterdir()) == [], "no copy stays of what did not join"


def test_what_is_known_comes_twice_or_is_no_picture_of_the_station_is_refused(
    library: RecipeLibrary, lain: Path, rejected: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copy(rejected, tmp_path / "copy.png"))
    small = write(tmp_path / "small.png", np.zeros((60, 80, 3), np.uint8))
    for pictures, error, why in (
        (good(lain / "05.png"), DatasetError, "is taught already"),
        ([*good(rejected), NewPicture(path=copy, defective=True)], DatasetError, "given twice"),
        (good(small), RecipeError, "80 x 60 pixels"),
        (good(tmp_path / "none.png"), CameraError, "none.png"),
        ([], RecipeError, "no picture"),
    ):
        with pytest.raises(error, match=why):
            learn("cover", pictures, library=library, asked=Asked(taught_from=lain))
    assert library.next_identity("cover")[1] == 2


def test_a_defect_waits_until_there_are_enough_and_then_all_are_learned_from(
    library: RecipeLibrary, lain: Path, escaped: list[Path], adapted_on: list[Photograph]
) -> None:
    first = learn("cover", named(escaped[:3], defective=True), library=library)
    assert first.report["labels"] == "3 of the 4 that are needed at least: they wait"
    assert not adapted_on
    known = library.learned_from("cover")
    assert [bool(one.mask) for one in known.joined] == [True, False, False]
    assert known.labelled == (), "nothing was learned from them yet"
    with pytest.raises(DatasetError, match="is labelled already"):
        learn("cover", named(escaped[:1], defective=True), library=library)
    found = learn("cover", named(escaped[3:], defective=True), library=library, asked=Asked(taught_from=lain))
    assert len(adapted_on) == 28
    assert sum(bool(one.defects) for one in adapted_on) == 4
    assert found.report["labels"] == "they do not help yet, and wait"
    assert (found.report["kept"], found.report["version"]) == (True, 3)


def test_labels_that_help_no_more_leave_an_adapted_recipe_as_it_is(
    library: RecipeLibrary,
    lain: Path,
    escaped: list[Path],
    adapted_on: list[Photograph],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    passgate: Passgate,
) -> None:
    monkeypatch.setattr(learning, "AdaptedMemory", object)  # as if it were
    labels = tmp_path / "labels"
    for kind, pictures in (("scratch", escaped), ("good", sorted(lain.iterdir()))):
        (labels / kind).mkdir(parents=True)
        for picture in pictures:
            shutil.copy(picture, labels / kind)
    with pytest.raises(RecipeError, match="whose labels it learned from"):
        learn("cover", named(escaped[:1], defective=True), library=library)
    new = write(tmp_path / "new.png", parts(15, defect_rate=1.0)[0])
    done = passgate("recipe", "learn", "cover", "--defective", new, "--labels", labels)
    assert done.code == 1
    assert "no better than the memory alone" in done.out
    assert "The recipe stays as it was" in done.out
    assert library.next_identity("cover")[1] == 2
    assert list(library.pictures("cover").iterdir()) == []


def test_what_joined_is_taken_along_when_labels_are_learned_anew(
    library: RecipeLibrary, escaped: list[Path]
) -> None:
    from app.recipes.adapting import joined_photograph

    learn("cover", named(escaped[:1], defective=True), library=library)
    (one,) = library.learned_from("cover").joined
    photograph = joined_photograph(one, library.pictures("cover"))
    assert photograph.defects
    assert photograph.mask is not None
    assert photograph.mask.is_file()


@pytest.mark.parametrize(("better", "late"), [(True, False), (False, False), (True, True)])
def test_where_the_recipe_has_an_eye_one_is_trained_anew_and_kept_where_it_is_better_and_in_time(
    library: RecipeLibrary,
    lain: Path,
    rejected: Path,
    taught_again: list[str],
    monkeypatch: pytest.MonkeyPatch,
    better: bool,
    late: bool,
) -> None:
    tower = EfficientNetLite0()
    first = library.load("cover", tower=tower)
    seeing = {view: SeeingMemory(memory, untrained(tower)) for view, memory in first.memories.items()}
    library.save(library.as_next(replace(first, memories=seeing)))
    given: list[int] = []

    def sharpen(taught: Taught, frames: Sequence[Frame], **_: object) -> Sharpened:
        given.append(len(frames))
        return Sharpened(taught=replace(taught, memories=seeing) if better else None, choice=None, why="")

    def pace_of(*_: object, **__: object) -> None:
        if late:
            raise RecipeError("every part would be late")

    monkeypatch.setattr(learning, "sharpen", sharpen)
    monkeypatch.setattr("app.recipes.growing.eyes.pace_of", pace_of)
    learned = learn("cover", good(rejected), library=library, asked=Asked(taught_from=lain))
    assert given == [len(taught_again)] == [25]
    eye = learned.report["eye"]
    assert eye["kept"] is (better and not late)
    assert ("every part would be late" in eye["why"]) is late, "an eye is never lost without a word"
    (memory,) = library.load("cover", 3, tower=tower).memories.values()
    assert isinstance(memory, SeeingMemory) is (better and not late)
