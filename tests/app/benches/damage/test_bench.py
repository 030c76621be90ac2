"""No damaged recipe judges milder than the true one, and every command says in one line what is wrong."""

import json
import random
import shutil
from pathlib import Path

import pytest

from app.benches.damage.bench import Subject, count
from app.benches.damage.files import Damage, damaged
from app.recipes.inspecting import inspect_one
from app.recipes.inspectors import build_inspector
from app.recipes.library import RecipeLibrary
from app.recipes.recipe_file import Taught, write
from app.settings.station import InspectorKind, ModelTable
from inspection.cameras.simulated import SimulatedCamera
from inspection.decision import Action
from inspection.part import Frame
from inspection.simulation import Variation
from models.backbone.features import EfficientNetLite0
from models.weights import sealed
from tests.app.running import Passgate, assert_one_line


@pytest.fixture(scope="module")
def other(taught_library: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Another sound recipe: the same product, another threshold and other words."""
    path = tmp_path_factory.mktemp("other") / "other.safetensors"
    taught = RecipeLibrary(taught_library).load("cover", tower=EfficientNetLite0())
    write(path, Taught(taught.recipe.model_copy(update={"instruction": "all: stop"}), taught.memories))
    content = sealed.read(path)
    header = json.loads(content.words["memory/top"])
    header["calibration"]["threshold"] += 0.5
    tensors = {name: tensor.clone() for name, tensor in content.tensors.items()}
    tensors["top/whole_centre"] += 0.1
    return sealed.packed(tensors, {**content.words, "memory/top": json.dumps(header)})


@pytest.mark.slow
@pytest.mark.soak
def test_no_damaged_recipe_judges_milder_or_ends_in_a_traceback(
    taught_library: Path, tmp_path: Path, other: bytes
) -> None:
    library = RecipeLibrary(Path(shutil.copytree(taught_library, tmp_path / "recipes")))
    path = tmp_path / "recipes" / "cover" / "v0001.safetensors"
    frames = pictures()

    def judged() -> list[Action]:
        recipe, inspector = build_inspector(
            library, "cover", model=ModelTable(inspector=InspectorKind.REFLEX)
        )
        return [inspect_one(frame, recipe=recipe, inspector=inspector).action for frame in frames]

    assert len(set(judged())) > 1, "some pass and some do not"
    subject = Subject(
        name="recipe",
        path=path,
        data=path.read_bytes(),
        other=other,
        ways=tuple(way for way in Damage if way is not Damage.RESEALED),
        judged=judged,
    )
    found = count([subject], 200, seed=1)
    assert found.tracebacks == ()
    assert (found.milder, found.wordless) == (0, 0)
    assert found.refused >= 195, "what is left changed nothing but white space"


def test_a_digest_finds_damage_and_not_intent(taught_library: Path, other: bytes, tmp_path: Path) -> None:
    path = tmp_path / "cover" / "v0001.safetensors"
    path.parent.mkdir()
    path.write_bytes(other)
    library = RecipeLibrary(tmp_path)
    assert library.recipe("cover").sha256 != RecipeLibrary(taught_library).recipe("cover").sha256


@pytest.mark.parametrize(
    "way", [Damage.TRUNCATED, Damage.HEADER_BIT, Damage.BODY_BIT, Damage.VALUE, Damage.WORDS]
)
def test_every_command_says_in_one_line_that_a_recipe_is_damaged(
    passgate: Passgate, parts: Path, home: Path, taught_library: Path, other: bytes, way: Damage
) -> None:
    shutil.copytree(taught_library, home / "recipes")
    path = home / "recipes" / "cover" / "v0001.safetensors"
    path.write_bytes(damaged(path.read_bytes(), other=other, damage=way, rng=random.Random(4)))
    station = home / "station.toml"
    station.write_text(
        f"recipes = {json.dumps(str(home / 'recipes'))}\n[station]\nrecipe = 'cover'\n"
        "[store]\nfolder = 'record'\n[plc]\nhost = '127.0.0.1'\n[[cameras]]\nkind = 'simulated'\n",
        encoding="utf-8",
    )
    sets = ("--good", parts / "good", "--bad", parts / "bad")
    for command in (
        ("recipe", "show", "cover"),
        ("recipe", "seal", "cover"),
        ("recipe", "evaluate", "cover", *sets),
        ("recipe", "certify", "cover", *sets),
        ("recipe", "adapt", "cover", "--labels", parts),
        ("inspect", parts / "good" / "0.png", "--recipe", "cover"),
        ("run", "--config", station),
    ):
        assert_one_line(passgate(*command), r"v0001.*damaged.*nothing is inspected.*restore the file")
    listed = passgate("recipe", "list", "--json")
    assert listed.code == 0
    (shown,) = json.loads(listed.out)["recipes"]
    assert (shown["name"], shown["version"], shown["sha256"]) == ("cover", 1, None)
    assert "damaged" in shown["fault"]
    assert "damaged" in passgate("recipe", "list").out


@pytest.mark.parametrize(
    "said", ["", "[]", "[" * 100_000, '{"alpha": NaN}', "\ufeff{}", '{"id": "' + "a" * 64 + '"}']
)
def test_a_damaged_certificate_leaves_the_station_uncertified_with_words(
    passgate: Passgate, home: Path, taught_library: Path, said: str
) -> None:
    shutil.copytree(taught_library, home / "recipes")
    (home / "recipes/cover/v0001.certificate.json").write_text(said, encoding="utf-8")
    shown = passgate("recipe", "show", "cover", "--json")
    assert shown.code == 0
    certification = json.loads(shown.out)["certification"]
    assert certification["certificate"] is None
    assert "not a certificate as it was issued" in certification["reason"]


def pictures() -> list[Frame]:
    camera = SimulatedCamera("main", seed=7, variation=Variation(defect_rate=0.7))
    camera.open()
    return [camera.capture(1 + number) for number in range(4)]
