"""A person signs the report of a shift: the password is asked for each time, and each answer is on record.

The shift's report is made outside any transaction that writes, for that takes a second in which the line's
records would wait. Where rows of the shift came meanwhile, all begins anew. What stands against a signature
is looked for in the transaction that writes it, in turn with all others: of two who sign at once each is on
record, one behind the other, or is told why not.
"""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

from sqlalchemy import Connection, select

from app.access.accounts import Accounts
from app.access.passwords import Hashing
from app.access.recording import PeoplesRecord, denied, note
from app.access.signable import Against, against_person, against_shift, doubts_since
from app.access.signing_in import SignedIn
from inspection.access.rights import Meaning, Proof, Right
from inspection.errors import AccessError, StoreError
from inspection.events import Event, EventKind
from inspection.messages.codes import Code
from inspection.messages.message import Sentence, joined
from inspection.messages.telling import said_as, say
from inspection.times.shifts import Shift
from reports.database.connecting import open_reader
from reports.record.chain import GENESIS
from reports.record.schema import EventRow, InspectionRow
from reports.record.signatures.on_record import (
    SignedShift,
    find_signed,
    overlapping,
    put_shift,
    put_signature,
)
from reports.record.signatures.table import ClosedShift, Signature, sha256_of
from reports.record.users.on_record import User, read_users
from reports.settings import StoreSettings
from reports.shift.document.report import ShiftReport, report_of
from reports.shift.query import ShiftOnRecord, shift_on_record
from reports.shift.signing.signed_report import text_of
from reports.shift.signing.since import added_since
from reports.statistics.rule_sets import RuleSet
from reports.store.waiting import read_waiting

_MOST_REASON = 500


class ToSign(NamedTuple):
    """What somebody wants to sign."""

    shift: Shift
    meaning: Meaning
    zone: tzinfo | None = None
    """The plant's; None for this machine's."""
    station: str = ""
    """Its name, as it stands in the report."""
    reason: str = ""
    """What he has to say to it."""
    rule_set: RuleSet = RuleSet.NELSON_1984
    """Whose signals the control charts name; of the first signature, as the next."""
    subgroup: int = 1
    """So many parts in a row are a subgroup of a gauge's chart."""


class Signed(NamedTuple):
    """A signature that is on record."""

    signature: Signature
    shift: ClosedShift
    nth: int
    """How many there are below the report with this one."""


def sign(
    settings: StoreSettings,
    name: str,
    password: str,
    asked: ToSign,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    hashing: Hashing | None = None,
) -> Signed:
    """Sign the report of a shift; the first who does makes its figures stand for ever.

    Args:
        settings: Where the record lies; its schema is up to date (``making.make_up_to_date``).
        name: Who signs.
        password: His own, asked for now.
        asked: What he signs.
        now: Returns the wall clock, with time zone.
        hashing: How passwords are kept.

    Raises:
        AccessError: He is not who he says, may not sign, or something stands against it; that is on record.
        StoreError: The record cannot be read or written.
    """
    if len(asked.reason) > _MOST_REASON or not asked.reason.isprintable():
        raise AccessError(
            f"a reason has at most {_MOST_REASON} letters, in one line",
            todo="write it anew; nothing was signed",
        )
    accounts = Accounts(settings, now=now, hashing=hashing)
    by = accounts.sign_in(name, password, proof=Proof.PASSWORD)
    accounts.require(Right.SIGN, by=by)
    record = PeoplesRecord(settings, now=now)
    while True:
        waiting = read_waiting(settings)  # first: see ``reports.store.waiting``
        reader = open_reader(settings.url)
        start, end = asked.shift.start, asked.shift.end
        try:
            found = shift_on_record(reader, start=start, end=end, waiting=waiting, now=record.now())
        finally:
            reader.dispose()
        report = report_of(
            found,
            start=start,
            end=end,
            waiting=waiting,
            shift=asked.shift,
            station=asked.station,
            now=record.now(),
            rule_set=asked.rule_set,
            subgroup=asked.subgroup,
        )
        with record.transaction(writes=True) as connection:
            if added_since(connection, start=start, end=end, after=found.parts_end):
                continue
            done = _signed(connection, record.now(), by, asked, found, report)
        if isinstance(done, Signed):
            return done
        raise _refusal(done, asked)


