"""All that a shift report says, in one frozen model: whoever writes a file works out nothing more.

The figures are those of ``ShiftSummary``; what stands beside them comes from the same rows, read in the same
transaction. The same rows give the same report, whenever and wherever it is made.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import Engine

from inspection.decision import Action, DecidedBy, Frozen, ModelRef, RecipeRef, Severity
from inspection.events import Event, EventKind
from inspection.part import Outcome
from inspection.times.shifts import Shift
from reports.record.rows import FoundDefect, ShiftRow
from reports.shift.challenges import ChallengeRun, agreement_among, challenge_runs
from reports.shift.document.hour_lines import HOUR, HourLine, hour_lines
from reports.shift.downtime.alarms import AlarmLife, alarm_lives
from reports.shift.examples.choosing import Example, examples
from reports.shift.figures import ShiftPart, ShiftSummary, summarise
from reports.shift.query import Judge, ShiftOnRecord, shift_on_record
from reports.shift.signing.state import Signing
from reports.statistics.agreement import Agreement
from reports.statistics.rule_sets import RuleSet
from reports.store.waiting import NOTHING, Waiting


class Became(Frozen):
    """What became of the parts on which the same was decided."""

    action: Action | None
    """None: missed, so that nothing was decided."""
    parts: int
    by_outcome: dict[Outcome, int]
    open: int
    """Without an outcome on record."""
    challenge: bool = False
    """Pieces of challenges, whatever was decided."""


class Severities(Frozen):
    """How bad the defects of one type were."""

    type: str
    defects: int
    by_severity: dict[Severity, int]


class JudgedBy(Frozen):
    """Parts that were judged by one version of a recipe and one model."""

    recipe: RecipeRef
    model: ModelRef
    parts: int


class ToLookFor(ShiftPart):
    """A part that a person must look for."""

    action: Action | None
    """None: it was missed."""
    outcome: Outcome | None
    """None: there is none on record."""


class ShiftReport(Frozen):
    """The whole report of one shift."""

    schema_version: Literal[1] = 1
    station: str
    """Empty where no station was named."""
    summary: ShiftSummary
    became: tuple[Became, ...]
    """The parts by what was decided on them, the missed ones last; together all parts."""
    decided_by: dict[DecidedBy, int]
    """Judged parts by who had the last word."""
    hours: tuple[HourLine, ...]
    severities: tuple[Severities, ...]
    """Of the judged parts, in the order of ``summary.defects``."""
    judged_by: tuple[JudgedBy, ...]
    """In the order of their first parts."""
    to_look_for: tuple[ToLookFor, ...]
    """Parts without an outcome, with an unconfirmed one, or released without a published pass."""
    events: tuple[Event, ...]
    """What people and the station did in the shift's time, but for RECORD_VERIFIED."""
    alarms: tuple[AlarmLife, ...] = ()
    """The alarms that stood or came in the shift's time."""
    examples: tuple[Example, ...] = ()
    """For each of the most frequent types of defects a part that shows it."""
    challenges: tuple[ChallengeRun, ...] = ()
    """Those that began, went on or ended in it."""
    agreement: Agreement | None = None
    """Of their looks with what is known of the pieces; None without any."""
    signing: Signing | None = None
    """How it is signed; None where nobody has. No part of what is signed (``reports.shift.signing``)."""

    @property
    def hourly(self) -> bool:
        """Whether ``hours`` are hours; of a long time they are longer stretches."""
        return self.hours[0].end - self.hours[0].start <= HOUR


def shift_report(
    engine: Engine,
    *,
    start: datetime,
    end: datetime,
    waiting: Waiting = NOTHING,
    shift: Shift | None = None,
    station: str = "",
    now: datetime | None = None,
    rule_set: RuleSet = RuleSet.NELSON_1984,
    subgroup: int = 1,
) -> ShiftReport:
    """Make the report of the parts whose trigger was seen from ``start`` up to, not including, ``end``.

    Args:
        engine: From ``reports.database.connecting.open_reader``.
        start: With time zone.
        end: With time zone, after ``start``.
        waiting: What lies in the spool (``reports.store.waiting.read_waiting``).
        shift: The plant's shift that it is; None for another stretch of time.
        station: Its name; empty where none is known.
        now: The wall clock, with time zone; None for this computer's.
        rule_set: Which points of a control chart are called signals.
        subgroup: So many parts in a row are a subgroup of a gauge's chart; with 1 each is a point.

    Raises:
        StoreError: The times make no sense, or the database cannot be read.
    """
    now = now or datetime.now(UTC)
    found = shift_on_record(engine, start=start, end=end, waiting=waiting, now=now)
    return report_of(
        found,
        start=start,
        end=end,
        waiting=waiting,
        shift=shift,
        station=station,
        now=now,
        rule_set=rule_set,
        subgroup=subgroup,
    )


