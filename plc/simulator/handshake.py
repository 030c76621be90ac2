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
from plc.registers import (
    MAP_VERSION,
    OUTCOME_CODES,
    LineBits,
    LineBlock,
    VisionBits,
    VisionBlock,
    VisionState,
    action_of,
    next_seq,
)

VISION_TIMEOUT_NS: Final = 300_000_000
"""A vision heartbeat that stands still for this long counts as a dead program."""

RESET_PULSE_NS: Final = 200_000_000
"""How long FaultReset stays set: several cycles of the link, so that its edge is seen."""

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


class PlcHandshake:
    """State of the PLC's side.

    Args:
        boot_id: 0 to 65535, drawn anew at each start.
        deadline_ms: From the trigger to the result.
        allow_simulated: Accept results of simulated pictures.
    """

    def __init__(self, *, boot_id: int, deadline_ms: int, allow_simulated: bool) -> None:
        self._boot_id = boot_id
        self._deadline_ms = deadline_ms
        self._allow_simulated = allow_simulated
        self._heartbeat = 0
        self._vision = VisionBlock()
        self._beat_ns: int | None = None
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

    def vision_alive(self, now_ns: int) -> bool:
        """The vision heartbeat has changed within the last 300 ms."""
        return self._beat_ns is not None and now_ns - self._beat_ns < VISION_TIMEOUT_NS

    def vision_halted(self, now_ns: int) -> bool:
        """Passgate lives and waits for FaultReset."""
        return self.vision_alive(now_ns) and self._vision.state in (VisionState.HALTED, VisionState.ERROR)

    def may_trigger(self, now_ns: int) -> bool:
        """A part may be shown to Passgate now; otherwise the belt must wait."""
        ready = VisionBits.ONLINE | VisionBits.TRIGGER_READY
        return (
            self._check is None
            and self.vision_alive(now_ns)
            and self._vision.map_version == MAP_VERSION
            and self._vision.bits & ready == ready
            # It has seen the last trigger, so this is not the offer that the last one has used up.
            and self._vision.trigger_ack_seq == self._trigger_seq
            # Room for the outcome of every part that is on its way: none is ever overwritten.
            and len(self._outcomes) + self._on_the_way < OUTCOME_FIFO
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
        self._check = _Check(self._trigger_seq, part_id, now_ns, self._vision.boot_id)
        self._on_the_way += 1
        return self._trigger_seq

    def step(self, vision: VisionBlock, *, received_ns: int, now_ns: int) -> Verdict | None:
        """One scan: take in the vision block, received at ``received_ns``; a verdict ends the open check."""
        if self._beat_ns is None:
            # What stood in the registers at the start proves nothing; only a change is life.
            changed = (
                vision.heartbeat != self._vision.heartbeat and self._vision.boot_id == vision.boot_id != 0
            )
        else:
            changed = vision.heartbeat != self._vision.heartbeat or vision.boot_id != self._vision.boot_id
        if changed:
            self._beat_ns = now_ns
        self._vision = vision
        if self._outcomes and vision.outcome_ack_seq == self._outcomes[0][0]:
            self._outcomes.popleft()
        check = self._check
        if check is None:
            return None
        found = self._examine(check, vision, now_ns)
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
        """Pulse FaultReset, and take note of the error code that is shown."""
        self._reset_until_ns = now_ns + RESET_PULSE_NS
        self._error_ack = self._vision.error_code

    def image(self, *, belt_speed_mm_s: int, diverter_angle_ddeg: int, now_ns: int) -> LineBlock:
        """The line block of this scan. Each call is one beat of the PLC's heart."""
        self._heartbeat = self._heartbeat + 1 & 0xFFFF
        bits = LineBits.ENABLE | LineBits.AUTO
        if belt_speed_mm_s:
            bits |= LineBits.RUNNING
        if now_ns < self._reset_until_ns:
            bits |= LineBits.FAULT_RESET
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

    def _examine(self, check: _Check, vision: VisionBlock, now_ns: int) -> Action | Rejected | None:
        """The accepted action, the reason for a reject, or None while the result is still awaited."""
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
