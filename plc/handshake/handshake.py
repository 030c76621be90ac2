"""Passgate's side of the handshake: sequence numbers, acknowledgement, heartbeat, latched faults. No I/O.

The link calls ``image`` before each write and ``observe`` after each read; ``tick`` lets time pass where
nothing could be read. Both blocks are cyclic images: what matters is in sequence numbers, so a telegram that
is lost or repeated changes nothing. Time is an argument: ``now_ns`` on the monotonic clock, ``at`` in UTC.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from inspection.decision import Decision
from inspection.line_events import (
    HaltCleared,
    Halted,
    KnownPart,
    LineEvent,
    LinkChanged,
    OutcomeReported,
    PartMissed,
    PartTriggered,
    PlcRestarted,
    ResultAccepted,
    RunTakenOver,
)
from inspection.part import MissedCause, Trigger
from plc.handshake.error_display import ErrorDisplay
from plc.handshake.set_points import MotionWords, SetPoints
from plc.handshake.trigger_count import MAX_GAP, TriggerCount
from plc.register_map.registers import (
    DECISION_CODES,
    LAST_SEQ,
    MAP_VERSION,
    ErrorCode,
    LineBits,
    LineBlock,
    VisionBits,
    VisionBlock,
    VisionState,
    complement,
    is_behind,
    outcome_of,
    previous_seq,
    seq_distance,
)

HEARTBEAT_TIMEOUT_NS: Final = 500_000_000
"""A PLC heartbeat that stands still for this long halts the line."""

LATE_NS: Final = 5_000_000_000
"""No answer of the PLC is under way for longer than this."""

ACK_GRACE_NS: Final = 100_000_000
"""How long after the PLC's deadline we still wait for its acknowledgement before we give the part up."""

DEFAULT_DEADLINE_MS: Final = 500
"""Holds where the PLC's deadline word is 0."""

MAX_EVENTS: Final = MAX_GAP + 16
"""Upper bound of the events of one ``observe``."""

LINK_HALTED: Final = ErrorCode(severity=2, component=1, code=1).word
"""Error code shown while halted, unless the station shows one of its own."""


@dataclass(slots=True)
class _Open:
    """The trigger that keeps us busy."""

    trigger: Trigger
    deadline_ns: int
    publishable: bool = True
    """False once the PLC cannot take a result any more: restarted, link lost, moved on."""
    published: bool = False
    sent: bool = False
    """The result has been in an image: from then on the PLC may acknowledge it."""
    exposed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """The result words of the vision block; all zero for none."""

    seq: int = 0
    part_id: int = 0
    decision: int = 0
    defect_code: int = 0
    confidence: int = 0
    latency_ms: int = 0
    simulated: bool = False


_NO_RESULT: Final = _Result()


