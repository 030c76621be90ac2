"""What labelled parts say is shown where it holds, and by no other recipe file and no other model."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import cast

import cv2
import pytest

from app.inference.building import for_station
from app.recipes.certifying import Certified, certify
from app.recipes.in_force import certification, labelled_scores, usual_views
from app.recipes.inspecting import inspect_files
from app.recipes.inspectors import build_inspector
from app.recipes.library import RecipeLibrary
from app.recipes.recipe_file import Taught, write
from app.settings.station import InspectorKind, ModelTable, Settings, StationTable
from inspection.cameras.settings import SimulatedSettings
from inspection.cameras.simulated import SimulatedCamera
from inspection.certification.certificate import UNCERTIFIED, Certification, Draw
from inspection.certification.probability import LabelledScores, Origin
from inspection.decision import Action, DecidedBy, Decision, ModelRef
from inspection.drift.usual import UsualScores, UsualView
from inspection.pictures.labels.files import picture_files
from inspection.recipe import Recipe, View
from inspection.simulation import Variation
from models.backbone.features import EfficientNetLite0
from models.inspectors.reflex import ReflexInspector
from models.memory.memory import NormalityMemory
from models.weights import sealed
from reports.settings import StoreSettings
from tests.app.running import Passgate

BAD, GOOD = 14, 8
"""Enough for 20 % at 5 %: 14 parts without a miss."""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of simulated parts in folders ``good`` and ``bad``."""
    folder = tmp_path_factory.mktemp("pictures")
    for kind, rate, number in (("good", 0.0, GOOD), ("bad", 1.0, BAD)):
        camera = SimulatedCamera("main", seed=1, variation=Variation(defect_rate=rate, contrast=(0.5, 0.6)))
        camera.open()
        (folder / kind).mkdir()
        for part in range(number):
            picture = cv2.cvtColor(camera.capture(part).picture, cv2.COLOR_RGB2BGR)
            cv2.imwrite(str(folder / kind / f"{part}.png"), picture)
    return folder


@pytest.fixture(scope="module")
def certified(taught_library: Path, pictures: Path) -> Certified:
    """The simulated product, certified."""
    return certify(
        "cover",
        good=pictures / "good",
        bad=pictures / "bad",
        alpha=0.2,
        delta=0.05,
        draw=Draw.PICTURE,
        library=RecipeLibrary(taught_library),
        model=ModelTable(inspector=InspectorKind.REFLEX),
    )


@pytest.fixture
def library(taught_library: Path, home: Path) -> RecipeLibrary:
    """The simulated product, in the user's home."""
    shutil.copytree(taught_library, home / "recipes")
    return RecipeLibrary(home / "recipes")


@pytest.fixture
def in_use(library: RecipeLibrary) -> tuple[Recipe, ModelRef]:
    """What judges now."""
    recipe, inspector = build_inspector(library, "cover", model=ModelTable(inspector=InspectorKind.REFLEX))
    return recipe, inspector.model


def held(recipe: Recipe, model: ModelRef, library: RecipeLibrary) -> LabelledScores | None:
    return labelled_scores(
        recipe,
        model=model,
        certification=certification(recipe, model=model, library=library),
        library=library,
    )


def judged(library: RecipeLibrary, pictures: Path) -> list[Decision]:
    files = picture_files(pictures)
    return [
        decision.model_copy(
            update={
                "timings_ms": decision.timings_ms.model_copy(update=dict.fromkeys(("vision", "total"), 0.0))
            }
        )
        for _, decision in inspect_files(
            files, library=library, recipe_name="cover", model=ModelTable(inspector=InspectorKind.REFLEX)
        )
    ]


def test_every_labelled_part_that_was_scored_is_counted_once(certified: Certified) -> None:
    scores = certified.scores
    assert scores is not None
    assert (scores.good, scores.defective, scores.origin) == (GOOD, BAD, Origin.HELD_OUT)
    assert scores.judged_by == certified.certificate.model


def test_decisions_are_the_same_but_for_what_the_labels_say(
    certified: Certified, library: RecipeLibrary, pictures: Path
) -> None:
    before = judged(library, pictures)
    assert all(decision.defect_probability is None for decision in before)
    certified.keep(library)
    after = judged(library, pictures)
    said = [decision.defect_probability for decision in after]
    assert sum(one is not None for one in said) > (GOOD + BAD) // 2
    assert all(one is None or (one.labelled_good, one.labelled_defective) == (GOOD, BAD) for one in said)
    for plain, decision in zip(before, after, strict=True):
        if decision.decided_by is DecidedBy.GUARD:  # the certificate's threshold, not what the labels say
            assert (plain.action, decision.action) == (Action.PASS, Action.MANUAL_REVIEW)
            assert (plain.defect_score or 0.0) > certified.certificate.threshold
        else:
            assert decision.model_copy(update={"defect_probability": None}) == plain


