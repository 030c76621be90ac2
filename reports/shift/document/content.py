"""What stands in a report, in one language: the same tables, in the same order, for every file. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from inspection.alarms.on_record import ALARM_KINDS, SHELVING_KINDS
from inspection.decision import NO_MODEL
from inspection.events import Event
from inspection.times.local_time import shown
from reports.record.chain import GENESIS
from reports.shift.document.cells import Cell, Column, Table, code, count, ms, numbers
from reports.shift.document.figures_tables import (
    became_table,
    checks_table,
    decided_by_table,
    defects_table,
    hours_table,
    latency_table,
    missed_table,
    yields_table,
)
from reports.shift.document.gauge_tables import (
    capability_table,
    control_table,
    gauges_table,
    subgroups_table,
    unreadable_table,
)
from reports.shift.document.report import ShiftReport
from reports.shift.document.running.challenge_tables import agreement_table, challenges_table
from reports.shift.document.running.review_tables import (
    review_reasons_table,
    reviews_agreement_table,
    reviews_table,
)
from reports.shift.document.running.tables import alarms_table, availability_table, downtime_table
from reports.shift.document.signals_table import signals_table
from reports.shift.document.words.words import Words
from reports.shift.figures import ShiftPart, ShiftSummary
from reports.shift.signing.tables import added_table, said_of, signatures_table


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One of the figures at the top."""

    title: str
    cell: Cell
    of: str = ""
    """What it is a share of; empty where it is none."""
    bad: bool = False
    """Whether it has to be looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A sentence on whether the report can be trusted."""

    text: str
    bad: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """All that stands in a report."""

    title: str
    station: str
    period: str
    statements: tuple[Statement, ...]
    facts: tuple[Fact, ...]
    tables: tuple[Table, ...]


def content(report: ShiftReport, words: Words, *, zone: tzinfo | None = None) -> Content:
    """What stands in the report of a shift.

    Args:
        report: The shift.
        words: In which language.
        zone: The plant's time zone; None for this machine's.
    """
    summary = report.summary
    start, end = (shown(at, zone=zone, timespec="minutes") for at in (summary.start, summary.end))
    return Content(
        title=words.say("title"),
        station=report.station,
        period=f"{start} – {end}",
        statements=tuple(_statements(report, words, zone)),
        facts=_facts(report, words),
        tables=(
            _identity(report, words, zone),
            became_table(report, words),
            checks_table(report, words),
            missed_table(report, words),
            yields_table(report, words),
            hours_table(report, words, zone),
            defects_table(report, words),
            gauges_table(summary.gauges, words),
            *(
                make(summary.gauges, words)
                for make in (unreadable_table, control_table, subgroups_table, capability_table)
                if summary.gauges
            ),
            signals_table(report, words, zone),
            latency_table(report, words),
            downtime_table(report, words),
            availability_table(report, words),
            alarms_table(report, words, zone),
            challenges_table(report, words, zone),
            agreement_table(report, words),
            reviews_table(summary.reviews, words),
            review_reasons_table(summary.reviews, words, zone),
            reviews_agreement_table(summary.reviews, report.station, words),
            decided_by_table(report, words),
            _judged_by(report, words),
            _certificates(summary, words),
            _to_look_for(report, words, zone),
            _events("events", report.events, words, zone),
            *_since(report, words, zone),
            _chain(summary, words),
            signatures_table(report, words, zone),
        ),
    )


def _since(report: ShiftReport, words: Words, zone: tzinfo | None) -> tuple[Table, ...]:
    """What came after the first signature; nothing of what nobody has signed."""
    if report.signing is None:
        return ()
    late = report.signing.added_events
    more = (_events("added_events", late, words, zone),) if late else ()
    return (added_table(report.signing, words, zone), *more)


def _statements(report: ShiftReport, words: Words, zone: tzinfo | None) -> list[Statement]:
    """Whether the figures can be trusted, worst first; ``ShiftSummary.statement`` says it in English."""
    summary = report.summary
    since = [] if report.signing is None else said_of(report.signing, words, zone)
    found = [Statement(text=text, bad=bad) for text, bad in since]
    bad = []
    for key, chain in (("broken_parts", summary.chain), ("broken_events", summary.events)):
        if not chain.intact:
            row = "?" if chain.broken_at is None else chain.broken_at
            bad.append(words.say(key, row=row, reason=chain.reason))
    if summary.spool_fault:
        bad.append(words.say("spool_fault", reason=summary.spool_fault))
    if summary.left_out is not None:
        out = summary.left_out
        earliest, latest = (shown(at, zone=zone) for at in (out.earliest, out.latest))
        bad.append(words.say("left_out", parts=out.parts, earliest=earliest, latest=latest))
    if summary.spooled:
        bad.append(words.say("spooled", n=summary.spooled))
    if summary.as_of is not None:
        bad.append(words.say("running", at=shown(summary.as_of, zone=zone)))
    if summary.simulated:
        bad.append(words.say("simulated_parts", n=summary.simulated, parts=summary.parts))
    found += [Statement(text=text, bad=True) for text in bad]
    if summary.final:
        found.append(Statement(text=words.say("final", rows=summary.chain.rows), bad=False))
    if not summary.parts:
        found.append(Statement(text=words.say("no_parts"), bad=False))
    return found


