"""The shift report: what happened to the parts of a stretch of time, in figures.

Everything but ``first_pass_yield`` and latency speaks of the latest revision of each part.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from pydantic import Field
from sqlalchemy import Engine

from inspection.certification.certificate import CertificateRef
from inspection.decision import Action, Frozen
from inspection.part import MissedCause, Outcome
from inspection.status import Percentiles
from inspection.times.shifts import Shift
from reports.audit.clock_set_back import LeftOut
from reports.audit.pictures_kept import count_not_kept
from reports.record.chain import EXAMINE_TODO, ChainReport
from reports.record.own_verification import VerifiedBefore
from reports.record.rows import ShiftRow
from reports.shift.alike import alike
from reports.shift.downtime.reasons import Downtime, downtime
from reports.shift.gauges import GaugeFigures, gauge_figures
from reports.shift.hours import Hours, hours
from reports.shift.query import Judge, ShiftOnRecord, shift_on_record
from reports.shift.reviews import Reviews, reviews_among
from reports.statistics.pareto import ParetoRow, pareto
from reports.statistics.proportions import Interval, Proportion, proportion
from reports.statistics.rule_sets import RuleSet
from reports.store.waiting import CONTRADICTION_TODO, NOTHING, Waiting

_What = TypeVar("_What")


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
    shift: Shift | None = None
    """The plant's shift that it is; None for another stretch of time."""
    provisional: bool = False
    """The time was not over when this was read: more parts may come."""
    as_of: datetime | None = None
    """When that was, UTC; None where the time was over."""
    parts: int
    """Triggers on record, missed ones included."""
    by_action: dict[Action, int]
    """Missed parts, and judged ones with which it went as decided (``inspection.part.went_as_decided``)."""
    not_as_decided: int
    """Judged parts with which it did not: the PLC was not offered the decision, rejected the part by default,
    did not release it on its pass, or cannot tell what became of it."""
    pending: int
    """Judged parts of which that is not known yet: they are on their way, or the engine died meanwhile."""
    by_outcome: dict[Outcome, int]
    challenge_pieces: int = 0
    """Pieces of challenges: judged, and no parts of the line; with missed and judged parts they are all."""
    missed: dict[MissedCause, int]
    """Triggers that got no inspection, by cause."""
    late: int
    """Decisions that missed the internal deadline."""
    simulated: int
    """Parts judged on rendered or replayed pictures: no real part was looked at."""
    first_pass_yield: Proportion | None
    """Share of the judged parts (not missed, not pending) that passed at the first look, and whose pass held
    (ISO 22400-2: first pass yield); None without parts."""
    yield_without_rework: Proportion | None
    """Of the same, those that passed in the end and were not sent to rework: also what a person passed who
    looked at a held part."""
    quality_ratio: Proportion | None
    """Share that passed in the end of all parts of the line that came, missed ones too, but for pending ones
    (ISO 22400-2: quality ratio, the quality of OEE)."""
    defects: tuple[ParetoRow, ...]
    """Types of defects by the judged parts in which they were found, passed ones too."""
    hours: Hours | None
    """The judged parts hour by hour; None without any."""
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
    false_release_share: Proportion | None
    """The share of these; None where no part's state is known."""
    mismatched_releases: int
    """Parts released without a published pass on record: must be 0. Not those of another record, which
    ``missed`` counts (``Inspection.mismatched_release``)."""
    pictures_not_kept: int
    """Parts that were looked at and lack a picture, because the archive did not take it."""
    gauges: tuple[GaugeFigures, ...] = ()
    """What gauges read of the judged parts."""
    reviews: Reviews | None = None
    """What people said of the parts; None in figures of an older Passgate."""
    downtime: Downtime | None = None
    """How the shift's time was spent, and how long the PLC stayed connected; None in figures of an older
    Passgate."""
    spooled: int
    """Records of any time that wait in the spool: counted above, but not in the chain yet."""
    spool_fault: str = ""
    """Why what waits in the spool is not, or not wholly, counted; empty where it is."""
    spool_todo: str = ""
    """What to do about that."""
    left_out: LeftOut | None = None
    """Parts outside the shift's time that were recorded in it or beside it; not counted above."""
    chain: ChainReport
    """Verification of the rows from the shift's first to its last, without parts of the record's newest, and
    that the newest row is still there."""
    events: ChainReport
    """Verification of the events in the shift's time and between its parts, and that the rows of which the
    newest event knows are still there."""
    verified_before: VerifiedBefore | None = Field(default=None, exclude_if=lambda before: before is None)
    """Rows of the shift that the station itself had verified, and that were only counted here; None, and then
    not written, where all were verified here, as for whatever is printed or signed."""

    @property
    def intact(self) -> bool:
        """Whether parts and events are as they were written."""
        return self.chain.intact and self.events.intact

    @property
    def final(self) -> bool:
        """Whether these are the figures of all parts of the shift, each in an intact chain."""
        return self.intact and not (self.spooled or self.spool_fault or self.left_out)

    @property
    def advice(self) -> str:
        """What to do where the figures are not final; empty where the statement says it."""
        if not self.intact:
            return EXAMINE_TODO
        if self.spool_fault:
            return self.spool_todo
        return "report again once the spool is drained" if self.spooled and not self.left_out else ""

    @property
    def statement(self) -> str:
        """Whether the figures can be trusted, and if not, why."""
        said = []
        if not self.chain.intact:
            where = "" if self.chain.broken_at is None else f" at row {self.chain.broken_at}"
            said.append(f"THE RECORD IS BROKEN{where}: {self.chain.reason}.")
        elif not self.events.intact:
            said.append(f"THE RECORD IS BROKEN at event {self.events.broken_at}: {self.events.reason}.")
        if self.spool_fault:
            said.append(f"Incomplete: {self.spool_fault}.")
        if self.left_out is not None:
            out = self.left_out
            said.append(
                f"Incomplete: {out.parts} parts lie outside this time ({out.earliest:%Y-%m-%d %H:%M:%S} to"
                f" {out.latest:%Y-%m-%d %H:%M:%S} UTC) though they were recorded in the midst of its parts or"
                " beside them: the clock was set back. Choose a time that holds both."
            )
        if self.spooled:
            said.append(
                f"Not final: {self.spooled} records still wait in the spool; they are counted, but not in the"
                " chain yet."
            )
        if said:
            return " ".join(said)
        if not self.parts:
            return "No parts in this time."
        if before := self.verified_before:
            return (
                f"The record was intact when last verified: {self.chain.rows} rows now, {before.rows} by the"
                f" station, which had come to row {before.position} at {before.at:%Y-%m-%d %H:%M:%S} UTC."
            )
        return f"The record is intact: {self.chain.rows} rows verified."


