"""A shift as a table for the terminal."""

import io
from datetime import timedelta

from rich.console import Console
from sqlalchemy import Engine

from reports.shift.as_table import to_table
from reports.shift.figures import ShiftSummary, shift_summary
from reports.store.store import SqlStore
from tests.reports.shift.the_shift import END, HELD


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
