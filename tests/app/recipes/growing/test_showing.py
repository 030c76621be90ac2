"""Showing types by examples: on the line they have their names, and doubt goes to a person."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from app.cli import cli
from app.recipes.growing.showing import show_types
from app.recipes.inspectors import build_inspector, unheard_by
from app.recipes.library import RecipeLibrary, Taught
from app.recipes.recipe_file import read, write
from app.recipes.teaching import plan, teach_folder
from app.settings.station import InspectorKind, ModelTable
from inspection.decision import Action, Decision, Severity
from inspection.errors import RecipeError
from inspection.part import Frame, Picture
from inspection.recipe import DefectRule
from models.backbone.features import EfficientNetLite0
from models.inspectors.reflex import ReflexInspector
from models.naming.names import UNKNOWN
from tests.fakes import EPOCH
from tests.models.conftest import part

REFLEX = ModelTable(inspector=InspectorKind.REFLEX)
RULES = (
    DefectRule(min_severity=Severity.MINOR, action=Action.REWORK),
    DefectRule(type="scratch", action=Action.STOP),
)


def marked(kind: str, number: int) -> Picture:
    rng = np.random.default_rng(number)
    picture = part(500 + number)
    x, y = (25 if number % 2 else 130) + int(rng.integers(0, 8)), int(rng.integers(30, 90))
    if kind == "blob":
        cv2.circle(picture, (x, y), 8, (30, 20, 20), -1)
    else:
        cv2.line(picture, (x - 14, y), (x + 14, y + int(rng.integers(-6, 6))), (250, 250, 250), 2)
    return picture


def keep(picture: Picture, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), picture[..., ::-1])


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with a product of brushed metal, and beside it pictures of its defects."""
    root = tmp_path_factory.mktemp("showing")
    for number in range(16):
        keep(part(number), root / "good" / f"{number}.png")
    for kind in ("blob", "scratch"):
        for number in range(5):
            keep(marked(kind, number), root / "examples" / kind / f"{number}.png")
    library = RecipeLibrary(root / "recipes")
    planned = plan("plate", library=library).model_copy(update={"policy": RULES})
    library.save(teach_folder(planned, root / "good", keep_outliers=True))
    return root


@pytest.fixture(scope="module")
def shown(shelf: Path) -> Taught:
    """The same with both types shown; not kept."""
    library = RecipeLibrary(shelf / "recipes")
    return show_types("plate", shelf / "examples", kind=None, library=library).taught


@pytest.fixture(scope="module")
def reflex(shown: Taught, tmp_path_factory: pytest.TempPathFactory) -> tuple[Taught, ReflexInspector]:
    library = RecipeLibrary(tmp_path_factory.mktemp("kept"))
    library.save(shown)
    _, inspector = build_inspector(library, "plate", model=REFLEX)
    assert isinstance(inspector, ReflexInspector)
    return shown, inspector


def judged(reflex: tuple[Taught, ReflexInspector], picture: Picture, instruction: str = "") -> Decision:
    taught, inspector = reflex
    frame = Frame(picture=picture, camera="main", captured_at=EPOCH, number=1, simulated=True)
    recipe = taught.recipe.model_copy(update={"instruction": instruction})
    return inspector.inspect((frame,), recipe=recipe, part_id=1, trigger_seq=1, deadline_ns=0).decision


def test_what_was_shown_has_its_name_on_the_line_and_the_rules_heed_it(
    reflex: tuple[Taught, ReflexInspector],
) -> None:
    for kind, done in (("blob", Action.REWORK), ("scratch", Action.STOP)):
        found = [judged(reflex, marked(kind, number)) for number in range(20, 25)]
        named = [one for one in found if {defect.type for defect in one.defects} == {kind}]
        assert len(named) >= 3, [[defect.type for defect in one.defects] for one in found]
        assert all(defect.type_probability or 0.0 > 0.5 for one in named for defect in one.defects)
        assert {one.action for one in named} == {done}


