"""The library: a recipe and what was taught for it stay together, whole, and no version is overwritten."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from app.recipes.inspecting import inspect_one
from app.recipes.inspectors import build_inspector
from app.recipes.library import RecipeLibrary
from app.recipes.recipe_file import Taught, read_recipe, write
from app.recipes.teaching import hear, plan, seal, teach_folder
from app.settings.station import AS_SHIPPED, InspectorKind, ModelTable
from inspection.cameras.simulated import SimulatedCamera
from inspection.errors import CameraError, RecipeError, WeightsError
from inspection.simulation import Variation
from models.backbone.features import EfficientNetLite0
from models.weights import sealed


@pytest.fixture(scope="module")
def tower() -> EfficientNetLite0:
    """The shipped tower."""
    return EfficientNetLite0()


def test_what_is_read_back_judges_as_what_was_taught(
    taught_library: Path, tmp_path: Path, tower: EfficientNetLite0
) -> None:
    taught = RecipeLibrary(taught_library).load("cover", tower=tower)
    again = RecipeLibrary(tmp_path)
    again.save(taught)
    camera = SimulatedCamera("main", seed=1, variation=Variation(defect_rate=1.0))
    camera.open()
    picture = taught.recipe.levels.of(camera.capture(3))
    one = taught.memories["top"].assess(picture)
    other = again.load("cover", tower=tower).memories["top"].assess(picture)
    assert one.score == other.score
    assert again.recipe("cover") == taught.recipe


def test_a_version_is_never_overwritten(
    taught_library: Path, tmp_path: Path, tower: EfficientNetLite0
) -> None:
    library = RecipeLibrary(tmp_path)
    taught = RecipeLibrary(taught_library).load("cover", tower=tower)
    library.save(taught)
    with pytest.raises(RecipeError, match="exists already"):
        library.save(taught)
    assert library.next_identity("cover") == (taught.recipe.id, 2)
    assert library.next_identity("bracket") == (taught.recipe.id + 1, 1)


def test_of_two_that_are_taught_at_once_one_is_kept_and_the_other_is_told(
    taught_library: Path, tmp_path: Path, tower: EfficientNetLite0
) -> None:
    """Both planned before either was kept: by one name they want one version, by two names one id."""
    library = RecipeLibrary(tmp_path)
    taught = RecipeLibrary(taught_library).load("cover", tower=tower)
    other = replace(taught, recipe=taught.recipe.model_copy(update={"name": "bracket"}))
    first = library.save(taught)
    kept = first.read_bytes()
    with pytest.raises(RecipeError, match=r"exists already\. nothing of this was kept\. do the same again"):
        library.save(replace(taught, recipe=taught.recipe.model_copy(update={"instruction": "other"})))
    with pytest.raises(RecipeError, match=r"'cover' got the id \d+ meanwhile\. nothing of this was kept"):
        library.save(other)
    assert first.read_bytes() == kept
    assert library.names() == ["cover"]


def test_of_two_names_that_are_written_in_one_instant_no_two_have_one_id(
    taught_library: Path, tmp_path: Path, tower: EfficientNetLite0, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each looked for the other before either was there."""
    library = RecipeLibrary(tmp_path)
    taught = RecipeLibrary(taught_library).load("cover", tower=tower)
    other = replace(taught, recipe=taught.recipe.model_copy(update={"name": "bracket"}))

    def write_after_the_other(path: Path, what: Taught, *, over: bool) -> None:
        monkeypatch.setattr("app.recipes.library.write", write)
        library.save(taught)
        write(path, what, over=over)

    monkeypatch.setattr("app.recipes.library.write", write_after_the_other)
    with pytest.raises(RecipeError, match=r"'cover' got the id \d+ meanwhile\. nothing of this was kept"):
        library.save(other)
    assert library.names() == ["cover"]


def test_an_unknown_recipe_is_answered_with_the_known_ones(taught_library: Path) -> None:
    with pytest.raises(RecipeError, match=r"'brackett' is unknown .* known are: cover"):
        RecipeLibrary(taught_library).recipe("brackett")


