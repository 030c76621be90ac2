"""The inspector that the settings ask for: towers and foreign models by configuration."""

from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from app.recipes.inspecting import inspect_one
from app.recipes.inspectors import advised_by, build_inspector, unheard_by
from app.recipes.library import RecipeLibrary
from app.recipes.teaching import plan, teach_folder
from app.settings.station import InspectorKind, ModelTable, load
from inspection.decision import Action, ModelRef
from inspection.errors import SettingsError, WeightsError
from inspection.motion.chunk import NOMINAL_LINE
from inspection.part import Frame
from inspection.recipe import Recipe
from models.inspectors.reflex import ReflexInspector
from models.inspectors.second_opinion import SecondOpinionInspector
from tests import fakes
from tests.models import bases
from tests.models.conftest import part


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import cv2

    folder = tmp_path_factory.mktemp("good")
    for seed in range(8):
        cv2.imwrite(str(folder / f"{seed}.png"), part(seed))
    return folder


def frame(seed: int) -> Frame:
    return Frame(picture=part(seed), camera="main", captured_at=fakes.EPOCH, number=1, simulated=False)


def test_a_recipe_is_taught_and_judged_on_the_tower_that_is_named(good: Path, tmp_path: Path) -> None:
    eyes = str(bases.clip(tmp_path / "eyes"))
    library = RecipeLibrary(tmp_path / "recipes")
    library.save(teach_folder(plan("cover", library=library), good, tower=eyes))
    recipe, inspector = build_inspector(
        library, "cover", model=ModelTable(inspector=InspectorKind.REFLEX, tower=eyes, threads=1)
    )
    assert isinstance(inspector, ReflexInspector)
    inspector.prepare(recipe)
    assert inspect_one(frame(20), recipe=recipe, inspector=inspector).model == inspector.model
    with pytest.raises(WeightsError, match="was taught on clip"):
        build_inspector(library, "cover", model=ModelTable(inspector=InspectorKind.REFLEX, threads=1))


def test_a_foreign_model_judges_where_it_is_named(good: Path, tmp_path: Path) -> None:
    library = RecipeLibrary(tmp_path / "recipes")
    library.save(teach_folder(plan("cover", library=library), good))
    model = bases.qwen_vl(tmp_path / "qwen")
    recipe, inspector = build_inspector(
        library, "cover", model=ModelTable(inspector=InspectorKind.PRETRAINED_VLM, base=str(model), threads=1)
    )
    assert isinstance(inspector, SecondOpinionInspector)
    inspector.prepare(recipe)
    decision = inspect_one(frame(20), recipe=recipe, inspector=inspector)
    assert decision.action in Action
    assert decision.model.name == "qwen"
    noise = np.random.default_rng(0).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    rejected = Frame(picture=noise, camera="main", captured_at=fakes.EPOCH, number=2, simulated=False)
    assert inspect_one(rejected, recipe=recipe, inspector=inspector).action is not Action.PASS


def test_a_foreign_inspector_needs_a_folder(good: Path, tmp_path: Path) -> None:
    library = RecipeLibrary(tmp_path / "recipes")
    library.save(teach_folder(plan("cover", library=library), good))
    with pytest.raises(SettingsError, match="no folder with its model"):
        build_inspector(library, "cover", model=ModelTable(inspector=InspectorKind.PRETRAINED_VLM))


def test_folders_in_the_settings_count_from_their_file(tmp_path: Path) -> None:
    (tmp_path / "qwen").mkdir()
    path = tmp_path / "station.toml"
    path.write_text(
        '[station]\nrecipe = "cover"\n[[cameras]]\nname = "main"\nkind = "simulated"\n'
        '[model]\ninspector = "foreign"\nbase = "qwen"\ntower = "my/eyes"\ndevice = "cpu"\n'
        'quantization = "nf4"\n',
        encoding="utf-8",
    )
    table = load(path).model
    assert (table.inspector, table.quantization) == (InspectorKind.PRETRAINED_VLM, "nf4")
    assert (table.base, table.tower) == (str(tmp_path / "qwen"), str(tmp_path / "my" / "eyes"))
    named = path.read_text().replace('"qwen"', '"smollm2-135m"').replace('"my/eyes"', '"efficientnet-lite1"')
    path.write_text(named, encoding="utf-8")
    assert load(path).model.base == "smollm2-135m"
    assert load(path).model.tower == "efficientnet-lite1"


@pytest.mark.parametrize(
    ("names", "who", "model"),
    [
        ((), ReflexInspector, "passgate-reflex"),
        (("scratch", "dent"), SecondOpinionInspector, "passgate-vla"),
        (("scratch", "blowhole"), ReflexInspector, "passgate-reflex"),
    ],
)
def test_the_language_model_has_a_say_only_on_what_it_was_trained_on(
    good: Path, tmp_path: Path, names: tuple[str, ...], who: type, model: str
) -> None:
    library = RecipeLibrary(tmp_path / "recipes")
    library.save(teach_folder(plan("cover", library=library, defect_types=names), good))
    _, inspector = build_inspector(library, "cover", model=ModelTable(threads=1))
    assert type(inspector) is who
    assert inspector.model.name == model


@pytest.mark.parametrize(
    ("kind", "types"),
    [
        (InspectorKind.VLA, ("porosity",)),
        (InspectorKind.REFLEX, ("crack", "porosity")),
        (InspectorKind.PRETRAINED_VLM, ()),
    ],
)
def test_what_nobody_hears_depends_on_who_judges(kind: InspectorKind, types: tuple[str, ...]) -> None:
    recipe = Recipe(id=1, name="cover", defect_types=("crack", "porosity"))
    assert unheard_by(ModelTable(inspector=kind), recipe).types == types


# --- what the inspector is called -----------------------------------------------------------------------

LINE = NOMINAL_LINE.model_copy(update={"part_mass_kg": 2 * NOMINAL_LINE.part_mass_kg})


CONSULTANT = ModelRef(name="passgate-vla", version="7+nf4", sha256="a" * 64)


def test_a_second_opinion_is_called_by_all_that_changes_its_scores() -> None:
    own = advised_by(CONSULTANT)
    assert (own.name, own.sha256) == (CONSULTANT.name, CONSULTANT.sha256)
    assert own.version == f"7+nf4+passgate-{version('passgate')}"
    assert advised_by(CONSULTANT, line=NOMINAL_LINE) == own, "what is taken for granted may be said"
    assert advised_by(CONSULTANT, line=LINE) != own
    assert advised_by(CONSULTANT, line=LINE) == advised_by(CONSULTANT, line=LINE.model_copy())


def test_the_stations_line_is_told_to_a_recipe_that_describes_none(good: Path, tmp_path: Path) -> None:
    library = RecipeLibrary(tmp_path / "recipes")
    recipe = plan("cover", library=library)
    library.save(teach_folder(recipe, good))
    reflex = ModelTable(inspector=InspectorKind.REFLEX, threads=1)
    assert build_inspector(library, "cover", model=reflex, line=LINE)[0].motion == LINE
    assert build_inspector(library, "cover", model=reflex)[0].motion is None
    own = plan("cover", library=library).model_copy(update={"motion": NOMINAL_LINE})
    library.save(teach_folder(own, good))
    assert build_inspector(library, "cover", model=reflex, line=LINE)[0].motion == NOMINAL_LINE
