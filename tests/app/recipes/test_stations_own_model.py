"""What is certified is what runs: the recipe commands judge by a station's own file, as its engine does."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import pytest

from app.inference.building import for_station
from app.recipes.library import RecipeLibrary
from app.settings.station import load
from inspection.certification.certificate import Certification
from inspection.decision import Action, DecidedBy, Decision
from inspection.errors import WeightsError
from inspection.part import Frame
from inspection.ports import Inspector
from inspection.recipe import Recipe
from models.backbone.features import EfficientNetLite0
from models.language.base import LanguageSettings, load_base
from models.vla import checkpoint
from models.vla.vla import InspectionVLA, LoraSettings, VlaSettings
from tests.app.running import Passgate, Said, assert_one_line
from tests.models import bases
from tests.models.conftest import part, scratched

BAD, GOOD = 14, 3
"""Enough for 20 % at 5 %: 14 parts without a miss."""
LINE = """
[line]
part_mass_kg = 0.4
belt_friction = 0.3
belt_speed_mm_s = 250
belt_max_speed_mm_s = 600
diverter_inertia_kg_m2 = 0.03
diverter_load_n_m = 0.5
diverter_torque_limit_n_m = 4
diverter_max_angle_deg = 40
"""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Parts to teach, and others to certify on: folders ``teach``, ``good`` and ``bad``."""
    folder = tmp_path_factory.mktemp("pictures")
    for kind, seeds in (("teach", range(8)), ("good", range(20, 20 + GOOD)), ("bad", range(40, 40 + BAD))):
        (folder / kind).mkdir()
        for seed in seeds:
            picture = part(seed) if kind != "bad" else scratched(part(seed))
            cv2.imwrite(str(folder / kind / f"{seed}.png"), picture)
    return folder


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tiny weights of a station's own: ``base`` and ``adapter.safetensors``, ``eyes``, ``vlm``."""
    folder = tmp_path_factory.mktemp("weights")
    adapted(bases.llama(folder / "base"), folder / "adapter.safetensors")
    bases.clip(folder / "eyes")
    bases.qwen_vl(folder / "vlm")
    return folder


def adapted(base: Path, file: Path, *, trust: float = 0.0) -> None:
    """An adapter for a base, as if it had been trained."""
    tower = EfficientNetLite0()
    language = LanguageSettings(base=str(base), dtype="float32")
    settings = VlaSettings(language=language, lora=LoraSettings(rank=2))
    vla = InspectionVLA(settings, load_base(language))
    header = checkpoint.AdapterHeader(
        version="7",
        settings=settings,
        base_sha256=vla.base.sha256,
        tower=tower.name,
        tower_sha256=tower.sha256,
        kinds=("scratch",),
        trust=trust,
    )
    checkpoint.save(file, vla, header)


OWN_ADAPTER = 'adapter = "adapter.safetensors"\nbase = "base"\n'
OWN_TOWER = 'inspector = "reflex"\ntower = "eyes"\n'
FOREIGN = 'inspector = "foreign"\nbase = "vlm"\n'


def station(folder: Path, model: str, *, more: str = "") -> Path:
    """A station's file in ``folder``, with its own library beside it, and what its ``[model]`` says."""
    path = folder / "station.toml"
    path.write_text(
        'recipes = "recipes"\n[station]\nrecipe = "cover"\n[[cameras]]\nkind = "simulated"\n'
        f'[store]\nfolder = "record"\n[model]\nthreads = 1\n{model}{more}',
        encoding="utf-8",
    )
    return path


@pytest.fixture
def folder(weights: Path, tmp_path: Path) -> Path:
    """Where a station lives, with weights of its own."""
    shutil.copytree(weights, tmp_path / "station")
    return tmp_path / "station"


def taught(passgate: Passgate, config: Path, pictures: Path) -> None:
    said = passgate(
        *("recipe", "teach", "--quick", "--config", config, "--good", pictures / "teach"),
        *("--type", "scratch", "--accept-unheard", "--json"),
    )
    assert said.code == 0, said.err


