"""What stands where on the Run screen at a moment, in the words of one language. Pure.

Every age is counted here and now (promise 6): the engine's own account of a value's age when it sent it,
plus the time since it arrived. Nothing is compared with the console's wall clock, which may be wrong.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from app.console.screens.run.model import score
from app.console.screens.run.model.shown import (
    NOTHING,
    STRIP_LENGTH,
    AlarmsView,
    BoxView,
    CellView,
    CommandView,
    FigureView,
    HeaderView,
    LatencyView,
    PartView,
    ProductionView,
    RunView,
    Sign,
    TileView,
)
from app.console.screens.run.model.state import COMMAND_TIMEOUT_S, LOOK_BACK_S, Contact, RunState
from app.console.widgets.signs import (
    ACTION_SIGNS,
    HEALTH_SIGNS,
    MISSED_SIGN,
    MODE_SIGNS,
    OPEN_OUTCOME_SIGN,
    OUTCOME_SIGNS,
    WITHHELD_SIGN,
    Shape,
    Tone,
)
from app.console.words.words import Words
from inspection.decision import Action, Defect
from inspection.part import Inspection, Outcome
from inspection.status import (
    Alarm,
    Command,
    Counts,
    Health,
    Mode,
    Percentiles,
    StationStatus,
    Subsystem,
    Tile,
)

BUDGET_MS: Final = 500.0
"""From trigger to decision in the PLC."""
AGED_AFTER_S: Final = 30.0
"""A decision older than this is shown as the last one there was, not as one of now."""


def present(state: RunState, *, now_s: float, words: Words, url: str) -> RunView:
    """The screen for ``state`` at ``now_s`` (the state's own clock)."""
    contact = state.contact(now_s)
    status = None if state.received is None else state.received.status
    silence_s = state.silence_s(now_s) or 0.0
    part = state.part
    simulated = (status is not None and status.simulated) or (part is not None and part.simulated)
    fresh = contact is Contact.FRESH
    notice, notice_tone = _notice(state, words)
    return RunView(
        contact=contact,
        stale_banner=_stale_banner(state, contact, silence_s, words, url),
        simulated_banner=words.simulated if simulated else "",
        bypass_banner=words.bypassed if status is not None and status.bypassed else "",
        header=_header(status, contact, silence_s, words),
        part=None if part is None or status is None else _part(state, part, status, now_s, words),
        no_part=words.nothing_known if status is None else words.no_part,
        strip=() if status is None else _strip(state, status, words),
        live_label=_live_label(state, now_s, words),
        looking_back=state.look_back is not None,
        production=_production(status, fresh, words),
        tiles=_tiles(status, fresh, silence_s, words),
        alarms=_alarms(status, fresh, silence_s, words),
        commands=tuple(
            CommandView(command=command, label=words.commands[command], enabled=state.may(command, now_s))
            for command in Command
        ),
        notice=notice,
        notice_tone=notice_tone,
    )


def age_text(age_s: float, words: Words) -> str:
    """An age as people say it: whole units, rounded down, so that it does not flicker."""
    age_s = max(0.0, age_s)
    if age_s < 1:
        return words.under_1_s
    if age_s < 120:
        return words.seconds.format(n=int(age_s))
    if age_s < 2 * 3600:
        return words.minutes.format(n=int(age_s // 60))
    if age_s < 2 * 86400:
        return words.hours.format(n=int(age_s // 3600))
    return words.days.format(n=int(age_s // 86400))


def percent(share: float) -> str:
    """Per cent with one decimal, rounded down: 99.96 % is not shown as 100."""
    return f"{int(share * 1000 + 1e-9) / 10:.1f} %"


def _age_s(since: datetime, status: StationStatus, silence_s: float) -> float:
    return max(0.0, (status.at - since).total_seconds()) + silence_s


def _stale_banner(state: RunState, contact: Contact, silence_s: float, words: Words, url: str) -> str:
    if contact is Contact.FRESH:
        return ""
    why = "" if state.trouble is None else f" ({words.contact_troubles[state.trouble]})"
    if contact is Contact.WAITING:
        return words.waiting.format(url=url) + why
    return words.stale.format(age=age_text(silence_s, words)) + why


def _header(status: StationStatus | None, contact: Contact, silence_s: float, words: Words) -> HeaderView:
    mode = Sign(shape=Shape.DASHED_RING, tone=Tone.FADED, word=words.unknown)
    if status is not None and contact is Contact.FRESH:
        mode = _mode_sign(status, words)
    if contact is Contact.FRESH:
        link = Sign(shape=Shape.RING, tone=Tone.CALM, word=f"{words.live} {age_text(silence_s, words)}")
    else:
        word = words.stale_short if contact is Contact.STALE else words.no_contact
        link = Sign(shape=Shape.SQUARE_CROSS, tone=Tone.DANGER, word=word)
    recipe = NOTHING if status is None else words.no_recipe
    if status is not None and status.recipe_name is not None:
        version = "" if status.recipe_version is None else f"  v{status.recipe_version}"
        recipe = f"{status.recipe_name}{version}"
    return HeaderView(
        station="" if status is None else status.station,
        recipe=recipe,
        mode=mode,
        mode_reason="" if status is None or contact is not Contact.FRESH else status.mode_reason,
        contact=link,
    )


def _mode_sign(status: StationStatus, words: Words) -> Sign:
    """What the station is doing; never "Ready" where it takes no part, or none that it takes can pass."""
    if status.mode in (Mode.IDLE, Mode.EXECUTE) and status.nothing_passes:
        word = words.not_ready if status.takes_parts is False else words.all_go_aside
        return Sign(shape=Shape.TRIANGLE, tone=Tone.CAUTION, word=word)
    shape, tone = MODE_SIGNS[status.mode]
    return Sign(shape=shape, tone=tone, word=words.modes[status.mode])


def outcome_sign(outcome: Outcome | None, words: Words) -> Sign:
    """What became of a part."""
    shape, tone = OPEN_OUTCOME_SIGN if outcome is None else OUTCOME_SIGNS[outcome]
    return Sign(
        shape=shape, tone=tone, word=words.outcome_open if outcome is None else words.outcomes[outcome]
    )


def action_sign(action: Action, words: Words, *, short: bool = False) -> Sign:
    """What was decided."""
    shape, tone = ACTION_SIGNS[action]
    return Sign(shape=shape, tone=tone, word=(words.actions_short if short else words.actions)[action])


def part_sign(part: Inspection, words: Words, *, short: bool = False) -> Sign:
    """What was decided on a part, where somebody looked at it and the PLC was told; else what happened."""
    if part.missed is not None:
        shape, tone = MISSED_SIGN
        return Sign(shape=shape, tone=tone, word=words.not_inspected_short if short else words.not_inspected)
    if not part.published:
        shape, tone = WITHHELD_SIGN
        return Sign(shape=shape, tone=tone, word=words.not_sent_short if short else words.not_sent)
    return action_sign(part.decision.action, words, short=short)


def defect_label(defect: Defect, words: Words) -> str:
    """Type, severity and length, as far as it is known."""
    length = "" if defect.length_mm is None else f", {defect.length_mm:.1f} mm"
    return f"{defect.type}, {words.severities[defect.severity]}{length}"


def _part(state: RunState, part: Inspection, status: StationStatus, now_s: float, words: Words) -> PartView:
    silence_s = state.silence_s(now_s) or 0.0
    stale = state.contact(now_s) is not Contact.FRESH
    age_s = _age_s(part.recorded_at, status, silence_s)
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
        boxes=tuple(
            BoxView(box=defect.box, label=defect_label(defect, words), severity=defect.severity)
            for defect in decision.defects
        ),
    )


def _reason(part: Inspection, words: Words) -> str:
    """Why it was decided so; before that, where the PLC was not told, what that means for the part."""
    decision = part.decision
    if part.withheld is None:
        return decision.reason
    return words.withheld.format(action=words.actions[decision.action], reason=decision.reason)


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


def _strip(state: RunState, status: StationStatus, words: Words) -> tuple[CellView, ...]:
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


def _live_label(state: RunState, now_s: float, words: Words) -> str:
    if state.look_back is None:
        return words.is_live
    left_s = max(0, int(LOOK_BACK_S - (now_s - state.look_back.since_s) + 0.999))
    return words.back_to_live_in.format(seconds=left_s)


def _production(status: StationStatus | None, fresh: bool, words: Words) -> ProductionView:
    known = None if status is None else status.counts
    counts = known or Counts()
    share = counts.yield_rate

    def number(value: int) -> str:
        """A whole number with spaces between thousands (ISO 80000-1); the font has no thin ones."""
        return NOTHING if known is None else f"{value:,}".replace(",", "\u00a0")

    return ProductionView(
        totals=(
            FigureView(
                caption=words.judged
                if status is None or known is None
                else _judged_since(known, status.at, words),
                value=number(counts.judged),
            ),
            FigureView(caption=words.yield_rate, value=NOTHING if share is None else percent(share)),
            FigureView(caption=words.missed_count, value=number(counts.missed)),
            FigureView(caption=words.late_count, value=number(counts.late)),
        ),
        actions=tuple(
            FigureView(
                caption=words.actions_short[action],
                value=number(counts.by_action.get(action, 0)),
                sign=_calm(action_sign(action, words, short=True)),
            )
            for action in Action
        ),
        outcomes=tuple(
            FigureView(
                caption=words.outcomes[outcome],
                value=number(counts.by_outcome.get(outcome, 0)),
                sign=_calm(outcome_sign(outcome, words)),
            )
            for outcome in Outcome
        ),
        latency=_latency(None if status is None else status.latency_ms, fresh, words),
    )


def _judged_since(counts: Counts, now: datetime, words: Words) -> str:
    """Parts judged, from when on: a time in this computer's time zone, or a day where that would mislead."""
    since = counts.since
    if since is None:
        return words.judged_since_start
    local = since.astimezone()
    long_ago = now - since >= timedelta(days=1)
    return words.judged_since.format(time=f"{local:%m-%d}" if long_ago else f"{local:%H:%M}")


def _calm(sign: Sign) -> Sign:
    """The sign in grey: a count is history, and colour is for what is abnormal now."""
    return replace(sign, tone=Tone.CALM)


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


def _tiles(status: StationStatus | None, fresh: bool, silence_s: float, words: Words) -> tuple[TileView, ...]:
    by_subsystem = {} if status is None else {tile.subsystem: tile for tile in status.tiles}
    return tuple(
        _tile(subsystem, by_subsystem.get(subsystem), fresh, silence_s, words) for subsystem in Subsystem
    )


def _tile(subsystem: Subsystem, tile: Tile | None, fresh: bool, silence_s: float, words: Words) -> TileView:
    health = tile.health if tile is not None and fresh else Health.UNKNOWN
    shape, tone = HEALTH_SIGNS[health]
    age = words.no_data
    if tile is not None and tile.age_ms is not None:
        age = words.data_age.format(age=age_text(tile.age_ms / 1000 + silence_s, words))
    return TileView(
        subsystem=subsystem,
        title=words.subsystems[subsystem],
        health=Sign(shape=shape, tone=tone, word=words.healths[health]),
        text="" if tile is None else tile.text,
        detail="" if tile is None else tile.detail,
        age=age,
    )


def _alarms(status: StationStatus | None, fresh: bool, silence_s: float, words: Words) -> AlarmsView:
    """Alarms whose cause is there come first; then those that are gone and that nobody has seen."""
    standing = [] if status is None else [alarm for alarm in status.alarms if alarm.standing]
    active = [alarm for alarm in standing if alarm.active]
    newest = max(active or standing, key=came_last_at, default=None)
    text = "" if newest is None else newest.text
    age = ""
    if newest is not None and status is not None:
        age = words.ago.format(age=age_text(_age_s(came_last_at(newest), status, silence_s), words))
    if not fresh:
        word = words.unknown
        if status is not None:
            word = words.alarms_unknown.format(age=age_text(silence_s, words))
        return AlarmsView(sign=Sign(shape=Shape.DASHED_RING, tone=Tone.FADED, word=word), text=text, age=age)
    if newest is None:
        return AlarmsView(sign=Sign(shape=Shape.RING, tone=Tone.CALM, word=words.no_alarms), text="", age="")
    if not active:
        word = words.alarms_gone.format(n=len(standing))
        return AlarmsView(sign=Sign(shape=Shape.TRIANGLE, tone=Tone.CAUTION, word=word), text=text, age=age)
    word = words.alarm if len(active) == 1 else words.alarms.format(n=len(active))
    return AlarmsView(sign=Sign(shape=Shape.SQUARE_CROSS, tone=Tone.DANGER, word=word), text=text, age=age)


def came_last_at(alarm: Alarm) -> datetime:
    """When an alarm came, the last time where that was more than once."""
    return alarm.last_at or alarm.raised_at


def _notice(state: RunState, words: Words) -> tuple[str, Tone]:
    if state.in_flight is not None:
        return words.command_sent.format(command=words.commands[state.in_flight]), Tone.CALM
    if state.notice is None:
        return "", Tone.CALM
    reply = state.notice.reply
    command = words.commands[reply.command]
    if reply.problem is None:
        return words.command_accepted.format(command=command, detail=reply.detail), Tone.CALM
    text = words.command_problems[reply.problem]
    return text.format(command=command, detail=reply.detail, seconds=COMMAND_TIMEOUT_S), Tone.DANGER
