"""The shift report: what happened to the parts of a stretch of time, as figures, table and CSV.

A part belongs to the shift in which its trigger was seen (``Trigger.seen_at``), however late its outcome
came.
Everything but ``first_pass_yield`` and latency speaks of the latest revision of each part.
"""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from rich.table import Table
from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import aliased

from inspection.decision import Action, Frozen
from inspection.errors import StoreError
from inspection.part import Inspection, MissedCause, Outcome
from inspection.risk import CertificateRef
from inspection.status import Percentiles
from reports.audit import ChainReport, verify_connection
from reports.schema import InspectionRow
from reports.statistics import first_pass_yield


class ShiftPart(Frozen):
    """One part, as a summary names it."""

    part_id: int
    trigger_seq: int
    seen_at: datetime


class CertifiedParts(Frozen):
    """Parts that were judged while a certificate held, or while none did."""

    certificate: CertificateRef | None
    parts: int


class ShiftSummary(Frozen):
    """One shift in figures."""

    start: datetime
    """Inclusive, UTC."""
    end: datetime
    """Exclusive, UTC."""
    parts: int
    """Triggers on record, missed ones included."""
    by_action: dict[Action, int]
    by_outcome: dict[Outcome, int]
    missed: dict[MissedCause, int]
    """Triggers that got no inspection, by cause."""
    late: int
    """Decisions that missed the internal deadline."""
    simulated: int
    """Parts judged on rendered or replayed pictures: no real part was looked at."""
    first_pass_yield: float | None
    """Share of the judged parts (not missed) that passed at the first look, 0 to 1; None without parts."""
    certified: tuple[CertifiedParts, ...]
    """The judged parts by the certificate that held then, in the order of their first parts."""
    latency_ms: Percentiles | None
    """Trigger as we saw it to decision, first looks of judged parts; None without parts."""
    first: ShiftPart | None
    last: ShiftPart | None
    unreconciled: int
    """Parts without an outcome, or with an unconfirmed one: a person must look for them."""
    truth_known: int
    """Parts whose true state is known (simulation, replay)."""
    false_releases: int
    """Of these, defective ones that were released."""
    mismatched_releases: int
    """Parts released without a published pass on record: must be 0."""
    spooled: int
    """Records that wait in the spool and are not counted above."""
    chain: ChainReport
    """Verification of the rows from the shift's first to its last, and that the newest row is still there."""

    @property
    def statement(self) -> str:
        """One sentence on whether the figures can be trusted."""
        if not self.chain.intact:
            where = "" if self.chain.broken_at is None else f" at row {self.chain.broken_at}"
            return f"THE RECORD IS BROKEN{where}: {self.chain.reason}."
        if self.spooled:
            return f"Incomplete: {self.spooled} records still wait in the spool."
        if not self.parts:
            return "No parts in this time."
        return f"The record is intact: {self.chain.rows} rows verified."


def shift_summary(engine: Engine, *, start: datetime, end: datetime, spooled: int = 0) -> ShiftSummary:
    """Summarise the parts whose trigger was seen from ``start`` up to, not including, ``end``.

    Args:
        engine: From ``reports.database.open_reader``; read in one transaction, so the figures fit each other.
        start: With time zone.
        end: With time zone, after ``start``.
        spooled: Records that wait in the spool (``reports.spool.count_spooled``), for the statement.

    Raises:
        StoreError: The times make no sense, or the database cannot be read.
    """
    _check_range(start, end)
    try:
        with engine.connect() as connection:
            rows = _parts(connection, start, end)
            chain = verify_connection(
                connection,
                first=min((row.root for row in rows), default=1),
                last=max((row.position for row in rows), default=0),
            )
    except SQLAlchemyError as error:
        raise _unreadable(error) from error
    judged = [row for row in rows if row.missed is None]
    passed = sum(row.first_action == Action.PASS for row in judged)
    return ShiftSummary(
        start=start.astimezone(UTC),
        end=end.astimezone(UTC),
        parts=len(rows),
        by_action={Action(name): n for name, n in Counter(row.action for row in rows).items()},
        by_outcome={Outcome(name): n for name, n in Counter(row.outcome for row in rows).items() if name},
        missed={MissedCause(name): n for name, n in Counter(row.missed for row in rows).items() if name},
        late=sum(row.late or row.first_late for row in rows),
        simulated=sum(row.simulated for row in rows),
        first_pass_yield=first_pass_yield(passed_at_first_look=passed, judged=len(judged)),
        certified=_certified(judged),
        latency_ms=Percentiles.of(row.first_latency_ms for row in judged),
        first=_shift_part(rows[0]) if rows else None,
        last=_shift_part(rows[-1]) if rows else None,
        unreconciled=sum(row.outcome in (None, Outcome.UNCONFIRMED) for row in rows),
        truth_known=sum(row.truth_known for row in rows),
        false_releases=sum(row.false_release for row in rows),
        mismatched_releases=sum(
            row.outcome == Outcome.RELEASED
            and (row.action != Action.PASS or not row.published)
            and row.missed != MissedCause.BEFORE_RECORD
            for row in rows
        ),
        spooled=spooled,
        chain=chain,
    )


