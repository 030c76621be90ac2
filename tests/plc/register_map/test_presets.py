"""Settings of the link: presets fill in what is not said, and nothing that cannot work is accepted."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.settings.station import load
from inspection.errors import SettingsError
from plc.register_map.layout import WordOrder
from plc.register_map.presets import PRESETS, PresetName
from plc.register_map.registers import LINE_SIZE, VISION_SIZE
from plc.settings import LinkSettings, Telegrams

GUIDE = Path(__file__).parents[3] / "docs" / "integrator.md"
TLS = {"ca": "ca.pem", "certificate": "own.pem", "key": "own.key"}


@pytest.mark.parametrize("name", PresetName)
def test_every_preset_is_a_complete_setting_and_described(name: PresetName) -> None:
    preset = PRESETS[name]
    settings = LinkSettings(preset=name)
    assert settings.model_dump().items() >= preset.settings.items()
    assert preset.title
    assert preset.line_block
    assert preset.vision_block
    assert preset.check_first
    assert settings.word_order is WordOrder.HIGH_FIRST, "as the shipped function block writes part_id"


@pytest.mark.parametrize("name", PresetName)
def test_the_guide_tells_what_a_preset_sets(name: PresetName) -> None:
    row = next(line for line in GUIDE.read_text("utf-8").splitlines() if line.startswith(f"| `{name}` |"))
    settings = LinkSettings(preset=name)
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[1:5] == [
        str(settings.line_base),
        str(settings.vision_base),
        str(settings.unit_id),
        settings.telegrams.value,
    ]


@given(name=st.sampled_from(PresetName), unit=st.integers(0, 255), base=st.integers(2000, 9000))
def test_what_is_said_holds_against_a_preset(name: PresetName, unit: int, base: int) -> None:
    settings = LinkSettings(
        preset=name, unit_id=unit, line_base=base, vision_base=base + 50, telegrams=Telegrams.FC23
    )
    assert (settings.unit_id, settings.line_base, settings.vision_base) == (unit, base, base + 50)
    assert settings.telegrams is Telegrams.FC23


def test_an_unknown_preset_names_the_known_ones() -> None:
    with pytest.raises(ValidationError, match=r"siemens-s7-1200.*openplc"):
        LinkSettings.model_validate({"preset": "siemens"})


def test_without_a_word_the_map_as_it_is_documented_holds() -> None:
    settings = LinkSettings()
    assert (settings.port, settings.line_base, settings.vision_base) == (502, 0, 100)
    assert settings.telegrams is Telegrams.AUTO
    assert settings.tls is None


def test_tls_brings_its_own_port_unless_another_is_named() -> None:
    assert LinkSettings.model_validate({"tls": TLS}).port == 802
    assert LinkSettings.model_validate({"tls": TLS, "port": 1802}).port == 1802


def test_certificates_lie_beside_the_settings(tmp_path: Path) -> None:
    tls = LinkSettings.model_validate({"tls": TLS | {"ca": str(tmp_path / "ca.pem")}}).tls
    assert tls is not None
    beside = tls.beside(Path("/station"))
    assert (beside.ca, beside.key) == (tmp_path / "ca.pem", Path("/station/own.key"))


@given(line=st.integers(0, 0x10000 - LINE_SIZE), vision=st.integers(0, 0x10000 - VISION_SIZE))
def test_blocks_that_overlap_are_refused_and_others_not(line: int, vision: int) -> None:
    overlap = line < vision + VISION_SIZE and vision < line + LINE_SIZE
    if overlap:
        with pytest.raises(ValidationError, match="overlap"):
            LinkSettings(line_base=line, vision_base=vision)
    else:
        assert LinkSettings(line_base=line, vision_base=vision).line_base == line


@pytest.mark.parametrize(
    "wrong", [{"line_base": 0x10000 - 15}, {"vision_base": 0x10000 - 20}, {"unit_id": 256}]
)
def test_registers_and_units_that_modbus_does_not_have_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        LinkSettings.model_validate(wrong)


def test_a_station_names_its_preset_and_certificates_in_its_own_file(tmp_path: Path) -> None:
    station = tmp_path / "station.toml"
    text = """
[station]
recipe = "cover"
[plc]
preset = "{preset}"
[plc.tls]
ca = "ca.pem"
certificate = "own.pem"
key = "own.key"
[[cameras]]
kind = "simulated"
name = "main"
"""
    station.write_text(text.format(preset="openplc"), encoding="utf-8")
    plc = load(station).plc
    assert (plc.line_base, plc.port) == (1124, 802)
    assert plc.tls is not None
    assert plc.tls.ca == tmp_path.resolve() / "ca.pem"
    station.write_text(text.format(preset="siemens"), encoding="utf-8")
    with pytest.raises(SettingsError, match=r"plc\.preset: .*siemens-s7-1200.*it is 'siemens'"):
        load(station)
