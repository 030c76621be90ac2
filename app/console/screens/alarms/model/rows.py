"""What the list says of an alarm, and the pane beside it, in the words of one language. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.console.widgets.phrases import Sign, age_of, age_text, said
from app.console.widgets.signs import Shape, Tone
from app.console.words.alarms import AlarmWords, reason_in
from app.console.words.words import Words
from inspection.alarms.flood import in_view
from inspection.alarms.history import AlarmOnRecord
from inspection.alarms.priority import Priority, priority_of
from inspection.alarms.response import response_to
from inspection.alarms.shelving import most_minutes
from inspection.messages.message import Coded
from inspection.messages.telling import ENGLISH, LANGUAGES, originals
from inspection.status import Alarm, AlarmState, Shelf, StationStatus

PRIORITY_SIGNS: Final[Mapping[Priority, tuple[Shape, Tone]]] = {
    Priority.HIGH: (Shape.SQUARE_CROSS, Tone.DANGER),
    Priority.MEDIUM: (Shape.TRIANGLE, Tone.CAUTION),
    Priority.LOW: (Shape.PENNANT, Tone.ATTENTION),
}
"""A shape of its own each: no priority is told by its colour alone."""

_ORDER: Final = (AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED, AlarmState.ACKNOWLEDGED, AlarmState.SHELVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One alarm in a list."""

    key: str
    """Names it, whatever else changes."""
    sign: Sign
    """Its priority; without colour where it asks for nobody."""
    text: str
    note: str
    """Its state, and who."""
    time: str
    mark: str
    """That it is first-out; empty where it is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pane:
    """All of one alarm."""

    key: str
    sign: Sign
    rows: tuple[tuple[str, str], ...]
    acknowledge: bool
    """Whether it can be asked for."""
    shelve_min: int
    """For how many minutes, at most; 0: not now."""
    unshelve: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """The alarms that stand, as they are shown."""

    rows: tuple[Row, ...]
    flood: str
    """That there is a flood, and how many are only counted; empty where there is none."""
    waiting: int
    """How many wait to be acknowledged."""


def listed(status: StationStatus, silence_s: float, words: Words) -> Listed:
    """The alarms that stand: those that wait first, the most urgent first, the newest first."""
    told = words.alarm_list
    shown, suppressed = in_view(status.alarms, flood=status.alarm_flood is not None)
    shelved = [alarm for alarm in status.alarms if alarm.state is AlarmState.SHELVED]
    ordered = sorted(
        (*shown, *shelved),
        key=lambda alarm: (
            _ORDER.index(alarm.state),
            -priority_of(alarm.code).rank,
            -alarm.came_last_at.timestamp(),
        ),
    )
    flood = ""
    if status.alarm_flood is not None:
        flood = told.flood.format(time=_clock(status.alarm_flood, status), n=suppressed)
    return Listed(
        rows=tuple(_listed_row(alarm, status, silence_s, words) for alarm in ordered),
        flood=flood,
        waiting=sum(not alarm.acknowledged for alarm in in_view(status.alarms, flood=False).alarms),
    )


def _listed_row(alarm: Alarm, status: StationStatus, silence_s: float, words: Words) -> Row:
    told, state = words.alarm_list, alarm.state
    note = f"{told.priorities[priority_of(alarm.code)]} · {told.states[state]}"
    if alarm.shelf is not None:
        note += f" · {_until(alarm.shelf, status, words)}"
    if alarm.times > 1:
        note += f" · {words.alarm_times.format(n=alarm.times)}"
    return Row(
        key=key_of(alarm),
        sign=_sign(alarm.code, told, asks=_asks(alarm)),
        text=said(alarm.text, alarm.coded, words),
        note=note,
        time=words.ago.format(age=age_text(age_of(alarm.came_last_at, status, silence_s), words)),
        mark=told.first_out if alarm.first_out else "",
    )


def recorded_row(one: AlarmOnRecord, status: StationStatus, words: Words) -> Row:
    """One alarm of the history."""
    told = words.alarm_list
    note = [told.priorities[one.priority], _fate(one, told)]
    if one.acknowledged_by:
        note.append(_who(one.acknowledged_by, words))
    if one.times > 1:
        note.append(words.alarm_times.format(n=one.times))
    return Row(
        key=one.alarm_id,
        sign=_sign(one.code, told, asks=one.acknowledged_at is None and one.dropped_at is None),
        text=said(one.text, one.coded, words),
        note=" · ".join(note),
        time=_full(one.raised_at, status),
        mark=told.first_out if one.first_out else "",
    )


def listed_pane(alarm: Alarm, status: StationStatus, words: Words) -> Pane:
    """All of an alarm that stands."""
    told, state = words.alarm_list, alarm.state
    rows = [(told.since, _full(alarm.raised_at, status))]
    if alarm.last_at is not None:
        rows.append((told.last, _full(alarm.last_at, status)))
    rows += _counted(alarm.times, told)
    if alarm.shelf is not None:
        rows += _shelf(alarm.shelf, status, words)
    elif not most_minutes(alarm.code):
        rows.append((told.shelve, told.never_shelved))
    sign = _sign(alarm.code, told, asks=_asks(alarm))
    known = bool(alarm.alarm_id)  # or the engine is of another version, and nobody can say which is meant
    return Pane(
        key=key_of(alarm),
        sign=_with_state(sign, told.states[state], told, first=alarm.first_out),
        rows=(*_told(alarm.code, alarm.text, alarm.coded, words), *rows),
        acknowledge=known and _asks(alarm),
        shelve_min=0 if alarm.shelf is not None or not known else most_minutes(alarm.code),
        unshelve=known and alarm.shelf is not None,
    )


def recorded_pane(one: AlarmOnRecord, status: StationStatus, words: Words) -> Pane:
    """All of an alarm of the history; nothing can be done with it here."""
    told = words.alarm_list
    rows = [(told.since, _full(one.raised_at, status)), *_counted(one.times, told)]
    if one.acknowledged_at is not None:
        seen = told.by.format(time=_full(one.acknowledged_at, status), who=_who(one.acknowledged_by, words))
        rows.append((told.acknowledged, seen))
    if one.cleared_at is not None:
        rows.append((told.cleared, _full(one.cleared_at, status)))
    if one.dropped_at is not None:
        rows.append((told.dropped, _full(one.dropped_at, status)))
    if one.shelf is not None:
        rows += _shelf(one.shelf, status, words)
    sign = _sign(one.code, told, asks=one.acknowledged_at is None and one.dropped_at is None)
    return Pane(
        key=one.alarm_id,
        sign=_with_state(sign, _fate(one, told), told, first=one.first_out),
        rows=(*_told(one.code, one.text, one.coded, words), *rows),
        acknowledge=False,
        shelve_min=0,
        unshelve=False,
    )


def key_of(alarm: Alarm) -> str:
    """Names an alarm that stands."""
    return alarm.alarm_id or f"{alarm.code} {alarm.text}"


# --- inside -------------------------------------------------------------------------------------------


def _asks(alarm: Alarm) -> bool:
    return alarm.state in (AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED)


def _fate(one: AlarmOnRecord, told: AlarmWords) -> str:
    """What became of an alarm."""
    if one.dropped_at is not None:
        return told.dropped
    if one.acknowledged_at is None:
        state = AlarmState.UNACKNOWLEDGED if one.cleared_at is None else AlarmState.RETURNED
        return told.states[state]
    return told.states[AlarmState.ACKNOWLEDGED] if one.cleared_at is None else told.over


def _told(code: int, text: str, coded: Coded, words: Words) -> tuple[tuple[str, str], ...]:
    """What an alarm says, what it means, what to do, and what there is in English alone."""
    told = words.alarm_list
    means, todo = response_to(code, words.code)
    rows = [("", said(text, coded, words)), (told.means, means or told.not_told)]
    rows += [(told.todo, todo)] if todo else []
    rows.append((told.code, f"0x{code:04X}"))
    if words.code != ENGLISH.code:
        rows += [(words.in_english, detail) for detail in originals(coded)]
    return tuple(rows)


def _sign(code: int, told: AlarmWords, *, asks: bool) -> Sign:
    priority = priority_of(code)
    shape, tone = PRIORITY_SIGNS[priority]
    return Sign(shape=shape, tone=tone if asks else Tone.FADED, word=told.priorities[priority])


def _with_state(sign: Sign, state: str, told: AlarmWords, *, first: bool) -> Sign:
    word = f"{sign.word} · {state}" + (f" · {told.first_out}" if first else "")
    return Sign(shape=sign.shape, tone=sign.tone, word=word)


def _counted(times: int, told: AlarmWords) -> list[tuple[str, str]]:
    return [(told.times, str(times))] if times > 1 else []


def _shelf(shelf: Shelf, status: StationStatus, words: Words) -> list[tuple[str, str]]:
    told = words.alarm_list
    return [(told.shelved, _until(shelf, status, words)), (told.reason, reason_in(shelf.reason, told))]


def _until(shelf: Shelf, status: StationStatus, words: Words) -> str:
    told = words.alarm_list
    return told.shelved_until.format(until=_clock(shelf.until, status), who=_who(shelf.by, words))


def _who(by: str, words: Words) -> str:
    return LANGUAGES[words.code].who(by)


def _clock(at: datetime, status: StationStatus) -> str:
    """A moment by the plant's clocks; with its date where that is another."""
    local, today = status.by_its_clocks(at), status.by_its_clocks(status.at).date()
    return f"{local:%H:%M}" if local.date() == today else f"{local:%m-%d %H:%M}"


def _full(at: datetime, status: StationStatus) -> str:
    return f"{status.by_its_clocks(at):%Y-%m-%d %H:%M:%S}"
