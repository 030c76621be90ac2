"""PDF, XLSX and JSON say what SQL says, keep every text as it is, and come out the same each time."""

import csv
import io
import json
import re
import time
from collections.abc import Callable
from datetime import date, timedelta
from datetime import time as clock
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pypdf
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import Engine

from inspection.events import Event, EventKind
from inspection.part import Outcome
from inspection.times.shifts import Shift, ShiftCalendar, ShiftRule
from reports.shift.document.as_pdf import to_pdf
from reports.shift.document.as_xlsx import MOST_CHARACTERS, to_xlsx
from reports.shift.document.content import content
from reports.shift.document.kinds import Kind
from reports.shift.document.report import ShiftReport, shift_report
from reports.shift.document.words.words import Words
from reports.shift.document.writing import contents_of
from reports.shift.files import Asked, report_files
from reports.store.store import SqlStore
from tests.reports.gauged import gauged, pressure
from tests.reports.parts import START, closed
from tests.reports.shift.document.made_up import BERLIN, EN, LATEST, LONG_DETAIL, NUISANCES, ZH, ask
from tests.reports.shift.the_shift import END

Maker = Callable[[ShiftReport, Words], bytes]


def pdf_of(report: ShiftReport, words: Words = EN) -> bytes:
    return to_pdf(report, words, zone=BERLIN)


def xlsx_of(report: ShiftReport, words: Words = EN) -> bytes:
    return to_xlsx(report, words, zone=BERLIN)


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def flat(pdf: bytes) -> str:
    """As one line, with a blank wherever a line ended within Latin text."""
    return text_of(pdf).replace(" \n", " ").replace("\n", "")


def sheets_of(xlsx: bytes) -> dict[str, Worksheet]:
    book = openpyxl.load_workbook(io.BytesIO(xlsx))
    return {sheet.title: sheet for sheet in book}


def in_15_digits(value: object) -> object:
    """What Excel keeps of a number."""
    return float(f"{value:.15g}") if isinstance(value, float) else value


def lines_of(sheet: Worksheet) -> list[tuple[object, ...]]:
    return list(sheet.iter_rows(values_only=True))


@pytest.mark.parametrize("words", [EN, ZH])
def test_each_file_has_the_counts_that_sql_has(report: ShiftReport, folder: Path, words: Words) -> None:
    outcomes = dict(ask(folder, f"SELECT outcome, count(*) {LATEST} GROUP BY 1"))
    ((parts, latest_seen),) = ask(folder, f"SELECT count(*), max(part_id) {LATEST}")
    total = [words.say("total"), *(outcomes.get(one.value, 0) for one in Outcome), outcomes[None], parts]
    ((passed,),) = ask(
        folder,
        f"SELECT count(*) {LATEST} AND missed IS NULL AND action = 'pass' AND outcome = 'released'",
    )
    ((known,),) = ask(folder, f"SELECT count(*) {LATEST} AND missed IS NULL AND outcome IS NOT NULL")

    pdf = text_of(pdf_of(report, words))
    assert " ".join(map(str, total)) in pdf
    assert f"{words.say('of', n=passed, total=known)}\n" in pdf
    assert f"{passed / known:.2%}" in pdf
    assert str(latest_seen) in pdf

    sheets = sheets_of(xlsx_of(report, words))
    assert any(line[: len(total)] == tuple(total) for line in lines_of(sheets[words.say("title")]))
    hours = lines_of(sheets[words.say("hours")])
    assert (hours[10][1], hours[10][-1]) == (parts, pytest.approx(passed / known))

    read = json.loads(contents_of(Kind.JSON, report, words))
    assert ShiftReport.model_validate(read) == report
    assert read["summary"]["parts"] == parts
    assert sum(one["by_outcome"]["released"] for one in read["became"]) == outcomes["released"]


