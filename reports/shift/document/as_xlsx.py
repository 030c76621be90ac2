"""The report for Excel: native tables, to be sorted and filtered, with native charts beside them.

What is text stays text, also where it begins with ``=`` or looks like an address. A moment is text with its
offset: Excel's own dates know no time zone. The same rows give the same bytes.
"""

import io
import math
import unicodedata
from datetime import UTC, tzinfo
from typing import Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from inspection.errors import StoreError
from reports.shift.document.cells import Cell, Form, Table
from reports.shift.document.content import Content, content
from reports.shift.document.report import ShiftReport
from reports.shift.document.words.words import Words

MOST_CHARACTERS: Final = 32_767
"""Of text in one cell: more than that Excel does not read."""
_A4: Final = 9
_WIDEST: Final = 48
_USUAL: Final = 9
"""Width of a column in which nothing is."""
_HEAD_COLUMNS: Final = 8
_LINE: Final = 15.0
"""Height of a line, in points."""
_SHEETS: Final = {
    "title": (
        *("identity", "reconciliation", "checks", "missed_causes", "yields", "latency"),
        *("decided_by", "judged_by", "certificates", "chain", "signatures"),
    ),
    "hours": ("hours",),
    "defects": ("defects",),
    "gauges": ("gauges", "unreadable", "control", "subgroups", "capability"),
    "signals": ("signals",),
    "downtime": ("downtime", "availability"),
    "alarms": ("alarms",),
    "challenges": ("challenges", "agreement"),
    "reviews": ("reviews", "review_reasons", "reviews_agreement"),
    "sheet_to_look_for": ("to_look_for",),
    "sheet_events": ("events",),
    "added": ("added", "added_events"),
}
"""The tables on each sheet, by the word that names the sheet."""
_NUMBER_FORMATS: Final = {
    Form.COUNT: "0",
    Form.SHARE: "0.00%",
    Form.MS: "0",
    Form.MINUTES: "0.0",
    Form.INDEX: "0.00",
}


def to_xlsx(report: ShiftReport, words: Words, *, zone: tzinfo | None = None) -> bytes:
    """The report as an Excel file.

    Args:
        report: The shift.
        words: In which language.
        zone: The plant's time zone; None for this machine's.

    Raises:
        StoreError: XlsxWriter refused a table.
    """
    said = content(report, words, zone=zone)
    file = io.BytesIO()
    book = xlsxwriter.Workbook(
        file,
        {
            "in_memory": True,
            "strings_to_urls": False,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
        },
    )
    ends = report.summary.end.astimezone(UTC).replace(tzinfo=None)
    book.set_properties({"title": f"{said.title} {said.period}", "created": ends})
    tables = {table.key: table for table in said.tables}
    for name, keys in _SHEETS.items():
        if name == "added" and name not in tables:
            continue
        sheet = _Sheet(book, words.say(name))
        if name == "title":
            sheet.head(said)
        for key in keys:
            if key in tables:
                sheet.table(tables[key])
        sheet.close()
    _hours_chart(book, words, len(tables["hours"].rows), column=len(tables["hours"].columns) - 1)
    if tables["defects"].rows:
        _defects_chart(book, words, len(tables["defects"].rows))
    book.close()
    return file.getvalue()