class VisionHandshake:
    """State of our side of one line. Not thread-safe: lives in the event loop.

    Args:
        boot_id: 1 to 65535, drawn anew at each start of the program.
    """

    def __init__(self, *, boot_id: int) -> None:
        self._boot_id = boot_id
        # what the station wants shown
        self._ready = False
        self._recipe = 0
        self._degraded = False
        self._fault = 0
        # what we saw of the PLC
        self._plc_boot_id: int | None = None
        self._bits = LineBits(0)
        self._beat: int | None = None
        self._moved_ns = 0
        self._late = 0
        self._beat_ns: int | None = None
        self._count = TriggerCount()
        self._result_ack: int | None = None
        self._outcome_seen = 0
        self._outcome_ack = 0
        self._resync = True
        self._served = 0
        # where we are
        self._live = False
        self._down_reason = ""
        self._halt_reason = ""
        self._halt_brief = ""
        self._overrun = False
        self._open: _Open | None = None
        self._result = _NO_RESULT
        self._result_valid = False
        self._unacknowledged = 0
        self._heartbeat = 0
        self._offered = (False, False)
        self._set_points = SetPoints()
        self._errors = ErrorDisplay()

    # --- what is known ------------------------------------------------------------------------------------

    @property
    def live(self) -> bool:
        """The PLC's heartbeat has been seen to beat and has not stopped since."""
        return self._live

    @property
    def halt_reason(self) -> str:
        """Why the line is halted; empty where it is not."""
        return self._halt_reason

    @property
    def halt_brief(self) -> str:
        """The same in a handful of words, for a small display."""
        return self._halt_brief if self._halt_reason else ""

    @property
    def down_reason(self) -> str:
        """Why the PLC is not ``live``, as far as that is known; empty where it is."""
        return "" if self._live else self._down_reason

    @property
    def counting_missed(self) -> bool:
        """A backlog of missed triggers is being told; until its end no trigger is taken."""
        return self._count.behind

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
    def follows_motion(self) -> bool:
        """The PLC asks for set points and may be given some: FollowMotion, and no fault, halt or bypass."""
        return (
            self._live
            and LineBits.FOLLOW_MOTION in self._bits
            and self.enabled
            and not self.bypassed
            and not self._halt_reason
            and not self._fault
        )

    @property
    def motion(self) -> MotionWords:
        """The motion words of the next image; ``plc.handshake.set_points`` says how a stream ends."""
        return self._set_points.words

    # --- commands of the motion stream ----------------------------------------------------------------------

    def set_motion(
        self, *, belt_speed_mm_s: float, diverter_deg: float, now_ns: int, stopping: bool = False
    ) -> bool:
        """Put a new pair of set points into the image, under a new ``motion_seq``.

        Without a newer one it dries up after 100 ms (``tick`` sees to that).

        Args:
            belt_speed_mm_s: Set point of the belt.
            diverter_deg: Set point of the diverter.
            now_ns: The time.
            stopping: It is a step on the way to a stand, shown to a PLC that follows no longer too: should it
                read on all the same, nothing jumps.

        Returns:
            False, and nothing is shown, where the PLC does not follow: see ``follows_motion``.

        Raises:
            ValueError: A set point is not finite, negative, or does not fit its word; the stream dries up.
        """
        if not (self.follows_motion or stopping):
            return False
        self._set_points.show(belt_speed_mm_s=belt_speed_mm_s, diverter_deg=diverter_deg, now_ns=now_ns)
        return True

    def end_motion(self) -> None:
        """End the stream in order: ``motion_seq`` 0 gives the belt back to the PLC's own program."""
        self._set_points.end()

    def _check_motion(self) -> None:
        """After what may end the PLC's following: no old pair is shown when it follows again."""
        if LineBits.FOLLOW_MOTION not in self._bits:
            self._set_points.end()
        elif not self.follows_motion:
            self._set_points.dry_up()

    # --- commands of the station; see inspection.ports.Line -----------------------------------------------

    def resume_from(self, known: KnownPart | None) -> None:
        """Before the first read: the last trigger on record, where the count is taken up."""
        self._count.resume_from(known)

    def set_ready(self, ready: bool) -> None:
        """Offer to take triggers, or not."""
        self._ready = ready

    def set_recipe(self, recipe_id: int) -> None:
        """Show the active recipe; 0 for none."""
        self._recipe = recipe_id

    def set_degraded(self, store_degraded: bool) -> None:
        """Show StoreDegraded."""
        self._degraded = store_degraded

    def set_fault(self, error_code: int) -> None:
        """Show a fault, which withholds TriggerReady, or clear it with 0."""
        self._fault = error_code
        self._faults_changed()

    def exposure_complete(self, trigger: Trigger) -> None:
        """Show ExposureComplete for ``trigger``, where it is the open one."""
        if self._open is not None and self._open.trigger == trigger:
            self._open.exposed = True

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
        part = self._open
        if part is None or part.published or part.trigger != trigger:
            return False
        if not part.publishable or not self._live or self._halt_reason or now_ns >= part.deadline_ns:
            self._open = None
            return False
        part.published = True
        self._result_valid = True
        self._result = _Result(
            seq=trigger.seq,
            part_id=trigger.part_id,
            decision=DECISION_CODES[decision.action],
            defect_code=defect_code,
            confidence=round(decision.confidence * 10_000),
            latency_ms=min(max(now_ns - trigger.seen_ns, 0) // 1_000_000, 0xFFFF),
            simulated=simulated,
        )
        return True

    def abandon(self, trigger: Trigger) -> None:
        """Publish nothing for ``trigger``; the PLC default-rejects it when its deadline passes.

        A result that has not been in an image yet is taken back; one that has is the PLC's to judge.
        """
        part = self._open
        if part is not None and not part.sent and part.trigger == trigger:
            self._open = None
            self._withdraw_result()

    def outcome_recorded(self, seq: int, plc_boot_id: int) -> None:
        """The outcome of ``seq`` is on record: the PLC may show the next one."""
        if plc_boot_id == self._plc_boot_id:
            self._outcome_ack = seq

    def halt(self, reason: str, *, brief: str = "") -> tuple[LineEvent, ...]:
        """Halt and latch. Only FaultReset or Enable 0→1 of a live PLC ends it; the first reason stays."""
        if self._halt_reason:
            return ()
        self._halt_reason, self._halt_brief = reason, brief or reason
        self._close_open()
        self._faults_changed()
        return (Halted(reason),)

    def take_up(self, line: LineBlock, *, found: VisionBlock, own: bool) -> tuple[LineEvent, ...]:
        """Before ``line``, the first read: another engine has served this run of the PLC.

        What became of the parts that it saw, and that are not on this record, the record cannot know: they
        are told as ``BEFORE_RECORD``. An earlier run of this engine had this record. It may have died before
        a part that it saw was on record; but what it published, and each outcome that it acknowledged, was:
        only where one of these is absent has the record lost rows.

        Args:
            line: As just read.
            found: Our block as the other one left it.
            own: The other one wrote this very record.
        """
        last, seen = self._count.last_of(line.boot_id), found.trigger_ack_seq
        if line.trigger_seq == 0 or _is_ahead(seen, line.trigger_seq):
            return ()  # of an earlier run of the PLC, which has kept the block: it says nothing of this one
        if own:
            on_record = (found.result_seq, found.outcome_ack_seq)
            lacking = last != 0 and any(_is_ahead(seq, last) for seq in on_record)
        else:
            lacking = last == 0 or _is_ahead(seen, last)
        if not (seen and lacking):
            return ()  # this record has all that it must have
        self._served = seen
        told = found.outcome_ack_seq
        if not told or _is_ahead(told, line.trigger_seq):
            told = 0  # of no part of this run
        elif told == line.outcome_seq:
            told = previous_seq(told)  # still shown: that one we are told too
        return (
            RunTakenOver(
                plc_boot_id=line.boot_id,
                other_boot_id=found.boot_id,
                seq=seen,
                rows_lost=own,
                outcomes_told=told,
            ),
        )

    def stand_aside(self, other: int) -> tuple[LineEvent, ...]:
        """Another engine, of that boot id, writes our block: halt, whatever else was the matter."""
        self._halt_reason = ""
        reason = (
            f"another Passgate engine (boot id {other}) is at work at this PLC: this one ({self._boot_id}) "
            "takes no part and writes nothing that the PLC heeds. Stop one of the two, then reset with "
            "FaultReset"
        )
        return (*self.lost(reason), *self.halt(reason, brief=f"second engine ({other}) at the PLC: stop one"))

    def take_over(self) -> tuple[LineEvent, ...]:
        """The other engine is gone, and a person has reset: begin as after a new connection."""
        self._halt_reason = ""
        self._resync = True
        self._faults_changed()
        return (HaltCleared(),)

    # --- the exchange -------------------------------------------------------------------------------------

    def lost(self, reason: str) -> tuple[LineEvent, ...]:
        """The connection is gone. The open trigger is closed; the next read only takes up the count."""
        self._resync = True
        self._close_open()
        was_live, self._live = self._live, False
        self._check_motion()
        if not was_live and reason == self._down_reason:
            return ()
        self._down_reason = reason
        return (LinkChanged(up=False, reason=reason),)

    def tick(self, now_ns: int) -> tuple[LineEvent, ...]:
        """Let time pass: a frozen heartbeat halts, and an unacknowledged result is given up."""
        self._set_points.expire(now_ns)
        part = self._open
        if part is not None and part.published and now_ns >= part.deadline_ns + ACK_GRACE_NS:
            self._open = None
            self._withdraw_result()
        if self._beat_ns is None or now_ns - self._beat_ns < HEARTBEAT_TIMEOUT_NS:
            return ()
        did = "went to and fro instead of counting up" if self._late else "stood still"
        frozen = f"the PLC's heartbeat {did} for {HEARTBEAT_TIMEOUT_NS // 1_000_000} ms"
        down: tuple[LineEvent, ...] = ()
        if self._live:
            self._live = False
            self._down_reason = frozen
            self._close_open()
            down = (LinkChanged(up=False, reason=frozen),)
        self._beat_ns = None  # said once; the next beat starts the watch again
        return (
            *down,
            *self.halt(
                f"{self._down_reason or frozen}. An open part is default-rejected by the PLC. "
                "Check that the PLC runs and the network is up, then reset with FaultReset",
                brief="PLC heartbeat lost: check it, reset at the PLC",
            ),
        )

    def observe(self, line: LineBlock, *, now_ns: int, at: datetime) -> tuple[LineEvent, ...]:
        """Take in the line block as just read; returns what happened, in order, at most ``MAX_EVENTS``."""
        if line.map_version != MAP_VERSION:
            return self._refuse_map(line.map_version)
        if self._came_late(line, now_ns):
            self._late += 1
            return ()  # held up on its way: it says what was, and is no sign of life
        events = list(self._watch_boot(line))
        resync, self._resync = self._resync, False
        # The first read has no earlier image, hence no edge: a bit that is set already resets nothing.
        rising = LineBits(0) if resync else line.bits & ~self._bits
        self._bits = line.bits
        events.extend(self._watch_heartbeat(line.heartbeat, resync=resync, now_ns=now_ns))
        events.extend(self._watch_reset(rising))
        self._errors.take_acknowledgement(line.error_ack)
        events.extend(self._take_acknowledgement(line.result_ack_seq))
        if self.bypassed:
            self._close_open()  # the PLC takes no result under the key, and none for this part later
        events.extend(self._take_triggers(line, resync=resync, now_ns=now_ns, at=at))
        if not self._count.behind:
            self._served = 0  # the numbers come round again
        events.extend(self._take_outcome(line))
        self._check_motion()
        return tuple(events)

    def image(self) -> VisionBlock:
        """The vision block to be written now. Each call is one beat of our heart."""
        self._heartbeat = self._heartbeat + 1 & 0xFFFF
        part, result, offers = self._open, self._result, self._offers()
        motion = self.motion
        if part is not None and part.published and not part.sent:
            part.sent = True
            self._unacknowledged = part.trigger.seq
        self._offered = (self._offered[1], offers)
        bits = VisionBits.ONLINE
        for bit, shown in (
            (VisionBits.TRIGGER_READY, offers),
            (VisionBits.BUSY, part is not None),
            (VisionBits.EXPOSURE_COMPLETE, part is not None and part.exposed),
            (VisionBits.RESULT_VALID, self._result_valid),
            (VisionBits.OVERRUN, self._overrun),
            (VisionBits.FAULT, bool(self._fault or self._halt_reason)),
            (VisionBits.SIMULATED, result.simulated),
            (VisionBits.STORE_DEGRADED, self._degraded),
        ):
            if shown:
                bits |= bit
        return VisionBlock(
            heartbeat=self._heartbeat,
            bits=bits,
            state=self._state(),
            trigger_ack_seq=self._count.last,
            result_seq=result.seq,
            part_id=result.part_id,
            decision=result.decision,
            decision_complement=complement(result.decision),
            defect_code=result.defect_code,
            confidence=result.confidence,
            latency_ms=result.latency_ms,
            active_recipe=self._recipe,
            error_code=self._errors.show(),
            boot_id=self._boot_id,
            belt_speed_set_mm_s=motion.belt_speed_mm_s,
            diverter_set_ddeg=motion.diverter_ddeg,
            motion_seq=motion.motion_seq,
            result_seq_tail=result.seq,
            outcome_ack_seq=self._outcome_ack,
        )

    def farewell(self) -> VisionBlock:
        """The last block of an orderly end: not online, not ready, no result."""
        return VisionBlock(
            heartbeat=self._heartbeat,
            trigger_ack_seq=self._count.last,
            boot_id=self._boot_id,
            outcome_ack_seq=self._outcome_ack,
        )

    # --- inside -------------------------------------------------------------------------------------------

    def _able(self) -> bool:
        return (
            self._live
            and self.enabled
            and not self.bypassed
            and not self._halt_reason
            and not self._fault
            and not self._count.behind
            and self._open is None
        )

    def _offers(self) -> bool:
        return self._ready and self._able()

    def _state(self) -> VisionState:
        if self._halt_reason:
            return VisionState.HALTED
        if self._fault:
            return VisionState.ERROR
        if self._open is not None:
            return VisionState.EXECUTING
        if self._offers():
            return VisionState.READY
        return VisionState.INITIALIZED if self._live else VisionState.PREOPERATIONAL

    def _close_open(self) -> None:
        """No result can be taken any more. We stay busy until the station has let go of the part."""
        if self._open is not None:
            self._open.publishable = False
            if self._open.published:
                self._open = None
        self._withdraw_result()

    def _withdraw_result(self) -> None:
        self._result = _NO_RESULT
        self._result_valid = False

    def _forget_plc(self) -> None:
        """Another run of the PLC's program: none of its numbers mean what they meant."""
        self._close_open()
        self._set_points.end()
        self._resync = True
        self._served = 0
        self._count.forget()
        self._errors.forget_acknowledgement()
        self._result_ack = None
        self._unacknowledged = self._outcome_seen = self._outcome_ack = 0

    def _faults_changed(self) -> None:
        self._errors.set_present(self._fault, LINK_HALTED if self._halt_reason else 0)
        self._check_motion()

    def _came_late(self, line: LineBlock, now_ns: int) -> bool:
        """Whether a newer image of this run was read before, on this connection."""
        return (
            not self._resync
            and self._beat is not None
            and line.boot_id == self._plc_boot_id
            and is_behind(newest=self._beat, beat=line.heartbeat)
            # Longer than that nothing is held up: it is a heart that started anew.
            and now_ns - self._moved_ns < LATE_NS
        )

    def _watch_boot(self, line: LineBlock) -> Iterator[LineEvent]:
        before, self._plc_boot_id = self._plc_boot_id, line.boot_id
        if before is not None and line.boot_id != before:
            yield PlcRestarted(old_boot_id=before, new_boot_id=line.boot_id)
            self._forget_plc()
        elif self._count.fell_back(line):
            yield PlcRestarted(old_boot_id=line.boot_id, new_boot_id=line.boot_id)
            last = self._count.last
            self._forget_plc()
            yield from self.halt(
                f"the PLC counts its triggers from 0 again (it was at {last}) under the same boot id "
                f"{line.boot_id}: the parts of before and after have the same numbers. Parts on the belt "
                "have no known outcome. Let the PLC's program draw a new boot_id at each start, "
                "clear the belt, then reset with FaultReset",
                brief="PLC restarted: clear the belt, reset at the PLC",
            )

    def _refuse_map(self, version: int) -> tuple[LineEvent, ...]:
        if version == 0:
            # Before its program's first scan a PLC shows zeros; that is no fault to be latched.
            return self.lost(
                "the PLC answers, but its line block is empty (map version 0). No part is taken. "
                "Start the PLC's program, or check line_base"
            )
        reason = (
            f"the PLC speaks map version {version}, Passgate speaks {MAP_VERSION}. No part is taken. "
            "Check line_base and the PLC's program, then reset with FaultReset"
        )
        brief = f"PLC map version {version}, not {MAP_VERSION}: call maintenance"
        return (*self.lost(reason), *self.halt(reason, brief=brief))

    def _watch_heartbeat(self, beat: int, *, resync: bool, now_ns: int) -> Iterator[LineEvent]:
        # The first beat of a connection proves nothing: it may stand still. Only a change is life.
        changed = not resync and beat != self._beat
        if beat != self._beat:
            self._beat, self._moved_ns, self._late = beat, now_ns, 0
        if not changed:
            return
        self._beat_ns = now_ns
        if not self._live:
            self._live = True
            self._down_reason = ""
            yield LinkChanged(up=True, reason="the PLC's heartbeat beats")

    def _watch_reset(self, rising: LineBits) -> Iterator[LineEvent]:
        if not self._live or not rising & (LineBits.FAULT_RESET | LineBits.ENABLE):
            return
        self._overrun = False
        was_halted, self._halt_reason = bool(self._halt_reason), ""
        self._faults_changed()
        self._errors.acknowledge_all()
        if was_halted:
            yield HaltCleared()

    def _take_acknowledgement(self, seq: int) -> Iterator[LineEvent]:
        # By its becoming so: a number that merely stands there may be from 65,535 triggers ago.
        came, self._result_ack = self._result_ack not in (None, seq), seq
        if not came or seq == 0:
            return
        part = self._open
        if part is not None and not part.sent and seq == part.trigger.seq:
            yield from self.halt(
                f"the PLC acknowledged a result for trigger {seq} that it was never given. What becomes of "
                f"part {part.trigger.part_id} is not Passgate's decision: find the part. "
                "Check the PLC's program, then reset with FaultReset",
                brief=f"PLC took an unsent result: find part {part.trigger.part_id}",
            )
        elif seq == self._unacknowledged:
            self._unacknowledged = 0
            self._result_valid = False
            if part is not None and part.published:
                self._open = None
            yield ResultAccepted(seq=seq, plc_boot_id=self.plc_boot_id)

    def _take_triggers(
        self, line: LineBlock, *, resync: bool, now_ns: int, at: datetime
    ) -> Iterator[LineEvent]:
        before = self._count.last
        news = self._count.take(line, resync=resync)
        if news.uncounted:
            yield from self.halt(
                f"the PLC's trigger count jumped from {before} to {line.trigger_seq}. Up to {news.uncounted} "
                "parts have no record. Check the PLC's program and the parts behind the camera, then reset "
                "with FaultReset",
                brief="trigger count jumped: find parts, reset at PLC",
            )
        for seq in news.missed:
            # Whose number it was is gone from the registers: part id 0 stands for unknown.
            missed = self._trigger(line, seq, part_id=0, now_ns=now_ns, at=at)
            yield PartMissed(missed, self._before_record(seq) or MissedCause.GAP)
        if self._count.repeated(line, now_ns=now_ns):
            yield from self.halt(
                f"the PLC shows part {line.part_id} under trigger number {line.trigger_seq}, which was "
                "another part's: this part has no record and gets no result. Find it, let the PLC's program "
                "count trigger_seq up with each part_id, then reset with FaultReset",
                brief=f"number used twice: find part {line.part_id}, reset at PLC",
            )
        if not news.newest:
            return
        trigger = self._trigger(line, line.trigger_seq, part_id=line.part_id, now_ns=now_ns, at=at)
        cause = self._before_record(trigger.seq) or news.cause or self._cannot_take()
        self._close_open()  # the PLC waits for another number now
        if cause is not None:
            yield PartMissed(trigger, cause)
            return
        self._open = _Open(trigger, now_ns + trigger.deadline_ms * 1_000_000)
        self._unacknowledged = 0
        yield PartTriggered(trigger)

    def _before_record(self, seq: int) -> MissedCause | None:
        """Whether an engine with another record has seen this trigger."""
        seen = self._served and seq_distance(older=seq, newer=self._served) < MAX_GAP
        return MissedCause.BEFORE_RECORD if seen else None

    def _cannot_take(self) -> MissedCause | None:
        if self.bypassed:
            return MissedCause.BYPASS
        if self._open is not None:
            self._overrun = True
            return MissedCause.OVERRUN
        # An offer that the PLC took before it could see it withdrawn still holds.
        return None if self._able() and (self._ready or any(self._offered)) else MissedCause.NOT_READY

    def _trigger(self, line: LineBlock, seq: int, *, part_id: int, now_ns: int, at: datetime) -> Trigger:
        return Trigger(
            seq=seq,
            part_id=part_id,
            plc_boot_id=line.boot_id,
            recipe_request=line.recipe_request,
            deadline_ms=line.deadline_ms or DEFAULT_DEADLINE_MS,
            seen_ns=now_ns,
            seen_at=at,
        )

    def _take_outcome(self, line: LineBlock) -> Iterator[LineEvent]:
        seq = line.outcome_seq
        # While a backlog is told, an outcome may belong to a trigger that has not been told yet: it waits.
        if seq in (0, self._outcome_seen) or self._count.behind:
            return
        self._outcome_seen = seq
        if self._open is not None and self._open.trigger.seq == seq:
            self._close_open()
        yield OutcomeReported(seq=seq, plc_boot_id=line.boot_id, outcome=outcome_of(line.outcome))


def _is_ahead(seq: int, last: int) -> bool:
    """``seq`` was counted after ``last``; 0 never was."""
    return seq != 0 and 0 < seq_distance(older=last, newer=seq) <= LAST_SEQ // 2
