"""What the simulated PLC knows of one part when it has left the belt."""

from datetime import datetime

from inspection.decision import Action, Frozen
from inspection.part import Outcome
from plc.simulator.program.handshake import Rejected
from plc.simulator.program.tracking import Doubt


class PartResult(Frozen):
    """One part that has left the belt. A line of the log."""

    boot_id: int
    """Which run of the PLC counted ``seq``."""
    seq: int
    part_id: int
    triggered_at: datetime
    """UTC."""
    action: Action | None
    """The decision that the PLC accepted; None where it default-rejected."""
    rejected: Rejected | None
    """Why it accepted none."""
    doubt: Doubt | None = None
    """Why it did not carry out what it had accepted, where that is so: the part went aside."""
    repeated: bool = False
    """Its trigger bore the last one's number, by an injected fault: Passgate cannot know of this part."""
    latency_ms: float | None
    """From the trigger's appearance in the registers to the accepted result there, in the PLC's process."""
    outcome: Outcome
    vision_still_ms: float = 0.0
    """The longest time between two beats of the vision heartbeat since the part before this one left."""
