"""Writes a shift report to files: each whole or not at all."""

from collections.abc import Mapping
from datetime import UTC, tzinfo
from pathlib import Path

from inspection.errors import StoreError
from inspection.files.atomic import atomic_write
from reports.shift.document.as_pdf import to_pdf
from reports.shift.document.as_xlsx import to_xlsx
from reports.shift.document.kinds import Kind
from reports.shift.document.report import ShiftReport
from reports.shift.document.words.words import Words
from reports.shift.figures import ShiftSummary
from reports.shift.signing.signed_report import to_json


def contents_of(
    kind: Kind,
    report: ShiftReport,
    words: Words,
    *,
    zone: tzinfo | None = None,
    archive: Path | None = None,
) -> bytes:
    """A file of the report; those that are made of its parts are made by ``reports.shift.files``.

    Raises:
        StoreError: It cannot be made.
        ValueError: It is made of the parts.
    """
    match kind:
        case Kind.PDF:
            return to_pdf(report, words, zone=zone, archive=archive)
        case Kind.XLSX:
            return to_xlsx(report, words, zone=zone)
        case Kind.JSON:
            return to_json(report)
        case Kind.CSV | Kind.DFQ:
            raise ValueError(f"a {kind} is made of the parts, not of the report")


def name_of(kind: Kind, summary: ShiftSummary, words: Words) -> str:
    """``shift_20260302T060000Z_20260302T140000Z_en.pdf``: the shift's bounds, in UTC."""
    bounds = [at.astimezone(UTC).strftime("%Y%m%dT%H%M%S") for at in (summary.start, summary.end)]
    language = f"_{words.language}" if kind.has_language else ""
    return f"shift_{bounds[0]}Z_{bounds[1]}Z{language}.{kind}"


def write_files(folder: Path, files: Mapping[str, bytes]) -> tuple[Path, ...]:
    """Write files in a folder, which is made where it lacks; a report of the same name is replaced.

    Raises:
        StoreError: The disk refuses.
    """
    written = []
    for name, data in files.items():
        path = folder / name
        try:
            with atomic_write(path) as unfinished:
                unfinished.write_bytes(data)
        except OSError as error:
            raise StoreError(
                f"The report cannot be written to {path}: {error.strerror or error}",
                part="The record is as it was",
                todo="name a folder in which you may write, with --out, or make room on its disk",
            ) from error
        written.append(path)
    return tuple(written)
