"""A wrong setting is named, with what is wrong about it and the key that was meant."""

from pathlib import Path

import pytest

from app.settings import load
from inspection.errors import SettingsError

GOOD = """
[station]
name = "Station 1"
recipe = "cover"
[plc]
host = "10.0.0.5"
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


def test_relative_paths_count_from_the_settings_file(station: Path) -> None:
    settings = load(station)
    assert settings.plc.host == "10.0.0.5"
    assert getattr(settings.cameras[0], "directory") == station.parent / "parts"  # noqa: B009


def test_the_environment_overrides_the_file(station: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSGATE_PLC__PORT", "1502")
    settings = load(station)
    assert (settings.plc.port, settings.plc.host) == (1502, "10.0.0.5")


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


def test_the_line_that_the_set_points_are_for_is_described_in_a_table(station: Path) -> None:
    assert load(station).line is None
    station.write_text(GOOD + LINE, encoding="utf-8")
    line = load(station).line
    assert line is not None
    assert line.belt_speed_mm_s == 250.0


def test_a_line_that_cannot_be_is_refused_in_words(station: Path) -> None:
    station.write_text(GOOD + LINE.replace("= 250", "= 700"), encoding="utf-8")
    with pytest.raises(SettingsError, match="above its greatest speed"):
        load(station)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('host = "10.0.0.5"', 'hots = "10.0.0.5"', "unknown key 'plc.hots', did you mean 'host'?"),
        ('recipe = "cover"', "", "key 'station.recipe' is missing"),
        ('host = "10.0.0.5"', "port = 99999", "plc.port"),
        ('kind = "folder"', 'kind = "webcam"', "webcam"),
        ("[plc]", "[plk]", "unknown key 'plk', did you mean 'plc'?"),
        ("[plc]", "[plc", "not valid TOML"),
    ],
)
def test_a_wrong_key_or_value_is_named(station: Path, before: str, after: str, said: str) -> None:
    station.write_text(GOOD.replace(before, after), encoding="utf-8")
    with pytest.raises(SettingsError) as error:
        load(station)
    assert said in str(error.value)
    assert str(station) in str(error.value)


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot read settings"):
        load(tmp_path / "none.toml")