def test_csv_and_dfq_have_the_parts_and_readings_that_sql_has(made_up: Engine, folder: Path) -> None:
    asked = Asked(start=START, end=END, zone=BERLIN, kinds=(Kind.CSV, Kind.DFQ, Kind.JSON))
    files = report_files(made_up, asked, now=END).files
    by_kind = {name.rpartition(".")[2]: data for name, data in files.items()}
    lines = list(csv.DictReader(io.StringIO(by_kind["csv"].decode("utf-8-sig"), newline="")))
    assert [(int(line["part_id"]), line["action"], line["outcome"] or None) for line in lines] == ask(
        folder, f"SELECT part_id, action, outcome {LATEST} ORDER BY seen_at"
    )
    readings = ask(
        folder,
        "SELECT value FROM gauge_readings WHERE position IN"
        f" (SELECT position {LATEST} AND missed IS NULL) ORDER BY position",
    )
    dfq = [line.split(" ", 1) for line in by_kind["dfq"].decode("utf-8-sig").splitlines()]
    values = [float(said) for key, said in dfq if key.startswith("K0001/")]
    attributes = [int(said) for key, said in dfq if key.startswith("K0002/")]
    assert sorted(values) == sorted(value or 0.0 for (value,) in readings)
    assert attributes.count(255) == sum(value is None for (value,) in readings) > 0
    (gauge,) = json.loads(by_kind["json"])["summary"]["gauges"]
    read = [value for value, attribute in zip(values, attributes, strict=True) if attribute == 0]
    assert (gauge["parts"], gauge["read"], gauge["mean"]) == (
        len(values),
        len(read),
        pytest.approx(sum(read) / len(read)),
    )


@pytest.mark.parametrize("words", [EN, ZH])
def test_pdf_and_xlsx_have_the_same_cells(report: ShiftReport, words: Words) -> None:
    """Every cell of every table is on the pages; what a page cannot show is named."""
    pdf = text_of(pdf_of(report, words)).replace("\n", "").replace("\u200b", "").replace(" ", "")
    sheets = {
        in_15_digits(cell)
        for sheet in sheets_of(xlsx_of(report, words)).values()
        for line in lines_of(sheet)
        for cell in line
    }
    for table in content(report, words, zone=BERLIN).tables:
        assert table.title.replace(" ", "") in pdf
        for cell in (cell for row in table.rows for cell in row if cell.value is not None):
            assert in_15_digits(cell.value) in sheets, (table.key, cell)
            assert cell.text.replace("\U0001f600", "[U+1F600]").replace(" ", "") in pdf, (table.key, cell)


def test_no_text_of_the_record_becomes_a_formula_a_link_or_markup(report: ShiftReport) -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_of(report)))
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}  # "f" would be a formula
    assert not any(cell.hyperlink for cell in cells)
    said = [cell.value for cell in cells]
    assert all(name in said for name in (*NUISANCES, LONG_DETAIL))
    pdf = text_of(pdf_of(report)).replace("\n", "").replace("\u200b", "").replace(" ", "")
    assert "#strong[crack]*x*$y$@ref<label>`raw`//nocomment" in pdf


@pytest.mark.parametrize("made", [pdf_of, xlsx_of])
@pytest.mark.parametrize("words", [EN, ZH])
def test_a_report_is_the_same_when_it_is_printed_again(
    report: ShiftReport, made_up: Engine, monkeypatch: pytest.MonkeyPatch, made: Maker, words: Words
) -> None:
    first = made(report, words)
    later = time.time() + 86_400.0
    monkeypatch.setattr(time, "time", lambda: later)
    again = shift_report(made_up, start=START, end=END, station="Line 3")
    assert made(again, words) == first


def test_the_pdf_is_pdf_a_dated_at_the_shift_s_end_with_its_typefaces_inside(report: ShiftReport) -> None:
    reader = pypdf.PdfReader(io.BytesIO(pdf_of(report, ZH)))
    assert reader.metadata is not None
    assert reader.metadata.creation_date == END
    xmp = reader.root_object["/Metadata"].get_object().get_data().decode()  # type: ignore[union-attr]
    assert "<pdfaid:part>2</pdfaid:part>" in xmp
    fonts = {
        font["/BaseFont"]: font["/DescendantFonts"][0]["/FontDescriptor"]
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()  # type: ignore[index]
    }
    assert any("NotoSansCJK" in name for name in fonts)
    assert all({"/FontFile2", "/FontFile3"} & descriptor.keys() for descriptor in fonts.values())


