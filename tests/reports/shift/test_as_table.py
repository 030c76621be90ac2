"""A shift as a table for the terminal."""

import io
from datetime import timedelta
from zoneinfo import ZoneInfo

from rich.console import Console
from sqlalchemy import Engine

from inspection.times.shifts import Shift
from reports.shift.as_table import to_table
from reports.shift.figures import ShiftSummary, shift_summary
from reports.store.store import SqlStore
from tests.reports.parts import START
from tests.reports.shift.the_shift import END, HELD


def test_the_table_names_the_shift_by_the_plants_clocks_and_marks_figures_that_are_provisional(
    shift: SqlStore, reader: Engine
) -> None:
    night = Shift("[red]", START.date(), START, END)
    for now, marked in ((START + timedelta(hours=2), True), (END, False)):
        printed = io.StringIO()
        summary = shift_summary(reader, start=START, end=END, shift=night, now=now)
        Console(file=printed, width=120).print(to_table(summary, zone=ZoneInfo("Asia/Kolkata")))
        text = printed.getvalue()
        assert "Shift [red] of 2026-03-02, 2026-03-02 11:30+05:30 to 2026-03-02 19:30+05:30" in text
        assert ("PROVISIONAL: not over, as of 2026-03-02 13:30:00+05:30" in text) is marked
        assert ("PROVISIONAL" in text) is marked


def test_the_table_prints(summary: ShiftSummary, shift: SqlStore, reader: Engine) -> None:
    printed = io.StringIO()
    console = Console(file=printed, width=100)
    console.print(to_table(summary))
    empty = shift_summary(reader, start=END + timedelta(days=1), end=END + timedelta(days=2))
    console.print(to_table(empty))
    text = printed.getvalue()
    for expected in (
        "40.00%",
        "not as decided",
        f"certificate {HELD.id[:8]}",
        "uncertified",
        "1 of 2 known",
        "gap",
        "No parts in this time",
        "none judged",
        "truth unknown",
    ):
        assert expected in text
