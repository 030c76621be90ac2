"""Why the station did not run, out of the events, and how long the PLC stayed connected. Pure.

Each moment of a shift is given to one reason alone (:mod:`reports.statistics.intervals`), in the order of
``Reason``: first what makes the others impossible to know or to mend. What ran with records waiting in the
spool ran, and is told apart.

**Nothing is taken for running that is not known.** An engine that dies leaves no word. So from when it was
last heard of (a part, or an event of its own) until the next one starts is *unknown*; so is the time before a
record's first event, and the end of a shift of which no later row says that the engine lived. Of a run
without a word on its PLC, as older versions left, the same holds.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from inspection.alarms.catalogue import AlarmCode
from inspection.alarms.on_record import change_in
from inspection.decision import Frozen
from inspection.events import CHALLENGE_KINDS, SETTINGS, Event, EventKind
from reports.statistics.intervals import (
    MeanTime,
    Standing,
    cut,
    joined,
    mean_between_failures,
    mean_to_restore,
    shared,
)

_EVER: Final = datetime(1, 1, 1, tzinfo=UTC)
_NEVER: Final = datetime(9999, 12, 31, tzinfo=UTC)


class Reason(StrEnum):
    """Why the station did not run, of two at once the one that stands first here."""

    UNKNOWN = "unknown"
    """Nothing is on record that says whether it ran."""
    STOPPED = "stopped"
    """The engine was not running: it had been stopped as asked."""
    STARTING = "starting"
    """The engine had started, and was not yet connected to its PLC."""
    LINK_LOST = "link_lost"
    HALTED = "halted"
    FAULT = "fault"
    BYPASS = "bypass"
    HOLD = "hold"
    CHALLENGE = "challenge"
    """No part may be released before a challenge is passed, or quality releases the line."""
    NOT_RECORDED = "not_recorded"
    """The record took nothing, so no part was taken."""
    DEGRADED = "degraded"
    """It ran, and its records waited in the spool."""


class Told(NamedTuple):
    """An event, and of the start of an engine when the run before was last heard of."""

    event: Event
    heard: datetime | None = None
    """None where it is no start; or, of a start, in the event before it."""


class Life(NamedTuple):
    """What the record says of a station's life in a stretch of time."""

    before: Sequence[Told]
    """The newest of each kind before it, in their order."""
    within: Sequence[Told]
    """Those in it, in their order."""
    alarms: Sequence[Event]
    """What had become, before it, of those alarms that stood when it began, in its order."""
    heard: datetime | None
    """When the run that goes on at its end was last heard of, also later; None: in its last event."""


class DowntimeRow(Frozen):
    """What one reason took of a shift."""

    reason: Reason
    times: int
    """How often it stood in the way."""
    seconds: float
    """In which no reason before it in the order of ``Reason`` did."""
    whole_s: float
    """In which it stood in the way, whatever else did."""
    longest_s: float
    cut: int
    """How many of them had begun before the shift, or were not over at its end."""
    share: float
    """Of ``seconds``, of the time that is told of; 0 to 1."""


class Downtime(Frozen):
    """How a shift's time was spent; down, unknown and running are together the whole."""

    until: datetime
    """Where the time that is told of ends, UTC: with the shift, or now while it runs."""
    total_s: float
    down_s: float
    unknown_s: float
    running_s: float
    degraded_s: float
    """Of ``running_s``, with records waiting in the spool."""
    rows: tuple[DowntimeRow, ...]
    """What took most of the time first."""
    clock_set_back: bool
    """An event has an earlier time than the one before it: durations around it are too short."""
    bypass_s: float
    """In which the PLC's bypass key was turned, whatever else stood in the way."""
    losses: int
    """Of the PLC."""
    between_losses: MeanTime
    """Time connected, by losses of the PLC."""
    to_restore: MeanTime
    """Of the losses that were mended in the shift, the whole of each."""

    @property
    def availability(self) -> tuple[float, float] | None:
        """Share of the time in which it ran: at least, and at most if it ran while that is not known."""
        if not self.total_s:
            return None
        return self.running_s / self.total_s, (self.running_s + self.unknown_s) / self.total_s


