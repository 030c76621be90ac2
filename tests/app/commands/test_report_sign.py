"""``report sign``, ``signatures`` and ``check``: from a password at stdin to files that can be checked."""

import csv
import io
import json
import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import openpyxl
import pypdf
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from app.access.accounts import Accounts
from app.access.making import make_up_to_date
from inspection.access.rights import Role
from inspection.events import Event, EventKind
from inspection.part import Outcome
from reports.record.schema import InspectionRow
from reports.settings import StoreSettings
from reports.store.store import SqlStore
from tests.app.access.people import ANNA, ANNAS, BEN, BENS, GIVEN, on_record, sign_in
from tests.app.running import Passgate, Said, assert_one_line
from tests.reports.gauged import gauged
from tests.reports.parts import closed
from tests.reports.stores import outside

SHIFT = ("--date", "2026-03-02", "--shift", "Early")
NAME = "shift_20260302T050000Z_20260302T130000Z"
STATION = """
[station]
name = "Line 3"
recipe = "x"
zone = "Europe/Berlin"
shifts = [{name = "Early", start = "06:00"}, {name = "Late", start = "14:00"}]
[store]
folder = "record"
[[cameras]]
kind = "simulated"
"""
Report = Callable[..., Said]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StoreSettings:
    """A station with four released parts, Anna and Ben."""
    cheap = partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr("app.access.passwords.PasswordHasher", cheap)
    (tmp_path / "station.toml").write_text(STATION, encoding="utf-8")
    settings = StoreSettings(folder=tmp_path / "record")
    on_record(settings, *(one for n in range(1, 5) for one in (gauged(n), closed(gauged(n)))))
    make_up_to_date(settings)
    accounts = Accounts(settings)
    accounts.add_first(ANNA, ANNAS, login="root")
    accounts.add(BEN, Role.ADMINISTRATOR, GIVEN, by=sign_in(accounts, ANNA, ANNAS))
    return settings


@pytest.fixture
def report(
    passgate: Passgate, settings: StoreSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Report:
    """``passgate report …`` of the station, with what stdin holds."""

    def run(*arguments: str | Path, typed: str = "") -> Said:
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{typed}\n" if typed else ""))
        said = passgate("report", *arguments, "--config", tmp_path / "station.toml")
        assert not typed or typed not in said.out + said.err
        return said

    return run


@pytest.fixture
def signed(report: Report) -> Said:
    """Anna has signed."""
    return report("sign", *SHIFT, "--user", "anna müller", "--meaning", "written", "--json", typed=ANNAS)


def written(report: Report, out: Path, *more: str) -> Path:
    assert report("shift", *SHIFT, "--out", out, *more).code == 0
    return out


def pages(path: Path) -> str:
    return "".join(page.extract_text() for page in pypdf.PdfReader(path).pages).replace("\n", " ")


def test_a_signature_stands_in_every_file_in_both_languages_and_each_can_be_checked(
    report: Report, tmp_path: Path
) -> None:
    out = written(report, tmp_path / "out", "--format", "pdf,json")
    assert pages(out / f"{NAME}_en.pdf").count("unsigned") == 4  # three lines, and the word in the note
    assert "nobody has signed" in report("signatures", *SHIFT).out
    assert_one_line(report("sign", *SHIFT, "--user", "anna müller", "--meaning", "written"), "nothing came")
    said = report("sign", *SHIFT, "--user", "anna müller", "--meaning", "written", "--json", typed=ANNAS)
    sha256 = json.loads(said.out)["shift"]["report_sha256"]
    out = written(report, tmp_path / "out", "--format", "pdf,xlsx,json,csv")
    written(report, out, "--lang", "zh", "--format", "pdf,xlsx")
    pdf = pages(out / f"{NAME}_en.pdf")
    assert all(words in pdf for words in (ANNA, "administrator", "Written", sha256, "Signed (1)"))
    chinese = pages(out / f"{NAME}_zh.pdf")
    assert all(words in chinese for words in (ANNA, "管理员", "编制", sha256, "未签署", "已签署"))
    for lang, word in (("en", "Written"), ("zh", "编制")):
        cells = [
            str(cell.value)
            for row in openpyxl.load_workbook(out / f"{NAME}_{lang}.xlsx").worksheets[0].iter_rows()
            for cell in row
        ]
        assert word in cells
        assert ANNA in cells
    saying = json.loads((out / f"{NAME}.json").read_text(encoding="utf-8"))
    assert [one["name"] for one in saying["signing"]["signatures"]] == [ANNA]
    for name in (f"{NAME}.json", f"{NAME}_zh.pdf", f"{NAME}_en.xlsx"):
        found = report("check", out / name, "--json")
        assert json.loads(found.out)["report_sha256"] == sha256
        assert found.code == 0
    assert_one_line(report("check", out / f"{NAME}.csv"), "a CSV cannot be checked")


def test_a_signed_report_keeps_its_bounds_and_bytes_whatever_the_station_s_file_says_later(
    report: Report, signed: Said, tmp_path: Path
) -> None:
    one = written(report, tmp_path / "one")
    station = tmp_path / "station.toml"
    later = STATION.replace("Early", "First").replace("06:00", "07:30").replace("Line 3", "Line 4")
    station.write_text(later, encoding="utf-8")
    two = written(report, tmp_path / "two")
    assert sorted(path.name for path in one.iterdir()) == sorted(path.name for path in two.iterdir())
    for path in one.iterdir():
        assert path.read_bytes() == (two / path.name).read_bytes(), path.name
    assert "2026-03-02 06:00" in report("shift", *SHIFT).out
    assert_one_line(report("shift", *SHIFT, "--rules", "aiag_2005"), "its figures stand")


def test_what_comes_later_is_listed_and_is_in_no_figure(
    report: Report, signed: Said, settings: StoreSettings, tmp_path: Path
) -> None:
    before = json.loads(written(report, tmp_path, "--format", "json").joinpath(f"{NAME}.json").read_bytes())
    on_record(settings, closed(closed(gauged(2)), Outcome.DIVERTED))
    out = written(report, tmp_path / "out")
    after = json.loads((out / f"{NAME}.json").read_bytes())
    assert after.pop("signing")["added"][0]["outcome"] == "diverted"
    assert {name: after[name] for name in after} == {name: before[name] for name in after}
    pdf = pages(out / f"{NAME}_en.pdf")
    assert "1 records of this shift came after the first signature" in pdf
    assert "Released → Diverted" in pdf
    lines = list(csv.DictReader(io.StringIO((out / f"{NAME}.csv").read_text(encoding="utf-8-sig"))))
    assert [(line["outcome"], line["after_signing"]) for line in lines] == [
        *[("released", "no")] * 4,
        ("diverted", "yes"),
    ]
    assert "1 records of the shift came after the first signature" in report("signatures", *SHIFT).out
    assert "1 records of this shift" in report("shift", *SHIFT).out
    assert report("check", out / f"{NAME}_en.xlsx").code == 0


def test_a_file_that_was_changed_is_told(report: Report, signed: Said, tmp_path: Path) -> None:
    out = written(report, tmp_path / "out", "--format", "pdf,json")
    path, pdf = out / f"{NAME}.json", out / f"{NAME}_en.pdf"
    whole = path.read_text(encoding="utf-8")
    for change, why in (
        (('"parts": 4', '"parts": 5'), "not those that were signed"),
        ((ANNA, "Cara"), "names signatures that are not on record"),
        (('"signing": {', '"signing": 1, "x": {'), "of a Passgate that this one cannot read"),
        (("{", "["), "no JSON of a report"),
    ):
        path.write_text(whole.replace(*change, 1), encoding="utf-8")
        assert_one_line(report("check", path), why)
    path.write_text(whole, encoding="utf-8")
    pdf.write_bytes(pdf.read_bytes() + b"\n")
    assert_one_line(report("check", pdf), "byte by byte")
    shutil.move(path, tmp_path)
    assert_one_line(report("check", pdf), "cannot be read")


def test_an_unsigned_file_that_was_changed_or_is_from_before_is_told(
    report: Report, settings: StoreSettings, tmp_path: Path
) -> None:
    path = written(report, tmp_path / "out", "--format", "json") / f"{NAME}.json"
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace('"parts": 4', '"parts": 5', 1), encoding="utf-8")
    assert_one_line(report("check", path), "not those of the record now")
    path.write_text(whole, encoding="utf-8")
    assert report("check", path).code == 0
    on_record(settings, gauged(5), closed(gauged(5)))
    assert_one_line(report("check", path), "not those of the record now")


