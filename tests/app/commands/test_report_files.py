"""``report shift --out``: the files, and what is said where there are none."""

import io
import json
from pathlib import Path

import openpyxl
import pypdf
import pytest

from reports.settings import StoreSettings
from reports.store.store import SqlStore
from tests.app.running import Passgate, assert_one_line
from tests.reports.gauged import gauged
from tests.reports.parts import closed

TIMES = ("--from", "2026-03-02T06:00+00:00", "--to", "2026-03-02T14:00+00:00")
NAME = "shift_20260302T060000Z_20260302T140000Z"


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """Four released parts."""
    folder = tmp_path / "record"
    store = SqlStore(StoreSettings(folder=folder))
    store.open()
    for number in range(1, 5):
        store.append(gauged(number))
        store.append(closed(gauged(number)))
    store.close()
    return folder


def test_all_files_are_written_and_named(passgate: Passgate, record: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "reports"
    said = passgate("report", "shift", *TIMES, "--record", record, "--out", out, "--lang", "zh", "--json")
    assert said.code == 0
    names = [f"{NAME}_zh.pdf", f"{NAME}_zh.xlsx", f"{NAME}.csv", f"{NAME}.json", f"{NAME}.dfq"]
    answer = json.loads(said.out)
    assert answer["files"] == [str(out / name) for name in names]
    assert answer["final"] is True
    assert sorted(path.name for path in out.iterdir()) == sorted(names)
    assert "班次报告" in pypdf.PdfReader(out / names[0]).pages[0].extract_text()
    assert openpyxl.load_workbook(out / names[1]).worksheets[0].title == "班次报告"
    assert (out / names[2]).read_bytes().count(b"\r\n") == 5
    assert json.loads((out / names[3]).read_text(encoding="utf-8"))["summary"]["parts"] == 4
    assert (out / names[4]).read_bytes() == b"K0100 0\r\n"


def test_files_are_the_same_when_they_are_written_again(
    passgate: Passgate, record: Path, tmp_path: Path
) -> None:
    asked = ("report", "shift", *TIMES, "--record", record, "--out")
    for out in ("one", "two"):
        assert passgate(*asked, tmp_path / out).code == 0
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


def test_only_the_formats_that_are_asked_for_are_written(
    passgate: Passgate, record: Path, tmp_path: Path
) -> None:
    said = passgate(
        "report", "shift", *TIMES, "--record", record, "--out", tmp_path / "out", "--format", "json,pdf"
    )
    assert [Path(line).suffix for line in said.out.splitlines()] == [".pdf", ".json"]


def test_a_shift_that_the_record_holds_nothing_of_has_a_report(
    passgate: Passgate, record: Path, tmp_path: Path
) -> None:
    times = ("--from", "2026-04-02T06:00+00:00", "--to", "2026-04-02T14:00+00:00")
    said = passgate(
        "report", "shift", *times, "--record", record, "--out", tmp_path / "out", "--format", "pdf"
    )
    assert said.code == 0
    pages = pypdf.PdfReader(io.BytesIO(Path(said.out.strip()).read_bytes())).pages
    assert "No part came in this time." in pages[0].extract_text()


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (("--format", "pdf"), "no folder is named"),
        (("--format", "table,csv"), "no folder is named"),
        (("--format", "docx"), "there is no format 'docx'"),
        (("--format", "table", "--out", "out"), "a table is for the terminal"),
        (
            ("--out", "out", "--format", "pdf", "--decimal", ","),
            "--separator and --decimal are of --format csv",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    passgate: Passgate, record: Path, options: tuple[str, ...], what: str
) -> None:
    assert_one_line(passgate("report", "shift", *TIMES, "--record", record, *options), what)


def test_a_folder_that_cannot_be_written_is_named(passgate: Passgate, record: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    said = passgate("report", "shift", *TIMES, "--record", record, "--out", tmp_path / "file")
    assert_one_line(said, "cannot be written to")
    assert (tmp_path / "file").read_text(encoding="utf-8") == "no folder"
