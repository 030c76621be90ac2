"""A recipe is usable at once; an eye follows, is kept only where it is better, and says why."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import pytest

from app.benches.damage.bench import _adaptation
from app.recipes.growing import eyes
from app.recipes.growing.eyes import overlooked, refuse_late_eye, sharpen
from app.recipes.in_force import usual_views
from app.recipes.inspectors import build_inspector
from app.recipes.library import RecipeLibrary
from app.recipes.recipe_file import Taught, read, write
from app.recipes.teaching import plan, teach
from app.settings.station import InspectorKind, ModelTable
from inspection.cameras.simulated import SimulatedCamera
from inspection.certification.certificate import UNCERTIFIED
from inspection.drift.usual import UsualScores
from inspection.errors import RecipeError
from inspection.part import Frame, Picture
from inspection.recipe import EIGHT_BITS
from inspection.simulation import Variation
from models.backbone.features import EfficientNetLite0, VisionTower
from models.backbone.pace import Pace, measured
from models.eye.eye import Choice, TrainedEye
from models.eye.seeing import SeeingMemory
from models.inspectors.reflex import unclamped
from models.memory.adaptation import AdaptedMemory
from models.memory.memory import NormalityMemory
from models.memory.settings import MemorySettings
from models.training.eye import teaching
from tests.app.running import Passgate
from tests.models.benchmarks.toys import BlockTower
from tests.models.eye.untrained import CHOICE, PICTURES, TOLD, rule, untrained
from tests.models.training.eye.small import AREA_PX, SMALL

GIVEN = 8
WORSE = CHOICE.model_copy(update={"auroc_eye": 0.7})


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    camera = SimulatedCamera("main", seed=3, variation=Variation(defect_rate=0.0))
    camera.open()
    return [camera.capture(number) for number in range(PICTURES)]


@pytest.fixture(scope="module")
def good(frames: Sequence[Frame], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("good")
    for number, frame in enumerate(frames[:GIVEN]):
        small = cv2.resize(frame.picture, (320, 240), interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(folder / f"{number:02}.png"), small[..., ::-1])
    return folder


@pytest.fixture
def library(home: Path) -> RecipeLibrary:
    return RecipeLibrary(home / "recipes")


def trains(monkeypatch: pytest.MonkeyPatch, choice: Choice | BaseException | None) -> list[int]:
    """Let training end so; how many good pictures each training was given."""
    given: list[int] = []

    def train(
        pictures: Sequence[Picture], *, tower: VisionTower, groups: Sequence[int], **_: Any
    ) -> TrainedEye | None:
        assert len(pictures) == len(groups)
        given.append(len(pictures))
        if isinstance(choice, BaseException):
            raise choice
        return None if choice is None else untrained(tower, choice=choice)

    monkeypatch.setattr(eyes, "train_eye", train)
    return given


def test_a_better_eye_is_the_next_version_and_show_says_what_it_chose_and_why(
    passgate: Passgate, good: Path, library: RecipeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = trains(monkeypatch, CHOICE)
    said = passgate("recipe", "teach", "plate", "--good", good, "--json")
    assert said.code == 0
    told = json.loads(said.out)  # one object
    assert given == [GIVEN]
    assert (told["version"], told["eye"]["kept"]) == (2, True)
    assert told["eye"]["choice"] == CHOICE.model_dump(mode="json")
    promise = rule().promised
    assert promise is not None
    (of_view,) = told["promised"].values()
    assert of_view["threshold"] == promise.score

    tower = EfficientNetLite0()
    first, second = (library.load("plate", version, tower=tower).memories["top"] for version in (1, 2))
    assert type(first) is NormalityMemory
    assert isinstance(second, SeeingMemory)

    shown = json.loads(passgate("recipe", "show", "plate", "--json").out)
    assert shown["promised"] == told["promised"]
    assert shown["eye"]["top"] == {
        **CHOICE.model_dump(mode="json"),
        "working_height": 96,
        "working_width": 128,
        "told": TOLD.model_dump(mode="json"),
    }
    words = passgate("recipe", "show", "plate").out
    assert "View top: a trained eye looks at 128 x 96 pixels" in words
    assert "AUROC 0.800 by the memory alone, 0.950 with the eye, error 0.050" in words
    before = json.loads(passgate("recipe", "show", "plate", "--version", 1, "--json").out)
    assert before["eye"] == {}
    assert before["promised"] != shown["promised"]

    # drift is watched by how good parts score with the eye
    recipe, inspector = build_inspector(library, "plate", model=ModelTable(inspector=InspectorKind.REFLEX))
    (usual,) = usual_views(recipe, inspector, certification=UNCERTIFIED, labelled=None, library=library)
    learned = rule()
    assert usual.scores == UsualScores.of(
        [unclamped(score - learned.threshold) for score in learned.quantiles], witnesses=GIVEN
    )


def test_an_eye_does_not_replace_what_somebody_taught_while_it_was_trained(
    passgate: Passgate, good: Path, library: RecipeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    def train(*_: Any, **named: Any) -> TrainedEye | None:
        taught = library.load("plate", tower=named["tower"])
        library.save(library.as_next(taught))
        return untrained(named["tower"], choice=CHOICE)

    monkeypatch.setattr(eyes, "train_eye", train)
    said = passgate("recipe", "teach", "plate", "--good", good, "--json")
    assert said.code == 0
    assert json.loads(said.out)["eye"]["kept"] is False
    assert "another version meanwhile" in json.loads(said.out)["eye"]["why"]
    newest = library.load("plate", tower=EfficientNetLite0())
    assert newest.recipe.version == 2
    assert type(newest.memories["top"]) is NormalityMemory


def test_an_eye_that_is_not_better_is_not_kept_and_that_is_no_failure(
    passgate: Passgate, good: Path, library: RecipeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    trains(monkeypatch, WORSE)
    said = passgate("recipe", "teach", "plate", "--good", good)
    assert said.code == 0
    assert "plate version 1: usable now" in said.out
    assert "the trained eye is not kept: held-out good parts" in said.out
    assert library.recipe("plate").version == 1


def test_ctrl_c_while_the_eye_is_trained_leaves_the_recipe_that_is_usable(
    passgate: Passgate, good: Path, library: RecipeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    trains(monkeypatch, KeyboardInterrupt())
    said = passgate("recipe", "teach", "plate", "--good", good)
    assert said.code == 130
    assert "plate version 1: usable now" in said.out
    assert "Ctrl+C before it was done. plate version 1 is kept, and usable without a trained eye" in said.err
    assert "the memory judges alone, without a trained eye" in passgate("recipe", "show", "plate").out
    taught = library.load("plate", tower=EfficientNetLite0())
    assert taught.sealed
    assert taught.recipe.version == 1
    assert type(taught.memories["top"]) is NormalityMemory


def test_a_disk_that_fills_while_the_eye_is_kept_leaves_the_recipe_that_is_usable(
    passgate: Passgate, good: Path, library: RecipeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise RecipeError("cannot write it: No space left on device", todo="check the disk")

    def train(*_: Any, **named: Any) -> TrainedEye:
        monkeypatch.setattr(RecipeLibrary, "save", full)
        return untrained(named["tower"], choice=CHOICE)

    monkeypatch.setattr(eyes, "train_eye", train)
    said = passgate("recipe", "teach", "plate", "--good", good, "--json")
    error = json.loads(said.out)["error"]
    assert said.code == 1
    assert "No space left" in error["what"]
    assert "plate version 1 is kept, and usable without a trained eye" in error["part"]
    assert library.recipe("plate").version == 1


@pytest.fixture(scope="module")
def taught(frames: Sequence[Frame], tmp_path_factory: pytest.TempPathFactory) -> Taught:
    """On a tower that costs nothing."""
    recipe = plan("plate", library=RecipeLibrary(tmp_path_factory.mktemp("none")))
    return teach(recipe, frames, tower=BlockTower(), overkill=0.1)


def test_a_recipe_with_an_eye_is_as_it_was_when_it_is_read_again(
    taught: Taught, frames: Sequence[Frame], tmp_path: Path
) -> None:
    tower = BlockTower()
    seeing = SeeingMemory(taught.memories["top"], untrained(tower))
    write(tmp_path / "plate.safetensors", replace(taught, memories={"top": seeing}))
    again = read(tmp_path / "plate.safetensors", tower=tower).memories["top"]
    assert isinstance(again, SeeingMemory)
    assert again.assess(EIGHT_BITS.of(frames[0])).score == seeing.assess(EIGHT_BITS.of(frames[0])).score
    assert again.eye.packed()[1] == seeing.eye.packed()[1]


def test_labels_on_a_recipe_with_an_eye_refine_what_the_eye_says_and_come_back(
    frames: Sequence[Frame], tmp_path: Path
) -> None:
    tower = EfficientNetLite0()
    plain = NormalityMemory.teach([EIGHT_BITS.of(frame) for frame in frames[:5]], tower=tower)
    seeing = SeeingMemory(plain, untrained(tower))
    adapted = AdaptedMemory(AdaptedMemory(seeing, _adaptation(tower)), _adaptation(tower))
    assert adapted.alone is seeing, "what earlier labels taught is not carried over"
    assert adapted.median == seeing.median
    recipe = plan("plate", library=RecipeLibrary(tmp_path))
    write(tmp_path / "plate.safetensors", Taught(recipe, {"top": adapted}))
    again = read(tmp_path / "plate.safetensors", tower=tower).memories["top"]
    assert isinstance(again, AdaptedMemory)
    assert isinstance(again.alone, SeeingMemory)
    assert again.assess(EIGHT_BITS.of(frames[7])).score == pytest.approx(
        adapted.assess(EIGHT_BITS.of(frames[7])).score, abs=1e-3
    )


def test_a_real_training_ends_in_words_and_figures(
    taught: Taught, frames: Sequence[Frame], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teaching, "AREA_PX", AREA_PX)
    monkeypatch.setattr(teaching, "LARGE_AREA_PX", AREA_PX)
    tower, settings = BlockTower(), MemorySettings(patches=40, overkill=0.1)
    memory = NormalityMemory.teach([EIGHT_BITS.of(frame) for frame in frames], tower=tower, settings=settings)
    found = sharpen(replace(taught, memories={"top": memory}), frames, tower=tower, effort=SMALL)
    assert found.choice is not None
    assert (found.taught is not None) is found.choice.better
    assert "AUROC" in found.why
    json.dumps(found.in_json(), allow_nan=False)


def test_of_several_appearances_and_of_too_few_parts_no_eye_is_trained(
    taught: Taught, frames: Sequence[Frame]
) -> None:
    (view,) = taught.recipe.views
    several = view.model_copy(update={"appearances": ("black", "white")})
    recipe = taught.recipe.model_copy(update={"views": (several,)})
    found = sharpen(replace(taught, recipe=recipe), (), tower=BlockTower())
    assert (found.taught, found.choice) == (None, None)
    assert "several appearances" in found.why
    found = sharpen(taught, frames, tower=BlockTower(), groups=["a"] * 9 + ["b"] * 3)
    assert (found.taught, found.choice) == (None, None)
    assert "too few good pictures or groups" in found.why


def looking_for(taught: Taught, detail_px: float) -> Taught:
    (view,) = taught.recipe.views
    closer = view.model_copy(update={"detail_px": detail_px})
    return replace(taught, recipe=taught.recipe.model_copy(update={"views": (closer,)}))


def test_an_eye_that_would_be_late_is_refused_before_it_is_trained_with_what_to_do(
    taught: Taught, monkeypatch: pytest.MonkeyPatch
) -> None:
    def at_a_second_a_megapixel(look: Callable[[], object], *, area_px: int, threads: int, **_: Any) -> Pace:
        look()
        return Pace(took_ms=1e-3 * area_px, area_px=area_px, threads=threads)

    monkeypatch.setattr(eyes, "build_tower", lambda _: BlockTower())
    monkeypatch.setattr(eyes, "measured", at_a_second_a_megapixel)
    monkeypatch.setattr(teaching, "AREA_PX", AREA_PX)
    memory = measured(lambda: None, area_px=1, threads=2)
    refuse_late_eye(taught, memory, tower=None, threads=2)
    refuse_late_eye(looking_for(taught, 40.0), memory, tower=None, threads=2)
    with pytest.raises(RecipeError) as refused:
        refuse_late_eye(looking_for(taught, 2.0), replace(memory, took_ms=200.0), tower=None, threads=2)
    said = str(refused.value)
    assert re.search(r"to find defects of 2 pixels the eye must look at \d+ x \d+: .* at least \d+ ms", said)
    assert "within 450 ms, of which 200 are left for looking" in said, "what the PLC waits, less both others"
    assert "the memory takes 200 ms of the others" in said
    least = re.search(r"--detail (\d+)", said)
    assert least is not None
    assert "--region" in said
    assert "--deadline-ms" in said
    slower = replace(memory, took_ms=200.0)
    refuse_late_eye(looking_for(taught, float(least[1])), slower, tower=None, threads=2)
    with pytest.raises(RecipeError):
        refuse_late_eye(looking_for(taught, float(least[1]) - 1.0), slower, tower=None, threads=2)
    with pytest.raises(RecipeError) as never:
        refuse_late_eye(looking_for(taught, 2.0), replace(memory, took_ms=395.0), tower=None, threads=2)
    assert "--detail" not in str(never.value), "there is none that would be in time"


def test_without_an_eye_it_is_said_that_small_defects_are_not_seen(taught: Taught) -> None:
    assert overlooked(taught) == ""
    assert "defects of 4 pixels will hardly be found" in overlooked(looking_for(taught, 4.0))
    assert overlooked(looking_for(taught, 100.0)) == ""
    seeing = SeeingMemory(taught.memories["top"], untrained(BlockTower()))
    assert overlooked(replace(looking_for(taught, 4.0), memories={"top": seeing})) == ""
