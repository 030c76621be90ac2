"""Set points of belt and diverter as the vision block carries them, while FollowMotion is set. No I/O.

``motion_seq`` tells one pair of set points from the next: 1 to 65535, then 1 again. A stream ends in one of
two ways. *In order*: all three words are 0, and the PLC drives by its own program again. *Dried up*: the
number stands still, the belt's word is 0 and the diverter's stays, for a diverter that swings against a
standing part would jam it; the PLC brakes by itself 100 ms later.
"""

import math
from typing import Final, NamedTuple

from plc.register_map.registers import next_seq

STREAM_TIMEOUT_NS: Final = 100_000_000
"""A pair that no newer one has followed for this long is of yesterday: the stream has dried up."""

MAX_WORD: Final = 0xFFFF


class MotionWords(NamedTuple):
    """The three motion words of the vision block."""

    belt_speed_mm_s: int
    diverter_ddeg: int
    """0.1°"""
    motion_seq: int


NO_MOTION: Final = MotionWords(0, 0, 0)
"""What the words show where no stream has begun, or one has ended in order."""


class SetPoints:
    """What is shown of the motion stream."""

    def __init__(self) -> None:
        self._words = NO_MOTION
        self._seq = 0
        self._set_ns = 0

    @property
    def words(self) -> MotionWords:
        """The words as they are to be shown now."""
        return self._words

    def show(self, *, belt_speed_mm_s: float, diverter_deg: float, now_ns: int) -> None:
        """Show a new pair under a new ``motion_seq``, rounded to the words' units.

        Raises:
            ValueError: One is not finite, negative, or greater than its word: a bug of the caller. The stream
                is dried up: nobody knows what was meant.
        """
        speed, angle = belt_speed_mm_s, 10 * diverter_deg
        if not all(math.isfinite(value) and 0 <= round(value) <= MAX_WORD for value in (speed, angle)):
            self.dry_up()
            raise ValueError(f"set points {belt_speed_mm_s} mm/s and {diverter_deg}° do not fit their words")
        # The number goes on from stream to stream, so that a new stream never repeats the last one's.
        self._seq = next_seq(self._seq)
        self._words = MotionWords(round(speed), round(angle), self._seq)
        self._set_ns = now_ns

    def end(self) -> None:
        """End the stream in order."""
        self._words = NO_MOTION

    def dry_up(self) -> None:
        """No further set point can be given: leave it to the PLC to brake."""
        self._words = self._words._replace(belt_speed_mm_s=0)

    def expire(self, now_ns: int) -> None:
        """Dry up where the last pair has grown old."""
        if now_ns - self._set_ns >= STREAM_TIMEOUT_NS:
            self.dry_up()
