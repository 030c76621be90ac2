"""FollowMotion on the PLC's side: whose set points belt and diverter take. No I/O.

Set points never decide what becomes of a part: whatever they say, the belt waits at the photo-eye, a stop
stands, and the diverter turns a rejected part away. A real PLC's program must keep that order too.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from plc.register_map.registers import VisionBits, VisionBlock

MOTION_TIMEOUT_NS: Final = 100_000_000
"""A ``motion_seq`` that stands still for this long is a stream that has dried up."""


class MotionMode(StrEnum):
    """Who moves belt and diverter."""

    OWN = "own"
    """The PLC's own program."""
    FOLLOWING = "following"
    """Passgate's set points."""
    BRAKING = "braking"
    """Nobody: the stream broke off. The PLC brings the belt to a stand within what its parts can bear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """What holds in this scan."""

    mode: MotionMode = MotionMode.OWN
    belt_speed_mm_s: int = 0
    """Set point; counts only while following."""
    diverter_ddeg: int = 0
    """Set point in 0.1°; counts only while following."""


class MotionFollower:
    """Watches the motion words, scan by scan.

    A stream is followed only while its number keeps changing: what stands in the registers proves nothing. It
    ends in order with number 0, and then the PLC's own program drives on. If it breaks off the belt brakes,
    until the number changes again, the end in order comes, or a person uses FaultReset or the switch.

    Args:
        max_speed_mm_s: A greater set point is a fault of the stream and not followed, not even in part.
        max_angle_ddeg: Likewise, in 0.1°.
    """

    def __init__(self, *, max_speed_mm_s: int, max_angle_ddeg: int) -> None:
        self._max_speed_mm_s = max_speed_mm_s
        self._max_angle_ddeg = max_angle_ddeg
        self._stream: tuple[int, int] | None = None
        """Boot id and ``motion_seq`` as last seen; None where the next ones are only a beginning."""
        self._changed_ns = 0
        self.motion = Motion()
        """What holds in this scan."""

    def step(self, vision: VisionBlock, *, wanted: bool, trusted: bool, now_ns: int) -> None:
        """Take in the motion words of one scan.

        Args:
            vision: The vision block.
            wanted: FollowMotion is set, and the line is in automatic mode.
            trusted: Passgate's heartbeat beats, and no loss of it is latched.
            now_ns: Of the PLC's clock.
        """
        if not wanted:
            self.reset()
            return
        if not trusted or vision.bits & (VisionBits.ONLINE | VisionBits.FAULT) != VisionBits.ONLINE:
            self._break_off()
            return
        stream, before = (vision.boot_id, vision.motion_seq), self._stream
        self._stream = stream
        if vision.motion_seq == 0:
            self.motion = Motion()
        elif before is None or before[0] != vision.boot_id:
            self._brake()
        elif stream != before:
            self._changed_ns = now_ns
            self._follow(vision)
        elif now_ns - self._changed_ns >= MOTION_TIMEOUT_NS:
            self._brake()

    def reset(self) -> None:
        """A person takes the belt back: FaultReset, or the switch."""
        self._stream = None
        self.motion = Motion()

    def _follow(self, vision: VisionBlock) -> None:
        speed, angle = vision.belt_speed_set_mm_s, vision.diverter_set_ddeg
        if speed > self._max_speed_mm_s or angle > self._max_angle_ddeg:
            self._brake()
        else:
            self.motion = Motion(mode=MotionMode.FOLLOWING, belt_speed_mm_s=speed, diverter_ddeg=angle)

    def _break_off(self) -> None:
        self._stream = None
        self._brake()

    def _brake(self) -> None:
        if self.motion.mode is MotionMode.FOLLOWING:
            self.motion = Motion(mode=MotionMode.BRAKING)