class _Sheet:
    """A sheet that is filled from top to bottom."""

    def __init__(self, book: xlsxwriter.Workbook, name: str) -> None:
        self._sheet: Worksheet = book.add_worksheet(name)
        self._book = book
        self._row = 0
        self._widths: dict[int, int] = {}
        self._title = book.add_format({"bold": True, "font_size": 12})
        self._said = book.add_format({"italic": True})
        self._bad = book.add_format(
            {"bold": True, "font_color": "#A61B1B", "text_wrap": True, "valign": "top"}
        )
        self._below = book.add_format({"italic": True, "text_wrap": True, "valign": "top"})
        self._wrapped_rows: list[tuple[int, str, int]] = []
        """Row, words, and over how many columns."""
        self._formats: dict[tuple[Form, bool, str], Format] = {}

    def head(self, said: Content) -> None:
        """Title, time, whether it can be trusted, and the figures at the top."""
        for line in (said.title, said.station, said.period):
            if line:
                self._text(line, self._title)
        for statement in said.statements:
            form = self._bad if statement.bad else self._below
            self._wrapped(statement.text, form, columns=_HEAD_COLUMNS)
        for fact in said.facts:
            self._write(self._row, 0, Cell(fact.title))
            self._write(self._row, 1, fact.cell, bold=True)
            self._write(self._row, 2, Cell(fact.of or None))
            self._row += 1
        self._row += 1

    def table(self, table: Table) -> None:
        """One table with its title and note, or what is said where it is empty."""
        self._text(table.title, self._title)
        if not table.rows:
            self._text(table.empty, self._said)
            self._row += 1
            return
        self._native(table)
        for at, row in enumerate((*table.rows, table.total), start=self._row + 1):
            for column, cell in enumerate(row):
                self._write(at, column, cell, bold=at > self._row + len(table.rows))
        self._row += 1 + len(table.rows) + bool(table.total)
        if table.note:
            self._wrapped(table.note, self._below, columns=len(table.columns))
        self._row += 1

    def close(self) -> None:
        """Make the columns as wide as what is in them, and the print fit a page."""
        widths = {column: min(width + 3, _WIDEST) for column, width in self._widths.items()}
        for column, width in widths.items():
            self._sheet.set_column(column, column, width)
        for row, text, columns in self._wrapped_rows:
            room = sum(widths.get(column, _USUAL) for column in range(columns))
            self._sheet.set_row(row, _LINE * math.ceil(_wide(text) / room))
        self._sheet.set_landscape()
        self._sheet.set_paper(_A4)
        self._sheet.fit_to_pages(1, 0)

    def _native(self, table: Table) -> None:
        last = self._row + len(table.rows)
        for column, heading in enumerate(table.columns):
            self._widen(column, heading.title)
        refused = self._sheet.add_table(
            self._row,
            0,
            last,
            len(table.columns) - 1,
            {
                "name": f"passgate_{table.key}",
                "columns": [{"header": column.title} for column in table.columns],
                "style": "Table Style Light 1",
            },
        )
        if refused:
            raise StoreError(
                f"The table {table.key!r} cannot be written for Excel (XlsxWriter's code {refused})",
                part="The record is as it was; no file was written",
                todo="write the report as pdf or json, and report this as a fault of Passgate",
            )

    def _wrapped(self, text: str, form: Format, *, columns: int) -> None:
        """What is said over the width of several columns: what runs beyond a table makes its print small."""
        self._sheet.merge_range(self._row, 0, self._row, columns - 1, "", form)
        self._wrapped_rows.append((self._row, text, columns))
        self._text(text, form)

    def _text(self, text: str, form: Format) -> None:
        self._sheet.write_string(self._row, 0, _fitting(text), form)
        self._row += 1

    def _write(self, row: int, column: int, cell: Cell, *, bold: bool = False) -> None:
        form = self._format(cell, bold=bold)
        if cell.value is None:
            self._sheet.write_blank(row, column, None, form)
        elif isinstance(cell.value, str):
            self._sheet.write_string(row, column, _fitting(cell.value), form)
        else:
            self._sheet.write_number(row, column, cell.value, form)
        self._widen(column, cell.text)

    def _widen(self, column: int, text: str) -> None:
        self._widths[column] = max(self._widths.get(column, 0), _wide(text))

    def _format(self, cell: Cell, *, bold: bool) -> Format:
        shown = _as_on_paper(cell) if cell.form is Form.NUMBER else _NUMBER_FORMATS.get(cell.form, "General")
        key = cell.form, bold, shown
        if key not in self._formats:
            looks = {"bold": bold, "valign": "top", "num_format": shown}
            text = {"text_wrap": True} if cell.form is Form.TEXT else {}
            self._formats[key] = self._book.add_format(looks | text)
        return self._formats[key]


def _as_on_paper(cell: Cell) -> str:
    """How Excel shows a measured number with as many digits as the page does; the cell has them all."""
    _, point, behind = cell.text.partition(".")
    if not cell.text.strip("-+.0123456789"):
        return f"0.{'0' * len(behind)}" if point else "0"
    return "0.0000E+00" if "e" in cell.text else "General"


def _wide(text: str) -> int:
    """In columns of Latin letters."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def _fitting(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"


def _hours_chart(book: xlsxwriter.Workbook, words: Words, rows: int, *, column: int) -> None:
    """The yield of each hour."""
    name = words.say("hours")
    chart = book.add_chart({"type": "line"})
    chart.add_series(
        {
            "name": words.say("yield"),
            "categories": [name, 2, 0, rows + 1, 0],
            "values": [name, 2, column, rows + 1, column],
            "marker": {"type": "circle"},
        }
    )
    chart.set_title({"name": words.say("yield")})
    chart.set_legend({"none": True})
    book.get_worksheet_by_name(name).insert_chart(rows + 6, 0, chart, {"x_scale": 1.8})


def _defects_chart(book: xlsxwriter.Workbook, words: Words, rows: int) -> None:
    """A Pareto chart: parts as columns, their running share as a line."""
    name = words.say("defects")
    bars, line = book.add_chart({"type": "column"}), book.add_chart({"type": "line"})
    for chart, column, more in ((bars, 1, {}), (line, 3, {"y2_axis": True})):
        chart.add_series(
            {
                "name": [name, 1, column],
                "categories": [name, 2, 0, rows + 1, 0],
                "values": [name, 2, column, rows + 1, column],
                **more,
            }
        )
    bars.combine(line)
    bars.set_title({"name": words.say("defects_chart")})
    line.set_y2_axis({"min": 0, "max": 1, "num_format": "0%"})
    bars.set_x_axis({"num_font": {"size": 8}})
    book.get_worksheet_by_name(name).insert_chart(rows + 6, 0, bars, {"x_scale": 1.8, "y_scale": 1.6})
