"""The tables of what became of the parts: reconciliation, hours, defects, latency. Pure."""

from datetime import tzinfo

from inspection.decision import Action, DecidedBy, Severity
from inspection.part import MissedCause, Outcome
from inspection.times.local_time import shown
from reports.shift.document.cells import Cell, Column, Table, count, ms, numbers, share
from reports.shift.document.hour_lines import HourLine
from reports.shift.document.report import Became, ShiftReport
from reports.shift.document.words.words import Words
from reports.statistics.proportions import Proportion


def became_table(report: ShiftReport, words: Words) -> Table:
    """Decisions against outcomes."""

    def line(name: str, lines: tuple[Became, ...]) -> tuple[Cell, ...]:
        return (
            Cell(name),
            *(count(sum(one.by_outcome[outcome] for one in lines)) for outcome in Outcome),
            count(sum(one.open for one in lines)),
            count(sum(one.parts for one in lines)),
        )

    return Table(
        key="reconciliation",
        title=words.say("reconciliation"),
        columns=(
            Column(words.say("decision"), width=1.0),
            *numbers(*(words.of(outcome) for outcome in Outcome), words.say("open"), words.say("total")),
        ),
        rows=tuple(line(_became(one, words), (one,)) for one in report.became),
        total=line(words.say("total"), report.became),
        note=words.say("reconciliation_note", parts=report.summary.parts),
    )


def _became(one: Became, words: Words) -> str:
    if one.challenge:
        return words.say("challenge_pieces")
    return words.say("no_decision") if one.action is None else words.of(one.action)


def checks_table(report: ShiftReport, words: Words) -> Table:
    """What has to be looked at, each with its count."""
    summary = report.summary
    known = summary.truth_known
    rows = [
        ("check_unreconciled", count(summary.unreconciled)),
        ("check_mismatched", count(summary.mismatched_releases)),
        ("check_not_as_decided", count(summary.not_as_decided)),
        ("check_pending", count(summary.pending)),
        ("check_late", count(summary.late)),
        ("check_pictures", count(summary.pictures_not_kept)),
        ("check_simulated", count(summary.simulated)),
        (
            "check_false" if known else "check_false_unknown",
            count(summary.false_releases) if known else Cell(words.say("unknown")),
        ),
    ]
    return Table(
        key="checks",
        narrow=True,
        title=words.say("checks"),
        columns=(Column(words.say("figure"), width=1.0), *numbers(words.say("parts"))),
        rows=tuple((Cell(words.say(key, n=known)), cell) for key, cell in rows),
    )


def missed_table(report: ShiftReport, words: Words) -> Table:
    """Missed parts by cause."""
    missed = report.summary.missed
    return Table(
        key="missed_causes",
        narrow=True,
        title=words.say("missed_causes"),
        columns=(Column(words.say("cause"), width=1.0), *numbers(words.say("parts"))),
        rows=tuple(
            (Cell(words.of(cause)), count(missed[cause])) for cause in MissedCause if missed.get(cause)
        ),
        empty=words.say("missed_none"),
    )


def decided_by_table(report: ShiftReport, words: Words) -> Table:
    """Who had the last word on the judged parts."""
    by = report.decided_by
    return Table(
        key="decided_by",
        narrow=True,
        title=words.say("decided_by"),
        columns=(Column(words.say("decider"), width=1.0), *numbers(words.say("parts"))),
        rows=tuple((Cell(words.of(one)), count(by[one])) for one in DecidedBy if by.get(one)),
        empty=words.say("decided_none"),
    )


def hours_table(report: ShiftReport, words: Words, zone: tzinfo | None) -> Table:
    """The shift hour by hour."""
    whole = report.summary.first_pass_yield
    columns = [words.say("parts"), *(words.of(action) for action in Action)]
    columns += [words.say(key) for key in ("missed", "late", "passed", "known", "yield_short")]
    rows = [_hour(line, zone) for line in report.hours]
    sums = [sum(int(row[column].value or 0) for row in rows) for column in range(1, len(columns))]
    return Table(
        key="hours",
        title=words.say("hours" if report.hourly else "stretches"),
        columns=(Column(words.say("from"), width=1.0), *numbers(*columns)),
        rows=tuple(rows),
        total=(
            Cell(words.say("total")),
            *(count(figure) for figure in sums),
            share(None if whole is None else whole.share),
        ),
        note=words.say("hours_note"),
    )


def _hour(line: HourLine, zone: tzinfo | None) -> tuple[Cell, ...]:
    first = line.first_pass_yield
    return (
        Cell(shown(line.start, zone=zone, timespec="minutes")),
        count(line.parts),
        *(count(line.by_action[action]) for action in Action),
        *(count(figure) for figure in (line.missed, line.late)),
        *((count(0), count(0), share(None)) if first is None else _of(first)),
    )


def _of(found: Proportion) -> tuple[Cell, ...]:
    return count(found.count), count(found.of), share(found.share)


def yields_table(report: ShiftReport, words: Words) -> Table:
    """The shares that passed, each with its interval."""
    summary = report.summary
    found = (
        ("yield", summary.first_pass_yield),
        ("yield_without_rework", summary.yield_without_rework),
        ("quality_ratio", summary.quality_ratio),
        ("false_release_share", summary.false_release_share),
    )
    return Table(
        key="yields",
        title=words.say("yields"),
        columns=(
            Column(words.say("figure"), width=1.0),
            *numbers(*(words.say(key) for key in ("parts", "known", "share", "low", "high"))),
            Column(words.say("method")),
        ),
        rows=tuple(
            (Cell(words.say(key)), *_of(one), share(one.low), share(one.high), Cell(words.code(one.method)))
            for key, one in found
            if one is not None
        ),
        note=words.say("yields_note") if summary.first_pass_yield else "",
        empty=words.say("decided_none"),
    )


def defects_table(report: ShiftReport, words: Words) -> Table:
    """Defects by type, most frequent first."""
    judged = sum(one.parts for one in report.became if one.action is not None)
    found = report.summary.defects
    return Table(
        key="defects",
        title=words.say("defects"),
        columns=(
            Column(words.say("defect"), width=1.0),
            *numbers(words.say("defect_parts"), words.say("defect_share"), words.say("defect_cumulative")),
            *numbers(words.say("defect_count"), *(words.of(severity) for severity in Severity)),
        ),
        rows=tuple(
            (
                Cell(words.term(row.name)),
                count(row.count),
                share(row.count / judged),
                share(row.cumulative),
                count(severities.defects),
                *(count(severities.by_severity[severity]) for severity in Severity),
            )
            for row, severities in zip(found, report.severities, strict=True)
        ),
        note=words.say("defects_note", judged=judged) if found else "",
        empty=words.say("defects_none") if judged else words.say("decided_none"),
    )


def latency_table(report: ShiftReport, words: Words) -> Table:
    """Latency of the first looks."""
    latency = report.summary.latency_ms
    titles = ("p50, ms", "p95, ms", "p99, ms", f"{words.say('max')}, ms")
    found = () if latency is None else (latency.p50, latency.p95, latency.p99, latency.max)
    return Table(
        key="latency",
        narrow=True,
        title=words.say("latency"),
        columns=tuple(Column(title, width=1.0, right=True) for title in titles),
        rows=(tuple(ms(figure) for figure in found),) if found else (),
        note=words.say("latency_note", n=latency.n) if latency else "",
        empty=words.say("latency_none"),
    )
