"""The table of what control charts signal. Pure."""

from collections.abc import Callable, Iterable
from datetime import tzinfo

from inspection.times.local_time import shown
from reports.shift.document.cells import Cell, Column, Table, count, number, numbers
from reports.shift.document.report import ShiftReport
from reports.shift.document.words.words import Words
from reports.statistics.run_rules import Signal

_MOST_SPANS = 4
"""Places of a signal that are named; JSON has all."""


def signals_table(report: ShiftReport, words: Words, zone: tzinfo | None) -> Table:
    """Which points of the charts of hours and gauges are signals, and how many would be by chance."""
    summary, rows = report.summary, []
    if summary.hours is not None:
        begins, chart = summary.hours.begins, summary.hours.chart

        def hour(at: int) -> str:
            return shown(begins[at - 1], zone=zone, timespec="minutes")

        rows += _rows(words.say("p_chart"), chart.signals, hour, words)
        rows += _rows(words.say("p_prime_chart"), chart.signals_prime, hour, words)
    for gauge in summary.gauges:
        if gauge.control is not None:
            rows += _rows(gauge.name, gauge.control.signals, str, words)
        if gauge.subgroups is not None:
            named = words.say("means_of", gauge=gauge.name, size=gauge.subgroups.size)
            rows += _rows(named, gauge.subgroups.signals, str, words)
    return Table(
        key="signals",
        title=words.say("signals"),
        columns=(
            Column(words.say("chart"), width=0.8),
            Column(words.say("rule"), width=1.6),
            *numbers(words.say("points"), words.say("by_chance")),
            Column(words.say("where"), width=1.7),
        ),
        rows=tuple(rows),
        note=words.say("signals_note") if rows else "",
        empty=words.say("signals_none"),
    )


def _rows(
    chart: str, signals: Iterable[Signal], place: Callable[[int], str], words: Words
) -> list[tuple[Cell, ...]]:
    return [
        (
            Cell(chart),
            Cell(words.code(signal.rule)),
            count(signal.points),
            number(signal.expected),
            Cell(_spans(signal, place)),
        )
        for signal in signals
    ]


def _spans(signal: Signal, place: Callable[[int], str]) -> str:
    named = [
        place(first) if first == last else f"{place(first)} – {place(last)}" for first, last in signal.spans
    ]
    return "; ".join(named[:_MOST_SPANS]) + ("; …" if len(named) > _MOST_SPANS else "")
