"""The PLC's program: handshake, tracking, belt and diverter, one scan at a time. No I/O.

It keeps promise 2 by itself: without a fresh, valid, accepted pass a part is never released, whatever
Passgate does or fails to do.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from inspection.decision import Action
from inspection.part import Outcome
from plc.register_map.registers import LineBlock, VisionBlock
from plc.simulator.machine.conveyor import Commands, Lane, Layout, Sensors
from plc.simulator.machine.physics import LinePhysics
from plc.simulator.program.following import MotionMode
from plc.simulator.program.handshake import PlcHandshake, Rejected, Verdict
from plc.simulator.program.interlocks import Limits, lane_of, limits
from plc.simulator.program.part_result import PartResult
from plc.simulator.program.tracking import AtGate, Doubt, Tracked, Tracking

RESET_AFTER_NS: Final = 500_000_000
"""How long Passgate is seen halted before FaultReset is pulsed: the operator's hand on the button."""

STALLED_NS: Final = 1_000_000_000
"""A diverter that has not got away for so long is jammed."""

BETWEEN_NS: Final = 500_000_000
"""So long a part waits for set points that leave the diverter between its lanes; then it goes aside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramSettings:
    """What one run of the PLC's program needs to know."""

    physics: LinePhysics
    layout: Layout
    belt_speed_mm_s: float
    """Of the running belt, as long as nobody else sets it."""
    recipe_request: int = 0
    """Asked for with each part; 0 for none."""
    operator_delay_s: float = 0.5
    """How long it takes until a part has been taken from the belt, or a jam cleared."""
    auto_reset: bool = True
    """Pulse FaultReset when Passgate has been halted for a moment."""
    boot_id: int = 1
    """Which run this is, for the record."""


