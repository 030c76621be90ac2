"""Passgate's side of the handshake with the PLC: each trigger told once, each result acknowledged. No I/O.

In each cycle of the link, ``image`` gives the vision block to be written, and ``observe`` takes in the line
block that was read; ``tick`` lets time pass where nothing could be read. Both blocks are whole images, and
what matters in them are sequence numbers, so a telegram that is lost or comes twice changes nothing. Time is
an argument: ``now_ns`` on the monotonic clock, in nanoseconds; ``at`` in UTC.

Its parts have files of their own: ``heartbeat`` (does the PLC live), ``triggers`` (which are news, with
``trigger_count`` and ``earlier_record``), ``result`` (of the open part), ``set_points``, ``error_display``,
``halts`` (why it is halted), ``vision_image`` (the words), ``authorship`` (may this engine write).
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from inspection.decision import Decision
from inspection.line_events import (
    HaltCleared,
    Halted,
    KnownPart,
    LineEvent,
    OutcomeReported,
    PartMissed,
    PartTriggered,
    PlcRestarted,
    ResultAccepted,
)
from inspection.part import MissedCause, Trigger
from plc.handshake import halts
from plc.handshake.error_display import ErrorDisplay
from plc.handshake.halts import LINK_HALTED, NO_HALT, Halt
from plc.handshake.heartbeat import PlcHeartbeat
from plc.handshake.result import Acknowledgement, OpenPart
from plc.handshake.set_points import SetPoints
from plc.handshake.trigger_count import MAX_GAP
from plc.handshake.triggers import Triggers
from plc.handshake.vision_image import VisionImage
from plc.register_map.registers import MAP_VERSION, LineBits, LineBlock, VisionBlock, outcome_of

MAX_EVENTS: Final = MAX_GAP + 16
"""Upper bound of the events of one ``observe``."""


class VisionHandshake:
    """Passgate's side towards one PLC. Not thread-safe: lives in the event loop.

    One part at a time. What goes wrong *halts*: no part is taken until a person resets at the PLC.

    Args:
        boot_id: Number of this run of the program, 1 to 65535; another one tells the PLC of a restart.
    """

    def __init__(self, *, boot_id: int) -> None:
        self._boot_id = boot_id
        # what the station says
        self._ready = False
        self._fault = 0
        # what we saw of the PLC
        self._plc_boot_id: int | None = None
        self._bits = LineBits(0)
        self._heartbeat = PlcHeartbeat()
        self._triggers = Triggers()
        self._outcome_seen = 0
        self._resync = True
        # where we are
        self._halt = NO_HALT
        self._part = OpenPart()
        self._set_points = SetPoints()
        self._errors = ErrorDisplay()
        self._image = VisionImage(boot_id=boot_id)

    # --- what is known ------------------------------------------------------------------------------------

    @property
    def live(self) -> bool:
        """The PLC's heartbeat has been seen to beat and has not stopped since."""
        return self._heartbeat.live

    @property
    def halt_reason(self) -> str:
        """Why the line is halted; empty where it is not."""
        return self._halt.reason

    @property
    def halt_brief(self) -> str:
        """The same in a handful of words, for a small display; empty where nothing is halted."""
        return self._halt.brief

    @property
    def down_reason(self) -> str:
        """Why the PLC is not ``live``, as far as that is known; empty where it is."""
        return self._heartbeat.down_reason

    @property
    def counting_missed(self) -> bool:
        """A backlog of missed triggers is being told; until its end no trigger is taken."""
        return self._triggers.counting_missed

    @property
    def boot_id(self) -> int:
        """Number of this run of the program, as the PLC reads it."""
        return self._boot_id

    @property
    def plc_boot_id(self) -> int:
        """The PLC's run as last read; 0 before the first read."""
        return self._plc_boot_id or 0

    @property
    def enabled(self) -> bool:
        """The PLC's Enable bit, as last read."""
        return LineBits.ENABLE in self._bits

    @property
    def bypassed(self) -> bool:
        """The PLC's bypass key is turned: every part is recorded as missed, and none gets a result."""
        return LineBits.BYPASS in self._bits

    @property
    def set_points(self) -> SetPoints:
        """Set points of belt and diverter, which the motion stream renews."""
        return self._set_points

    # --- commands of the station; see inspection.ports.Line -----------------------------------------------

    def resume_from(self, known: KnownPart | None) -> None:
        """Before the first read: the last trigger on record, where the count is taken up."""
        self._triggers.resume_from(known)

    def set_ready(self, ready: bool) -> None:
        """Offer to take triggers, or not."""
        self._ready = ready

    def set_recipe(self, recipe_id: int) -> None:
        """Show the active recipe; 0 for none."""
        self._image.recipe_id = recipe_id

    def set_degraded(self, store_degraded: bool) -> None:
        """Show StoreDegraded."""
        self._image.store_degraded = store_degraded

    def set_challenge_due(self, due: bool) -> None:
        """Show ChallengeDue."""
        self._image.challenge_due = due

    def set_fault(self, error_code: int) -> None:
        """Show a fault, which withholds TriggerReady, or clear it with 0."""
        self._fault = error_code
        self._faults_changed()

    def exposure_complete(self, trigger: Trigger) -> None:
        """Show ExposureComplete for ``trigger``, where it is the open one."""
        self._part.expose(trigger)

    def publish(
        self, trigger: Trigger, decision: Decision, *, defect_code: int, simulated: bool, now_ns: int
    ) -> bool:
        """Put the result into the image. False, and nothing changes there, where ``trigger`` is not open.

        A refusal ends the trigger, as ``abandon`` does. The first result of a trigger stands.

        Raises:
            ValueError: The decision is about another part: a bug of the caller, never to be published.
        """
        if (decision.trigger_seq, decision.part_id) != (trigger.seq, trigger.part_id):
            raise ValueError(
                f"the decision on part {decision.part_id} (trigger {decision.trigger_seq}) was offered "
                f"for part {trigger.part_id} (trigger {trigger.seq})"
            )
        return self._part.publish(
            trigger,
            decision,
            defect_code=defect_code,
            simulated=simulated,
            heeded=self.live and not self._halt.reason,
            now_ns=now_ns,
        )

    def abandon(self, trigger: Trigger) -> None:
        """Publish nothing for ``trigger``; the PLC default-rejects it when its deadline passes.

        A result that has not been in an image yet is taken back; one that has is the PLC's to judge.
        """
        self._part.abandon(trigger)

    def outcome_recorded(self, seq: int, plc_boot_id: int) -> None:
        """The outcome of ``seq`` is on record: the PLC may show the next one."""
        if plc_boot_id == self._plc_boot_id:
            self._image.outcome_ack_seq = seq

    def halt(self, reason: str, *, brief: str = "") -> tuple[LineEvent, ...]:
        """Halt and latch. Only FaultReset or Enable 0→1 of a live PLC ends it; the first reason stays."""
        return self._halt_for(Halt(reason, brief or reason))

    def take_up(self, line: LineBlock, *, found: VisionBlock, own: bool) -> tuple[LineEvent, ...]:
        """Before ``line``, the first read: another engine has served this run of the PLC.

        Where this record lacks parts that it saw, each of them is told as missed, ``BEFORE_RECORD``.

        Args:
            line: As just read.
            found: Our block as the other one left it.
            own: The other one wrote this very record.
        """
        return self._triggers.take_up(line, found=found, own=own)

    def stand_aside(self, other: int) -> tuple[LineEvent, ...]:
        """Another engine, of that boot id, writes our block: halt, whatever else was the matter."""
        self._halt = NO_HALT
        halt = halts.second_engine(other=other, own=self._boot_id)
        return (*self.lost(halt.reason), *self._halt_for(halt))

    def take_over(self) -> tuple[LineEvent, ...]:
        """The other engine is gone, and a person has reset: begin as after a new connection."""
        self._halt = NO_HALT
        self._resync = True
        self._faults_changed()
        return (HaltCleared(),)

    # --- the exchange -------------------------------------------------------------------------------------

    def lost(self, reason: str) -> tuple[LineEvent, ...]:
        """The connection is gone. The open trigger is closed; the next read only takes up the count."""
        self._resync = True
        self._part.close()
        told = self._heartbeat.lost(reason)
        self._heed_motion()
        return told

    def tick(self, now_ns: int) -> tuple[LineEvent, ...]:
        """Let time pass: a frozen heartbeat halts, and an unacknowledged result is given up."""
        self._set_points.expire(now_ns)
        self._part.expire(now_ns)
        frozen = self._heartbeat.stood_still(now_ns)
        if not frozen:
            return ()
        down: tuple[LineEvent, ...] = ()
        if self.live:
            self._part.close()
            down = self._heartbeat.lost(frozen)
        return (*down, *self._halt_for(halts.heartbeat_lost(self.down_reason)))

    def observe(self, line: LineBlock, *, now_ns: int, at: datetime) -> tuple[LineEvent, ...]:
        """Take in the line block as just read; returns what happened, in order, at most ``MAX_EVENTS``."""
        if line.map_version != MAP_VERSION:
            return self._refuse_map(line.map_version)
        if self._came_late(line, now_ns):
            return ()  # held up on its way: it says what was, and is no sign of life
        events = list(self._watch_boot(line))
        resync, self._resync = self._resync, False
        # The first read has no earlier image, hence no edge: a bit that is set already resets nothing.
        rising = LineBits(0) if resync else line.bits & ~self._bits
        self._bits = line.bits
        events.extend(self._heartbeat.take(line.heartbeat, resync=resync, now_ns=now_ns))
        events.extend(self._watch_reset(rising))
        self._errors.take_acknowledgement(line.error_ack)
        events.extend(self._take_acknowledgement(line.result_ack_seq))
        if self.bypassed:
            self._part.close()  # the PLC takes no result under the key, and none for this part later
        events.extend(self._take_triggers(line, resync=resync, now_ns=now_ns, at=at))
        events.extend(self._take_outcome(line))
        self._heed_motion()
        return tuple(events)

    def image(self) -> VisionBlock:
        """The vision block to be written now. Each call is one beat of our heart."""
        image = self._image.next(
            live=self.live,
            halted=bool(self._halt.reason),
            fault=bool(self._fault),
            offers=self._ready and self._able(),
            error_code=self._errors.show(),
            trigger_ack_seq=self._triggers.last,
            part=self._part,
            motion=self._set_points.words,
        )
        self._part.shown()
        return image

    def farewell(self) -> VisionBlock:
        """The last block of an orderly end: not online, not ready, no result."""
        return self._image.farewell(trigger_ack_seq=self._triggers.last)

    # --- inside -------------------------------------------------------------------------------------------

    def _serves(self) -> bool:
        """The PLC lives and wants us, and nothing is the matter on either side."""
        return self.live and self.enabled and not self.bypassed and not self._halt.reason and not self._fault

    def _able(self) -> bool:
        """A trigger can be taken."""
        return self._serves() and not self._triggers.counting_missed and not self._part.busy

    def _halt_for(self, halt: Halt) -> tuple[LineEvent, ...]:
        """Halt and latch; the first reason stays."""
        if self._halt.reason:
            return ()
        self._halt = halt
        self._part.close()
        self._faults_changed()
        return (Halted(halt.reason),)

    def _forget_plc(self) -> None:
        """Another run of the PLC's program: none of its numbers mean what they meant."""
        self._part.forget_plc()
        self._set_points.end()
        self._resync = True
        self._triggers.forget()
        self._errors.forget_acknowledgement()
        self._outcome_seen = self._image.outcome_ack_seq = 0

    def _faults_changed(self) -> None:
        self._errors.set_present(self._fault, LINK_HALTED if self._halt.reason else 0)
        self._heed_motion()

    def _heed_motion(self) -> None:
        self._set_points.heed(asked=LineBits.FOLLOW_MOTION in self._bits, able=self._serves())

    def _came_late(self, line: LineBlock, now_ns: int) -> bool:
        """Whether a newer image of this run was read before, on this connection."""
        return (
            not self._resync
            and line.boot_id == self._plc_boot_id
            and self._heartbeat.came_late(line, now_ns=now_ns)
        )

    def _watch_boot(self, line: LineBlock) -> Iterator[LineEvent]:
        before, self._plc_boot_id = self._plc_boot_id, line.boot_id
        if before is not None and line.boot_id != before:
            yield PlcRestarted(old_boot_id=before, new_boot_id=line.boot_id)
            self._forget_plc()
        elif self._triggers.fell_back(line):
            yield PlcRestarted(old_boot_id=line.boot_id, new_boot_id=line.boot_id)
            last = self._triggers.last
            self._forget_plc()
            yield from self._halt_for(halts.counts_anew(last=last, boot_id=line.boot_id))

    def _refuse_map(self, version: int) -> tuple[LineEvent, ...]:
        if version == 0:
            # Before its program's first scan a PLC shows zeros; that is no fault to be latched.
            return self.lost(halts.EMPTY_BLOCK)
        halt = halts.foreign_map(version)
        return (*self.lost(halt.reason), *self._halt_for(halt))

    def _watch_reset(self, rising: LineBits) -> Iterator[LineEvent]:
        if not self.live or not rising & (LineBits.FAULT_RESET | LineBits.ENABLE):
            return
        self._image.overrun = False
        was_halted, self._halt = bool(self._halt.reason), NO_HALT
        self._faults_changed()
        self._errors.acknowledge_all()
        if was_halted:
            yield HaltCleared()

    def _take_acknowledgement(self, seq: int) -> Iterator[LineEvent]:
        match self._part.take_acknowledgement(seq):
            case Acknowledgement.NEVER_GIVEN:
                yield from self._halt_for(halts.unsent_result(seq=seq, part_id=self._part.part_id))
            case Acknowledgement.ACCEPTED:
                yield ResultAccepted(seq=seq, plc_boot_id=self.plc_boot_id)

    def _take_triggers(
        self, line: LineBlock, *, resync: bool, now_ns: int, at: datetime
    ) -> Iterator[LineEvent]:
        news = self._triggers.take(line, resync=resync, now_ns=now_ns, at=at)
        if news.jumped.reason:
            yield from self._halt_for(news.jumped)
        yield from news.missed
        if news.repeated.reason:
            yield from self._halt_for(news.repeated)
        trigger = news.newest
        if trigger is None:
            return
        cause = news.cause or self._cannot_take()
        self._part.close()  # the PLC waits for another number now
        if cause is not None:
            yield PartMissed(trigger, cause)
            return
        self._part.begin(trigger, deadline_ns=now_ns + trigger.deadline_ms * 1_000_000)
        yield PartTriggered(trigger)

    def _cannot_take(self) -> MissedCause | None:
        if self.bypassed:
            return MissedCause.BYPASS
        if self._part.busy:
            self._image.overrun = True
            return MissedCause.OVERRUN
        # An offer that the PLC took before it could see it withdrawn still holds.
        return None if self._able() and (self._ready or self._image.offered) else MissedCause.NOT_READY

    def _take_outcome(self, line: LineBlock) -> Iterator[LineEvent]:
        seq = line.outcome_seq
        # While a backlog is told, an outcome may belong to a trigger that has not been told yet: it waits.
        if seq in (0, self._outcome_seen) or self._triggers.counting_missed:
            return
        self._outcome_seen = seq
        if self._part.seq == seq:
            self._part.close()
        yield OutcomeReported(seq=seq, plc_boot_id=line.boot_id, outcome=outcome_of(line.outcome))