def report_of(
    found: ShiftOnRecord,
    *,
    start: datetime,
    end: datetime,
    waiting: Waiting,
    shift: Shift | None,
    station: str,
    now: datetime,
    rule_set: RuleSet,
    subgroup: int = 1,
) -> ShiftReport:
    """The report of what was found of a shift; see ``shift_report`` for what was asked."""
    summary = summarise(
        found,
        start=start,
        end=end,
        waiting=waiting,
        shift=shift,
        now=now,
        rule_set=rule_set,
        subgroup=subgroup,
    )
    judged = [row for row in found.rows if row.judged]
    pieces = [row for row in found.rows if row.challenge is not None]
    parts = [row for row in found.rows if row.challenge is None]
    return ShiftReport(
        station=station,
        summary=summary,
        became=(
            *(_became(action, parts) for action in (*Action, None)),
            *([_became_of(row.outcome for row in pieces)] if pieces else []),
        ),
        decided_by=Counter(DecidedBy(row.decided_by) for row in judged),
        hours=hour_lines(found.rows, start=summary.start, end=summary.end),
        severities=_severities(summary, judged),
        judged_by=_judged_by(judged, found.judges),
        to_look_for=tuple(_to_look_for(row) for row in found.rows if _is_to_look_for(row)),
        events=tuple(event for event in found.noted if event.kind is not EventKind.RECORD_VERIFIED),
        challenges=challenge_runs(found.noted),
        agreement=agreement_among(found.noted, station=station),
        alarms=alarm_lives(found.life, start=start, end=min(end, now)),
        examples=examples(judged, [row.name for row in summary.defects], found.records),
    )


def _decided(row: ShiftRow) -> Action | None:
    return None if row.missed is not None else Action(row.action)


def _became(action: Action | None, rows: Iterable[ShiftRow]) -> Became:
    found = _became_of(row.outcome for row in rows if _decided(row) is action)
    return found.model_copy(update={"action": action, "challenge": False})


def _became_of(found: Iterable[str | None]) -> Became:
    """What became of the pieces of challenges, by their outcomes."""
    outcomes = Counter(found)
    return Became(
        action=None,
        challenge=True,
        parts=outcomes.total(),
        by_outcome={outcome: outcomes[outcome.value] for outcome in Outcome},
        open=outcomes[None],
    )


def _severities(summary: ShiftSummary, judged: Iterable[ShiftRow]) -> tuple[Severities, ...]:
    counts = Counter(defect for row in judged for defect in row.defects)
    by_type = {
        row.name: {severity: counts[FoundDefect(row.name, severity.value)] for severity in Severity}
        for row in summary.defects
    }
    return tuple(
        Severities(type=name, defects=sum(found.values()), by_severity=found)
        for name, found in by_type.items()
    )


def _judged_by(judged: Iterable[ShiftRow], judges: Mapping[str, Judge]) -> tuple[JudgedBy, ...]:
    named: Counter[tuple[RecipeRef, ModelRef]] = Counter()
    for name, parts in Counter(row.judged_by for row in judged).items():
        if name in judges:
            named[judges[name].recipe, judges[name].model] += parts
    return tuple(
        JudgedBy(recipe=recipe, model=model, parts=parts) for (recipe, model), parts in named.items()
    )


def _is_to_look_for(row: ShiftRow) -> bool:
    return row.outcome in (None, Outcome.UNCONFIRMED) or row.mismatched_release


def _to_look_for(row: ShiftRow) -> ToLookFor:
    return ToLookFor(
        part_id=row.part_id,
        trigger_seq=row.trigger_seq,
        seen_at=row.seen_at,
        action=_decided(row),
        outcome=None if row.outcome is None else Outcome(row.outcome),
    )
