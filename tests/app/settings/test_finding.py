"""What commands find of a station's settings, as its engine finds it: its record, and what judges there."""

import os
import shutil
from pathlib import Path

import pytest

from app.settings.finding import InspectionSetup, find_record, find_setup
from app.settings.station import AS_SHIPPED, InspectorKind, load
from inspection.errors import SettingsError
from reports.settings import StoreSettings
from reports.store.store import SqlStore

GOOD = """
[station]
name = "Station 1"
recipe = "cover"
[[cameras]]
kind = "folder"
name = "main"
directory = "parts"
"""


@pytest.fixture
def station(tmp_path: Path) -> Path:
    """A settings file."""
    path = tmp_path / "station.toml"
    path.write_text(GOOD, encoding="utf-8")
    return path


@pytest.fixture
def usual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own folder."""
    for name in [name for name in os.environ if name.startswith("PASSGATE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PASSGATE_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "record"


# --- where the record lies ------------------------------------------------------------------------------

STORE = """
[store]
folder = "record"
spool_folder = "other disk/spool"
database_url = "sqlite:///elsewhere/x.db"
"""


def test_every_place_of_the_record_counts_from_the_settings_file(station: Path, usual: Path) -> None:
    station.write_text(GOOD + STORE, encoding="utf-8")
    found = find_record(record=None, config=station)
    assert found == load(station).store
    assert found.folder == station.parent / "record"
    assert found.spool == station.parent / "other disk/spool"
    assert found.url == f"sqlite:///{station.parent / 'elsewhere/x.db'}"


def test_the_folder_that_is_named_goes_before_the_station_and_that_before_the_environment(
    station: Path, usual: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_record(record=None, config=None).folder == usual
    monkeypatch.setenv("PASSGATE_STORE__FOLDER", str(tmp_path / "env"))
    monkeypatch.setenv("PASSGATE_PLC__PORT", "1502")
    assert find_record(record=None, config=None).folder == tmp_path / "env"
    assert find_record(record=tmp_path / "named", config=station).folder == tmp_path / "named"
    station.write_text(GOOD + STORE, encoding="utf-8")
    engines = load(station).store
    assert find_record(record=None, config=station) == engines, "what the engine writes is what is read"
    assert engines.folder == tmp_path / "env", "the environment overrides a station's file, for both"
    monkeypatch.delenv("PASSGATE_STORE__FOLDER")
    assert find_record(record=None, config=station).folder == station.parent / "record"


def test_a_store_that_names_no_folder_means_the_usual_one(
    station: Path, usual: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSGATE_STORE__SPOOL_FOLDER", str(tmp_path / "spool"))
    for found in (find_record(record=None, config=None), find_record(record=None, config=station)):
        assert (found.folder, found.spool) == (usual, tmp_path / "spool")
    monkeypatch.setenv("PASSGATE_STORE__SPOOL_MAX_BYTES", "many")
    monkeypatch.setenv("PASSGATE_PLC__PORT", "1502")  # a table that a record's settings do not have
    with pytest.raises(SettingsError, match=r"the environment variable PASSGATE_STORE__SPOOL_MAX_BYTES: "):
        find_record(record=None, config=None)
    monkeypatch.setenv("PASSGATE_STORE", "x")
    with pytest.raises(
        SettingsError, match=r"the environment variable PASSGATE_STORE gives a list or a table"
    ):
        find_record(record=None, config=None)


def test_a_variable_that_names_no_record_is_not_passed_over(
    usual: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else another record is verified than was meant, and called intact."""
    monkeypatch.setenv("PASSGATE_STORE_FOLDER", str(tmp_path / "meant"))
    with pytest.raises(SettingsError, match="did you mean PASSGATE_STORE__FOLDER"):
        find_record(record=None, config=None)


def test_a_record_says_itself_where_its_spool_lies(usual: Path, tmp_path: Path) -> None:
    folder, spool = tmp_path / "record", tmp_path / "other disk"
    store = SqlStore(StoreSettings(folder=folder, spool_folder=spool))
    store.open()
    store.close()
    assert find_record(record=folder, config=None).spool == spool
    shutil.copytree(folder, tmp_path / "copy")
    assert find_record(record=tmp_path / "copy", config=None).spool == tmp_path / "copy" / "spool"
    store = SqlStore(StoreSettings(folder=folder))
    store.open()
    store.close()
    assert find_record(record=folder, config=None).spool == folder / "spool"


# --- what judges ----------------------------------------------------------------------------------------

OWN = """
[model]
adapter = "own.safetensors"
base = "models/own"
tower = "my/eyes"
quantization = "nf4"
"""


def test_what_judges_is_the_stations_own_and_counts_from_its_file(
    station: Path, usual: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    station.write_text(f'recipes = "shelf"\n{GOOD}{OWN}', encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    setup = find_setup(Path("../station.toml"))
    assert setup == InspectionSetup.of(load(station))
    assert (setup.recipes, setup.recipe) == (tmp_path / "shelf", "cover")
    assert setup.model.adapter == tmp_path / "own.safetensors"
    assert setup.model.base == str(tmp_path / "models" / "own"), "a folder that is gone is no bare name"
    assert setup.model.tower == str(tmp_path / "my" / "eyes")


def test_the_environment_overrides_what_judges_for_commands_and_engine_alike(
    station: Path, usual: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_setup(None) == InspectionSetup(
        recipes=tmp_path / "home" / "recipes", model=AS_SHIPPED, line=None
    )
    monkeypatch.setenv("PASSGATE_MODEL__INSPECTOR", "reflex")
    monkeypatch.setenv("PASSGATE_MODEL__TOWER", "my/eyes")
    monkeypatch.chdir(tmp_path)
    assert find_setup(None).model.inspector is InspectorKind.REFLEX
    assert find_setup(None).model.tower == str(tmp_path / "my" / "eyes")
    station.write_text(GOOD + OWN, encoding="utf-8")
    assert find_setup(station).model == load(station).model
    assert find_setup(station).model.inspector is InspectorKind.REFLEX


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PASSGATE_MODEL__INSPECTOR", "magic", "the environment variable PASSGATE_MODEL__INSPECTOR: "),
        ("PASSGATE_MODEL__TOWR", "eyes", "PASSGATE_MODEL__TOWR names no key, did you mean 'tower'?"),
        ("PASSGATE_MODEL_TOWER", "eyes", "did you mean PASSGATE_MODEL__TOWER?"),
        ("PASSGATE_MODEL", "reflex", "PASSGATE_MODEL gives a list or a table, and is no JSON"),
    ],
)
def test_a_wrong_variable_of_what_judges_is_named(
    usual: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    """Else a recipe is measured and certified by another model than was meant."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as error:
        find_setup(None)
    assert said in str(error.value)
