"""Counts, yield and latency of the shift, as data. Pure."""

from datetime import timedelta
from typing import Final

from app.console.screens.run.model.shown import FigureView, LatencyView, ProductionView
from app.console.widgets.phrases import NOTHING, action_sign, calm, number, outcome_sign, percent
from app.console.widgets.signs import Tone
from app.console.words.words import Words
from inspection.decision import Action
from inspection.part import Outcome
from inspection.status import Counts, Percentiles, StationStatus

BUDGET_MS: Final = 500.0
"""From trigger to decision in the PLC."""


def production_view(status: StationStatus | None, fresh: bool, words: Words) -> ProductionView:
    """How the shift is going; dashes stand for what is not known."""
    known = None if status is None else status.counts
    counts = known or Counts()
    share = counts.yield_rate

    def figure(value: int) -> str:
        return number(None if known is None else value)

    return ProductionView(
        totals=(
            FigureView(
                caption=words.judged
                if status is None or known is None
                else _judged_since(known, status, words),
                value=figure(counts.judged),
            ),
            FigureView(caption=words.yield_rate, value=NOTHING if share is None else percent(share)),
            FigureView(caption=words.missed_count, value=figure(counts.missed)),
            FigureView(caption=words.late_count, value=figure(counts.late)),
        ),
        actions=tuple(
            FigureView(
                caption=words.actions_short[action],
                value=figure(counts.by_action.get(action, 0)),
                sign=calm(action_sign(action, words, short=True)),
            )
            for action in Action
        ),
        outcomes=tuple(
            FigureView(
                caption=words.outcomes[outcome],
                value=figure(counts.by_outcome.get(outcome, 0)),
                sign=calm(outcome_sign(outcome, words)),
            )
            for outcome in Outcome
        ),
        latency=_latency(None if status is None else status.latency_ms, fresh, words),
    )


def _judged_since(counts: Counts, status: StationStatus, words: Words) -> str:
    """Parts judged, from when on: a time by the plant's clocks, or a day where that would mislead."""
    since = counts.since
    if since is None:
        return words.judged_since_start
    local = status.by_its_clocks(since)
    long_ago = status.at - since >= timedelta(days=1)
    return words.judged_since.format(time=f"{local:%m-%d}" if long_ago else f"{local:%H:%M}")


def _latency(latency_ms: Percentiles | None, fresh: bool, words: Words) -> LatencyView:
    p95_ms = None if latency_ms is None else latency_ms.p95
    tone = Tone.CALM
    if not fresh:
        tone = Tone.FADED
    elif p95_ms is not None and p95_ms > BUDGET_MS:
        tone = Tone.DANGER
    elif p95_ms is not None and p95_ms > 0.8 * BUDGET_MS:
        tone = Tone.CAUTION
    return LatencyView(
        caption=words.latency,
        value=NOTHING if p95_ms is None else f"{p95_ms:.0f} ms",
        limit=words.latency_limit.format(limit=f"{BUDGET_MS:.0f}"),
        p95_ms=p95_ms,
        limit_ms=BUDGET_MS,
        tone=tone,
    )
