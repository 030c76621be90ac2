"""The figures of a shift as a table for the terminal."""

from datetime import tzinfo

from rich.table import Table

from inspection.decision import Action
from inspection.part import Outcome
from inspection.times.local_time import shown
from reports.shift.figures import ShiftSummary


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
    for name, part in (("first part", summary.first), ("last part", summary.last)):
        if part is not None:
            table.add_row(name, f"{part.part_id} at {shown(part.seen_at, zone=zone)}")
    return table
