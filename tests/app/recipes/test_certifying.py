"""Certifying on pictures: what is counted, what is kept, and when a certificate no longer holds."""

import json
import math
import os
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from app.engine.engine import Engine
from app.recipes.certifying import Certified, certify, stored_certification
from app.recipes.in_force import certification
from app.recipes.inspecting import inspect_files
from app.recipes.inspectors import build_inspector
from app.recipes.library import RecipeLibrary
from app.recipes.recipe_file import Taught, write
from app.settings.station import InspectorKind, ModelTable, Settings, StationTable
from inspection.cameras.settings import SimulatedSettings
from inspection.cameras.simulated import SimulatedCamera
from inspection.certification.certificate import Certificate, Draw
from inspection.decision import Action, ModelRef
from inspection.errors import CameraError, CertificateError, DatasetError, RecipeError
from inspection.pictures.labels.files import picture_files
from inspection.recipe import Recipe
from inspection.simulation import Variation
from models.backbone.features import EfficientNetLite0
from reports.settings import StoreSettings
from tests.app.pictures import bgr
from tests.app.running import Passgate, assert_one_line

BAD, GOOD = 14, 8
"""Enough for 20 % at 5 %: 14 parts without a miss."""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of simulated parts in folders ``good`` and ``bad``, the bad ones in two subfolders."""
    folder = tmp_path_factory.mktemp("pictures")
    for kind, rate, number in (("good", 0.0, GOOD), ("bad", 1.0, BAD)):
        camera = SimulatedCamera("main", seed=1, variation=Variation(defect_rate=rate, contrast=(0.45, 0.55)))
        camera.open()
        for part in range(number):
            path = folder / kind / ("" if kind == "good" else f"batch{part % 2}") / f"{part}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            picture = cv2.cvtColor(camera.capture(part).picture, cv2.COLOR_RGB2BGR)
            cv2.imencode(".png", picture)[1].tofile(path)
    return folder


@pytest.fixture
def library(taught_library: Path, tmp_path: Path) -> RecipeLibrary:
    """The simulated product, in a library that may be written into."""
    shutil.copytree(taught_library, tmp_path / "recipes")
    return RecipeLibrary(tmp_path / "recipes")


@pytest.fixture(scope="module")
def issued(taught_library: Path, pictures: Path) -> Certificate:
    """A certificate for the simulated product."""
    return _certify(RecipeLibrary(taught_library), pictures)


def _certify(
    library: RecipeLibrary, pictures: Path, *, alpha: float = 0.2, draw: Draw = Draw.PICTURE
) -> Certificate:
    return _certified(library, pictures, alpha=alpha, draw=draw).certificate


def _certified(
    library: RecipeLibrary, pictures: Path, *, alpha: float = 0.2, draw: Draw = Draw.PICTURE
) -> Certified:
    return certify(
        "cover",
        good=pictures / "good",
        bad=pictures / "bad",
        alpha=alpha,
        delta=0.05,
        draw=draw,
        library=library,
        model=ModelTable(inspector=InspectorKind.REFLEX),
    )


def _in_use(library: RecipeLibrary) -> tuple[Recipe, ModelRef]:
    recipe, inspector = build_inspector(library, "cover", model=ModelTable(inspector=InspectorKind.REFLEX))
    return recipe, inspector.model


def test_a_certificate_says_what_was_judged_by_what(issued: Certificate, taught_library: Path) -> None:
    library = RecipeLibrary(taught_library)
    recipe, model = _in_use(library)
    assert (issued.n_defective, issued.pictures_defective, issued.draw) == (BAD, BAD, Draw.PICTURE)
    assert (issued.misses, issued.overkilled) == (0, 0)
    assert issued.overkilled / GOOD < issued.overkill_bound < 1
    assert (issued.recipe_sha256, issued.model) == (library.recipe("cover").sha256, model)
    assert (issued.recipe.id, issued.recipe.version) == (recipe.id, recipe.version)


def test_the_threshold_lies_just_below_the_defective_part_that_the_inspector_passes(
    issued: Certificate, pictures: Path, taught_library: Path
) -> None:
    files = picture_files(pictures / "bad")
    decisions = [
        d
        for _, d in inspect_files(
            files,
            library=RecipeLibrary(taught_library),
            recipe_name="cover",
            model=ModelTable(inspector=InspectorKind.REFLEX),
        )
    ]
    (escape,) = (d.defect_score for d in decisions if d.action is Action.PASS)
    assert escape is not None
    assert issued.threshold == math.nextafter(escape, 0.0)
    milder = _certify(RecipeLibrary(taught_library), pictures, alpha=0.35)
    # one miss is allowed, and what the inspector does not pass itself is no escape whatever its score
    assert (milder.threshold, milder.misses) == (1.0, 1)


def test_a_subfolder_is_one_part(pictures: Path, taught_library: Path) -> None:
    with pytest.raises(CertificateError, match=r"2 defective parts \(14 pictures\) .* least 14 .* --count"):
        _certify(RecipeLibrary(taught_library), pictures, draw=Draw.FOLDER)
    counted = _certify(RecipeLibrary(taught_library), pictures, alpha=0.8, draw=Draw.FOLDER)
    assert (counted.n_defective, counted.pictures_defective, counted.draw) == (2, BAD, Draw.FOLDER)
    assert counted.n_good == GOOD, "a picture outside any subfolder is a part of its own"


def test_too_few_defective_parts_are_told_before_anything_is_judged(
    pictures: Path, taught_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.recipes.certifying.build_inspector", lambda *_, **__: pytest.fail("judged"))
    with pytest.raises(CertificateError, match=r"14 defective parts cannot prove .* at least 299 are needed"):
        _certify(RecipeLibrary(taught_library), pictures, alpha=0.01)


def test_copies_that_roboflow_made_of_one_picture_are_one_part(
    pictures: Path, taught_library: Path, tmp_path: Path
) -> None:
    shutil.copytree(pictures / "good", tmp_path / "good")
    (tmp_path / "bad").mkdir()
    for number, path in enumerate(sorted((pictures / "bad").rglob("*.png"))):
        shutil.copyfile(path, tmp_path / "bad" / f"part{number // 7}_png.rf.{number:032x}.png")
    for draw in Draw:
        with pytest.raises(CertificateError, match=r"2 defective parts \(14 pictures\)"):
            _certify(RecipeLibrary(taught_library), tmp_path, draw=draw)


@pytest.mark.parametrize(
    ("suffix", "habit"),
    [
        (".webp", "{}.png"),
        (".bmp", "{}.png"),
        (".tif", "{}.png"),
        (".png", "{}_mask.png"),
        (".jpg", "{}.png"),
    ],
)
def test_masks_prove_nothing(
    pictures: Path, taught_library: Path, tmp_path: Path, suffix: str, habit: str
) -> None:
    """Seven defective parts and their masks are seven parts, and fourteen are needed."""
    for number in range(BAD // 2):
        part = bgr(pictures / "bad" / f"batch{number % 2}" / f"{number}.png")
        drawn = np.zeros(part.shape[:2], np.uint8)
        drawn[100:120, 200:300] = 255
        cv2.imencode(suffix, part)[1].tofile(tmp_path / f"{number}{suffix}")
        cv2.imencode(".png", drawn)[1].tofile(tmp_path / habit.format(number))
    with pytest.raises(CertificateError, match="7 defective parts cannot prove"):
        certify(
            "cover",
            good=pictures / "good",
            bad=tmp_path,
            alpha=0.2,
            delta=0.05,
            draw=Draw.PICTURE,
            library=RecipeLibrary(taught_library),
            model=ModelTable(inspector=InspectorKind.REFLEX),
        )


@pytest.mark.parametrize("suffix", [".png", ".bmp"])
def test_a_picture_counts_once(pictures: Path, taught_library: Path, tmp_path: Path, suffix: str) -> None:
    for number in range(BAD // 2):
        part = bgr(pictures / "bad" / f"batch{number % 2}" / f"{number}.png")
        cv2.imencode(".png", part)[1].tofile(tmp_path / f"{number}.png")
        cv2.imencode(suffix, part)[1].tofile(tmp_path / f"copy of {number}{suffix}")
    with pytest.raises(DatasetError, match=r"are the same picture.*no certificate was issued"):
        certify(
            "cover",
            good=pictures / "good",
            bad=tmp_path,
            alpha=0.2,
            delta=0.05,
            draw=Draw.PICTURE,
            library=RecipeLibrary(taught_library),
            model=ModelTable(inspector=InspectorKind.REFLEX),
        )


@pytest.mark.slow
@pytest.mark.soak
def test_a_threshold_that_passes_no_good_part_is_no_certificate(
    pictures: Path, taught_library: Path, tmp_path: Path
) -> None:
    for path in (pictures / "good").iterdir():  # other exposures of good parts
        part = bgr(path)
        part[0, 0] ^= 1
        cv2.imencode(".png", part)[1].tofile(tmp_path / path.name)
    with pytest.raises(CertificateError, match="passes none of the 8 good parts"):
        certify(  # good parts taken for defective ones
            "cover",
            good=pictures / "good",
            bad=tmp_path,
            alpha=0.4,
            delta=0.05,
            draw=Draw.PICTURE,
            library=RecipeLibrary(taught_library),
        )


def test_an_unknown_recipe_and_an_absent_folder(pictures: Path, library: RecipeLibrary) -> None:
    for name, bad, error in (("covver", "bad", RecipeError), ("cover", "nowhere", CameraError)):
        with pytest.raises(error):
            certify(
                name,
                good=pictures / "good",
                bad=pictures / bad,
                alpha=0.2,
                delta=0.05,
                draw=Draw.PICTURE,
                library=library,
            )


def test_the_engine_starts_with_the_certificate_that_holds_or_says_why_none_does(
    issued: Certificate, library: RecipeLibrary, tmp_path: Path
) -> None:
    settings = Settings(
        station=StationTable(recipe="cover"),
        cameras=(SimulatedSettings(),),
        recipes=tmp_path / "recipes",
        store=StoreSettings(folder=tmp_path / "record"),
        model=ModelTable(inspector=InspectorKind.REFLEX),
    )
    assert Engine(settings).status().certification.certificate is None
    path = library.keep_certificate(issued)
    engine = Engine(settings)
    assert engine.status().certification.certificate == issued
    path.write_text(path.read_text().replace("0.2", "0.1"))
    assert "not a certificate as it was issued" in Engine(settings).status().certification.reason


# --- kept, and refused ------------------------------------------------------------------------------------


def test_a_kept_certificate_holds_for_the_recipe_and_model_that_it_names(
    issued: Certificate, library: RecipeLibrary
) -> None:
    recipe, model = _in_use(library)
    assert certification(recipe, model=model, library=library).reason == "no certificate was issued"
    path = library.keep_certificate(issued)
    assert path.name == "v0001.certificate.json"
    assert certification(recipe, model=model, library=library).certificate == issued
    assert stored_certification("cover", None, library=library)[0].certificate == issued
    assert library.names() == ["cover"]
    assert library.next_identity("cover")[1] == 2, "a certificate is no version"


def test_a_newer_certificate_replaces_the_older(issued: Certificate, library: RecipeLibrary) -> None:
    library.keep_certificate(issued)
    values = {name: getattr(issued, name) for name in Certificate.model_fields if name != "id"}
    newer = Certificate.issue(**(values | {"alpha": 0.3}))
    library.keep_certificate(newer)
    assert library.certificate("cover") == newer


def test_another_model_or_file_than_the_certified_one_is_refused(
    issued: Certificate, library: RecipeLibrary, tmp_path: Path
) -> None:
    recipe, model = _in_use(library)
    library.keep_certificate(issued)
    other = model.model_copy(update={"sha256": "0" * 64})
    assert "the model changed since" in certification(recipe, model=other, library=library).reason
    file = tmp_path / "recipes/cover/v0001.safetensors"
    taught = library.load("cover", tower=EfficientNetLite0())
    write(file, Taught(recipe.model_copy(update={"instruction": "all: stop"}), taught.memories))
    changed = library.recipe("cover")
    assert "file changed since" in certification(changed, model=model, library=library).reason


def test_a_version_taught_since_is_uncertified(
    issued: Certificate, library: RecipeLibrary, tmp_path: Path
) -> None:
    recipe, model = _in_use(library)
    library.keep_certificate(issued)
    folder = tmp_path / "recipes/cover"
    shutil.copy(folder / "v0001.safetensors", folder / "v0002.safetensors")
    later = recipe.model_copy(update={"version": 2})
    assert certification(later, model=model, library=library).reason == "no certificate was issued"
    shutil.copy(folder / "v0001.certificate.json", folder / "v0002.certificate.json")
    assert "version 2 is in use" in certification(later, model=model, library=library).reason


@pytest.mark.parametrize("change", [{"threshold": 0.9}, {"alpha": 0.001}, {"unheard": 1}])
def test_a_certificate_changed_by_hand_is_refused(
    issued: Certificate, library: RecipeLibrary, change: dict[str, object]
) -> None:
    recipe, model = _in_use(library)
    path = library.keep_certificate(issued)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    refused = certification(recipe, model=model, library=library)
    assert refused.certificate is None
    assert "not a certificate as it was issued" in refused.reason


def test_a_certificate_cut_short_is_refused(issued: Certificate, library: RecipeLibrary) -> None:
    path = library.keep_certificate(issued)
    whole = path.read_bytes()
    for length in (0, 1, len(whole) // 2):
        path.write_bytes(whole[:length])
        with pytest.raises(CertificateError, match="recipe certify cover"):
            library.certificate("cover")


def test_a_certificate_that_cannot_be_written_leaves_the_older_one(
    issued: Certificate, library: RecipeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = library.keep_certificate(issued)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CertificateError, match="an older one stays"):
        library.keep_certificate(issued)
    assert library.certificate("cover") == issued
    assert not list(path.parent.glob("*.unfinished"))


# --- the pictures that it was issued on -------------------------------------------------------------------


def _measured(passgate: Passgate, pictures: Path) -> dict[str, Any]:
    folders = ("--good", pictures / "good", "--bad", pictures / "bad")
    found: dict[str, Any] = json.loads(
        passgate("recipe", "evaluate", "cover", *folders, "--inspector", "reflex", "--json").out
    )
    return found


@pytest.fixture
def kept(library: RecipeLibrary, pictures: Path, home: Path) -> Path:
    """The certificate's file, in the user's library."""
    home.mkdir(exist_ok=True)
    assert library.names()
    (home / "recipes").symlink_to(library._folder, target_is_directory=True)
    return _certified(library, pictures).keep(library)


def test_figures_on_what_the_certificate_was_issued_on_are_said_to_be_no_second_proof(
    passgate: Passgate, kept: Path, pictures: Path, tmp_path: Path
) -> None:
    """In other formats, too: a picture is known by its pixels. What was not among them counts for nothing."""
    again = tmp_path / "again"
    for path in picture_files(pictures):
        other = again / path.relative_to(pictures).with_suffix(".bmp")
        other.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(other), bgr(path))
    found = _measured(passgate, again)
    assert found["certified_from"] == GOOD + BAD
    assert (
        f"{GOOD + BAD} of these {GOOD + BAD} pictures are ones that the recipe's certificate" in found["mind"]
    )
    for path in picture_files(again):
        part = bgr(path)
        part[0, 0] ^= 1
        cv2.imwrite(str(path), part)
    found = _measured(passgate, again)
    assert (found["certified_from"], found["mind"]) == (0, "")


def test_a_certificate_from_before_says_that_its_pictures_are_not_known(
    passgate: Passgate, kept: Path, pictures: Path, issued: Certificate
) -> None:
    pictures_file = kept.with_name("v0001.certified-from.safetensors")
    damaged = pictures_file.read_bytes().replace(b'"complete', b'"complexe')
    for become in (lambda: pictures_file.write_bytes(damaged), pictures_file.unlink):
        become()
        found = _measured(passgate, pictures)
        assert found["certified_from"] is None
        assert "which pictures the recipe's certificate was issued on is not known" in found["mind"]


def test_the_pictures_of_another_certificate_are_not_taken_for_its_own(
    library: RecipeLibrary, pictures: Path
) -> None:
    done = _certified(library, pictures)
    done.keep(library)
    again = library.certified_from("cover")[1]
    assert again is not None
    assert (again.certificate, len(again.pictures)) == (done.certificate.id, GOOD + BAD)
    library.keep_certificate(_certified(library, pictures, alpha=0.35).certificate)
    assert library.certified_from("cover") == {1: None}


def by_reflex(pictures: Path) -> tuple[object, ...]:
    """What ``recipe certify`` is asked: both folders, judged by the reflex, each picture a part."""
    folders = ("--good", pictures / "good", "--bad", pictures / "bad")
    return (*folders, "--inspector", "reflex", "--count", "picture")


def test_a_version_that_learned_from_them_says_that_they_can_certify_nothing_any_more(
    passgate: Passgate, kept: Path, pictures: Path, home: Path
) -> None:
    certified = kept.read_bytes()
    said = passgate("recipe", "teach", "--quick", "cover", "--good", pictures / "good", "--json")
    mind = json.loads(said.out)["mind"]
    assert (
        f"{GOOD} pictures that this version learned from are ones that the certificate of version 1" in mind
    )
    assert "certify on pictures of other parts" in mind
    folders = by_reflex(pictures)
    refused = passgate("recipe", "certify", "cover", *folders, "--alpha", "0.2")
    assert_one_line(refused, f"{GOOD} of these .*are ones that the recipe learned from")
    shown = json.loads(passgate("recipe", "show", "cover", "--json").out)
    assert shown["certification"]["certificate"] is None
    assert kept.read_bytes() == certified


def test_a_second_try_on_the_same_pictures_is_said_to_be_one(
    passgate: Passgate, kept: Path, pictures: Path
) -> None:
    folders = by_reflex(pictures)
    said = passgate("recipe", "certify", "cover", *folders, "--alpha", "0.35", "--json")
    assert f"{GOOD + BAD} pictures of these {GOOD + BAD} are ones" in json.loads(said.out)["mind"]
    assert "the first try" in passgate("recipe", "certify", "cover", *folders, "--alpha", "0.35").out
