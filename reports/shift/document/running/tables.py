"""The tables of how a shift's time was spent, of the link to the PLC, and of alarms. Pure."""

from collections.abc import Callable, Iterator
from datetime import datetime, tzinfo

from inspection.times.local_time import shown
from reports.shift.document.cells import Cell, Column, Table, count, minutes, numbers, share
from reports.shift.document.report import ShiftReport
from reports.shift.document.words.words import Words
from reports.shift.downtime.alarms import AlarmLife
from reports.shift.downtime.reasons import Downtime, Reason
from reports.statistics.intervals import MeanTime

_NONE = Cell(None)


def downtime_table(report: ShiftReport, words: Words) -> Table:
    """What took time, what took most first, with its running share."""
    found = report.summary.downtime
    return Table(
        key="downtime",
        title=words.say("downtime"),
        columns=(
            Column(words.say("why_down"), width=1.0),
            *numbers(*(words.say(key) for key in ("times", "minutes", "share", "down_cumulative"))),
            *numbers(*(words.say(key) for key in ("whole_minutes", "longest_minutes", "open_ends"))),
        ),
        rows=() if found is None else tuple(_reasons(found, words)),
        note=words.say("downtime_note") if found is not None and found.rows else "",
        empty=words.say("downtime_unknown" if found is None else "downtime_none"),
    )


def _reasons(found: Downtime, words: Words) -> Iterator[tuple[Cell, ...]]:
    so_far = 0.0
    for row in found.rows:
        ran = row.reason is Reason.DEGRADED
        so_far += 0.0 if ran else row.share
        yield (
            Cell(words.of(row.reason)),
            count(row.times),
            minutes(row.seconds),
            share(row.share),
            share(None if ran else so_far),
            minutes(row.whole_s),
            minutes(row.longest_s),
            count(row.cut),
        )


def availability_table(report: ShiftReport, words: Words) -> Table:
    """How much of the time the station ran, and how long the PLC stayed connected."""
    found = report.summary.downtime
    return Table(
        key="availability",
        title=words.say("availability"),
        columns=(
            Column(words.say("figure"), width=1.0),
            *numbers(*(words.say(key) for key in ("value", "at_least", "at_most", "of_so_many"))),
        ),
        rows=() if found is None else tuple(_availability(found, words)),
        note="" if found is None else _availability_note(found, words),
        empty=words.say("downtime_unknown"),
    )


def _availability(found: Downtime, words: Words) -> Iterator[tuple[Cell, ...]]:
    for key, seconds in (
        ("time_told", found.total_s),
        ("time_ran", found.running_s),
        ("time_down", found.down_s),
        ("time_unknown", found.unknown_s),
        ("time_degraded", found.degraded_s),
        ("time_bypass", found.bypass_s),
    ):
        yield Cell(words.say(key)), minutes(seconds), _NONE, _NONE, _NONE
    if found.availability is not None:
        low, high = found.availability
        ran = share(low if low == high else None)
        yield Cell(words.say("availability_share")), ran, share(low), share(high), _NONE
    yield Cell(words.say("link_losses")), count(found.losses), _NONE, _NONE, _NONE
    yield Cell(words.say("time_connected")), minutes(found.between_losses.total_s), _NONE, _NONE, _NONE
    yield _mean("between_losses", found.between_losses, words)
    yield _mean("to_restore", found.to_restore, words)


def _mean(key: str, found: MeanTime, words: Words) -> tuple[Cell, ...]:
    figures = (found.mean_s, found.low_s, found.high_s)
    return Cell(words.say(key)), *map(minutes, figures), count(found.count)


def _availability_note(found: Downtime, words: Words) -> str:
    said = [words.say("availability_note")]
    if not found.losses:
        said.append(words.say("no_losses_note"))
    if found.clock_set_back:
        said.append(words.say("clock_note"))
    return " ".join(said)


def alarms_table(report: ShiftReport, words: Words, zone: tzinfo | None) -> Table:
    """The alarms that stood or came, in the order in which they did."""
    begins = shown(report.summary.start, zone=zone)[: len("2026-03-02 ")]

    def when(at: datetime) -> str:
        """Without its date on the day on which the shift begins; with its offset."""
        return shown(at, zone=zone).removeprefix(begins)

    return Table(
        key="alarms",
        title=words.say("alarms"),
        columns=(
            *numbers(words.say("alarm_number"), words.say("first_out")),
            Column(words.say("alarm_raised")),
            Column(words.say("alarm"), width=1.0),
            Column(words.say("priority")),
            Column(words.say("acknowledged"), width=0.7),
            Column(words.say("cleared")),
            *numbers(words.say("times"), words.say("minutes")),
        ),
        rows=tuple(_alarm(one, words, when) for one in report.alarms),
        note=words.say("alarms_note", day=begins.strip()) if report.alarms else "",
        empty=words.say("alarms_none" if _tells_of_alarms(report) else "alarms_unknown"),
    )


def _tells_of_alarms(report: ShiftReport) -> bool:
    """Whether what wrote the record would have told of an alarm: it tells of its link too."""
    found = report.summary.downtime
    return found is not None and found.unknown_s < found.total_s


def _alarm(one: AlarmLife, words: Words, when: Callable[[datetime], str]) -> tuple[Cell, ...]:
    seen = words.say("not_seen")
    if one.acknowledged_at is not None:
        seen = words.say("seen_by", who=words.who(one.acknowledged_by), at=when(one.acknowledged_at))
    return (
        count(one.number),
        count(one.first_out),
        Cell(when(one.raised_at)),
        Cell(f"{words.tell(one.coded, one.text)} (0x{one.code:04X})"),
        Cell(words.of(one.priority)),
        Cell(seen),
        Cell(words.say("not_over") if one.cleared_at is None else when(one.cleared_at)),
        count(one.times),
        minutes(one.active_s),
    )