def test_an_unknown_version_is_answered_with_the_known_ones(taught_library: Path) -> None:
    with pytest.raises(RecipeError, match=r"'cover' in .* has no version 7\b.* its versions are: 1$"):
        RecipeLibrary(taught_library).recipe("cover", 7)


@pytest.mark.parametrize("name", ["", ".", "..", "../cover", "a/b", "cover/v0001"])
def test_a_name_is_never_a_path(taught_library: Path, name: str) -> None:
    with pytest.raises(RecipeError):
        RecipeLibrary(taught_library).recipe(name)


def test_a_file_cut_short_is_refused(taught_library: Path, tmp_path: Path, tower: EfficientNetLite0) -> None:
    whole = (taught_library / "cover" / "v0001.safetensors").read_bytes()
    for length in (0, 7, 100, len(whole) - 1):
        half = tmp_path / "cover" / "v0001.safetensors"
        half.parent.mkdir(exist_ok=True)
        half.write_bytes(whole[:length])
        with pytest.raises((RecipeError, WeightsError)):
            RecipeLibrary(tmp_path).load("cover", tower=tower)


def test_a_recipe_taught_on_another_tower_is_refused(taught_library: Path) -> None:
    other = EfficientNetLite0()
    other.sha256 = "0" * 64
    with pytest.raises(WeightsError, match="taught on"):
        RecipeLibrary(taught_library).load("cover", tower=other)


def test_a_write_that_fails_leaves_no_half_file(
    taught_library: Path, tmp_path: Path, tower: EfficientNetLite0
) -> None:
    taught = RecipeLibrary(taught_library).load("cover", tower=tower)
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(RecipeError, match="cannot write"):
        write(blocked / "cover.safetensors", taught)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["file"]


def test_teaching_again_keeps_id_and_policy_and_counts_the_version_up(tmp_path: Path) -> None:
    camera = SimulatedCamera("main", seed=2, variation=Variation(defect_rate=0.0))
    camera.open()
    folder = tmp_path / "good"
    folder.mkdir()
    for number in range(6):
        _write_png(folder / f"{number}.png", camera.capture(number).picture)
    library = RecipeLibrary(tmp_path / "recipes")
    first = teach_folder(plan("泵盖", library=library), folder)
    library.save(first)
    second = teach_folder(plan("泵盖", library=library), folder)
    library.save(second)
    assert (second.recipe.id, second.recipe.version) == (first.recipe.id, 2)
    assert library.recipe("泵盖", 1).model_dump() == first.recipe.model_dump()
    assert read_recipe(tmp_path / "recipes" / "泵盖" / "v0002.safetensors").version == 2


def test_teaching_from_a_folder_that_is_not_there_or_too_small_says_so(tmp_path: Path) -> None:
    library = RecipeLibrary(tmp_path / "recipes")
    with pytest.raises(CameraError, match="does not exist"):
        teach_folder(plan("cover", library=library), tmp_path / "nowhere")
    few = tmp_path / "few"
    few.mkdir()
    _write_png(few / "1.png", np.tile(np.arange(0, 192, 3, dtype=np.uint8)[:, None, None], (1, 64, 3)))
    with pytest.raises(RecipeError, match="too few"):
        teach_folder(plan("cover", library=library), few)


def _write_png(path: Path, picture: np.ndarray) -> None:
    import cv2

    cv2.imencode(".png", picture)[1].tofile(path)


def damaged(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1000] ^= 0x40
    path.write_bytes(data)


@pytest.fixture
def shelf(taught_library: Path, tmp_path: Path) -> Path:
    """A library of its own, with the simulated product."""
    return Path(shutil.copytree(taught_library, tmp_path / "recipes"))


@pytest.fixture(scope="module")
def taught(taught_library: Path, tower: EfficientNetLite0) -> Taught:
    return RecipeLibrary(taught_library).load("cover", tower=tower)


def renamed(taught: Taught, **changes: object) -> Taught:
    return Taught(taught.recipe.model_copy(update=changes), taught.memories)


def test_rewriting_a_recipe_as_it_was_loaded_gives_the_same_file(
    taught_library: Path, tmp_path: Path, taught: Taught
) -> None:
    write(tmp_path / "again.safetensors", taught)
    file = taught_library / "cover" / "v0001.safetensors"
    assert (tmp_path / "again.safetensors").read_bytes() == file.read_bytes()
    assert read_recipe(file).sha256 == hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.mark.slow
