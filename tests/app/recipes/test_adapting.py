"""Adapting: a new version beside the old one, and only where the labels helped."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from typer.testing import CliRunner

import app.recipes.adapting
from app.cli import cli
from app.recipes.adapting import AdaptedRecipe, adapt_recipe
from app.recipes.inspectors import reflex_on
from app.recipes.library import RecipeLibrary, Taught
from inspection.cameras.simulated import SimulatedCamera
from inspection.certification.probability import Origin
from inspection.decision import Action, ModelRef
from inspection.errors import DatasetError, RecipeError
from inspection.pictures.copies import pixels_sha256
from inspection.pictures.decoding.decoding import read_picture
from inspection.simulation import Variation
from models.backbone.features import EfficientNetLite0
from models.evaluation.metrics import evaluate
from models.inspectors.reflex import ReflexInspector
from models.memory.adaptation import Adaptation, AdaptedMemory, Direction, Rule
from models.memory.cells import CellNet
from models.memory.memory import NormalityMemory
from models.training.adapting.adaptation import Adapted
from models.training.adapting.labelled import Example
from models.training.adapting.threshold import chosen

CHANNELS = 4 * (40 + 112 + 192)


@pytest.fixture(scope="module")
def tower() -> EfficientNetLite0:
    """The shipped tower."""
    return EfficientNetLite0()


@pytest.fixture(scope="module")
def adaptation(tower: EfficientNetLite0) -> Adaptation:
    """One that nothing was learned for: it adds 100 to the memory's score, so every part is rejected."""
    torch.manual_seed(0)
    return Adaptation(
        nets=[CellNet(tower.tail(), fine_channels=40, middle_channels=112)],
        direction=Direction(weights=torch.zeros(CHANNELS), offset=0.0),
        rule=Rule(memory=1.0, whole=1.0, cells=1e-3, offset=100.0, threshold=3.0, cell_level=5.0),
        tower_sha256=tower.sha256,
        good=20,
        defective=8,
    )


@pytest.fixture
def library(taught_library: Path, home: Path) -> RecipeLibrary:
    """The simulated product, in the user's home."""
    shutil.copytree(taught_library, home / "recipes")
    return RecipeLibrary(home / "recipes")


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """Three parts in four pictures each, good and with a scratch whose place is marked."""
    folder = tmp_path / "labels"
    for part in range(3):
        for view in range(4):
            rng = np.random.default_rng((part, view))
            picture = rng.integers(90, 110, (48, 64, 3), dtype=np.uint8)
            for kind in ("good", "scratch"):
                place = folder / kind / f"part {part}"
                place.mkdir(parents=True, exist_ok=True)
                mask = np.zeros((48, 64), np.uint8)
                if kind == "scratch":
                    mask[10:14, 8:40] = 255
                    picture[10:14, 8:40] = 250
                    cv2.imwrite(str(place / f"{view}.png"), mask)
                cv2.imwrite(str(place / f"{view}.jpg"), picture)
    return folder


def learned(adaptation: Adaptation, seen: list[Example], *, helps: bool) -> Adapted:
    truth = [one.defective for one in seen]
    well, badly = ([float(bad) if good else -float(bad) for bad in truth] for good in (True, False))
    alone, together = (badly, well) if helps else (well, badly)
    return Adapted(
        adaptation=adaptation,
        alone=evaluate(alone, truth),
        together=evaluate(together, truth),
        marked=12,
        above_threshold=np.where(truth, 2.0, -2.0),
        threshold=chosen(
            np.where(truth, 2.0, 0.0), np.array(truth), [one.group for one in seen], escapes=0.1, overkill=0.1
        ),
        escapes_alone=float(helps),
        escapes_together=float(not helps),
    )


@pytest.fixture
def seen(
    monkeypatch: pytest.MonkeyPatch, adaptation: Adaptation, request: pytest.FixtureRequest
) -> list[Example]:
    """What the learning was given; it takes no minutes here. ``request.param``: whether the labels help."""
    given: list[Example] = []

    def adapt(examples: list[Example], **_: object) -> Adapted:
        given.extend(examples)
        return learned(adaptation, given, helps=request.param)

    monkeypatch.setattr(app.recipes.adapting, "adapt", adapt)
    return given


@pytest.mark.parametrize("seen", [True], indirect=True)
def test_labels_that_help_become_a_new_version_beside_the_old_one(
    library: RecipeLibrary, labels: Path, seen: list[Example], tower: EfficientNetLite0
) -> None:
    before = (library._file("cover", 1)).read_bytes()
    done = CliRunner().invoke(cli, ["recipe", "adapt", "cover", "--labels", str(labels), "--json"])
    report = json.loads(done.stdout)
    assert report["kept"] is True
    assert report["version"] == 2
    assert (report["good"], report["defective"], report["with_mask"], report["groups"]) == (12, 12, 12, 3)
    assert report["adapted"]["auroc"] == 1.0
    assert (report["adapted"]["escapes_at_asked_overkill"], report["threshold"]["value"]) == (0.0, 1.0)
    assert report["threshold"]["escapes"]["expected"] == pytest.approx(1 / 13)
    assert "7.69 % of the defects are expected below the threshold" in report["threshold"]["in_words"]
    assert library._file("cover", 1).read_bytes() == before
    assert isinstance(library.load("cover", tower=tower).memories["top"], AdaptedMemory)
    assert not isinstance(library.load("cover", 1, tower=tower).memories["top"], AdaptedMemory)
    files = list(labels.rglob("*.jpg"))
    sha256 = [pixels_sha256(read_picture(path)) for path in files]
    assert library.learned_from("cover").among(sha256) == 24
    assert library.learned_from("cover").taught == library.learned_from("cover", 1).taught
    assert len(library.learned_from("cover").taught) == 24
    assert library.learned_from("cover", 1).among(sha256) == 0
    # near-copies of one part stay together, good and scratched; the marks are those beside the pictures
    assert {one.group for one in seen} == {"part 0", "part 1", "part 2"}
    assert all((one.mask is not None and one.mask[12, 20] == 255) == one.defective for one in seen)