def shift_summary(
    engine: Engine,
    *,
    start: datetime,
    end: datetime,
    waiting: Waiting = NOTHING,
    shift: Shift | None = None,
    now: datetime | None = None,
    rule_set: RuleSet = RuleSet.NELSON_1984,
    subgroup: int = 1,
    hurried: bool = False,
) -> ShiftSummary:
    """Summarise the parts whose trigger was seen from ``start`` up to, not including, ``end``.

    What waits in the spool is counted as well: it is durable, and a shift without it would be told wrongly.
    It is not in the chain yet, and the statement says so.

    Args:
        engine: From ``reports.database.connecting.open_reader``; read in one transaction, so the
            figures fit each other.
        start: With time zone.
        end: With time zone, after ``start``.
        waiting: What lies in the spool (``reports.store.waiting.read_waiting``).
        shift: The plant's shift that it is; None for another stretch of time.
        now: The wall clock, with time zone; None for this computer's.
        rule_set: Which points of a control chart are called signals.
        subgroup: So many parts in a row are a subgroup of a gauge's chart; with 1 each is a point.
        hurried: Only count those rows that the station itself has verified, and say so.

    Raises:
        StoreError: The times make no sense, or the database cannot be read.
    """
    now = now or datetime.now(UTC)
    found = shift_on_record(engine, start=start, end=end, waiting=waiting, now=now, hurried=hurried)
    return summarise(
        found,
        start=start,
        end=end,
        waiting=waiting,
        shift=shift,
        now=now,
        rule_set=rule_set,
        subgroup=subgroup,
    )