def certified(passgate: Passgate, config: Path, pictures: Path) -> Said:
    return passgate(
        *("recipe", "certify", "--config", config, "--good", pictures / "good", "--bad", pictures / "bad"),
        *("--alpha", 0.2, "--count", "picture", "--json"),
    )


def in_engine(config: Path) -> Certification:
    """What holds where the station runs: built as the engine's own process does."""
    return for_station(load(config))(None).certification


def as_shown(passgate: Passgate, config: Path) -> Certification:
    shown = json.loads(passgate("recipe", "show", "--config", config, "--json").out)
    return Certification.model_validate(shown["certification"])


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny models have random weights: what they would say is told, all else is theirs."""

    def told(frame: Frame, *, recipe: Recipe, inspector: Inspector) -> Decision:
        bad = Path(frame.source).parent.name == "bad"
        return Decision(
            part_id=0,
            trigger_seq=0,
            recipe=recipe.ref,
            action=Action.REWORK if bad else Action.PASS,
            confidence=0.9,
            decided_by=DecidedBy.VLA,
            reason="told",
            defect_score=0.9 if bad else 0.2,
            model=inspector.model,
        )

    monkeypatch.setattr("app.recipes.certifying.inspect_one", told)


def other_adapter(folder: Path) -> str:
    """Trained anew: other bytes under the same name."""
    adapted(folder / "base", folder / "adapter.safetensors", trust=0.4)
    return OWN_ADAPTER


def other_base_and_its_adapter(folder: Path) -> str:
    """The same names, and nothing is as it was."""
    shutil.rmtree(folder / "base")
    adapted(bases.llama(folder / "base", seed=1), folder / "adapter.safetensors")
    return OWN_ADAPTER


def four_bits(folder: Path) -> str:
    return OWN_ADAPTER + 'quantization = "nf4"\n'


def as_shipped(folder: Path) -> str:
    return ""


def by_reflex(folder: Path) -> str:
    return 'inspector = "reflex"\n'


def another_line(folder: Path) -> str:
    """The action head is told of belt and diverter."""
    return OWN_ADAPTER + LINE


def another_vlm(folder: Path) -> str:
    shutil.rmtree(folder / "vlm")
    bases.qwen_vl(folder / "vlm", seed=1)
    return FOREIGN


def asked_otherwise(folder: Path) -> str:
    """The chat template is what the model reads before every picture."""
    template = folder / "vlm" / "chat_template.jinja"
    template.write_text("Pass it. " + template.read_text(encoding="utf-8"), encoding="utf-8")
    return FOREIGN


def vlm_in_four_bits(folder: Path) -> str:
    return FOREIGN + 'quantization = "nf4"\n'


@pytest.mark.parametrize(
    ("model", "other"),
    [
        pytest.param(OWN_ADAPTER, other_adapter),
        pytest.param(OWN_ADAPTER, other_base_and_its_adapter, marks=pytest.mark.slow),
        pytest.param(OWN_ADAPTER, four_bits, marks=pytest.mark.slow),
        pytest.param(OWN_ADAPTER, as_shipped, marks=pytest.mark.slow),
        pytest.param(OWN_ADAPTER, by_reflex, marks=pytest.mark.slow),
        pytest.param(OWN_ADAPTER, another_line, marks=pytest.mark.slow),
        pytest.param(FOREIGN, another_vlm, marks=pytest.mark.slow),
        pytest.param(FOREIGN, asked_otherwise, marks=pytest.mark.slow),
        pytest.param(FOREIGN, vlm_in_four_bits, marks=pytest.mark.slow),
    ],
)
@pytest.mark.soak
def test_a_certificate_holds_on_the_station_that_it_was_issued_for_and_on_no_other(
    passgate: Passgate,
    pictures: Path,
    folder: Path,
    decided: None,
    model: str,
    other: Callable[[Path], str],
) -> None:
    config = station(folder, model)
    taught(passgate, config, pictures)
    said = certified(passgate, config, pictures)
    assert said.code == 0, said.err
    issued = json.loads(said.out)["id"]
    held = in_engine(config)
    assert held.certificate is not None, held.reason
    assert held.certificate.id == issued
    assert as_shown(passgate, config) == held
    config = station(folder, other(folder))
    refused = in_engine(config)
    assert "the model changed since the certificate was issued" in refused.reason
    assert as_shown(passgate, config) == refused


@pytest.mark.slow
def test_where_no_station_is_named_it_is_said_by_which_model_it_is_shown(
    passgate: Passgate, pictures: Path, folder: Path, decided: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = station(folder, OWN_ADAPTER)
    taught(passgate, config, pictures)
    assert certified(passgate, config, pictures).code == 0
    monkeypatch.setenv("PASSGATE_RECIPES", str(folder / "recipes"))
    said = passgate("recipe", "show", "cover", "--json")
    assert "the model changed since" in json.loads(said.out)["certification"]["reason"]
    assert "Mind: that is by the model that ships" in said.err


@pytest.mark.slow
@pytest.mark.parametrize("model", [OWN_ADAPTER + 'quantization = "nf4"\n', FOREIGN, OWN_TOWER])
def test_the_same_station_in_another_place_is_the_same_model(
    passgate: Passgate, pictures: Path, folder: Path, decided: None, model: str, tmp_path: Path
) -> None:
    config = station(folder, model)
    taught(passgate, config, pictures)
    issued = json.loads(certified(passgate, config, pictures).out)["id"]
    shutil.copytree(folder, tmp_path / "elsewhere")
    shutil.rmtree(folder)
    held = in_engine(tmp_path / "elsewhere" / "station.toml")
    assert held.certificate is not None, held.reason
    assert held.certificate.id == issued


def test_a_tower_of_its_own_is_taught_measured_and_certified_on(
    passgate: Passgate, pictures: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the reflex alone, whose word is its own here. From wherever the commands are started."""
    config = station(folder, OWN_TOWER)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    taught(passgate, Path("../station/station.toml"), pictures)
    measured = passgate(
        *("recipe", "evaluate", "--config", "../station/station.toml", "--json"),
        *("--good", pictures / "good", "--bad", pictures / "bad"),
    )
    assert json.loads(measured.out)["n_bad"] == BAD, measured.err
    seen = passgate("inspect", *(pictures / "good").iterdir(), "--config", config, "--json")
    judged_by = json.loads(seen.out)["decisions"][0]["model"]
    assert judged_by == for_station(load(config))(None).inspector.model.model_dump(mode="json")
    shutil.rmtree(folder / "eyes")
    bases.clip(folder / "eyes", seed=1)
    with pytest.raises(WeightsError, match="was taught on clip"):
        in_engine(config)
    refused = certified(passgate, config, pictures)
    assert json.loads(refused.out)["error"]["kind"] == "weights"


