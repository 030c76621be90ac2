"""The part that is shown, and the strip of the last parts, as data. Pure."""

from typing import Final

from app.console.screens.run.model import gauges, score
from app.console.screens.run.model.shown import STRIP_LENGTH, BoxView, CellView, PartView
from app.console.screens.run.model.state import Contact, RunState
from app.console.widgets.phrases import (
    NOTHING,
    Sign,
    age_of,
    age_text,
    defect_label,
    outcome_sign,
    part_sign,
    said,
)
from app.console.widgets.signs import Shape, Tone
from app.console.words.words import Words
from inspection.part import Inspection
from inspection.status import StationStatus

AGED_AFTER_S: Final = 30.0
"""A decision older than this is shown as the last one there was, not as one of now."""


def part_view(
    state: RunState, part: Inspection, status: StationStatus, now_s: float, words: Words
) -> PartView:
    """The part that ``state`` shows, at ``now_s`` (the state's own clock)."""
    silence_s = state.silence_s(now_s) or 0.0
    stale = state.contact(now_s) is not Contact.FRESH
    age_s = age_of(part.recorded_at, status, silence_s)
    decision = part.decision
    old = state.look_back is not None
    sign = part_sign(part, words)
    age = (words.old_part_age if old else words.ago).format(age=age_text(age_s, words))
    if stale:
        # what is read from afar is that nothing is known now, not a decision that may be long undone
        age = words.stale_decision.format(action=sign.word, age=age_text(age_s, words))
        sign = Sign(shape=Shape.DASHED_RING, tone=Tone.FADED, word=words.stale_short)
    return PartView(
        inspection_id=part.inspection_id,
        sign=sign,
        age=age,
        # under the bypass key no decision is of now, not even one of a second ago
        muted=old or stale or status.bypassed or age_s > AGED_AFTER_S,
        stale=stale,
        banner=words.old_part.format(seq=part.trigger.seq, age=age_text(age_s, words)) if old else "",
        facts=(
            (words.part, str(decision.part_id)),
            (words.trigger, str(part.trigger.seq)),
            score.fact(part, status, words),
            (words.decided, words.decided_by[decision.decided_by] if part.missed is None else NOTHING),
        ),
        outcome=outcome_sign(part.outcome, words),
        warning=_warning(part, words),
        reason=_reason(part, words),
        pictures=part.pictures,
        boxes=(
            *gauges.boxes(decision.gauges, words),
            *(
                BoxView(box=defect.box, label=defect_label(defect, words), says=defect.severity)
                for defect in decision.defects
            ),
        ),
    )


def _reason(part: Inspection, words: Words) -> str:
    """Why it was decided so; before that, where the PLC was not told, what that means for the part."""
    decision = part.decision
    reason = said(decision.reason, decision.coded, words)
    if part.withheld is None:
        return reason
    return words.withheld.format(action=words.actions[decision.action], reason=reason)


def _warning(part: Inspection, words: Words) -> Sign | None:
    """The worst that must be said of a part's passage, if anything."""
    if part.false_release:
        return Sign(shape=Shape.SQUARE_CROSS, tone=Tone.DANGER, word=words.false_release)
    if part.mismatched_release:
        return Sign(shape=Shape.SQUARE_CROSS, tone=Tone.DANGER, word=words.mismatched)
    if part.missed is not None:
        cause = words.missed_causes[part.missed]
        return Sign(shape=Shape.TRIANGLE, tone=Tone.CAUTION, word=words.missed.format(cause=cause))
    if part.withheld is not None:
        cause = words.withheld_causes[part.withheld]
        return Sign(shape=Shape.TRIANGLE, tone=Tone.CAUTION, word=words.not_published.format(cause=cause))
    return None


def strip_view(state: RunState, status: StationStatus, words: Words) -> tuple[CellView, ...]:
    """The last parts, newest first."""
    shown = state.part
    return tuple(
        CellView(
            inspection_id=part.inspection_id,
            action=part_sign(part, words, short=True),
            outcome=outcome_sign(part.outcome, words),
            seq=str(part.trigger.seq),
            selected=shown is not None and shown.inspection_id == part.inspection_id,
        )
        for part in status.recent[:STRIP_LENGTH]
    )
