"""The sources for TIA Portal: what is tested is what is shipped."""

import re
from pathlib import Path

import pytest

from plc.register_map.registers import LINE_WORDS, VISION_WORDS
from tests.plc.structured_text.compiler import compile_text
from tests.plc.structured_text.siemens import BLOCKS, as_common, files
from tests.plc.structured_text.station import FOLDER


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_the_sources_are_fresh(path: Path) -> None:
    assert path.read_text() == files()[path], "run python -m tests.plc.structured_text.siemens"


@pytest.mark.parametrize("name", BLOCKS)
def test_the_source_for_tia_portal_is_the_same_program(name: str) -> None:
    common = compile_text((FOLDER / f"{name}.st").read_text())
    siemens = compile_text(as_common((FOLDER / "siemens" / f"{name}.scl").read_text()))
    assert siemens.keys() == common.keys()
    for block in common:
        assert siemens[block].variables == common[block].variables
        assert siemens[block].python == common[block].python


@pytest.mark.parametrize("name", BLOCKS)
def test_each_variable_is_marked_as_local(name: str) -> None:
    text = (FOLDER / "siemens" / f"{name}.scl").read_text()
    (block,) = compile_text(as_common(text)).values()
    body = text.split("BEGIN\n")[1]
    for variable in block.variables:
        used = body.count(f"#{variable}")
        assert used, f"{variable} is declared and never used"


def test_the_main_block_gives_each_pin_the_register_that_the_pin_is_made_for() -> None:
    """The pins' comments name their word; the data block's order is the register map's."""
    station = (FOLDER / "passgate_station.st").read_text()
    main = (FOLDER / "siemens" / "passgate_main.scl").read_text()
    for side, words in (("Line", LINE_WORDS), ("Vision", VISION_WORDS)):
        fields = [
            word.field.replace("_", "") + half
            for word in words
            for half in ([""] if word.size == 1 else ["high", "low"])
        ]
        pins = re.findall(rf"^    ({side}\w+) : UINT; +\(\* word +(\d+)", station, re.MULTILINE)
        assert len(pins) == (15 if side == "Line" else 17)
        for pin, word in pins:
            register = re.findall(
                rf'"PASSGATE_REGISTERS"\.{side}\.(\w+) := #Station\.{pin};'
                rf'|{pin} := "PASSGATE_REGISTERS"\.{side}\.(\w+)[,)]',
                main,
            )
            assert ["".join(names).lower() for names in register] == [fields[int(word)]], pin


def test_nothing_but_ascii_is_in_any_source() -> None:
    for path in [*FOLDER.glob("*.st"), *(FOLDER / "siemens").iterdir()]:
        path.read_text().encode("ascii")
