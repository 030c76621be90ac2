"""The tables of what gauges read. Pure."""

from collections.abc import Sequence

from inspection.decision import within
from inspection.instruments.indicator import LAMP_STATES
from inspection.instruments.reading import InstrumentKind
from reports.shift.document.cells import Cell, Column, Table, count, index, number, numbers
from reports.shift.document.words.words import Words
from reports.shift.gauges import GaugeFigures
from reports.statistics.subgroup_charts import LEAST_SUBGROUPS
from reports.statistics.variables_charts import Individuals, Unstable


def gauges_table(gauges: Sequence[GaugeFigures], words: Words) -> Table:
    """What each gauge read, and whether its limits are kept."""
    figures = [words.say(key) for key in ("parts", "read", "outside", "mean")]
    return Table(
        key="gauges",
        title=words.say("gauges"),
        columns=(
            Column(words.say("gauge"), width=1.0),
            Column(words.say("limits"), width=0.8),
            *numbers(*figures, "s", "u"),
        ),
        rows=tuple(_line(gauge, words) for gauge in gauges),
        note=words.say("gauges_note") if gauges else "",
        empty=words.say("gauges_none"),
    )


def unreadable_table(gauges: Sequence[GaugeFigures], words: Words) -> Table:
    """Why gauges could not be read."""
    return Table(
        key="unreadable",
        title=words.say("unreadable"),
        columns=(
            Column(words.say("gauge"), width=1.0),
            Column(words.say("reason"), width=2.0),
            *numbers(words.say("parts")),
        ),
        rows=tuple(
            (Cell(gauge.name), Cell(words.tell(reason.sentence.coded, reason.sentence)), count(parts))
            for gauge in gauges
            for reason, parts in gauge.unreadable.items()
        ),
        empty=words.say("unreadable_none"),
    )


def control_table(gauges: Sequence[GaugeFigures], words: Words) -> Table:
    """Whether the process behind each gauge was in control."""

    def said(gauge: GaugeFigures, control: Individuals) -> tuple[Cell, ...]:
        refused = None if gauge.capability is None else gauge.capability.refused
        return (
            Cell(gauge.name),
            count(control.n),
            *map(number, (control.low, control.centre, control.high, control.moving_range)),
            Cell(_in_control(control.unstable, words)),
            Cell(None if refused is None else words.code(refused)),
        )

    return Table(
        key="control",
        title=words.say("control"),
        columns=(
            Column(words.say("gauge"), width=0.7),
            *numbers(*(words.say(key) for key in ("read", "control_low", "mean"))),
            *numbers(*(words.say(key) for key in ("control_high", "moving_range"))),
            Column(words.say("in_control"), width=1.0),
            Column(words.say("no_cpk"), width=1.0),
        ),
        rows=tuple(said(gauge, gauge.control) for gauge in gauges if gauge.control is not None),
        note=words.say("control_note") if any(gauge.control for gauge in gauges) else "",
        empty=words.say("control_none"),
    )


def subgroups_table(gauges: Sequence[GaugeFigures], words: Words) -> Table:
    """The charts of means of subgroups, where they were asked for."""
    found = [(gauge.name, gauge.subgroups) for gauge in gauges if gauge.subgroups is not None]
    figures = [words.say(key) for key in ("subgroup_size", "subgroups_count", "control_low", "mean")]
    figures += [words.say(key) for key in ("control_high", "spread_mean", "spread_to", "spread_beyond")]
    return Table(
        key="subgroups",
        title=words.say("subgroups"),
        columns=(
            Column(words.say("gauge"), width=0.7),
            Column(words.say("chart")),
            *numbers(*figures),
            Column(words.say("in_control"), width=1.0),
        ),
        rows=tuple(
            (
                Cell(name),
                Cell(words.code(chart.spread)),
                *map(count, (chart.size, chart.subgroups)),
                *map(number, (chart.low, chart.centre, chart.high, chart.spread_centre, chart.spread_high)),
                count(chart.spread_beyond),
                Cell(_in_control(chart.unstable, words)),
            )
            for name, chart in found
        ),
        note=" ".join(
            [words.say("subgroups_note")]
            + [
                words.say("off_chart", gauge=name, n=chart.off_chart)
                for name, chart in found
                if chart.off_chart
            ]
        )
        if found
        else "",
        empty=words.say("subgroups_none", least=LEAST_SUBGROUPS),
    )


def _in_control(unstable: Sequence[Unstable], words: Words) -> str:
    why = words.listed(words.code(one) for one in unstable)
    return words.say("in_control_no", why=why) if why else words.say("yes")


def capability_table(gauges: Sequence[GaugeFigures], words: Words) -> Table:
    """How well the process behind each gauge keeps its limits."""
    names = (
        ("pp", "Pp"),
        ("ppk", "Ppk"),
        ("cpk_measured", words.say("cpk_measured")),
        ("cp", "Cp"),
        ("cpk", "Cpk"),
    )
    rows = [
        (Cell(gauge.name), Cell(name), *map(index, (found.value, found.low, found.high)))
        for gauge in gauges
        if gauge.capability is not None
        for field, name in names
        if (found := getattr(gauge.capability, field)) is not None
    ]
    return Table(
        key="capability",
        title=words.say("capability"),
        columns=(
            *(Column(words.say(key), width=1.0) for key in ("gauge", "index")),
            *numbers(*(words.say(key) for key in ("value", "low", "high"))),
        ),
        rows=tuple(rows),
        note=words.say("capability_note") if rows else "",
        empty=words.say("capability_none"),
    )


def _line(gauge: GaugeFigures, words: Words) -> tuple[Cell, ...]:
    return (
        Cell(gauge.name),
        Cell(_limits(gauge, words) or None),
        *(count(figure) for figure in (gauge.parts, gauge.read, gauge.outside)),
        *(number(figure) for figure in (gauge.mean, gauge.s, gauge.median_u)),
    )


def _limits(gauge: GaugeFigures, words: Words) -> str:
    """``3 to 5 bar``; of a lamp the states that it may have; empty where it has no limits."""
    low, high = gauge.low, gauge.high
    if low is None and high is None:
        return gauge.unit
    if gauge.kind is InstrumentKind.LAMP:
        return words.listed(word for state, word in LAMP_STATES.items() if within(state, low, high))
    key = "limits_high" if low is None else "limits_low" if high is None else "limits_both"
    said = words.say(key, low=f"{low or 0.0:g}", high=f"{high or 0.0:g}")
    return f"{said} {gauge.unit}".rstrip()