@pytest.mark.parametrize("seen", [True], indirect=True)
def test_what_labels_say_of_scores_goes_with_the_version_each_part_once(
    library: RecipeLibrary, labels: Path, seen: list[Example], tower: EfficientNetLite0
) -> None:
    done = CliRunner().invoke(cli, ["recipe", "adapt", "cover", "--labels", str(labels), "--json"])
    report = json.loads(done.stdout)
    assert (report["version"], report["labelled"]["origin"]) == (2, "cross_fitted")
    scores = library.taught_scores("cover")
    assert scores is not None
    assert (scores.good, scores.defective) == (3, 3), "four pictures each are near-copies of one part"
    assert scores.origin is Origin.CROSS_FITTED
    assert scores.judged_by == reflex_on(tower)
    assert [level > 500 for level, _, _ in scores.levels] == [False, True]
    assert library.taught_scores("cover", 1) is None
    shown = CliRunner().invoke(cli, ["recipe", "show", "cover"]).stdout
    assert "3 defective and 3 good labelled parts (those it was adapted on" in shown


@pytest.mark.parametrize("seen", [False], indirect=True)
def test_labels_that_do_not_help_change_nothing(
    library: RecipeLibrary, labels: Path, seen: list[Example]
) -> None:
    done = CliRunner().invoke(cli, ["recipe", "adapt", "cover", "--labels", str(labels)])
    assert done.exit_code == 1, "it was done, and the answer is no"
    assert "nothing was kept" in done.stdout
    assert library.next_identity("cover")[1] == 2
    assert len(seen) == 24


@pytest.mark.parametrize("seen", [True], indirect=True)
def test_labels_with_which_every_part_would_be_late_are_refused_and_the_recipe_stays(
    library: RecipeLibrary, labels: Path, seen: list[Example], tower: EfficientNetLite0
) -> None:
    """They add a second look and nets; once nobody asked what these take."""
    taught = library.load("cover", tower=tower)
    hurried = taught.recipe.model_copy(update={"deadline_ms": 51})
    library.save(library.as_next(replace(taught, recipe=hurried)))
    with pytest.raises(RecipeError, match=r"what the labels taught, .* 51 ms.* the recipe as it was stays"):
        adapt_recipe("cover", labels, library=library)
    assert library.next_identity("cover")[1] == 3
    assert seen


@pytest.mark.parametrize("seen", [True], indirect=True)
def test_more_good_pictures_may_lie_elsewhere(
    library: RecipeLibrary, labels: Path, seen: list[Example], tmp_path: Path
) -> None:
    shutil.move(labels / "good", tmp_path / "taught")
    found = adapt_recipe("cover", labels, good=tmp_path / "taught", library=library)
    assert isinstance(found, AdaptedRecipe)
    assert sum(not one.defective for one in seen) == sum(one.defective for one in seen) == 12


def test_what_the_labels_taught_is_kept_with_the_recipe_and_judges_the_parts(
    library: RecipeLibrary, adaptation: Adaptation, tower: EfficientNetLite0
) -> None:
    taught = library.load("cover", tower=tower)
    memory = taught.memories["top"]
    recipe = taught.recipe.model_copy(update={"version": 2})
    assert library.adapted("cover") == frozenset()
    library.save(Taught(recipe, {"top": AdaptedMemory(memory, adaptation)}))
    assert library.adapted("cover") == {"top"}
    shown = CliRunner().invoke(cli, ["recipe", "show", "cover"]).output
    assert "the memory judges with what labels taught, without a trained eye" in shown
    assert "judges alone" not in shown
    again = library.load("cover", tower=tower).memories["top"]
    camera = SimulatedCamera("main", seed=1, variation=Variation(defect_rate=0.0))
    camera.open()
    frame = camera.capture(3)
    picture = recipe.levels.of(frame)
    assert isinstance(again, AdaptedMemory)
    assert again.assess(picture).score == pytest.approx(
        AdaptedMemory(memory, adaptation).assess(picture).score, abs=1e-3
    )
    assert again.assess(picture).score > NormalityMemory.assess(again, picture).score + 50.0
    model = ModelRef(name="reflex", version="0", sha256=tower.sha256)
    inspector = ReflexInspector({(recipe.id, 2, "top"): again}, model=model, threads=1)
    decision = inspector.inspect(
        (frame,), recipe=recipe, part_id=1, trigger_seq=1, deadline_ns=2**62
    ).decision
    assert decision.action is not Action.PASS
    assert decision.defect_score is not None
    assert decision.defect_score > 0.9


def test_labels_that_cannot_be_understood_are_refused(library: RecipeLibrary, labels: Path) -> None:
    with pytest.raises(RecipeError, match="unknown"):
        adapt_recipe("bracket", labels, library=library)
    shutil.copy(labels / "good" / "part 0" / "0.jpg", labels / "loose.jpg")
    with pytest.raises(DatasetError, match="no class folder"):
        adapt_recipe("cover", labels, library=library)
