"""Set points of belt and diverter in the vision block, while FollowMotion is set. No I/O.

``motion_seq`` tells one pair of set points from the next: 1 to 65535, then 1 again. A stream of pairs ends in
one of two ways. *In order*: all three words are 0, and the PLC drives by its own program again. *Dried up*:
the number stands still, the belt's word is 0 and the diverter's stays, for a diverter that swings against a
standing part would jam it; the PLC brakes by itself 100 ms later.
"""

import math
from typing import Final

from plc.register_map.motion_words import MAX_WORD, NO_MOTION, MotionWords
from plc.register_map.sequence import next_seq

STREAM_TIMEOUT_NS: Final = 100_000_000
"""A pair that no newer one has followed for this long is of yesterday: the stream has dried up."""


class SetPoints:
    """The three motion words as they are to be shown, and whether the PLC follows them."""

    def __init__(self) -> None:
        self._words = NO_MOTION
        self._seq = 0
        self._set_ns = 0
        self._followed = False

    @property
    def words(self) -> MotionWords:
        """The motion words of the next image."""
        return self._words

    @property
    def followed(self) -> bool:
        """The PLC asks for set points and may be given some, as ``heed`` was last told."""
        return self._followed

    def heed(self, *, asked: bool, able: bool) -> None:
        """After what may begin or end the PLC's following: no old pair is shown when it follows again.

        Args:
            asked: FollowMotion is set. Where it is not, the stream ends in order.
            able: The PLC lives and is enabled, and there is no fault, halt or bypass. Where that is not so,
                the stream dries up.
        """
        self._followed = asked and able
        if not asked:
            self.end()
        elif not able:
            self.dry_up()

    def show(
        self, *, belt_speed_mm_s: float, diverter_deg: float, now_ns: int, stopping: bool = False
    ) -> bool:
        """Show a new pair under a new ``motion_seq``, rounded to the words' units.

        Without a newer one the stream dries up after 100 ms (``expire`` sees to that).

        Args:
            belt_speed_mm_s: Set point of the belt's speed, in mm/s.
            diverter_deg: Set point of the diverter's angle, in degrees.
            now_ns: The time.
            stopping: It is a step on the way to a stand, shown to a PLC that follows no longer too: should it
                read on all the same, nothing jumps.

        Returns:
            False, and nothing is shown, where the PLC does not follow.

        Raises:
            ValueError: A set point is not finite, negative, or greater than its word: a bug of the caller.
                The stream is dried up: nobody knows what was meant.
        """
        if not (self._followed or stopping):
            return False
        speed, angle = belt_speed_mm_s, 10 * diverter_deg
        if not all(math.isfinite(value) and 0 <= round(value) <= MAX_WORD for value in (speed, angle)):
            self.dry_up()
            raise ValueError(f"set points {belt_speed_mm_s} mm/s and {diverter_deg}° do not fit their words")
        # The number goes on from stream to stream, so that a new stream never repeats the last one's.
        self._seq = next_seq(self._seq)
        self._words = MotionWords(round(speed), round(angle), self._seq)
        self._set_ns = now_ns
        return True

    def end(self) -> None:
        """End the stream in order: ``motion_seq`` 0 gives the belt back to the PLC's own program."""
        self._words = NO_MOTION

    def dry_up(self) -> None:
        """No further set point can be given: leave it to the PLC to brake."""
        self._words = self._words._replace(belt_speed_mm_s=0)

    def expire(self, now_ns: int) -> None:
        """Dry up where the last pair has grown old."""
        if now_ns - self._set_ns >= STREAM_TIMEOUT_NS:
            self.dry_up()
