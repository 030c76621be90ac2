"""The report as PDF/A-2b, set by Typst: what the plant prints, signs and files.

The pages are described in ``shift.typ``; all that is said on them reaches it as JSON, so nothing in the
record can be taken for markup. Only typefaces that ship with Passgate and Typst are used, and the document's
date is the shift's end: the same rows give the same bytes.
"""

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any, Final

import typst

from inspection.errors import StoreError
from inspection.pictures.fonts import FAMILY, cjk_font_path
from inspection.times.local_time import shown
from reports.record.chain import GENESIS, LEAST_DIGITS
from reports.shift.document.cells import Cell, Form, Table
from reports.shift.document.content import Content, content
from reports.shift.document.printable import in_groups, printable
from reports.shift.document.report import ShiftReport
from reports.shift.document.words.words import Words
from reports.shift.examples.thumbnails import NoPicture, thumbnail

STANDARD: Final = "a-2b"
"""Of PDF (ISO 19005-2): to be kept for years, with every typeface inside. 1b would let a character without a
shape vanish in silence."""
MOST_LINES: Final = 40
"""Lines of a table that a page must not be filled with; the JSON beside it has all."""
MOST_TYPES: Final = 12
"""Types of defects in the chart."""
_MOST_IN_HEAD: Final = 32
_LONG_TABLES: Final = (
    *("defects", "unreadable", "signals", "to_look_for", "alarms", "challenges", "events"),
    *("review_reasons", "added", "added_events"),
)
_TEMPLATE: Final = Path(__file__).with_name("shift.typ")


def to_pdf(
    report: ShiftReport, words: Words, *, zone: tzinfo | None = None, archive: Path | None = None
) -> bytes:
    """The report as a PDF file.

    Args:
        report: The shift.
        words: In which language.
        zone: The plant's time zone; None for this machine's.
        archive: Root of the picture archive, for pictures of defects; None where it is not at hand.

    Raises:
        StoreError: Typst failed, or warned of something.
    """
    with _described(report, words, zone, archive) as compiler:
        return _set(compiler, format="pdf", pdf_standards=STANDARD)[0]


def to_pages(
    report: ShiftReport,
    words: Words,
    *,
    zone: tzinfo | None = None,
    archive: Path | None = None,
    dots_per_inch: float = 72.0,
) -> list[bytes]:
    """The pages of the PDF as PNG files, for screens. See ``to_pdf``."""
    with _described(report, words, zone, archive) as compiler:
        return _set(compiler, format="png", ppi=dots_per_inch)


@contextmanager
def _described(
    report: ShiftReport, words: Words, zone: tzinfo | None, archive: Path | None
) -> Iterator[typst.Compiler]:
    """What sets the report: its pages, what is said on them, and the pictures, in a folder for that time."""
    page = _page(report, content(report, words, zone=zone), words, zone)
    with tempfile.TemporaryDirectory(prefix="passgate-report-") as folder:
        root = Path(folder)
        page["examples"] = _examples(report, words, zone, archive, root)
        shutil.copyfile(_TEMPLATE, root / _TEMPLATE.name)
        (root / "report.json").write_text(json.dumps(page), encoding="utf-8")
        yield _compiler(root)


def _compiler(root: Path) -> typst.Compiler:
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=True, font_paths=[cjk_font_path().parent]
    )
    return typst.Compiler(input=root / _TEMPLATE.name, root=root, font_paths=fonts)


def _set(compiler: typst.Compiler, **form: Any) -> list[bytes]:
    """One file, or one of each page."""
    try:
        made, warnings = compiler.compile_with_warnings(**form)
    except typst.TypstError as error:
        raise _failed(str(error)) from error
    if warnings or made is None:
        raise _failed("; ".join(str(warning) for warning in warnings))
    return made if isinstance(made, list) else [made]


def _failed(why: str) -> StoreError:
    return StoreError(
        f"The report cannot be set as PDF: {why}",
        part="The record is as it was; no file was written",
        todo="write it as xlsx or json, and report this as a fault of Passgate",
    )


def _page(report: ShiftReport, said: Content, words: Words, zone: tzinfo | None) -> dict[str, Any]:
    """What ``shift.typ`` reads."""
    end = report.summary.end.astimezone(UTC)
    head = report.summary.chain.head
    return {
        "lang": words.language.value,
        "family": FAMILY,
        "date": [end.year, end.month, end.day, end.hour, end.minute, end.second],
        "title": said.title,
        "station": printable(said.station),
        "running_head": printable(" · ".join(filter(None, (said.title, _shortened(said.station))))),
        "period": said.period,
        "foot": "" if head == GENESIS else words.say("foot", head=head[:LEAST_DIGITS]),
        "page_of": words.say("page", page="{page}", pages="{pages}"),
        "statements": [{"text": printable(one.text), "bad": one.bad} for one in said.statements],
        "facts": [
            {"title": one.title, "value": one.cell.text, "of": one.of, "bad": one.bad} for one in said.facts
        ],
        "tables": [_table(table, words) for table in said.tables],
        "hours_chart": _hours_chart(report, words, zone),
        "defects_chart": _defects_chart(report, words),
        "downtime_chart": _downtime_chart(report, words),
    }


