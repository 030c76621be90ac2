"""A wrong setting is named, with what is wrong about it and the key that was meant."""

import re
from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.settings.station import load
from inspection.errors import SettingsError
from inspection.times.shifts import THREE_SHIFTS, ShiftCalendar, ShiftRule, Weekday

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


def test_shifts_are_named_in_the_plants_zone_and_their_starts_alone_stay_readable(station: Path) -> None:
    def written(keys: str) -> ShiftCalendar:
        station.write_text(GOOD.replace("[station]", f"[station]\n{keys}"), encoding="utf-8")
        return load(station).station.calendar

    assert written("") == THREE_SHIFTS
    assert written('shifts = ["06:00", "14:00", 22:00:00]') == THREE_SHIFTS
    named = written(
        'zone = "Asia/Kolkata"\nshifts = [{name = "早班", start = "06:30"}, '
        '{start = "18:30:30", days = ["mon", "fri"]}]'
    )
    assert named.zone == ZoneInfo("Asia/Kolkata")
    assert named.rules == (
        ShiftRule("早班", time(6, 30)),
        ShiftRule("18:30:30", time(18, 30, 30), (Weekday.MONDAY, Weekday.FRIDAY)),
    )


def test_the_environment_reaches_into_the_list_of_cameras(
    station: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    station.write_text(GOOD.replace('kind = "folder"', 'kind = "opencv"').replace('directory = "parts"', ""))
    monkeypatch.setenv("PASSGATE_CAMERAS__0__NAME", "top")
    monkeypatch.setenv("PASSGATE_CAMERAS__0__SOURCE", "1")
    monkeypatch.setenv("PASSGATE_CAMERAS__1__KIND", "simulated")
    opencv, simulated = load(station).cameras
    assert (opencv.name, getattr(opencv, "source")) == ("top", 1)  # noqa: B009
    assert simulated.kind == "simulated"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PASSGATE_PLC__PORT", "many", "the environment variable PASSGATE_PLC__PORT: "),
        ("PASSGATE_PLC__PRT", "5", "PASSGATE_PLC__PRT names no key, did you mean 'port'?"),
        (
            "PASSGATE_PLK__PORT",
            "5",
            "PASSGATE_PLK__PORT names no table of the settings, did you mean PASSGATE_PLC",
        ),
        ("PASSGATE_CAMERAS__0__DIRCTORY", "x", "DIRCTORY names no key, did you mean 'directory'?"),
        (
            "PASSGATE_CAMERAS__3__NAME",
            "x",
            "PASSGATE_CAMERAS__3 has no place: the list 'cameras' ends before number 1",
        ),
        ("PASSGATE_CAMERAS", "x", "the environment variable PASSGATE_CAMERAS gives a list or a table"),
        (
            "PASSGATE_STATION__SHIFTS",
            "abc",
            "PASSGATE_STATION__SHIFTS gives a list or a table, and is no JSON",
        ),
        ("PASSGATE_STATION__SHIFTS", '["25:00"]', "PASSGATE_STATION__SHIFTS, entry [1]: "),
        ("PASSGATE_STATION__SHIFTS", '["06:00","06:00"]', "PASSGATE_STATION__SHIFTS: "),
        ("PASSGATE_LINE__PART_MASS_KG", "-1", "the environment variable PASSGATE_LINE__PART_MASS_KG: "),
        (
            "PASSGATE_CAMERAS__0__KIND",
            "webcam",
            "the environment variable PASSGATE_CAMERAS__0__KIND: there is no kind 'webcam', only simulated",
        ),
    ],
)
def test_a_wrong_variable_is_blamed_on_the_environment(
    station: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as error:
        load(station)
    assert said in str(error.value)
    assert "Source" not in str(error.value)
    if "LINE" not in name:  # of which the file lacks the other keys
        assert str(station) not in str(error.value), "the file is not at fault"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("PASSGATE_PLC_PORT", "PASSGATE_PLC__PORT"),
        ("PASSGATE_LINE_PART_MASS_KG", "PASSGATE_LINE__PART_MASS_KG"),
        ("PASSGATE_CAMERAS_0_NAME", "PASSGATE_CAMERAS__0__NAME"),
        ("PASSGATE_CAMERAS__0_NAME", "PASSGATE_CAMERAS__0__NAME"),
        ("PASSGATE_PLC__TLS_CA", "PASSGATE_PLC__TLS__CA"),
        ("PASSGATE_RECIPE", "PASSGATE_STATION__RECIPE"),
    ],
)
def test_one_underscore_for_two_is_not_passed_over(
    station: Path, monkeypatch: pytest.MonkeyPatch, name: str, meant: str
) -> None:
    """Wherever it stands in the name: in a table that the file lacks, in a list, deeper inside."""
    monkeypatch.setenv(name, "1")
    with pytest.raises(SettingsError, match=rf"{name} names no key .* did you mean {meant}\?"):
        load(station)


def test_what_is_wrong_in_both_is_told_apart(station: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    station.write_text(GOOD.replace('host = "10.0.0.5"', "cycle_ms = 0"), encoding="utf-8")
    monkeypatch.setenv("PASSGATE_PLC__PORT", "many")
    with pytest.raises(SettingsError) as error:
        load(station)
    said = str(error.value)
    assert said.startswith(f"{station}: plc.cycle_ms: ")
    assert "; the environment variable PASSGATE_PLC__PORT: " in said
    assert f"mend {station} (docs/integrator.md lists the keys), and mend or unset PASSGATE_" in said


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
        (
            'kind = "folder"',
            'kind = "webcam"',
            "cameras[1].kind: there is no kind 'webcam', only simulated, folder, opencv. mend",
        ),
        ('kind = "folder"', "", "key 'cameras[1].kind' is missing: one of simulated, folder, opencv. mend"),
        ("[[cameras]]", "[cameras]", "write [[cameras]], with two brackets"),
        ("directory =", "dirctory =", "unknown key 'cameras[1].dirctory', did you mean 'directory'?"),
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


CHALLENGE = """
[challenge]
every_hours = 4
[[challenge.pieces]]
name = "golden 1"
expects = "pass"
[[challenge.pieces]]
name = "scratched 1"
expects = ["rework", "stop"]
gauges = {pressure = [3.9, 4.1]}
"""


def test_a_challenge_is_off_unless_its_table_is_there_and_a_wrong_key_in_it_is_named(station: Path) -> None:
    assert load(station).challenge is None
    station.write_text(GOOD + CHALLENGE)
    asked = load(station).challenge
    assert asked is not None
    assert [piece.expects for piece in asked.pieces] == [("pass",), ("rework", "stop")]
    assert (asked.every_hours, asked.shift_start, asked.after_failure) == (4.0, True, "quality")
    for right, wrong, said in (
        ("every_hours", "every_hour", "did you mean 'every_hours'"),
        ('"pass"', '"scrap"', "challenge.pieces"),
        ('["rework", "stop"]', '"pass"', "at least one must be defective"),
        ("scratched 1", "golden 1", "the name 'golden 1' stands for two pieces"),
        ("every_hours = 4", "every_hours = 0", "challenge.every_hours"),
    ):
        station.write_text(GOOD + CHALLENGE.replace(right, wrong))
        with pytest.raises(SettingsError, match=re.escape(said)):
            load(station)