def shift_inspections(engine: Engine, *, start: datetime, end: datetime) -> list[Inspection]:
    """The latest revision of each part of the shift, in the order of their triggers.

    Args:
        engine: From ``reports.database.open_reader``.
        start: Inclusive, with time zone.
        end: Exclusive, with time zone, after ``start``.

    Raises:
        StoreError: The times make no sense, or the database cannot be read.
    """
    _check_range(start, end)
    row, later = InspectionRow, aliased(InspectionRow)
    query = (
        select(row.record)
        .outerjoin(later, later.supersedes == row.position)
        .where(later.position.is_(None), row.seen_at >= start, row.seen_at < end)
        .order_by(row.seen_at, row.root)
    )
    try:
        with engine.connect() as connection:
            return [Inspection.model_validate_json(record) for record in connection.scalars(query)]
    except SQLAlchemyError as error:
        raise _unreadable(error) from error


class _Part(NamedTuple):
    """What the summary needs of one part: its latest revision, and what its first revision said."""

    position: int
    root: int
    part_id: int
    trigger_seq: int
    seen_at: datetime
    action: str
    outcome: str | None
    missed: str | None
    published: bool
    simulated: bool
    late: bool
    truth_known: bool
    false_release: bool
    record: str
    first_action: str
    first_late: bool
    first_latency_ms: float


COLUMNS = (
    "seen_at_utc",
    "part_id",
    "trigger_seq",
    "plc_boot_id",
    "action",
    "decided_by",
    "outcome",
    "missed",
    "published",
    "simulated",
    "latency_ms",
    "confidence",
    "defect_score",
    "certificate",
    "recipe_id",
    "recipe_version",
    "defects",
    "reason",
    "model",
    "pictures",
    "inspection_id",
    "revision",
)
"""Columns of ``to_csv``."""


