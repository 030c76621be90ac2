"""What stands where on the Run screen at a moment, in the words of one language. Pure.

Every age is counted here and now (promise 6): the engine's own account of a value's age when it sent it,
plus the time since it arrived. Nothing is compared with the console's wall clock, which may be wrong.
"""

from operator import attrgetter

from app.console.client.replies import COMMAND_TIMEOUT_S
from app.console.screens.run.model.part_view import part_view, strip_view
from app.console.screens.run.model.production_view import production_view
from app.console.screens.run.model.shown import AlarmsView, CommandView, HeaderView, RunView, TileView
from app.console.screens.run.model.state import LOOK_BACK_S, Contact, RunState
from app.console.widgets.phrases import NOTHING, Sign, age_of, age_text, said
from app.console.widgets.signs import HEALTH_SIGNS, MODE_SIGNS, Shape, Tone
from app.console.words.words import Words
from inspection.alarms.flood import in_view
from inspection.status import Alarm, Command, Health, Mode, StationStatus, Subsystem, Tile


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
        part=None if part is None or status is None else part_view(state, part, status, now_s, words),
        no_part=words.nothing_known if status is None else words.no_part,
        strip=() if status is None else strip_view(state, status, words),
        live_label=_live_label(state, now_s, words),
        looking_back=state.look_back is not None,
        production=production_view(status, fresh, words),
        tiles=_tiles(status, fresh, silence_s, words),
        alarms=_alarms(status, fresh, silence_s, words),
        commands=tuple(
            CommandView(command=command, label=words.commands[command], enabled=state.may(command, now_s))
            for command in Command
        ),
        notice=notice,
        notice_tone=notice_tone,
    )


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
        mode_reason=""
        if status is None or contact is not Contact.FRESH
        else said(status.mode_reason, status.reason_coded, words),
        contact=link,
    )


def _mode_sign(status: StationStatus, words: Words) -> Sign:
    """What the station is doing; never "Ready" where it takes no part, or none that it takes can pass."""
    if status.mode in (Mode.IDLE, Mode.EXECUTE) and status.nothing_passes:
        word = words.not_ready if status.takes_parts is False else words.all_go_aside
        return Sign(shape=Shape.TRIANGLE, tone=Tone.CAUTION, word=word)
    shape, tone = MODE_SIGNS[status.mode]
    return Sign(shape=shape, tone=tone, word=words.modes[status.mode])


def _live_label(state: RunState, now_s: float, words: Words) -> str:
    if state.look_back is None:
        return words.is_live
    left_s = max(0, int(LOOK_BACK_S - (now_s - state.look_back.since_s) + 0.999))
    return words.back_to_live_in.format(seconds=left_s)


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
        text="" if tile is None else said(tile.text, tile.coded, words),
        detail="" if tile is None else said(tile.detail, tile.detail_coded, words),
        age=age,
    )


def _alarms(status: StationStatus | None, fresh: bool, silence_s: float, words: Words) -> AlarmsView:
    """Alarms whose cause is there come first; then those that are gone and that nobody has seen.

    Shelved ones ask for nobody. In a flood the newest of those that are shown is told, and all are counted.
    """
    standing = [] if status is None else list(in_view(status.alarms, flood=False).alarms)
    told = standing if status is None or status.alarm_flood is None else in_view(standing, flood=True).alarms
    came = attrgetter("came_last_at")
    newest = max([one for one in told if one.active] or told, key=came, default=None)
    text = "" if newest is None else said(newest.text, newest.coded, words)
    age = ""
    if newest is not None and status is not None:
        age = words.ago.format(age=age_text(age_of(newest.came_last_at, status, silence_s), words))
    word = words.unknown
    if status is not None:
        word = words.alarms_unknown.format(age=age_text(silence_s, words))
    not_of_now = Sign(shape=Shape.DASHED_RING, tone=Tone.FADED, word=word)
    return AlarmsView(
        sign=_alarms_sign(standing, words) if fresh else not_of_now,
        text=text,
        age=age,
        waiting=sum(not alarm.acknowledged for alarm in standing),
    )


def _alarms_sign(standing: list[Alarm], words: Words) -> Sign:
    active = sum(alarm.active for alarm in standing)
    if not standing:
        return Sign(shape=Shape.RING, tone=Tone.CALM, word=words.no_alarms)
    if not active:
        word = words.alarms_gone.format(n=len(standing))
        return Sign(shape=Shape.TRIANGLE, tone=Tone.CAUTION, word=word)
    word = words.alarm if active == 1 else words.alarms.format(n=active)
    return Sign(shape=Shape.SQUARE_CROSS, tone=Tone.DANGER, word=word)


def _notice(state: RunState, words: Words) -> tuple[str, Tone]:
    if state.in_flight is not None:
        return words.command_sent.format(command=words.commands[state.in_flight]), Tone.CALM
    if state.notice is None:
        return "", Tone.CALM
    reply = state.notice.reply
    command, detail = words.commands[reply.command], said(reply.detail, reply.coded, words)
    if reply.problem is None:
        return words.command_accepted.format(command=command, detail=detail), Tone.CALM
    text = words.command_problems[reply.problem]
    return text.format(command=command, detail=detail, seconds=COMMAND_TIMEOUT_S), Tone.DANGER
