"""The station: takes the line's triggers and sees each part through to its stored outcome.

One part is judged at a time; several may be between camera and diverter. Two tasks run in the event loop:
the *reader* takes the line's events as they come and starts the judging of a part; the *clerk* does, in
order, what can wait for the disk: outcomes, missed triggers, restarts of the PLC. Looking at the part is
``Judge``'s, writing the record ``Recorder``'s; both have threads for what blocks.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import time
from uuid import uuid4

import structlog

from inspection.alarms.catalogue import AlarmCode, defect_code
from inspection.certification.certificate import UNCERTIFIED, Certification
from inspection.decision import Decision
from inspection.errors import RecordRefusedError, StoreError
from inspection.events import EventKind
from inspection.line_events import (
    HaltCleared,
    Halted,
    LineEvent,
    LinkChanged,
    OutcomeReported,
    PartMissed,
    PartTriggered,
    PlcRestarted,
    ResultAccepted,
    RunTakenOver,
    SecondEngine,
    SecondEngineGone,
)
from inspection.part import Inspection, MissedCause, Outcome, Trigger
from inspection.ports import Camera, Clock, Inspector, Line
from inspection.recipe import Recipe
from inspection.station.judging import Judge, Judgement, Kept
from inspection.station.orders.command_desk import CommandDesk
from inspection.station.orders.latches import BYPASSED, ENGINE, FAULT, HALTED, PLC, Orders
from inspection.station.passage import PartKey, Passage, Phase
from inspection.station.readiness import Circumstances, Standing
from inspection.station.recording.recorder import Recorder
from inspection.station.telemetry import WINDOW, Telemetry
from inspection.status import Command, CommandResult, Counts, Mode
from inspection.times.shifts import THREE_SHIFTS, shift_start
from inspection.unheard import ALL_HEARD, Unheard

log = structlog.get_logger(__name__)

HOUSEKEEPING_S = 1.0

MAX_OPEN = 256
"""Parts that may wait for their outcome.

While there are more, no part is taken, and the clerk closes the oldest as unconfirmed, with an alarm.
"""

CLERK_QUEUE = 1024
"""Events that wait for the disk; beyond that the reader waits, and the line's own bounded queue halts it."""