def test_a_station_judges_with_them_while_the_certificate_holds(
    certified: Certified, library: RecipeLibrary, home: Path
) -> None:
    settings = Settings(
        station=StationTable(recipe="cover"),
        cameras=(SimulatedSettings(),),
        recipes=home / "recipes",
        store=StoreSettings(folder=home / "record"),
        model=ModelTable(inspector=InspectorKind.REFLEX),
    )
    build = for_station(settings)
    assert build(None).labelled is None
    certified.keep(library)
    assert build(None).labelled == certified.scores
    (home / "recipes/cover/v0001.certificate.json").unlink()
    assert build(None).labelled is None


def test_that_another_model_might_help_is_said_only_where_it_might(
    certified: Certified, library: RecipeLibrary, home: Path, passgate: Passgate
) -> None:
    certified.keep(library)
    (home / "recipes/cover/v0001.certificate.json").write_text("cut sh", encoding="utf-8")
    said = passgate("recipe", "show", "cover")
    assert "is not a certificate as it was issued" in said.out
    assert "by the model that ships" not in said.err


def test_an_older_certificate_without_scores_holds_and_says_nothing_of_them(
    certified: Certified, library: RecipeLibrary, in_use: tuple[Recipe, ModelRef]
) -> None:
    library.keep_certified_from(certified.certificate, certified.pictures)
    library.keep_certificate(certified.certificate)
    assert certification(in_use[0], model=in_use[1], library=library).certificate == certified.certificate
    assert held(*in_use, library) is None
    assert library.certified_from("cover") == {1: certified.pictures}


def test_labelled_scores_are_lost_with_another_model_another_file_and_another_version(
    certified: Certified, library: RecipeLibrary, in_use: tuple[Recipe, ModelRef], home: Path
) -> None:
    recipe, model = in_use
    certified.keep(library)
    assert held(recipe, model, library) == certified.scores
    assert held(recipe, model.model_copy(update={"version": "0"}), library) is None
    folder = home / "recipes/cover"
    shutil.copy(folder / "v0001.safetensors", folder / "v0002.safetensors")
    for kept in folder.glob("v0001.certif*"):
        shutil.copy(kept, folder / kept.name.replace("v0001", "v0002"))
    assert held(recipe.model_copy(update={"version": 2}), model, library) is None
    taught = library.load("cover", 1, tower=EfficientNetLite0())
    changed = recipe.model_copy(update={"instruction": "all: stop"})
    write(folder / "v0001.safetensors", Taught(changed, taught.memories))
    assert held(library.recipe("cover", 1), model, library) is None


def test_the_scores_of_another_certificate_are_not_taken_for_its_own(
    certified: Certified, library: RecipeLibrary, in_use: tuple[Recipe, ModelRef]
) -> None:
    certified.keep(library)
    values = {name: getattr(certified.certificate, name) for name in type(certified.certificate).model_fields}
    newer = type(certified.certificate).issue(
        **{name: value for name, value in values.items() if name != "id"} | {"alpha": 0.3}
    )
    library.keep_certificate(newer)
    assert certification(in_use[0], model=in_use[1], library=library).certificate == newer
    assert held(*in_use, library) is None


