"""The life of one part, from its trigger to the record of its outcome, one step after the other.

``PartLife`` alone advances a part's ``Passage``; whom it asks (``Judge``, ``Recorder``, ``Line``) answers and
knows nothing of the steps. Whatever fails on the way, the part ends as one inspection on record, and only a
decision that is on record is offered to the PLC.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from uuid import uuid4

import structlog

from inspection.alarms.catalogue import AlarmCode, defect_code
from inspection.certification.certificate import Certification
from inspection.challenge.look import ChallengeLook
from inspection.decision import Action
from inspection.errors import PassgateError, RecordRefusedError, StoreError, in_words
from inspection.messages.codes import Code
from inspection.messages.message import coded
from inspection.messages.telling import say
from inspection.part import Inspection, MissedCause, Outcome, Trigger
from inspection.ports import Clock, Line
from inspection.recipe import Recipe
from inspection.result import InspectionResult, LaterWords
from inspection.station import guard
from inspection.station.capturing import Cameras
from inspection.station.challenging.challenge import Challenge
from inspection.station.drifting import DriftWatch
from inspection.station.judging import Judge, Judgement
from inspection.station.open_parts import OpenParts
from inspection.station.passage import PartKey, Passage, Phase
from inspection.station.recording.part_pictures import Kept
from inspection.station.recording.recorder import Recorder
from inspection.station.telemetry import Telemetry

log = structlog.get_logger(__name__)


class PartLife:
    """Leads the parts of one station through their lives. Lives in the event loop.

    Args:
        line: The conveyor: is told when the part may move, and offered the decision.
        cameras: Take its pictures.
        judge: Decides.
        recorder: Makes durable what happens.
        clock: Time.
        recipe: The active recipe.
        open_parts: Of which a part is taken that the record refuses.
        telemetry: Shows and counts what became of the parts.
        drift: Shown each part that passes, when that is settled.
        certification: Asked for each part: which certificate holds at that moment.
        challenge: Has the last word: whether any part passes now, and which is a piece of it.
        alarm: Told whatever asks for a person.
    """

    def __init__(
        self,
        *,
        line: Line,
        cameras: Cameras,
        judge: Judge,
        recorder: Recorder,
        clock: Clock,
        recipe: Recipe,
        open_parts: OpenParts,
        telemetry: Telemetry,
        drift: DriftWatch,
        certification: Callable[[], Certification],
        challenge: Challenge,
        alarm: Callable[[AlarmCode, str], None],
    ) -> None:
        self.ending = False
        """The station ends: no explanation is waited for any more."""
        self.follow_ups: set[asyncio.Task[None]] = set()
        """What still adds to the records of parts; whoever ends the station waits for it, a moment long."""
        self._line = line
        self._cameras = cameras
        self._simulated = cameras.simulated  # a camera is one or the other from when it was built
        self._judge = judge
        self._recorder = recorder
        self._clock = clock
        self._recipe = recipe
        self._open = open_parts
        self._telemetry = telemetry
        self._drift = drift
        self._certification = certification
        self._challenge = challenge
        self._alarm = alarm

    # --- the part that is judged ----------------------------------------------------------------------

    async def see_through(self, passage: Passage) -> None:
        """Have a part judged, its decision recorded and then offered to the PLC.

        On return nothing more happens to the part before its outcome, but that its record may gain what comes
        late: pictures, the model's words, a decision after the deadline.
        """
        trigger = passage.trigger
        try:
            judgement, look = self._ruled(passage, await self._capture_and_judge(passage))
        except Exception as error:  # a bug must not lose the part: it goes to a person, on record
            log.exception("judging failed", part_id=trigger.part_id)
            self._alarm(AlarmCode.INTERNAL, in_words(error))
            judgement, look = self._undecided(trigger, in_words(error)), None
        passage.advance(Phase.DECIDED, judgement.decided_ns)
        try:
            await self._record_and_publish(passage, judgement, look)
        except Exception as error:  # nor must it leave the line waiting for ever, with nobody told
            log.exception("publishing failed", part_id=trigger.part_id)
            self._alarm(AlarmCode.INTERNAL, in_words(error))
            if not passage.reached_ns.keys() & {Phase.PUBLISHED, Phase.WITHHELD}:
                await self._withhold(passage)
        if judgement.late_pictures is not None:
            self._spawn(self._add_pictures(passage, judgement.late_pictures), f"pictures-{trigger.seq}")
        if judgement.straggler is not None:
            self._spawn(self._add_late_decision(passage, judgement.straggler), f"late-{trigger.seq}")
        if judgement.decision.action is Action.PASS:
            inspected = judgement.frames[: len(self._recipe.views)]
            self._spawn(self._drift.passed(inspected, judgement.scores), f"drift-{trigger.seq}")
        if judgement.words is not None:
            self._spawn(self._explain(passage, judgement.words), f"reason-{trigger.seq}")

    async def _capture_and_judge(self, passage: Passage) -> Judgement:
        """Have the pictures taken, and judged; the part may move in between."""
        trigger = passage.trigger
        deadline_ns = _deadline_ns(trigger, self._recipe)
        try:
            captured = await self._cameras.capture(trigger.part_id, deadline_ns=deadline_ns)
        except TimeoutError:
            late = guard.late(trigger, recipe=self._recipe, reason=say(Code.NO_PICTURE_IN_TIME))
            return Judgement(decision=late, decided_ns=self._clock.monotonic_ns())
        except PassgateError as error:
            return self._undecided(trigger, error.sentence)
        passage.called_ns = captured.called_ns
        passage.advance(Phase.CAPTURED, captured.taken_ns)
        self._line.exposure_complete(trigger)
        return await self._judge.judge(
            trigger,
            captured.frames,
            deadline_ns=deadline_ns,
            more=captured.more,
            told=passage.told,
        )

    def _ruled(self, passage: Passage, judgement: Judgement) -> tuple[Judgement, ChallengeLook | None]:
        """What the challenge makes of a judgement, and what it says of the part."""
        identity = judgement.identity if judgement.frames else passage.told.identity
        decision, look = self._challenge.rule(
            judgement.decision,
            trigger=passage.trigger,
            begun=passage.challenge,
            serial=identity.serial if identity else "",
        )
        return replace(judgement, decision=decision, identity=identity), look

    def _undecided(self, trigger: Trigger, reason: str) -> Judgement:
        """There is nothing to judge by: a person looks at the part."""
        decision = guard.undecided(trigger, recipe=self._recipe, reason=reason)
        return Judgement(decision=decision, decided_ns=self._clock.monotonic_ns())

    async def _record_and_publish(
        self, passage: Passage, judgement: Judgement, look: ChallengeLook | None
    ) -> None:
        trigger = passage.trigger
        simulated = self._simulated or any(frame.simulated for frame in judgement.frames)
        inspection = Inspection(
            inspection_id=uuid4().hex,
            trigger=trigger,
            decision=passage.timed(judgement.decision),
            pictures=judgement.pictures,
            unkept=judgement.unkept[:500],
            unkept_coded=coded(judgement.unkept),
            simulated=simulated,
            certificate=self._certification().ref,
            identity=judgement.identity,
            challenge=look,
            truth=next((f.truth for f in judgement.frames if f.truth is not None), None),
            recorded_at=self._clock.now(),
        )
        passage.inspection = inspection  # shown when it is published or withheld, and no moment earlier
        await passage.turn()
        try:
            await self._recorder.append(inspection)
        except RecordRefusedError as error:  # this trigger has its inspection already; that one counts
            self._alarm(AlarmCode.NOT_RECORDED, error.sentence)
            self._line.abandon(trigger)
            self._open.remove(passage)
            return
        except StoreError as error:
            self._challenge.took(inspection, durable=False)
            self._alarm(AlarmCode.NOT_RECORDED, error.sentence)
        else:
            self._step(passage, Phase.RECORDED)
            self._challenge.took(inspection, durable=True)
            if self._line.publish(
                trigger,
                inspection.decision,
                defect_code=defect_code(inspection.decision),
                simulated=simulated,
                motion=judgement.motion,
            ):
                self._step(passage, Phase.PUBLISHED)
                self._telemetry.intent(inspection)
                self._telemetry.published(passage.elapsed_ms(Phase.PUBLISHED) or 0.0)
                return
            self._tell_late_record(passage)
        await self._withhold(passage)

    def _tell_late_record(self, passage: Passage) -> None:
        """Where the decision was in time and its record was not: the PLC has rejected the part, and why."""
        recorded_ms, deadline_ms = passage.elapsed_ms(Phase.RECORDED), passage.trigger.deadline_ms
        if recorded_ms is None or not deadline_ms or recorded_ms < deadline_ms:
            return
        self._telemetry.late_record(passage.trigger)
        self._alarm(
            AlarmCode.RECORD_LATE,
            say(Code.RECORD_LATE, took_ms=passage.recording_ms or 0.0),
        )

    async def _withhold(self, passage: Passage) -> None:
        """The PLC is given no result for the part, and the record says so."""
        self._line.abandon(passage.trigger)
        self._step(passage, Phase.WITHHELD)
        if passage.inspection is not None:
            self._telemetry.intent(passage.inspection.model_copy(update={"published": False}))
        await self._revise(passage, published=False)

    def accepted(self, key: PartKey) -> None:
        """The PLC has acknowledged the result of a part."""
        passage = self._open.get(key)
        if passage is not None and Phase.RECORDED in passage.reached_ns:  # else it was in another run
            passage.accepted_ns = self._clock.monotonic_ns()

    # --- what comes late ------------------------------------------------------------------------------

    async def _add_late_decision(
        self, passage: Passage, straggler: "asyncio.Future[InspectionResult]"
    ) -> None:
        """What the model says after the deadline is kept for the record; it is never offered to the PLC."""
        try:
            late = await straggler
        except Exception as error:
            log.warning("late inspection failed", part_id=passage.trigger.part_id, error=repr(error))
            return
        await self._revise(passage, late_decision=late.decision)

    async def _add_pictures(self, passage: Passage, late: "asyncio.Future[Kept]") -> None:
        """The part goes to a person, who wants to see it: what is kept at last joins its record."""
        kept = await late
        await self._revise(
            passage, pictures=kept.pictures, unkept=kept.fault[:500], unkept_coded=coded(kept.fault)
        )

    async def _explain(self, passage: Passage, words: LaterWords) -> None:
        """Have the model say why, until the next part comes; kept with the record's next revision."""
        text = await self._judge.explain(
            words,
            part_id=passage.trigger.part_id,
            go_on=lambda: not self.ending and self._open.judged in (None, passage),
        )
        if not text:
            return
        if passage.inspection is not None and passage.inspection.outcome is not None:
            await self._revise(passage, explanation=text)
        else:
            passage.explanation = text

    def _spawn(self, work: Coroutine[object, object, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self.follow_ups.add(task)
        task.add_done_callback(self.follow_ups.discard)

    # --- the part that is not judged, and the end of each ---------------------------------------------

    async def record_missed(self, passage: Passage, cause: MissedCause) -> None:
        """Put a part on record that gets no inspection, and is never released by us."""
        trigger = passage.trigger
        self._challenge.missed()
        self._step(passage, Phase.DECIDED)
        inspection = Inspection(
            inspection_id=uuid4().hex,
            trigger=trigger,
            decision=self._undecided(trigger, say(Code.NOT_INSPECTED, miss=cause)).decision,
            published=False,
            missed=cause,
            recorded_at=self._clock.now(),
        )
        passage.inspection = inspection
        await passage.turn()
        try:
            await self._recorder.append(inspection)
        except RecordRefusedError as error:  # it has its inspection already; that one counts
            self._alarm(AlarmCode.NOT_RECORDED, error.sentence)
        except StoreError as error:
            self._telemetry.intent(inspection)
            self._alarm(AlarmCode.NOT_RECORDED, error.sentence)
        else:
            self._telemetry.intent(inspection)
            self._step(passage, Phase.RECORDED)
        self._step(passage, Phase.WITHHELD)
        passage.settled.set()

    async def close(self, passage: Passage, outcome: Outcome) -> None:
        """Put the outcome on record: the part's life ends. What the store refuses waits in the recorder."""
        await self._revise(passage, outcome=outcome, outcome_at=self._clock.now())
        self._step(passage, Phase.CLOSED)
        if passage.inspection is not None:
            self._telemetry.outcome(passage.inspection)
        self._open.remove(passage)

    async def _revise(self, passage: Passage, **changes: object) -> None:
        """Supersede the part's record. What the store refuses waits in the recorder, in order."""
        before = passage.inspection
        if before is None:
            return
        after = before.model_copy(
            update={
                "explanation": passage.explanation or before.explanation,
                **changes,
                "revision": before.revision + 1,
                **passage.measured,
                "recorded_at": self._clock.now(),
            }
        )
        passage.inspection = after
        self._telemetry.revised(after)
        try:
            await self._recorder.append(after)
        except StoreError as error:
            self._alarm(AlarmCode.NOT_RECORDED, error.sentence)

    def _step(self, passage: Passage, phase: Phase) -> None:
        passage.advance(phase, self._clock.monotonic_ns())


def _deadline_ns(trigger: Trigger, recipe: Recipe) -> int:
    """The internal deadline, on the monotonic clock: the recipe's, but a tenth before the PLC's own."""
    deadline_ms = recipe.deadline_ms
    if trigger.deadline_ms:
        deadline_ms = min(deadline_ms, trigger.deadline_ms * 9 // 10)
    return trigger.seen_ns + deadline_ms * 1_000_000
