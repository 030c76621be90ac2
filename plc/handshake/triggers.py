"""What one read of the line block tells of triggers: the parts behind the numbers that are news. No I/O."""

from datetime import datetime
from typing import NamedTuple

from inspection.line_events import KnownPart, LineEvent, PartMissed
from inspection.part import MissedCause, Trigger
from plc.handshake import halts
from plc.handshake.earlier_record import EarlierRecord
from plc.handshake.halts import NO_HALT, Halt
from plc.handshake.trigger_count import TriggerCount
from plc.register_map.registers import DEFAULT_DEADLINE_MS, LineBlock, VisionBlock


class NewTriggers(NamedTuple):
    """The triggers of one read that are news, in order."""

    jumped: Halt
    """The count jumped too far for the numbers between to be told; ``NO_HALT`` where it did not."""
    missed: tuple[PartMissed, ...]
    """Triggers that were passed over."""
    repeated: Halt
    """The newest number is shown with another part than before; ``NO_HALT`` where it is not."""
    newest: Trigger | None
    """The trigger that the line block shows, where that is news."""
    cause: MissedCause | None
    """Why the newest cannot be inspected any more; None where it may be."""


class Triggers:
    """The triggers of one PLC: each is told once, whatever restart, outage or other engine came between."""

    def __init__(self) -> None:
        self._count = TriggerCount()
        self._earlier = EarlierRecord()

    @property
    def last(self) -> int:
        """Number of the last trigger that was told; 0 before the first."""
        return self._count.last

    @property
    def counting_missed(self) -> bool:
        """A backlog of missed triggers is being told; until its end no trigger can be taken."""
        return self._count.counting_missed

    def resume_from(self, known: KnownPart | None) -> None:
        """Before the first read: the last trigger on record, where the count is taken up."""
        self._count.resume_from(known)

    def take_up(self, line: LineBlock, *, found: VisionBlock, own: bool) -> tuple[LineEvent, ...]:
        """Before the first write: another engine has served this run of the PLC; see ``EarlierRecord``."""
        return self._earlier.take_up(line, found=found, own=own, last=self._count.last_of(line.boot_id))

    def fell_back(self, line: LineBlock) -> bool:
        """The PLC counts from the start again, though it shows the boot id of the count that we know."""
        return self._count.fell_back(line)

    def forget(self) -> None:
        """Another run of the PLC's program: none of its numbers mean what they meant."""
        self._count.forget()
        self._earlier.forget()

    def take(self, line: LineBlock, *, resync: bool, now_ns: int, at: datetime) -> NewTriggers:
        """Take in the line block as just read.

        Args:
            line: The block.
            resync: It is the first read of a connection.
            now_ns: The time, for the triggers' deadlines.
            at: The same moment, in UTC.
        """
        before = self._count.last
        news = self._count.take(line, resync=resync)
        jumped = NO_HALT
        if news.uncounted:
            jumped = halts.count_jumped(before=before, now=line.trigger_seq, uncounted=news.uncounted)
        # Whose number a missed one was is gone from the registers: part id 0 stands for unknown.
        missed = tuple(
            PartMissed(
                _trigger(line, seq, part_id=0, now_ns=now_ns, at=at),
                self._before_record(seq) or MissedCause.GAP,
            )
            for seq in news.missed
        )
        repeated = halts.number_repeated(line) if self._count.repeated(line, now_ns=now_ns) else NO_HALT
        newest = cause = None
        if news.newest:
            newest = _trigger(line, line.trigger_seq, part_id=line.part_id, now_ns=now_ns, at=at)
            cause = self._before_record(newest.seq) or news.cause
        if not self._count.counting_missed:
            self._earlier.forget()  # the numbers come round again
        return NewTriggers(jumped, missed, repeated, newest, cause)

    def _before_record(self, seq: int) -> MissedCause | None:
        """Whether an engine with another record has seen this trigger."""
        return MissedCause.BEFORE_RECORD if self._earlier.has(seq) else None


def _trigger(line: LineBlock, seq: int, *, part_id: int, now_ns: int, at: datetime) -> Trigger:
    return Trigger(
        seq=seq,
        part_id=part_id,
        plc_boot_id=line.boot_id,
        recipe_request=line.recipe_request,
        deadline_ms=line.deadline_ms or DEFAULT_DEADLINE_MS,
        seen_ns=now_ns,
        seen_at=at,
    )
