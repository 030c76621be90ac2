"""What holds over restarts: what people ordered, and what latched. On record, and taken up at the start.

A *latch* is set by one kind of event and cleared by another; the newest of the two on record says how it
stands. What makes the station stricter is applied at once and then made durable. What makes it milder by a
person's order takes two events: that it was asked for, which must be durable first, else it is refused; and,
once it is obeyed, that it holds. What is refused has no second one, however late the first comes on the disk.
So an engine that dies at any moment comes back at least as strict as people were told that it is.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final, NamedTuple

import structlog

from inspection.alarms.catalogue import AlarmCode
from inspection.alarms.on_record import subjects_of
from inspection.errors import StoreError
from inspection.events import SETTINGS, Event, EventKind
from inspection.messages.codes import Code
from inspection.messages.message import NOTHING, Sentence, coded
from inspection.messages.telling import say
from inspection.ports import Clock
from inspection.station.recording.recorder import Recorder
from inspection.station.waiting import done_within
from inspection.status import Alarm

log = structlog.get_logger(__name__)

PATIENCE_S: Final = 2.0
"""How long, in s, somebody who ordered something waits for the disk. Then a milder order is refused, and a
stricter one holds without being on record."""

MOST_WAITING: Final = 64
"""How many events may wait for the disk. Beyond that an order is refused, and what latches is in the log."""

RUNS: Final = 16
"""How many earlier runs of the engine the event of a start names: the next start reads this event alone."""

ENGINE: Final = "engine"
PLC: Final = "plc"


class Latch(NamedTuple):
    """Two kinds of event, of which the newer one on record holds."""

    sets: EventKind
    clears: EventKind


HELD: Final = Latch(EventKind.HOLD, EventKind.START)
FAULT: Final = Latch(EventKind.FAULT, EventKind.RESET)
HALTED: Final = Latch(EventKind.HALTED, EventKind.HALT_CLEARED)
BYPASSED: Final = Latch(EventKind.BYPASS_BEGAN, EventKind.BYPASS_ENDED)
LATCHES: Final = (HELD, FAULT, HALTED, BYPASSED)


@dataclass(frozen=True, slots=True)
class _Note:
    """One event on its way to the disk."""

    event: Event
    told: "asyncio.Future[str]"
    """Why it is not on record; empty where it is. Cancelled where nobody waits any more."""
    retry: bool
    """Where the store refuses it, it is kept and tried again."""


class Orders:
    """The latches of one station, and the events of what people and the station do. Lives in the event loop.

    Args:
        recorder: Makes events durable.
        clock: Time.
        alarm: Told what is not on record.
        start_held: Held at the start by the settings, until somebody says Start.
        zone: The plant's time zone; None for this machine's.
    """

    def __init__(
        self,
        recorder: Recorder,
        clock: Clock,
        *,
        alarm: Callable[[AlarmCode, str], None],
        start_held: bool,
        zone: tzinfo | None,
    ) -> None:
        self._recorder = recorder
        self._clock = clock
        self._zone = zone
        self._alarm = alarm
        self._in_force: dict[Latch, Event] = {}
        self._waiting: asyncio.Queue[_Note] = asyncio.Queue(MOST_WAITING)
        self.newest: asyncio.Future[str] | None = None
        """Why what was noted last is not on record; for ``on_record``. None before anything was."""
        self.behind = False
        """What was noted last is not on record, and nothing has gone on record since."""
        self._early: list[Event] | None = []
        """Of alarms that come before the run's first event, and go on record behind it; None once that is on
        its way."""
        if start_held:
            self._in_force[HELD] = self._event(EventKind.HOLD, by=SETTINGS)

    def now(self) -> datetime:
        """The wall clock, with time zone."""
        return self._clock.now()

    def shown(self, at: datetime) -> str:
        """A moment to the minute, by the plant's clocks."""
        return f"{at.astimezone(self._zone):%Y-%m-%d %H:%M}"

    def in_force(self, latch: Latch) -> Event | None:
        """What set the latch; None where it is not set."""
        return self._in_force.get(latch)

    def why(self, latch: Latch) -> Sentence:
        """What set the latch in words; empty where it is not set."""
        event = self._in_force.get(latch)
        return NOTHING if event is None else Sentence(event.detail, event.coded or coded(event.detail))

    @property
    def held(self) -> Sentence:
        """That the station is held, by whom and since when; empty where it is not."""
        event = self._in_force.get(HELD)
        if event is None:
            return NOTHING
        if event.by == SETTINGS:
            return say(Code.HELD_AT_START)
        return say(Code.HELD_BY, by=event.by, since=f"{event.at.astimezone(self._zone):%Y-%m-%d %H:%M:%S}")

    async def take_up(self, *, boot_id: int) -> frozenset[int]:
        """At the start: what the last run left set, and note that another one begins.

        Args:
            boot_id: Of the run that begins.

        Returns:
            The boot ids of the last runs before that wrote this record.
        """
        for latch in LATCHES:
            event = await self._recorder.last_event(frozenset(latch))
            if event is not None and event.kind is latch.sets and event.by != SETTINGS:
                self._in_force[latch] = event
        started = EventKind.ENGINE_STARTED
        life = await self._recorder.last_event(frozenset({started, EventKind.ENGINE_STOPPED}))
        before = await self._recorder.last_event(frozenset({started}))
        runs = () if before is None else before.subjects
        detail = f"run {boot_id} begins"
        if life is not None and life.kind is started:
            detail += ", and the one before ended without a word"
        subjects = (str(boot_id), *runs)[:RUNS]
        early, self._early = self._early or [], None
        self._write(self._event(started, by=ENGINE, detail=detail, subjects=subjects))
        if (held := self.in_force(HELD)) is not None and held.by == SETTINGS:
            self._write(held)
        for event in early:
            self._write(event)
        return frozenset(map(int, runs))

    async def run(self) -> None:
        """Write events in their order until cancelled."""
        while True:
            note = await self._waiting.get()
            try:
                await self._recorder.note(note.event, retry=note.retry)
            except StoreError as error:
                self._tell(note, error.sentence)
            else:
                self._tell(note, "")
            self._waiting.task_done()

    async def end(self) -> None:
        """Note that the engine stops as asked, and wait for what is on its way to the disk, a moment long."""
        told = self._write(self._event(EventKind.ENGINE_STOPPED, by=ENGINE))
        if refused := await self._heard(told):
            log.error("the last events are not on record", waiting=self._waiting.qsize(), reason=refused)

    def latch(self, latch: Latch, *, by: str, detail: str = "") -> "asyncio.Future[str]":
        """Set a latch at once; it is on record soon after.

        Returns:
            Why it is not on record, in words, as soon as that is known; empty where it is.
        """
        event = self._in_force[latch] = self._event(latch.sets, by=by, detail=detail)
        return self._write(event)

    def release(self, latch: Latch, *, by: str) -> None:
        """Clear a latch at once, where whoever set it takes it back; on record soon after."""
        if self._in_force.pop(latch, None) is not None:
            self._write(self._event(latch.clears, by=by))

    def watch_bypass(self, *, turned: bool) -> None:
        """Put on record when the PLC's key is turned and turned back."""
        if turned and self.in_force(BYPASSED) is None:
            self.latch(BYPASSED, by=PLC)
        elif not turned:
            self.release(BYPASSED, by=PLC)

    async def clear(self, latch: Latch, *, by: str, unless: Callable[[], str] = lambda: "") -> str:
        """Clear a latch by a person's order, as soon as it is on record that it was asked for.

        Args:
            latch: What is to be cleared.
            by: Who asks.
            unless: Why it must not be cleared, asked when all else is done; empty where it may be.

        Returns:
            Why not, in a clause; nothing has changed then. Empty where it is cleared.
        """
        before = self._in_force.get(latch)
        asked = self._event(EventKind.ASKED, by=by, detail=latch.clears)
        refused = await self._heard(self._write(asked, retry=False))
        if refused:
            return say(Code.ORDER_NOT_RECORDED, cause=refused)
        now = self._in_force.get(latch)
        if now is not None and now is not before:
            return say(Code.OVERTAKEN, by=now.by, kind=now.kind)
        if objection := unless():
            return objection
        self._in_force.pop(latch, None)
        self._write(self._event(latch.clears, by=by))
        return ""

    def note(self, kind: EventKind, *, by: str, detail: str = "") -> None:
        """Put on record what was done."""
        self._write(self._event(kind, by=by, detail=detail))

    def note_alarm(self, kind: EventKind, alarm: Alarm, by: str) -> None:
        """Put on record what became of an alarm; by nobody it is the engine that tells it."""
        said = Sentence(alarm.text, alarm.coded)
        if kind is EventKind.ALARM_SHELVED and alarm.shelf is not None:
            until = self.shown(alarm.shelf.until)
            said = say(Code.ALARM_SHELVED_UNTIL, until=until, reason=alarm.shelf.reason, cause=said)
        event = self._event(kind, by=by or ENGINE, detail=said, subjects=subjects_of(alarm, kind))
        if self._early is None:
            self._write(event)
        else:
            self._early.append(event)

    def note_link(self, *, up: bool, reason: str) -> None:
        """Put on record that the PLC is connected, or why no longer."""
        self.note(EventKind.LINK_UP if up else EventKind.LINK_LOST, by=ENGINE, detail="" if up else reason)

    def put(
        self, kind: EventKind, *, by: str, detail: str, subjects: tuple[str, ...]
    ) -> tuple[Event, "asyncio.Future[str]"]:
        """Put on record what was done, to what; and tell, as ``latch`` does, why it is not."""
        event = self._event(kind, by=by, detail=detail, subjects=subjects)
        return event, self._write(event)

    async def on_record(self, told: "asyncio.Future[str] | None") -> str:
        """Wait a moment; why it is not on record, or empty where it is."""
        return "" if told is None else await self._heard(told)

    # --- inside ---------------------------------------------------------------------------------------

    def _event(self, kind: EventKind, *, by: str, detail: str = "", subjects: tuple[str, ...] = ()) -> Event:
        return Event(
            at=self._clock.now(),
            kind=kind,
            by=by[:128],
            detail=detail[:2000],
            coded=detail.coded if isinstance(detail, Sentence) else (),
            subjects=subjects,
        )

    def _write(self, event: Event, *, retry: bool = True) -> "asyncio.Future[str]":
        told = self.newest = asyncio.get_running_loop().create_future()
        note = _Note(event, told, retry)
        try:
            self._waiting.put_nowait(note)
        except asyncio.QueueFull:
            self._tell(note, say(Code.TOO_MANY_EVENTS, waiting=MOST_WAITING))
        return told

    def _tell(self, note: _Note, refused: str) -> None:
        self.behind = bool(refused)  # before the alarm, which is an event too: or each would be over at once
        if refused:
            log.error("an event is not on record", kind=note.event.kind, by=note.event.by, reason=refused)
            self._alarm(AlarmCode.NOT_RECORDED, say(Code.EVENT_NOT_RECORDED, cause=refused))
        if not note.told.done():
            note.told.set_result(refused)

    async def _heard(self, told: "asyncio.Future[str]") -> str:
        if await done_within(PATIENCE_S, told, self._clock):
            return told.result()
        told.cancel()
        return say(Code.DISK_NO_ANSWER, waited_s=PATIENCE_S)