_LATCHES: Final = {
    EventKind.HALTED: (Reason.HALTED, True),
    EventKind.HALT_CLEARED: (Reason.HALTED, False),
    EventKind.FAULT: (Reason.FAULT, True),
    EventKind.RESET: (Reason.FAULT, False),
    EventKind.BYPASS_BEGAN: (Reason.BYPASS, True),
    EventKind.BYPASS_ENDED: (Reason.BYPASS, False),
    EventKind.HOLD: (Reason.HOLD, True),
    EventKind.START: (Reason.HOLD, False),
}
"""What sets and what clears each; it holds over restarts."""
_ALARMS: Final = {
    AlarmCode.NOT_RECORDED: Reason.NOT_RECORDED,
    AlarmCode.STORE_DEGRADED: Reason.DEGRADED,
}
ALARM_CODES: Final = tuple(_ALARMS)
"""Alarms that tell of a reason."""
KINDS: Final = (
    EventKind.ENGINE_STARTED,
    EventKind.ENGINE_STOPPED,
    EventKind.LINK_UP,
    EventKind.LINK_LOST,
    *_LATCHES,
    *sorted(CHALLENGE_KINDS),
)
"""Events of which the newest before a time says how the station stood at its begin; those of alarms apart."""
_OF_A_RUN: Final = (Reason.STARTING, Reason.LINK_LOST, Reason.NOT_RECORDED, Reason.DEGRADED)
"""What ends with the engine's run."""
_CONNECTED: Final = "connected"


def downtime(life: Life, *, start: datetime, end: datetime, now: datetime) -> Downtime:
    """How a stretch of time was spent.

    Args:
        life: What the record says of it.
        start: With time zone.
        end: With time zone, after ``start``.
        now: The wall clock, with time zone: nothing is told of what is to come.
    """
    until = max(min(end, now), start)
    run = _Run()
    for told in (*life.before, *life.within):
        run.take(told)
    run.end(life.heard)
    within = cut(run.found, start=start, end=until)
    stood = [one for one in within if one.reason != _CONNECTED]
    connected = [one for one in within if one.reason == _CONNECTED]
    total = (until - start).total_seconds()
    rows = []
    for one in shared(stood, list(Reason)):
        whole = joined(same for same in stood if same.reason == one.reason)
        rows.append(
            DowntimeRow(
                reason=Reason(one.reason),
                times=len(whole),
                seconds=one.time.total_seconds(),
                whole_s=_seconds(whole),
                longest_s=max(same.end - same.begin for same in whole).total_seconds(),
                cut=sum(same.begins_before or same.ends_behind for same in whole),
                share=one.time.total_seconds() / total,
            )
        )
    took = {row.reason: row.seconds for row in rows}
    unknown, degraded = took.get(Reason.UNKNOWN, 0.0), took.get(Reason.DEGRADED, 0.0)
    down = sum(took.values()) - unknown - degraded
    losses = sum(start <= at < until for at in run.losses)
    repairs = [length.total_seconds() for at, length in run.repairs if start <= at < until]
    return Downtime(
        until=until.astimezone(UTC),
        total_s=total,
        down_s=down,
        unknown_s=unknown,
        running_s=max(total - down - unknown, 0.0),
        degraded_s=degraded,
        rows=tuple(sorted(rows, key=lambda row: -row.seconds)),
        clock_set_back=run.set_back,
        bypass_s=next((row.whole_s for row in rows if row.reason is Reason.BYPASS), 0.0),
        losses=losses,
        between_losses=mean_between_failures(losses, _seconds(connected)),
        to_restore=mean_to_restore(repairs),
    )


def _seconds(found: Iterable[Standing]) -> float:
    return sum((one.end - one.begin for one in found), timedelta()).total_seconds()