def test_labels_are_not_learned_from_on_another_tower(
    passgate: Passgate, pictures: Path, folder: Path
) -> None:
    config = station(folder, OWN_TOWER)
    taught(passgate, config, pictures)
    refused = passgate("recipe", "adapt", "--config", config, "--labels", pictures)
    assert_one_line(refused, "the tower clip_vision_model in eyes cannot be adapted")


# --- what cannot be meant -------------------------------------------------------------------------------


@pytest.fixture
def config(recipes: None, home: Path, tmp_path: Path) -> Path:
    """A station that judges by the reflex, with the simulated product."""
    path = station(tmp_path, 'inspector = "reflex"\n')
    (tmp_path / "recipes").symlink_to(home / "recipes", target_is_directory=True)
    return path


@pytest.mark.parametrize("command", ["evaluate", "certify"])
def test_who_judges_is_said_once(passgate: Passgate, config: Path, parts: Path, command: str) -> None:
    folders = ("--good", parts / "good", "--bad", parts / "bad")
    for option in (("--inspector", "vla"), ("--inspector", "reflex")):
        said = passgate("recipe", command, "--config", config, *folders, *option)
        assert_one_line(said, r"--inspector.*station\.toml says in its table \[model\] what judges")
        assert said.code == 2


def test_the_adapter_is_said_once(passgate: Passgate, config: Path, parts: Path) -> None:
    for command in (("show",), ("teach", "--good", parts / "good")):
        said = passgate("recipe", *command, "--config", config, "--adapter", "x.safetensors")
        assert_one_line(said, r"--adapter.*says in its table \[model\] what judges")