@pytest.mark.soak
def test_teaching_the_same_pictures_in_two_processes_gives_the_same_file(tmp_path: Path) -> None:
    camera = SimulatedCamera("main", seed=2, variation=Variation(defect_rate=0.0))
    camera.open()
    folder = tmp_path / "good"
    folder.mkdir()
    for number in range(6):
        _write_png(folder / f"{number}.png", camera.capture(number).picture)
    files = []
    for seed in ("1", "2"):
        out = tmp_path / f"{seed}.safetensors"
        command = [
            "recipe",
            "teach",
            "--quick",
            "bracket",
            "--good",
            str(folder),
            "--out",
            str(out),
            "--type",
            "dent",
        ]
        subprocess.run(
            [sys.executable, "-m", "app", *command],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            timeout=120,
        )
        files.append(out.read_bytes())
    assert files[0] == files[1]


def test_every_decision_names_the_file_that_it_was_made_by(shelf: Path) -> None:
    recipe, inspector = build_inspector(
        RecipeLibrary(shelf), "cover", model=ModelTable(inspector=InspectorKind.REFLEX)
    )
    camera = SimulatedCamera("main", seed=1)
    camera.open()
    decision = inspect_one(camera.capture(1), recipe=recipe, inspector=inspector)
    file = (shelf / "cover" / "v0001.safetensors").read_bytes()
    assert decision.recipe.sha256 == hashlib.sha256(file).hexdigest()


def test_a_recipe_in_a_file_that_is_named_otherwise_is_refused(
    shelf: Path, taught: Taught, tower: EfficientNetLite0
) -> None:
    library = RecipeLibrary(shelf)
    for version, held in (
        (2, taught),
        (3, renamed(taught, version=3, name="bracket")),
        (4, renamed(taught, version=4, id=9)),
    ):
        write(shelf / "cover" / f"v{version:04}.safetensors", held)
        with pytest.raises(RecipeError, match=f"v{version:04}.safetensors holds"):
            library.recipe("cover", version)
        with pytest.raises(RecipeError, match="where a version of 'cover' with id 1 must lie"):
            library.load("cover", tower=tower)
    assert library.recipe("cover", 1) == taught.recipe


def test_one_damaged_recipe_is_listed_as_such_and_blocks_no_other(
    shelf: Path, taught: Taught, tower: EfficientNetLite0
) -> None:
    library = RecipeLibrary(shelf)
    library.save(renamed(taught, name="bracket", id=2))
    library.save(renamed(taught, name="bracket", id=2, version=2))
    damaged(shelf / "bracket" / "v0002.safetensors")
    bracket, cover = library.shelf()
    assert (bracket.name, bracket.version, bracket.recipe) == ("bracket", 2, None)
    assert "does not fit its digest" in bracket.in_words
    assert cover.in_words == "sealed"
    assert library.load("cover", tower=tower).sealed
    assert library.next_identity("gear") == (3, 1)
    assert library.next_identity("bracket") == (2, 3)


def test_an_older_version_never_stands_in_for_a_damaged_one(
    shelf: Path, taught: Taught, tower: EfficientNetLite0
) -> None:
    library = RecipeLibrary(shelf)
    library.save(renamed(taught, version=2))
    damaged(shelf / "cover" / "v0002.safetensors")
    for attempt in (
        lambda: library.recipe("cover"),
        lambda: library.load("cover", tower=tower),
        lambda: build_inspector(library, "cover", model=ModelTable(inspector=InspectorKind.REFLEX)),
    ):
        with pytest.raises(RecipeError, match=r"v0002.*nothing is inspected.*restore the file"):
            attempt()


def test_a_recipe_whose_every_file_is_damaged_keeps_its_id_from_others_only_while_it_can_be_read(
    shelf: Path,
) -> None:
    damaged(shelf / "cover" / "v0001.safetensors")
    with pytest.raises(RecipeError, match="its id is unknown"):
        RecipeLibrary(shelf).next_identity("cover")