class Station:
    """One station with one line. Lives in the event loop; ``run`` until cancelled."""

    def __init__(
        self,
        *,
        line: Line,
        cameras: Mapping[str, Camera],
        inspector: Inspector,
        recorder: Recorder,
        clock: Clock,
        recipe: Recipe,
        certification: Certification = UNCERTIFIED,
        unheard: Unheard = ALL_HEARD,
        start_held: bool = False,
        shifts: Sequence[time] = THREE_SHIFTS,
    ) -> None:
        """Compose; nothing is asked of the parts yet.

        Args:
            line: The conveyor.
            cameras: By the names that the recipe's views use.
            inspector: Has the recipe's memory.
            recorder: Makes durable what happens.
            clock: Time.
            recipe: The active recipe.
            certification: Which certificate holds, or why none does.
            unheard: What the recipe asks of types that nobody can name.
            start_held: Take no part until somebody says Start.
            shifts: Local times at which shifts begin; counts are those of the running one.
        """
        self._shifts = shifts
        self.telemetry = Telemetry(shift_start(clock.now(), shifts))
        self.recipe = recipe
        self.certification = certification
        """The certificate that holds, or why none does; a pass must keep its threshold."""
        self.unheard = unheard
        self.line = line
        self.version = 0
        """Counts changes; whoever shows the station looks again when it has moved."""
        self._recorder = recorder
        self._clock = clock
        self._open: dict[PartKey, Passage] = {}
        self._newest: Passage | None = None
        self._active: Passage | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._clerk_queue: asyncio.Queue[LineEvent | None] = asyncio.Queue(CLERK_QUEUE)
        """None: nothing happened, but there are too many open parts."""
        self.judge = Judge(
            recipe=recipe,
            cameras=cameras,
            inspector=inspector,
            recorder=recorder,
            clock=clock,
            alarm=self._alarm,
            well=self.telemetry.alarms.gone,
            on_free=self._changed,
            certificate=certification.certificate,
            unheard=unheard,
        )
        self._linked = False
        self.orders = Orders(recorder, clock, alarm=self._alarm, start_held=start_held)
        """What people ordered and what latched; it holds over restarts."""
        self.desk = CommandDesk(
            orders=self.orders,
            alarms=self.telemetry.alarms,
            line=line,
            standing=lambda: self.standing,
            changed=self._changed,
        )
        self._degraded = False
        self._record_silent = self._pictures_silent = False
        self._stopping = False

    # --- what people ask of it ------------------------------------------------------------------------

    @property
    def standing(self) -> Standing:
        """What the station is doing, whether it takes parts, and why none can pass, at this moment."""
        return Standing.of(
            Circumstances(
                stopping=self._stopping,
                fault=self._fault,
                halted=self._halted,
                held=self.orders.held,
                linked=self._linked,
                line=self.line.state(),
                bypass_known=self.orders.in_force(BYPASSED) is not None,
                judging=self._active is not None,
                store=self._recorder.health(),
                behind=self._recorder.behind,
                crowded=f"closes parts that have no outcome: {len(self._open)} are open, {MAX_OPEN} may be"
                if self._crowded
                else "",
                late_work=self.judge.busy,
                model_absent=self.judge.model_absent,
                camera_fault=self.judge.camera_fault,
                model_fault=self.judge.model_fault,
                picture_fault=self.judge.picture_fault,
            )
        )

    @property
    def mode(self) -> Mode:
        """What the station is doing."""
        return self.standing.mode

    async def command(self, command: Command, *, by: str) -> CommandResult:
        """Do what a client asks; see ``CommandDesk``."""
        return await self.desk.take(command, by=by)

    # --- its life -------------------------------------------------------------------------------------

    async def prepare(self) -> None:
        """Open the cameras and load the recipe. Raises CameraError, RecipeError or WeightsError."""
        await self.judge.prepare()

    async def run(self) -> None:
        """Serve the line until cancelled; then finish the part under the camera and record it."""
        open_parts, known = await self._recorder.resume()
        for inspection in open_parts:
            self._keep(Passage.resumed(inspection))
        await self._take_up_counts(open_parts)
        own_runs = await self.orders.take_up(boot_id=self.line.boot_id)
        self._take_up_latches()
        self.line.set_recipe(self.recipe.id)
        self._changed()
        scribe = asyncio.create_task(self.orders.run(), name="scribe")
        line = asyncio.create_task(
            self.line.run(known, own_runs=own_runs, halted=self.orders.why(HALTED)), name="line"
        )
        clerk = asyncio.create_task(self._clerk(), name="clerk")
        reader = asyncio.create_task(self._read(), name="reader")
        keeper = asyncio.create_task(self._keep_house(), name="housekeeping")
        tasks = (reader, line, clerk, keeper, scribe)
        cause: Exception | None = None
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # none of them ends by itself but by an error
        except Exception as error:
            cause = error
            raise
        finally:
            self._stopping = True
            self.line.set_ready(False)
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=self.recipe.deadline_ms / 1000 + 1.0)
            await self.orders.end()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.judge.close()
            try:
                await self._recorder.close()
            except StoreError as error:
                if cause is None:
                    raise
                log.exception("the record did not end well", error=str(error))  # the cause is what is told

    async def _take_up_counts(self, open_parts: Sequence[Inspection]) -> None:
        """The running shift's counts and the last parts, as the record has them."""
        self.telemetry.roll_over(shift_start(self._clock.now(), self._shifts))
        since = self.telemetry.counts.since
        assert since is not None
        try:
            counts = await self._recorder.counts_since(since)
        except StoreError as error:  # parts are worth more than figures
            log.warning("counting begins anew", error=str(error))
            counts = Counts(since=self._clock.now())
        self.telemetry.take_up(counts, await self._recorder.recent(WINDOW), open_parts)

    def _take_up_latches(self) -> None:
        """What the last run left latched holds from the first moment on."""
        self.desk.open.set()
        if self.unheard.lost:
            self._raise(
                AlarmCode.TYPES_UNHEARD,
                self.unheard.on_the_line(accepted=self.recipe.unheard_accepted),
            )
        if self._fault:
            self.line.set_fault(AlarmCode.RELEASED_WITHOUT_PASS)
            self._raise(AlarmCode.RELEASED_WITHOUT_PASS, self._fault)

    async def _read(self) -> None:
        """Take the line's events in order; never wait for a disk or a model here."""
        async for event in self.line.events():
            match event:
                case PartTriggered(trigger):
                    self._begin(trigger)
                case ResultAccepted(seq, plc_boot_id):
                    passage = self._open.get(PartKey(plc_boot_id, seq))
                    if passage is not None and Phase.RECORDED in passage.reached_ns:
                        seen_ns = passage.trigger.seen_ns
                        passage.accepted_ms = (self._clock.monotonic_ns() - seen_ns) / 1e6
                case Halted(reason):
                    if reason != self.orders.why(HALTED):  # or it is what the last run left latched
                        self.orders.latch(HALTED, by=PLC, detail=reason)
                    self._alarm(AlarmCode.LINE_HALTED, reason)
                case HaltCleared():
                    self.orders.release(HALTED, by=PLC)
                    self.telemetry.alarms.gone(AlarmCode.LINE_HALTED)
                case LinkChanged(up, _):
                    self._linked = up
                    if up:
                        await self._clerk_queue.put(event)
                case RunTakenOver():
                    self.orders.note(EventKind.RECORD_BEGAN, by=ENGINE, detail=_record_begins(event))
                    self._alarm(AlarmCode.RECORD_BEGAN, _record_begins(event))
                    await self._clerk_queue.put(event)
                case SecondEngine(_, reason):
                    self.orders.note(EventKind.SECOND_ENGINE, by=ENGINE, detail=reason)
                    self._alarm(AlarmCode.SECOND_ENGINE, reason)
                case SecondEngineGone():
                    self.telemetry.alarms.gone(AlarmCode.SECOND_ENGINE)
                case PartMissed(trigger, _):
                    self._keep(Passage(trigger, after=self._newest))
                    await self._clerk_queue.put(event)
                case OutcomeReported() | PlcRestarted():
                    await self._clerk_queue.put(event)
            self._changed()

    def _begin(self, trigger: Trigger) -> None:
        passage = Passage(trigger, after=self._newest)
        self._keep(passage)
        self._active = passage
        self._spawn(self._see_through(passage), f"part-{trigger.seq}")

    # --- one part, from trigger to published ----------------------------------------------------------

    async def _see_through(self, passage: Passage) -> None:
        trigger = passage.trigger
        try:
            try:
                judgement = await self.judge.judge(
                    passage, on_exposed=lambda: self.line.exposure_complete(trigger)
                )
            except Exception as error:  # a bug must not lose the part: it goes to a person, on record
                log.exception("judging failed", part_id=trigger.part_id)
                self._alarm(AlarmCode.INTERNAL, f"internal error: {error!r}")
                judgement = Judgement(decision=self.judge.undecided(trigger, f"internal error: {error!r}"))
            self._step(passage, Phase.DECIDED)
            try:
                await self._record_and_publish(passage, judgement)
            except Exception as error:  # nor must it leave the line waiting for ever, with nobody told
                log.exception("publishing failed", part_id=trigger.part_id)
                self._alarm(AlarmCode.INTERNAL, f"internal error: {error!r}")
                if not passage.reached_ns.keys() & {Phase.PUBLISHED, Phase.WITHHELD}:
                    await self._withhold(passage)
            if judgement.late_pictures is not None:
                self._spawn(self._add_pictures(passage, judgement.late_pictures), f"pictures-{trigger.seq}")
            if judgement.straggler is not None:
                self._await_straggler(passage, judgement.straggler)
            else:
                self._spawn(self._explain(passage, judgement.decision), f"reason-{trigger.seq}")
        finally:
            passage.settled.set()
            self._wake_clerk()
            if self._active is passage:
                self._active = None
            self._changed()

    async def _record_and_publish(self, passage: Passage, judgement: Judgement) -> None:
        trigger = passage.trigger
        simulated = self.judge.simulated or any(frame.simulated for frame in judgement.frames)
        inspection = Inspection(
            inspection_id=uuid4().hex,
            trigger=trigger,
            decision=judgement.decision,
            pictures=judgement.pictures,
            unkept=judgement.unkept[:500],
            simulated=simulated,
            certificate=self.certification.ref,
            truth=next((f.truth for f in judgement.frames if f.truth is not None), None),
            recorded_at=self._clock.now(),
        )
        passage.inspection = inspection  # shown when it is published or withheld, and no moment earlier
        await passage.turn()
        try:
            await self._recorder.append(inspection)
        except RecordRefusedError as error:  # this trigger has its inspection already; that one counts
            self._alarm(AlarmCode.NOT_RECORDED, str(error))
            self.line.abandon(trigger)
            del self._open[passage.key]
            return
        except StoreError as error:
            self._alarm(AlarmCode.NOT_RECORDED, str(error))
        else:
            self._step(passage, Phase.RECORDED)
            if self.line.publish(
                trigger,
                inspection.decision,
                defect_code=defect_code(inspection.decision),
                simulated=simulated,
                motion=judgement.motion,
            ):
                self._step(passage, Phase.PUBLISHED)
                self.telemetry.intent(inspection)
                self.telemetry.published(passage.elapsed_ms(Phase.PUBLISHED) or 0.0)
                return
            self._tell_late_record(passage)
        await self._withhold(passage)

    def _tell_late_record(self, passage: Passage) -> None:
        """Where the decision was in time and its record was not: the PLC has rejected the part, and why."""
        recorded_ms, deadline_ms = passage.elapsed_ms(Phase.RECORDED), passage.trigger.deadline_ms
        if recorded_ms is None or not deadline_ms or recorded_ms < deadline_ms:
            return
        self.telemetry.late_record(passage.trigger)
        self._alarm(
            AlarmCode.RECORD_LATE,
            f"the record took {passage.recording_ms or 0.0:.0f} ms, longer than the PLC waits: the part is "
            "not released. Check the disk of the record",
        )

    async def _withhold(self, passage: Passage) -> None:
        """The PLC is given no result for the part, and the record says so."""
        self.line.abandon(passage.trigger)
        self._step(passage, Phase.WITHHELD)
        if passage.inspection is not None:
            self.telemetry.intent(passage.inspection.model_copy(update={"published": False}))
        await self._revise(passage, published=False)

    def _await_straggler(self, passage: Passage, straggler: "asyncio.Future[Decision]") -> None:
        async def keep() -> None:
            try:
                late = await straggler
            except Exception as error:
                log.warning("late inspection failed", part_id=passage.trigger.part_id, error=repr(error))
                return
            await self._revise(passage, late_decision=late)

        self._spawn(keep(), f"late-{passage.trigger.seq}")

    async def _add_pictures(self, passage: Passage, late: "asyncio.Future[Kept]") -> None:
        """The part goes to a person, who wants to see it: what is kept at last joins its record."""
        kept = await late
        await self._revise(passage, pictures=kept.pictures, unkept=kept.fault[:500])

    async def _explain(self, passage: Passage, decision: Decision) -> None:
        """Have the model say why, until the next part comes; kept with the record's next revision."""
        text = await self.judge.explain(
            decision, go_on=lambda: not self._stopping and (self._active is None or self._active is passage)
        )
        if not text:
            return
        if passage.inspection is not None and passage.inspection.outcome is not None:
            await self._revise(passage, explanation=text)
        else:
            passage.explanation = text

    def _spawn(self, work: Coroutine[object, object, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- what can wait for the disk -------------------------------------------------------------------

    async def _clerk(self) -> None:
        taken_over: RunTakenOver | None = None
        while True:
            await self._close_surplus()
            event = await self._clerk_queue.get()
            match event:
                case PartMissed(trigger, cause):
                    await self._record_missed(trigger, cause)
                    if cause is MissedCause.BEFORE_RECORD and taken_over is not None:
                        await self._close_told_elsewhere(taken_over)
                case RunTakenOver():
                    taken_over = event
                    await self._close_told_elsewhere(taken_over)
                case OutcomeReported(seq, plc_boot_id, outcome):
                    await self._close(PartKey(plc_boot_id, seq), outcome)
                    await self._recorder.caught_up()
                    self.line.outcome_recorded(seq, plc_boot_id)
                case PlcRestarted(old_boot_id, _):
                    self._alarm(AlarmCode.PLC_RESTARTED, "the PLC restarted")
                    await self._forget([key for key in self._open if key.plc_boot_id == old_boot_id])
                case LinkChanged():
                    # Parts of an earlier run that were on record when we started. The line may be ahead of
                    # this queue: what is not settled has its own event in it, so waiting would never end.
                    now = self.line.state().plc_boot_id
                    settled = [key for key, passage in self._open.items() if passage.settled.is_set()]
                    await self._forget([key for key in settled if key.plc_boot_id != now])
            self._changed()

    async def _keep_house(self) -> None:
        """Each second see whether the disks answer; between parts, let the store do its own work.

        One such work at a time on record and on pictures, and never waited for: it may hang on its disk.
        """
        chores = {
            AlarmCode.RECORD_NOT_KEPT_UP: self._recorder.maintain,
            AlarmCode.PICTURES_NOT_RETIRED: self._recorder.pictures.retire,
        }
        under_way: dict[AlarmCode, asyncio.Task[None]] = {}
        try:
            while True:
                await self._clock.sleep(HOUSEKEEPING_S)
                self._changed()
                for code in [code for code, work in under_way.items() if work.done()]:
                    under_way.pop(code).result()
                for code in chores.keys() - under_way.keys():
                    if self._active is None:
                        under_way[code] = asyncio.create_task(self._do(chores[code], code), name=code.name)
        finally:
            for work in under_way.values():
                work.cancel()

    async def _do(self, chore: Callable[[], Awaitable[None]], code: AlarmCode) -> None:
        """Let the store keep house; what fails is an alarm until it works again."""
        try:
            await chore()
        except StoreError as error:
            self._alarm(code, str(error))
        else:
            self.telemetry.alarms.gone(code)
        self._changed()

    async def _record_missed(self, trigger: Trigger, cause: MissedCause) -> None:
        if cause is not MissedCause.BEFORE_RECORD:  # of which there is an alarm
            self._alarm(
                AlarmCode.PARTS_MISSED,
                "parts went by without inspection: the PLC's bypass key was turned"
                if cause is MissedCause.BYPASS
                else "the PLC triggered parts that were not inspected",
            )
        passage = self._open[PartKey(trigger.plc_boot_id, trigger.seq)]
        self._step(passage, Phase.DECIDED)
        inspection = Inspection(
            inspection_id=uuid4().hex,
            trigger=trigger,
            decision=self.judge.undecided(trigger, f"not inspected: {cause.replace('_', ' ')}"),
            published=False,
            missed=cause,
            recorded_at=self._clock.now(),
        )
        passage.inspection = inspection
        await passage.turn()
        try:
            await self._recorder.append(inspection)
        except RecordRefusedError as error:  # it has its inspection already; that one counts
            self._alarm(AlarmCode.NOT_RECORDED, str(error))
        except StoreError as error:
            self.telemetry.intent(inspection)
            self._alarm(AlarmCode.NOT_RECORDED, str(error))
        else:
            self.telemetry.intent(inspection)
            self._step(passage, Phase.RECORDED)
        self._step(passage, Phase.WITHHELD)
        passage.settled.set()

    async def _close(self, key: PartKey, outcome: Outcome) -> None:
        passage = self._open.get(key)
        if passage is None:
            # Shown again after a restart between our record and the PLC seeing our acknowledgement.
            log.info("outcome of a part that is not open", seq=key.seq, outcome=outcome)
            return
        await passage.settled.wait()
        if self._open.get(key) is not passage:
            log.info("outcome of a part that the record refused", seq=key.seq, outcome=outcome)
            return
        await self._revise(passage, outcome=outcome, outcome_at=self._clock.now())
        self._step(passage, Phase.CLOSED)
        if passage.inspection is not None:
            self.telemetry.outcome(passage.inspection)
        del self._open[key]
        if passage.inspection is not None and passage.inspection.mismatched_release:
            self.orders.latch(
                FAULT,
                by=ENGINE,
                detail=f"the PLC released part {passage.trigger.part_id}, which has no published pass",
            )
            self.line.set_fault(AlarmCode.RELEASED_WITHOUT_PASS)
            self._alarm(AlarmCode.RELEASED_WITHOUT_PASS, self._fault)

    async def _forget(self, keys: list[PartKey]) -> None:
        """Close parts whose outcome the PLC will not tell any more."""
        for key in keys:
            self._alarm(AlarmCode.OUTCOME_UNKNOWN, "the PLC did not tell what became of some parts")
            await self._close(key, Outcome.UNCONFIRMED)

    async def _close_told_elsewhere(self, taken: RunTakenOver) -> None:
        """Close parts whose outcome the PLC has told another engine, or this record before it lost rows.

        There is one alarm of all of them: that of the record that begins here.
        """
        for key, passage in list(self._open.items()):
            of_that_run = key.plc_boot_id == taken.plc_boot_id and taken.has_outcome_of(key.seq)
            if of_that_run and passage.settled.is_set():
                await self._close(key, Outcome.UNCONFIRMED)

    async def _close_surplus(self) -> None:
        """Close the oldest parts while too many are open.

        One whose record is not settled waits: its own event is still in the queue, or its judging under way,
        and either comes back here.
        """
        while self._crowded:
            key, passage = next(iter(self._open.items()))
            if not passage.settled.is_set():
                return
            await self._forget([key])
            self._changed()

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
                "recording_ms": passage.recording_ms,
                "accepted_ms": passage.accepted_ms,
                "recorded_at": self._clock.now(),
            }
        )
        passage.inspection = after
        self.telemetry.revised(after)
        try:
            await self._recorder.append(after)
        except StoreError as error:
            self._alarm(AlarmCode.NOT_RECORDED, str(error))

    # --- what latched ---------------------------------------------------------------------------------

    @property
    def _halted(self) -> str:
        """The line's latched halt; empty where there is none."""
        return self.orders.why(HALTED)

    @property
    def _fault(self) -> str:
        """The station's own latched fault; empty where there is none."""
        return self.orders.why(FAULT)

    def _watch_bypass(self) -> None:
        """Put on record when the PLC's key is turned and turned back; unknown while nothing is read."""
        if not self._linked:
            return
        turned = self.line.state().bypassed
        if turned and self.orders.in_force(BYPASSED) is None:
            self.orders.latch(BYPASSED, by=PLC)
        elif not turned:
            self.orders.release(BYPASSED, by=PLC)

    # --- small things ---------------------------------------------------------------------------------

    def _keep(self, passage: Passage) -> None:
        """Remember an open part."""
        self._open[passage.key] = passage
        self._newest = passage
        self._wake_clerk()

    @property
    def _crowded(self) -> bool:
        return len(self._open) > MAX_OPEN

    def _wake_clerk(self) -> None:
        """Have the clerk look for parts to close; where events wait for it, it looks after each anyhow."""
        if self._crowded and self._clerk_queue.empty():
            self._clerk_queue.put_nowait(None)

    def _step(self, passage: Passage, phase: Phase) -> None:
        passage.advance(phase, self._clock.monotonic_ns())

    def _alarm(self, code: AlarmCode, text: str) -> None:
        self._raise(code, text)
        self._changed()

    def _raise(self, code: AlarmCode, text: str) -> None:
        log.warning("alarm", code=f"0x{code:04X}", text=text)
        self.telemetry.alarms.raise_(code, text, self._clock.now())

    def _changed(self) -> None:
        self.version += 1
        self._watch_bypass()
        self.telemetry.roll_over(shift_start(self._clock.now(), self._shifts))
        health, behind = self._recorder.health(), self._recorder.behind
        silent_s = health.silent_s
        if silent_s and not self._record_silent:
            self._raise(
                AlarmCode.NOT_RECORDED,
                f"the record has not answered for {silent_s:.0f} s: no part is taken until it does, and "
                "one that waits for it is not released. Check the disk of the record",
            )
        self._record_silent = silent_s > 0.0
        self._tell_silent_pictures(health.pictures_silent_s)
        if not behind:
            self.telemetry.alarms.gone(AlarmCode.NOT_RECORDED)
        if health.degraded and not self._degraded:
            self._raise(AlarmCode.STORE_DEGRADED, f"records wait in the spool: {health.detail}")
        elif not health.degraded:
            self.telemetry.alarms.gone(AlarmCode.STORE_DEGRADED)
        self._degraded = health.degraded
        self.line.set_degraded(health.degraded or behind)
        self.line.set_ready(self.standing.ready)

    def _tell_silent_pictures(self, silent_s: float) -> None:
        """Where the disk of the pictures does not answer, whether a part waits for it or not."""
        if silent_s and not self._pictures_silent:
            self._raise(
                AlarmCode.PICTURES_SILENT,
                f"the disk of the pictures has not answered for {silent_s:.0f} s: parts go to manual review, "
                "and are on record without pictures. Check that disk",
            )
        elif not silent_s:
            self.telemetry.alarms.gone(AlarmCode.PICTURES_SILENT)
        self._pictures_silent = silent_s > 0.0


def _record_begins(taken: RunTakenOver) -> str:
    if taken.rows_lost:
        return (
            f"the record has lost its newest rows: an engine (boot id {taken.other_boot_id}) served run "
            f"{taken.plc_boot_id} of the PLC up to trigger {taken.seq}, and put on this record what is not "
            "there. If an older copy was restored, look into the newer one; if not, have it examined"
        )
    return (
        f"this record begins here: run {taken.plc_boot_id} of the PLC was served by an engine (boot id "
        f"{taken.other_boot_id}) with another record up to trigger {taken.seq}. What became of those parts "
        "is not known here: look into that engine's record"
    )
