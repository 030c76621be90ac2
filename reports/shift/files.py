"""The files of a shift's report, all made of one state of the record, before any is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path

from sqlalchemy import Engine

from inspection.times.shifts import Shift
from reports.shift.as_csv import to_csv
from reports.shift.as_dfq import to_dfq
from reports.shift.document.kinds import Kind, Language
from reports.shift.document.report import shift_report
from reports.shift.document.words.words import Words
from reports.shift.document.writing import contents_of, name_of
from reports.shift.figures import ShiftSummary
from reports.shift.query import shift_inspections
from reports.statistics.rule_sets import RuleSet
from reports.store.waiting import NOTHING, Waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Of what there are files, and which."""

    start: datetime
    """Inclusive, with time zone."""
    end: datetime
    """Exclusive, with time zone, after ``start``."""
    shift: Shift | None = None
    """The plant's shift that it is; None for another stretch of time."""
    station: str = ""
    """Its name; empty where none is known."""
    zone: tzinfo | None = None
    """The plant's; None for this machine's."""
    kinds: Sequence[Kind] = tuple(Kind)
    languages: Sequence[Language] = (Language.EN,)
    archive: Path | None = None
    """Root of the picture archive, for pictures of defects; None where it is not at hand."""
    rule_set: RuleSet = RuleSet.NELSON_1984
    subgroup: int = 1
    """So many parts in a row are a subgroup of a gauge's chart; with 1 each is a point."""
    separator: str = ","
    """Of the CSV."""
    decimal: str = "."
    """Of the CSV."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Files that are not written yet."""

    summary: ShiftSummary
    files: Mapping[str, bytes]
    """By their names."""


def report_files(reader: Engine, asked: Asked, *, waiting: Waiting = NOTHING, now: datetime) -> Made:
    """Make the files of a report.

    Args:
        reader: From ``reports.database.connecting.open_reader``.
        asked: Which.
        waiting: What lies in the spool (``reports.store.waiting.read_waiting``).
        now: The wall clock, with time zone.

    Raises:
        StoreError: The times make no sense, the database cannot be read, or a file cannot be made.
    """
    report = shift_report(
        reader,
        start=asked.start,
        end=asked.end,
        waiting=waiting,
        shift=asked.shift,
        station=asked.station,
        now=now,
        rule_set=asked.rule_set,
        subgroup=asked.subgroup,
    )
    of_parts = any(kind.of_parts for kind in asked.kinds)
    parts = shift_inspections(reader, start=asked.start, end=asked.end, waiting=waiting) if of_parts else []
    files: dict[str, bytes] = {}
    for kind in asked.kinds:
        for words in map(Words, asked.languages if kind.has_language else asked.languages[:1]):
            if kind is Kind.CSV:
                data = to_csv(parts, separator=asked.separator, decimal=asked.decimal)
            elif kind is Kind.DFQ:
                data = to_dfq(
                    parts,
                    start=asked.start,
                    end=asked.end,
                    station=asked.station,
                    shift=asked.shift,
                    zone=asked.zone,
                )
            else:
                data = contents_of(kind, report, words, zone=asked.zone, archive=asked.archive)
            files[name_of(kind, report.summary, words)] = data
    return Made(summary=report.summary, files=files)