def test_a_file_from_before_digests_is_read_marked_and_sealed_as_the_next_version(
    shelf: Path, tower: EfficientNetLite0
) -> None:
    file = shelf / "cover" / "v0001.safetensors"
    from_before(file)
    library = RecipeLibrary(shelf)
    assert not library.load("cover", tower=tower).sealed
    assert "passgate recipe seal cover" in library.shelf()[0].in_words
    seal("cover", library=library)
    assert library.recipe("cover").version == 2
    assert library.load("cover", tower=tower).sealed
    with pytest.raises(RecipeError, match="sealed already"):
        seal("cover", library=library)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("top/deviation", torch.inf),
        ("top/deviation", 0.0),
        ("top/bank", torch.nan),
        ("top/whole_deviation", -1.0),
        ("top/whole_deviation", 1e12),
        ("top/whole_slack", 2.0),
        ("top/whole_centre", torch.inf),
        ("top/whole_axes", 0.5),
        ("top/expected", torch.inf),
        ("top/expected", 0.0),
    ],
)
def test_a_file_from_before_digests_is_held_against_what_teaching_can_give(
    shelf: Path, tower: EfficientNetLite0, name: str, value: float
) -> None:
    file = shelf / "cover" / "v0001.safetensors"
    content = sealed.read(file)
    tensors = dict(content.tensors)
    tensors[name] = torch.full_like(tensors[name], value)
    save_file(tensors, file, metadata=dict(content.words))
    with pytest.raises(WeightsError, match="damaged"):
        RecipeLibrary(shelf).load("cover", tower=tower)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("threshold", 1e6),
        ("threshold", -1e6),
        ("median", -1e6),
        ("patch_deviation", 0.0),
        ("patch_deviation", 1e30),
        ("whole_deviation", -1.0),
        ("cell_level", 0.0),
        ("patch_mean", 1e30),
        ("working_width", 2**40),
        ("working_height", 0),
        ("taught_on", 0),
        ("top_share", 0.0),
        ("tower_sha256", "0" * 64),
    ],
)
def test_a_header_that_teaching_cannot_give_is_refused(
    shelf: Path, tower: EfficientNetLite0, key: str, value: object
) -> None:
    file = shelf / "cover" / "v0001.safetensors"
    content = sealed.read(file)
    header = json.loads(content.words["memory/top"])
    for place in (header, header["calibration"], header["settings"]):
        if key in place:
            place[key] = value
    sealed.write(file, content.tensors, {**content.words, "memory/top": json.dumps(header)})
    with pytest.raises(WeightsError):
        RecipeLibrary(shelf).load("cover", tower=tower)


@pytest.mark.parametrize("missing", ["memory/top", "recipe"])
def test_views_and_memories_pair_up(shelf: Path, tower: EfficientNetLite0, missing: str) -> None:
    file = shelf / "cover" / "v0001.safetensors"
    content = sealed.read(file)
    sealed.write(file, content.tensors, {key: said for key, said in content.words.items() if key != missing})
    with pytest.raises(RecipeError, match="damaged"):
        RecipeLibrary(shelf).load("cover", tower=tower)
    more = {**content.tensors, "side/bank": torch.ones(3)}
    sealed.write(file, more, content.words)
    with pytest.raises(RecipeError, match="damaged"):
        RecipeLibrary(shelf).load("cover", tower=tower)


def test_stop_on_a_type_that_nobody_can_name_is_taught_only_where_someone_accepts_it(taught: Taught) -> None:
    lost = renamed(taught, defect_types=("scratch", "gap"), instruction="gap: stop").recipe
    with pytest.raises(RecipeError, match=r"cannot name gap.*gap: stop.*--accept-unheard"):
        hear(lost, model=AS_SHIPPED, accept=False)
    accepted, missed = hear(lost, model=AS_SHIPPED, accept=True)
    assert accepted.unheard_accepted
    assert missed.types == ("gap",)
    known = renamed(taught, instruction="crack: stop").recipe
    heard, missed = hear(known, model=AS_SHIPPED, accept=False)
    assert not missed.types
    assert not heard.unheard_accepted


def from_before(file: Path) -> None:
    """Write a file as Passgate did before digests: several metadata keys."""
    content = sealed.read(file)
    save_file(dict(content.tensors), file, metadata=dict(content.words))
