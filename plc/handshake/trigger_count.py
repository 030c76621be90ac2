"""Which of the PLC's trigger numbers are news: the count that makes every trigger accounted once. No I/O.

The registers show only the newest trigger. What lies between it and the last one that is known was missed:
told at once, number by number, where it is a few; one number a cycle where it is a backlog, so that the store
keeps up; and not at all where it is so much that it can be no gap but another count.
"""

from dataclasses import dataclass
from typing import Final

from inspection.line_events import KnownPart
from inspection.part import MissedCause
from plc.register_map.registers import LineBlock
from plc.register_map.sequence import next_seq, previous_seq, seq_distance

MAX_GAP: Final = 256
"""Most numbers that one read tells: a larger gap is a backlog and told one number a read."""

MAX_BACKLOG: Final = 4096
"""Most numbers that are told at all: two hours of a line that went on without us, at 30 parts a minute.

A larger jump is another count (a PLC program replaced, a counter preset by hand).
"""


REPEATED_NS: Final = 100_000_000
"""For so long another part must stand under a number that is known, to be believed.

A PLC whose registers are read while it writes them shows the next part a moment before its number.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What one read tells of the triggers."""

    missed: tuple[int, ...] = ()
    """Numbers that were passed over, in order. Whose part it was is gone from the registers."""
    newest: bool = False
    """The trigger that the line block shows is news too, after those."""
    cause: MissedCause | None = None
    """Why the newest cannot be inspected any more; None where it may be."""
    uncounted: int = 0
    """Numbers that will have no record, because the count jumped too far."""


class TriggerCount:
    """The count of one line's triggers."""

    def __init__(self) -> None:
        self._known: KnownPart | None = None
        self._last: int | None = None
        self._counting_missed = False
        self._part_id = 0
        self._repeated_since_ns: int | None = None

    @property
    def last(self) -> int:
        """The number of the last trigger that was told; 0 before the first."""
        return self._last or 0

    def last_of(self, plc_boot_id: int) -> int:
        """The last number that was told, or is on record, of this run of the PLC; 0 where none is."""
        known = self._known
        if known is not None:
            return known.seq if known.plc_boot_id == plc_boot_id else 0
        return self.last

    @property
    def counting_missed(self) -> bool:
        """A backlog is being told; until its end no trigger can be taken."""
        return self._counting_missed

    def resume_from(self, known: KnownPart | None) -> None:
        """Before the first read: the last trigger on record."""
        self._known = known

    def forget(self) -> None:
        """Another run of the PLC's program: none of its numbers mean what they meant."""
        self._known = self._last = None
        self._counting_missed = False
        self._part_id = 0
        self._repeated_since_ns = None

    def fell_back(self, line: LineBlock) -> bool:
        """The PLC counts from the start again, though it shows the boot id of the count that we know.

        Zero is never counted to: the number after 65535 is 1.
        """
        before = self._last
        if before is None:
            known = self._known
            before = known.seq if known is not None and known.plc_boot_id == line.boot_id else 0
        return line.trigger_seq == 0 and before != 0

    def repeated(self, line: LineBlock, *, now_ns: int) -> bool:
        """True once for each part that the PLC shows under the number of another one; after ``take``."""
        same = line.part_id in (0, self._part_id) or self._part_id == 0  # 0 stands for unknown
        if same or self._counting_missed or line.trigger_seq == 0:
            self._repeated_since_ns = None
            return False
        if self._repeated_since_ns is None:
            self._repeated_since_ns = now_ns
        if now_ns - self._repeated_since_ns < REPEATED_NS:
            return False
        self._repeated_since_ns, self._part_id = None, line.part_id
        return True

    def take(self, line: LineBlock, *, resync: bool) -> News:
        """What the block as just read tells. With ``resync`` it is the first read of a connection."""
        seq = line.trigger_seq
        cause = MissedCause.GAP if resync else None
        if self._last is None:
            cause = MissedCause.GAP if line.outcome_seq == seq else MissedCause.RESTART
            self._last = self._baseline(line)
        if seq in (0, self._last):
            return News()
        last = self._last
        skipped = seq_distance(older=last, newer=seq) - 1
        if skipped >= MAX_BACKLOG:
            self._counting_missed = False
            self._last, self._part_id = seq, line.part_id
            return News(newest=True, cause=cause, uncounted=skipped)
        if self._counting_missed or skipped >= MAX_GAP:
            self._last = next_seq(last)
            self._counting_missed = self._last != seq
            if self._counting_missed:
                return News(missed=(self._last,))
            self._part_id = line.part_id
            return News(newest=True, cause=MissedCause.GAP)  # it was shown for many cycles
        self._last, self._part_id = seq, line.part_id
        return News(missed=tuple((last + k) % 0xFFFF + 1 for k in range(skipped)), newest=True, cause=cause)

    def _baseline(self, line: LineBlock) -> int:
        """The number after which the triggers are news, at the first read of one run of the PLC."""
        known, self._known = self._known, None
        if known is not None and known.plc_boot_id == line.boot_id:
            self._part_id = known.part_id
            return known.seq
        if line.trigger_seq == 0:
            return 0
        # A run of the PLC of which nothing is on record. What it has no acknowledged outcome for may be parts
        # that we saw and were killed before we recorded them, again and again: all of that is news. Further
        # back than the outcome it shows (none yet: than its first trigger) nothing can be ours.
        oldest = line.outcome_seq or 1
        if seq_distance(older=oldest, newer=line.trigger_seq) >= MAX_GAP:
            oldest = line.trigger_seq
        return previous_seq(oldest)
