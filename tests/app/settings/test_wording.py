"""Settings as a stranger writes them: what is wrong is named where it must be mended, with what was meant."""

import os
from pathlib import Path

import pytest

from app.settings.station import load
from inspection.errors import SettingsError

GOOD = """\
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
CAMERA = 'kind = "folder"\nname = "main"\ndirectory = "parts"'
WITHOUT_CAMERAS = GOOD.partition("[[")[0]


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("PASSGATE_")]:
        monkeypatch.delenv(name)


def refusal(path: Path, content: str | bytes) -> str:
    """What is said of such a file, without its path."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SettingsError) as error:
        load(path)
    said = str(error.value)
    assert "pydantic" not in said
    assert "Input should" not in said
    return said.replace(f"{path}: ", "").replace(str(path), "FILE")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        # values
        ('host = "10.0.0.5"', 'port = "5O2"', "plc.port: should be a whole number (it is '5O2')."),
        ('host = "10.0.0.5"', "port = 502.5", "plc.port: should be a whole number (it is 502.5)."),
        ('host = "10.0.0.5"', "port = 70000", "plc.port: should be at most 65535 (it is 70000)."),
        ('host = "10.0.0.5"', "host = 10", "plc.host: should be a text in quotes (it is 10)."),
        ('host = "10.0.0.5"', 'byte_swap = "ja"', "plc.byte_swap: should be true or false (it is 'ja')."),
        ('host = "10.0.0.5"', 'telegrams = "FC23"', "(it is 'FC23'), did you mean 'fc23'?"),
        ('host = "10.0.0.5"', "vision_base = 5", "plc: line_base 0 (16 registers) and vision_base 5 (2"),
        ('host = "10.0.0.5"', "tls = true", "plc.tls: should be a table (it is true)."),
        ('"Station 1"', '""', "station.name: should not be empty."),
        ('"Station 1"', f'"{"x" * 80}"', "station.name: should have at most 64 characters (it has 80)."),
        ('"cover"', '["cover"]', "station.recipe: should be a text in quotes (it is a list)."),
        ('"cover"', '"cover"\nshifts = "06:00"', "station.shifts: should be a list in square brackets (it"),
        ('"cover"', '"cover"\nshifts = [6, 14]', 'shifts: write times of day, like ["06:00", "18:00"].'),
        ('"cover"', '"cover"\nshifts = []', "station.shifts: should have at least 1 entry (it has 0)."),
        ('"cover"', '"cover"\nshifts = ["25:00"]', 'shifts[1]: should be a time of day like "06:00" (it i'),
        ('"cover"', '"cover"\nshifts = ["06:00", "06:00"]', "no two shifts begin at the same time"),
        (
            '"cover"',
            '"cover"\nshifts = ["06:00", {start = 14}]',
            'shifts: write times of day, like ["06:00", "',
        ),
        ('"cover"', '"cover"\nshifts = [{start = "6"}]', 'shifts[1].start: should be a time of day like "06'),
        ('"cover"', '"cover"\nshifts = [{name = "early"}]', "key 'station.shifts[1].start' is missing."),
        ('"cover"', '"cover"\nshifts = [{star = "06:00"}]', "shifts[1].star', did you mean 'start'?"),
        ('"cover"', '"cover"\nshifts = [{start = "06:00", days = ["Mo"]}]', "shifts[1].days[1]: should be "),
        ('"cover"', '"cover"\nshifts = [{start = "06:00", days = []}]', "should have at least 1 entry"),
        (
            '"cover"',
            '"cover"\nshifts = [{name = "A", start = "06:00"}, {name = "A", start = "14:00"}]',
            "no two shifts of a day have the same name (mon, 'A')",
        ),
        ('"cover"', '"cover"\nzone = "europe/berlin"', "like 'Europe/Berlin', did you mean 'Europe/Berlin'?"),
        ('"cover"', '"cover"\nzone = "right/Europe/Berlin"', "is no zone of the IANA time zone database"),
        ('"cover"', '"cover"\nzone = "../etc/passwd"', "is no zone of the IANA time zone database"),
        ('"cover"', '"cover"\nshifts = ["06:00Z"]', "shifts begin at local times: leave the zone out"),
        (CAMERA, 'kind = "opencv"\nsource = -1', "source: should be at least 0, or should be a text in q"),
        (
            CAMERA,
            'kind = "opencv"\nsource = 1.5',
            "a whole number, or should be a text in quotes (it is 1.5)",
        ),
        (CAMERA, 'kind = "opencv"\nsize = [640]', "cameras[1].size is too short: its entry [2] is missing."),
        ('"parts"', '"parts"\ntimeout_s = "0,5"', "be a number (it is '0,5'): write a decimal point, 0.5."),
        ('"parts"', '"parts"\n[store]\npictures_max_bytes = "20GB"', "should be a whole number (it is '20"),
        (
            '"parts"',
            '"parts"\n[line]\npart_mass_kg = inf',
            "line.part_mass_kg: should be a finite number (it",
        ),
        ("[station]", "recipes = 5\n[station]", "recipes: should be a path in quotes (it is 5)."),
        # keys and tables
        ("[station]", "port = 502\n[station]", "unknown key 'port': it is a key of [plc] and [api]."),
        ('"cover"', '"cover"\nport = 502', "unknown key 'station.port': it is a key of [plc] and [api]."),
        ("host =", "Host =", "unknown key 'plc.Host', did you mean 'host'?"),
        ("[station]", "[[station]]", "station is one table: write [station], with one pair of brackets."),
        ("[[cameras]]", "[cameras]", "write [[cameras]], with two brackets."),
        ('kind = "folder"', 'kind = "Folder"', "only simulated, folder, opencv, did you mean 'folder'?"),
        (
            'host = "10.0.0.5"',
            'tls = {ca = "a"}',
            "keys 'plc.tls.certificate', 'plc.tls.key' are missing.",
        ),
        (GOOD, "", "tables [station], [[cameras]] are missing."),
        (GOOD, WITHOUT_CAMERAS, "table [[cameras]] is missing."),
        ('"parts"', '"parts"\n[[cameras]]\nkind = "simulated"', "a name of its own, and 'main' stands twice"),
        # what is no TOML
        ('"10.0.0.5"', "10.0.0.5", "line 5, 'host = 10.0.0.5': put a text in quotes."),
        ('"cover"', "cover", "line 3, 'recipe = cover': put a text in quotes."),
        ('"cover"', "“cover”", "use plain quotes, not typographic ones."),
        ('host = "10.0.0.5"', "byte_swap = yes", "line 5, 'byte_swap = yes': write true or false."),
        (
            '"parts"',
            '"parts"\ntimeout_s = 0,5',
            "'timeout_s = 0,5': write a decimal point instead of the com",
        ),
        ('host = "10.0.0.5"', 'host: "10.0.0.5"', "write = between key and value, not :."),
        ('"10.0.0.5"', "", "line 5, 'host =': a value is missing behind the =."),
        ('"10.0.0.5"', '"a"\nhost = "b"', "line 6, 'host = \"b\"': this key stands twice in its table."),
        ('"parts"', '"parts"\n[plc]\nport = 3', "line 10, '[plc]': this table stands twice."),
        ('"parts"', r'"C:\parts\new"', r"write / instead of \ in paths, or single quotes around the text."),
        ("[plc]", "[plc", "line 4, '[plc': close the brackets around the table's name."),
    ],
)
def test_a_wrong_file(tmp_path: Path, before: str, after: str, said: str) -> None:
    assert before in GOOD
    assert said in refusal(tmp_path / "station.toml", GOOD.replace(before, after, 1))