def _shortened(name: str) -> str:
    """What one line at the top of each page has room for."""
    return name if len(name) <= _MOST_IN_HEAD else f"{name[: _MOST_IN_HEAD - 1]}…"


def _table(table: Table, words: Words) -> dict[str, Any]:
    most = MOST_LINES if table.key in _LONG_TABLES else len(table.rows)
    left_out = len(table.rows) - most
    return {
        "key": table.key,
        "title": table.title,
        "note": table.note,
        "empty": table.empty,
        "narrow": table.narrow,
        "plain": table.plain,
        "more": words.say("more", n=left_out) if left_out > 0 else "",
        "columns": [
            {"title": column.title, "width": column.width, "right": column.right} for column in table.columns
        ],
        "rows": [_line(row, table.key) for row in table.rows[:most]],
        "total": _line(table.total, table.key),
    }


def _line(cells: Sequence[Cell], key: str) -> list[dict[str, Any]]:
    def text(cell: Cell) -> str:
        if cell.form is not Form.CODE:
            return printable(cell.text)
        return cell.text if key == "chain" else in_groups(cell.text)  # a head is copied: no break in it

    return [{"text": text(cell), "code": cell.form is Form.CODE} for cell in cells]


def _hours_chart(report: ShiftReport, words: Words, zone: tzinfo | None) -> dict[str, Any]:
    """Share that did not pass at the first look: from zero, so that lengths can be compared.

    Control limits are of hours: there are none where the lines are longer stretches.
    """
    found, lines = report.summary.hours, report.hours
    hourly = report.hourly
    points = {} if found is None else dict(zip(found.begins, found.chart.points, strict=True))
    bars = []
    for line in lines:
        first, point = line.first_pass_yield, points.get(line.start) if hourly else None
        bars.append(
            {
                "label": line.start.astimezone(zone).strftime("%H:%M" if hourly else "%m-%d"),
                "value": None if first is None else (first.of - first.count) / first.of,
                "limits": None if point is None else [point.low, point.high],
                "prime": None if point is None else [point.low_prime, point.high_prime],
            }
        )
    if found is None or not hourly:
        return {"title": words.say("hours_chart_plain"), "bars": bars, "centre": None}
    chart = found.chart
    title = words.say(
        "hours_chart",
        centre=f"{chart.centre:.2%}",
        sigma_z="–" if chart.sigma_z is None else f"{chart.sigma_z:.2f}",
        rules=words.code(chart.rule_set),
    )
    return {"title": title, "bars": bars, "centre": chart.centre}


def _examples(
    report: ShiftReport, words: Words, zone: tzinfo | None, archive: Path | None, root: Path
) -> dict[str, Any]:
    """Pictures of defects, each in a file below ``root``, or why there is none."""
    found = []
    for number, one in enumerate(report.examples):
        made = thumbnail(one, archive)
        name = "" if isinstance(made, NoPicture) else f"example-{number}.jpg"
        if not isinstance(made, NoPicture):
            (root / name).write_bytes(made)
        found.append(
            {
                "file": name,
                "instead": words.of(made) if isinstance(made, NoPicture) else "",
                "title": printable(words.term(one.type)),
                "of": [
                    words.of(one.severity),
                    words.say("example_part", part=one.part_id),
                    shown(one.seen_at, zone=zone, timespec="minutes"),
                ],
            }
        )
    return {"title": words.say("examples"), "note": words.say("examples_note"), "found": found}


def _defects_chart(report: ShiftReport, words: Words) -> dict[str, Any]:
    bars = [
        {"label": printable(words.term(row.name)), "value": row.count}
        for row in report.summary.defects[:MOST_TYPES]
    ]
    return {"title": words.say("defects_chart"), "bars": bars}


def _downtime_chart(report: ShiftReport, words: Words) -> dict[str, Any]:
    found = report.summary.downtime
    bars = [
        {"label": words.of(row.reason), "value": round(row.seconds / 60.0, 1)}
        for row in (() if found is None else found.rows)
        if row.seconds
    ]
    return {"title": words.say("downtime_chart"), "bars": bars}