def _signed(
    connection: Connection,
    now: datetime,
    by: SignedIn,
    asked: ToSign,
    found: ShiftOnRecord,
    report: ShiftReport,
) -> "Signed | Against":
    """Put the signature on record, or that it was refused, and what stands against it."""
    against = against_shift(report, now=now, zone=asked.zone)
    before: SignedShift | None = None
    try:
        before = find_signed(connection, asked.shift.date, asked.shift.name)
    except StoreError as error:
        against.bars.append(said_as(error.what, Code.SHIFT_UNPROVEN))
    shift = _closed(connection, asked, found, report) if before is None else before.shift
    signatures = () if before is None else before.signatures
    if before is None:
        other = overlapping(connection, shift)
        if other is not None:
            against.bars.append(say(Code.SHIFT_OVERLAPS, other=other.name, other_date=f"{other.day}"))
    else:
        added = added_since(
            connection, start=shift.started_at, end=shift.ended_at, after=shift.parts_position
        )
        against.doubts[:] = doubts_since(signatures, added, now=now, zone=asked.zone)
    against.bars.extend(_against_person(connection, by, asked.meaning, signatures))
    if against.bars or (against.doubts and not asked.reason):
        note(connection, now, EventKind.REFUSED, by.name, _said(against, asked))
        return against
    signature = Signature(
        name=by.name,
        role=by.role,
        meaning=asked.meaning,
        at=now,
        report_sha256=shift.report_sha256,
        reason=asked.reason,
        parts_position=found.parts_end,
    )
    event_id = before.event_id if before is not None else _close(connection, shift, report, signature)
    named = {"shift": shift.name, "date": f"{shift.day}"}
    said = say(Code.REPORT_SIGNED, user=by.name, role=by.role, meaning=asked.meaning, **named)
    put_signature(connection, signature, event_id, _event(EventKind.REPORT_SIGNED, signature, said))
    return Signed(signature, shift, len(signatures) + 1)


def _against_person(
    connection: Connection, by: SignedIn, meaning: Meaning, signatures: tuple[Signature, ...]
) -> list[Sentence]:
    """As he is on record now: he may have been disabled, or given another role, since he signed in."""
    users = read_users(connection)
    user: User | None = users.of(by.name)
    if user is None or not user.active:
        return [say(Code.SIGN_IN_DISABLED, user=by.name)]
    if user.role is not by.role:
        return [say(Code.RIGHT_MISSING, user=by.name, role=user.role, proof=by.proof)]
    return against_person(user, users.by_key.values(), meaning, signatures)


def _closed(connection: Connection, asked: ToSign, found: ShiftOnRecord, report: ShiftReport) -> ClosedShift:
    """The shift as it would stand on record with its first signature."""
    stored = [row for row in found.rows if row.position]
    return ClosedShift(
        name=asked.shift.name,
        day=asked.shift.date,
        started_at=asked.shift.start,
        ended_at=asked.shift.end,
        zone="" if asked.zone is None else str(asked.zone),
        report_sha256=sha256_of(text_of(report)),
        parts_position=found.parts_end,
        parts_head=_head(connection, InspectionRow, found.parts_end),
        first_position=min((row.root for row in stored), default=0),
        last_position=max((row.position for row in stored), default=0),
        events_position=found.events_end,
        events_head=_head(connection, EventRow, found.events_end),
    )


def _head(connection: Connection, table: type[InspectionRow | EventRow], position: int) -> str:
    return connection.scalar(select(table.row_hash).where(table.position == position)) or GENESIS


def _close(connection: Connection, shift: ClosedShift, report: ShiftReport, first: Signature) -> str:
    said = say(Code.SHIFT_CLOSED, shift=shift.name, date=f"{shift.day}", sha256=shift.report_sha256)
    return put_shift(connection, shift, text_of(report), _event(EventKind.SHIFT_CLOSED, first, said))


def _event(kind: EventKind, signature: Signature, said: Sentence) -> Event:
    return Event(at=signature.at, kind=kind, by=signature.name, detail=said, coded=said.coded)


def _said(against: Against, asked: ToSign) -> Sentence:
    """That nothing was signed, and why: first what no reason helps against."""
    return say(
        Code.NOT_SIGNED,
        shift=asked.shift.name,
        date=f"{asked.shift.date}",
        meaning=asked.meaning,
        cause=joined(against.bars or against.doubts),
    )


def _refusal(against: Against, asked: ToSign) -> AccessError:
    todo = "mend that first; nothing was signed, and that it was refused is on record"
    if not against.bars:
        todo = "sign with --reason if it is right so, and say there why; nothing was signed"
    return denied(_said(against, asked), todo=todo)
