"""The link: exchanges the vision block for the line block in each cycle, and is the station's ``Line``.

It decides nothing. What the station says goes into the handshake, whose image of the vision block is written
to the PLC; what is read goes into the handshake, whose events come out for the station. The cycles, 20 ms as
a rule, lie on a fixed grid in time and never wait for a connection: that is made beside them, so that time
passes for the handshake's watchdogs also while the PLC cannot be reached. The first telegram of a connection
only reads, so that nothing is written to a PLC that has not been seen.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from typing import Final

import structlog

from inspection.decision import Decision
from inspection.line_events import KnownPart, LineEvent, LineState, LinkChanged
from inspection.messages.codes import Code
from inspection.messages.message import NOTHING
from inspection.messages.telling import said_as
from inspection.motion.chunk import NOMINAL_LINE, PhysicsContext, ProposedMotion
from inspection.part import Trigger
from inspection.ports import Clock
from plc.diagnostics.diagnostics import CycleTimes, LinkCounters, LinkDiagnostics
from plc.diagnostics.register_image import RegisterImage, register_image
from plc.diagnostics.timeline import Handshake, Timeline
from plc.handshake import halts
from plc.handshake.handshake import MAX_EVENTS, VisionHandshake
from plc.modbus.wire import Wire
from plc.modbus.wire_failures import WireError
from plc.motion.motion_feed import MotionFeed
from plc.motion.motion_stream import MotionStream
from plc.other_engine import OtherEngine
from plc.part_names import PartNames
from plc.register_map.registers import LineBlock, VisionBlock
from plc.settings import LinkSettings

QUEUE_SIZE: Final = 4 * MAX_EVENTS
"""Events that may wait for the station.

