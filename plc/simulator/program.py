"""The PLC's program: handshake, belt and diverter, one scan at a time. No I/O.

It keeps promise 2 by itself: without a fresh, valid, accepted pass a part is never released, whatever
Passgate does or fails to do.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from inspection.decision import Action
from inspection.part import Outcome
from plc.registers import LineBlock, VisionBlock
from plc.simulator.conveyor import Conveyor
from plc.simulator.handshake import PlcHandshake, Rejected, Verdict
from plc.simulator.report import PartResult

RESET_AFTER_NS: Final = 500_000_000
"""How long Passgate is seen halted before FaultReset is pulsed: the operator's hand on the button."""

DIVERTED_DDEG: Final = 450
"""Diverter angle for parts that leave to the side, in 0.1°."""

OUTCOMES: Final = {
    Action.PASS: Outcome.RELEASED,
    Action.REWORK: Outcome.DIVERTED,
    Action.MANUAL_REVIEW: Outcome.HELD,
}
"""What becomes of a part at the diverter. A stop never gets there: it is taken from the standing belt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    seq: int
    part_id: int
    triggered_at: datetime
    verdict: Verdict | None = None


class PlcProgram:
    """One run of the PLC's program.

    Args:
        handshake: The PLC's side of the handshake.
        conveyor: The belt.
        belt_speed_mm_s: Shown in the registers while the belt runs.
        first_part_id: The part after it gets the next number, and so on.
        recipe_request: Asked for with each part; 0 for none.
        operator_delay_s: How long a stop's part takes to be taken from the belt.
        auto_reset: Pulse FaultReset when Passgate has been halted for a moment.
        boot_id: Which run this is, for the record.
        on_part: Called with each part that has left the belt.
    """

    def __init__(
        self,
        *,
        handshake: PlcHandshake,
        conveyor: Conveyor,
        belt_speed_mm_s: int,
        first_part_id: int,
        recipe_request: int,
        operator_delay_s: float,
        auto_reset: bool,
        boot_id: int,
        on_part: Callable[[PartResult], None],
    ) -> None:
        self._handshake = handshake
        self._conveyor = conveyor
        self._belt_speed_mm_s = belt_speed_mm_s
        self._next_part_id = first_part_id
        self._recipe_request = recipe_request
        self._operator_delay_ns = int(operator_delay_s * 1e9)
        self._auto_reset = auto_reset
        self._boot_id = boot_id
        self._on_part = on_part
        self._parts: dict[int, _Part] = {}
        self._last_ns: int | None = None
        self._stopped_part: tuple[int, int] | None = None
        self._halted_since_ns: int | None = None
        self._diverter_ddeg = 0
        self.triggers = 0
        """Triggers raised so far."""
        self.held_ns = 0
        """How long the belt stood with a part at the photo-eye."""
        self.fault_resets = 0
        """FaultReset pulses so far."""

    @property
    def parts_on_belt(self) -> int:
        """Parts that have been triggered and not left the belt yet."""
        return len(self._parts)

    @property
    def unacknowledged(self) -> tuple[int, ...]:
        """Trigger numbers whose outcome Passgate has not acknowledged yet."""
        return self._handshake.unacknowledged

    def scan(self, vision: VisionBlock, *, received_ns: int, now_ns: int, at: datetime) -> LineBlock:
        """One scan: inputs, program, outputs. ``at`` is UTC; returns the line block to be shown."""
        elapsed_ns = 0 if self._last_ns is None else now_ns - self._last_ns
        self._last_ns = now_ns
        self._take_verdict(self._handshake.step(vision, received_ns=received_ns, now_ns=now_ns))
        self._press_reset(now_ns)
        running = self._release_stop(now_ns)
        if running:
            running = not self._run_belt(elapsed_ns, now_ns=now_ns, at=at)
        line = self._handshake.image(
            belt_speed_mm_s=self._belt_speed_mm_s if running else 0,
            diverter_angle_ddeg=self._diverter_ddeg,
            now_ns=now_ns,
        )
        return replace(line, recipe_request=self._recipe_request)

    def _take_verdict(self, verdict: Verdict | None) -> None:
        if verdict is None:
            return
        self._parts[verdict.seq] = replace(self._parts[verdict.seq], verdict=verdict)
        if verdict.action is Action.STOP and self._last_ns is not None:
            self._stopped_part = (verdict.seq, self._last_ns + self._operator_delay_ns)

    def _release_stop(self, now_ns: int) -> bool:
        """Whether the belt may run: a stop has been dealt with by the operator."""
        if self._stopped_part is None:
            return True
        seq, done_ns = self._stopped_part
        if now_ns < done_ns:
            return False
        self._stopped_part = None
        self._conveyor.take_out(seq)
        self._finish(seq, Outcome.STOPPED)
        return True

    def _run_belt(self, elapsed_ns: int, *, now_ns: int, at: datetime) -> bool:
        """Move, raise the trigger of a part at the eye, divert. Returns whether the belt is held."""
        may_trigger = self._handshake.may_trigger(now_ns)
        held = self._conveyor.advance(elapsed_ns / 1e9, hold_at_eye=not may_trigger)
        if held:
            self.held_ns += elapsed_ns
        for seq in self._conveyor.at_diverter():
            if self._parts[seq].verdict is None:
                self._take_verdict(self._handshake.reject(Rejected.UNDECIDED_AT_DIVERTER))
            verdict = self._parts[seq].verdict
            action = None if verdict is None else verdict.action
            outcome = Outcome.DEFAULT_REJECTED if action is None else OUTCOMES[action]
            self._diverter_ddeg = 0 if outcome is Outcome.RELEASED else DIVERTED_DDEG
            self._finish(seq, outcome)
        if self._conveyor.part_at_eye and may_trigger:
            part_id, self._next_part_id = self._next_part_id, self._next_part_id + 1
            seq = self._handshake.raise_trigger(part_id, now_ns=now_ns)
            self._conveyor.take_on(seq)
            self._parts[seq] = _Part(seq=seq, part_id=part_id, triggered_at=at)
            self.triggers += 1
        return held

    def _press_reset(self, now_ns: int) -> None:
        if not self._auto_reset or not self._handshake.vision_halted(now_ns):
            self._halted_since_ns = None
        elif self._halted_since_ns is None:
            self._halted_since_ns = now_ns
        elif now_ns - self._halted_since_ns >= RESET_AFTER_NS:
            self._halted_since_ns = now_ns
            self._handshake.reset_fault(now_ns)
            self.fault_resets += 1

    def _finish(self, seq: int, outcome: Outcome) -> None:
        part = self._parts.pop(seq)
        verdict = part.verdict
        assert verdict is not None  # a part leaves the belt only with a verdict
        self._handshake.report_outcome(seq, outcome)
        latency_ms = None if verdict.latency_ns is None else verdict.latency_ns / 1e6
        self._on_part(
            PartResult(
                boot_id=self._boot_id,
                seq=seq,
                part_id=part.part_id,
                triggered_at=part.triggered_at,
                action=verdict.action,
                rejected=verdict.rejected,
                latency_ms=latency_ms,
                outcome=outcome,
            )
        )