def test_an_unsigned_file_stays_sound_whatever_the_station_does_later(
    report: Report, settings: StoreSettings, tmp_path: Path
) -> None:
    """It verifies its record, and people go on working: no figure of the shift depends on it."""
    path = written(report, tmp_path / "out", "--format", "json") / f"{NAME}.json"
    night = ("--date", "2026-03-02", "--shift", "Late", "--out", tmp_path / "out", "--format", "json")
    assert report("shift", *night).code == 0
    store = SqlStore(settings)
    store.open()
    later = datetime(2026, 3, 3, 12, tzinfo=UTC)
    for kind in (EventKind.HOLD, EventKind.RECORD_VERIFIED):
        subjects = ("1", store_hash(settings, 1)) if kind is EventKind.RECORD_VERIFIED else ()
        store.note(Event(at=later, kind=kind, by="store", subjects=subjects))
    next_day = gauged(6)
    seen = next_day.trigger.model_copy(update={"seen_at": later})
    store.append(next_day.model_copy(update={"trigger": seen, "recorded_at": later}))
    store.close()
    for file in (path, *(tmp_path / "out").glob("shift_20260302T13*.json")):
        said = report("check", file)
        assert said.code == 0, said.err


def store_hash(settings: StoreSettings, position: int) -> str:
    with outside(settings) as connection:
        return str(
            connection.scalar(select(InspectionRow.row_hash).where(InspectionRow.position == position))
        )


def test_who_may_not_and_what_is_no_shift_is_told_in_one_line(report: Report) -> None:
    asked = ("--user", "ben", "--meaning", "approved")
    assert_one_line(report("sign", *SHIFT, *asked, typed=GIVEN), "given by somebody else")
    assert_one_line(report("sign", *SHIFT, *asked, typed=BENS), "the name or the password is wrong")
    nights = ("--date", "2026-03-02", "--shift", "Night")
    assert_one_line(report("sign", *nights, *asked, typed=GIVEN), "there is no shift 'Night'")
    assert_one_line(report("signatures", "--date", "2 March", "--shift", "Early"), "is no date")