def _facts(report: ShiftReport, words: Words) -> tuple[Fact, ...]:
    summary = report.summary
    first = summary.first_pass_yield
    missed, latency = sum(summary.missed.values()), summary.latency_ms
    p95 = ms(None) if latency is None else Cell(f"{latency.p95:.0f} ms")
    return (
        Fact(title=words.say("parts"), cell=count(summary.parts)),
        Fact(
            title=words.say("yield"),
            cell=Cell(words.say("none_judged") if first is None else f"{first.share:.2%}"),
            of="" if first is None else words.say("of", n=first.count, total=first.of),
        ),
        Fact(title=words.say("missed"), cell=count(missed), bad=bool(missed)),
        Fact(
            title=words.say("unreconciled"), cell=count(summary.unreconciled), bad=bool(summary.unreconciled)
        ),
        Fact(
            title=words.say("latency_p95"),
            cell=p95,
            of="" if latency is None else words.say("of_parts", n=latency.n),
        ),
    )


def _pairs(key: str, words: Words, rows: list[tuple[str, Cell]], note: str = "") -> Table:
    """A table of names and what they are."""
    return Table(
        key=key,
        title=words.say(key),
        columns=(Column(words.say("figure")), Column(words.say("value"), width=1.0)),
        rows=tuple((Cell(name), cell) for name, cell in rows),
        plain=True,
        note=note,
    )


def _identity(report: ShiftReport, words: Words, zone: tzinfo | None) -> Table:
    summary, shift = report.summary, report.summary.shift

    def moment(at: datetime) -> Cell:
        return Cell(f"{shown(at, zone=zone, timespec='auto')} ({at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC)")

    def part(one: ShiftPart | None) -> Cell:
        if one is None:
            return Cell(words.say("none"))
        return Cell(words.say("part_at", part=one.part_id, at=shown(one.seen_at, zone=zone)))

    rows = [
        (words.say("station"), Cell(report.station or words.say("unnamed"))),
        *([] if shift is None else [(words.say("shift"), Cell(f"{shift.name}, {shift.date:%Y-%m-%d}"))]),
        (words.say("begin"), moment(summary.start)),
        (words.say("end"), moment(summary.end)),
        (words.say("first_part"), part(summary.first)),
        (words.say("last_part"), part(summary.last)),
    ]
    return _pairs("identity", words, rows)


def _judged_by(report: ShiftReport, words: Words) -> Table:
    return Table(
        key="judged_by",
        title=words.say("judged_by"),
        columns=(
            *numbers(words.say("recipe"), words.say("version")),
            Column(words.say("recipe_sha"), width=1.7),
            Column(words.say("model"), width=1.0),
            Column(words.say("model_sha"), width=1.7),
            *numbers(words.say("parts")),
        ),
        rows=tuple(
            (
                count(one.recipe.id),
                count(one.recipe.version),
                code(one.recipe.sha256),
                Cell(
                    words.say("no_model")
                    if one.model == NO_MODEL
                    else f"{one.model.name} {one.model.version}"
                ),
                code(one.model.sha256),
                count(one.parts),
            )
            for one in report.judged_by
        ),
        empty=words.say("judged_none"),
    )


def _certificates(summary: ShiftSummary, words: Words) -> Table:
    return Table(
        key="certificates",
        title=words.say("certificates"),
        columns=(
            Column(words.say("certificate"), width=1.0),
            Column(words.say("promise"), width=1.4),
            *numbers(words.say("parts")),
        ),
        rows=tuple(
            (Cell(words.say("uncertified")), Cell(words.say("uncertified_promise")), count(held.parts))
            if held.certificate is None
            else (
                code(held.certificate.id),
                Cell(words.say("promise_said", **held.certificate.figures)),
                count(held.parts),
            )
            for held in summary.certified
        ),
        empty=words.say("judged_none"),
    )


def _to_look_for(report: ShiftReport, words: Words, zone: tzinfo | None) -> Table:
    return Table(
        key="to_look_for",
        title=words.say("to_look_for"),
        columns=(
            *numbers(words.say("part"), words.say("trigger")),
            *(Column(words.say(key), width=1.0) for key in ("seen", "decision", "outcome")),
        ),
        rows=tuple(
            (
                count(part.part_id),
                count(part.trigger_seq),
                Cell(shown(part.seen_at, zone=zone)),
                Cell(words.say("no_decision") if part.action is None else words.of(part.action)),
                Cell(words.say("open") if part.outcome is None else words.of(part.outcome)),
            )
            for part in report.to_look_for
        ),
        empty=words.say("to_look_for_none"),
    )


def _events(key: str, events: Sequence[Event], words: Words, zone: tzinfo | None) -> Table:
    return Table(
        key=key,
        title=words.say(key),
        columns=(
            Column(words.say("at")),
            Column(words.say("what")),
            Column(words.say("by"), width=0.65),
            Column(words.say("detail"), width=1.0),
        ),
        rows=tuple(
            (
                Cell(shown(event.at, zone=zone)),
                Cell(words.of(event.kind)),
                Cell(words.who(event.by)),
                Cell(words.tell(event.coded, event.detail) or None),
            )
            for event in events
            if event.kind not in ALARM_KINDS or event.kind in SHELVING_KINDS
        ),
        note=words.say(f"{key}_note"),
        empty=words.say("events_none"),
    )


def _chain(summary: ShiftSummary, words: Words) -> Table:
    def head(of: str) -> Cell:
        return Cell(words.say("chain_empty")) if of == GENESIS else code(of)

    rows = [
        (words.say("chain_head"), head(summary.chain.head)),
        (words.say("chain_rows"), count(summary.chain.rows)),
        (words.say("events_head"), head(summary.events.head)),
        (words.say("events_rows"), count(summary.events.rows)),
    ]
    return _pairs("chain", words, rows, note=words.say("chain_note"))
