"""Set points of belt and diverter as the vision block carries them, while FollowMotion is set. No I/O.

A pair of set points is told from the one before by ``motion_seq``: 1 to 65535, then 1 again; 0 for no stream.
With 0 the other two words are 0 as well: a PLC that reads on all the same brings its belt to a stand.
"""

import math
from typing import Final, NamedTuple

from plc.registers import next_seq

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
"""What the words show while nothing is streamed."""


class SetPoints:
    """What is shown of the motion stream: the latest pair while it is fresh, and otherwise nothing."""

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
            ValueError: One is not finite, negative, or greater than its word: a bug of the caller. What was
                shown is withdrawn: nobody knows what was meant.
        """
        self.withdraw()
        for name, value, unit in (("belt speed", belt_speed_mm_s, "mm/s"), ("diverter", diverter_deg, "°")):
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"the {name} set point {value} {unit} is not a number from 0 on")
        speed, angle = round(belt_speed_mm_s), round(diverter_deg * 10)
        if max(speed, angle) > MAX_WORD:
            raise ValueError(f"set points {belt_speed_mm_s} mm/s and {diverter_deg}° do not fit their words")
        # The number goes on from stream to stream, so that a new stream never repeats the last one's.
        self._seq = next_seq(self._seq)
        self._words = MotionWords(speed, angle, self._seq)
        self._set_ns = now_ns

    def withdraw(self) -> None:
        """End the stream: the words go back to nothing."""
        self._words = NO_MOTION

    def expire(self, now_ns: int) -> None:
        """Withdraw a pair that has grown old."""
        if now_ns - self._set_ns >= STREAM_TIMEOUT_NS:
            self.withdraw()
