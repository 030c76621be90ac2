"""Damage to picture files, in many places of many kinds: told as far as a format can tell, never a crash."""

import re
from pathlib import Path
from typing import Final

import pytest

from tests.inspection.pictures.picture_damage import CHECKED, DAMAGES, SOUND, Told, told
from tests.inspection.pictures.picture_kinds_document import COMMAND, DOCUMENT

_QUICK: Final = ("cut off", "bytes appended")
CASES: Final = [
    pytest.param(sound, damage, id=f"{sound}: {damage}", marks=() if damage in _QUICK else pytest.mark.slow)
    for sound in SOUND
    for damage in DAMAGES
]


def documented(sound: str, damage: str) -> str:
    """The cell of docs/measurements/picture-kinds.md."""
    rows = [
        [cell.strip() for cell in line.strip("|\n").split("|")]
        for line in DOCUMENT.read_text(encoding="utf-8").partition("## Damage")[2].splitlines()
        if line.startswith("|")
    ]
    (row,) = [row for row in rows if row[0] == sound]
    return row[rows[0].index(damage)]


def share(cell: str) -> float:
    """The refused share of a cell's numbers."""
    if numbers := re.fullmatch(r"(\d+) of (\d+) refused", cell):
        return int(numbers[1]) / int(numbers[2])
    return {"not told": 0.0, "refused": 1.0}[cell]


@pytest.mark.parametrize(("sound", "damage"), CASES)
def test_damage_is_told_as_far_as_the_format_can_tell(tmp_path: Path, sound: str, damage: str) -> None:
    found = told(sound, damage, tmp_path / "part.png")
    promise(sound, damage, found)
    said = documented(sound, damage)
    if "read as it was" in (said, str(found)):
        assert str(found) == said
        return
    # Another processor's encoder may write some bytes differently.
    assert abs(share(said) - share(str(found))) < 0.1, f"now {found}: run {COMMAND}"


def promise(sound: str, damage: str, found: Told) -> None:
    if damage == "bytes appended":
        assert not found.harmful
    if damage == "cut off" or sound in CHECKED:
        assert not found.otherwise
    for what, todo in found.words:
        assert what
        assert todo
        assert damage != "cut off" or "damaged" in what, what