class PlcProgram:
    """One run of the PLC's program.

    Args:
        settings: What it knows of its line.
        handshake: The PLC's side of the handshake.
        next_part_id: Called for each part that gets a trigger.
        on_trigger: Called with each part that has got its trigger.
        on_part: Called with each part that has left the belt.
    """

    def __init__(
        self,
        settings: ProgramSettings,
        *,
        handshake: PlcHandshake,
        next_part_id: Callable[[], int],
        on_trigger: Callable[[Tracked], None],
        on_part: Callable[[PartResult], None],
    ) -> None:
        self._settings = settings
        self._handshake = handshake
        self._next_part_id = next_part_id
        self._on_trigger = on_trigger
        self._on_part = on_part
        self._tracking = Tracking(physics=settings.physics, layout=settings.layout)
        self._checked: Tracked | None = None
        self._last_seq = 0
        self._last_ns: int | None = None
        self._to_take_out: Tracked | None = None
        self._person_due_ns = 0
        self._halted_since_ns: int | None = None
        self._stalled_since_ns: int | None = None
        self._between_since_ns: int | None = None
        self.jam = ""
        """Why the line stands and has to be cleared; empty where it need not."""
        self.last: Tracked | None = None
        """The part whose check ended last."""
        self.held_ns = 0
        """How long the belt stood with a part at the photo-eye."""
        self.fault_resets = 0
        """FaultReset pulses so far."""
        self.jams = 0
        """How often the line had to be cleared."""

    @property
    def handshake(self) -> PlcHandshake:
        """The PLC's side of the handshake."""
        return self._handshake

    @property
    def parts_on_belt(self) -> int:
        """Parts that have been triggered and not left the belt yet."""
        return len(self._tracking.triggered)

    @property
    def triggered(self) -> list[Tracked]:
        """Those parts."""
        return self._tracking.triggered

    @property
    def strays(self) -> int:
        """Things that came to the diverter and that nobody expected; they went aside."""
        return self._tracking.strays

    @property
    def waits_at_eye(self) -> bool:
        """A part is at the photo-eye and has no trigger yet."""
        return self._tracking.waiting is not None

    @property
    def waits_for_person(self) -> bool:
        """A part has to be taken from the belt, or a jam cleared."""
        return bool(self.jam) or self._to_take_out is not None

    def scan(
        self, vision: VisionBlock, sensors: Sensors, *, received_ns: int, now_ns: int, at: datetime
    ) -> tuple[LineBlock, Commands]:
        """One scan: inputs, program, outputs. ``at`` is UTC.

        Returns:
            The line block to be shown, and what the drives are to do.
        """
        elapsed_ns = 0 if self._last_ns is None else now_ns - self._last_ns
        self._last_ns = now_ns
        self._take_verdict(self._handshake.step(vision, received_ns=received_ns, now_ns=now_ns), now_ns)
        self._press_reset(now_ns)
        for thing, lane in self._tracking.see(sensors):
            self._left(thing, lane, now_ns)
        self._watch_for_jams(sensors, now_ns)
        hands = self._ask_person(sensors, now_ns)
        self._trigger(now_ns, at)
        may_trigger = self._handshake.may_trigger(now_ns)
        if self._tracking.waiting is not None and not may_trigger:
            self.held_ns += elapsed_ns
        allowed = limits(
            self._tracking,
            sensors,
            physics=self._settings.physics,
            may_trigger=may_trigger,
            asked=self._asked(),
        )
        line = self._handshake.image(
            belt_speed_mm_s=round(sensors.belt_speed_mm_s),
            diverter_angle_ddeg=round(10.0 * sensors.diverter_deg),
            now_ns=now_ns,
        )
        commands = self._drives(allowed, sensors, now_ns, hands)
        return replace(line, recipe_request=self._settings.recipe_request), commands

    # --- the check and its parts --------------------------------------------------------------------------

    def _trigger(self, now_ns: int, at: datetime) -> None:
        part = self._tracking.waiting
        if part is None or self.waits_for_person or not self._handshake.may_trigger(now_ns):
            return
        part.part_id = self._next_part_id()
        part.seq = self._handshake.raise_trigger(part.part_id, now_ns=now_ns)
        part.repeated = part.seq == self._last_seq
        part.triggered_at = at
        self._last_seq = part.seq
        self._checked = part
        self._tracking.take_on(part)
        self._on_trigger(part)

    def _take_verdict(self, verdict: Verdict | None, now_ns: int) -> None:
        part = self._checked
        if verdict is None or part is None:
            return
        self._checked, part.verdict, self.last = None, verdict, part
        if verdict.action is Action.STOP:
            self._to_take_out = part
            self._person_due_ns = now_ns + int(self._settings.operator_delay_s * 1e9)

    def _reject_check(self, part: Tracked, now_ns: int) -> None:
        if part is self._checked:
            self._take_verdict(self._handshake.reject(Rejected.UNDECIDED_AT_DIVERTER), now_ns)

    def _left(self, thing: AtGate, lane: Lane, now_ns: int) -> None:
        if thing.part is not None:
            self._reject_check(thing.part, now_ns)
            self._finish(thing.part, thing.part.outcome(lane))

    def _finish(self, part: Tracked, outcome: Outcome) -> None:
        verdict = part.verdict
        assert verdict is not None  # a part leaves the belt only with a verdict
        assert part.triggered_at is not None
        if part is self._to_take_out:
            self._to_take_out = None  # it went, aside, before anybody could take it
        self._handshake.report_outcome(part.seq, outcome)
        self._on_part(
            PartResult(
                boot_id=self._settings.boot_id,
                seq=part.seq,
                part_id=part.part_id,
                triggered_at=part.triggered_at,
                action=verdict.action,
                rejected=verdict.rejected,
                doubt=part.doubt,
                repeated=part.repeated,
                latency_ms=None if verdict.latency_ns is None else verdict.latency_ns / 1e6,
                outcome=outcome,
            )
        )

    # --- people -------------------------------------------------------------------------------------------

    def _press_reset(self, now_ns: int) -> None:
        if not self._settings.auto_reset or not self._handshake.vision_halted(now_ns):
            self._halted_since_ns = None
        elif self._halted_since_ns is None:
            self._halted_since_ns = now_ns
        elif now_ns - self._halted_since_ns >= RESET_AFTER_NS:
            self._halted_since_ns = now_ns
            self._handshake.reset_fault(now_ns)
            self.fault_resets += 1

    def _watch_for_jams(self, sensors: Sensors, now_ns: int) -> None:
        if not sensors.diverter_stalled:
            self._stalled_since_ns = None
        elif self._stalled_since_ns is None:
            self._stalled_since_ns = now_ns
        if self.jam:
            return
        self.jam = self._tracking.jam()
        if self._stalled_since_ns is not None and now_ns - self._stalled_since_ns >= STALLED_NS:
            self.jam = "the diverter is stalled"
        if self.jam:
            self.jams += 1
            self._person_due_ns = now_ns + int(self._settings.operator_delay_s * 1e9)

    def _ask_person(self, sensors: Sensors, now_ns: int) -> Commands:
        """Hands on the belt only while it stands."""
        idle = Commands(diverter_deg=sensors.diverter_deg)
        if not self.waits_for_person or sensors.belt_speed_mm_s or now_ns < self._person_due_ns:
            return idle
        part, self._to_take_out = self._to_take_out, None
        if self.jam:
            self.jam, self._stalled_since_ns = "", None
            for gone in self._tracking.clear():
                self._reject_check(gone, now_ns)
                self._to_take_out = None
                self._finish(gone, Outcome.STOPPED if gone is part else Outcome.DEFAULT_REJECTED)
            waiting = self._tracking.waiting
            from_mm = 0.0
            if waiting is not None:  # it stays: its trigger is still to come
                from_mm = sensors.encoder_mm - waiting.edge_mm + self._settings.physics.part_length_mm / 2.0
            return replace(idle, clear_from_mm=from_mm)
        assert part is not None
        self._tracking.forget(part)
        self._finish(part, Outcome.STOPPED)
        return replace(idle, take_out_mm=sensors.encoder_mm - part.edge_mm)

    # --- what moves ---------------------------------------------------------------------------------------

    def _drives(self, allowed: Limits, sensors: Sensors, now_ns: int, hands: Commands) -> Commands:
        physics, motion = self._settings.physics, self._handshake.motion
        following = motion.mode is MotionMode.FOLLOWING
        ramp = physics.belt_acceleration_mm_s2 if following else physics.gentle_mm_s2
        wish = float(motion.belt_speed_mm_s) if following else self._settings.belt_speed_mm_s
        if motion.mode is MotionMode.BRAKING or self.waits_for_person or sensors.emergency_stop:
            wish, ramp = 0.0, physics.gentle_mm_s2
        return replace(
            hands,
            belt_speed_mm_s=min(wish, allowed.belt_mm_s),
            belt_ramp_mm_s2=ramp,
            diverter_deg=self._diverter(allowed, sensors, now_ns),
        )

    def _asked(self) -> Lane | None:
        """The lane that Passgate's set points ask for; None where they ask for none."""
        motion, end = self._handshake.motion, self._settings.physics.diverter_max_angle_deg
        if motion.mode is not MotionMode.FOLLOWING:
            return None
        return lane_of(min(motion.diverter_ddeg / 10.0, end), self._settings.physics)

    def _diverter(self, allowed: Limits, sensors: Sensors, now_ns: int) -> float:
        end, motion = self._settings.physics.diverter_max_angle_deg, self._handshake.motion
        if allowed.hold_diverter:
            return sensors.diverter_deg
        if allowed.lane is Lane.SIDE:
            return end
        if motion.mode is MotionMode.FOLLOWING:
            # Set points may only turn aside what might pass.
            self._give_up_between(allowed, sensors, now_ns)
            return min(motion.diverter_ddeg / 10.0, end)
        self._between_since_ns = None
        return 0.0 if allowed.lane is Lane.STRAIGHT else sensors.diverter_deg

    def _give_up_between(self, allowed: Limits, sensors: Sensors, now_ns: int) -> None:
        """A part that waits for set points that serve no lane is not waited with for ever."""
        if not allowed.waits_for_diverter:
            self._between_since_ns = None
        elif self._between_since_ns is None:
            self._between_since_ns = now_ns
        elif now_ns - self._between_since_ns >= BETWEEN_NS:
            for thing in self._tracking.gate:
                if thing.part is not None and lane_of(sensors.diverter_deg, self._settings.physics) is None:
                    thing.part.doubt = thing.part.doubt or Doubt.DIVERTER