When fewer than one cycle's worth of places are left, the link halts and stops reading until there is room.
Nothing is dropped: the numbers that the PLC counts meanwhile are reported as missed afterwards.
"""

_ROOM: Final = MAX_EVENTS + 4
"""Places that must be free before a cycle: its own events, those of another engine that comes or goes, the
halt of a full queue, and the end."""


log = structlog.get_logger(__name__)


class ModbusLine:
    """One PLC, as the station's ``Line``. ``run`` does the work; all else says, asks or shows something.

    Args:
        settings: How to reach the PLC.
        clock: Time; must be the station's own, for ``Trigger.seen_ns`` is read on it.
        physics: Belt, diverter and part, for a PLC that follows set points.

    Raises:
        SettingsError: The certificates of ``settings.tls`` cannot be used.
    """

    def __init__(
        self, settings: LinkSettings, clock: Clock, *, physics: PhysicsContext = NOMINAL_LINE
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._handshake = VisionHandshake(boot_id=1 + secrets.randbelow(0xFFFF))
        self._events: asyncio.Queue[LineEvent | None] = asyncio.Queue(QUEUE_SIZE)
        self._wire = Wire(settings)
        self._names = PartNames(settings, self._wire)
        self._other = OtherEngine(settings, handshake=self._handshake, wire=self._wire, clock=clock)
        self._motion = MotionFeed(
            MotionStream(physics), set_points=self._handshake.set_points, wire=self._wire, clock=clock
        )
        self._connecting: asyncio.Task[None] | None = None
        self._next_connect_ns = 0
        self._cycles = self._late_cycles = 0
        self._times = CycleTimes()
        self._timeline = Timeline()
        self._line: LineBlock | None = None
        self._read_ns = 0
        self._vision: VisionBlock | None = None
        self._confirmed_ns = 0
        self._cycle_ms = 0.0
        self._noticed = self._failing = ""

    # --- Line ---------------------------------------------------------------------------------------------

    @property
    def boot_id(self) -> int:
        """Number of this run of the program, as the PLC reads it."""
        return self._handshake.boot_id

    async def run(
        self, known: KnownPart | None, *, own_runs: frozenset[int] = frozenset(), halted: str = ""
    ) -> None:
        """Exchange in each cycle until cancelled; then take leave of the PLC. Runs once.

        Never raises for what the PLC or the network does: that is told by events, and mended by trying again.

        Args:
            known: The last trigger on record, after which the PLC's triggers are news; None for an empty
                record.
            own_runs: Boot ids of earlier runs of this program that wrote the same record.
            halted: Begin halted, for this reason; empty to begin without a halt.
        """
        self._handshake.resume_from(known)
        self._other.own_runs = own_runs
        if halted:
            self._emit(self._handshake.halt(halted))
        cycle_ns = self._settings.cycle_ms * 1_000_000
        due_ns = self._clock.monotonic_ns()
        try:
            while True:
                started_ns = self._clock.monotonic_ns()
                await self._cycle(started_ns)
                now_ns = self._clock.monotonic_ns()
                self._cycle_ms = (now_ns - started_ns) / 1e6
                # On a fixed grid, so that delays don't add up; what was missed is skipped, not made up for.
                due_ns += cycle_ns
                if now_ns > due_ns + cycle_ns:
                    self._late_cycles += 1
                    due_ns += (now_ns - due_ns) // cycle_ns * cycle_ns
                await self._between(due_ns)
        finally:
            self._events.put_nowait(None)
            if self._connecting is not None:
                self._connecting.cancel()
                with contextlib.suppress(asyncio.CancelledError, WireError):
                    await self._connecting
            with contextlib.suppress(WireError):
                await self._other.take_leave(self._line)
            await self._wire.farewell(self._handshake.farewell() if self._other.may_write else None)

    async def events(self) -> AsyncIterator[LineEvent]:
        """What happened, in order, each once. One consumer. Ends when ``run`` ends."""
        while (event := await self._events.get()) is not None:
            yield event

    def state(self) -> LineState:
        """As last read."""
        handshake = self._handshake
        return LineState(
            connected=handshake.live,
            halted=bool(handshake.halt_reason),
            halt_reason=handshake.halt_reason,
            halt_brief=handshake.halt_brief,
            down_reason=handshake.down_reason or self._failing,
            read_ns=self._read_ns,
            plc_boot_id=handshake.plc_boot_id,
            enabled=handshake.enabled,
            bypassed=handshake.bypassed,
            counting_missed=handshake.counting_missed,
            belt_speed_mm_s=0 if self._line is None else self._line.belt_speed_mm_s,
            cycle_ms=self._cycle_ms,
            notice=self._notice,
        )

    # --- for maintenance ----------------------------------------------------------------------------------

    def counters(self) -> LinkCounters:
        """What happened on the wire so far."""
        return LinkCounters.of(self._wire.counters, cycles=self._cycles, late_cycles=self._late_cycles)

    def diagnostics(self) -> LinkDiagnostics:
        """How the link does: the cycle's jitter, the wire's failures, the handshake's own time."""
        settings = self._settings
        return LinkDiagnostics(
            connected=self._wire.connected,
            peer=f"{settings.host}:{settings.port}",
            secure=settings.tls is not None,
            functions="FC23" if self._wire.uses_fc23 else "FC16 and FC03",
            notice=self._notice,
            cycle=self._times.report(settings.cycle_ms),
            counters=self.counters(),
            overhead_ms=self._timeline.overhead(),
            motion=self._motion.report(),
        )

    def timeline(self) -> tuple[Handshake, ...]:
        """The last handshakes, newest first."""
        return self._timeline.all()

    def registers(self) -> RegisterImage:
        """Both blocks by name, with their age."""
        return register_image(
            self._line,
            self._vision,
            line_age_ms=self._age_ms(self._read_ns),
            vision_age_ms=self._age_ms(self._confirmed_ns),
            settings=self._settings,
        )

    def _age_ms(self, then_ns: int) -> float | None:
        return (self._clock.monotonic_ns() - then_ns) / 1e6 if then_ns else None

    # --- what the station says ----------------------------------------------------------------------------

    def set_ready(self, ready: bool) -> None:
        """Offer to take triggers, or not. Withheld by itself while a part is judged or the line is halted."""
        self._handshake.set_ready(ready)

    def set_recipe(self, recipe_id: int) -> None:
        """Say which recipe is active; 0 for none."""
        self._handshake.set_recipe(recipe_id)

    def set_degraded(self, store_degraded: bool) -> None:
        """Say whether records go to the spool instead of the database."""
        self._handshake.set_degraded(store_degraded)

    def set_challenge_due(self, due: bool) -> None:
        """Say whether no part passes because of a challenge."""
        self._handshake.set_challenge_due(due)

    def set_fault(self, error_code: int) -> None:
        """Raise a fault, which withholds TriggerReady, or clear it with 0."""
        self._handshake.set_fault(error_code)

    def exposure_complete(self, trigger: Trigger) -> None:
        """The picture is taken: the part may move."""
        self._handshake.exposure_complete(trigger)
        self._timeline.exposed(trigger, self._clock.monotonic_ns())

    def publish(
        self,
        trigger: Trigger,
        decision: Decision,
        *,
        defect_code: int,
        simulated: bool,
        motion: ProposedMotion | None = None,
    ) -> bool:
        """Offer the decision with the next cycle; False where the trigger is no longer open.

        Raises:
            ValueError: The decision is about another part.
        """
        now_ns = self._clock.monotonic_ns()
        offered = self._handshake.publish(
            trigger, decision, defect_code=defect_code, simulated=simulated, now_ns=now_ns
        )
        if offered:
            self._timeline.published(trigger, decision, now_ns)
            self._motion.stream.decided(trigger, decision.action, motion)
        else:
            self._motion.stream.undecided(trigger)
        return offered

    def outcome_recorded(self, seq: int, plc_boot_id: int) -> None:
        """The outcome is on record: acknowledge it with the next cycle."""
        self._handshake.outcome_recorded(seq, plc_boot_id)

    def abandon(self, trigger: Trigger) -> None:
        """Publish nothing for this trigger, or take back what was not sent: the PLC default-rejects it."""
        self._handshake.abandon(trigger)
        self._timeline.withheld(trigger)
        self._motion.stream.undecided(trigger)

    # --- one cycle ----------------------------------------------------------------------------------------

    async def _cycle(self, now_ns: int) -> None:
        if self._events.maxsize - self._events.qsize() < _ROOM:
            lags = halts.station_lags()
            self._emit(self._handshake.halt(lags.reason, brief=lags.brief))
            return
        try:
            line = await self._read(now_ns)
        except WireError as failure:
            self._fail(failure)
        else:
            if line is not None:
                self._failing = ""
                events, unnamed = await self._names.added_to(self._take(line))
                self._emit(events)
                if unnamed is not None and unnamed.dead and unnamed.exception is None:
                    self._fail(unnamed)  # a refusal is a whole answer: it costs the name alone
                self._tell_notice()
        now_ns = self._clock.monotonic_ns()
        self._emit((*self._handshake.tick(now_ns), *self._other.tick(now_ns)))

    def _take(self, line: LineBlock) -> tuple[LineEvent, ...]:
        """Make of the line block what may be made of it: nothing, while another engine is at work."""
        self._cycles += 1
        self._line = line
        self._read_ns = self._clock.monotonic_ns()
        events = self._other.admit(line)
        if events is None:
            return ()
        events += self._handshake.observe(line, now_ns=self._read_ns, at=self._clock.now())
        events += self._other.hear(line, self._read_ns)
        self._motion.observed(line, events, now_ns=self._read_ns)
        return events

    async def _between(self, due_ns: int) -> None:
        """Until the next cycle is due."""
        try:
            if self._other.may_write:
                await self._motion.stream_until(due_ns)
                self._emit(await self._other.look_back(due_ns, cycle_ms=self._cycle_ms))
            await self._other.knock(self._line, due_ns=due_ns)
        except WireError as failure:
            self._fail(failure)
        await self._clock.sleep(max(due_ns - self._clock.monotonic_ns(), 0) / 1e9)

    def _fail(self, failure: WireError) -> None:
        if failure.dead:
            self._wire.close()
            self._next_connect_ns = self._clock.monotonic_ns() + self._settings.reconnect_ms * 1_000_000
            self._emit(self._handshake.lost(failure.reason))
        elif failure.reason != self._failing:
            self._failing = failure.reason
            if not self._handshake.live:
                log.warning("the PLC does not serve", why=failure.reason)

    async def _read(self, now_ns: int) -> LineBlock | None:
        """The line block; None while there is no connection. Raises WireError."""
        if not self._wire.connected:
            self._times.interrupted()
            self._connect(now_ns)
            return None
        self._connecting = None
        self._times.started(now_ns)
        try:
            if not self._wire.has_read:
                self._other.connected(now_ns)
            elif self._other.may_write:
                return await self._exchange()
            line = await self._wire.read()
            self._emit(await self._other.look_first(now_ns))
            return line
        finally:
            self._times.ended(self._clock.monotonic_ns())

    async def _exchange(self) -> LineBlock:
        self._motion.renew()
        vision = self._handshake.image()
        line = await self._wire.exchange(vision)
        self._vision, self._confirmed_ns = vision, self._clock.monotonic_ns()
        if vision.result_seq:
            self._timeline.in_plc(vision.result_seq, self._confirmed_ns)
        return line

    def _connect(self, now_ns: int) -> None:
        """Go on with making a connection, beside the cycle. Raises WireError where the attempt has failed."""
        if self._connecting is None:
            if now_ns >= self._next_connect_ns:
                self._connecting = asyncio.create_task(self._wire.connect(), name="plc-connect")
        elif self._connecting.done():
            attempt, self._connecting = self._connecting, None
            attempt.result()

    def _emit(self, events: tuple[LineEvent, ...]) -> None:
        for event in events:
            self._timeline.note(event, self._read_ns)
            self._events.put_nowait(event)
            if isinstance(event, LinkChanged):
                self._tell_link(event)

    def _tell_link(self, change: LinkChanged) -> None:
        peer = f"{self._settings.host}:{self._settings.port}"
        if change.up:
            log.info("PLC connected", peer=peer)
        else:
            log.warning("no link to the PLC", peer=peer, why=change.reason)

    @property
    def _notice(self) -> str:
        """What is not as it should be though the link works; or nothing."""
        found = "; ".join(filter(None, (self._wire.notice, *self._other.notices)))
        return said_as(found, Code.PLC_NOTICE) if found else NOTHING

    def _tell_notice(self) -> None:
        """Say once what was found out about this PLC."""
        notice = self._notice
        if notice != self._noticed:
            self._noticed = notice
            if notice:
                log.warning("PLC", notice=notice)
