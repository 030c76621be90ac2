"""A PLC that counts wrongly and loses outcomes, on command. No I/O.

What it accepts as a result is untouched: faults are injected beside the acceptance rule, never into it.
"""

from dataclasses import replace

from plc.register_map.sequence import next_seq, previous_seq
from plc.simulator.program.handshake import PlcHandshake


class FaultyHandshake(PlcHandshake):
    """The PLC's side, with the faults of a bad program."""

    skip = 0
    """So many numbers the next trigger leaves out."""
    repeat = 0
    """So many of the next triggers bear the number of the one before."""
    skipped: tuple[int, ...] = ()
    """Numbers that were left out by the last trigger."""

    def raise_trigger(self, part_id: int, *, now_ns: int) -> int:
        """As the base class, but for the number. Raises RuntimeError as it does."""
        seq = super().raise_trigger(part_id, now_ns=now_ns)
        self.skipped = ()
        if self.repeat and previous_seq(seq) != 0 and self._has_triggered:
            self.repeat -= 1
            seq = previous_seq(seq)
        elif self.skip:
            skipped = [seq]
            for _ in range(self.skip - 1):
                skipped.append(next_seq(skipped[-1]))
            self.skip, self.skipped, seq = 0, tuple(skipped), next_seq(skipped[-1])
        self._has_triggered = True
        self._trigger_seq = seq
        assert self._check is not None
        self._check = replace(self._check, seq=seq)
        return seq

    _has_triggered = False

    def drop_outcomes(self) -> tuple[int, ...]:
        """Forget the outcomes that nobody has acknowledged; returns whose."""
        lost = self.unacknowledged
        self._outcomes.clear()
        return lost
