"""The PLC's side of the handshake: raises triggers, checks results, reports outcomes. No I/O.

What DESIGN.md says that a PLC must check is checked here, so this is also the reference for a real PLC's
program. Times are nanoseconds on the PLC's monotonic clock, given as arguments once a scan.
"""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from inspection.decision import Action
from inspection.part import Outcome
from plc.register_map.registers import (
    MAP_VERSION,
    OUTCOME_CODES,
    LineBits,
    LineBlock,
    VisionBits,
    VisionBlock,
    VisionState,
    action_of,
)
from plc.register_map.sequence import is_behind, next_seq
from plc.simulator.program.following import Motion, MotionFollower

VISION_TIMEOUT_NS: Final = 300_000_000
"""A vision heartbeat that stands still for this long counts as a dead program."""

RESET_PULSE_NS: Final = 200_000_000
"""How long FaultReset stays set: several cycles of the link, so that its edge is seen."""

START_NS: Final = 1_000_000_000
"""How long after our start the bypass key lets no part come.

By then Passgate, if it lives, has seen the new boot id, and acknowledges no outcome of the run before.
"""

OUTCOME_FIFO: Final = 64
"""Outcomes that are kept until Passgate has acknowledged them."""


class Rejected(StrEnum):
    """Why a part got its default reject."""

    DEADLINE = "deadline"
    """No result inside the deadline."""
    VISION_LOST = "vision_lost"
    """The vision heartbeat stood still."""
    VISION_RESTARTED = "vision_restarted"
    """Passgate's boot id changed since the trigger."""
    PART_ID = "part_id"
    """The result was for another part."""
    DECISION = "decision"
    """The decision is none of the four, or contradicts its complement."""
    SIMULATED = "simulated"
    """The picture was simulated, and this PLC doesn't allow that."""
    UNDECIDED_AT_DIVERTER = "undecided_at_diverter"
    """The part reached the diverter before a result was there."""
    BYPASS = "bypass"
    """The bypass key was turned while the part waited for its result, or before it came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How one trigger's check ended."""

    seq: int
    part_id: int
    action: Action | None
    """The decision that was accepted; None for a default reject."""
    rejected: Rejected | None
    """Why not; None where a decision was accepted."""
    latency_ns: int | None
    """From the trigger in the registers to the accepted result in the registers."""


@dataclass(frozen=True, slots=True)
class _Check:
    seq: int
    part_id: int
    raised_ns: int
    vision_boot_id: int
    bypassed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """What people set at the line's panel."""

    enable: bool = True
    """The line may take parts. Off to on is a reset, as FaultReset is."""
    bypass: bool = False
    """The key: the belt does not wait for Passgate. Every part still gets its number and a default reject, so
    that it is on record and a person looks at it; no result is taken."""
    follow_motion: bool = False
    """Belt and diverter take Passgate's set points while it streams some."""


NO_LIMIT: Final = 0xFFFF