def test_a_name_by_examples_never_releases_what_stood_out(reflex: tuple[Taught, ReflexInspector]) -> None:
    """A type that nobody showed is called by one that was; were that one let through, so would the other."""
    taught, inspector = reflex
    let_through = tuple(DefectRule(type=kind, action=Action.PASS) for kind in ("blob", "scratch", UNKNOWN))
    lenient = replace(taught, recipe=taught.recipe.model_copy(update={"policy": let_through}))
    for kind in ("blob", "scratch"):
        found = [judged((lenient, inspector), marked(kind, number)) for number in range(20, 25)]
        assert any(defect.type == kind for one in found for defect in one.defects)
        assert all(one.action is Action.MANUAL_REVIEW for one in found if one.defects)


def test_words_that_ask_for_more_on_a_shown_type_are_heard(reflex: tuple[Taught, ReflexInspector]) -> None:
    found = [judged(reflex, marked("blob", number), "blob: stop. scratch: stop") for number in range(20, 25)]
    assert all(one.action in (Action.STOP, Action.MANUAL_REVIEW) for one in found)
    assert Action.STOP in {one.action for one in found}


def test_what_is_like_no_example_goes_to_a_person(
    reflex: tuple[Taught, ReflexInspector], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.naming.names._SURE_FROM", 1.0)  # then nothing is sure
    decision = judged(reflex, marked("blob", 20))
    assert {defect.type for defect in decision.defects} == {UNKNOWN}
    assert decision.action is Action.MANUAL_REVIEW
    assert "type" in decision.reason
    assert judged(reflex, part(70)).defects == ()


def test_shown_types_are_heard_without_a_language_model(shown: Taught) -> None:
    assert shown.recipe.named_types == ("scratch", "blob")
    assert unheard_by(REFLEX, shown.recipe).types == ()
    untold = shown.recipe.model_copy(update={"shown_types": ()})
    assert unheard_by(REFLEX, untold).types == ("scratch",)


def test_a_file_in_which_recipe_and_examples_differ_is_refused(shown: Taught, tmp_path: Path) -> None:
    tower, path = EfficientNetLite0(), tmp_path / "v0001.safetensors"
    write(path, shown)
    assert read(path, tower=tower).names["top"].types == shown.recipe.shown_types
    less = shown.recipe.model_copy(update={"shown_types": shown.recipe.shown_types[:1]})
    write(path, Taught(less, shown.memories, names=shown.names))
    with pytest.raises(RecipeError, match="types that examples show"):
        read(path, tower=tower)
    write(path, Taught(shown.recipe, shown.memories))
    with pytest.raises(RecipeError, match="types that examples show"):
        read(path, tower=tower)


def test_the_command_shows_one_type_after_the_other_and_teaching_anew_forgets_them(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSGATE_HOME", str(shelf))
    runner, said = CliRunner(), {}
    for kind in ("blob", "scratch"):
        folder = str(shelf / "examples" / kind)
        result = runner.invoke(
            cli, ["recipe", "types", "plate", "--examples", folder, "--type", kind, "--json"]
        )
        assert result.exit_code == 0, result.output
        said = json.loads(result.stdout)
    assert [one["name"] for one in said["types"]] == ["blob", "scratch"]
    assert all(one["right"] is not None for one in said["types"])
    library = RecipeLibrary(shelf / "recipes")
    assert library.recipe("plate").version == said["version"]
    assert len(library.learned_from("plate").labelled) == 10
    words = runner.invoke(cli, ["recipe", "show", "plate"]).output
    assert "blob 5 examples of 5 parts" in words
    planned = plan("plate", library=library)
    assert teach_folder(planned, shelf / "good", keep_outliers=True).recipe.shown_types == ()


@pytest.mark.parametrize("name", ["unknown", "other", "a/b"])
def test_a_name_that_is_none_is_refused_before_anything_is_kept(shelf: Path, name: str) -> None:
    library = RecipeLibrary(shelf / "recipes")
    before = library.recipe("plate").version
    with pytest.raises(RecipeError, match="name"):
        show_types("plate", shelf / "examples" / "blob", kind=name, library=library)
    assert library.recipe("plate").version == before