def to_csv(parts: Iterable[Inspection]) -> bytes:
    """One line a part, for Excel: UTF-8 with byte order mark, CRLF, comma.

    Text that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, "CSV Injection").
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for part in parts:
        trigger, decision = part.trigger, part.decision
        defects = "; ".join(f"{defect.type} ({defect.severity})" for defect in decision.defects)
        cells: tuple[object, ...] = (
            trigger.seen_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3],
            trigger.part_id,
            trigger.seq,
            trigger.plc_boot_id,
            decision.action,
            decision.decided_by,
            part.outcome or "",
            part.missed or "",
            "yes" if part.published else "no",
            "yes" if part.simulated else "no",
            round(decision.timings_ms.total, 1),
            decision.confidence,
            "" if decision.defect_score is None else decision.defect_score,
            "" if part.certificate is None else part.certificate.id,
            decision.recipe.id,
            decision.recipe.version,
            defects,
            decision.reason,
            f"{decision.model.name} {decision.model.version}",
            " ".join(part.pictures),
            part.inspection_id,
            part.revision,
        )
        writer.writerow([_harmless(cell) if isinstance(cell, str) else cell for cell in cells])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def to_table(summary: ShiftSummary) -> Table:
    """The summary for the terminal."""
    table = Table(
        title=f"Shift {summary.start:%Y-%m-%d %H:%M} to {summary.end:%Y-%m-%d %H:%M} UTC",
        caption=summary.statement,
        show_header=False,
    )
    table.add_column("figure")
    table.add_column("value", justify="right")
    rate, latency = summary.first_pass_yield, summary.latency_ms
    table.add_row("parts", str(summary.parts))
    for action in Action:
        table.add_row(f"  {action.value}", str(summary.by_action.get(action, 0)))
    table.add_section()
    for outcome in Outcome:
        table.add_row(f"  {outcome.value}", str(summary.by_outcome.get(outcome, 0)))
    table.add_row("unreconciled", str(summary.unreconciled))
    table.add_section()
    table.add_row("missed", str(sum(summary.missed.values())))
    for cause, parts in summary.missed.items():
        table.add_row(f"  {cause.value}", str(parts))
    table.add_row("late", str(summary.late))
    table.add_row("simulated", str(summary.simulated))
    table.add_row("first-pass yield", "none judged" if rate is None else f"{rate:.2%}")
    for held in summary.certified:
        name = "uncertified" if held.certificate is None else f"certificate {held.certificate.id[:8]}"
        promise = "" if held.certificate is None else f"{held.certificate.promise}, "
        table.add_row(name, f"{promise}{held.parts} parts")
    if latency is not None:
        figures = " / ".join(f"{ms:.0f}" for ms in (latency.p50, latency.p95, latency.p99, latency.max))
        table.add_row("latency p50 / p95 / p99 / max, ms", figures)
    known = f" of {summary.truth_known} known" if summary.truth_known else ", truth unknown"
    table.add_row("false releases", f"{summary.false_releases}{known}" if summary.truth_known else known[2:])
    table.add_row("releases without a published pass", str(summary.mismatched_releases))
    for name, part in (("first part", summary.first), ("last part", summary.last)):
        if part is not None:
            table.add_row(name, f"{part.part_id} at {part.seen_at:%H:%M:%S}")
    table.add_row("chain head", summary.chain.head[:16])
    return table


def _check_range(start: datetime, end: datetime) -> None:
    if start.tzinfo is None or end.tzinfo is None:
        raise StoreError("The shift's times lack a time zone", todo="Write 2026-03-02T06:00:00+01:00")
    if start >= end:
        raise StoreError(
            f"The shift begins at {start.isoformat()}, not before its end at {end.isoformat()}",
            todo="Exchange --from and --to, or choose a longer time",
        )


def _unreadable(error: SQLAlchemyError) -> StoreError:
    return StoreError(
        f"The record cannot be read: {getattr(error, 'orig', None) or error}",
        todo="Check that the database is there and belongs to this version of Passgate",
    )


def _parts(connection: Connection, start: datetime, end: datetime) -> list[_Part]:
    """The parts of the shift in the order of their triggers."""
    row, first, later = InspectionRow, aliased(InspectionRow), aliased(InspectionRow)
    query = (
        select(
            row.position,
            row.root,
            row.part_id,
            row.trigger_seq,
            row.seen_at,
            row.action,
            row.outcome,
            row.missed,
            row.published,
            row.simulated,
            row.late,
            row.truth_known,
            row.false_release,
            row.record,
            first.action,
            first.late,
            first.latency_ms,
        )
        .join(first, first.position == row.root)
        .outerjoin(later, later.supersedes == row.position)
        .where(later.position.is_(None), row.seen_at >= start, row.seen_at < end)
        .order_by(row.seen_at, row.root)
    )
    return [_Part._make(row) for row in connection.execute(query)]


def _certified(judged: Iterable[_Part]) -> tuple[CertifiedParts, ...]:
    held = Counter(_certificate_in(row.record) for row in judged)
    return tuple(CertifiedParts(certificate=certificate, parts=parts) for certificate, parts in held.items())


def _certificate_in(record: str) -> CertificateRef | None:
    """The certificate that a record names; older ones name none, and a damaged one is the chain's to tell."""
    try:
        return CertificateRef.model_validate(json.loads(record)["certificate"])
    except (ValueError, TypeError, LookupError):
        return None


def _shift_part(row: _Part) -> ShiftPart:
    return ShiftPart(part_id=row.part_id, trigger_seq=row.trigger_seq, seen_at=row.seen_at)


def _harmless(cell: str) -> str:
    return "'" + cell if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
