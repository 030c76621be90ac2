"""The files of a shift's report, all made of one state of the record, before any is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path

from sqlalchemy import Engine

from inspection.part import Inspection
from inspection.reviews.review import Review
from inspection.times.shifts import Shift
from reports.record.signatures.on_record import SignedShift
from reports.shift.as_csv import to_csv
from reports.shift.as_dfq import to_dfq
from reports.shift.document.kinds import Kind, Language
from reports.shift.document.report import shift_report
from reports.shift.document.words.words import Words
from reports.shift.document.writing import contents_of, name_of
from reports.shift.figures import ShiftSummary
from reports.shift.query import reviews_on_record, shift_inspections
from reports.shift.signing.signed_report import parts_as_signed, report_as_signed, signed_as_asked
from reports.shift.signing.state import Signing
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
    signing: Signing | None = None
    """How the report is signed; None where nobody has."""


def report_files(reader: Engine, asked: Asked, *, waiting: Waiting = NOTHING, now: datetime) -> Made:
    """Make the files of a report; of a shift that somebody has signed, those of what was signed.

    Args:
        reader: From ``reports.database.connecting.open_reader``.
        asked: Which.
        waiting: What lies in the spool (``reports.store.waiting.read_waiting``).
        now: The wall clock, with time zone.

    Raises:
        StoreError: The times make no sense, the database cannot be read, or a file cannot be made.
    """
    signed = signed_as_asked(reader, asked.shift)
    if signed is not None:
        report = report_as_signed(reader, signed, waiting=waiting, now=now)
    else:
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
    listed = None
    if any(kind.of_parts for kind in asked.kinds):
        listed = listed_parts(reader, start=asked.start, end=asked.end, signed=signed, waiting=waiting)
    files: dict[str, bytes] = {}
    for kind in asked.kinds:
        for words in map(Words, asked.languages if kind.has_language else asked.languages[:1]):
            if kind is Kind.CSV and listed is not None:
                data = listed.to_csv(separator=asked.separator, decimal=asked.decimal)
            elif kind is Kind.DFQ and listed is not None:
                data = to_dfq(
                    listed.parts,
                    start=asked.start,
                    end=asked.end,
                    station=asked.station,
                    shift=asked.shift,
                    zone=asked.zone,
                )
            else:
                data = contents_of(kind, report, words, zone=asked.zone, archive=asked.archive)
            files[name_of(kind, report.summary, words)] = data
    return Made(summary=report.summary, files=files, signing=report.signing)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedParts:
    """The parts of a stretch of time, for files that list them one by one."""

    parts: Sequence[Inspection]
    """Of a signed shift as they stood when it was first signed."""
    added: Sequence[Inspection] | None
    """What came since; None where nobody has signed."""
    reviews: Mapping[str, Review]
    """What people said of them, by inspection id."""
    reviews_since: Mapping[str, Review]

    def to_csv(self, *, separator: str, decimal: str) -> bytes:
        """One line a part. Raises ValueError where separator and decimal mark are the same."""
        return to_csv(
            self.parts,
            added=self.added,
            reviews=self.reviews,
            reviews_since=self.reviews_since,
            separator=separator,
            decimal=decimal,
        )


def listed_parts(
    reader: Engine, *, start: datetime, end: datetime, signed: SignedShift | None, waiting: Waiting
) -> ListedParts:
    """The parts of a stretch of time one by one; of a signed shift those signed, and what came after.

    Args:
        reader: From ``reports.database.connecting.open_reader``.
        start: Inclusive, with time zone.
        end: Exclusive, with time zone, after ``start``.
        signed: The shift, where somebody has signed it.
        waiting: What lies in the spool.

    Raises:
        StoreError: The times make no sense, or the database cannot be read.
    """
    if signed is None:
        return ListedParts(
            parts=shift_inspections(reader, start=start, end=end, waiting=waiting),
            added=None,
            reviews=reviews_on_record(reader, start=start, end=end),
            reviews_since={},
        )
    found = parts_as_signed(reader, signed)
    return ListedParts(
        parts=found.signed, added=found.added, reviews=found.reviews, reviews_since=found.reviews_since
    )
