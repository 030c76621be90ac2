"""Whether a challenge that is due, overdue or failed keeps the station closed; over restarts too.

Every event of the challenge tells in its first subject how the station stands after it, so the newest one on
record says what holds after a restart. What closes the station does so at once and is then made durable; what
opens it is durable first. So an engine that dies at any moment comes back at least as strict.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import structlog

from inspection.alarms.catalogue import AlarmCode
from inspection.challenge.plan import ChallengePlan, Reopen
from inspection.challenge.standing import ChallengeState, Judging, Met, why_due
from inspection.errors import StoreError
from inspection.events import CHALLENGE_KINDS, Event, EventKind
from inspection.messages.codes import Code
from inspection.messages.message import NOTHING, Sentence, coded, joined
from inspection.messages.telling import say
from inspection.ports import Clock
from inspection.station.orders.latches import ENGINE, Orders
from inspection.station.recording.recorder import Recorder
from inspection.times.shifts import Shift, ShiftCalendar

if TYPE_CHECKING:
    import asyncio

log = structlog.get_logger(__name__)

_CLOSING: Final = {
    ChallengeState.DUE: (EventKind.CHALLENGE_DUE, Code.CHALLENGE_DUE, AlarmCode.CHALLENGE_DUE),
    ChallengeState.OVERDUE: (
        EventKind.CHALLENGE_OVERDUE,
        Code.CHALLENGE_OVERDUE,
        AlarmCode.CHALLENGE_OVERDUE,
    ),
    ChallengeState.FAILED: (EventKind.CHALLENGE_FAILED, Code.CHALLENGE_FAILED, AlarmCode.CHALLENGE_FAILED),
}
"""Which event sets a state that closes the station, how it is said, and which alarm it is."""

_MEETING: Final = frozenset({EventKind.CHALLENGE_PASSED, EventKind.CHALLENGE_RELEASED})


class Closure:
    """What the challenge's events leave standing. Lives in the event loop.

    Args:
        plan: The station's; None where it has none. What is on record holds without one, too.
        by_what: What judges.
        orders: Put events on record.
        recorder: Knows those of before.
        clock: Time.
        calendar: The plant's shifts.
        alarm: Told what asks for a person.
        well: Told what does so no longer.
    """

    def __init__(
        self,
        plan: ChallengePlan | None,
        by_what: Judging,
        *,
        orders: Orders,
        recorder: Recorder,
        clock: Clock,
        calendar: ShiftCalendar,
        alarm: Callable[[AlarmCode, str], None],
        well: Callable[[AlarmCode], None],
    ) -> None:
        self.by_what = by_what
        self.state = ChallengeState.MET
        self.since: datetime | None = None
        """Since when it is due; None where it is not."""
        self.met: Met | None = None
        """The last challenge that passed, or quality's release; None where none is on record."""
        self._plan = plan
        self._orders = orders
        self._recorder = recorder
        self._clock = clock
        self._calendar = calendar
        self._alarm = alarm
        self._well = well
        self._why = NOTHING
        self._since_ns = self._met_ns = 0
        self._shift: Shift | None = None
        self._last: Event | None = None
        """The newest event of the challenge that this run knows of."""

    @property
    def closed(self) -> bool:
        """No part passes."""
        return self.state is not ChallengeState.MET

    @property
    def why(self) -> Sentence:
        """Why no part passes; empty where parts may."""
        if not self.closed:
            return NOTHING
        said = say(_CLOSING[self.state][1], cause=self._why)
        return joined((said, say(Code.CHALLENGE_QUALITY) if self.needs_quality else NOTHING))

    @property
    def needs_quality(self) -> bool:
        """A challenge that passes does not open it: quality does."""
        if self._plan is None:
            return self.closed
        asked = {
            ChallengeState.FAILED: self._plan.after_failure,
            ChallengeState.OVERDUE: self._plan.after_overdue,
        }
        return asked.get(self.state) is Reopen.QUALITY

    async def take_up(self) -> Event | None:
        """At the start: how the last run left it. Returns the newest event of the challenge.

        Raises:
            StoreError: The record cannot be read.
        """
        newest = self._last = await self._recorder.last_event(CHALLENGE_KINDS)
        if newest is not None:
            self.state = ChallengeState.on_record(newest.subjects)
        if newest is not None and self.closed:
            self.since, self._since_ns = _since(newest), self._clock.monotonic_ns()
            closed = await self._recorder.last_event(frozenset({_CLOSING[self.state][0]})) or newest
            self._why = Sentence(closed.detail, closed.coded or coded(closed.detail))
        met = await self._recorder.last_event(_MEETING)
        if met is not None and ChallengeState.on_record(met.subjects) is ChallengeState.MET:
            self._meet(met.at, _judging(met))
            await self._count_since(met.at)
        return newest

    async def _count_since(self, at: datetime) -> None:
        """Parts since then: all on record, missed ones too; so it is due no later than if none were."""
        if self._plan is None or self._plan.after_parts is None or self.met is None:
            return
        try:
            parts = (await self._recorder.counts_since(at)).triggers
        except StoreError as error:
            log.warning("parts since the last challenge are not known", error=str(error))
            parts = self._plan.after_parts
        self.met = self.met._replace(parts=parts)

    def count(self) -> None:
        """One more part of the line was judged."""
        if self.met is not None:
            self.met = self.met._replace(parts=self.met.parts + 1)

    def look(self) -> None:
        """See whether one has become due, or overdue."""
        plan, now = self._plan, self._clock.now()
        if plan is None:
            return
        if not self.closed:
            reason = why_due(plan, self.met, self.by_what, shift=self._running_shift(now), now=now)
            if not reason and plan.every_hours and self._for_s(self._met_ns) >= plan.every_hours * 3600.0:
                reason = say(Code.CHALLENGE_HOURS, hours=plan.every_hours)  # whatever the wall clock says
            if reason:
                self.close(ChallengeState.DUE, reason, by=ENGINE)
        if self.state is ChallengeState.DUE and plan.grace_min is not None and self.since is not None:
            waited = max(now - self.since, timedelta(seconds=self._for_s(self._since_ns)))
            if waited >= timedelta(minutes=plan.grace_min):
                said = joined((say(Code.CHALLENGE_GRACE, minutes=plan.grace_min), self._why))
                self.close(ChallengeState.OVERDUE, said, by=ENGINE)

    def close(self, state: ChallengeState, reason: Sentence, *, by: str, round_id: str = "") -> None:
        """Keep the station closed from now on; on record soon after."""
        self.worsen(state, reason)
        self.note(_CLOSING[self.state][0], by=by, said=reason, round_id=round_id)

    def worsen(self, state: ChallengeState, reason: Sentence) -> None:
        """Keep it closed, where the event that says so is about to be noted."""
        self.state, self._why = self.state.at_least(state), reason
        if self.since is None:
            self.since, self._since_ns = self._clock.now(), self._clock.monotonic_ns()
        self.tell()

    def open(self, *, by: str, said: Sentence, round_id: str) -> None:
        """A challenge has passed whose results are on record."""
        self.state, self.since = ChallengeState.MET, None
        self._meet(self._clock.now(), self.by_what)
        self.note(EventKind.CHALLENGE_PASSED, by=by, said=said, round_id=round_id, more=self.by_what)
        self.tell()

    async def release(self) -> tuple[bool, Sentence]:
        """Open it where quality's release is the newest on record: nobody's mere word does.

        Returns:
            Whether it is open, and what is to be said of it.
        """
        known = self._last
        try:
            ours = await self._recorder.last_event(CHALLENGE_KINDS)
            newest = await self._recorder.heard_beside(CHALLENGE_KINDS)
        except StoreError as error:
            return False, say(Code.CHALLENGE_NOT_RELEASED, cause=error.sentence)
        settled = ours == known and self._last is known and not self._recorder.behind
        signed = newest is not None and newest.kind is EventKind.CHALLENGE_RELEASED
        if newest is None or not (settled and signed) or _judging(newest) != self.by_what:
            return False, say(Code.CHALLENGE_NOT_RELEASED)
        self._last, self.state, self.since = newest, ChallengeState.MET, None
        self._meet(newest.at, self.by_what)
        self.tell()
        return True, say(Code.CHALLENGE_OPEN)

    def tell(self) -> None:
        """The alarm of this state, and of no other."""
        for state, (_, code, alarm) in _CLOSING.items():
            if state is self.state:
                self._alarm(alarm, say(code, cause=self._why))
            else:
                self._well(alarm)

    def note(
        self, kind: EventKind, *, by: str, said: Sentence, round_id: str = "", more: Sequence[str] = ()
    ) -> "asyncio.Future[str]":
        """Put on record what happened, with how the station stands after it.

        Returns:
            Why it is not on record, as soon as that is known; empty where it is.
        """
        since = "" if self.since is None else self.since.isoformat()
        subjects = (self.state, since, round_id, *more)
        self._last, told = self._orders.put(kind, by=by, detail=said, subjects=subjects)
        return told

    def _meet(self, at: datetime, by_what: Judging) -> None:
        self.met, self._met_ns = Met(at, by_what), self._clock.monotonic_ns()

    def _running_shift(self, now: datetime) -> Shift:
        if self._shift is None or not self._shift.start <= now < self._shift.end:
            self._shift = self._calendar.shift_of(now)
        return self._shift

    def _for_s(self, since_ns: int) -> float:
        return (self._clock.monotonic_ns() - since_ns) / 1e9


def _judging(event: Event) -> Judging:
    """By what it was passed, or released; by nothing where the event does not say."""
    return Judging(*(*event.subjects[3:6], "", "", "")[:3])


def _since(event: Event) -> datetime:
    """Since when a challenge is due, as an event tells."""
    try:
        return datetime.fromisoformat(event.subjects[1])
    except (IndexError, ValueError):
        return event.at
