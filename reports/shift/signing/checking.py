"""Whether the file of a report is what the record says: its figures, its heads, its signatures."""

import json
import re
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from sqlalchemy import Engine, select

from inspection.decision import Frozen
from inspection.errors import StoreError
from inspection.times.local_time import zone_named
from reports.audit.verification import verify_record
from reports.database.connecting import open_reader
from reports.record.chain import GENESIS
from reports.record.schema import EventRow
from reports.record.signatures.on_record import SignedShift
from reports.record.signatures.table import Signature, sha256_of
from reports.settings import StoreSettings
from reports.shift.document.kinds import Kind, Language
from reports.shift.document.report import ShiftReport, shift_report
from reports.shift.document.words.words import Words
from reports.shift.document.writing import contents_of
from reports.shift.figures import ShiftSummary
from reports.shift.signing.signed_report import (
    DETACHED,
    read_back,
    report_as_signed,
    signed_shift,
    text_in,
    text_of,
)
from reports.shift.signing.state import Signing
from reports.statistics.rule_sets import RuleSet
from reports.store.waiting import Waiting, read_waiting

_PRINTED: Final = re.compile(r"(?P<stem>.*)_(?P<lang>en|zh)\.(?P<kind>pdf|xlsx)")


class FileReport(Frozen):
    """What the check of a report's file found."""

    sound: bool
    reason: str = ""
    """What is wrong first; empty where it is sound."""
    report_sha256: str
    """Of what the file says."""
    signed: bool
    """Whether somebody has signed the report of this shift."""
    signatures: tuple[Signature, ...] = ()
    """Those on record."""
    printed: bool | None = None
    """Whether the PDF or XLSX is, byte by byte, what its JSON gives; None where a JSON was checked."""
    added: int = 0
    """Records that came after the first signature."""

    @property
    def lines(self) -> list[str]:
        """What is found of a sound file, for people."""
        what = "what was signed" if self.signed else "unsigned, and what the record says now"
        by = [
            f"{one.name}, {one.role}: {one.meaning} at {one.at:%Y-%m-%d %H:%M:%S} UTC"
            for one in self.signatures
        ]
        printed = ["the printed file is, byte by byte, what its JSON gives"] if self.printed else []
        later = [f"{self.added} records came after the first signature"] if self.added else []
        return [f"the file is {what}: SHA-256 {self.report_sha256}", *by, *printed, *later]


def check_file(file: Path, settings: StoreSettings, *, zone: tzinfo | None, now: datetime) -> FileReport:
    """Check a report's file against the record, which is verified as a whole.

    Args:
        file: The JSON of a report; or a PDF or XLSX, with its JSON beside it.
        settings: Where the record lies.
        zone: The plant's time zone, by which the file was printed, where nobody has signed; None for this
            machine's.
        now: The wall clock, with time zone.

    Raises:
        StoreError: The file is no report, or the record cannot be read.
    """
    named = _PRINTED.fullmatch(file.name)
    source = file if named is None else file.with_name(f"{named['stem']}.{Kind.JSON}")
    said = _read(source)
    text = text_in(said)
    report = read_back(text, None)
    waiting = read_waiting(settings)
    reader = open_reader(settings.url)
    try:
        shift = report.summary.shift
        signed = None if shift is None else signed_shift(reader, day=shift.date, name=shift.name)
        signing = None
        if signed is not None:
            signing = report_as_signed(reader, signed, waiting=waiting, now=now).signing
            zone = zone_named(signed.shift.zone or None)
            reason = _against_signed(said, text, signed, signing)
        else:
            reason = _against_now(said, text, report, reader, waiting=waiting, now=now)
        reason = reason or _heads(report, settings, reader)
    finally:
        reader.dispose()
    printed = (
        None
        if named is None
        else _is_printed(file, named, said, report, zone=zone, archive=settings.pictures)
    )
    if printed is False:
        reason = reason or f"it is not, byte by byte, what {source.name} gives in this version and zone"
    return FileReport(
        sound=not reason,
        reason=reason,
        report_sha256=sha256_of(text),
        signed=signed is not None,
        signatures=() if signed is None else signed.signatures,
        printed=printed,
        added=0 if signing is None else len(signing.added) + len(signing.added_events),
    )


