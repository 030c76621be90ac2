"""PASSGATE_STATION with the hands and eyes of the Python PLC, so that one test serves both."""

from functools import cache
from pathlib import Path
from typing import Any, Final

import plc
from inspection.decision import Action
from inspection.part import Outcome
from plc.register_map.registers import OUTCOME_CODES, LineBlock, VisionBlock
from plc.simulator.program.following import Motion, MotionMode
from plc.simulator.program.handshake import NO_LIMIT, Rejected, Switches, Verdict
from tests.plc.structured_text.compiler import Block, Clock, compile_text, copy_of, instance

FOLDER: Final = Path(plc.__file__).parent / "structured_text"

VERDICTS: Final = {1: Action.PASS, 2: Action.REWORK, 3: Action.STOP, 4: Action.MANUAL_REVIEW, 5: None}
REASONS: Final = {
    1: Rejected.DEADLINE,
    2: Rejected.VISION_LOST,
    3: Rejected.VISION_RESTARTED,
    4: Rejected.PART_ID,
    5: Rejected.DECISION,
    6: Rejected.SIMULATED,
    7: Rejected.UNDECIDED_AT_DIVERTER,
    8: Rejected.BYPASS,
}
MS: Final = 1_000_000
READ_ONCE: Final = (
    *("OutcomeAck", "StreamKnown", "StreamBoot", "StreamSeq"),
    *("MotionMode", "BeltSpeedCommand", "DiverterCommand"),
)


@cache
def blocks() -> dict[str, Block]:
    """Both function blocks, compiled from their text."""
    return compile_text(
        "".join((FOLDER / f"passgate_{name}.st").read_text() for name in ("station", "track"))
    )


def vision_pins(vision: VisionBlock) -> dict[str, int]:
    """The vision block as the block's inputs, word by word."""
    return {
        "VisionMapVersion": vision.map_version,
        "VisionHeartbeat": vision.heartbeat,
        "VisionBits": int(vision.bits),
        "VisionState": vision.state,
        "VisionTriggerAck": vision.trigger_ack_seq,
        "VisionResultSeq": vision.result_seq,
        "VisionPartIdHigh": vision.part_id >> 16,
        "VisionPartIdLow": vision.part_id & 0xFFFF,
        "VisionDecision": vision.decision,
        "VisionComplement": vision.decision_complement,
        "VisionErrorCode": vision.error_code,
        "VisionBootId": vision.boot_id,
        "VisionBeltSpeedSet": vision.belt_speed_set_mm_s,
        "VisionDiverterSet": vision.diverter_set_ddeg,
        "VisionMotionSeq": vision.motion_seq,
        "VisionResultTail": vision.result_seq_tail,
        "VisionOutcomeAck": vision.outcome_ack_seq,
    }


def line_words(station: Any) -> list[int]:
    """The words that the PLC writes, from the block's outputs, in the order of the register map."""
    names = (
        "MapVersion Heartbeat Bits TriggerSeq PartIdHigh PartIdLow RecipeRequest ResultAck Outcome "
        "OutcomeSeq ErrorAck DeadlineMs BootId BeltSpeed DiverterAngle"
    )
    return [getattr(station, f"Line{name}") for name in names.split()]


def line_block(station: Any) -> LineBlock:
    """The line block; its last word is not the PLC's."""
    return LineBlock.unpack([*line_words(station), 0])


