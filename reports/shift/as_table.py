"""The figures of a shift as a table for the terminal."""

from collections.abc import Sequence
from datetime import tzinfo
from typing import Final

from rich.markup import escape
from rich.table import Table

from inspection.decision import Action, within
from inspection.instruments.indicator import LAMP_STATES
from inspection.instruments.reading import InstrumentKind
from inspection.part import Outcome
from inspection.times.local_time import shown
from reports.shift.document.words.running import RUNNING_ENGLISH
from reports.shift.downtime.reasons import Downtime
from reports.shift.figures import ShiftSummary
from reports.shift.gauges import GaugeFigures
from reports.shift.hours import Hours
from reports.statistics.capability import Capability
from reports.statistics.proportions import Proportion
from reports.statistics.run_rules import Signal
from reports.statistics.subgroup_charts import SubgroupChart
from reports.statistics.words import WORDS

_WORDS: Final = WORDS["en"]


def to_table(summary: ShiftSummary, *, zone: tzinfo | None = None) -> Table:
    """The summary for the terminal, but for the chain's head, which needs a line to be copied from.

    Times are local, each with its offset: on the night when the clock is set back two hours look alike.

    Args:
        summary: What to show.
        zone: The plant's time zone; None for this machine's.
    """
    start, end = (shown(at, zone=zone, timespec="minutes") for at in (summary.start, summary.end))
    named = "" if summary.shift is None else f"{escape(summary.shift.name)} of {summary.shift.date}, "
    title = f"Shift {named}{start} to {end}"
    if summary.as_of is not None:
        title += f"\nPROVISIONAL: not over, as of {shown(summary.as_of, zone=zone)}"
    table = Table(
        title=title,
        caption=summary.statement,
        show_header=False,
    )
    table.add_column("figure")
    table.add_column("value", justify="right")
    latency = summary.latency_ms
    table.add_row("parts", str(summary.parts))
    for action in Action:
        table.add_row(f"  {action.value}", str(summary.by_action.get(action, 0)))
    table.add_row("  not as decided", str(summary.not_as_decided))
    table.add_row("  not known yet", str(summary.pending))
    table.add_section()
    for outcome in Outcome:
        table.add_row(f"  {outcome.value}", str(summary.by_outcome.get(outcome, 0)))
    table.add_row("unreconciled", str(summary.unreconciled))
    table.add_section()
    table.add_row("missed", str(sum(summary.missed.values())))
    for cause, parts in summary.missed.items():
        table.add_row(f"  {cause.value}", str(parts))
    table.add_row("challenge pieces", str(summary.challenge_pieces))
    if summary.reviews is not None:
        table.add_row("held parts", str(summary.reviews.held))
        table.add_row("  not reviewed", str(summary.reviews.waiting))
    table.add_row("late", str(summary.late))
    table.add_row("simulated", str(summary.simulated))
    table.add_row("first-pass yield", _share(summary.first_pass_yield, none="none judged"))
    table.add_row("yield without rework", _share(summary.yield_without_rework, none="none judged"))
    table.add_row("quality ratio (OEE)", _share(summary.quality_ratio, none="no parts", noun="parts"))
    for held in summary.certified:
        name = "uncertified" if held.certificate is None else f"certificate {held.certificate.id[:8]}"
        promise = "" if held.certificate is None else f"{held.certificate.promise}, "
        table.add_row(name, f"{promise}{held.parts} parts")
    if latency is not None:
        figures = " / ".join(f"{ms:.0f}" for ms in (latency.p50, latency.p95, latency.p99, latency.max))
        table.add_row("latency p50 / p95 / p99 / max, ms", figures)
    table.add_row("false releases", _share(summary.false_release_share, none="truth unknown", noun="known"))
    table.add_row("releases without a published pass", str(summary.mismatched_releases))
    table.add_row("parts looked at that lack a picture", str(summary.pictures_not_kept))
    if summary.defects:
        table.add_section()
        table.add_row("parts with defects, by type", "share of these, with those above")
    for row in summary.defects:
        table.add_row(f"  {row.name}", f"{row.count}, {row.share:.1%}, {row.cumulative:.1%}")
    if summary.hours is not None:
        _add_hours(table, summary.hours, zone)
    for gauge in summary.gauges:
        _add_gauge(table, gauge)
    if summary.downtime is not None:
        _add_downtime(table, summary.downtime)
    table.add_section()
    for name, part in (("first part", summary.first), ("last part", summary.last)):
        if part is not None:
            table.add_row(name, f"{part.part_id} at {shown(part.seen_at, zone=zone)}")
    return table


def _add_hours(table: Table, hours: Hours, zone: tzinfo | None) -> None:
    """The control charts of the parts that did not pass, an hour a point."""
    chart = hours.chart
    table.add_section()
    sigma_z = "" if chart.sigma_z is None else f"; sigma_z {chart.sigma_z:.2f}"
    table.add_row("not passed, by the hour", f"mean {chart.centre:.2%}{sigma_z}")
    for begin, point in zip(hours.begins, chart.points, strict=True):
        limits = f"p {point.low:.1%} to {point.high:.1%}, p' {point.low_prime:.1%} to {point.high_prime:.1%}"
        said = f"{point.count} of {point.of}, {point.share:.1%}; {limits}"
        table.add_row(f"  {shown(begin, zone=zone, timespec='minutes')}", said)
    _add_signals(table, f"p, {_WORDS[chart.rule_set]}", chart.signals)
    _add_signals(table, f"p' of Laney, {_WORDS[chart.rule_set]}", chart.signals_prime)


