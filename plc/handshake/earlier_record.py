"""Parts that another engine, with another record, has seen in this run of the PLC. No I/O.

An engine may come to a PLC that another one has served: a second computer that stands in, or this one after
its record was replaced. What became of the parts that the other one saw, and that are not on this record, the
record cannot know. The vision block as the other one left it says how far it had come.
"""

from inspection.line_events import LineEvent, RunTakenOver
from plc.handshake.trigger_count import MAX_GAP
from plc.register_map.registers import LineBlock, VisionBlock
from plc.register_map.sequence import LAST_SEQ, previous_seq, seq_distance


class EarlierRecord:
    """How far another engine, with another record, had come in this run of the PLC."""

    def __init__(self) -> None:
        self._seen = 0
        """Number of the last trigger that it had seen; 0 where there was none, or that is over."""

    def take_up(self, line: LineBlock, *, found: VisionBlock, own: bool, last: int) -> tuple[LineEvent, ...]:
        """Before the first write: whether this record lacks parts that the writer of ``found`` had seen.

        An earlier run of this engine had this record. It may have died before a part that it saw was on
        record; but what it published, and each outcome that it acknowledged, was: only where one of these is
        absent has the record lost rows.

        Args:
            line: The line block as just read.
            found: The vision block as the other one left it.
            own: The other one wrote this very record.
            last: Number of the last trigger of this run of the PLC on this record; 0 for none.
        """
        seen = found.trigger_ack_seq
        if line.trigger_seq == 0 or _is_ahead(seen, line.trigger_seq):
            return ()  # of an earlier run of the PLC, which has kept the block: it says nothing of this one
        if own:
            on_record = (found.result_seq, found.outcome_ack_seq)
            lacking = last != 0 and any(_is_ahead(seq, last) for seq in on_record)
        else:
            lacking = last == 0 or _is_ahead(seen, last)
        if not (seen and lacking):
            return ()  # this record has all that it must have
        self._seen = seen
        told = found.outcome_ack_seq
        if not told or _is_ahead(told, line.trigger_seq):
            told = 0  # of no part of this run
        elif told == line.outcome_seq:
            told = previous_seq(told)  # still shown: that one we are told too
        return (
            RunTakenOver(
                plc_boot_id=line.boot_id,
                other_boot_id=found.boot_id,
                seq=seen,
                rows_lost=own,
                outcomes_told=told,
            ),
        )

    def has(self, seq: int) -> bool:
        """Whether the other engine has seen the trigger of that number."""
        return self._seen != 0 and seq_distance(older=seq, newer=self._seen) < MAX_GAP

    def forget(self) -> None:
        """Its numbers mean nothing any more: they come round again, or the PLC counts anew."""
        self._seen = 0


def _is_ahead(seq: int, last: int) -> bool:
    """``seq`` was counted after ``last``; 0 never was."""
    return seq != 0 and 0 < seq_distance(older=last, newer=seq) <= LAST_SEQ // 2
