"""The station: takes the line's triggers and sees each part through to its stored outcome.

One part is judged at a time; several may be between camera and diverter. Two tasks run in the event loop:
the *reader*, here, takes the line's events as they come and starts each part on its way; the *clerk*
(``outcomes.py``) does, in order, what can wait for the disk. A part's steps are ``one_part.py``'s. Whatever
blocks has a thread: each camera, the inspector, the record, the pictures.
"""

import asyncio
from collections.abc import Mapping, Sequence

import structlog

from inspection.alarms.catalogue import AlarmCode
from inspection.certification.certificate import UNCERTIFIED, Certification
from inspection.challenge.plan import ChallengePlan
from inspection.challenge.shown import ChallengeOrder
from inspection.challenge.standing import Judging
from inspection.drift.usual import UsualView
from inspection.errors import StoreError
from inspection.events import EventKind
from inspection.line_events import (
    HaltCleared,
    Halted,
    LinkChanged,
    OutcomeReported,
    PartMissed,
    PartTriggered,
    PlcRestarted,
    ResultAccepted,
    RunTakenOver,
    SecondEngine,
    SecondEngineGone,
    ToldName,
)
from inspection.messages.codes import Code
from inspection.messages.message import NOTHING
from inspection.messages.telling import say
from inspection.part import Inspection, Trigger
from inspection.ports import Camera, Clock, Inspector, Line
from inspection.recipe import Recipe
from inspection.station.capturing import Cameras
from inspection.station.challenging.challenge import Challenge
from inspection.station.drifting import DriftWatch
from inspection.station.judging import Judge
from inspection.station.one_part import PartLife
from inspection.station.open_parts import MAX_OPEN, OpenParts
from inspection.station.orders.command_desk import CommandDesk
from inspection.station.orders.latches import BYPASSED, ENGINE, FAULT, HALTED, PLC, Orders
from inspection.station.outcomes import Clerk, record_begins
from inspection.station.passage import PartKey, Passage
from inspection.station.readiness import Circumstances, Standing
from inspection.station.recording.housekeeping import DiskWatch, Housekeeping
from inspection.station.recording.part_pictures import PartPictures
from inspection.station.recording.recorder import Recorder
from inspection.station.telemetry import WINDOW, Telemetry
from inspection.status import Command, CommandResult, Counts, Mode
from inspection.times.shifts import THREE_SHIFTS, ShiftCalendar
from inspection.unheard import ALL_HEARD, Unheard

log = structlog.get_logger(__name__)