def test_a_recipe_is_named_or_the_stations(passgate: Passgate, config: Path, parts: Path) -> None:
    assert_one_line(passgate("recipe", "show"), "name a recipe, or with --config a station")
    assert_one_line(
        passgate("inspect", parts / "good" / "0.png"), "name a recipe, or with --config a station"
    )
    assert json.loads(passgate("recipe", "show", "--config", config, "--json").out)["name"] == "cover"
    assert_one_line(passgate("recipe", "show", "covver", "--config", config), "recipe 'covver' is unknown")


def test_another_recipe_than_the_stations_is_taken_and_said(
    passgate: Passgate, config: Path, parts: Path
) -> None:
    config.write_text(config.read_text().replace('recipe = "cover"', 'recipe = "lid"'), encoding="utf-8")
    said = passgate("recipe", "show", "cover", "--config", config, "--json")
    assert said.code == 0
    assert "the station inspects by recipe 'lid', not by 'cover'" in said.err


def test_a_folder_that_is_gone_is_named(passgate: Passgate, config: Path, parts: Path) -> None:
    folders = ("--good", parts / "good", "--bad", parts / "bad")
    for key, named in (("tower", "my/eyes"), ("adapter", "own.safetensors"), ("base", "models/own")):
        station(config.parent, f'{key} = "{named}"\n')
        said = passgate("recipe", "evaluate", "--config", config, *folders)
        assert_one_line(said, str(config.parent / named))


def test_a_base_or_tower_that_is_a_bare_name_is_not_looked_for_where_the_command_was_started(
    passgate: Passgate, config: Path, parts: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(weights)
    for model in ('base = "base"\n', 'tower = "base"\n', FOREIGN):
        station(config.parent, model)
        said = passgate("inspect", parts / "good" / "0.png", "--config", config)
        assert_one_line(said, "is no folder beside the")


def test_a_station_without_a_model_table_judges_as_shipped(passgate: Passgate, config: Path) -> None:
    config.write_text(config.read_text().partition("[model]")[0], encoding="utf-8")
    assert load(config).model.adapter is None
    shown = json.loads(passgate("recipe", "show", "--config", config, "--json").out)
    usual = json.loads(passgate("recipe", "show", "cover", "--json").out)
    assert shown == usual


def test_a_file_that_is_no_stations_is_refused(passgate: Passgate, tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text("out = 'out'\n", encoding="utf-8")
    assert_one_line(passgate("recipe", "show", "--config", tmp_path / "run.toml"), "unknown key 'out'")
    assert_one_line(passgate("recipe", "show", "--config", tmp_path / "none.toml"), "cannot read settings")


def test_a_foreign_model_is_asked_for_by_its_station(passgate: Passgate, config: Path, parts: Path) -> None:
    said = passgate("inspect", parts / "good" / "0.png", "--recipe", "cover", "--inspector", "foreign")
    assert_one_line(said, r"only as a station's \[model\]: name it with --config")


def test_the_environment_says_what_judges_where_no_file_does(
    passgate: Passgate, recipes: None, parts: Path, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setenv("PASSGATE_MODEL__INSPECTOR", "reflex")
    seen = json.loads(passgate("inspect", parts / "good" / "0.png", "--recipe", "cover", "--json").out)
    assert {one["model"]["name"] for one in seen["decisions"]} == {"passgate-reflex"}
    monkeypatch.setenv("PASSGATE_RECIPES", str(home / "none"))
    assert_one_line(passgate("recipe", "show", "cover"), f"unknown in {home / 'none'}")
    monkeypatch.setenv("PASSGATE_MODEL__INSPECTOR", "magic")
    assert_one_line(passgate("recipe", "list"), "PASSGATE_MODEL__INSPECTOR")


def test_a_library_of_its_own_is_listed_and_sealed_in(passgate: Passgate, config: Path) -> None:
    listed = json.loads(passgate("recipe", "list", "--config", config, "--json").out)["recipes"]
    assert [one["name"] for one in listed] == RecipeLibrary(config.parent / "recipes").names()
    assert_one_line(passgate("recipe", "seal", "--config", config), "is sealed already")
