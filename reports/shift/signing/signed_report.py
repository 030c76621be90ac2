"""The report of a signed shift: the one that was signed, with its signatures, and what came since."""

import json
from datetime import date, datetime
from typing import Any, Final

from pydantic import ValidationError
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from inspection.errors import StoreError
from inspection.times.shifts import Shift
from reports.record.signatures.on_record import SignedShift, find_signed
from reports.record.signatures.table import sha256_of
from reports.record.unreadable import unreadable
from reports.shift.document.report import ShiftReport
from reports.shift.query import shift_on_record
from reports.shift.signing.since import PartsOfSigned, added_since, events_since, parts_of_signed
from reports.shift.signing.state import Signing
from reports.store.waiting import Waiting

DETACHED: Final = "signing"
"""The one key of a report's JSON that is no part of what is signed: how it is signed."""


def text_of(report: ShiftReport) -> str:
    """What is signed of a report: canonical JSON of all but its key ``signing``.

    Raises:
        StoreError: A figure cannot be kept as JSON.
    """
    return text_in(json.loads(report.model_dump_json()))


def text_in(said: dict[str, Any]) -> str:
    """As ``text_of``, of a report's JSON as it was read from a file."""
    part = {key: value for key, value in said.items() if key != DETACHED}
    try:
        return json.dumps(part, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except ValueError as error:
        raise StoreError(f"The report cannot be kept as JSON: {error}", todo="nothing was signed") from error


def digest_of(report: ShiftReport) -> str:
    """SHA-256 of what was signed, or would be, hex. Raises StoreError."""
    return sha256_of(text_of(report)) if report.signing is None else report.signing.report_sha256


def to_json(report: ShiftReport) -> bytes:
    """The report for machines, indented. Of a signed one all but ``signing`` is what was signed.

    Raises:
        StoreError: A figure cannot be kept as JSON.
    """
    if report.signing is None:
        return f"{report.model_dump_json(indent=2)}\n".encode()
    said = {**json.loads(report.signing.text), DETACHED: report.signing.model_dump(mode="json")}
    return f"{json.dumps(said, indent=2, ensure_ascii=False)}\n".encode()


def signed_shift(engine: Engine, *, day: date, name: str) -> SignedShift | None:
    """The shift of that date and name where somebody has signed its report; else None.

    Args:
        engine: From ``reports.database.connecting.open_reader``.
        day: On which it began by the plant's clocks.
        name: As it was called then.

    Raises:
        StoreError: A signature is not what the record's events say, or the database cannot be read.
    """
    try:
        with engine.connect() as connection:
            return find_signed(connection, day, name)
    except (SQLAlchemyError, TypeError, ValueError) as error:
        raise unreadable(engine, error) from error


def signed_as_asked(engine: Engine, shift: Shift | None) -> SignedShift | None:
    """The shift where somebody has signed its report; None where nobody has, or no shift is asked for.

    One of the same name and date may have had other bounds, before the station's shifts were changed: it is
    another one.

    Args:
        engine: From ``reports.database.connecting.open_reader``.
        shift: That is asked for.

    Raises:
        StoreError: A signature is not what the record's events say, or the database cannot be read.
    """
    if shift is None:
        return None
    found = signed_shift(engine, day=shift.date, name=shift.name)
    return found if found is not None and found.shift.started_at == shift.start else None


def parts_as_signed(engine: Engine, signed: SignedShift) -> PartsOfSigned:
    """The parts of a signed shift as they stood then, and the revisions that came since.

    Raises:
        StoreError: The database cannot be read.
    """
    shift = signed.shift
    bounds = {"start": shift.started_at, "end": shift.ended_at}
    try:
        with engine.connect() as connection:
            return parts_of_signed(
                connection, **bounds, upto=shift.parts_position, events_upto=shift.events_position
            )
    except (SQLAlchemyError, TypeError, ValueError) as error:
        raise unreadable(engine, error) from error


def report_as_signed(engine: Engine, signed: SignedShift, *, waiting: Waiting, now: datetime) -> ShiftReport:
    """The report that was signed, and what became of the record since. Its figures never change.

    Args:
        engine: From ``reports.database.connecting.open_reader``.
        signed: From ``signed_shift``.
        waiting: What lies in the spool.
        now: The wall clock, with time zone.

    Raises:
        StoreError: The report is of a Passgate that this one cannot read, or the database cannot be read.
    """
    shift = signed.shift
    found = shift_on_record(engine, start=shift.started_at, end=shift.ended_at, waiting=waiting, now=now)
    faults = [found.chain.reason, found.events.reason, waiting.fault or found.contradiction]
    try:
        with engine.connect() as connection:
            signing = signing_of(connection, signed)
    except (SQLAlchemyError, TypeError, ValueError) as error:
        raise unreadable(engine, error) from error
    now_known = {"spooled": found.spooled, "fault": next(filter(None, faults), "")}
    return read_back(signed.report, signing.model_copy(update=now_known))


def signing_of(connection: Connection, signed: SignedShift) -> Signing:
    """How a shift is signed, with what came to the database since.

    Raises:
        SQLAlchemyError: The database cannot be read.
        ValueError: A record is none.
    """
    shift = signed.shift
    start, end = shift.started_at, shift.ended_at
    return Signing(
        report_sha256=shift.report_sha256,
        parts_position=shift.parts_position,
        parts_head=shift.parts_head,
        events_position=shift.events_position,
        events_head=shift.events_head,
        signatures=signed.signatures,
        added=added_since(connection, start=start, end=end, after=shift.parts_position),
        added_events=events_since(connection, start=start, end=end, after=shift.events_position),
        text=signed.report,
    )


def read_back(text: str, signing: Signing | None) -> ShiftReport:
    """The report that a canonical JSON is of.

    Raises:
        StoreError: It is of a Passgate that this one cannot read.
    """
    try:
        report = ShiftReport.model_validate_json(text)
    except ValidationError as error:
        raise StoreError(
            f"this report is of a Passgate that this one cannot read: {error.error_count()} fields differ",
            part="What was signed is on record as it was",
            todo="print it with that version; passgate report signatures shows who signed",
        ) from error
    return report.model_copy(update={DETACHED: signing})