class Station:
    """One station with one line. Lives in the event loop; ``run`` until cancelled.

    Args:
        line: The conveyor.
        cameras: By the names that the recipe's views use.
        inspector: Has the recipe's memory.
        recorder: Makes durable what happens.
        clock: Time.
        recipe: The active recipe.
        certification: Which certificate holds, or why none does.
        unheard: What the recipe asks of types that nobody can name.
        usual: What was usual for the recipe's views when it was taught.
        start_held: Take no part until somebody says Start.
        shifts: Counts are those of the running one; times are told in its zone.
        challenge: The known parts that show whether it still sees; None where it is not challenged.
    """

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
        usual: Sequence[UsualView] = (),
        start_held: bool = False,
        shifts: ShiftCalendar = THREE_SHIFTS,
        challenge: ChallengePlan | None = None,
    ) -> None:
        self.telemetry = Telemetry(
            shifts, clock.now(), alarm_changed=lambda *change: self.orders.note_alarm(*change)
        )
        self.recipe = recipe
        self.certification = certification
        """The certificate that holds, or why none does; a pass must keep its threshold."""
        self.unheard = unheard
        self.line = line
        self.version = 0
        """Counts changes; whoever shows the station looks again when it has moved."""
        self._recorder = recorder
        self._clock = clock
        self._open = OpenParts()
        self._judging: set[asyncio.Task[None]] = set()
        well = self.telemetry.alarms.gone
        self.cameras = Cameras(
            cameras, recipe=recipe, clock=clock, alarm=self.alarm, well=well, on_free=self._changed
        )
        self.pictures = PartPictures(recorder.pictures, clock, alarm=self.alarm, well=well)
        self.judge = Judge(
            recipe=recipe,
            inspector=inspector,
            pictures=self.pictures,
            clock=clock,
            alarm=self.alarm,
            well=well,
            on_free=self._changed,
            certificate=certification.certificate,
            unheard=unheard,
        )
        self._linked = False
        self.orders = Orders(recorder, clock, alarm=self.alarm, start_held=start_held, zone=shifts.zone)
        """What people ordered and what latched; it holds over restarts."""
        self.desk = CommandDesk(
            orders=self.orders,
            alarms=self.telemetry.alarms,
            line=line,
            standing=lambda: self.standing,
            changed=self._changed,
        )
        self.challenge = Challenge(
            challenge,
            Judging.of(recipe.ref, inspector.model, challenge),
            orders=self.orders,
            recorder=recorder,
            clock=clock,
            calendar=shifts,
            alarm=self._raise,
            well=well,
            changed=self._changed,
        )
        self._drift = DriftWatch(
            recipe=recipe,
            usual=usual,
            alarm=self.alarm,
            well=well,
            seen=lambda: self.telemetry.alarms.acknowledged(AlarmCode.PICTURES_DRIFT),
            note=lambda said: self.orders.note(EventKind.PICTURES_DRIFT, by=ENGINE, detail=said),
        )
        self._life = PartLife(
            line=line,
            cameras=self.cameras,
            judge=self.judge,
            recorder=recorder,
            clock=clock,
            recipe=recipe,
            open_parts=self._open,
            telemetry=self.telemetry,
            drift=self._drift,
            certification=lambda: self.certification,
            challenge=self.challenge,
            alarm=self.alarm,
        )
        self._clerk = Clerk(
            line=line,
            life=self._life,
            open_parts=self._open,
            orders=self.orders,
            recorder=recorder,
            alarm=self.alarm,
            changed=self._changed,
        )
        self._housekeeping = Housekeeping(
            recorder,
            clock,
            idle=lambda: self._open.judged is None,
            alarm=self.alarm,
            well=well,
            changed=self._changed,
        )
        self._disks = DiskWatch(alarm=self._raise, well=well)
        self._stopping = False

    # --- what people ask of it ------------------------------------------------------------------------

    @property
    def standing(self) -> Standing:
        """What the station is doing, whether it takes parts, and why none can pass, at this moment."""
        return Standing.of(
            Circumstances(
                stopping=self._stopping,
                fault=self.orders.why(FAULT),
                halted=self.orders.why(HALTED),
                held=self.orders.held,
                linked=self._linked,
                line=self.line.state(),
                bypass_known=self.orders.in_force(BYPASSED) is not None,
                judging=self._open.judged is not None,
                store=self._recorder.health(),
                behind=self._recorder.behind,
                crowded=say(Code.CROWDED, open=len(self._open), most=MAX_OPEN)
                if self._open.crowded
                else NOTHING,
                late_work=self.cameras.busy or self.judge.busy,
                model_absent=self.judge.model_absent,
                camera_fault=self.cameras.fault,
                model_fault=self.judge.model_fault,
                picture_fault=self.pictures.fault,
                challenge=self.challenge.why,
            )
        )

    @property
    def mode(self) -> Mode:
        """What the station is doing."""
        return self.standing.mode

    async def command(self, command: Command, *, by: str) -> CommandResult:
        """Do what a client asks; see ``CommandDesk``."""
        return await self.desk.take(command, by=by)

    async def challenged(self, order: ChallengeOrder, *, by: str) -> CommandResult:
        """Do what a client asks of the challenge; see ``Challenge``."""
        accepted, said = await self.challenge.take(order, by=by)
        return CommandResult(accepted=accepted, mode=self.mode, message=said, coded=said.coded)

    # --- its life -------------------------------------------------------------------------------------

    async def prepare(self) -> None:
        """Open the cameras and load the recipe. Raises CameraError, RecipeError or WeightsError.

        What stood on the list of alarms is taken up first: what is raised again now is one and the same.
        """
        self.telemetry.alarms.take_up(await self._recorder.alarms_that_stood(), self._clock.now())
        await self.cameras.open()
        await self.judge.prepare()

    async def run(self) -> None:
        """Serve the line until cancelled; then finish the part under the camera and record it."""
        open_parts, known = await self._recorder.resume()
        for inspection in open_parts:
            self._open.resume(inspection)
        await self._take_up_counts(open_parts)
        own_runs = await self.orders.take_up(boot_id=self.line.boot_id)
        await self.challenge.take_up()
        self._take_up_latches()
        self.line.set_recipe(self.recipe.id)
        self._changed()
        scribe = asyncio.create_task(self.orders.run(), name="scribe")
        line = asyncio.create_task(
            self.line.run(known, own_runs=own_runs, halted=self.orders.why(HALTED)), name="line"
        )
        clerk = asyncio.create_task(self._clerk.run(), name="clerk")
        reader = asyncio.create_task(self._read(), name="reader")
        keeper = asyncio.create_task(self._housekeeping.run(), name="housekeeping")
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
            self._stopping = self._life.ending = True
            self.line.set_ready(False)
            if under_way := self._judging | self._life.follow_ups:
                await asyncio.wait(under_way, timeout=self.recipe.deadline_ms / 1000 + 1.0)
            await self.orders.end()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.cameras.close()
            self.judge.close()
            self._drift.close()
            try:
                await self._recorder.close()
            except StoreError as error:
                if cause is None:
                    raise
                log.exception("the record did not end well", error=str(error))  # the cause is what is told

    async def _take_up_counts(self, open_parts: Sequence[Inspection]) -> None:
        """The running shift's counts and the last parts, as the record has them."""
        self.telemetry.roll_over(self._clock.now())
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
        if fault := self.orders.why(FAULT):
            self.line.set_fault(AlarmCode.RELEASED_WITHOUT_PASS)
            self._raise(AlarmCode.RELEASED_WITHOUT_PASS, fault)

    async def _read(self) -> None:
        """Take the line's events in order; never wait for a disk or a model here."""
        async for event in self.line.events():
            match event:
                case PartTriggered(trigger, told):
                    self._begin(trigger, told)
                case ResultAccepted(seq, plc_boot_id):
                    self._life.accepted(PartKey(plc_boot_id, seq))
                case Halted(reason):
                    if reason != self.orders.why(HALTED):  # or it is what the last run left latched
                        self.orders.latch(HALTED, by=PLC, detail=reason)
                    self.alarm(AlarmCode.LINE_HALTED, reason)
                case HaltCleared():
                    self.orders.release(HALTED, by=PLC)
                    self.telemetry.alarms.gone(AlarmCode.LINE_HALTED)
                case LinkChanged(up, reason):
                    if up != self._linked:
                        self.orders.note_link(up=up, reason=reason)
                    self._linked = up
                    if up:
                        await self._clerk.put(event)
                case RunTakenOver():
                    self.orders.note(EventKind.RECORD_BEGAN, by=ENGINE, detail=record_begins(event))
                    self.alarm(AlarmCode.RECORD_BEGAN, record_begins(event))
                    await self._clerk.put(event)
                case SecondEngine(_, reason):
                    self.orders.note(EventKind.SECOND_ENGINE, by=ENGINE, detail=reason)
                    self.alarm(AlarmCode.SECOND_ENGINE, reason)
                case SecondEngineGone():
                    self.telemetry.alarms.gone(AlarmCode.SECOND_ENGINE)
                case PartMissed(trigger, _):
                    self._open.begin(trigger)
                    self._clerk.wake()
                    await self._clerk.put(event)
                case OutcomeReported() | PlcRestarted():
                    await self._clerk.put(event)
            self._changed()

    def _begin(self, trigger: Trigger, told: ToldName) -> None:
        passage = self._open.judged = self._open.begin(trigger)
        passage.told, passage.challenge = told, self.challenge.at_trigger(trigger)
        self._clerk.wake()
        task = asyncio.create_task(self._see_through(passage), name=f"part-{trigger.seq}")
        self._judging.add(task)
        task.add_done_callback(self._judging.discard)

    async def _see_through(self, passage: Passage) -> None:
        try:
            await self._life.see_through(passage)
        finally:
            passage.settled.set()
            self._clerk.wake()
            if self._open.judged is passage:
                self._open.judged = None
            self._changed()

    # --- small things ---------------------------------------------------------------------------------

    def alarm(self, code: AlarmCode, text: str) -> None:
        """Tell people of what happened, beside the line too."""
        self._raise(code, text)
        self._changed()

    def well(self, code: AlarmCode) -> None:
        """What ``alarm`` told of is over."""
        self.telemetry.alarms.gone(code)

    def _raise(self, code: AlarmCode, text: str) -> None:
        log.warning("alarm", code=f"0x{code:04X}", text=text)
        self.telemetry.alarms.raise_(code, text, self._clock.now())

    def _changed(self) -> None:
        self.version += 1
        if self._linked:  # unknown while nothing is read
            self.orders.watch_bypass(turned=self.line.state().bypassed)
        self.telemetry.roll_over(self._clock.now())
        self.challenge.look()
        self.telemetry.alarms.look(self._clock.now())
        self.line.set_challenge_due(self.challenge.due)
        health, behind = self._recorder.health(), self._recorder.behind
        self._disks.see(health, behind=behind or self.orders.behind)
        self.line.set_degraded(health.degraded or behind)
        self.line.set_ready(self.standing.ready)