def _add_signals(table: Table, by: str, signals: Sequence[Signal]) -> None:
    """Which points of a chart are signals, and how many would be by chance."""
    name = f"  signals ({by})"
    for signal in signals:
        where = ", ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in signal.spans[:4])
        more = " ..." if len(signal.spans) > 4 else ""
        rule = f"{_WORDS[signal.rule]}: {signal.points} (by chance {signal.expected:.1f})"
        table.add_row(name, f"{rule} at {where}{more}")
        name = ""
    if not signals:
        table.add_row(name, "none")


def _add_downtime(table: Table, found: Downtime) -> None:
    """How the time was spent, and how long the PLC stayed connected."""
    table.add_section()
    if found.availability is not None:
        low, high = found.availability
        most = "" if low == high else f" to {high:.1%}, as not all is known"
        table.add_row(
            "availability", f"{_minutes(found.running_s)} of {_minutes(found.total_s)}, {low:.1%}{most}"
        )
    for row in found.rows:
        name = RUNNING_ENGLISH[f"Reason.{row.reason}"]
        table.add_row(f"  {name}", f"{_minutes(row.seconds)}, {row.share:.1%}; {row.times}×")
    if found.bypass_s:
        table.add_row("bypass key turned", _minutes(found.bypass_s))
    between, losses = found.between_losses, f"{found.losses} in {_minutes(found.between_losses.total_s)}"
    if between.mean_s is not None:
        losses += f"; mean between {_minutes(between.mean_s)}"
    if between.low_s is not None:
        losses += f", more than {_minutes(between.low_s)}"
    table.add_row("losses of the PLC", losses)
    if found.to_restore.mean_s is not None:
        table.add_row(
            "  mean time to restore", f"{_minutes(found.to_restore.mean_s)}, {found.to_restore.count}×"
        )


def _minutes(seconds: float) -> str:
    return f"{seconds / 60.0:.1f} min" if seconds >= 60.0 else f"{seconds:.1f} s"


def _add_gauge(table: Table, gauge: GaugeFigures) -> None:
    """What a gauge read, and whether its limits are kept."""
    table.add_section()
    table.add_row(f"gauge {gauge.name}{_limits(gauge)}", f"{gauge.read} of {gauge.parts} read")
    for reason, parts in gauge.unreadable.items():
        table.add_row(f"  unreadable: {reason.value}", str(parts))
    by_looks = gauge.kind in (InstrumentKind.LAMP, InstrumentKind.CODE)
    table.add_row("  not as wanted" if by_looks else "  outside its limits", str(gauge.outside))
    if gauge.mean is not None:
        spread = "" if gauge.s is None else f", s {gauge.s:.3g}"
        table.add_row("  mean", f"{gauge.mean:.5g}{spread}, u {gauge.median_u:.2g} {gauge.unit}".rstrip())
    if gauge.control is not None:
        control = gauge.control
        limits = f"{control.low:.5g} to {control.high:.5g}, mean moving range {control.moving_range:.3g}"
        table.add_row("  control limits (I-MR)", f"{limits}, to {control.moving_range_high:.3g}")
        _add_signals(table, _WORDS[control.rule_set], control.signals)
        why = " and ".join(_WORDS[one] for one in control.unstable)
        table.add_row("  in control", f"no: {why}" if why else "yes")
    if gauge.subgroups is not None:
        _add_subgroups(table, gauge.subgroups)
    if gauge.capability is not None:
        _add_capability(table, gauge.capability)
    if gauge.trueness is not None:
        true = gauge.trueness
        table.add_row("  worst error, within 2 u", f"{true.worst_error:.3g}, {true.within_2u:.1%}")


def _add_subgroups(table: Table, chart: SubgroupChart) -> None:
    """The chart of means of subgroups."""
    name = f"  means of {chart.size} ({_WORDS[chart.spread]}), {chart.subgroups} subgroups"
    table.add_row(name, f"{chart.low:.5g} to {chart.high:.5g}, spread to {chart.spread_high:.3g}")
    _add_signals(table, f"means, {_WORDS[chart.rule_set]}", chart.signals)
    table.add_row("  spreads beyond their limits", str(chart.spread_beyond))
    why = " and ".join(_WORDS[one] for one in chart.unstable)
    table.add_row("  in control by subgroups", f"no: {why}" if why else "yes")


def _add_capability(table: Table, found: Capability) -> None:
    """The indices that can be told, each with its interval, and why there are no others."""
    for name, index in (
        ("Pp", found.pp),
        ("Ppk", found.ppk),
        ("Cpk as measured", found.cpk_measured),
        ("Cp of the parts", found.cp),
        ("Cpk of the parts", found.cpk),
    ):
        if index is not None:
            table.add_row(f"  {name}", f"{index.value:.2f} ({index.low:.2f} to {index.high:.2f})")
    if found.refused is not None:
        table.add_row("  no Cpk of the parts", _WORDS[found.refused])


def _share(found: Proportion | None, *, none: str, noun: str = "judged") -> str:
    """``760 of 800 judged, 95.00% (93.26% to 96.31%, Wilson)``."""
    if found is None:
        return none
    interval = f"{found.low:.2%} to {found.high:.2%}, {_WORDS[found.method]}"
    return f"{found.count} of {found.of} {noun}, {found.share:.2%} ({interval})"


def _limits(gauge: GaugeFigures) -> str:
    """``, 3 to 5 bar``; of a lamp the states that it may have."""
    if (gauge.low, gauge.high) == (None, None):
        return ""
    if gauge.kind is InstrumentKind.LAMP:
        states = [word for state, word in LAMP_STATES.items() if within(state, gauge.low, gauge.high)]
        return f", {' or '.join(states)}"
    limits = " to ".join("any" if limit is None else f"{limit:g}" for limit in (gauge.low, gauge.high))
    return f", {limits} {gauge.unit}".rstrip()
