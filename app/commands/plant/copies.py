"""Shift reports of many stations, out of the plant's database: each by itself, with its own figures."""

import re
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from app.command_line.output import print_json
from app.command_line.plant import Copies
from inspection.errors import StoreError
from reports.shift.document.kinds import Kind

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from reports.shift.figures import ShiftSummary
    from reports.shift.files import Asked
    from reports.store.waiting import Waiting


def report_copies(
    copies: Copies, asked: "Asked", *, now: datetime, out: Path | None, csv: bool, as_json: bool
) -> None:
    """Report the stations one behind the other.

    Args:
        copies: Which.
        asked: What of each.
        now: The wall clock, with time zone.
        out: Write files here, of several stations into a folder each.
        csv: Write the parts as CSV on the terminal, not the summary.
        as_json: One JSON object for all.

    Raises:
        BadParameter: A CSV of several stations on the terminal.
        StoreError: The plant cannot be read, a file not be written, or a station's figures are not final.
    """
    from reports.record.chain import words_of_head
    from reports.shift.as_table import to_table

    if csv and copies.several:
        raise typer.BadParameter("it is of one station: name that with --station, or add --out FOLDER")
    told: list[dict[str, object]] = []
    unsure: list[tuple[str, ShiftSummary]] = []
    for copy in copies.stations:
        folder = out and (out / folder_of(copy.station) if copies.several else out)
        waiting = copy.lacks(end=asked.end, now=now)
        with copies.opened(copy) as reader:
            summary, written = _report(
                reader, replace(asked, station=copy.station), waiting, now=now, out=folder, csv=csv
            )
        files = [str(path) for path in written]
        of_files = {"files": files, "final": summary.final, "statement": summary.statement}
        told.append(
            {"station": copy.station}
            | (of_files if out is not None else {"summary": summary.model_dump(mode="json")})
        )
        if not summary.final:
            unsure.append((copy.station, summary))
        if as_json or csv:
            continue
        typer.echo(copy.station)
        if out is None:
            Console().print(to_table(summary, zone=asked.zone))
            typer.echo(f"chain head {words_of_head(summary.chain.head)}")
        for file in files:
            typer.echo(file)
    if as_json:
        print_json({"final": not unsure, "stations": told})
    if unsure:
        name, summary = unsure[0]
        others = f" (and {len(unsure) - 1} other stations are not final)" if len(unsure) > 1 else ""
        raise StoreError(f"{name}: {summary.statement}{others}", todo=summary.advice)


def folder_of(station: str) -> str:
    """A station's name as a folder's.

    >>> folder_of("Halle 2/工位 1")
    'Halle 2_工位 1'
    """
    return re.sub(r"[^\w .()-]", "_", station).strip(". ") or "_"


def _report(
    reader: "Engine", asked: "Asked", waiting: "Waiting", *, now: datetime, out: Path | None, csv: bool
) -> "tuple[ShiftSummary, tuple[Path, ...]]":
    """One station: its figures, and the files that were written."""
    from reports.shift.document.writing import write_files
    from reports.shift.files import report_files

    kinds = asked.kinds if out is not None else (Kind.CSV,) if csv else ()
    made = report_files(reader, replace(asked, kinds=kinds), waiting=waiting, now=now)
    if out is not None:
        return made.summary, write_files(out, made.files)
    for data in made.files.values():
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    return made.summary, ()