def summarise(
    found: ShiftOnRecord,
    *,
    start: datetime,
    end: datetime,
    waiting: Waiting,
    shift: Shift | None,
    now: datetime,
    rule_set: RuleSet,
    subgroup: int,
) -> ShiftSummary:
    """Summarise what was found of a shift; see ``shift_summary`` for what was asked.

    Args:
        found: What database and spool hold of it.
        start: As it was asked for.
        end: As it was asked for.
        waiting: As it was asked for.
        shift: As it was asked for.
        now: The wall clock when it was found.
        rule_set: As it was asked for.
        subgroup: As it was asked for.
    """
    rows, those = found.rows, alike(found.rows)
    judged = [row for row in rows if row.judged]
    pieces = _count(those, lambda row: row.challenge is not None)
    pending = _count(those, lambda row: row.judged and row.went_as_decided is None)
    known = len(judged) - pending
    passed = [
        (row, n) for row, n in those if row.judged and row.went_as_decided and row.action == Action.PASS
    ]
    truths = _count(those, lambda row: row.truth_known and row.challenge is None)
    escaped = _count(those, lambda row: row.false_release)
    return ShiftSummary(
        start=start.astimezone(UTC),
        end=end.astimezone(UTC),
        shift=shift,
        provisional=now < end,
        as_of=now.astimezone(UTC) if now < end else None,
        parts=len(rows),
        by_action=_by(
            (Action(row.action), n)
            for row, n in those
            if row.missed is not None or (row.judged and row.went_as_decided)
        ),
        not_as_decided=_count(those, lambda row: row.judged and row.went_as_decided is False),
        pending=pending,
        by_outcome=_by((Outcome(row.outcome), n) for row, n in those if row.outcome),
        challenge_pieces=pieces,
        missed=_by((MissedCause(row.missed), n) for row, n in those if row.missed),
        late=_count(those, lambda row: row.late or row.first_late),
        simulated=_count(those, lambda row: row.simulated),
        first_pass_yield=proportion(_count(passed, lambda row: row.passed_at_first_look), known),
        yield_without_rework=proportion(_count(passed, lambda row: row.first_action != Action.REWORK), known),
        quality_ratio=proportion(_count(passed, lambda _: True), len(rows) - pieces - pending),
        defects=_defects(judged),
        hours=hours(judged, start=start, rule_set=rule_set),
        certified=_certified(judged, found.judges),
        latency_ms=Percentiles.of(row.first_latency_ms for row in judged),
        first=_shift_part(rows[0]) if rows else None,
        last=_shift_part(rows[-1]) if rows else None,
        unreconciled=_count(those, lambda row: row.outcome in (None, Outcome.UNCONFIRMED)),
        truth_known=truths,
        false_releases=escaped,
        false_release_share=proportion(escaped, truths, Interval.CLOPPER_PEARSON),
        mismatched_releases=_count(those, lambda row: row.mismatched_release),
        pictures_not_kept=count_not_kept(judged),
        gauges=gauge_figures(judged, rule_set, subgroup=subgroup),
        reviews=reviews_among(rows, found.reviews),
        downtime=downtime(found.life, start=start, end=end, now=now),
        spooled=found.spooled,
        spool_fault=waiting.fault or found.contradiction,
        spool_todo=waiting.todo if waiting.fault else CONTRADICTION_TODO if found.contradiction else "",
        left_out=found.left_out,
        chain=found.chain,
        events=found.events,
        verified_before=found.verified_before,
    )


def _count(those: Iterable[tuple[ShiftRow, int]], fits: Callable[[ShiftRow], object]) -> int:
    """How many of the parts fit, of so many each that are alike."""
    return sum(n for row, n in those if fits(row))


def _by(counted: Iterable[tuple[_What, int]]) -> dict[_What, int]:
    """The sums, in the order in which they come."""
    found: Counter[_What] = Counter()
    for what, n in counted:
        found[what] += n
    return dict(found)


def _defects(judged: Iterable[ShiftRow]) -> tuple[ParetoRow, ...]:
    return pareto(Counter(name for row in judged for name in {defect.type for defect in row.defects}))


def _certified(judged: Iterable[ShiftRow], judges: Mapping[str, Judge]) -> tuple[CertifiedParts, ...]:
    held: Counter[CertificateRef | None] = Counter()
    for name, parts in Counter(row.judged_by for row in judged).items():
        judge = judges.get(name)
        held[judge.certificate if judge is not None else None] += parts
    return tuple(CertifiedParts(certificate=certificate, parts=parts) for certificate, parts in held.items())


def _shift_part(row: ShiftRow) -> ShiftPart:
    return ShiftPart(part_id=row.part_id, trigger_seq=row.trigger_seq, seen_at=row.seen_at)
