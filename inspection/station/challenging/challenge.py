"""The station's challenge as it runs: which part is which piece, what it gets, and what comes of that.

A piece is judged as any part is, and then sent to a person, whatever it got; so is every other part while a
challenge is due, failed or under way. Only a challenge all of whose results are on record opens the station;
one in whose midst the engine dies is due again, or failed where a piece had.
"""

import asyncio
from collections.abc import Callable
from typing import Final
from uuid import uuid4

import structlog

from inspection.alarms.catalogue import AlarmCode
from inspection.challenge.look import ChallengeLook, looked_at
from inspection.challenge.plan import ChallengePlan
from inspection.challenge.round import Round
from inspection.challenge.shown import ChallengeOrder, ChallengeStatus, PieceShown, RoundShown
from inspection.challenge.standing import ChallengeState, Judging
from inspection.decision import Action, DecidedBy, Decision
from inspection.events import EventKind
from inspection.messages.codes import Code
from inspection.messages.message import NOTHING, Sentence, joined
from inspection.messages.telling import say
from inspection.part import Inspection, Trigger
from inspection.ports import Clock
from inspection.station.challenging.closure import Closure
from inspection.station.orders.latches import ENGINE, PLC, Orders
from inspection.station.recording.recorder import Recorder
from inspection.times.shifts import ShiftCalendar

log = structlog.get_logger(__name__)

_LAST_PARTS: Final = 1000
"""Among so many of the last parts one that was cut off is looked for: twice what a challenge may ask for."""


