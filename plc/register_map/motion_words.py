"""The three words of the vision block that carry the set points of belt and diverter. No I/O."""

from typing import Final, NamedTuple

MAX_WORD: Final = 0xFFFF
"""The greatest value that one word carries."""


class MotionWords(NamedTuple):
    """Vision block, words 16 to 18, in this order."""

    belt_speed_mm_s: int
    """Set point of the belt's speed, in mm/s."""
    diverter_ddeg: int
    """Set point of the diverter's angle, in tenths of a degree."""
    motion_seq: int
    """Number of this pair of set points: 1 to 65535, then 1 again; 0 says that there is no stream."""


NO_MOTION: Final = MotionWords(0, 0, 0)
"""What the words show where no stream has begun, or one has ended in order."""
