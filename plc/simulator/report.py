"""What a run of the simulated PLC found, part by part: to be held against the store."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Self

from pydantic import Field

from inspection.decision import Action, Frozen
from inspection.part import Outcome
from inspection.status import Percentiles
from plc.simulator.faults.line_faults import LineFault
from plc.simulator.program.handshake import Rejected
from plc.simulator.program.part_result import PartResult
from plc.simulator.program.tracking import Doubt


class Numbered(Frozen):
    """One trigger."""

    boot_id: int
    seq: int


class BystanderCounts(Frozen):
    """What a person beside the simulated line would have seen, beyond what its PLC knows."""

    faults: tuple[LineFault, ...] = ()
    """Injected, in order."""
    released_without_pass: int = 0
    """Parts that went straight on without an accepted pass of their own: must be 0, always."""
    strays: int = 0
    """Parts that came to the diverter without a trigger: they went aside."""
    jams: int = 0
    """How often people had to clear the line."""
    removed: int = 0
    """Parts that were taken from the belt by hand."""
    slid: int = 0
    """Parts that slid on the belt at some time."""
    restarts: int = 0
    forgotten: tuple[Numbered, ...] = ()
    """Triggers whose part was on the belt as the PLC restarted: it has no outcome, and went aside."""
    skipped: tuple[Numbered, ...] = ()
    """Numbers that no part ever had."""
    lost_outcomes: tuple[Numbered, ...] = ()
    """Triggers whose outcome was overwritten, or lost in a restart, before Passgate had acknowledged it."""


class Report(Frozen):
    """One run of the simulated PLC."""

    boot_id: int
    port: int
    started_at: datetime
    duration_s: float
    complete: bool
    """All parts came, each has an outcome, and Passgate has acknowledged them all."""
    ended_by: str
    """Why the run ended, for people."""
    triggers: int
    parts: tuple[PartResult, ...]
    """In the order in which they left the belt."""
    unacknowledged: tuple[int, ...]
    """Trigger numbers whose outcome Passgate has not put on record."""
    by_action: dict[Action, int]
    by_outcome: dict[Outcome, int]
    by_rejection: dict[Rejected, int]
    latency_ms: Percentiles | None
    """Of the accepted results; None without any."""
    deadline_misses: int = Field(ge=0)
    """Parts that got no valid result inside the deadline from a living Passgate."""
    held_s: float
    """How long the belt stood with a part at the photo-eye, because Passgate was not ready."""
    fault_resets: int
    """How often the PLC had to pulse FaultReset."""
    vision_still_ms: float = 0.0
    """The longest time that the vision heartbeat stood still between two beats."""
    by_doubt: dict[Doubt, int] = Field(default_factory=dict)
    bench: BystanderCounts = BystanderCounts()

    @classmethod
    def of(
        cls,
        parts: Iterable[PartResult],
        *,
        boot_id: int,
        port: int,
        started_at: datetime,
        duration_s: float,
        complete: bool,
        ended_by: str,
        triggers: int,
        unacknowledged: tuple[int, ...],
        held_s: float,
        fault_resets: int,
        vision_still_ms: float,
        bench: BystanderCounts,
    ) -> Self:
        """Count what the parts tell."""
        parts = tuple(parts)
        rejections = Counter(part.rejected for part in parts if part.rejected is not None)
        return cls(
            boot_id=boot_id,
            port=port,
            started_at=started_at,
            duration_s=duration_s,
            complete=complete,
            ended_by=ended_by,
            triggers=triggers,
            parts=parts,
            unacknowledged=unacknowledged,
            by_action=Counter(part.action for part in parts if part.action is not None),
            by_outcome=Counter(part.outcome for part in parts),
            by_rejection=rejections,
            latency_ms=Percentiles.of(part.latency_ms for part in parts if part.latency_ms is not None),
            deadline_misses=rejections[Rejected.DEADLINE] + rejections[Rejected.UNDECIDED_AT_DIVERTER],
            held_s=held_s,
            fault_resets=fault_resets,
            vision_still_ms=vision_still_ms,
            by_doubt=Counter(part.doubt for part in parts if part.doubt is not None),
            bench=bench,
        )