class Challenge:
    """The challenge of one station. Lives in the event loop.

    Args:
        plan: The station's; None where it has none.
        by_what: What judges.
        orders: Put on record what happens.
        recorder: Knows what happened before.
        clock: Time.
        calendar: The plant's shifts.
        alarm: Told what asks for a person.
        well: Told what does so no longer.
        changed: Called when something has changed by itself.
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
        changed: Callable[[], None],
    ) -> None:
        self._plan = plan
        self._closure = Closure(
            plan,
            by_what,
            orders=orders,
            recorder=recorder,
            clock=clock,
            calendar=calendar,
            alarm=alarm,
            well=well,
        )
        self._orders = orders
        self._recorder = recorder
        self._clock = clock
        self._changed = changed
        self._taken_up = False
        self._round: Round | None = None
        self._finishing: asyncio.Task[None] | None = None

    # --- how it stands --------------------------------------------------------------------------------

    @property
    def due(self) -> bool:
        """No part passes: a challenge is due, overdue, failed, or under way."""
        return self._closure.closed or self._round is not None

    @property
    def why(self) -> Sentence:
        """Why no part passes; empty where parts may."""
        if self._round is None:
            return self._closure.why
        shown = _round_shown(self._round)
        under_way = say(Code.CHALLENGE_UNDER_WAY, done=shown.done, asked=shown.asked)
        return joined((under_way, say(Code.CHALLENGE_NEXT, piece=shown.next) if shown.next else NOTHING))

    def shown(self) -> ChallengeStatus | None:
        """As the API tells it; None where the station has none, or the record is not taken up."""
        if not self._taken_up or (self._plan is None and not self.due):
            return None
        why, closure = self.why, self._closure
        pieces = () if self._plan is None else self._plan.pieces
        return ChallengeStatus(
            state=closure.state,
            closed=self.due,
            why=why,
            why_coded=why.coded,
            since=closure.since,
            needs_quality=closure.needs_quality,
            met_at=closure.met.at if closure.met else None,
            round=None if self._round is None else _round_shown(self._round),
            pieces=tuple(PieceShown(name=one.name, expects=one.expects, defect=one.defect) for one in pieces),
            judged_by=closure.by_what,
        )

    async def take_up(self) -> None:
        """At the start: how the last run left it. Raises StoreError where the record cannot be read."""
        newest = await self._closure.take_up()
        if newest is not None and newest.kind in (EventKind.CHALLENGE_BEGAN, EventKind.CHALLENGE_PIECE):
            await self._take_up_round(newest.subjects[2] if len(newest.subjects) > 2 else "")
        else:
            self._closure.tell()
        if self._plan is not None and self._plan.engine_start and not self._closure.closed:
            self._closure.close(ChallengeState.DUE, say(Code.CHALLENGE_STARTED), by=ENGINE)
        self._taken_up = True
        self.look()

    async def _take_up_round(self, round_id: str) -> None:
        """A challenge in whose midst the engine ended shows nothing but what failed in it."""
        looks = [one.challenge for one in await self._recorder.recent(_LAST_PARTS)]
        wrong = [look for look in looks if look and look.round == round_id and not look.as_expected]
        cut_off = say(Code.CHALLENGE_CUT_OFF)
        if wrong or self._closure.state is ChallengeState.FAILED:
            said = joined((*(look.sentence for look in wrong[:1]), cut_off))
            self._closure.close(ChallengeState.FAILED, said, by=ENGINE, round_id=round_id)
            return
        self._closure.worsen(ChallengeState.DUE, cut_off)
        self._closure.note(EventKind.CHALLENGE_ABORTED, by=ENGINE, said=cut_off, round_id=round_id)

    def look(self) -> None:
        """See whether one has become due or overdue: to be called with each part, and each second."""
        if self._taken_up and self._round is None:
            self._closure.look()

    # --- its parts ------------------------------------------------------------------------------------

    def at_trigger(self, trigger: Trigger) -> Round | None:
        """The challenge in which a part comes; None where it comes in none.

        A part that the PLC calls by a piece's part id begins one.
        """
        self.look()
        if self._round is None and self._plan is not None and self._plan.piece_of(part_id=trigger.part_id):
            self._begin(PLC)
        return self._round

    def rule(
        self, decision: Decision, *, trigger: Trigger, begun: Round | None, serial: str
    ) -> tuple[Decision, ChallengeLook | None]:
        """The decision that may be published: none passes that should not; and the look, where it is a piece.

        Args:
            decision: The guard's.
            trigger: The part.
            begun: The challenge in which it came (``at_trigger``).
            serial: What names the part; empty where nothing does.
        """
        self.look()
        if begun is None and self._plan is not None and self._plan.piece_of(serial=serial):
            begun = self._round or self._begin(PLC)
        look: ChallengeLook | None = None
        if begun is not None:
            reason = say(Code.CHALLENGE_STRAY)
            piece = begun.piece_of(part_id=trigger.part_id, serial=serial) if begun is self._round else None
            if piece is not None:
                look = looked_at(piece, decision, round_id=begun.id, by=begun.by)
                reason = look.sentence
        elif self.due:
            reason = self.why
        else:
            return decision, None
        return decision.stricter(Action.MANUAL_REVIEW, decided_by=DecidedBy.GUARD, reason=reason), look

    def took(self, inspection: Inspection, *, durable: bool) -> None:
        """A part was judged. A look counts for a pass once it is on record, and against it in any case."""
        look, round_ = inspection.challenge, self._round
        if look is None:
            self._closure.count()
            self.look()
            return
        if round_ is None or look.round != round_.id or (look.as_expected and not durable):
            return
        round_.looks.append(look)
        if not look.as_expected:
            self._closure.worsen(ChallengeState.FAILED, look.sentence)
        got = ("|".join(look.expected), look.got, "right" if look.as_expected else "wrong")
        told = self._closure.note(
            EventKind.CHALLENGE_PIECE,
            by=look.by,
            said=look.sentence,
            round_id=round_.id,
            more=(look.piece, *got, str(inspection.trigger.part_id)),
        )
        if not round_.wanted:
            self._finishing = asyncio.create_task(self._finish(round_, told), name="challenge")
        self._changed()

    def missed(self) -> None:
        """A part was not inspected: where pieces go by their order, nobody knows which one it was."""
        if self._round is not None and self._round.goes_by_order:
            self._end(say(Code.CHALLENGE_PART_MISSED), by=ENGINE)

    # --- its begin and end ----------------------------------------------------------------------------

    def _begin(self, by: str) -> Round:
        assert self._plan is not None  # whoever begins one has looked
        if not self._closure.closed:  # what has begun is due until it has passed
            self._closure.close(ChallengeState.DUE, say(Code.CHALLENGE_ORDERED, by=by), by=by)
        round_ = self._round = Round(self._plan, uuid4().hex, by[:128], self._clock.now())
        said = say(Code.CHALLENGE_BEGAN, asked=round_.asked)
        self._closure.note(EventKind.CHALLENGE_BEGAN, by=by, said=said, round_id=round_.id)
        self._changed()
        return round_

    async def _finish(self, round_: Round, told: "asyncio.Future[str]") -> None:
        """All pieces were seen; nothing opens before that is on record."""
        refused = await self._orders.on_record(told)
        if self._round is not round_:
            return
        if refused or round_.wrong:
            self._end(say(Code.CHALLENGE_NOT_RECORDED, cause=refused) if refused else NOTHING, by=round_.by)
            return
        self._round = None
        passed = say(Code.CHALLENGE_PASSED, looks=len(round_.looks))
        if self._closure.needs_quality:
            said = joined((passed, say(Code.CHALLENGE_QUALITY)))
            self._closure.note(EventKind.CHALLENGE_PASSED, by=round_.by, said=said, round_id=round_.id)
        else:
            self._closure.open(by=round_.by, said=passed, round_id=round_.id)
        self._changed()

    def _end(self, cause: Sentence, *, by: str) -> None:
        """End the challenge under way without a pass."""
        round_, self._round = self._round, None
        assert round_ is not None  # whoever ends it has looked
        if round_.wrong:
            said = joined((*(look.sentence for look in round_.wrong[:3]), cause))
            self._closure.close(ChallengeState.FAILED, said, by=by, round_id=round_.id)
        else:
            said = say(Code.CHALLENGE_ABORTED, cause=cause)
            self._closure.note(EventKind.CHALLENGE_ABORTED, by=by, said=said, round_id=round_.id)
        self._changed()

    async def take(self, order: ChallengeOrder, *, by: str) -> tuple[bool, Sentence]:
        """Do what a client asks; whether that is done, and what is to be said of it."""
        if not self._taken_up:
            return False, say(Code.TAKING_UP_RECORD)
        accepted, said = await self._obey(order, by)
        log.info("challenge", order=order, by=by, accepted=accepted, message=said)
        if not accepted:
            refused = say(Code.CHALLENGE_REFUSED, order=order, cause=said)
            self._orders.note(EventKind.REFUSED, by=by, detail=refused)
        self._changed()
        return accepted, said

    async def _obey(self, order: ChallengeOrder, by: str) -> tuple[bool, Sentence]:
        match order:
            case ChallengeOrder.START:
                if self._plan is None:
                    return False, say(Code.CHALLENGE_NONE)
                if self._round is not None:
                    return False, self.why
                self._begin(by)
                return True, self.why
            case ChallengeOrder.ABORT:
                if self._round is None:
                    return False, say(Code.CHALLENGE_NOT_UNDER_WAY)
                self._end(NOTHING, by=by)
                return True, self.why
            case ChallengeOrder.RELEASE:
                if self._round is not None or not self._closure.closed:
                    return False, self.why or say(Code.CHALLENGE_NOT_DUE)
                return await self._closure.release()


def _round_shown(round_: Round) -> RoundShown:
    wanted = round_.wanted
    return RoundShown(
        id=round_.id,
        by=round_.by,
        began=round_.began,
        done=len(round_.looks),
        asked=round_.asked,
        next=wanted[0].name if wanted else "",
        wrong=tuple(look.piece for look in round_.wrong),
    )