def _read(source: Path) -> dict[str, Any]:
    try:
        said = json.loads(source.read_text(encoding="utf-8"))
    except OSError as error:
        raise StoreError(
            f"{source} cannot be read: {error.strerror or error}",
            todo="name the JSON of a report; a PDF or XLSX is checked by the JSON that was written beside it",
        ) from error
    except ValueError as error:
        raise StoreError(
            f"{source} is no JSON of a report: {error}",
            todo="name its JSON, or a PDF or XLSX beside it; a CSV cannot be checked",
        ) from error
    if not isinstance(said, dict):
        raise StoreError(f"{source} is no JSON of a report", todo="name another file")
    return said


def _claimed(said: dict[str, Any], text: str) -> Signing | None:
    """How the file says that it is signed. Raises ValueError where that cannot be."""
    claimed = said.get(DETACHED)
    return None if claimed is None else Signing.model_validate({**claimed, "text": text})


def _against_signed(said: dict[str, Any], text: str, signed: SignedShift, now: Signing | None) -> str:
    """What of a file is not what was signed; empty for nothing."""
    if text != signed.report:
        return f"its figures are not those that were signed (SHA-256 {signed.shift.report_sha256})"
    try:
        claimed = _claimed(said, text)
    except (ValidationError, TypeError):
        return "what it says of its signatures is none"
    assert now is not None
    if claimed is not None and claimed.signatures != now.signatures[: len(claimed.signatures)]:
        return "it names signatures that are not on record"
    if claimed is not None and claimed.added != now.added[: len(claimed.added)]:
        return "what it lists as added after signing is not on record"
    return now.fault


def _against_now(
    said: dict[str, Any], text: str, report: ShiftReport, reader: Engine, *, waiting: Waiting, now: datetime
) -> str:
    """What of an unsigned file is not what the record says now; empty for nothing."""
    if said.get(DETACHED) is not None:
        return "it names signatures, and on record nobody has signed it"
    summary = report.summary
    subgroup = max((one.subgroups.size for one in summary.gauges if one.subgroups is not None), default=1)
    for rules in RuleSet:
        fresh = shift_report(
            reader,
            start=summary.start,
            end=summary.end,
            waiting=waiting,
            shift=summary.shift,
            station=report.station,
            now=now,
            rule_set=rules,
            subgroup=subgroup,
        )
        if text_of(_of_then(fresh, summary)) == text:
            return ""
    return "nobody has signed it, and its figures are not those of the record now: changed, or from before"


def _of_then(fresh: ShiftReport, then: ShiftSummary) -> ShiftReport:
    """The report of now with those heads of then that depend on the moment, which ``_heads`` looks for.

    The next event closes a shift, and where it has no parts the record's newest row stands for them.
    """
    now = fresh.summary
    heads = {"events": then.events} if now.events.intact and then.events.intact else {}
    if not now.parts and now.chain.intact and then.chain.intact:
        heads["chain"] = then.chain
    return fresh.model_copy(update={"summary": now.model_copy(update=heads)})


def _heads(report: ShiftReport, settings: StoreSettings, reader: Engine) -> str:
    """What is wrong with the record, or with the heads that the file names; empty for nothing."""
    parts, events = (chain.head for chain in (report.summary.chain, report.summary.events))
    found = verify_record(settings, head=None if parts == GENESIS else parts)
    if not found.intact:
        return f"the record is broken{found.where}: {found.reason}"
    with reader.connect() as connection:
        known = connection.scalar(select(EventRow.position).where(EventRow.row_hash == events))
    if events != GENESIS and known is None:
        return f"no event of the record has the head {events}"
    return ""


def _is_printed(
    file: Path,
    named: "re.Match[str]",
    said: dict[str, Any],
    report: ShiftReport,
    *,
    zone: tzinfo | None,
    archive: Path,
) -> bool:
    try:
        signing = _claimed(said, text_in(said))
    except (ValidationError, TypeError):
        return False
    full = report.model_copy(update={DETACHED: signing})
    words = Words(Language(named["lang"]))
    made = contents_of(Kind(named["kind"]), full, words, zone=zone, archive=archive)
    return made == file.read_bytes()