class PlcHandshake:
    """State of the PLC's side.

    Args:
        boot_id: 1 to 65535, drawn anew at each start: Passgate tells a restarted PLC by it.
        deadline_ms: From the trigger to the result.
        allow_simulated: Accept results of simulated pictures.
        max_speed_mm_s: Greatest set point of the belt that is followed.
        max_angle_ddeg: Greatest set point of the diverter that is followed, in 0.1°.
    """

    def __init__(
        self,
        *,
        boot_id: int,
        deadline_ms: int,
        allow_simulated: bool,
        max_speed_mm_s: int = NO_LIMIT,
        max_angle_ddeg: int = NO_LIMIT,
    ) -> None:
        self._boot_id = boot_id
        self._deadline_ms = deadline_ms
        self._allow_simulated = allow_simulated
        self._heartbeat = 0
        self._vision = VisionBlock()
        self._beat_ns: int | None = None
        self._started_ns: int | None = None
        self._vision_lost = False
        self._switches = Switches()
        self._follower = MotionFollower(max_speed_mm_s=max_speed_mm_s, max_angle_ddeg=max_angle_ddeg)
        self._trigger_seq = 0
        self._part_id = 0
        self._result_ack_seq = 0
        self._error_ack = 0
        self._check: _Check | None = None
        self._on_the_way = 0
        self._outcomes: deque[tuple[int, Outcome]] = deque()
        self._shown: tuple[int, int] = (0, 0)
        self._reset_until_ns = 0

    @property
    def checking(self) -> bool:
        """A trigger waits for its result."""
        return self._check is not None

    @property
    def unacknowledged(self) -> tuple[int, ...]:
        """Trigger numbers whose outcome Passgate has not acknowledged yet, oldest first."""
        return tuple(seq for seq, _ in self._outcomes)

    @property
    def vision_lost(self) -> bool:
        """Passgate's heartbeat froze, and it had not taken leave: latched until FaultReset or Enable 0→1."""
        return self._vision_lost

    @property
    def motion(self) -> Motion:
        """Who moves belt and diverter in this scan, and the set points where it is Passgate."""
        return self._follower.motion

    @property
    def switches(self) -> Switches:
        """As last set."""
        return self._switches

    def set_switches(self, switches: Switches, *, now_ns: int) -> None:
        """What people set at the panel, before a scan."""
        if switches.enable and not self._switches.enable:
            self._reset(now_ns)
        self._switches = switches

    def vision_alive(self, now_ns: int) -> bool:
        """The vision heartbeat has changed within the last 300 ms."""
        return self._beat_ns is not None and now_ns - self._beat_ns < VISION_TIMEOUT_NS

    def vision_halted(self, now_ns: int) -> bool:
        """Passgate lives, and either side waits for FaultReset."""
        return self.vision_alive(now_ns) and (
            self._vision_lost or self._vision.state in (VisionState.HALTED, VisionState.ERROR)
        )

    def challenge_due(self, now_ns: int) -> bool:
        """Passgate passes no part until known ones have shown that it still sees; it decides nothing here."""
        return self.vision_alive(now_ns) and VisionBits.CHALLENGE_DUE in self._vision.bits

    def may_trigger(self, now_ns: int) -> bool:
        """A part may be shown to Passgate now; otherwise the belt must wait."""
        return (
            self._check is None
            and self._switches.enable
            # Room for the outcome of every part that is on its way: none is ever overwritten.
            and len(self._outcomes) + self._on_the_way < OUTCOME_FIFO
            and (self._bypass_open(now_ns) if self._switches.bypass else self._vision_ready(now_ns))
        )

    def _bypass_open(self, now_ns: int) -> bool:
        return self._started_ns is not None and now_ns - self._started_ns >= START_NS

    def _vision_ready(self, now_ns: int) -> bool:
        ready = VisionBits.ONLINE | VisionBits.TRIGGER_READY
        return (
            self.vision_alive(now_ns)
            and not self._vision_lost
            and self._vision.map_version == MAP_VERSION
            and self._vision.bits & ready == ready
            # It has seen the last trigger, so this is not the offer that the last one has used up.
            and self._vision.trigger_ack_seq == self._trigger_seq
        )

    def raise_trigger(self, part_id: int, *, now_ns: int) -> int:
        """A part is at the photo-eye; returns its sequence number.

        Raises:
            RuntimeError: ``may_trigger`` forbids it: a bug of the caller.
        """
        if not self.may_trigger(now_ns):
            raise RuntimeError(f"trigger for part {part_id} while vision is not ready")
        self._trigger_seq = next_seq(self._trigger_seq)
        self._part_id = part_id
        self._check = _Check(
            seq=self._trigger_seq,
            part_id=part_id,
            raised_ns=now_ns,
            vision_boot_id=self._vision.boot_id,
            bypassed=self._switches.bypass,
        )
        self._on_the_way += 1
        return self._trigger_seq

    def step(self, vision: VisionBlock, *, received_ns: int, now_ns: int) -> Verdict | None:
        """One scan: take in the vision block, received at ``received_ns``; a verdict ends the open check."""
        if self._started_ns is None:
            self._started_ns = now_ns
        self._take_in(vision, now_ns)
        self._follower.step(
            self._vision,
            wanted=self._switches.follow_motion and self._switches.enable and not self._switches.bypass,
            trusted=self.vision_alive(now_ns) and not self._vision_lost,
            now_ns=now_ns,
        )
        check = self._check
        if check is None:
            return None
        found = self._examine(check, self._vision, now_ns)
        if found is None:
            return None
        if isinstance(found, Rejected):
            return self._end(check, rejected=found)
        self._result_ack_seq = check.seq
        return self._end(check, action=found, latency_ns=received_ns - check.raised_ns)

    def reject(self, reason: Rejected) -> Verdict | None:
        """End the open check, if there is one, without a decision."""
        return None if self._check is None else self._end(self._check, rejected=reason)

    def report_outcome(self, seq: int, outcome: Outcome) -> None:
        """What became of the part of ``seq``. Kept until acknowledged."""
        self._outcomes.append((seq, outcome))
        self._on_the_way -= 1

    def reset_fault(self, now_ns: int) -> None:
        """Pulse FaultReset; it ends our own latch too, where Passgate lives again."""
        self._reset_until_ns = now_ns + RESET_PULSE_NS
        self._reset(now_ns)

    def image(self, *, belt_speed_mm_s: int, diverter_angle_ddeg: int, now_ns: int) -> LineBlock:
        """The line block of this scan. Each call is one beat of the PLC's heart."""
        self._heartbeat = self._heartbeat + 1 & 0xFFFF
        bits = LineBits.AUTO
        for bit, shown in (
            (LineBits.ENABLE, self._switches.enable),
            (LineBits.RUNNING, belt_speed_mm_s > 0),
            (LineBits.FAULT_RESET, now_ns < self._reset_until_ns),
            (LineBits.BYPASS, self._switches.bypass),
            (LineBits.FOLLOW_MOTION, self._switches.follow_motion),
        ):
            if shown:
                bits |= bit
        if self._outcomes:
            seq, outcome = self._outcomes[0]
            self._shown = (seq, OUTCOME_CODES[outcome])
        return LineBlock(
            heartbeat=self._heartbeat,
            bits=bits,
            trigger_seq=self._trigger_seq,
            part_id=self._part_id,
            result_ack_seq=self._result_ack_seq,
            outcome=self._shown[1],
            outcome_seq=self._shown[0],
            error_ack=self._error_ack,
            deadline_ms=self._deadline_ms,
            boot_id=self._boot_id,
            belt_speed_mm_s=belt_speed_mm_s,
            diverter_angle_ddeg=diverter_angle_ddeg,
        )

    def _take_in(self, vision: VisionBlock, now_ns: int) -> None:
        """The newest image of the vision block, and whether Passgate lives."""
        restarted = vision.boot_id != self._vision.boot_id
        moved = vision.heartbeat != self._vision.heartbeat
        if not restarted and is_behind(newest=self._vision.heartbeat, beat=vision.heartbeat):
            changed, vision = False, self._vision  # held up on its way: it says what was
        elif self._beat_ns is None:
            # What stands in the registers at the start, or after a death, proves nothing.
            changed = moved and not restarted and vision.boot_id != 0
        else:
            changed = moved or restarted
        self._vision = vision
        if changed:
            self._beat_ns = now_ns
        elif self._beat_ns is not None and not self.vision_alive(now_ns):
            self._beat_ns = None
            # A program that took leave is no longer online: that is no fault.
            self._vision_lost |= VisionBits.ONLINE in vision.bits
        self._error_ack = vision.error_code
        # A dead program's last acknowledgement may be one of an earlier run of ours, about other parts.
        if self._outcomes and self.vision_alive(now_ns) and vision.outcome_ack_seq == self._outcomes[0][0]:
            self._outcomes.popleft()

    def _reset(self, now_ns: int) -> None:
        if self.vision_alive(now_ns):
            self._vision_lost = False
            self._follower.reset()

    def _examine(self, check: _Check, vision: VisionBlock, now_ns: int) -> Action | Rejected | None:
        """The accepted action, the reason for a reject, or None while the result is still awaited."""
        if check.bypassed or self._switches.bypass:
            return Rejected.BYPASS
        if not self.vision_alive(now_ns):
            return Rejected.VISION_LOST
        if vision.boot_id != check.vision_boot_id:
            return Rejected.VISION_RESTARTED
        if now_ns - check.raised_ns >= self._deadline_ms * 1_000_000:
            return Rejected.DEADLINE
        if VisionBits.RESULT_VALID not in vision.bits or not (
            vision.result_seq == vision.result_seq_tail == check.seq
        ):
            return None  # another part's result, or one that was caught half written
        if vision.part_id != check.part_id:
            return Rejected.PART_ID
        action = action_of(decision=vision.decision, decision_complement=vision.decision_complement)
        if action is None:
            return Rejected.DECISION
        if VisionBits.SIMULATED in vision.bits and not self._allow_simulated:
            return Rejected.SIMULATED
        return action

    def _end(
        self,
        check: _Check,
        *,
        action: Action | None = None,
        rejected: Rejected | None = None,
        latency_ns: int | None = None,
    ) -> Verdict:
        self._check = None
        return Verdict(
            seq=check.seq, part_id=check.part_id, action=action, rejected=rejected, latency_ns=latency_ns
        )
