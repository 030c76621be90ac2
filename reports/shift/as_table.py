"""The figures of a shift as a table for the terminal."""

from datetime import tzinfo

from rich.table import Table

from inspection.decision import Action, within
from inspection.instruments.indicator import LAMP_STATES
from inspection.instruments.reading import InstrumentKind
from inspection.part import Outcome
from inspection.times.local_time import shown
from reports.shift.figures import ShiftSummary
from reports.shift.gauges import GaugeFigures


def to_table(summary: ShiftSummary, *, zone: tzinfo | None = None) -> Table:
    """The summary for the terminal, but for the chain's head, which needs a line to be copied from.

    Times are local, each with its offset: on the night when the clock is set back two hours look alike.

    Args:
        summary: What to show.
        zone: The plant's time zone; None for this machine's.
    """
    start, end = (shown(at, zone=zone, timespec="minutes") for at in (summary.start, summary.end))
    table = Table(
        title=f"Shift {start} to {end}",
        caption=summary.statement,
        show_header=False,
    )
    table.add_column("figure")
    table.add_column("value", justify="right")
    rate, latency = summary.first_pass_yield, summary.latency_ms
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
    table.add_row("parts looked at that lack a picture", str(summary.pictures_not_kept))
    for gauge in summary.gauges:
        _add_gauge(table, gauge)
    table.add_section()
    for name, part in (("first part", summary.first), ("last part", summary.last)):
        if part is not None:
            table.add_row(name, f"{part.part_id} at {shown(part.seen_at, zone=zone)}")
    return table


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
    if gauge.capability is not None:
        shown_as = gauge.capability.model_dump()
        table.add_row("  Pp / Ppk", " / ".join(_index(shown_as[name]) for name in ("pp", "ppk")))
        both = " / ".join(_index(shown_as[name]) for name in ("cpk_measured", "cpk"))
        table.add_row("  Cpk as measured / of the parts", both)
    if gauge.trueness is not None:
        true = gauge.trueness
        table.add_row("  worst error, within 2 u", f"{true.worst_error:.3g}, {true.within_2u:.1%}")


def _limits(gauge: GaugeFigures) -> str:
    """``, 3 to 5 bar``; of a lamp the states that it may have."""
    if (gauge.low, gauge.high) == (None, None):
        return ""
    if gauge.kind is InstrumentKind.LAMP:
        states = [word for state, word in LAMP_STATES.items() if within(state, gauge.low, gauge.high)]
        return f", {' or '.join(states)}"
    limits = " to ".join("any" if limit is None else f"{limit:g}" for limit in (gauge.low, gauge.high))
    return f", {limits} {gauge.unit}".rstrip()


def _index(value: float | None) -> str:
    return "none" if value is None else f"{value:.2f}"