def test_files_of_other_editors(tmp_path: Path) -> None:
    path = tmp_path / "station.toml"
    for content in (b"\xef\xbb\xbf" + GOOD.encode(), GOOD.replace("\n", "\r\n").encode()):
        path.write_bytes(content)
        assert load(path).plc.host == "10.0.0.5", "Windows' editors write these"
    umlaut = GOOD.replace("Station 1", "Prüfstand").encode("latin-1")
    assert "line 2 is not in UTF-8. save the file in UTF-8" in refusal(path, umlaut)
    assert "not in UTF-8" in refusal(path, GOOD.encode("utf-16"))
    assert "line ends of Linux or Windows" in refusal(path, GOOD.replace("\n", "\r"))


@pytest.mark.parametrize(
    ("file", "name", "value", "said"),
    [
        (
            GOOD,
            "PASSGATE_CAMERAS__1__NAME",
            "top",
            "the environment variable PASSGATE_CAMERAS__1__NAME begins cameras[2], which the file does not "
            "have, "
            "and PASSGATE_CAMERAS__1__KIND is missing: one of simulated, folder, opencv.",
        ),
        (
            WITHOUT_CAMERAS,
            "PASSGATE_CAMERAS__0__KIND",
            "folder",
            "PASSGATE_CAMERAS__0__KIND begins cameras[1], which the file does not have, "
            "and PASSGATE_CAMERAS__0__DIRECTORY is missing.",
        ),
        (
            WITHOUT_CAMERAS,
            "PASSGATE_CAMERAS",
            '[{"name": "top"}]',
            "environment variable PASSGATE_CAMERAS, entry [1] lacks kind: one of simulated, folder, opencv.",
        ),
        (
            GOOD,
            "PASSGATE_PLC__TLS__CA",
            "a.pem",
            "PASSGATE_PLC__TLS__CA begins plc.tls, which the file does not have, "
            "and PASSGATE_PLC__TLS__CERTIFICATE, PASSGATE_PLC__TLS__KEY are missing.",
        ),
        (GOOD, "PASSGATE_PLC__PORT", "", "PASSGATE_PLC__PORT: should be a whole number (it is empty)."),
        (
            GOOD,
            "PASSGATE_PLC__PORT__X",
            "5",
            "PASSGATE_PLC__PORT__…: should be a whole number (it is a table).",
        ),
        (
            GOOD,
            "PASSGATE_PLC_PORT",
            "5",
            "PASSGATE_PLC_PORT names no key of the settings, did you mean PASSGATE_",
        ),
        (
            GOOD,
            "PASSGATE_RECIPE",
            "x",
            "PASSGATE_RECIPE names no key of the settings, did you mean PASSGATE_STA",
        ),
        (GOOD, "PASSGATE_STATION__SHIFTS", "06:00,14:00", "SHIFTS gives a list or a table, and is no JSON"),
    ],
)
def test_a_wrong_variable_is_named_and_the_file_is_not_blamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    found = refusal(tmp_path / "station.toml", file)
    assert said in found
    assert "mend FILE" not in found


def test_a_kind_from_the_environment_that_the_files_keys_are_not_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSGATE_CAMERAS__0__KIND", "opencv")
    found = refusal(tmp_path / "station.toml", GOOD)
    assert "unknown key 'cameras[1].directory'" in found
    assert "(the environment variable PASSGATE_CAMERAS__0__KIND says the kind: 'opencv')" in found


def test_variables_that_are_not_meant_for_the_settings_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PASSGATE_HOME", "PASSGATE_CACHE", "PASSGATE_SAME_EXAMPLES", "PASSGATE_SOMEBODY_ELSES"):
        monkeypatch.setenv(name, str(tmp_path))
    path = tmp_path / "station.toml"
    path.write_text(GOOD, encoding="utf-8")
    assert load(path).plc.port == 502