@pytest.mark.parametrize(
    "become", [lambda data: data[: len(data) // 2], lambda data: data.replace(b"held", b"hold")]
)
def test_damaged_scores_are_not_shown_and_the_certificate_holds(
    certified: Certified,
    library: RecipeLibrary,
    in_use: tuple[Recipe, ModelRef],
    home: Path,
    become: Callable[[bytes], bytes],
) -> None:
    certified.keep(library)
    path = home / "recipes/cover/v0001.certified-from.safetensors"
    path.write_bytes(become(path.read_bytes()))
    assert held(*in_use, library) is None
    assert certification(in_use[0], model=in_use[1], library=library).certificate == certified.certificate


def test_what_the_labels_said_goes_with_the_recipes_file_as_long_as_it_is_not_taught_anew(
    certified: Certified, library: RecipeLibrary, in_use: tuple[Recipe, ModelRef], pictures: Path
) -> None:
    """As ``recipe adapt`` keeps them: in the recipe's own file."""
    assert certified.scores is not None
    fitted = certified.scores.model_copy(update={"origin": Origin.CROSS_FITTED})
    recipe, model = in_use
    taught = library.load("cover", tower=EfficientNetLite0())
    second = recipe.model_copy(update={"version": 2, "sha256": ""})
    library.save(Taught(second, taught.memories, learned_from=taught.learned_from, labelled=fitted))
    assert library.load("cover", tower=EfficientNetLite0()).labelled == fitted
    newest = library.recipe("cover")
    assert held(newest, model, library) == fitted
    assert held(newest, model.model_copy(update={"name": "passgate-vla"}), library) is None
    assert held(recipe, model, library) is None, "version 1 was not adapted"
    assert held(newest.model_copy(update={"sha256": "0" * 64}), model, library) is None


def test_the_commands_say_what_it_is_a_share_of(
    certified: Certified, library: RecipeLibrary, passgate: Passgate, pictures: Path
) -> None:
    shown = json.loads(passgate("recipe", "show", "cover", "--json").out)
    assert shown["labelled"] is None
    certified.keep(library)
    shown = json.loads(passgate("recipe", "show", "cover", "--json").out)["labelled"]
    assert (shown["origin"], shown["good"], shown["defective"]) == ("held_out", GOOD, BAD)
    shares = [point["among_labelled"] for point in shown["at"] if "among_labelled" in point]
    assert shares == sorted(shares)
    assert all(0 < share < 1 for share in shares)
    words = passgate("recipe", "show", "cover").out
    assert f"{BAD} defective and {GOOD} good labelled parts (held out" in words
    assert "On a line with a smaller share of defective parts fewer are" in words
    first = picture_files(pictures / "bad")[0]
    said = passgate("inspect", first, "--recipe", "cover", "--inspector", "reflex").out
    assert "of labelled parts with such a score about" in said
    (decision,) = json.loads(
        passgate("inspect", first, "--recipe", "cover", "--inspector", "reflex", "--json").out
    )["decisions"]
    assert 0 < decision["defect_probability"]["among_labelled"] < 1


def test_inspect_says_what_the_guard_would_make_of_it_on_the_line(
    certified: Certified, library: RecipeLibrary, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It said pass, with a limit of 0.5, where a certificate's threshold holds the part."""
    files = picture_files(pictures / "good")[:3]
    reflex = ModelTable(inspector=InspectorKind.REFLEX)

    def decided() -> list[Decision]:
        return [one for _, one in inspect_files(files, library=library, recipe_name="cover", model=reflex)]

    assert {one.action for one in decided()} == {Action.PASS}
    certified.keep(library)

    def strict(recipe: Recipe, *, model: ModelRef, library: RecipeLibrary) -> Certification:
        held = certification(recipe, model=model, library=library)
        assert held.certificate is not None
        stricter = held.certificate.model_copy(update={"threshold": 0.0})
        return held.model_copy(update={"certificate": stricter})

    monkeypatch.setattr("app.recipes.inspecting.certification", strict)
    for one in decided():
        assert (one.action, one.decided_by) == (Action.MANUAL_REVIEW, DecidedBy.GUARD)
        assert "certified" in one.reason
        assert one.trigger_seq == 0, "no PLC gave a trigger"


def usual_of(library: RecipeLibrary) -> UsualView:
    """What the station is told of how the taught parts scored and looked."""
    model = ModelTable(inspector=InspectorKind.REFLEX)
    recipe, inspector = build_inspector(library, "cover", model=model)
    held = certification(recipe, model=inspector.model, library=library)
    labelled = labelled_scores(recipe, model=inspector.model, certification=held, library=library)
    (usual,) = usual_views(recipe, inspector, certification=held, labelled=labelled, library=library)
    return usual


def test_drift_is_watched_against_the_parts_that_were_taught_as_far_as_they_would_have_passed(
    certified: Certified, library: RecipeLibrary
) -> None:
    taught = usual_of(library)
    assert taught.scores is not None
    assert (taught.scores.witnesses, taught.scores.limit) == (24, 0.5)
    assert taught.looks is not None
    assert taught.looks.pictures == 24
    certified.keep(library)
    cut = usual_of(library).scores
    assert cut is not None
    assert cut.quantiles == taught.scores.quantiles
    assert cut.limit == min(0.5, certified.certificate.threshold)


def test_a_recipe_from_before_drift_was_watched_still_judges_and_says_nothing_of_what_was_usual(
    library: RecipeLibrary, home: Path
) -> None:
    file = home / "recipes/cover/v0001.safetensors"
    content = sealed.read(file)
    memory = json.loads(content.words["memory/top"])
    del memory["groups"], memory["calibration"]["quantiles"]
    words = {key: value for key, value in content.words.items() if not key.startswith("looks/")}
    sealed.write(file, content.tensors, words | {"memory/top": json.dumps(memory)})
    assert usual_of(library) == UsualView(view="top")


def test_an_adapted_recipe_goes_by_the_scores_of_its_labelled_good_parts(
    library: RecipeLibrary, in_use: tuple[Recipe, ModelRef]
) -> None:
    """Labels have changed what a score is: how the memory alone scored the taught parts says nothing."""

    class Adapted:
        taught_scores, groups, threshold = (), 24, 2.0

    class Inspector(ReflexInspector):
        def memory(self, recipe: Recipe, view: View) -> NormalityMemory:
            return cast(NormalityMemory, Adapted())

    recipe, model = in_use
    scores = LabelledScores.of(
        good=[0.1, 0.2, 0.2, 0.3, 0.6], defective=[0.9], origin=Origin.CROSS_FITTED, judged_by=model
    )
    inspector = Inspector({}, model=model, threads=1)
    (usual,) = usual_views(recipe, inspector, certification=UNCERTIFIED, labelled=scores, library=library)
    assert usual.scores == UsualScores.of([0.1, 0.2, 0.2, 0.3, 0.6], witnesses=5)
