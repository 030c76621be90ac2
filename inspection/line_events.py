"""What the line tells the station: its events, in order, and how it was last read.

The link to the PLC makes these values (:class:`inspection.ports.Line`); the station, the link's own trace and
tests read them. They are immutable, and nothing in them says how they came over the wire.
"""

from dataclasses import dataclass
from typing import Final

from inspection.part import Identity, MissedCause, Outcome, Trigger


@dataclass(frozen=True, slots=True)
class ToldName:
    """What the line says of which part it is."""

    identity: Identity | None = None
    fault: str = ""
    """Why it names none, though it should; empty where it does, or nobody asks it."""


NOT_ASKED: Final = ToldName()
"""Of a line that names no parts."""


@dataclass(frozen=True, slots=True)
class PartTriggered:
    """A part is under the camera, and the line waits for its decision."""

    trigger: Trigger
    told: ToldName = NOT_ASKED


@dataclass(frozen=True, slots=True)
class PartMissed:
    """A trigger that will get no inspection; it must be recorded all the same."""

    trigger: Trigger
    cause: MissedCause


@dataclass(frozen=True, slots=True)
class ResultAccepted:
    """The PLC has acknowledged the result of ``seq``."""

    seq: int
    plc_boot_id: int


@dataclass(frozen=True, slots=True)
class OutcomeReported:
    """The PLC says what became of a part."""

    seq: int
    plc_boot_id: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class PlcRestarted:
    """The PLC's boot id changed: it has forgotten the parts that it had not reported."""

    old_boot_id: int
    new_boot_id: int


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """The link came up, or was lost."""

    up: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Halted:
    """The line is halted and latched; only the PLC's FaultReset or Enable 0→1 ends it."""

    reason: str


@dataclass(frozen=True, slots=True)
class HaltCleared:
    """The latch was reset."""


@dataclass(frozen=True, slots=True)
class RunTakenOver:
    """Parts of this run of the PLC were served that are not on this record.

    By an engine with another record; or by an earlier run of this one, whose rows the record has lost.
    """

    plc_boot_id: int
    other_boot_id: int
    seq: int
    """The last trigger that the other one has seen; what was before is not on this record."""
    rows_lost: bool = False
    """The other one wrote this very record: an older copy of it lies in its place."""
    outcomes_told: int = 0
    """The PLC has told the other one the outcomes up to this trigger, and nobody again; 0: none."""

    def has_outcome_of(self, seq: int) -> bool:
        """The other one was told what became of this part: 1 to 65535, then 1 again, as the PLC counts."""
        return self.outcomes_told != 0 and (self.outcomes_told - seq) % 0xFFFF <= 0x7FFF


@dataclass(frozen=True, slots=True)
class SecondEngine:
    """Another engine found this one at work at its PLC, and refused itself. Here nothing changes."""

    boot_id: int
    """Number of that engine's run."""
    reason: str
    """What happened, and what to do."""


@dataclass(frozen=True, slots=True)
class SecondEngineGone:
    """Nothing was heard of such an engine for a while."""


LineEvent = (
    PartTriggered
    | PartMissed
    | ResultAccepted
    | OutcomeReported
    | PlcRestarted
    | LinkChanged
    | Halted
    | HaltCleared
    | RunTakenOver
    | SecondEngine
    | SecondEngineGone
)


@dataclass(frozen=True, slots=True)
class KnownPart:
    """The last trigger on record for one run of the PLC: where the link takes up the count."""

    plc_boot_id: int
    seq: int
    part_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LineState:
    """The line as it was last read. ``read_ns`` is on the monotonic clock; 0 means never read."""

    connected: bool = False
    halted: bool = False
    halt_reason: str = ""
    read_ns: int = 0
    plc_boot_id: int = 0
    enabled: bool = False
    bypassed: bool = False
    """The PLC's bypass key is turned: the line runs, and no part is inspected."""
    counting_missed: bool = False
    """A backlog of triggers that nobody saw is being told; until its end no part is taken."""
    down_reason: str = ""
    """Why it is not connected, as far as that is known: what happened, and what to do."""
    halt_brief: str = ""
    """``halt_reason`` in a handful of words: what happened, and what to do."""
    belt_speed_mm_s: int = 0
    cycle_ms: float = 0.0
    """Duration of the last cycle."""
    notice: str = ""
    """What is not as it should be though the link works, and which setting helps."""