class _Run:
    """Takes a station's events in their order, and finds what stood in its way, and when."""

    def __init__(self) -> None:
        self.found: list[Standing] = []
        self.losses: list[datetime] = []
        self.repairs: list[tuple[datetime, timedelta]] = []
        """When the PLC was there again, and how long it had been away."""
        self.set_back = False
        self._since: dict[str, datetime] = {Reason.UNKNOWN: _EVER}
        self._alarms: set[str] = set()
        """Names of alarms that stand, of those that tell of a reason."""
        self._at = _EVER
        self._runs = False
        self._knows_links = False
        """A word on the PLC is on record: whoever wrote it says when he is connected."""
        self._held_by_settings = False

    def take(self, told: Told) -> None:
        """The next event."""
        event = told.event
        before = self._at
        self.set_back |= event.at < before
        at = self._at = max(before, event.at)
        match event.kind:
            case EventKind.ENGINE_STARTED:
                self._start(at, before if told.heard is None else told.heard)
            case EventKind.ENGINE_STOPPED:
                self._stop(at)
                self._begin(Reason.STOPPED, at)
            case EventKind.LINK_UP:
                if (lost := self._since.get(Reason.LINK_LOST)) is not None:
                    self.repairs.append((at, at - lost))
                self._link(at, up=True)
            case EventKind.LINK_LOST:
                self.losses.append(at)
                self._link(at, up=False)
            case EventKind.ALARM_RAISED | EventKind.ALARM_CLEARED | EventKind.ALARM_DROPPED:
                self._alarm(event, at)
            case kind if kind in _LATCHES:
                reason, sets = _LATCHES[kind]
                if reason is Reason.HOLD:
                    self._held_by_settings = event.by == SETTINGS
                (self._begin if sets else self._close)(reason, at)
            case kind if kind in CHALLENGE_KINDS and event.subjects:
                (self._close if event.subjects[0] == "met" else self._begin)(Reason.CHALLENGE, at)

    def end(self, heard: datetime | None) -> None:
        """There are no more events; the engine that runs was last heard of then."""
        if self._runs:
            self._die(self._at if heard is None else max(heard, self._at))
        for reason in list(self._since):
            self._close(reason, _NEVER)

    def _start(self, at: datetime, heard: datetime) -> None:
        if self._runs:
            self._die(min(heard, at))
        else:
            self._stop(at)  # what was left of runs of which not all is at hand
        self._close(Reason.UNKNOWN, at)
        self._close(Reason.STOPPED, at)
        if self._held_by_settings:
            self._close(Reason.HOLD, at)
        self._runs = True
        self._begin(Reason.STARTING, at)

    def _die(self, heard: datetime) -> None:
        """The run ended without a word, some time after it was heard of."""
        self._stop(heard)
        self._begin(Reason.UNKNOWN, heard)

    def _stop(self, at: datetime) -> None:
        self._runs = False
        self._alarms.clear()
        for reason in (*_OF_A_RUN, _CONNECTED):
            self._close(reason, at)

    def _link(self, at: datetime, *, up: bool) -> None:
        self._knows_links = True
        self._close(Reason.STARTING, at)
        (self._close if up else self._begin)(Reason.LINK_LOST, at)
        (self._begin if up else self._close)(_CONNECTED, at)

    def _alarm(self, event: Event, at: datetime) -> None:
        change = change_in(event)
        if change is None or change.code not in _ALARMS:
            return
        reason = _ALARMS[AlarmCode(change.code)]
        name = f"{reason}/{change.alarm_id}"
        if event.kind is EventKind.ALARM_RAISED:
            self._alarms.add(name)
            self._begin(reason, at)
        else:
            self._alarms.discard(name)
            if not any(one.startswith(f"{reason}/") for one in self._alarms):
                self._close(reason, at)

    def _begin(self, reason: str, at: datetime) -> None:
        self._since.setdefault(reason, at)

    def _close(self, reason: str, at: datetime) -> None:
        since = self._since.pop(reason, None)
        if since is None:
            return
        if reason == Reason.STARTING and not self._knows_links:
            reason = Reason.UNKNOWN
        self.found.append(Standing(reason, min(since, at), at))