@pytest.mark.parametrize("words", [EN, ZH])
def test_a_shift_without_a_part_says_so_and_leaves_no_table_empty(idle: ShiftReport, words: Words) -> None:
    pdf, sheets = text_of(pdf_of(idle, words)), sheets_of(xlsx_of(idle, words))
    for key in ("no_parts", "none_judged", "missed_none", "to_look_for_none", "events_none", "gauges_none"):
        assert words.say(key).replace(" ", "") in pdf.replace("\n", "").replace(" ", "")
    assert any(words.say("no_parts") in line for line in lines_of(sheets[words.say("title")]))
    assert all(table.rows or table.empty for table in content(idle, words).tables)


def test_no_english_is_left_in_a_chinese_report(idle: ShiftReport) -> None:
    """But for names: of figures, of a command, of hashes."""
    words = re.sub("[0-9a-f]{16,}", "", text_of(pdf_of(idle, ZH)))
    for known in ("SHA-256", "PLC", "p95", "UTC", "JSON", "signing", "passgate record verify --head"):
        words = words.replace(known, "")
    assert not [letter for letter in words if letter.isascii() and letter.isalpha()]


@pytest.mark.parametrize("words", [EN, ZH])
def test_heads_of_columns_and_names_of_sheets_are_such_as_excel_takes(
    report: ShiftReport, words: Words
) -> None:
    for table in content(report, words).tables:
        titles = [column.title.casefold() for column in table.columns]
        assert len(set(titles)) == len(titles), table.key
    names = sheets_of(xlsx_of(report, words))
    assert all(len(name) <= 31 for name in names)


def test_many_lines_are_cut_on_paper_and_the_page_says_how_many(report: ShiftReport) -> None:
    holds = [event for event in report.events if event.kind in (EventKind.HOLD, EventKind.START)]
    many = report.model_copy(update={"events": holds * 75})
    assert "110 more are not printed here" in text_of(pdf_of(many))
    assert len(lines_of(sheets_of(xlsx_of(many))["Events"])) == 153


def test_long_texts_in_few_lines_run_on_to_the_next_page_and_not_off_their_own(idle: ShiftReport) -> None:
    hold = Event(at=idle.summary.start, kind=EventKind.HOLD, by="anna", detail="word " * 399)
    many = idle.model_copy(update={"events": (hold,) * 5})
    heights: list[float] = []
    for page in pypdf.PdfReader(io.BytesIO(pdf_of(many))).pages:
        page.extract_text(visitor_text=lambda _, at, within, *__: heights.append(at[5] + within[5]))
    assert min(heights) >= 0.0


@pytest.mark.parametrize("words", [EN, ZH])
def test_the_report_of_a_shift_that_still_runs_is_provisional_and_says_so(
    made_up: Engine, words: Words
) -> None:
    now = END - timedelta(hours=1)
    running = shift_report(made_up, start=START, end=END, now=now)
    over = shift_report(made_up, start=START, end=END, now=END)
    said = words.say("running", at="2026-03-02 14:00:00+01:00")
    assert (said in flat(pdf_of(running, words)), said in flat(pdf_of(over, words))) == (True, False)


def test_the_plant_s_shift_is_named(report: ShiftReport) -> None:
    shift = Shift(name="早班", date=START.date(), start=START, end=END)
    named = report.model_copy(update={"summary": report.summary.model_copy(update={"shift": shift})})
    assert "早班, 2026-03-02" in text_of(pdf_of(named))


def test_a_long_time_is_told_in_days(made_up: Engine) -> None:
    long = shift_report(made_up, start=START, end=START + timedelta(days=40))
    assert len(long.hours) == 40
    assert EN.say("stretches") in text_of(pdf_of(long))
    assert lines_of(sheets_of(xlsx_of(long))["Hour by hour"])[0][0] == EN.say("stretches")


def test_a_long_name_of_a_station_leaves_the_pages_their_head(report: ShiftReport) -> None:
    named = report.model_copy(update={"station": "Hall 7 " * 60})
    head = pypdf.PdfReader(io.BytesIO(pdf_of(named))).pages[1].extract_text().splitlines()[0]
    assert "Hal… 2026-03-02 07:00+01:00" in head


