"""The house has room: no file with two reasons to change, no folder in which one has to search."""

import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
PACKAGES: Final = ("app", "inspection", "models", "plc", "reports")
MOST_LINES: Final = 400
MOST_FILES: Final = 12
"""Of Python in one folder, beside its ``__init__.py``."""
LONG_FOR_ONE_REASON: Final[dict[str, str]] = {
    "inspection/messages/codes.py": "one enum of all sentences: an enum's members stand in one class",
}
"""Files that may be longer, three at most, each with its one reason."""
MOST_LINES_TWICE: Final = 10
TOP_OF_APP: Final = {"__init__.py", "__main__.py", "cli.py", "progress.py", "memory_use.py"}


def product_files() -> list[Path]:
    return [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]


def test_no_file_is_longer_than_its_one_reason_allows() -> None:
    lengths = {
        str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines())
        for file in product_files()
    }
    long = {file: lines for file, lines in lengths.items() if lines > MOST_LINES}
    assert long.keys() == LONG_FOR_ONE_REASON.keys(), long
    assert len(LONG_FOR_ONE_REASON) <= 3


def test_no_folder_holds_more_than_a_dozen_files() -> None:
    folders: dict[str, list[str]] = {}
    for file in product_files():
        if file.name != "__init__.py":
            folders.setdefault(str(file.parent.relative_to(ROOT)), []).append(file.name)
    assert not {folder: files for folder, files in folders.items() if len(files) > MOST_FILES}


def test_nothing_stands_twice() -> None:
    symilar = Path(sys.executable).with_name("symilar")
    done = subprocess.run(  # our own files, with pylint's program
        [symilar, f"--duplicates={MOST_LINES_TWICE}", *product_files()],
        check=True,
        capture_output=True,
        text=True,
        timeout=60.0,
    )
    assert "duplicates=0 " in done.stdout, done.stdout


def test_app_s_top_level_is_what_a_stranger_looks_for() -> None:
    assert {file.name for file in (ROOT / "app").glob("*.py")} == TOP_OF_APP


def test_each_folder_says_what_it_is_for() -> None:
    for package in PACKAGES:
        for folder in {file.parent for file in (ROOT / package).rglob("*.py")}:
            if folder.name == "versions":
                continue  # Alembic's
            said = (folder / "__init__.py").read_text(encoding="utf-8")
            assert said.startswith('"""'), f"{folder} has no docstring"