class StructuredTextPlc:
    """``PlcHandshake``'s words, answered by the Structured Text.

    The block does a whole scan in one call. Here ``step`` is such a call, each deed after it another one at
    the same instant, and each question is put to a copy, so that asking changes nothing.
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
        self._clock = Clock()
        self.block: Any = instance(blocks(), "PASSGATE_STATION", self._clock)
        self._settings = {
            "BootId": boot_id,
            "Enable": True,
            "Auto": True,
            "BypassKey": False,
            "FollowMotion": False,
            "Deadline": deadline_ms * MS,
            "DeadlineMs": deadline_ms,
            "AllowSimulated": allow_simulated,
            "MaxBeltSpeed": max_speed_mm_s,
            "MaxDiverter": max_angle_ddeg,
        }
        self._vision = vision_pins(VisionBlock())
        self._received_ns = self._raised_ns = 0
        self._verdict: Verdict | None = None

    @property
    def _rest(self) -> dict[str, Any]:
        rest = {"PartAtEye": False, "ResetButton": False, "OutcomeNew": False, "GiveUp": False}
        return {**rest, **self._settings, **self._vision}

    def call(self, now_ns: int, **pins: Any) -> None:
        """One call of the block; pins that are not named are at rest."""
        self._clock.now_ns = now_ns
        # Step alone reads the registers, as a PLC does it once a scan: in the calls after it nothing is
        # acknowledged a second time, and no second look is taken at the set points.
        first = "VisionOutcomeAck" in pins
        kept = {} if first else {name: getattr(self.block, name) for name in READ_ONCE}
        if not first:
            self.block.OutcomeAck = 0
        self.block(**{**self._rest, "VisionOutcomeAck": 0, **pins})
        if pins.get("ResetButton"):
            kept = {"OutcomeAck": kept["OutcomeAck"]}
        for name, value in kept.items():
            setattr(self.block, name, value)
        if self.block.VerdictNew:
            assert self._verdict is None, "each verdict is taken before the next"
            action = VERDICTS[self.block.Verdict]
            self._verdict = Verdict(
                seq=self.block.VerdictSeq,
                part_id=self.block.LinePartIdHigh << 16 | self.block.LinePartIdLow,
                action=action,
                rejected=None if action is not None else REASONS[self.block.RejectReason],
                latency_ns=None if action is None else self._received_ns - self._raised_ns,
            )

    @property
    def checking(self) -> bool:
        return bool(self.block.Waiting)

    @property
    def unacknowledged(self) -> tuple[int, ...]:
        head, count = self.block.QueueHead, self.block.QueueCount
        return tuple(self.block.OutcomeSeqs[(head + i) % 64] for i in range(count))

    @property
    def vision_lost(self) -> bool:
        return bool(self._asked(self._clock.now_ns).VisionLost)

    @property
    def motion(self) -> Motion:
        mode = (MotionMode.OWN, MotionMode.FOLLOWING, MotionMode.BRAKING)[self.block.MotionMode]
        if mode is not MotionMode.FOLLOWING:
            return Motion(mode=mode)
        return Motion(
            mode=mode,
            belt_speed_mm_s=self.block.BeltSpeedCommand,
            diverter_ddeg=self.block.DiverterCommand,
        )

    @property
    def switches(self) -> Switches:
        return Switches(
            enable=bool(self._settings["Enable"]),
            bypass=bool(self._settings["BypassKey"]),
            follow_motion=bool(self._settings["FollowMotion"]),
        )

    def set_switches(self, switches: Switches, *, now_ns: int) -> None:
        self._settings |= {
            "Enable": switches.enable,
            "BypassKey": switches.bypass,
            "FollowMotion": switches.follow_motion,
        }
        if not switches.enable and self._clock.now_ns:
            self.call(self._clock.now_ns)  # a scan must see it off; the next one sees the edge

    def vision_alive(self, now_ns: int) -> bool:
        return bool(self._asked(now_ns).VisionAlive)

    def vision_halted(self, now_ns: int) -> bool:
        return bool(self._asked(now_ns).VisionHalted)

    def challenge_due(self, now_ns: int) -> bool:
        return bool(self._asked(now_ns).ChallengeDue)

    def may_trigger(self, now_ns: int) -> bool:
        # One scan may end a part's check and take the next part. The Python PLC needs two scans for that, and
        # tells each verdict at the end of a scan.
        told = not self.checking and self._verdict is None
        return told and bool(self._asked(now_ns).MayTrigger)

    def raise_trigger(self, part_id: int, *, now_ns: int) -> int:
        if not self.may_trigger(now_ns):
            raise RuntimeError("vision is not ready")
        self.call(now_ns, PartAtEye=True, PartId=part_id)
        assert self.block.TriggerNew
        self.call(now_ns)
        self._raised_ns = now_ns
        return int(self.block.LineTriggerSeq)

    def step(self, vision: VisionBlock, *, received_ns: int, now_ns: int) -> Verdict | None:
        self._vision = vision_pins(vision)
        self._received_ns = received_ns
        self.call(now_ns, **self._vision)
        verdict, self._verdict = self._verdict, None
        return verdict

    def reject(self, reason: Rejected) -> Verdict | None:
        assert reason is Rejected.UNDECIDED_AT_DIVERTER
        self.call(self._clock.now_ns, GiveUp=True)
        verdict, self._verdict = self._verdict, None
        return verdict

    def report_outcome(self, seq: int, outcome: Outcome) -> None:
        self.call(self._clock.now_ns, OutcomeNew=True, OutcomeOfSeq=seq, OutcomeCode=OUTCOME_CODES[outcome])

    def reset_fault(self, now_ns: int) -> None:
        self.call(now_ns, ResetButton=True)
        self.call(now_ns)

    def image(self, *, belt_speed_mm_s: int, diverter_angle_ddeg: int, now_ns: int) -> LineBlock:
        pins = {"BeltSpeed": belt_speed_mm_s, "DiverterAngle": diverter_angle_ddeg}
        return line_block(self._asked(now_ns, Running=belt_speed_mm_s > 0, **pins))

    def _asked(self, now_ns: int, **pins: Any) -> Any:
        """A copy of the block as it would be after a scan at ``now_ns``."""
        before_ns, self._clock.now_ns = self._clock.now_ns, now_ns
        block: Any = copy_of(self.block)
        block.OutcomeAck = 0
        block(**{**self._rest, "VisionOutcomeAck": 0, **pins})
        self._clock.now_ns = before_ns
        return block