def test_a_text_longer_than_a_cell_of_excel_is_cut_there(report: ShiftReport) -> None:
    named = report.model_copy(update={"station": "=" * 40_000})
    cells = [cell for line in lines_of(sheets_of(xlsx_of(named))["Shift report"]) for cell in line]
    assert f"{'=' * (MOST_CHARACTERS - 1)}…" in cells


def test_a_report_that_cannot_be_trusted_says_so_in_both_languages(report: ShiftReport) -> None:
    broken = report.summary.chain.model_copy(
        update={"intact": False, "broken_at": 7, "reason": "the row was changed"}
    )
    summary = report.summary.model_copy(
        update={"chain": broken, "spooled": 3, "spool_fault": "the spool is gone", "simulated": 5}
    )
    doubtful = report.model_copy(update={"summary": summary})
    english, chinese = (text_of(pdf_of(doubtful, words)) for words in (EN, ZH))
    for said in (
        "BROKEN at row 7",
        "the row was changed",
        "the spool is gone",
        "NOT FINAL: 3",
        "5 of 97 parts",
    ):
        assert said in english
    for said in ("工件链第 7 行", "暂存区", "3 条记录", "97 个工件中有 5 个"):
        assert said in chinese
    assert "the row was changed" not in chinese


@pytest.mark.parametrize(
    ("zone", "day", "hours", "shown"),
    [
        ("Asia/Kolkata", date(2026, 3, 2), 8, "2026-03-02 06:00+05:30 – 2026-03-02 14:00+05:30"),
        ("Europe/Berlin", date(2026, 3, 28), 7, "2026-03-28 22:00+01:00 – 2026-03-29 06:00+02:00"),
        ("Europe/Berlin", date(2026, 10, 24), 9, "2026-10-24 22:00+02:00 – 2026-10-25 06:00+01:00"),
    ],
)
def test_each_file_of_a_shift_in_which_clocks_are_set_or_that_has_a_half_hour_offset(
    store: SqlStore, reader: Engine, zone: str, day: date, hours: int, shown: str
) -> None:
    plant = ZoneInfo(zone)
    rules = ShiftRule("night", clock(22)), ShiftRule("day", clock(6)), ShiftRule("late", clock(14))
    shift = ShiftCalendar(rules, plant).shift(day, "day" if hours == 8 else "night")
    for number in range(hours):
        one = gauged(number + 1, pressure(4.0))
        seen_at = shift.start + timedelta(hours=number, minutes=30)
        one = one.model_copy(update={"trigger": one.trigger.model_copy(update={"seen_at": seen_at})})
        store.append(one)
        store.append(closed(one))
    asked = Asked(start=shift.start, end=shift.end, shift=shift, zone=plant)
    made = report_files(reader, asked, now=shift.end)
    files = {name.rpartition(".")[2]: data for name, data in made.files.items()}
    assert shown in text_of(files["pdf"])
    lines = lines_of(sheets_of(files["xlsx"])["Hour by hour"])[2 : 2 + hours]
    assert [line[1] for line in lines] == [1] * hours  # each hour has its part, also the one that comes twice
    assert len({line[0] for line in lines}) == hours
    assert len(json.loads(files["json"])["hours"]) == hours
    first = f"{shift.start + timedelta(minutes=30):%Y-%m-%d %H:%M:%S.000}"
    assert files["csv"].decode("utf-8-sig").splitlines()[1].split(",")[0] == first
    times = [
        line.split(" ", 1)[1] for line in files["dfq"].decode().splitlines() if line.startswith("K0004/")
    ]
    assert len(times) == hours
    assert len(set(times)) == (hours if hours < 9 else hours - 1)  # two look alike there
    begin, end = shown.replace(" – ", " ").split(" ")[1], shown.split(" ")[-1]
    assert f"{begin[:5]}:00{begin[5:]} to" in files["dfq"].decode()
    assert f"{end[:5]}:00{end[5:]};" in files["dfq"].decode()
